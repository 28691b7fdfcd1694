-- What a gate calls that may lose the net: a manifest before, and an upload after.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: as in sql/tickets/check_in.sql; an upload takes its tickets in the order of their ids.

DROP FUNCTION IF EXISTS tix.tix_check_in_manifest(uuid, uuid, text, int);
CREATE FUNCTION tix.tix_check_in_manifest(
    session_id uuid, gate uuid, since text DEFAULT NULL, max_rows int DEFAULT 1000,
    OUT revocations_seq bigint, OUT made_at timestamptz, OUT public_keys jsonb, OUT rules jsonb,
    OUT tickets jsonb, OUT next text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    listed int;
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 5000 OR octet_length(since) > 1000 THEN
        RAISE EXCEPTION 'max_rows or since of a manifest is not valid' USING ERRCODE = '22023',
            HINT = 'Give 1 to 5000 rows, and as since the next of the page before.';
    END IF;
    SELECT jsonb_agg(jsonb_build_object(
               'onDay', CASE WHEN isfinite(r.on_day) THEN r.on_day END, 'timeZone', r.time_zone,
               'opensAt', s.start_time - r.opens_before, 'closesAt', s.end_time + r.closes_after,
               'entriesMax', r.entries_max, 'entriesPer', r.entries_per, 'reentry', r.reentry)
               ORDER BY r.on_day)
    INTO rules
    FROM entry_rules r JOIN gates g USING (gate_id) JOIN sessions s USING (session_id)
    WHERE r.gate_id = gate AND r.session_id = $1 AND g.closed_at IS NULL;
    IF rules IS NULL THEN
        RAISE EXCEPTION 'gate does not let in to this session' USING ERRCODE = 'P0002',
            HINT = 'Rules of a gate are made by tix_set_entry_rule().';
    END IF;
    made_at := clock_timestamp();
    revocations_seq := coalesce((SELECT c.last_seq FROM revocation_counters c
                                 WHERE c.session_id = $1), 0);
    SELECT jsonb_agg(jsonb_build_object('keyId', k.key_id, 'publicKey',
                                        base64url_encode(k.public_key)) ORDER BY k.key_id)
    INTO public_keys FROM tix_ticket_public_keys() k;
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'ticketId', p.ticket_id, 'issue', p.issue, 'seatId', p.seat_id,
               'used', p.status = 'used', 'blocked', p.blocked_reason IS NOT NULL)
               ORDER BY p.seat_id), '[]'), count(*), max(p.seat_id)
    INTO tickets, listed, next
    FROM (SELECT t.* FROM tickets t
          WHERE t.session_id = $1 AND t.status IN ('valid', 'used')
            AND (since IS NULL OR t.seat_id > since)
          ORDER BY t.seat_id LIMIT max_rows) p;
    IF listed < max_rows THEN next := NULL; END IF;
END $$;
COMMENT ON FUNCTION tix.tix_check_in_manifest(uuid, uuid, text, int) IS
    'For gates that may lose the net: what it takes to check tickets of a session alone. '
    'public_keys [{keyId, publicKey (base64url, 32 bytes)}]; rules [{onDay, timeZone, opensAt, '
    'closesAt, entriesMax, entriesPer, reentry}]; tickets [{ticketId, issue, seatId, used, '
    'blocked}], a page of at most max_rows (1 to 5000) by seat; pass next as since for the '
    'following page until it is NULL. Follow tix_revocations() from the revocations_seq of the '
    'first page. A genuine code of a ticket that is not listed was sold since. Errors: 22023 '
    'max_rows or since, P0002 gate unknown, closed or not of this session.';

DROP FUNCTION IF EXISTS tix.checked_upload(text, jsonb, timestamptz);
CREATE FUNCTION tix.checked_upload(device text, scans jsonb, sent_at timestamptz) RETURNS interval
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    scans_max CONSTANT int := 1000;
    bytes_max CONSTANT int := 1048576;
    wrong_s_max CONSTANT int := 5;
    clock_behind interval;
BEGIN
    IF device IS NULL OR device = '' OR octet_length(device) > 255 THEN
        RAISE EXCEPTION 'device of an upload is not valid' USING ERRCODE = '22023',
            HINT = 'Give a name of 1 to 255 bytes: nonces are its own.';
    ELSIF scans IS NULL OR pg_column_size(scans) > bytes_max OR jsonb_typeof(scans) <> 'array' THEN
        RAISE EXCEPTION 'upload is no array of scans, or too large' USING ERRCODE = '22023',
            HINT = format('Send at most %s scans and %s bytes at a time.', scans_max, bytes_max);
    ELSIF jsonb_array_length(scans) > scans_max THEN
        RAISE EXCEPTION 'upload has too many scans' USING ERRCODE = '22023',
            HINT = format('Send at most %s scans and %s bytes at a time.', scans_max, bytes_max);
    ELSIF NOT isfinite(sent_at) THEN
        RAISE EXCEPTION 'time of an upload is not valid' USING ERRCODE = '22023',
            HINT = 'Give what the clock of the device shows now.';
    END IF;
    clock_behind := clock_timestamp() - sent_at;
    IF abs(extract(epoch FROM clock_behind)) > wrong_s_max THEN
        RETURN clock_behind;
    END IF;
    RETURN interval '0';
END $$;
COMMENT ON FUNCTION tix.checked_upload(text, jsonb, timestamptz) IS
    'Internal: by how much the clock of a device is behind, 0 when it is unknown or right to 5 '
    's. Error 22023: device, scans or sent_at.';

DROP FUNCTION IF EXISTS tix.read_upload(jsonb, text, interval);
CREATE FUNCTION tix.read_upload(
    item jsonb, device text, clock_behind interval, OUT scan tix.check_ins, OUT code text,
    OUT force boolean, OUT refused_because text, OUT malformed text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    late_max CONSTANT interval := interval '7 days';
BEGIN
    code := checked_scan(item ->> 'code');
    scan := scan_at_gate((item ->> 'gate')::uuid, coalesce(item ->> 'direction', 'in'),
                         (item ->> 'at')::timestamptz + clock_behind, item ->> 'nonce', device,
                         late_max, true);
    scan.claimed_at := (item ->> 'at')::timestamptz;
    force := coalesce((item ->> 'force')::boolean, false);
    IF NOT coalesce((item ->> 'admitted')::boolean, true) THEN
        refused_because := coalesce(item ->> 'reason', 'invalid');
    END IF;
    malformed := CASE
        WHEN scan.nonce IS NULL THEN 'nonce'
        WHEN scan.claimed_at IS NULL THEN 'at'
        WHEN refused_because NOT IN ('invalid', 'revoked', 'canceled', 'already_used',
            'wrong_session', 'invalid_time', 'blocked', 'unpaid') THEN 'reason' END;
EXCEPTION WHEN data_exception OR no_data_found THEN
    malformed := left(SQLERRM, 200);
END $$;
COMMENT ON FUNCTION tix.read_upload(jsonb, text, interval) IS
    'Internal: one scan of an upload; malformed says what cannot be read, NULL: nothing.';

DROP FUNCTION IF EXISTS tix.conflicts_of(bigint);
CREATE FUNCTION tix.conflicts_of(check_in_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_build_object(
                       'kept', f.kept_id = $1, 'checkInId', c.check_in_id::text,
                       'gate', c.gate_id, 'device', c.device, 'at', c.at) ORDER BY c.check_in_id)
            FROM check_in_conflicts f
            JOIN check_ins c ON c.check_in_id IN (f.kept_id, f.lost_id) AND c.check_in_id <> $1
            WHERE f.kept_id = $1 OR f.lost_id = $1);
END $$;
COMMENT ON FUNCTION tix.conflicts_of(bigint) IS
    'Internal: the other admissions by the ticket of this one, [{kept (this one), checkInId, '
    'gate, device, at}]; NULL when there are none.';

DROP FUNCTION IF EXISTS tix.tix_upload_check_ins(text, jsonb, timestamptz);
CREATE FUNCTION tix.tix_upload_check_ins(
    device text, scans jsonb, sent_at timestamptz DEFAULT NULL)
RETURNS TABLE (ordinal int, nonce text, status text, reason text, check_in_id bigint,
               ticket_id uuid, seat_id text, scanned_at timestamptz, corrected boolean,
               replayed boolean, conflicts jsonb, malformed text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    clock_behind interval;
    item record;
    told record;
    known text;  -- what record_scan() said; NULL: it was not asked
    done tix.check_ins;
BEGIN
    clock_behind := checked_upload(device, scans, sent_at);
    -- In one order, so that two uploads do not wait for each other crosswise.
    PERFORM FROM tickets t
    WHERE t.ticket_id = ANY (ARRAY(
        SELECT (read_ticket_code(e ->> 'code')).ticket_id FROM jsonb_array_elements(scans) e))
    ORDER BY t.ticket_id FOR UPDATE;
    FOR item IN
        SELECT e.place::int - 1 AS place, left(e.value ->> 'nonce', 255) AS nonce, r.*
        FROM jsonb_array_elements(scans) WITH ORDINALITY AS e (value, place)
        CROSS JOIN LATERAL read_upload(e.value, tix_upload_check_ins.device, clock_behind) r
        ORDER BY (r.scan).at, e.place
    LOOP
        done := NULL;
        known := NULL;
        IF item.malformed IS NULL THEN
            SELECT * INTO told FROM record_scan(item.scan, item.code, item.force,
                                                item.refused_because);
            known := told.known;
            IF known <> 'reused' THEN done := told.done; END IF;
        END IF;
        ordinal := item.place;
        nonce := item.nonce;
        malformed := item.malformed;
        status := coalesce(done.status, 'error');
        reason := CASE WHEN malformed IS NOT NULL THEN 'malformed'
                       WHEN known = 'reused' THEN 'nonce_used' ELSE done.reason END;
        check_in_id := done.check_in_id;
        ticket_id := done.ticket_id;
        seat_id := done.seat_id;
        scanned_at := done.at;
        corrected := done.at <> done.claimed_at;
        replayed := coalesce(known = 'replayed', false);
        conflicts := conflicts_of(done.check_in_id);
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION tix.tix_upload_check_ins(text, jsonb, timestamptz) IS
    'For gates that were offline: what a device scanned, [{"code", "gate", "at", "nonce", '
    '"direction" ("in"), "admitted" (true: it let them through), "reason" (why not), "force"}], '
    'at most 1000 scans and 1 MiB. One row a scan, by ordinal from 0, the earliest first: '
    'whether it would have been let through, now that all is known. Of two admissions where one '
    'is allowed the earlier is kept, whichever is told first; the later is lost, and conflicts '
    '[{kept (this one), checkInId, gate, device, at}] names the other. sent_at: the device''s '
    'clock now; when it is over 5 s wrong the times are shifted by as much, and none is later '
    'than now or older than 7 days: corrected says that scanned_at is not what was claimed. The '
    'same nonce of the device again gives the stored answer, with replayed = true. Reasons also: '
    'nonce_used (by another scan) and malformed, which says why; neither is logged. Error 22023: '
    'no device, no array, or over the limits.';

REVOKE ALL ON FUNCTION tix.tix_check_in_manifest, tix.checked_upload, tix.read_upload,
    tix.conflicts_of, tix.tix_upload_check_ins FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_check_in_manifest, tix.tix_upload_check_ins TO tix_admin;
