-- Ticket codes: what is written on a ticket, signed, and who is told that one is void.
-- Requires tix >= 1.0
--
-- A code is "TX1." and base64url of 102 bytes: version 1 (1), key id (1), session (16), ticket
-- (16), issue (4, big-endian), and the Ed25519 signature of these 38 bytes (64): 140 characters.
-- It says which ticket it is of; whether that is good, only the database knows, and its feed of
-- revocations.
-- Locking: tickets are locked after their order; the counter of revocations last, in the deferred
-- trigger, so that who holds it waits for no ticket.

DROP FUNCTION IF EXISTS tix.ticket_code(uuid, uuid, int);
CREATE FUNCTION tix.ticket_code(session_id uuid, ticket_id uuid, issue int) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    key tix.signing_keys;
    body bytea;
BEGIN
    SELECT * INTO key FROM signing_keys k WHERE k.purpose = 'ticket' AND k.retired_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no key that signs ticket codes' USING ERRCODE = '55000',
            HINT = 'Make one with tix_rotate_signing_key(''ticket'').';
    END IF;
    body := '\x01'::bytea || substring(int2send(key.key_id) FROM 2)
            || uuid_send(session_id) || uuid_send(ticket_id) || int4send(issue);
    RETURN 'TX1.' || base64url_encode(body || tix_ed25519_sign(key.seed, body));
END $$;
COMMENT ON FUNCTION tix.ticket_code(uuid, uuid, int) IS
    'Internal: the code of an issue of a ticket, signed by the key of today.';

DROP FUNCTION IF EXISTS tix.read_ticket_code(text);
CREATE FUNCTION tix.read_ticket_code(
    code text, OUT verdict text, OUT session_id uuid, OUT ticket_id uuid, OUT issue int)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    key tix.signing_keys;
    raw bytea;
BEGIN
    verdict := 'invalid';
    IF octet_length(code) <> 140 OR left(code, 4) <> 'TX1.' THEN RETURN; END IF;
    raw := base64url_decode(substr(code, 5));
    IF raw IS NULL OR octet_length(raw) <> 102 OR get_byte(raw, 0) <> 1 THEN RETURN; END IF;
    SELECT * INTO key FROM signing_keys k
    WHERE k.purpose = 'ticket' AND k.key_id = get_byte(raw, 1);
    IF NOT FOUND OR NOT tix_ed25519_verify(key.public_key, substring(raw FROM 1 FOR 38),
                                           substring(raw FROM 39)) THEN RETURN; END IF;
    verdict := CASE WHEN key.revoked_at IS NULL THEN 'genuine' ELSE 'revoked' END;
    session_id := encode(substring(raw FROM 3 FOR 16), 'hex')::uuid;
    ticket_id := encode(substring(raw FROM 19 FOR 16), 'hex')::uuid;
    issue := ('x' || encode(substring(raw FROM 35 FOR 4), 'hex'))::bit(32)::int;
END $$;
COMMENT ON FUNCTION tix.read_ticket_code(text) IS
    'Internal: what a code says. verdict: genuine; revoked when the key that signed it is; invalid '
    'for any other text, of which the rest is NULL.';

DROP FUNCTION IF EXISTS tix.checked_scan(text);
CREATE FUNCTION tix.checked_scan(code text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF code IS NULL OR octet_length(code) > 4096 THEN
        RAISE EXCEPTION 'scanned code is missing or too long' USING ERRCODE = '22023',
            HINT = 'Give the text that was scanned, at most 4096 bytes.';
    END IF;
    RETURN code;
END $$;
COMMENT ON FUNCTION tix.checked_scan(text) IS
    'Internal: a scanned text that may be worth looking at. Error 22023: NULL, over 4096 bytes.';

DROP FUNCTION IF EXISTS tix.fault_of_ticket(tix.tickets, text, int);
CREATE FUNCTION tix.fault_of_ticket(ticket tix.tickets, verdict text, issue int) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    paid boolean;
    off boolean;
BEGIN
    IF verdict = 'invalid' OR ticket.ticket_id IS NULL THEN
        RETURN 'invalid';
    ELSIF ticket.status NOT IN ('valid', 'used') THEN
        RETURN 'canceled';
    ELSIF verdict = 'revoked' OR issue <> ticket.issue THEN
        RETURN 'revoked';
    END IF;
    SELECT o.status IN ('completed', 'partially_refunded') INTO paid
    FROM orders o WHERE o.order_id = ticket.order_id;
    SELECT s.status = 'cancelled' OR e.status = 'cancelled' INTO off
    FROM sessions s JOIN events e USING (event_id) WHERE s.session_id = ticket.session_id;
    RETURN CASE WHEN off THEN 'canceled'
                WHEN paid IS NOT TRUE THEN 'unpaid'
                WHEN ticket.blocked_reason IS NOT NULL THEN 'blocked' END;
END $$;
COMMENT ON FUNCTION tix.fault_of_ticket(tix.tickets, text, int) IS
    'Internal: why nobody may come in by this ticket, whatever the gate; NULL when all is well. '
    'verdict and issue are those of its code.';

DROP FUNCTION IF EXISTS tix.tix_ticket_code(uuid, uuid);
CREATE FUNCTION tix.tix_ticket_code(ticket_id uuid, user_id uuid DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
DECLARE
    code text;
BEGIN
    PERFORM set_config('tix_rows.of', coalesce($2::text, 'everyone'), true);
    SELECT ticket_code(t.session_id, t.ticket_id, t.issue) INTO code FROM tickets t
    WHERE t.ticket_id = $1 AND ($2 IS NULL OR t.user_id = $2);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002',
            HINT = 'The tickets of a user are listed by tix_list_tickets().';
    END IF;
    RETURN code;
END $$;
COMMENT ON FUNCTION tix.tix_ticket_code(uuid, uuid) IS
    'The code of a ticket, 140 characters: "TX1." and base64url of version, key id, session, '
    'ticket, issue and an Ed25519 signature; it can be verified offline with '
    'tix_ticket_public_keys(). It says which ticket it is of, not that that is good. user_id: '
    'whose it must be; NULL: a trusted caller''s, any. Errors: P0002 unknown or another''s ticket, '
    '55000 no key.';

DROP FUNCTION IF EXISTS tix.tix_ticket_public_keys();
CREATE FUNCTION tix.tix_ticket_public_keys()
RETURNS TABLE (key_id smallint, public_key bytea, active_from timestamptz, retired_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 3
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT k.key_id, k.public_key, k.active_from, k.retired_at FROM signing_keys k
        WHERE k.purpose = 'ticket' AND k.revoked_at IS NULL ORDER BY k.key_id;
END $$;
COMMENT ON FUNCTION tix.tix_ticket_public_keys() IS
    'The keys by which gates verify ticket codes, 32 bytes each, by the key id in the code. A '
    'retired key signs nothing new; one that is not here is void.';

DROP FUNCTION IF EXISTS tix.tix_verify_ticket(uuid, text);
CREATE FUNCTION tix.tix_verify_ticket(
    ticket_id uuid, code text, OUT session_id uuid, OUT seat_id text, OUT reason text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    ticket tix.tickets;
    said record;
BEGIN
    SELECT * INTO said FROM read_ticket_code(checked_scan(code));
    SELECT * INTO ticket FROM tickets t WHERE t.ticket_id = $1;
    IF NOT FOUND THEN RETURN; END IF;
    session_id := ticket.session_id;
    seat_id := ticket.seat_id;
    reason := CASE WHEN said.ticket_id IS DISTINCT FROM $1 THEN 'invalid'
                   ELSE coalesce(fault_of_ticket(ticket, said.verdict, said.issue),
                                 CASE ticket.status WHEN 'used' THEN 'already_used' ELSE 'ok' END)
              END;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION tix.tix_verify_ticket(uuid, text) IS
    'Whether a code is the one this ticket has now, and the ticket good; changes nothing. reason: '
    'ok, invalid (not this ticket''s), revoked, canceled, unpaid, blocked or already_used. No row '
    'for an unknown ticket. Let only staff ask. Error 22023: no code, or one over 4096 bytes.';

DROP FUNCTION IF EXISTS tix.tix_find_ticket(uuid);
-- The first key; later ones are an operator's.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM tix.signing_keys k WHERE k.purpose = 'ticket') THEN
        PERFORM tix.tix_rotate_signing_key('ticket');
    END IF;
END $$;

REVOKE ALL ON FUNCTION tix.ticket_code, tix.read_ticket_code, tix.checked_scan,
    tix.fault_of_ticket, tix.tix_ticket_code, tix.tix_ticket_public_keys, tix.tix_verify_ticket
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_ticket_code, tix.tix_ticket_public_keys, tix.tix_verify_ticket
    TO tix_app;
