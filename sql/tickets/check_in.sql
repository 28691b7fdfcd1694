-- Check-in: a scanned code at a gate, decided, logged and answered.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: the ticket's row alone. Two scans of one ticket wait for each other there, so each sees
-- what the other did (law O9). Every admission changes that row, so that a caller with an old
-- snapshot gets 40001 instead of a second entry. Which scans there were is the log's to say.

DROP TRIGGER IF EXISTS check_ins_append_only ON tix.check_ins;
DROP TRIGGER IF EXISTS check_in_conflicts_append_only ON tix.check_in_conflicts;
DROP FUNCTION IF EXISTS tix.keep_check_ins();
CREATE FUNCTION tix.keep_check_ins() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '"%" is append-only', TG_TABLE_NAME USING ERRCODE = 'TX010',
        HINT = 'What was scanned stays; a new scan may say otherwise.';
END $$;
COMMENT ON FUNCTION tix.keep_check_ins() IS 'Trigger: the log of scans is only ever added to.';
CREATE TRIGGER check_ins_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tix.check_ins
    FOR EACH STATEMENT EXECUTE FUNCTION tix.keep_check_ins();
CREATE TRIGGER check_in_conflicts_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tix.check_in_conflicts
    FOR EACH STATEMENT EXECUTE FUNCTION tix.keep_check_ins();

DROP FUNCTION IF EXISTS tix.fault_of_time(tix.entry_rules, tix.tickets, uuid, timestamptz, text);
CREATE FUNCTION tix.fault_of_time(
    rule tix.entry_rules, ticket tix.tickets, gate uuid, at timestamptz, direction text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    house tix.sessions;
BEGIN
    IF rule.gate_id IS NULL THEN
        RETURN CASE WHEN EXISTS (SELECT FROM entry_rules r WHERE r.gate_id = gate
                                    AND r.session_id = ticket.session_id)
                    THEN 'invalid_time' ELSE 'wrong_session' END;
    ELSIF direction = 'out' THEN
        RETURN NULL;
    END IF;
    SELECT * INTO house FROM sessions s WHERE s.session_id = ticket.session_id;
    IF at < house.start_time - rule.opens_before OR at > house.end_time + rule.closes_after THEN
        RETURN 'invalid_time';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.fault_of_time(tix.entry_rules, tix.tickets, uuid, timestamptz, text) IS
    'Internal: wrong_session or invalid_time when a gate does not let this ticket in at a time; '
    'else NULL. Who is inside may leave at any time.';

DROP FUNCTION IF EXISTS tix.rival_entry(tix.entry_rules, uuid, timestamptz);
CREATE FUNCTION tix.rival_entry(
    rule tix.entry_rules, ticket_id uuid, at timestamptz, OUT rival bigint, OUT earlier boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    moment CONSTANT timestamptz := rival_entry.at;
    day CONSTANT date := CASE WHEN rule.entries_per = 'day' THEN
        (moment AT TIME ZONE rule.time_zone)::date END;
    past record;
BEGIN
    SELECT count(*) FILTER (WHERE c.direction = 'in' AND c.at <= moment) AS entries_before,
           count(*) FILTER (WHERE c.direction = 'in') AS entries,
           (array_agg(c.direction ORDER BY c.at DESC, c.check_in_id DESC)
                FILTER (WHERE c.at <= moment))[1] AS last_before,
           (array_agg(c.check_in_id ORDER BY c.at DESC, c.check_in_id DESC)
                FILTER (WHERE c.direction = 'in' AND c.at <= moment))[1] AS entry_before,
           (array_agg(c.direction ORDER BY c.at, c.check_in_id)
                FILTER (WHERE c.at > moment))[1] AS first_after,
           (array_agg(c.check_in_id ORDER BY c.at, c.check_in_id)
                FILTER (WHERE c.direction = 'in' AND c.at > moment))[1] AS entry_after,
           (array_agg(c.check_in_id ORDER BY c.at DESC, c.check_in_id DESC)
                FILTER (WHERE c.direction = 'in' AND c.at > moment))[1] AS last_entry_after
    INTO past
    FROM check_ins c
    WHERE c.ticket_id = rival_entry.ticket_id AND c.status = 'ok'
      AND (day IS NULL OR (c.at AT TIME ZONE rule.time_zone)::date = day)
      AND NOT EXISTS (SELECT FROM check_in_conflicts f WHERE f.lost_id = c.check_in_id);
    earlier := past.entries_before > 0
        AND (rule.reentry IS NOT TRUE OR past.last_before = 'in'
             OR past.entries_before >= rule.entries_max);
    rival := CASE
        WHEN earlier THEN past.entry_before
        WHEN rule.reentry IS NOT TRUE OR past.first_after = 'in' THEN past.entry_after
        WHEN past.entries >= rule.entries_max THEN past.last_entry_after END;
END $$;
COMMENT ON FUNCTION tix.rival_entry(tix.entry_rules, uuid, timestamptz) IS
    'Internal: the entry by a ticket that rules out one at this time, NULL when there is none; '
    'whether it is the earlier of the two. It is later only when the scan is told late. Without a '
    'rule one entry is the limit. Requires the ticket''s row lock.';

DROP FUNCTION IF EXISTS tix.record_scan(tix.check_ins, text, boolean, text);
CREATE FUNCTION tix.record_scan(
    scan tix.check_ins, scanned text, force boolean, refused_because text,
    OUT done tix.check_ins, OUT known text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    said record;
    ticket tix.tickets;
    rule tix.entry_rules;
    other record;
    faults text[] := ARRAY[]::text[];
    lost bigint;
BEGIN
    scan.code_hash := sha256(convert_to(scanned, 'UTF8'));
    SELECT * INTO said FROM read_ticket_code(scanned);
    IF said.verdict <> 'invalid' THEN
        SELECT * INTO ticket FROM tickets t WHERE t.ticket_id = said.ticket_id FOR UPDATE;
    END IF;
    SELECT * INTO done FROM stored_scan(scan);
    known := how_known(scan, done);
    IF known <> 'new' THEN RETURN; END IF;

    scan.ticket_id := ticket.ticket_id;
    scan.session_id := ticket.session_id;
    scan.seat_id := ticket.seat_id;
    scan.issue := said.issue;
    scan.code := CASE WHEN said.verdict = 'invalid' THEN left(scanned, 200) END;
    scan.reason := coalesce(refused_because, fault_of_ticket(ticket, said.verdict, said.issue));
    IF refused_because IS NULL AND coalesce(scan.reason, 'unpaid') IN ('unpaid', 'blocked') THEN
        rule := entry_rule_at(scan.gate_id, ticket.session_id, scan.at);
        faults := array_remove(ARRAY[scan.reason,
            fault_of_time(rule, ticket, scan.gate_id, scan.at, scan.direction)], NULL);
        IF scan.direction = 'in' THEN
            SELECT * INTO other FROM rival_entry(rule, ticket.ticket_id, scan.at);
            IF other.rival IS NOT NULL AND (other.earlier OR NOT scan.offline) THEN
                faults := faults || 'already_used'::text;
            ELSIF force OR faults = '{}' THEN
                lost := other.rival;  -- told before this one, but scanned after it
            END IF;
        END IF;
        scan.reason := CASE WHEN NOT force THEN faults[1] END;
        scan.overridden := CASE WHEN force THEN nullif(array_to_string(faults, ','), '') END;
    END IF;
    scan.status := CASE WHEN scan.reason IS NULL THEN 'ok' ELSE 'error' END;
    done := log_scan(scan);
    IF done.check_in_id IS NULL THEN  -- meanwhile somebody used the nonce for another ticket
        SELECT * INTO done FROM stored_scan(scan);
        known := how_known(scan, done);
        RETURN;
    END IF;
    PERFORM note_admission(done);
    IF lost IS NOT NULL THEN
        PERFORM note_conflict(done.ticket_id, done.check_in_id, lost);
    ELSIF done.offline AND refused_because IS NULL AND done.reason = 'already_used' THEN
        PERFORM note_conflict(done.ticket_id, other.rival, done.check_in_id);
    END IF;
END $$;
COMMENT ON FUNCTION tix.record_scan(tix.check_ins, text, boolean, text) IS
    'Internal: decides on a scan whose gate, times, direction, device and nonce are given, and '
    'logs it. force lets in whom the rules do not: never a code that is invalid or revoked, nor a '
    'ticket that is cancelled. refused_because: why an offline gate did not let it in; else NULL. '
    'known: new; replayed, and done is the answer of before; or reused, the nonce was another''s.';

DROP FUNCTION IF EXISTS tix.stored_scan(tix.check_ins);
CREATE FUNCTION tix.stored_scan(scan tix.check_ins) RETURNS tix.check_ins
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    found_one tix.check_ins;
BEGIN
    IF scan.nonce IS NOT NULL THEN
        SELECT * INTO found_one FROM check_ins c
        WHERE c.device = scan.device AND c.nonce = scan.nonce;
    END IF;
    RETURN found_one;
END $$;
COMMENT ON FUNCTION tix.stored_scan(tix.check_ins) IS
    'Internal: the scan that this device told by this nonce before; all NULL when there is none.';

DROP FUNCTION IF EXISTS tix.how_known(tix.check_ins, tix.check_ins);
CREATE FUNCTION tix.how_known(scan tix.check_ins, stored tix.check_ins) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN stored.check_in_id IS NULL THEN 'new'
                WHEN stored.code_hash = scan.code_hash AND stored.gate_id = scan.gate_id
                     AND stored.direction = scan.direction THEN 'replayed'
                ELSE 'reused' END;
END $$;
COMMENT ON FUNCTION tix.how_known(tix.check_ins, tix.check_ins) IS
    'Internal: whether a scan is new, the stored one again, or another with its nonce.';

DROP FUNCTION IF EXISTS tix.log_scan(tix.check_ins);
CREATE FUNCTION tix.log_scan(scan tix.check_ins) RETURNS tix.check_ins
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    done tix.check_ins;
BEGIN
    INSERT INTO check_ins (received_at, at, claimed_at, gate_id, device, nonce, direction,
                           code_hash, code, ticket_id, session_id, seat_id, issue, status, reason,
                           overridden, offline)
    VALUES (scan.received_at, scan.at, scan.claimed_at, scan.gate_id, scan.device, scan.nonce,
            scan.direction, scan.code_hash, scan.code, scan.ticket_id, scan.session_id,
            scan.seat_id, scan.issue, scan.status, scan.reason, scan.overridden, scan.offline)
    ON CONFLICT (device, nonce) WHERE nonce IS NOT NULL DO NOTHING RETURNING * INTO done;
    RETURN done;
END $$;
COMMENT ON FUNCTION tix.log_scan(tix.check_ins) IS
    'Internal: adds a scan to the log; all NULL when its nonce is there already.';

DROP FUNCTION IF EXISTS tix.note_admission(tix.check_ins);
CREATE FUNCTION tix.note_admission(done tix.check_ins) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF done.status = 'ok' AND done.direction = 'in' THEN
        UPDATE tickets t SET status = 'used', used_at = least(t.used_at, done.at)
        WHERE t.ticket_id = done.ticket_id;
    END IF;
    IF done.overridden IS NOT NULL THEN
        INSERT INTO audit_log (act, session_id, detail)
        VALUES ('force_check_in', done.session_id, jsonb_build_object(
            'checkInId', done.check_in_id, 'ticketId', done.ticket_id, 'gateId', done.gate_id,
            'device', done.device, 'direction', done.direction, 'overridden', done.overridden));
    END IF;
END $$;
COMMENT ON FUNCTION tix.note_admission(tix.check_ins) IS
    'Internal: what a logged scan entails: who comes in has used the ticket, force is audited.';

DROP FUNCTION IF EXISTS tix.note_conflict(uuid, bigint, bigint);
CREATE FUNCTION tix.note_conflict(ticket_id uuid, kept_id bigint, lost_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO check_in_conflicts (lost_id, kept_id, ticket_id)
    VALUES (note_conflict.lost_id, note_conflict.kept_id, note_conflict.ticket_id);
END $$;
COMMENT ON FUNCTION tix.note_conflict(uuid, bigint, bigint) IS
    'Internal: two came in by one ticket; one admission is kept, the other lost.';

REVOKE ALL ON FUNCTION tix.keep_check_ins, tix.fault_of_time, tix.rival_entry, tix.record_scan,
    tix.stored_scan, tix.how_known, tix.log_scan, tix.note_admission, tix.note_conflict
    FROM PUBLIC;
