-- What a gate calls while it can: one scan after the other.
-- Requires tix >= 1.0
--
-- Locking: as in sql/tickets/check_in.sql.

DROP FUNCTION IF EXISTS tix.scan_at_gate(uuid, text, timestamptz, text, text, interval, boolean);
CREATE FUNCTION tix.scan_at_gate(
    gate uuid, direction text, claimed_at timestamptz, nonce text, device text, late_max interval,
    offline boolean) RETURNS tix.check_ins
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    scan tix.check_ins;
BEGIN
    IF direction IS NULL OR direction NOT IN ('in', 'out') OR octet_length(device) > 255
       OR nonce = '' OR octet_length(nonce) > 255 THEN
        RAISE EXCEPTION 'direction, device or nonce of a scan is not valid' USING ERRCODE = '22023',
            HINT = 'The direction is in or out; device and nonce have at most 255 bytes.';
    ELSIF NOT EXISTS (SELECT FROM gates g WHERE g.gate_id = gate AND g.closed_at IS NULL) THEN
        RAISE EXCEPTION 'gate does not exist or is closed' USING ERRCODE = 'P0002',
            HINT = 'Gates are made by tix_add_gate().';
    END IF;
    scan.gate_id := gate;
    scan.direction := direction;
    scan.received_at := clock_timestamp();
    scan.claimed_at := claimed_at;
    scan.at := least(greatest(claimed_at, scan.received_at - late_max), scan.received_at);
    IF claimed_at IS NULL THEN scan.at := scan.received_at; END IF;
    scan.device := coalesce(device, '');
    scan.nonce := nonce;
    scan.offline := offline;
    RETURN scan;
END $$;
COMMENT ON FUNCTION tix.scan_at_gate(uuid, text, timestamptz, text, text, interval, boolean) IS
    'Internal: a scan to be decided. What the device''s clock claims is believed from late_max ago '
    'until now. Errors: 22023 malformed, P0002 unknown or closed gate.';

DROP FUNCTION IF EXISTS tix.tix_check_in(text, uuid, text, timestamptz, text, text, boolean);
CREATE FUNCTION tix.tix_check_in(
    code text, gate uuid, direction text DEFAULT 'in', at timestamptz DEFAULT NULL,
    nonce text DEFAULT NULL, device text DEFAULT NULL, force boolean DEFAULT false,
    OUT status text, OUT reason text, OUT check_in_id bigint, OUT scanned_at timestamptz,
    OUT replayed boolean, OUT overridden text, OUT ticket_id uuid, OUT session_id uuid,
    OUT seat_id text, OUT area_id text, OUT row_label text, OUT seat_number text, OUT tariff text,
    OUT attendee jsonb)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    late_max CONSTANT interval := interval '5 minutes';
    scanned CONSTANT text := checked_scan(tix_check_in.code);
    told record;
BEGIN
    SELECT * INTO told FROM record_scan(
        scan_at_gate(gate, tix_check_in.direction, tix_check_in.at, tix_check_in.nonce,
                     tix_check_in.device, late_max, false),
        scanned, coalesce(force, false), NULL);
    IF told.known = 'reused' THEN
        RAISE EXCEPTION 'nonce was used with another scan' USING ERRCODE = 'TX009',
            HINT = 'Use a new nonce for a new scan.';
    END IF;
    status := (told.done).status;
    reason := (told.done).reason;
    check_in_id := (told.done).check_in_id;
    scanned_at := (told.done).at;
    replayed := told.known = 'replayed';
    overridden := (told.done).overridden;
    ticket_id := (told.done).ticket_id;
    session_id := (told.done).session_id;
    seat_id := (told.done).seat_id;
    IF ticket_id IS NULL THEN RETURN; END IF;
    SELECT s.area_id, s.row_label, s.seat_number INTO area_id, row_label, seat_number
    FROM seats s WHERE s.session_id = (told.done).session_id AND s.seat_id = (told.done).seat_id;
    SELECT i.tariff, i.attendee INTO tariff, attendee
    FROM tickets t JOIN order_items i ON i.order_id = t.order_id AND i.seat_id = t.seat_id
    WHERE t.ticket_id = (told.done).ticket_id;
END $$;
COMMENT ON FUNCTION tix.tix_check_in(text, uuid, text, timestamptz, text, text, boolean) IS
    'For gates: a scanned text, going in or out. status ok lets through; error says why not by '
    'reason: invalid, revoked, canceled, unpaid, blocked, wrong_session (not at this gate), '
    'invalid_time or already_used. Every scan is logged. A ticket comes in once, and again only as '
    'the gate''s rule says. at: the device''s clock, believed up to 5 minutes back (NULL: now); '
    'scanned_at: what was taken. The same nonce (1 to 255 bytes) of a device again gives the first '
    'answer again, with replayed = true. force: staff lets in whom the rules do not, never an '
    'invalid, revoked or cancelled one; overridden says what for, and an audit row is left. The '
    'ticket, its seat, tariff and attendee are NULL for an invalid code. Errors: 22023 malformed '
    'argument, a code over 4096 bytes; P0002 unknown or closed gate; TX009 nonce of another scan.';

REVOKE ALL ON FUNCTION tix.scan_at_gate, tix.tix_check_in FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_check_in TO tix_admin;
