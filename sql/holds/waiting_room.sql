-- Steering the waiting room of a session, for those who may.
-- Requires tix >= 1.0
--
-- Who acts is an argument and is checked here, as in sale.sql: a gateway cannot open a way past a
-- queue on its own. What each does is in sql/queue.

DROP FUNCTION IF EXISTS tix.tix_open_waiting_room(
    uuid, uuid, text, double precision, int, timestamptz, interval, interval, int, int);
CREATE FUNCTION tix.tix_open_waiting_room(
    session_id uuid, actor uuid, mode text DEFAULT NULL, rate double precision DEFAULT NULL,
    max_active int DEFAULT NULL, opens_at timestamptz DEFAULT NULL, grace interval DEFAULT NULL,
    admission_ttl interval DEFAULT NULL, max_length int DEFAULT NULL,
    target_p99_ms int DEFAULT NULL) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    opened int;
BEGIN
    PERFORM own_session(actor, session_id);
    opened := tix_open_queue(
        session_id, coalesce(mode, 'fifo'), coalesce(rate, 10), coalesce(max_active, 500),
        opens_at, coalesce(grace, interval '2 minutes'),
        coalesce(admission_ttl, interval '15 minutes'), coalesce(max_length, 1000000),
        coalesce(target_p99_ms, 100));
    PERFORM log_act(actor, 'open waiting room', session_id::text,
                    jsonb_build_object('queueId', opened));
    RETURN opened;
END $$;
COMMENT ON FUNCTION tix.tix_open_waiting_room(
    uuid, uuid, text, double precision, int, timestamptz, interval, interval, int, int) IS
    'tix_open_queue() for an admin or the organizer of the event; NULL is the default there. '
    'Leaves an audit row. Errors: as there, P0002 also for a session that is not the actor''s.';

DROP FUNCTION IF EXISTS tix.tix_pause_waiting_room(uuid, uuid);
CREATE FUNCTION tix.tix_pause_waiting_room(session_id uuid, actor uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_pause_queue(session_id);
    PERFORM log_act(actor, 'pause waiting room', session_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_pause_waiting_room(uuid, uuid) IS
    'tix_pause_queue() for an admin or the organizer of the event. Leaves an audit row. Error '
    'P0002: unknown session or not the actor''s, or no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_resume_waiting_room(uuid, uuid);
CREATE FUNCTION tix.tix_resume_waiting_room(session_id uuid, actor uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_resume_queue(session_id);
    PERFORM log_act(actor, 'resume waiting room', session_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_resume_waiting_room(uuid, uuid) IS
    'tix_resume_queue() for an admin or the organizer of the event. Leaves an audit row. Error '
    'P0002: unknown session or not the actor''s, or no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_set_waiting_room_rate(uuid, uuid, double precision, int);
CREATE FUNCTION tix.tix_set_waiting_room_rate(
    session_id uuid, actor uuid, rate double precision, max_active int DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_set_queue_rate(session_id, rate, max_active);
    PERFORM log_act(actor, 'set waiting room rate', session_id::text,
                    jsonb_build_object('rate', rate, 'maxActive', max_active));
END $$;
COMMENT ON FUNCTION tix.tix_set_waiting_room_rate(uuid, uuid, double precision, int) IS
    'tix_set_queue_rate() for an admin or the organizer of the event. Leaves an audit row. Errors: '
    '22023 out of bounds, P0002 unknown session or not the actor''s, or no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_close_waiting_room(uuid, uuid);
CREATE FUNCTION tix.tix_close_waiting_room(session_id uuid, actor uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_close_queue(session_id);
    PERFORM log_act(actor, 'close waiting room', session_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_close_waiting_room(uuid, uuid) IS
    'tix_close_queue() for an admin or the organizer of the event. Leaves an audit row. Error '
    'P0002: unknown session or not the actor''s, or no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_waiting_room_report(uuid, uuid);
CREATE FUNCTION tix.tix_waiting_room_report(
    session_id uuid, actor uuid, OUT queue_id int, OUT state text, OUT mode text,
    OUT joined bigint, OUT depth bigint, OUT serving bigint, OUT admitted bigint,
    OUT claimed bigint, OUT active bigint, OUT outstanding bigint, OUT expired bigint,
    OUT max_active bigint, OUT rate double precision, OUT rate_now double precision,
    OUT pace double precision, OUT eta_s double precision, OUT eta_error_s double precision,
    OUT as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_session(actor, tix_waiting_room_report.session_id);
    RETURN QUERY
        SELECT f.queue_id, f.state, f.mode, f.joined, f.depth, f.serving, f.admitted, f.claimed,
               f.active, f.outstanding, f.expired, f.max_active, f.rate, f.rate_now, f.pace,
               f.eta_s, f.eta_error_s, f.as_of
        FROM queue_figures('1 day') f
        WHERE f.session_id = tix_waiting_room_report.session_id
        ORDER BY f.queue_id DESC LIMIT 1;
END $$;
COMMENT ON FUNCTION tix.tix_waiting_room_report(uuid, uuid) IS
    'The figures of a session''s last waiting room for an admin or the organizer of the event, as '
    'in the view tix_stat_queue; no row when it had none within a day. Error P0002: unknown '
    'session or not the actor''s.';

REVOKE ALL ON FUNCTION
    tix.tix_open_waiting_room, tix.tix_pause_waiting_room, tix.tix_resume_waiting_room,
    tix.tix_set_waiting_room_rate, tix.tix_close_waiting_room, tix.tix_waiting_room_report
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_open_waiting_room, tix.tix_pause_waiting_room, tix.tix_resume_waiting_room,
    tix.tix_set_waiting_room_rate, tix.tix_close_waiting_room, tix.tix_waiting_room_report
    TO tix_app;
