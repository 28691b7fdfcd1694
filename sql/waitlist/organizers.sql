-- Waiting lists as organizers open them and buyers see their own; and a session with all its rules.
-- Requires tix >= 1.0

RESET ROLE;
GRANT SELECT ON tix.session_rules, tix.channels TO tix_owner;
SET LOCAL ROLE tix_owner;

DROP FUNCTION IF EXISTS tix.tix_open_waitlist_as(uuid, uuid, interval, interval);
CREATE FUNCTION tix.tix_open_waitlist_as(
    actor uuid, session_id uuid, grace interval DEFAULT NULL, offer_ttl interval DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_open_waitlist(session_id, grace, offer_ttl);
    PERFORM log_act(actor, 'open_waitlist', session_id::text,
                    jsonb_build_object('grace', grace, 'offerTtl', offer_ttl));
END $$;
COMMENT ON FUNCTION tix.tix_open_waitlist_as(uuid, uuid, interval, interval) IS
    'tix_open_waitlist() for the organizer of the session or an admin. Errors: P0002 not the '
    'actor''s, 22023 and TX010 as there.';

DROP FUNCTION IF EXISTS tix.tix_close_waitlist_as(uuid, uuid);
CREATE FUNCTION tix.tix_close_waitlist_as(actor uuid, session_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_close_waitlist(session_id);
    PERFORM log_act(actor, 'close_waitlist', session_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_close_waitlist_as(uuid, uuid) IS
    'tix_close_waitlist() for the organizer of the session or an admin. Errors: P0002 not the '
    'actor''s, or the session has no waiting list.';

DROP FUNCTION IF EXISTS tix.tix_list_waitlist(uuid, bigint, int);
CREATE FUNCTION tix.tix_list_waitlist(
    user_id uuid, before bigint DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (entry_id bigint, document jsonb)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT w.entry_id, jsonb_build_object(
            'entryId', w.entry_id::text, 'sessionId', w.session_id, 'quantity', w.quantity,
            'area', w.area_id, 'category', w.category, 'accessible', w.accessible,
            'status', standing_of_offer(w), 'joinedAt', rfc3339(w.joined_at))
        FROM waitlist_entries w
        WHERE w.user_id = tix_list_waitlist.user_id
          AND (before IS NULL OR w.entry_id < before)
        ORDER BY w.entry_id DESC LIMIT page_size(max_rows);
END $$;
COMMENT ON FUNCTION tix.tix_list_waitlist(uuid, bigint, int) IS
    'What a user waits or waited for, newest first, max_rows (1 to 100) from behind the entry '
    '"before": {entryId, sessionId, quantity, area, category, accessible, status, joinedAt}. Error '
    '22023: max_rows.';

DROP FUNCTION IF EXISTS tix.rules_as_told(uuid);
CREATE FUNCTION tix.rules_as_told(session_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    house CONSTANT uuid := rules_as_told.session_id;
    r tix.session_rules;
BEGIN
    SELECT * INTO r FROM session_rules s WHERE s.session_id = house;
    RETURN jsonb_build_object(
        'gate', coalesce(r.gate, 'open'), 'gateReason', r.gate_reason,
        'seatsPerUser', coalesce(r.seats_per_user, 0),
        'seatsPerLock', coalesce(r.seats_per_lock, 0),
        'queued', coalesce(r.queued, false),
        'blocked', (SELECT count(*) FROM seat_blocks b
                    WHERE b.session_id = house AND b.until_time > clock_timestamp()),
        'channels', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'from', rfc3339(nullif(c.from_time, '-infinity')),
                    'until', rfc3339(nullif(c.until_time, 'infinity')),
                    'seats', cardinality(c.seats)) ORDER BY c.from_time, c.key), '[]')
                FROM channels c WHERE c.session_id = house),
        'waitlist', (SELECT jsonb_build_object('state', w.state,
                    'graceSeconds', extract(epoch FROM w.grace)::bigint,
                    'offerSeconds', extract(epoch FROM w.offer_ttl)::bigint,
                    'waiting', (SELECT count(*) FROM waitlist_entries e
                                WHERE e.session_id = house AND e.status = 'waiting'))
                FROM waitlists w WHERE w.session_id = house));
END $$;
COMMENT ON FUNCTION tix.rules_as_told(uuid) IS
    'Internal: the half of tix_get_session_as() that the engine goes by; channels without keys.';

DROP FUNCTION IF EXISTS tix.tix_get_session_as(uuid, uuid);
CREATE FUNCTION tix.tix_get_session_as(actor uuid, session_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_session(actor, tix_get_session_as.session_id);
    RETURN (
        SELECT jsonb_build_object(
            'sessionId', s.session_id, 'eventId', s.event_id, 'seatMapId', s.seat_map_id,
            'status', s.status, 'startTime', rfc3339(s.start_time),
            'endTime', rfc3339(s.end_time), 'saleStartTime', rfc3339(s.sale_start_time),
            'saleEndTime', rfc3339(s.sale_end_time), 'openedAt', rfc3339(s.opened_at),
            'capacity', m.seat_count) || rules_as_told(s.session_id)
        FROM sessions s JOIN seat_maps m USING (seat_map_id)
        WHERE s.session_id = tix_get_session_as.session_id);
END $$;
COMMENT ON FUNCTION tix.tix_get_session_as(uuid, uuid) IS
    'A session, also a draft, with the rules of its sale – gate, limits, numbers of blocked seats, '
    'channels without their keys, waiting list (NULL: none) – for its organizer or an admin. Error '
    'P0002: not the actor''s.';

REVOKE ALL ON FUNCTION
    tix.tix_open_waitlist_as, tix.tix_close_waitlist_as, tix.tix_list_waitlist,
    tix.rules_as_told, tix.tix_get_session_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_open_waitlist_as, tix.tix_close_waitlist_as, tix.tix_list_waitlist,
    tix.tix_get_session_as TO tix_app;
