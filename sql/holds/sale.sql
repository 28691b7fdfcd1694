-- Opening and closing the sale of a session, for those who may.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.status_of_managed_session(uuid, uuid);
CREATE FUNCTION tix.status_of_managed_session(session_id uuid, actor uuid) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    now_status text;
BEGIN
    PERFORM own_session(actor, status_of_managed_session.session_id);
    SELECT s.status INTO now_status FROM sessions s
    WHERE s.session_id = status_of_managed_session.session_id FOR NO KEY UPDATE;
    RETURN now_status;
END $$;
COMMENT ON FUNCTION tix.status_of_managed_session(uuid, uuid) IS
    'Internal: locks a session and returns its status. Error P0002 as own_session().';

DROP FUNCTION IF EXISTS tix.tix_open_sale(uuid, uuid);
CREATE FUNCTION tix.tix_open_sale(session_id uuid, actor uuid, OUT seats int, OUT areas int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    IF status_of_managed_session(session_id, actor) = 'cancelled' THEN
        RAISE EXCEPTION 'sale cannot be opened: the session is "cancelled"'
            USING ERRCODE = 'TX010', HINT = 'Create a new session.';
    END IF;
    SELECT o.seats, o.areas INTO seats, areas
    FROM tix_open_session(tix_open_sale.session_id) o;
    PERFORM log_act(actor, 'open_sale', tix_open_sale.session_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_open_sale(uuid, uuid) IS
    'Puts a session on sale for an admin or the organizer of its event, as tix_open_session(); '
    'opening again changes nothing. Leaves an audit row. Returns seats and areas loaded. Errors: '
    'P0002 unknown session or not the actor''s, TX010 cancelled, TX013 shared memory full.';

DROP FUNCTION IF EXISTS tix.tix_close_sale(uuid, uuid);
CREATE FUNCTION tix.tix_close_sale(session_id uuid, actor uuid, OUT status text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    status := status_of_managed_session(session_id, actor);
    IF status NOT IN ('on_sale', 'closed') THEN
        RAISE EXCEPTION 'sale cannot be closed: the session is "%"', status
            USING ERRCODE = 'TX010', HINT = 'Only a session on sale can be closed.';
    ELSIF status = 'on_sale' THEN
        UPDATE sessions s SET status = 'closed'
        WHERE s.session_id = tix_close_sale.session_id RETURNING s.status INTO status;
        PERFORM log_act(actor, 'close_sale', tix_close_sale.session_id::text);
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_close_sale(uuid, uuid) IS
    'Ends the sale of a session for an admin or the organizer of its event and returns "closed": '
    'no new orders (TX006); orders that exist can still be paid. Closing again changes nothing; '
    'closing leaves an audit row. '
    'Errors: P0002 unknown session or not the actor''s, TX010 it is a draft or cancelled.';

DROP FUNCTION IF EXISTS tix.tix_sale_state(uuid);
CREATE FUNCTION tix.tix_sale_state(session_id uuid, OUT state text, OUT starts_in_s int)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT CASE WHEN s.status <> 'on_sale' OR s.sale_end_time <= clock_timestamp()
                    THEN 'sale_ended'
                    WHEN s.sale_start_time > clock_timestamp() THEN 'not_on_sale'
                    ELSE 'on_sale' END,
               least(ceil(extract(epoch FROM s.sale_start_time - clock_timestamp())),
                     2147483647)::int
        FROM sessions s
        WHERE s.session_id = tix_sale_state.session_id AND s.status <> 'draft';
END $$;
COMMENT ON FUNCTION tix.tix_sale_state(uuid) IS
    'Whether a session sells now: not_on_sale (starts_in_s seconds before it does), on_sale or '
    'sale_ended (also closed and cancelled), by the clock of this moment. No row for a draft and '
    'an unknown session.';

REVOKE ALL ON FUNCTION
    tix.status_of_managed_session, tix.tix_open_sale, tix.tix_close_sale,
    tix.tix_sale_state FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_open_sale, tix.tix_close_sale, tix.tix_sale_state TO tix_app;
