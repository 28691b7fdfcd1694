-- What gateways keep in memory, so that no poll asks the database: boards and the keys of tokens.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_queue_boards();
CREATE FUNCTION tix.tix_queue_boards(
    OUT queue_id int, OUT session_id uuid, OUT event_name text, OUT state text, OUT mode text,
    OUT opens_at timestamptz, OUT opens_in_s double precision, OUT joined bigint,
    OUT serving bigint, OUT lapsed bigint, OUT pace double precision, OUT grace_s int,
    OUT drawn int, OUT seed bytea, OUT as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 32
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    boards_max CONSTANT int := 256;
    kept CONSTANT interval := interval '1 hour';
BEGIN
    PERFORM tix_queue_step(q.session_id) FROM queues q WHERE q.state <> 'closed';
    RETURN QUERY
        SELECT q.queue_id, q.session_id, e.name, q.state, q.mode, q.opens_at,
               greatest(extract(epoch FROM q.opens_at - clock_timestamp()), 0)::double precision,
               CASE WHEN q.state = 'closed' THEN q.serving
                    ELSE greatest(joins_of_queue(q), q.serving) END,
               q.serving, q.lapsed, pace_of_queue(q), extract(epoch FROM q.grace)::int, q.drawn,
               CASE WHEN q.mode = 'random' AND q.drawn IS NOT NULL THEN q.seed END,
               clock_timestamp()
        FROM queues q JOIN sessions s USING (session_id) JOIN events e USING (event_id)
        WHERE q.state <> 'closed' OR q.closed_at > clock_timestamp() - kept
        ORDER BY q.queue_id DESC LIMIT boards_max;
END $$;
COMMENT ON FUNCTION tix.tix_queue_boards() IS
    'For gateways, once a second: every waiting room that is open or paused, or was closed within '
    'the hour, the newest first; makes the steps that are due (tix_queue_step()). Place p is '
    'called when p <= serving; unless it was claimed it is lapsed when p <= lapsed, and is to be '
    'claimed within grace_s seconds of its call. Before it are p - serving - 1 places, called at '
    'about pace a second. Places of mode random follow from drawn and seed (32 bytes), which are '
    'NULL before the draw. joined: numbers given.';

DROP FUNCTION IF EXISTS tix.tix_queue_poll_keys();
CREATE FUNCTION tix.tix_queue_poll_keys(OUT key_id int, OUT secret bytea)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 2
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT k.key_id::int, queue_poll_key(k.secret)
                 FROM queue_keys k ORDER BY k.key_id;
END $$;
COMMENT ON FUNCTION tix.tix_queue_poll_keys() IS
    'For gateways: the keys (32 bytes) that tell a token made here from another. They '
    'check the second seal of a token alone: who has them can claim nothing with what they make.';

REVOKE ALL ON FUNCTION tix.tix_queue_boards, tix.tix_queue_poll_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_queue_boards, tix.tix_queue_poll_keys TO tix_app;
