-- What organizers do with a session that sells: pause, stop, block, allot, limit, release, edit.
-- Requires tix >= 1.0
--
-- Each is the engine's act of the same name for its owner (see sql/identity/owners.sql).

DROP FUNCTION IF EXISTS tix.tix_pause_as(uuid, uuid, text);
CREATE FUNCTION tix.tix_pause_as(actor uuid, session_id uuid, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM check_reason(reason);
    PERFORM tix_pause(session_id, reason);
    PERFORM log_act(actor, 'pause', session_id::text, jsonb_build_object('reason', reason));
END $$;
COMMENT ON FUNCTION tix.tix_pause_as(uuid, uuid, text) IS
    'tix_pause() for the organizer of the session or an admin. Errors: P0002 not the actor''s, '
    '22023 the reason (1 to 1000 bytes).';

DROP FUNCTION IF EXISTS tix.tix_emergency_stop_as(uuid, uuid, text);
CREATE FUNCTION tix.tix_emergency_stop_as(actor uuid, session_id uuid, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM check_reason(reason);
    PERFORM tix_emergency_stop(session_id, reason);
    PERFORM log_act(actor, 'emergency_stop', session_id::text,
                    jsonb_build_object('reason', reason));
END $$;
COMMENT ON FUNCTION tix.tix_emergency_stop_as(uuid, uuid, text) IS
    'tix_emergency_stop() for the organizer of the session or an admin. Errors: P0002 not the '
    'actor''s, 22023 the reason (1 to 1000 bytes).';

DROP FUNCTION IF EXISTS tix.tix_resume_as(uuid, uuid);
CREATE FUNCTION tix.tix_resume_as(actor uuid, session_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_resume(session_id);
    PERFORM log_act(actor, 'resume', session_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_resume_as(uuid, uuid) IS
    'tix_resume() for the organizer of the session or an admin. Error P0002: not the actor''s.';

DROP FUNCTION IF EXISTS tix.tix_block_seats_as(uuid, uuid, text[], text, text, timestamptz);
CREATE FUNCTION tix.tix_block_seats_as(
    actor uuid, session_id uuid, seat_ids text[], kind text DEFAULT 'house',
    reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    blocked text[];
BEGIN
    PERFORM own_session(actor, session_id);
    IF octet_length(reason) > 1000 THEN PERFORM check_reason(reason); END IF;
    blocked := ARRAY(SELECT b FROM tix_block_seats(session_id, seat_ids, kind, reason, until) b
                     ORDER BY b);
    PERFORM log_act(actor, 'block_seats', session_id::text, told_seats(blocked)
        || jsonb_build_object('kind', kind, 'reason', reason, 'until', until));
    RETURN blocked;
END $$;
COMMENT ON FUNCTION tix.tix_block_seats_as(uuid, uuid, text[], text, text, timestamptz) IS
    'tix_block_seats() for the organizer of the session or an admin; returns the seats that were '
    'not blocked yet. Errors: P0002 not the actor''s, TX001, TX005 and 22023 as there, 22023 a '
    'reason of more than 1000 bytes.';

DROP FUNCTION IF EXISTS tix.tix_unblock_seats_as(uuid, uuid, text[]);
CREATE FUNCTION tix.tix_unblock_seats_as(actor uuid, session_id uuid, seat_ids text[])
RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    freed text[];
BEGIN
    PERFORM own_session(actor, session_id);
    freed := ARRAY(SELECT u FROM tix_unblock_seats(session_id, seat_ids) u ORDER BY u);
    PERFORM log_act(actor, 'unblock_seats', session_id::text, told_seats(freed));
    RETURN freed;
END $$;
COMMENT ON FUNCTION tix.tix_unblock_seats_as(uuid, uuid, text[]) IS
    'tix_unblock_seats() for the organizer of the session or an admin; returns the seats that were '
    'blocked. Errors: P0002 not the actor''s, TX001 and 22023 as there.';

DROP FUNCTION IF EXISTS
    tix.tix_set_channel_as(uuid, uuid, text, text[], timestamptz, timestamptz);
CREATE FUNCTION tix.tix_set_channel_as(
    actor uuid, session_id uuid, key text, seat_ids text[], from_time timestamptz DEFAULT NULL,
    until_time timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_set_channel(session_id, key, seat_ids, from_time, until_time);
    PERFORM log_act(actor, 'set_channel', session_id::text, told_seats(coalesce(seat_ids, '{}'))
        || jsonb_build_object('from', from_time, 'until', until_time));  -- the key is a secret
END $$;
COMMENT ON FUNCTION tix.tix_set_channel_as(uuid, uuid, text, text[], timestamptz, timestamptz) IS
    'tix_set_channel() for the organizer of the session or an admin; the audit row does not have '
    'the key. Errors: P0002 not the actor''s, 22023 and TX005 as there.';

DROP FUNCTION IF EXISTS tix.tix_set_limit_as(uuid, uuid, text, int);
CREATE FUNCTION tix.tix_set_limit_as(actor uuid, session_id uuid, scope text, n int)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_set_limit(session_id, scope, n);
    PERFORM log_act(actor, 'set_limit', session_id::text,
                    jsonb_build_object('scope', scope, 'seats', n));
END $$;
COMMENT ON FUNCTION tix.tix_set_limit_as(uuid, uuid, text, int) IS
    'tix_set_limit() for the organizer of the session or an admin. Errors: P0002 not the '
    'actor''s, 22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_force_release_as(uuid, uuid, text[], text);
CREATE FUNCTION tix.tix_force_release_as(
    actor uuid, session_id uuid, seat_ids text[], reason text) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    freed text[];
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM check_reason(reason);
    freed := ARRAY(SELECT r FROM tix_force_release(session_id, seat_ids, reason) r ORDER BY r);
    PERFORM log_act(actor, 'force_release', session_id::text,
                    told_seats(freed) || jsonb_build_object('reason', reason));
    RETURN freed;
END $$;
COMMENT ON FUNCTION tix.tix_force_release_as(uuid, uuid, text[], text) IS
    'tix_force_release() for the organizer of the session or an admin; returns the seats that were '
    'held. Errors: P0002 not the actor''s, TX001 and 22023 as there, 22023 the reason (1 to 1000 '
    'bytes).';

DROP FUNCTION IF EXISTS tix.tix_load_session_as(uuid, uuid);
CREATE FUNCTION tix.tix_load_session_as(
    actor uuid, session_id uuid, OUT seats int, OUT areas int, OUT holds int, OUT bytes bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, tix_load_session_as.session_id);
    SELECT l.seats, l.areas, l.holds, l.bytes INTO seats, areas, holds, bytes
    FROM tix_load_session(tix_load_session_as.session_id) l;
    PERFORM log_act(actor, 'load_session', tix_load_session_as.session_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_load_session_as(uuid, uuid) IS
    'tix_load_session() for the organizer of the session or an admin, ahead of its sale. Errors: '
    'P0002 not the actor''s, TX013 shared memory full, TX015 as there.';

DROP FUNCTION IF EXISTS tix.tix_apply_seat_map_as(uuid, uuid, uuid);
CREATE FUNCTION tix.tix_apply_seat_map_as(actor uuid, session_id uuid, new_map uuid)
RETURNS TABLE (applied boolean, seat_id text, state text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 10
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_session(actor, tix_apply_seat_map_as.session_id);
    FOR applied, seat_id, state IN
        SELECT a.applied, a.seat_id, a.state
        FROM tix_apply_seat_map(tix_apply_seat_map_as.session_id, new_map) a
    LOOP
        IF applied THEN
            PERFORM log_act(actor, 'apply_seat_map', tix_apply_seat_map_as.session_id::text,
                            jsonb_build_object('seatMapId', new_map));
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION tix.tix_apply_seat_map_as(uuid, uuid, uuid) IS
    'tix_apply_seat_map() for the organizer of the session or an admin: one row (true, NULL, '
    'NULL), or nothing changed and a row names each seat that stands against it. Errors: P0002 not '
    'the actor''s, or no such map of the venue, TX010 and 55P03 as there.';

REVOKE ALL ON FUNCTION
    tix.tix_pause_as, tix.tix_emergency_stop_as, tix.tix_resume_as, tix.tix_block_seats_as,
    tix.tix_unblock_seats_as, tix.tix_set_channel_as, tix.tix_set_limit_as,
    tix.tix_force_release_as, tix.tix_load_session_as, tix.tix_apply_seat_map_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_pause_as, tix.tix_emergency_stop_as, tix.tix_resume_as, tix.tix_block_seats_as,
    tix.tix_unblock_seats_as, tix.tix_set_channel_as, tix.tix_set_limit_as,
    tix.tix_force_release_as, tix.tix_load_session_as, tix.tix_apply_seat_map_as TO tix_app;
