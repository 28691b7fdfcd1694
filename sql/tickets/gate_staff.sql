-- What gates ask through the gateway: each in the name of a user, whom the database checks.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.need_gate_staff(uuid);
CREATE FUNCTION tix.need_gate_staff(staff_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM users u WHERE u.user_id = $1 AND u.status = 'active'
                     AND u.role IN ('gate', 'admin')) THEN
        RAISE EXCEPTION 'gate does not exist' USING ERRCODE = 'P0002',
            HINT = 'Only active users of role gate or admin check tickets in.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.need_gate_staff(uuid) IS
    'Internal. Error P0002: the user is neither active gate staff nor an active admin.';

DROP FUNCTION IF EXISTS
    tix.tix_check_in_for(uuid, text, uuid, text, timestamptz, text, text, boolean);
CREATE FUNCTION tix.tix_check_in_for(
    staff_id uuid, code text, gate uuid, direction text, at timestamptz, nonce text, device text,
    force boolean)
RETURNS TABLE (status text, reason text, check_in_id bigint, scanned_at timestamptz,
               replayed boolean, overridden text, ticket_id uuid, session_id uuid, seat_id text,
               area_id text, row_label text, seat_number text, tariff text, attendee jsonb)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
BEGIN
    PERFORM need_gate_staff(staff_id);
    RETURN QUERY SELECT c.* FROM tix_check_in(code, gate, direction, at, nonce, device, force) c;
END $$;
COMMENT ON FUNCTION tix.tix_check_in_for(
    uuid, text, uuid, text, timestamptz, text, text, boolean) IS
    'tix_check_in() for a user of role gate or an admin. Errors: as there; P0002 also when the '
    'user is neither, or not active.';

DROP FUNCTION IF EXISTS tix.tix_upload_check_ins_for(uuid, text, jsonb, timestamptz);
CREATE FUNCTION tix.tix_upload_check_ins_for(
    staff_id uuid, device text, scans jsonb, sent_at timestamptz)
RETURNS TABLE (ordinal int, nonce text, status text, reason text, check_in_id bigint,
               ticket_id uuid, seat_id text, scanned_at timestamptz, corrected boolean,
               replayed boolean, conflicts jsonb, malformed text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
BEGIN
    PERFORM need_gate_staff(staff_id);
    RETURN QUERY SELECT u.* FROM tix_upload_check_ins(device, scans, sent_at) u;
END $$;
COMMENT ON FUNCTION tix.tix_upload_check_ins_for(uuid, text, jsonb, timestamptz) IS
    'tix_upload_check_ins() for a user of role gate or an admin. Errors: as there; P0002 the user '
    'is neither, or not active.';

DROP FUNCTION IF EXISTS tix.tix_check_in_manifest_for(uuid, uuid, uuid, text, int);
CREATE FUNCTION tix.tix_check_in_manifest_for(
    staff_id uuid, session_id uuid, gate uuid, since text, max_rows int)
RETURNS TABLE (revocations_seq bigint, made_at timestamptz, public_keys jsonb, rules jsonb,
               tickets jsonb, next text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
BEGIN
    PERFORM need_gate_staff(staff_id);
    RETURN QUERY SELECT m.* FROM tix_check_in_manifest(session_id, gate, since, max_rows) m;
END $$;
COMMENT ON FUNCTION tix.tix_check_in_manifest_for(uuid, uuid, uuid, text, int) IS
    'tix_check_in_manifest() for a user of role gate or an admin. Errors: as there; P0002 also '
    'when the user is neither, or not active.';

DROP FUNCTION IF EXISTS tix.tix_revocations_for(uuid, uuid, bigint, int);
CREATE FUNCTION tix.tix_revocations_for(
    staff_id uuid, session_id uuid, since bigint, max_rows int)
RETURNS TABLE (seq bigint, ticket_id uuid, issue int, reason text, at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
BEGIN
    PERFORM need_gate_staff(staff_id);
    RETURN QUERY SELECT r.* FROM tix_revocations(session_id, since, max_rows) r;
END $$;
COMMENT ON FUNCTION tix.tix_revocations_for(uuid, uuid, bigint, int) IS
    'tix_revocations() for a user of role gate or an admin. Errors: as there; P0002 also when the '
    'user is neither, or not active.';

REVOKE ALL ON FUNCTION
    tix.need_gate_staff, tix.tix_check_in_for, tix.tix_upload_check_ins_for,
    tix.tix_check_in_manifest_for, tix.tix_revocations_for FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_check_in_for, tix.tix_upload_check_ins_for, tix.tix_check_in_manifest_for,
    tix.tix_revocations_for TO tix_app;
