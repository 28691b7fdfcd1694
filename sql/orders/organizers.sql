-- The catalogue as organizers make it: venues, seat maps, events, sessions and prices of their own.
-- Requires tix >= 1.0
--
-- Above the catalogue, because what makes something twice when repeated takes an idempotency key.

DROP FUNCTION IF EXISTS tix.tix_create_venue_as(uuid, text, text, jsonb);
CREATE FUNCTION tix.tix_create_venue_as(
    actor uuid, name text, time_zone text DEFAULT NULL, address jsonb DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    has CONSTANT text := role_of_actor(actor, '{organizer,admin}');
    created CONSTANT uuid := tix_create_venue(
        tix_create_venue_as.name, coalesce(tix_create_venue_as.time_zone, 'UTC'),
        coalesce(tix_create_venue_as.address, '{}'));
BEGIN
    UPDATE venues v SET organizer_id = actor WHERE v.venue_id = created AND has = 'organizer';
    PERFORM log_act(actor, 'create_venue', created::text);
    RETURN created;
END $$;
COMMENT ON FUNCTION tix.tix_create_venue_as(uuid, text, text, jsonb) IS
    'Creates a venue and returns its id: an organizer''s own, or an admin''s for the house. NULL: '
    'UTC, no address. A name is of one venue, so a repetition makes no second. Errors: P0002 '
    'neither organizer nor admin, 22023 as tix_create_venue().';

DROP FUNCTION IF EXISTS tix.tix_update_venue_as(uuid, uuid, text, text, jsonb);
CREATE FUNCTION tix.tix_update_venue_as(
    actor uuid, venue_id uuid, name text DEFAULT NULL, time_zone text DEFAULT NULL,
    address jsonb DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_venue(actor, venue_id);
    PERFORM tix_update_venue(venue_id, name, time_zone, address);
    PERFORM log_act(actor, 'update_venue', venue_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_update_venue_as(uuid, uuid, text, text, jsonb) IS
    'tix_update_venue() for the organizer whose venue it is or an admin. Errors: P0002 not the '
    'actor''s, 22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_close_venue_as(uuid, uuid);
CREATE FUNCTION tix.tix_close_venue_as(actor uuid, venue_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_venue(actor, venue_id);
    PERFORM tix_close_venue(venue_id);
    PERFORM log_act(actor, 'close_venue', venue_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_close_venue_as(uuid, uuid) IS
    'tix_close_venue() for the organizer whose venue it is or an admin. Errors: P0002 not the '
    'actor''s, TX010 a session to come is on sale.';

DROP FUNCTION IF EXISTS
    tix.tix_upload_seat_map_as(uuid, uuid, text, real, real, text, jsonb, text[], text[], text[],
                               text[], text[], int[], real[], real[], text[], boolean[]);
CREATE FUNCTION tix.tix_upload_seat_map_as(
    actor uuid, venue_id uuid, plan_name text, width real, height real, sha256 text,
    decoration jsonb, seat_ids text[], area_ids text[], area_names text[], row_labels text[],
    seat_numbers text[], positions int[], xs real[], ys real[], categories text[],
    accessible boolean[], OUT seat_map_id uuid, OUT existing boolean, OUT seats int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    house text;
BEGIN
    PERFORM own_venue(actor, tix_upload_seat_map_as.venue_id);
    SELECT v.name INTO house FROM venues v WHERE v.venue_id = tix_upload_seat_map_as.venue_id;
    SELECT b.seat_map_id, b.existing INTO seat_map_id, existing
    FROM tix_import_begin(house, plan_name, width, height, sha256, decoration) b;
    IF existing THEN
        seats := (SELECT m.seat_count FROM seat_maps m
                  WHERE m.seat_map_id = tix_upload_seat_map_as.seat_map_id);
        RETURN;
    END IF;
    INSERT INTO seat_map_seats (seat_map_id, ordinal, seat_id, area_id, area_name, row_label,
                                seat_number, "position", x, y, category, accessible)
    SELECT tix_upload_seat_map_as.seat_map_id, s.n - 1, s.seat_id, s.area_id, s.area_name,
           s.row_label, s.seat_number, s."position", s.x, s.y, s.category, s.accessible
    FROM unnest(seat_ids, area_ids, area_names, row_labels, seat_numbers, positions, xs, ys,
                categories, tix_upload_seat_map_as.accessible) WITH ORDINALITY
        s (seat_id, area_id, area_name, row_label, seat_number, "position", x, y, category,
           accessible, n)
    ORDER BY s.n;
    seats := tix_import_finish(seat_map_id);
    PERFORM log_act(actor, 'upload_seat_map', tix_upload_seat_map_as.venue_id::text,
                    jsonb_build_object('seatMapId', seat_map_id, 'seats', seats));
END $$;
COMMENT ON FUNCTION tix.tix_upload_seat_map_as(
    uuid, uuid, text, real, real, text, jsonb, text[], text[], text[], text[], text[], int[],
    real[], real[], text[], boolean[]) IS
    'Imports a checked seating plan as tix_import_begin() and tix_import_finish() do, its seats in '
    'ordinal order, one element of each array a seat, for the organizer whose venue it is or an '
    'admin. existing: this plan (same SHA-256) is a map of the venue already. Returns the map and '
    'its seats. Errors: P0002 not the actor''s, 22023 seats not in ordinal order, 23502 and 23505 '
    'a seat without an id, or two with one.';

DROP FUNCTION IF EXISTS tix.seat_as_told(jsonb);
CREATE FUNCTION tix.seat_as_told(seat jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'areaId', seat->'area_id', 'areaName', seat->'area_name', 'row', seat->'row_label',
        'number', seat->'seat_number', 'position', seat->'position', 'x', seat->'x',
        'y', seat->'y', 'category', seat->'category', 'accessible', seat->'accessible')
$$;
COMMENT ON FUNCTION tix.seat_as_told(jsonb) IS
    'Internal: a seat of tix_seat_map_diff() in the names of the API.';

DROP FUNCTION IF EXISTS tix.tix_seat_map_diff_as(uuid, uuid, uuid, text, int);
CREATE FUNCTION tix.tix_seat_map_diff_as(
    actor uuid, old_map uuid, new_map uuid, after text DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_venue(actor, (SELECT m.venue_id FROM seat_maps m WHERE m.seat_map_id = old_map),
                      true);
    RETURN (
        WITH d AS MATERIALIZED (SELECT * FROM tix_seat_map_diff(old_map, new_map)),
        page AS (SELECT * FROM d WHERE after IS NULL OR d.seat_id > after
                 ORDER BY d.seat_id LIMIT page_size(max_rows))
        SELECT jsonb_build_object(
            'added', (SELECT count(*) FROM d WHERE d.change = 'added'),
            'removed', (SELECT count(*) FROM d WHERE d.change = 'removed'),
            'moved', (SELECT count(*) FROM d WHERE d.change = 'moved'),
            'changed', (SELECT count(*) FROM d WHERE d.change = 'changed'),
            'seats', coalesce((SELECT jsonb_agg(jsonb_build_object(
                    'seatId', p.seat_id, 'change', p.change, 'was', seat_as_told(p.was),
                    'becomes', seat_as_told(p.becomes)) ORDER BY p.seat_id)
                FROM page p), '[]')));
END $$;
COMMENT ON FUNCTION tix.tix_seat_map_diff_as(uuid, uuid, uuid, text, int) IS
    'What makes the new map of a venue of the old one, for who may hold events there: an object '
    'with the numbers added, removed, moved and changed of all seats, and seats, max_rows (1 to '
    '100) of them in the order of their ids from behind the seat "after": [{seatId, change, was, '
    'becomes}]. Errors: P0002 no two maps of a venue that is the actor''s to use, 22023 max_rows.';

DROP FUNCTION IF EXISTS tix.tix_create_event_as(uuid, text, uuid, text, uuid, text);
CREATE FUNCTION tix.tix_create_event_as(
    actor uuid, name text, seat_map_id uuid, description text DEFAULT NULL,
    organizer_id uuid DEFAULT NULL, idempotency_key text DEFAULT NULL,
    OUT event_id uuid, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(name, seat_map_id, description, organizer_id);
    has CONSTANT text := role_of_actor(actor, '{organizer,admin}');
    answer jsonb;
BEGIN
    IF idempotency_key IS NOT NULL THEN
        answer := repeated_answer('event', actor, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    event_id := (answer->>0)::uuid;
    IF replayed THEN RETURN; END IF;
    PERFORM own_venue(actor, (SELECT m.venue_id FROM seat_maps m
                              WHERE m.seat_map_id = tix_create_event_as.seat_map_id), true);
    PERFORM role_of_actor(coalesce(organizer_id, actor), CASE WHEN has = 'admin'
        THEN '{organizer,admin}'::text[] ELSE '{organizer}' END);
    IF has = 'organizer' AND organizer_id <> actor THEN
        RAISE EXCEPTION 'user does not exist' USING ERRCODE = 'P0002',
            HINT = 'An organizer makes events of their own; an admin those of any organizer.';
    END IF;
    event_id := tix_create_event('new', seat_map_id, coalesce(organizer_id, actor));
    PERFORM tix_update_event(event_id, coalesce(name, ''), description);
    PERFORM log_act(actor, 'create_event', event_id::text);
    IF idempotency_key IS NOT NULL THEN
        PERFORM keep_answer('event', actor, idempotency_key, request,
                            jsonb_build_array(event_id));
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_create_event_as(uuid, text, uuid, text, uuid, text) IS
    'Creates an event at the venue of a seat map, which is the actor''s or the house''s, and '
    'returns its id. organizer_id: whose it is (NULL: the actor''s); an admin may name any active '
    'organizer. The same idempotency key again within 24 hours gives the same event, replayed. '
    'Errors: P0002 no such map or user, 22023 name or description as tix_update_event(), TX009 the '
    'key was used with another request, 55P03 it is in use.';

DROP FUNCTION IF EXISTS tix.tix_update_event_as(uuid, uuid, text, text);
CREATE FUNCTION tix.tix_update_event_as(
    actor uuid, event_id uuid, name text DEFAULT NULL, description text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_event(actor, event_id);
    PERFORM tix_update_event(event_id, name, description);
    PERFORM log_act(actor, 'update_event', event_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_update_event_as(uuid, uuid, text, text) IS
    'tix_update_event() for its organizer or an admin. Errors: P0002 not the actor''s, 22023 as '
    'there.';

DROP FUNCTION IF EXISTS tix.check_times(timestamptz[]);
CREATE FUNCTION tix.check_times(times timestamptz[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF times[1] IS NULL OR EXISTS (SELECT FROM unnest(times) t WHERE NOT isfinite(t))
       OR times[2] <= times[1] OR times[4] <= times[3] THEN
        RAISE EXCEPTION 'a session and its sale must begin before they end'
            USING ERRCODE = '22023', HINT = 'Give moments that are finite, in their order.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_times(timestamptz[]) IS
    'Internal: of a session: its start, its end, and those of its sale, NULL where unknown. Error '
    '22023: no start, an end before its start, infinite.';

DROP FUNCTION IF EXISTS tix.tix_create_session_as(
    uuid, uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz, text);
CREATE FUNCTION tix.tix_create_session_as(
    actor uuid, event_id uuid, seat_map_id uuid, starts timestamptz,
    ends timestamptz DEFAULT NULL, sale_starts timestamptz DEFAULT NULL,
    sale_ends timestamptz DEFAULT NULL, idempotency_key text DEFAULT NULL,
    OUT session_id uuid, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    request CONSTANT jsonb := jsonb_build_array(event_id, seat_map_id, starts, ends, sale_starts,
                                                sale_ends);
    answer jsonb;
BEGIN
    PERFORM own_event(actor, event_id);
    IF idempotency_key IS NOT NULL THEN
        answer := repeated_answer('session', actor, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    session_id := (answer->>0)::uuid;
    IF replayed THEN RETURN; END IF;
    PERFORM check_times(ARRAY[starts, coalesce(ends, starts + interval '3 hours'),
        coalesce(sale_starts, clock_timestamp()), coalesce(sale_ends, starts)]);
    session_id := tix_create_session(event_id, seat_map_id, starts, ends, sale_starts, sale_ends);
    PERFORM log_act(actor, 'create_session', session_id::text);
    IF idempotency_key IS NOT NULL THEN
        PERFORM keep_answer('session', actor, idempotency_key, request,
                            jsonb_build_array(session_id));
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_create_session_as(
    uuid, uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz, text) IS
    'tix_create_session() for the organizer of the event or an admin; idempotency_key as in '
    'tix_create_event_as(). Errors: P0002 not the actor''s, or no such map of its venue, 22023 an '
    'end that is not after its beginning, or infinite; TX009, 55P03 the key.';

DROP FUNCTION IF EXISTS tix.tix_update_session_as(
    uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz);
CREATE FUNCTION tix.tix_update_session_as(
    actor uuid, session_id uuid, starts timestamptz DEFAULT NULL, ends timestamptz DEFAULT NULL,
    sale_starts timestamptz DEFAULT NULL, sale_ends timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_update_session(session_id, starts, ends, sale_starts, sale_ends);
    PERFORM log_act(actor, 'update_session', session_id::text, jsonb_strip_nulls(
        jsonb_build_object('startTime', starts, 'endTime', ends, 'saleStartTime', sale_starts,
                           'saleEndTime', sale_ends)));
END $$;
COMMENT ON FUNCTION tix.tix_update_session_as(
    uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz) IS
    'tix_update_session() for the organizer of the event or an admin. Errors: P0002 not the '
    'actor''s, TX010 and 22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_set_price_as(uuid, uuid, bigint, text, text[], text[]);
CREATE FUNCTION tix.tix_set_price_as(
    actor uuid, event_id uuid, amount_minor bigint, currency text,
    categories text[] DEFAULT '{}', area_ids text[] DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM own_event(actor, event_id);
    PERFORM check_price_rule(amount_minor, currency, NULL);
    made := tix_set_price(event_id, categories, amount_minor, currency, area_ids);
    PERFORM log_act(actor, 'set_price', event_id::text, jsonb_build_object(
        'categoryId', made, 'amount', amount_minor, 'currency', currency));
    RETURN made;
END $$;
COMMENT ON FUNCTION tix.tix_set_price_as(uuid, uuid, bigint, text, text[], text[]) IS
    'tix_set_price() for the organizer of the event or an admin: the price, in minor units, of the '
    'seats of the named categories and areas (empty: all). Errors: P0002 not the actor''s, 22023 '
    'amount or currency.';

REVOKE ALL ON FUNCTION
    tix.tix_create_venue_as, tix.tix_update_venue_as, tix.tix_close_venue_as,
    tix.tix_upload_seat_map_as, tix.seat_as_told, tix.tix_seat_map_diff_as,
    tix.tix_create_event_as, tix.tix_update_event_as, tix.check_times, tix.tix_create_session_as,
    tix.tix_update_session_as, tix.tix_set_price_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_create_venue_as, tix.tix_update_venue_as, tix.tix_close_venue_as,
    tix.tix_upload_seat_map_as, tix.tix_seat_map_diff_as, tix.tix_create_event_as,
    tix.tix_update_event_as, tix.tix_create_session_as, tix.tix_update_session_as,
    tix.tix_set_price_as TO tix_app;
