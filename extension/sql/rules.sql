-- The rules of a sale: their tables, and what an organiser does with them; part of tix 1.0.

CREATE TABLE @extschema@.session_rules (
    session_id     uuid PRIMARY KEY,
    sale_from      timestamptz NOT NULL DEFAULT '-infinity',
    sale_until     timestamptz NOT NULL DEFAULT 'infinity',
    gate           text NOT NULL DEFAULT 'open' CHECK (gate IN ('open', 'paused', 'stopped')),
    gate_reason    text,
    seats_per_user integer NOT NULL DEFAULT 0 CHECK (seats_per_user >= 0),
    seats_per_lock integer NOT NULL DEFAULT 0 CHECK (seats_per_lock >= 0),
    queued         boolean NOT NULL DEFAULT false,
    waitlist_grace_s integer NOT NULL DEFAULT 0 CHECK (waitlist_grace_s BETWEEN 0 AND 86400)
);
COMMENT ON TABLE @extschema@.session_rules IS
    'The rules of a sale, by session; a session without a row is open to everybody, always. '
    'Limits of 0 do not limit; queued: only who is admitted may lock; '
    'waitlist_grace_s: seconds that a seat given back is kept for the waiting list, 0: there is '
    'none. Written by tix_set_sale, tix_pause, tix_emergency_stop, tix_resume, tix_set_limit, '
    'tix_set_queued and tix_set_waitlist; a trigger tells the engine what is inserted or updated.';
SELECT pg_catalog.pg_extension_config_dump('@extschema@.session_rules', '');

CREATE TABLE @extschema@.seat_blocks (
    session_id uuid NOT NULL,
    seat_id    text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('house', 'kill')),
    reason     text,
    until_time timestamptz NOT NULL,
    at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (session_id, seat_id)
);
COMMENT ON TABLE @extschema@.seat_blocks IS
    'Seats that are not for sale until until_time. kind: house (kept for guests) or kill (cannot '
    'be used). Written by tix_block_seats and tix_unblock_seats.';
SELECT pg_catalog.pg_extension_config_dump('@extschema@.seat_blocks', '');

CREATE TABLE @extschema@.channels (
    session_id uuid NOT NULL,
    key        text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 43),
    from_time  timestamptz NOT NULL,
    until_time timestamptz NOT NULL,
    seats      text[] NOT NULL,
    PRIMARY KEY (session_id, key)
);
COMMENT ON TABLE @extschema@.channels IS
    'Allotments: until until_time these seats are only for callers who pass the secret key, from '
    'from_time on and even before the general sale. Written by tix_set_channel.';
SELECT pg_catalog.pg_extension_config_dump('@extschema@.channels', '');

CREATE TABLE @extschema@.audit_log (
    audit_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    actor      name NOT NULL DEFAULT SESSION_USER,
    act        text NOT NULL,
    session_id uuid,
    detail     jsonb NOT NULL
);
COMMENT ON TABLE @extschema@.audit_log IS
    'Privileged acts, append-only: who (the database user who logged in) did what, and why.';
SELECT pg_catalog.pg_extension_config_dump('@extschema@.audit_log', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.audit_log_audit_id_seq', '');

CREATE FUNCTION @extschema@.tix_keep_log() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = '55000',
        HINT = 'Who must, disables the trigger, which is an act of its own.';
END $$;
COMMENT ON FUNCTION @extschema@.tix_keep_log() IS
    'Trigger of audit_log: error 55000 for UPDATE, DELETE and TRUNCATE, also by the superuser and '
    'by a replication role.';
CREATE TRIGGER keep_log BEFORE UPDATE OR DELETE OR TRUNCATE ON @extschema@.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.tix_keep_log();
ALTER TABLE @extschema@.audit_log ENABLE ALWAYS TRIGGER keep_log;

-- What an organiser does -------------------------------------------------------------------------

CREATE FUNCTION @extschema@.tix_apply_block(session_id uuid, seat_ids text[], until timestamptz)
RETURNS SETOF text AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_apply_block(uuid, text[], timestamptz) IS
    'Internal: the engine''s side of tix_block_seats.';

CREATE FUNCTION @extschema@.tix_apply_unblock(session_id uuid, seat_ids text[])
RETURNS SETOF text AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_apply_unblock(uuid, text[]) IS
    'Internal: the engine''s side of tix_unblock_seats.';

CREATE FUNCTION @extschema@.tix_apply_release(session_id uuid, seat_ids text[])
RETURNS SETOF text AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_apply_release(uuid, text[]) IS
    'Internal: the engine''s side of tix_force_release.';

CREATE FUNCTION @extschema@.tix_apply_channel(session_id uuid, key text, seat_ids text[],
    from_time timestamptz, until_time timestamptz) RETURNS void
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION
    @extschema@.tix_apply_channel(uuid, text, text[], timestamptz, timestamptz) IS
    'Internal: the engine''s side of tix_set_channel.';

CREATE FUNCTION @extschema@.tix_apply_rules(session_id uuid, sale_from timestamptz,
    sale_until timestamptz, gate integer, seats_per_user integer, seats_per_lock integer,
    queued boolean, waitlist_grace_s integer) RETURNS void
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_apply_rules(
    uuid, timestamptz, timestamptz, integer, integer, integer, boolean, integer) IS
    'Internal: the engine learns the rules of a session, if it is in memory.';

CREATE FUNCTION @extschema@.tix_tell_rules() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM @extschema@.tix_apply_rules(NEW.session_id, NEW.sale_from, NEW.sale_until,
        array_position('{open,paused,stopped}'::text[], NEW.gate) - 1,
        NEW.seats_per_user, NEW.seats_per_lock, NEW.queued, NEW.waitlist_grace_s);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION @extschema@.tix_tell_rules() IS
    'Trigger of session_rules: the engine follows what is written there, at COMMIT.';
CREATE TRIGGER tell_rules AFTER INSERT OR UPDATE ON @extschema@.session_rules
    FOR EACH ROW EXECUTE FUNCTION @extschema@.tix_tell_rules();

CREATE FUNCTION @extschema@.tix_set_sale(session_id uuid, sale_from timestamptz DEFAULT NULL,
    sale_until timestamptz DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO @extschema@.session_rules AS r (session_id, sale_from, sale_until)
    VALUES (session_id, coalesce(sale_from, '-infinity'), coalesce(sale_until, 'infinity'))
    ON CONFLICT ON CONSTRAINT session_rules_pkey
    DO UPDATE SET sale_from = excluded.sale_from, sale_until = excluded.sale_until;
$$;
COMMENT ON FUNCTION @extschema@.tix_set_sale(uuid, timestamptz, timestamptz) IS
    'When a session sells, from COMMIT on: locks answer not_on_sale before sale_from and '
    'sale_ended from sale_until on, both wall clock, NULL unbounded. Holds that are there go on. '
    'Channels may open earlier.';

CREATE FUNCTION @extschema@.tix_set_gate(session_id uuid, gate text, reason text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO @extschema@.session_rules AS r (session_id, gate, gate_reason)
    VALUES (session_id, gate, reason)
    ON CONFLICT ON CONSTRAINT session_rules_pkey
    DO UPDATE SET gate = excluded.gate, gate_reason = excluded.gate_reason;
    INSERT INTO @extschema@.audit_log (act, session_id, detail)
    VALUES ('gate ' || gate, session_id, jsonb_build_object('reason', reason));
$$;
COMMENT ON FUNCTION @extschema@.tix_set_gate(uuid, text, text) IS
    'Internal: of tix_pause, tix_emergency_stop and tix_resume.';

CREATE FUNCTION @extschema@.tix_pause(session_id uuid, reason text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT @extschema@.tix_set_gate(session_id, 'paused', reason)
$$;
COMMENT ON FUNCTION @extschema@.tix_pause(uuid, text) IS
    'No new holds from COMMIT on: locks answer paused. Holds can be extended and paid. Leaves an '
    'audit row.';

CREATE FUNCTION @extschema@.tix_emergency_stop(session_id uuid, reason text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT @extschema@.tix_set_gate(session_id, 'stopped', reason)
$$;
COMMENT ON FUNCTION @extschema@.tix_emergency_stop(uuid, text) IS
    'As tix_pause, and holds can neither be extended (paused) nor become orders (TX006). Orders '
    'that exist are still paid, or money would hang. Leaves an audit row. Undo: tix_resume.';

CREATE FUNCTION @extschema@.tix_resume(session_id uuid) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT @extschema@.tix_set_gate(session_id, 'open', NULL)
$$;
COMMENT ON FUNCTION @extschema@.tix_resume(uuid) IS
    'Ends tix_pause and tix_emergency_stop at COMMIT. Leaves an audit row.';

CREATE FUNCTION @extschema@.tix_set_queued(session_id uuid, queued boolean) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO @extschema@.session_rules AS r (session_id, queued)
    VALUES (session_id, queued)
    ON CONFLICT ON CONSTRAINT session_rules_pkey DO UPDATE SET queued = excluded.queued;
    INSERT INTO @extschema@.audit_log (act, session_id, detail)
    VALUES ('waiting room', session_id, jsonb_build_object('queued', queued));
$$;
COMMENT ON FUNCTION @extschema@.tix_set_queued(uuid, boolean) IS
    'For the schema''s waiting room: whether, from COMMIT on, locks answer queued to who was not '
    'admitted in their transaction. Holds can be extended and paid. Leaves an audit row.';

CREATE FUNCTION @extschema@.tix_set_waitlist(session_id uuid, grace interval) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO @extschema@.session_rules AS r (session_id, waitlist_grace_s)
    VALUES (session_id, ceil(extract(epoch FROM grace))::integer)
    ON CONFLICT ON CONSTRAINT session_rules_pkey
    DO UPDATE SET waitlist_grace_s = excluded.waitlist_grace_s;
$$;
COMMENT ON FUNCTION @extschema@.tix_set_waitlist(uuid, interval) IS
    'For the schema''s waiting list: from COMMIT on, a seat that is released, lapses or is '
    'refunded is blocked for grace (0 to 1 day, whole seconds; 0: no waiting list) before it is '
    'free, and never after the sale ends. Only tix_offer_seats and what was paid (tix_take_seats, '
    'tickets) may take it meanwhile; an organiser may block or unblock it. A crash of the server '
    'frees it. Error 23514: out of bounds.';

CREATE FUNCTION @extschema@.tix_offer_seats(session_id uuid, seat_ids text[], user_id uuid,
    ttl interval DEFAULT NULL) RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_offer_seats(uuid, text[], uuid, interval) IS
    'For the schema''s waiting list: as tix_lock_seats, and may take seats kept for the waiting '
    'list; needs no admission. Rolled back, they are kept for it again.';

CREATE FUNCTION @extschema@.tix_pass_queue(session_id uuid, user_id uuid) RETURNS void
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_pass_queue(uuid, uuid) IS
    'Internal: until this (sub)transaction ends, locks of this user in this session are admitted. '
    'Who calls it has checked the admission. Errors: TX005 for more than 64 in a transaction.';

CREATE FUNCTION @extschema@.tix_set_limit(session_id uuid, scope text, n integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF scope IS NULL OR scope NOT IN ('user', 'lock') OR n < 0 THEN
        RAISE EXCEPTION 'limit cannot be set' USING ERRCODE = '22023',
            DETAIL = format('scope %s, n %s', scope, n),
            HINT = 'scope is "user" or "lock"; n is 0 or more, 0 and NULL for no limit.';
    END IF;
    INSERT INTO @extschema@.session_rules AS r (session_id, seats_per_user, seats_per_lock)
    VALUES (session_id, CASE scope WHEN 'user' THEN coalesce(n, 0) ELSE 0 END,
            CASE scope WHEN 'lock' THEN coalesce(n, 0) ELSE 0 END)
    ON CONFLICT ON CONSTRAINT session_rules_pkey DO UPDATE SET
        seats_per_user = CASE scope WHEN 'user' THEN excluded.seats_per_user
                                    ELSE r.seats_per_user END,
        seats_per_lock = CASE scope WHEN 'lock' THEN excluded.seats_per_lock
                                    ELSE r.seats_per_lock END;
END $$;
COMMENT ON FUNCTION @extschema@.tix_set_limit(uuid, text, integer) IS
    'How many seats of a session, from COMMIT on. scope user: live holds and sold seats of one '
    'user_id, answered by reason limit; scope lock: seats of one hold, answered by too_many. n 0 '
    'or NULL: no limit. Counted in the engine, exact under concurrency; who has more keeps it. '
    'Errors: 22023.';

CREATE FUNCTION @extschema@.tix_block_seats(session_id uuid, seat_ids text[],
    kind text DEFAULT 'house', reason text DEFAULT NULL, until timestamptz DEFAULT NULL)
RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    blocked text[];
BEGIN
    IF kind IS NULL OR kind NOT IN ('house', 'kill') OR until <= clock_timestamp() THEN
        RAISE EXCEPTION 'seats cannot be blocked' USING ERRCODE = '22023',
            DETAIL = format('kind %s, until %s', kind, until),
            HINT = 'kind is "house" or "kill"; until lies in the future, NULL for no end.';
    END IF;
    until := coalesce(until, 'infinity');
    SELECT coalesce(array_agg(b), '{}') INTO blocked
    FROM @extschema@.tix_apply_block(session_id, seat_ids, until) b;
    INSERT INTO @extschema@.seat_blocks AS b (session_id, seat_id, kind, reason, until_time)
    SELECT session_id, s, kind, reason, until FROM unnest(blocked) s
    ON CONFLICT ON CONSTRAINT seat_blocks_pkey DO UPDATE SET kind = excluded.kind,
        reason = excluded.reason, until_time = excluded.until_time, at = excluded.at;
    RETURN QUERY SELECT unnest(blocked);
END $$;
COMMENT ON FUNCTION @extschema@.tix_block_seats(uuid, text[], text, text, timestamptz) IS
    'Takes free seats out of the sale at once, all or none, until `until` (exact; NULL: until '
    'tix_unblock_seats), and returns those that were not blocked yet; undone by rollback. kind: '
    'house or kill. Errors: TX001 a seat is held or sold, 22023 unknown seat or bad argument, '
    'TX005 tix.max_xact_changes.';

CREATE FUNCTION @extschema@.tix_unblock_seats(session_id uuid, seat_ids text[])
RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    freed text[];
BEGIN
    SELECT coalesce(array_agg(u), '{}') INTO freed
    FROM @extschema@.tix_apply_unblock(session_id, seat_ids) u;
    DELETE FROM @extschema@.seat_blocks b
    WHERE b.session_id = tix_unblock_seats.session_id AND b.seat_id = ANY (freed);
    RETURN QUERY SELECT unnest(freed);
END $$;
COMMENT ON FUNCTION @extschema@.tix_unblock_seats(uuid, text[]) IS
    'Gives blocked seats back at COMMIT and returns those that were blocked. Errors: TX001 busy '
    'when another transaction is blocking or unblocking one of them, 22023 unknown seat.';

CREATE FUNCTION @extschema@.tix_force_release(session_id uuid, seat_ids text[], reason text)
RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    freed text[];
BEGIN
    IF reason IS NULL OR reason = '' THEN
        RAISE EXCEPTION 'a forced release needs a reason' USING ERRCODE = '22023';
    END IF;
    SELECT coalesce(array_agg(r), '{}') INTO freed
    FROM @extschema@.tix_apply_release(session_id, seat_ids) r;
    INSERT INTO @extschema@.audit_log (act, session_id, detail)
    VALUES ('force_release', session_id,
            jsonb_build_object('reason', reason, 'seats', to_jsonb(freed)));
    RETURN QUERY SELECT unnest(freed);
END $$;
COMMENT ON FUNCTION @extschema@.tix_force_release(uuid, text[], text) IS
    'Ends the holds on these seats at COMMIT, whoever has them, and returns the seats that were '
    'held. Leaves an audit row. Errors: TX001 busy when a transaction is at work on a hold or '
    'sells the seat, 22023 unknown seat, no reason.';

CREATE FUNCTION @extschema@.tix_begin_edit(session_id uuid, seat_ids text[])
RETURNS TABLE (seat_id text, state text)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_begin_edit(uuid, text[]) IS
    'For schemas that edit the seats of a session: takes it out of memory with its holds and keeps '
    'it out until the transaction ends; the next load finds the edited seats and the holds, with '
    'their tokens, in the journal. seat_ids: seats that are to go. Those of them that are held, '
    'confirming, sold or blocked are returned, and then nothing changed. Errors: 22023 unknown '
    'session, 55P03 open transactions hold seats of it, 55000 holds without a journal.';

CREATE FUNCTION @extschema@.tix_set_channel(session_id uuid, key text, seat_ids text[],
    from_time timestamptz DEFAULT NULL, until_time timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    from_time := coalesce(from_time, '-infinity');
    until_time := coalesce(until_time, 'infinity');
    seat_ids := coalesce(seat_ids, '{}');
    IF until_time <= from_time THEN
        RAISE EXCEPTION 'a channel must end after it begins' USING ERRCODE = '22023';
    END IF;
    -- One at a time, or each would miss the seats that the other takes.
    LOCK TABLE @extschema@.channels IN SHARE ROW EXCLUSIVE MODE;
    PERFORM @extschema@.tix_apply_channel(session_id, key, seat_ids, from_time, until_time);
    -- A seat is in one channel at most: the last one that takes it.
    UPDATE @extschema@.channels c
    SET seats = ARRAY(SELECT unnest(c.seats) EXCEPT SELECT unnest(seat_ids) ORDER BY 1)
    WHERE c.session_id = tix_set_channel.session_id AND c.key <> tix_set_channel.key
      AND c.seats && seat_ids;
    DELETE FROM @extschema@.channels c
    WHERE c.session_id = tix_set_channel.session_id
      AND (c.key = tix_set_channel.key OR c.seats = '{}');
    INSERT INTO @extschema@.channels (session_id, key, from_time, until_time, seats)
    SELECT session_id, key, from_time, until_time, seat_ids WHERE seat_ids <> '{}';
END $$;
COMMENT ON FUNCTION
    @extschema@.tix_set_channel(uuid, text, text[], timestamptz, timestamptz) IS
    'Reserves seats for callers who pass this key (1 to 43 bytes) in channels, from COMMIT on: '
    'until until_time others get the reason channel; the key opens them from from_time on, even '
    'before the general sale. Replaces the channel of that key; no seats removes it; a seat moves '
    'here from another channel. At most 32 channels a session. Errors: 22023 unknown seat or bad '
    'argument, TX005 too many channels or tix.max_xact_changes.';

-- Privileges --------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA @extschema@ FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
