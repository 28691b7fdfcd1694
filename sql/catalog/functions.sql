-- Catalog functions: plan import, events, sessions and prices, and the guard of opened seats.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_import_begin(text, text, real, real, text, jsonb);
CREATE FUNCTION tix.tix_import_begin(
    venue_name text, plan_name text, width real, height real, sha256 text, decoration jsonb,
    OUT seat_map_id uuid, OUT existing boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    house uuid;
BEGIN
    IF venue_name IS NULL OR venue_name = '' OR sha256 IS NULL THEN
        RAISE EXCEPTION 'venue name and checksum of a plan must be given'
            USING ERRCODE = '22023';
    END IF;
    INSERT INTO venues (name) VALUES (venue_name) ON CONFLICT (name) DO NOTHING;
    SELECT v.venue_id INTO house FROM venues v WHERE v.name = venue_name FOR UPDATE;
    SELECT m.seat_map_id, m.seat_count IS NOT NULL INTO seat_map_id, existing
    FROM seat_maps m WHERE m.venue_id = house AND m.plan_sha256 = sha256;
    IF FOUND THEN
        IF NOT existing THEN  -- somebody committed an import that was never finished
            DELETE FROM seat_map_seats s WHERE s.seat_map_id = tix_import_begin.seat_map_id;
        END IF;
        RETURN;
    END IF;
    INSERT INTO seat_maps (venue_id, version, name, width, height, plan_sha256, schema)
    SELECT house, coalesce(max(m.version), 0) + 1, coalesce(plan_name, venue_name),
           tix_import_begin.width, tix_import_begin.height, sha256, coalesce(decoration, '{}')
    FROM seat_maps m WHERE m.venue_id = house
    RETURNING seat_maps.seat_map_id INTO seat_map_id;
    existing := false;
END $$;
COMMENT ON FUNCTION tix.tix_import_begin(text, text, real, real, text, jsonb) IS
    'For operators: starts the import of a seating plan, creating the venue when it is new. '
    'existing = true: this plan (same SHA-256) was imported before and nothing is to be copied. '
    'Otherwise COPY the seats into tix.seat_map_seats and call tix_import_finish(). Error 22023: '
    'no name or checksum.';

DROP FUNCTION IF EXISTS tix.tix_import_finish(uuid);
CREATE FUNCTION tix.tix_import_finish(seat_map_id uuid) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    seat_total int;
    last_ordinal int;
    scattered text;
BEGIN
    SELECT count(*), max(s.ordinal) INTO seat_total, last_ordinal
    FROM seat_map_seats s WHERE s.seat_map_id = tix_import_finish.seat_map_id;
    IF seat_total = 0 OR last_ordinal <> seat_total - 1 THEN
        RAISE EXCEPTION 'ordinals of seat map % are not 0 to n - 1', seat_map_id
            USING ERRCODE = '22023', DETAIL = format('%s seats, last ordinal %s.', seat_total,
                                                     coalesce(last_ordinal::text, 'none'));
    END IF;
    -- A stretch starts where the seat before is of another area or row: each starts once.
    WITH seat AS (
        SELECT s.area_id, s.row_label, lag(s.area_id) OVER w AS area_before,
               lag(s.row_label) OVER w AS row_before
        FROM seat_map_seats s WHERE s.seat_map_id = tix_import_finish.seat_map_id
        WINDOW w AS (ORDER BY s.ordinal))
    SELECT stretch.name INTO scattered
    FROM (SELECT area_id AS name FROM seat WHERE area_id IS DISTINCT FROM area_before
          UNION ALL
          SELECT area_id || ' row ' || row_label FROM seat
          WHERE (area_id, row_label) IS DISTINCT FROM (area_before, row_before)) stretch
    GROUP BY stretch.name HAVING count(*) > 1 ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'seats of area % are not contiguous', scattered
            USING ERRCODE = '22023', HINT = 'Number the seats area by area and row by row.';
    END IF;
    UPDATE seat_maps m SET seat_count = seat_total
    WHERE m.seat_map_id = tix_import_finish.seat_map_id;
    UPDATE venues v SET capacity = greatest(v.capacity, seat_total)
    FROM seat_maps m WHERE m.seat_map_id = tix_import_finish.seat_map_id
                       AND v.venue_id = m.venue_id;
    RETURN seat_total;
END $$;
COMMENT ON FUNCTION tix.tix_import_finish(uuid) IS
    'For operators: checks the copied seats of a map (ordinals 0 to n - 1, areas and rows '
    'contiguous), records and returns their number. Error 22023: the seats are not in ordinal '
    'order.';

DROP FUNCTION IF EXISTS tix.tix_create_event(text, uuid, uuid);
CREATE FUNCTION tix.tix_create_event(
    name text, seat_map_id uuid,
    organizer_id uuid DEFAULT '00000000-0000-0000-0000-000000000000') RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    created uuid;
BEGIN
    INSERT INTO events (venue_id, name, organizer_id)
    SELECT m.venue_id, tix_create_event.name, tix_create_event.organizer_id
    FROM seat_maps m
    WHERE m.seat_map_id = tix_create_event.seat_map_id AND m.seat_count IS NOT NULL
    RETURNING events.event_id INTO created;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'seat map % does not exist', coalesce(seat_map_id::text, 'NULL')
            USING ERRCODE = 'P0002', HINT = 'Import a seating plan first.';
    END IF;
    RETURN created;
END $$;
COMMENT ON FUNCTION tix.tix_create_event(text, uuid, uuid) IS
    'For operators: creates an event at the venue of a seat map and returns its id. Error P0002: '
    'no such map.';

DROP FUNCTION IF EXISTS tix.tix_create_session(
    uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz);
CREATE FUNCTION tix.tix_create_session(
    event_id uuid, seat_map_id uuid, starts timestamptz, ends timestamptz DEFAULT NULL,
    sale_starts timestamptz DEFAULT NULL, sale_ends timestamptz DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    created uuid;
BEGIN
    INSERT INTO sessions (event_id, seat_map_id, start_time, end_time, sale_start_time,
                          sale_end_time)
    SELECT e.event_id, m.seat_map_id, starts, coalesce(ends, starts + interval '3 hours'),
           coalesce(sale_starts, now()), coalesce(sale_ends, starts)
    FROM events e JOIN seat_maps m USING (venue_id)
    WHERE e.event_id = tix_create_session.event_id
      AND m.seat_map_id = tix_create_session.seat_map_id AND m.seat_count IS NOT NULL
    RETURNING sessions.session_id INTO created;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event and seat map do not exist at one venue'
            USING ERRCODE = 'P0002', DETAIL = format('Event %s, seat map %s.', event_id,
                                                     seat_map_id);
    END IF;
    INSERT INTO seats (session_id, ordinal, seat_id, area_id, row_label, seat_number, "position",
                       x, y, category, accessible)
    SELECT created, s.ordinal, s.seat_id, s.area_id, s.row_label, s.seat_number, s."position",
           s.x, s.y, s.category, s.accessible
    FROM seat_map_seats s WHERE s.seat_map_id = tix_create_session.seat_map_id
    ORDER BY s.ordinal;
    RETURN created;
END $$;
COMMENT ON FUNCTION tix.tix_create_session(
    uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz) IS
    'For operators: creates a session (draft) with a copy of the map''s seats and returns its id. '
    'Defaults: it lasts 3 hours, the sale begins now and ends when the session starts. Errors: '
    'P0002 no such event and map at one venue, 23514 a period that ends before it begins.';

DROP FUNCTION IF EXISTS tix.tix_set_price(uuid, text[], bigint, text, text[]);
CREATE FUNCTION tix.tix_set_price(
    event_id uuid, categories text[], amount_minor bigint, currency text,
    area_ids text[] DEFAULT '{}') RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    INSERT INTO price_categories (event_id, categories, area_ids, price_amount, price_currency)
    VALUES ($1,
            ARRAY(SELECT DISTINCT c FROM unnest($2) c ORDER BY c),
            ARRAY(SELECT DISTINCT a FROM unnest($5) a ORDER BY a), $3, $4)
    ON CONFLICT (event_id, categories, area_ids)
    DO UPDATE SET price_amount = excluded.price_amount, price_currency = excluded.price_currency
    RETURNING category_id
$$;
COMMENT ON FUNCTION tix.tix_set_price(uuid, text[], bigint, text, text[]) IS
    'For operators: sets the price of the named seat categories (NULL or empty: all) in the named '
    'areas (empty: all), in minor units of an ISO 4217 currency; the same names again replace the '
    'price. Orders that exist keep theirs. Errors: 23503 unknown event, 23514 negative or '
    'malformed price.';

DROP TRIGGER IF EXISTS sale_rules ON tix.sessions;
DROP FUNCTION IF EXISTS tix.tell_sale_rules();
CREATE FUNCTION tix.tell_sale_rules() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM tix_set_sale(NEW.session_id,
        CASE WHEN NEW.status = 'draft' THEN 'infinity' ELSE NEW.sale_start_time END,
        CASE WHEN NEW.status IN ('closed', 'cancelled') THEN '-infinity'
             ELSE NEW.sale_end_time END);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.tell_sale_rules() IS
    'Trigger: the engine sells a session when its status and its times say so, from COMMIT on.';
CREATE TRIGGER sale_rules AFTER INSERT OR UPDATE OF status, sale_start_time, sale_end_time
    ON tix.sessions FOR EACH ROW EXECUTE FUNCTION tix.tell_sale_rules();

DROP FUNCTION IF EXISTS tix.tix_open_session(uuid);
CREATE FUNCTION tix.tix_open_session(
    session_id uuid, OUT seats int, OUT areas int, OUT holds int, OUT bytes bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM sessions s
    WHERE s.session_id = tix_open_session.session_id AND s.status <> 'cancelled'
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session % does not exist or is cancelled',
            coalesce(session_id::text, 'NULL') USING ERRCODE = 'P0002';
    END IF;
    SELECT l.seats, l.areas, l.holds, l.bytes INTO seats, areas, holds, bytes
    FROM tix_load_session(tix_open_session.session_id) l;
    -- Its seats never change from here on; and from COMMIT on the engine sells them.
    UPDATE sessions s SET status = 'on_sale', opened_at = coalesce(s.opened_at, clock_timestamp())
    WHERE s.session_id = tix_open_session.session_id;
END $$;
COMMENT ON FUNCTION tix.tix_open_session(uuid) IS
    'For operators: puts a session on sale and loads it into shared memory; from then on its seats '
    'never change. The session must have been committed before. Returns seats and areas loaded, '
    'live holds found and bytes used. Errors: P0002 no such session, TX013 shared memory full.';

DROP TRIGGER IF EXISTS seats_inserted ON tix.seats;
DROP TRIGGER IF EXISTS seats_updated ON tix.seats;
DROP TRIGGER IF EXISTS seats_deleted ON tix.seats;
DROP TRIGGER IF EXISTS seats_truncated ON tix.seats;
DROP FUNCTION IF EXISTS tix.refuse_opened_seats();
CREATE FUNCTION tix.refuse_opened_seats() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    touched uuid[];
    opened uuid;
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN
            touched := ARRAY(SELECT DISTINCT n.session_id FROM new_seats n);
        WHEN 'DELETE' THEN
            touched := ARRAY(SELECT DISTINCT o.session_id FROM old_seats o);
        WHEN 'UPDATE' THEN
            touched := ARRAY(SELECT n.session_id FROM new_seats n
                             UNION SELECT o.session_id FROM old_seats o);
        ELSE
            touched := ARRAY(SELECT s.session_id FROM sessions s);
    END CASE;
    -- FOR SHARE waits for a session that is being opened at this moment.
    SELECT locked.session_id INTO opened
    FROM (SELECT s.session_id, s.opened_at FROM sessions s WHERE s.session_id = ANY (touched)
          ORDER BY s.session_id FOR SHARE) locked
    WHERE locked.opened_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM seat_map_edits e
        WHERE e.session_id = locked.session_id AND e.open_xid = pg_current_xact_id()) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'seats of session % cannot change: it has been opened', opened
            USING ERRCODE = '55000',
                  HINT = 'Import the changed plan and give it to the session with '
                         'tix_apply_seat_map().';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.refuse_opened_seats() IS
    'Trigger: the seats of an opened session are fixed, since holds and tickets refer to them, but '
    'for tix_apply_seat_map().';
CREATE TRIGGER seats_inserted AFTER INSERT ON tix.seats
    REFERENCING NEW TABLE AS new_seats
    FOR EACH STATEMENT EXECUTE FUNCTION tix.refuse_opened_seats();
CREATE TRIGGER seats_updated AFTER UPDATE ON tix.seats
    REFERENCING OLD TABLE AS old_seats NEW TABLE AS new_seats
    FOR EACH STATEMENT EXECUTE FUNCTION tix.refuse_opened_seats();
CREATE TRIGGER seats_deleted AFTER DELETE ON tix.seats
    REFERENCING OLD TABLE AS old_seats
    FOR EACH STATEMENT EXECUTE FUNCTION tix.refuse_opened_seats();
CREATE TRIGGER seats_truncated BEFORE TRUNCATE ON tix.seats
    FOR EACH STATEMENT EXECUTE FUNCTION tix.refuse_opened_seats();

REVOKE ALL ON FUNCTION
    tix.tix_import_begin, tix.tix_import_finish, tix.tix_create_event, tix.tix_create_session,
    tix.tix_set_price, tix.tell_sale_rules, tix.tix_open_session,
    tix.refuse_opened_seats FROM PUBLIC;
