-- Events and sessions: changed, found, and shown in the time of their venue.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.local_time(timestamptz, text);
CREATE FUNCTION tix.local_time(moment timestamptz, zone text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    ahead CONSTANT int := extract(epoch FROM (moment AT TIME ZONE zone)
                                             - (moment AT TIME ZONE 'UTC')) / 60;
BEGIN
    RETURN to_char(moment AT TIME ZONE zone, 'YYYY-MM-DD"T"HH24:MI:SS')
           || CASE WHEN ahead < 0 THEN '-' ELSE '+' END
           || to_char(abs(ahead) / 60, 'FM00') || ':' || to_char(abs(ahead) % 60, 'FM00');
END $$;
COMMENT ON FUNCTION tix.local_time(timestamptz, text) IS
    'Internal: a moment as RFC 3339 text in an IANA time zone, with its distance from UTC then.';

DROP FUNCTION IF EXISTS tix.tix_update_event(uuid, text, text);
CREATE FUNCTION tix.tix_update_event(
    event_id uuid, name text DEFAULT NULL, description text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF btrim(name) = '' OR octet_length(name) > 500 OR octet_length(description) > 65536 THEN
        RAISE EXCEPTION 'an event needs a name of at most 500 bytes, and a description of at most '
                        '64 kB' USING ERRCODE = '22023';
    END IF;
    UPDATE events e SET name = coalesce(tix_update_event.name, e.name),
                        description = coalesce(tix_update_event.description, e.description)
    WHERE e.event_id = tix_update_event.event_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_search_events() finds those that do.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_update_event(uuid, text, text) IS
    'Changes what is not NULL of an event. Errors: P0002 unknown, 22023 an empty name or one of '
    'more than 500 bytes, a description of more than 64 kB.';

DROP FUNCTION IF EXISTS tix.tix_update_session(
    uuid, timestamptz, timestamptz, timestamptz, timestamptz);
CREATE FUNCTION tix.tix_update_session(
    session_id uuid, starts timestamptz DEFAULT NULL, ends timestamptz DEFAULT NULL,
    sale_starts timestamptz DEFAULT NULL, sale_ends timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.sessions;
BEGIN
    SELECT * INTO known FROM sessions s
    WHERE s.session_id = tix_update_session.session_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session does not exist' USING ERRCODE = 'P0002';
    ELSIF known.status = 'cancelled' THEN
        RAISE EXCEPTION 'session is cancelled' USING ERRCODE = 'TX010',
            HINT = 'Create a new session.';
    ELSIF NOT isfinite(starts) OR NOT isfinite(ends) OR NOT isfinite(sale_starts)
          OR NOT isfinite(sale_ends) THEN
        RAISE EXCEPTION 'a session and its sale begin and end' USING ERRCODE = '22023',
            HINT = 'Give moments that are finite.';
    END IF;
    known.end_time := coalesce(ends, known.end_time + (coalesce(starts, known.start_time)
                                                       - known.start_time));
    known.start_time := coalesce(starts, known.start_time);
    known.sale_start_time := coalesce(sale_starts, known.sale_start_time);
    known.sale_end_time := coalesce(sale_ends, known.sale_end_time);
    IF known.end_time <= known.start_time OR known.sale_end_time <= known.sale_start_time THEN
        RAISE EXCEPTION 'a session and its sale must begin before they end'
            USING ERRCODE = '22023', HINT = 'Give both ends of what moves.';
    END IF;
    UPDATE sessions s
    SET start_time = known.start_time, end_time = known.end_time,
        sale_start_time = known.sale_start_time, sale_end_time = known.sale_end_time
    WHERE s.session_id = known.session_id;
END $$;
COMMENT ON FUNCTION tix.tix_update_session(
    uuid, timestamptz, timestamptz, timestamptz, timestamptz) IS
    'Moves a session or its sale; what is NULL stays, but the end moves with the start. The engine '
    'sells by the new times from COMMIT on. Errors: P0002 unknown, TX010 cancelled, 22023 an end '
    'that is not after its beginning, or infinite.';

DROP FUNCTION IF EXISTS tix.tix_search_events(text, uuid, uuid, int);
CREATE FUNCTION tix.tix_search_events(
    words text DEFAULT NULL, only_venue uuid DEFAULT NULL, after uuid DEFAULT NULL,
    max_rows int DEFAULT 20)
RETURNS TABLE (event_id uuid, name text, venue_id uuid, venue_name text, status text,
               next_start text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT tsquery := words_wanted($1);
BEGIN
    RETURN QUERY
        SELECT e.event_id, e.name, v.venue_id, v.name, e.status,
               (SELECT local_time(min(s.start_time), v.time_zone) FROM sessions s
                WHERE s.event_id = e.event_id AND s.status IN ('on_sale', 'closed')
                  AND s.start_time > now())
        FROM events e JOIN venues v USING (venue_id)
        WHERE (wanted IS NULL OR to_tsvector('simple', e.name) @@ wanted)
          AND ($2 IS NULL OR e.venue_id = $2)
          AND ($3 IS NULL OR (e.name, e.event_id) >
                             (SELECT a.name, a.event_id FROM events a WHERE a.event_id = $3))
          AND EXISTS (SELECT FROM sessions s
                      WHERE s.event_id = e.event_id AND s.status <> 'draft')
        ORDER BY e.name, e.event_id LIMIT page_size($4);
END $$;
COMMENT ON FUNCTION tix.tix_search_events(text, uuid, uuid, int) IS
    'Events whose name has all the words, or words that begin so (NULL: any), at one venue (NULL: '
    'anywhere), without those that have drafts only, by name, max_rows (1 to 100) from behind the '
    'event "after". next_start: when the next session starts, RFC 3339 in the time of the venue. '
    'Error 22023: max_rows, or words of more than 200 bytes.';

DROP FUNCTION IF EXISTS tix.tix_list_sessions(
    timestamptz, timestamptz, uuid, uuid, uuid, int);
CREATE FUNCTION tix.tix_list_sessions(
    from_time timestamptz DEFAULT now(), until_time timestamptz DEFAULT 'infinity',
    only_event uuid DEFAULT NULL, only_venue uuid DEFAULT NULL, after uuid DEFAULT NULL,
    max_rows int DEFAULT 20)
RETURNS TABLE (session_id uuid, event_id uuid, event_name text, venue_id uuid, venue_name text,
               time_zone text, start_time timestamptz, start_local text, end_local text,
               sale_start_local text, sale_end_local text, status text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.session_id, e.event_id, e.name, v.venue_id, v.name, v.time_zone, s.start_time,
               local_time(s.start_time, v.time_zone), local_time(s.end_time, v.time_zone),
               local_time(s.sale_start_time, v.time_zone),
               local_time(s.sale_end_time, v.time_zone), s.status
        FROM sessions s JOIN events e USING (event_id) JOIN venues v USING (venue_id)
        WHERE s.start_time >= coalesce($1, now()) AND s.start_time < coalesce($2, 'infinity')
          AND s.status <> 'draft'
          AND ($3 IS NULL OR s.event_id = $3) AND ($4 IS NULL OR e.venue_id = $4)
          AND ($5 IS NULL OR (s.start_time, s.session_id) >
                   (SELECT a.start_time, a.session_id FROM sessions a WHERE a.session_id = $5))
        ORDER BY s.start_time, s.session_id LIMIT page_size($6);
END $$;
COMMENT ON FUNCTION tix.tix_list_sessions(
    timestamptz, timestamptz, uuid, uuid, uuid, int) IS
    'Sessions that are no drafts and start in [from_time, until_time) (NULL: from now, without '
    'end), of one event or venue (NULL: of any), as they start, max_rows (1 to 100) from behind '
    'the session "after". *_local: RFC 3339 in the time of the venue. Error 22023: max_rows.';

REVOKE ALL ON FUNCTION
    tix.local_time, tix.tix_update_event, tix.tix_update_session, tix.tix_search_events,
    tix.tix_list_sessions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_update_event, tix.tix_update_session TO tix_admin;
GRANT EXECUTE ON FUNCTION tix.tix_search_events, tix.tix_list_sessions TO tix_app;
