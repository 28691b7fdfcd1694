-- Catalog reads for everybody: venues, events and sessions; drafts are not shown.
-- Requires tix >= 1.0
--
-- PL/pgSQL, as it keeps its plans: a function in SQL would be planned at each call.

DROP FUNCTION IF EXISTS tix.page_size(int);
CREATE FUNCTION tix.page_size(max_rows int) RETURNS int
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'max_rows must be 1 to 100' USING ERRCODE = '22023',
            HINT = 'Ask for the next page with "after".';
    END IF;
    RETURN max_rows;
END $$;
COMMENT ON FUNCTION tix.page_size(int) IS
    'Internal: max_rows of a list. Error 22023: it is not 1 to 100.';

DROP FUNCTION IF EXISTS tix.rfc3339(timestamptz);
CREATE FUNCTION tix.rfc3339(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
COMMENT ON FUNCTION tix.rfc3339(timestamptz) IS
    'Internal: a moment as RFC 3339 text in UTC, to the millisecond.';

DROP FUNCTION IF EXISTS tix.tix_list_venues(uuid, int);
CREATE FUNCTION tix.tix_list_venues(after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (venue_id uuid, name text, capacity int)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT v.venue_id, v.name, v.capacity FROM venues v
        WHERE v.status = 'active'
          AND ($1 IS NULL OR v.name > (SELECT a.name FROM venues a WHERE a.venue_id = $1))
        ORDER BY v.name LIMIT page_size($2);
END $$;
COMMENT ON FUNCTION tix.tix_list_venues(uuid, int) IS
    'Active venues by name, max_rows (1 to 100) from behind the venue "after" (NULL: from the '
    'first; unknown: no rows). capacity: seats of the largest map. Error 22023: max_rows.';

DROP FUNCTION IF EXISTS tix.tix_get_venue(uuid);
CREATE FUNCTION tix.tix_get_venue(
    INOUT venue_id uuid, OUT name text, OUT capacity int, OUT seat_maps jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT v.venue_id, v.name, v.capacity, coalesce(
            (SELECT jsonb_agg(jsonb_build_object('seatMapId', m.seat_map_id, 'version', m.version,
                                                 'name', m.name, 'seatCount', m.seat_count)
                              ORDER BY m.version)
             FROM seat_maps m WHERE m.venue_id = v.venue_id AND m.seat_count IS NOT NULL), '[]')
        FROM venues v WHERE v.venue_id = $1;
END $$;
COMMENT ON FUNCTION tix.tix_get_venue(uuid) IS
    'A venue with seat_maps [{seatMapId, version, name, seatCount}], oldest first; no row when it '
    'is unknown. Maps whose import was not finished are left out.';

DROP FUNCTION IF EXISTS tix.tix_list_events(uuid, int);
CREATE FUNCTION tix.tix_list_events(after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (event_id uuid, name text, venue_id uuid, venue_name text, status text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT e.event_id, e.name, v.venue_id, v.name, e.status
        FROM events e JOIN venues v USING (venue_id)
        WHERE EXISTS (SELECT FROM sessions s WHERE s.event_id = e.event_id AND s.status <> 'draft')
          AND ($1 IS NULL OR (e.name, e.event_id) >
                             (SELECT a.name, a.event_id FROM events a WHERE a.event_id = $1))
        ORDER BY e.name, e.event_id LIMIT page_size($2);
END $$;
COMMENT ON FUNCTION tix.tix_list_events(uuid, int) IS
    'Events that have a session which is no draft, by name, max_rows (1 to 100) from behind the '
    'event "after" (NULL: from the first; unknown: no rows). status: active or cancelled. Error '
    '22023: max_rows.';

DROP FUNCTION IF EXISTS tix.tix_get_event(uuid);
CREATE FUNCTION tix.tix_get_event(
    INOUT event_id uuid, OUT name text, OUT venue_id uuid, OUT venue_name text, OUT status text,
    OUT description text, OUT sessions jsonb, OUT prices jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT e.event_id, e.name, v.venue_id, v.name, e.status, e.description, shown.sessions,
               coalesce((SELECT jsonb_agg(jsonb_build_object(
                                    'categories', p.categories, 'areaIds', p.area_ids,
                                    'priceAmount', p.price_amount,
                                    'priceCurrency', p.price_currency)
                                ORDER BY p.area_ids, p.categories)
                         FROM price_categories p WHERE p.event_id = e.event_id), '[]')
        FROM events e JOIN venues v USING (venue_id)
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_object(
                       'sessionId', s.session_id, 'status', s.status,
                       'startTime', rfc3339(s.start_time), 'endTime', rfc3339(s.end_time),
                       'saleStartTime', rfc3339(s.sale_start_time),
                       'saleEndTime', rfc3339(s.sale_end_time))
                   ORDER BY s.start_time, s.session_id) AS sessions
            FROM sessions s WHERE s.event_id = e.event_id AND s.status <> 'draft') shown
        WHERE e.event_id = $1 AND shown.sessions IS NOT NULL;
END $$;
COMMENT ON FUNCTION tix.tix_get_event(uuid) IS
    'An event with sessions [{sessionId, status, startTime, endTime, saleStartTime, saleEndTime}] '
    '(RFC 3339, UTC; no drafts) and prices [{categories, areaIds (empty: all), priceAmount (minor '
    'units), priceCurrency}]; no row when it is unknown or has drafts only.';

DROP FUNCTION IF EXISTS tix.tix_get_session(uuid);
CREATE FUNCTION tix.tix_get_session(
    INOUT session_id uuid, OUT event_id uuid, OUT event_name text, OUT venue_id uuid,
    OUT venue_name text, OUT seat_map_id uuid, OUT start_time timestamptz,
    OUT end_time timestamptz, OUT sale_start_time timestamptz, OUT sale_end_time timestamptz,
    OUT status text, OUT capacity int)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.session_id, e.event_id, e.name, v.venue_id, v.name, s.seat_map_id, s.start_time,
               s.end_time, s.sale_start_time, s.sale_end_time, s.status, m.seat_count
        FROM sessions s JOIN events e USING (event_id) JOIN venues v USING (venue_id)
        JOIN seat_maps m USING (seat_map_id)
        WHERE s.session_id = $1 AND s.status <> 'draft';
END $$;
COMMENT ON FUNCTION tix.tix_get_session(uuid) IS
    'A session that is no draft (status on_sale, closed or cancelled), with its event and venue; '
    'no row otherwise. capacity: seats of its map.';

DROP FUNCTION IF EXISTS tix.tix_open_sessions();
CREATE FUNCTION tix.tix_open_sessions() RETURNS SETOF uuid
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT s.session_id FROM sessions s WHERE s.status = 'on_sale'
$$;
COMMENT ON FUNCTION tix.tix_open_sessions() IS
    'The sessions on sale, in no order: those whose viewers must be told when a feed breaks.';

REVOKE ALL ON FUNCTION
    tix.page_size, tix.rfc3339, tix.tix_list_venues, tix.tix_get_venue, tix.tix_list_events,
    tix.tix_get_event, tix.tix_get_session, tix.tix_open_sessions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_list_venues, tix.tix_get_venue, tix.tix_list_events, tix.tix_get_event,
    tix.tix_get_session, tix.tix_open_sessions TO tix_app;
