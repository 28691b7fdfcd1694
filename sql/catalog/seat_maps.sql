-- Seat maps compared, and put in the place of one another while a session sells.
-- Requires tix >= 1.0
--
-- Locking: the session's row, then, by tix_begin_edit(), its advisory lock exclusive until COMMIT:
-- ticket changes wait, and nobody gets a seat of it, for as long as the edit takes.

DROP FUNCTION IF EXISTS tix.tix_seat_map_diff(uuid, uuid);
CREATE FUNCTION tix.tix_seat_map_diff(old_map uuid, new_map uuid)
RETURNS TABLE (change text, seat_id text, was jsonb, becomes jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1000
SET search_path = tix, pg_catalog, pg_temp SET enable_nestloop = off AS $$
#variable_conflict use_column
BEGIN
    IF (SELECT count(DISTINCT m.venue_id) <> 1 OR count(*) <> cardinality(
            ARRAY(SELECT DISTINCT i FROM unnest(ARRAY[old_map, new_map]) i))
        FROM seat_maps m
        WHERE m.seat_map_id IN (old_map, new_map) AND m.seat_count IS NOT NULL) THEN
        RAISE EXCEPTION 'seat maps do not exist at one venue' USING ERRCODE = 'P0002',
            HINT = 'tix_get_venue() lists the maps of a venue.';
    END IF;
    RETURN QUERY
        SELECT CASE WHEN o.seat_id IS NULL THEN 'added' WHEN n.seat_id IS NULL THEN 'removed'
                    WHEN (o.area_id, o.row_label, o."position", o.x, o.y) IS DISTINCT FROM
                         (n.area_id, n.row_label, n."position", n.x, n.y) THEN 'moved'
                    ELSE 'changed' END,
               coalesce(o.seat_id, n.seat_id),
               CASE WHEN o.seat_id IS NOT NULL
                    THEN to_jsonb(o) - '{seat_map_id,seat_id,ordinal}'::text[] END,
               CASE WHEN n.seat_id IS NOT NULL
                    THEN to_jsonb(n) - '{seat_map_id,seat_id,ordinal}'::text[] END
        FROM (SELECT * FROM seat_map_seats s WHERE s.seat_map_id = old_map) o
        FULL JOIN (SELECT * FROM seat_map_seats s WHERE s.seat_map_id = new_map) n
            ON n.seat_id = o.seat_id
        WHERE (o.area_id, o.area_name, o.row_label, o.seat_number, o."position", o.x, o.y,
               o.category, o.accessible, o.seat_id) IS DISTINCT FROM
              (n.area_id, n.area_name, n.row_label, n.seat_number, n."position", n.x, n.y,
               n.category, n.accessible, n.seat_id)
        ORDER BY 1, 2;
END $$;
COMMENT ON FUNCTION tix.tix_seat_map_diff(uuid, uuid) IS
    'What makes the new map of a venue of the old one: a row for each seat that is added, removed, '
    'moved (other area, row, position or coordinates) or changed (other category, number, area '
    'name, accessibility). A seat is the same when its seat_id is. Error P0002: no two maps, whose '
    'import is finished, of one venue.';

DROP FUNCTION IF EXISTS tix.replace_seats(uuid, uuid);
CREATE FUNCTION tix.replace_seats(session_id uuid, new_map uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM seats s WHERE s.session_id = replace_seats.session_id;
    INSERT INTO seats (session_id, ordinal, seat_id, area_id, row_label, seat_number, "position",
                       x, y, category, accessible)
    SELECT replace_seats.session_id, s.ordinal, s.seat_id, s.area_id, s.row_label, s.seat_number,
           s."position", s.x, s.y, s.category, s.accessible
    FROM seat_map_seats s WHERE s.seat_map_id = new_map ORDER BY s.ordinal;
    UPDATE sessions s SET seat_map_id = new_map
    WHERE s.session_id = replace_seats.session_id;
END $$;
COMMENT ON FUNCTION tix.replace_seats(uuid, uuid) IS
    'Internal: gives a session the seats of a map instead of those it has.';

DROP FUNCTION IF EXISTS tix.tix_apply_seat_map(uuid, uuid);
CREATE FUNCTION tix.tix_apply_seat_map(session_id uuid, new_map uuid)
RETURNS TABLE (applied boolean, seat_id text, state text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.sessions;
    edit tix.seat_map_edits;
    removed text[];
BEGIN
    SELECT * INTO known FROM sessions s
    WHERE s.session_id = tix_apply_seat_map.session_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session does not exist' USING ERRCODE = 'P0002';
    ELSIF known.status = 'cancelled' THEN
        RAISE EXCEPTION 'session is cancelled' USING ERRCODE = 'TX010',
            HINT = 'Create a new session.';
    END IF;
    SELECT array_agg(d.seat_id) FILTER (WHERE d.change = 'removed'),
           count(*) FILTER (WHERE d.change = 'added'),
           count(*) FILTER (WHERE d.change = 'removed'),
           count(*) FILTER (WHERE d.change = 'moved'),
           count(*) FILTER (WHERE d.change = 'changed')
    INTO removed, edit.added, edit.removed, edit.moved, edit.changed
    FROM tix_seat_map_diff(known.seat_map_id, new_map) d;
    IF known.opened_at IS NOT NULL THEN
        RETURN QUERY SELECT false, b.seat_id, b.state
                     FROM tix_begin_edit(known.session_id, coalesce(removed, '{}')) b
                     ORDER BY b.seat_id;
        IF FOUND THEN RETURN; END IF;
    END IF;
    INSERT INTO seat_map_edits (session_id, from_map, to_map, added, removed, moved, changed)
    VALUES (known.session_id, known.seat_map_id, new_map, edit.added, edit.removed, edit.moved,
            edit.changed)
    RETURNING * INTO edit;
    PERFORM replace_seats(known.session_id, new_map);
    UPDATE seat_map_edits e SET open_xid = NULL WHERE e.edit_id = edit.edit_id;
    RETURN QUERY SELECT true, NULL::text, NULL::text;
END $$;
COMMENT ON FUNCTION tix.tix_apply_seat_map(uuid, uuid) IS
    'Gives a session another map of its venue, also while it sells. Seats that stay keep holds, '
    'tokens, deadlines and tickets, wherever the map moves them. One row (true, NULL, NULL): done, '
    'at COMMIT. Otherwise nothing changed, and a row (false, seat_id, state) names each seat that '
    'the map lacks and that is held, confirming, sold or blocked. Until COMMIT the session answers '
    'rebuilding; load it again with tix_load_session() after it. Errors: P0002 unknown session or '
    'map, TX010 cancelled, 55P03 a transaction at work in the session did not end within 2 s.';

REVOKE ALL ON FUNCTION
    tix.tix_seat_map_diff, tix.replace_seats, tix.tix_apply_seat_map FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_seat_map_diff, tix.tix_apply_seat_map TO tix_admin;
