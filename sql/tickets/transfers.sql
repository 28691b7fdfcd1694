-- A ticket changes hands, or gets a new code: given, offered to who has a code, or reissued.
-- Requires tix >= 1.0
--
-- Seats are not touched: a ticket stays the one of its seat, which stays sold. The guard tells the
-- engine whose it is, so the limit on a user's seats counts it there from COMMIT on.
-- Locking: the order's row, then the ticket's, then the offer's.

DROP FUNCTION IF EXISTS tix.ticket_to_give(uuid, uuid);
CREATE FUNCTION tix.ticket_to_give(ticket_id uuid, user_id uuid) RETURNS tix.tickets
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    given tix.tickets;
BEGIN
    IF $1 IS NULL OR $2 IS NULL THEN
        RAISE EXCEPTION 'ticket and user must be given' USING ERRCODE = '22023',
            HINT = 'Only who has a ticket can give it away.';
    END IF;
    PERFORM FROM orders o
    WHERE o.order_id = (SELECT t.order_id FROM tickets t
                        WHERE t.ticket_id = $1 AND t.user_id = $2) FOR UPDATE;
    SELECT * INTO given FROM tickets t WHERE t.ticket_id = $1 AND t.user_id = $2 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002',
            HINT = 'The tickets of a user are listed by tix_list_tickets().';
    ELSIF given.status <> 'valid' THEN
        RAISE EXCEPTION 'ticket cannot change hands: it is "%"', given.status
            USING ERRCODE = 'TX010', HINT = 'Only a ticket that is valid and not used can.';
    ELSIF given.blocked_reason IS NOT NULL THEN
        RAISE EXCEPTION 'ticket cannot change hands: it is blocked' USING ERRCODE = 'TX010',
            HINT = 'Ask the box office.';
    ELSIF EXISTS (SELECT FROM sessions s
                  WHERE s.session_id = given.session_id AND s.end_time <= clock_timestamp()) THEN
        RAISE EXCEPTION 'ticket cannot change hands: its session is over' USING ERRCODE = 'TX010',
            HINT = 'It can until its session ends.';
    END IF;
    RETURN given;
END $$;
COMMENT ON FUNCTION tix.ticket_to_give(uuid, uuid) IS
    'Internal: locks a ticket that this user may give away. Errors: 22023 NULL, P0002 unknown or '
    'another''s, TX010 not valid, blocked, or its session is over.';

DROP FUNCTION IF EXISTS tix.give_ticket(tix.tickets, uuid);
CREATE FUNCTION tix.give_ticket(given tix.tickets, to_user uuid) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    next_one int;
BEGIN
    IF to_user IS NULL OR to_user = given.user_id THEN
        RAISE EXCEPTION 'new owner of the ticket is missing or has it already'
            USING ERRCODE = '22023', HINT = 'Name another user.';
    ELSIF EXISTS (SELECT FROM users u WHERE u.user_id = to_user AND u.status <> 'active') THEN
        RAISE EXCEPTION 'new owner of the ticket does not exist or is not active'
            USING ERRCODE = 'P0002', HINT = 'Name another user.';
    END IF;
    UPDATE ticket_offers f SET ended_at = clock_timestamp()
    WHERE f.ticket_id = given.ticket_id AND f.ended_at IS NULL;
    UPDATE tickets t SET user_id = to_user WHERE t.ticket_id = given.ticket_id
    RETURNING t.issue INTO next_one;
    RETURN next_one;
END $$;
COMMENT ON FUNCTION tix.give_ticket(tix.tickets, uuid) IS
    'Internal: makes a locked ticket another''s and ends its offer; returns its new issue.';

DROP FUNCTION IF EXISTS tix.tix_transfer_ticket(uuid, uuid, uuid);
CREATE FUNCTION tix.tix_transfer_ticket(ticket_id uuid, user_id uuid, to_user uuid) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
BEGIN
    RETURN give_ticket(ticket_to_give(ticket_id, user_id), to_user);
END $$;
COMMENT ON FUNCTION tix.tix_transfer_ticket(uuid, uuid, uuid) IS
    'Gives a valid ticket to another user at once; what it was paid with and its seat stay as they '
    'are. The old code is void from COMMIT on; the new owner gets theirs by tix_ticket_code(). '
    'Returns the new issue. From then on it counts against the limit of the new owner, who is not '
    'refused for it: who gets a ticket may have more than may be bought. Errors: 22023 NULL or '
    'the same user; P0002 unknown or another''s ticket, or a user who is suspended; '
    'TX010 used, cancelled, blocked, or the session is over.';

DROP FUNCTION IF EXISTS tix.tix_offer_ticket(uuid, uuid, interval);
CREATE FUNCTION tix.tix_offer_ticket(
    ticket_id uuid, user_id uuid, ttl interval DEFAULT '3 days',
    OUT offer_code text, OUT expires_at timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    given tix.tickets;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    IF ttl IS NULL OR ttl < interval '1 minute' OR ttl > interval '30 days' THEN
        RAISE EXCEPTION 'lifetime of an offer is out of range' USING ERRCODE = '22023',
            HINT = 'Give 1 minute to 30 days.';
    END IF;
    given := ticket_to_give($1, $2);
    UPDATE ticket_offers f SET ended_at = clock_timestamp()
    WHERE f.ticket_id = given.ticket_id AND f.ended_at IS NULL;
    offer_code := base64url_encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    INSERT INTO ticket_offers (token_hash, ticket_id, from_user, issue, expires_at)
    VALUES (sha256(convert_to(offer_code, 'UTF8')), given.ticket_id, given.user_id, given.issue,
            clock_timestamp() + ttl)
    RETURNING ticket_offers.expires_at INTO expires_at;
END $$;
COMMENT ON FUNCTION tix.tix_offer_ticket(uuid, uuid, interval) IS
    'Offers a valid ticket to whoever brings the code this returns, which is shown once: 43 '
    'characters nobody can guess. The ticket stays good until somebody accepts. An offer made '
    'before is over. ttl: 1 minute to 30 days. Errors: as tix_transfer_ticket().';

DROP FUNCTION IF EXISTS tix.tix_withdraw_offer(uuid, uuid);
CREATE FUNCTION tix.tix_withdraw_offer(ticket_id uuid, user_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    PERFORM FROM tickets t WHERE t.ticket_id = $1 AND t.user_id = $2 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002',
            HINT = 'The tickets of a user are listed by tix_list_tickets().';
    END IF;
    UPDATE ticket_offers f SET ended_at = clock_timestamp()
    WHERE f.ticket_id = $1 AND f.ended_at IS NULL;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION tix.tix_withdraw_offer(uuid, uuid) IS
    'Ends the offer of one''s ticket; false when there is none. Error P0002: unknown or another''s '
    'ticket.';

DROP FUNCTION IF EXISTS tix.tix_accept_ticket(text, uuid);
CREATE FUNCTION tix.tix_accept_ticket(
    offer_code text, user_id uuid, OUT ticket_id uuid, OUT issue int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    offer tix.ticket_offers;
    given tix.tickets;
BEGIN
    IF $1 IS NULL OR octet_length($1) > 100 OR $2 IS NULL THEN
        RAISE EXCEPTION 'offer and user must be given' USING ERRCODE = '22023',
            HINT = 'Give the 43 characters of tix_offer_ticket() and who accepts.';
    END IF;
    SELECT * INTO offer FROM ticket_offers f WHERE f.token_hash = sha256(convert_to($1, 'UTF8'));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'offer does not exist' USING ERRCODE = 'P0002',
            HINT = 'Ask who made it for the whole code.';
    END IF;
    -- The ticket first, as who makes an offer does; then what has become of the offer meanwhile.
    BEGIN
        given := ticket_to_give(offer.ticket_id, offer.from_user);
    EXCEPTION WHEN no_data_found OR SQLSTATE 'TX010' THEN
        RAISE EXCEPTION 'offer is over' USING ERRCODE = 'TX010',
            HINT = 'Ask who made it for another.';
    END;
    SELECT * INTO offer FROM ticket_offers f WHERE f.token_hash = offer.token_hash;
    IF offer.ended_at IS NOT NULL OR offer.expires_at <= clock_timestamp()
       OR offer.issue <> given.issue THEN
        RAISE EXCEPTION 'offer is over' USING ERRCODE = 'TX010',
            HINT = 'Ask who made it for another.';
    END IF;
    issue := give_ticket(given, $2);
    UPDATE ticket_offers f SET accepted_by = $2 WHERE f.token_hash = offer.token_hash;
    ticket_id := given.ticket_id;
END $$;
COMMENT ON FUNCTION tix.tix_accept_ticket(text, uuid) IS
    'Makes an offered ticket the user''s: returns it and its new issue; the code of before is void '
    'from COMMIT on. Of two who bring one offer the first gets it. Errors: 22023 NULL, malformed '
    'or one''s own offer; P0002 unknown offer or suspended user; TX010 it is withdrawn, accepted, '
    'expired, or the ticket cannot change hands any more.';

DROP FUNCTION IF EXISTS tix.tix_reissue_ticket(uuid, uuid);
CREATE FUNCTION tix.tix_reissue_ticket(ticket_id uuid, user_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    code text;
BEGIN
    PERFORM FROM orders o
    WHERE o.order_id = (SELECT t.order_id FROM tickets t
                        WHERE t.ticket_id = $1 AND ($2 IS NULL OR t.user_id = $2)) FOR UPDATE;
    UPDATE tickets t SET issue = t.issue + 1
    WHERE t.ticket_id = $1 AND ($2 IS NULL OR t.user_id = $2) AND t.status IN ('valid', 'used')
    RETURNING ticket_code(t.session_id, t.ticket_id, t.issue) INTO code;
    IF FOUND THEN
        RETURN code;
    ELSIF EXISTS (SELECT FROM tickets t
                  WHERE t.ticket_id = $1 AND ($2 IS NULL OR t.user_id = $2)) THEN
        RAISE EXCEPTION 'ticket cannot be reissued: it is cancelled' USING ERRCODE = 'TX010',
            HINT = 'Only a valid or used ticket can be.';
    END IF;
    RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002',
        HINT = 'The tickets of a user are listed by tix_list_tickets().';
END $$;
COMMENT ON FUNCTION tix.tix_reissue_ticket(uuid, uuid) IS
    'Gives a ticket a new code, as when the old one was lost or seen by others, and returns it; '
    'all earlier ones are void from COMMIT on, and an offer of it is over. user_id: whose it must '
    'be; NULL: a trusted caller''s, any. Errors: P0002 unknown or another''s ticket, TX010 it is '
    'cancelled or refunded.';

DROP FUNCTION IF EXISTS tix.block_ticket(uuid, text, uuid);
CREATE FUNCTION tix.block_ticket(ticket_id uuid, reason text, actor uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before tix.tickets;
BEGIN
    IF reason = '' OR octet_length(reason) > 1000 THEN
        RAISE EXCEPTION 'reason is empty or too long' USING ERRCODE = '22023',
            HINT = 'Give at most 1000 bytes, or NULL to let the ticket in again.';
    END IF;
    SELECT * INTO before FROM tickets t WHERE t.ticket_id = $1 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002',
            HINT = 'Give the id of a ticket.';
    ELSIF before.blocked_reason IS NOT DISTINCT FROM reason THEN
        RETURN false;
    END IF;
    UPDATE tickets t SET blocked_reason = reason WHERE t.ticket_id = $1;
    INSERT INTO audit_log (act, session_id, detail)
    VALUES (CASE WHEN reason IS NULL THEN 'unblock_ticket' ELSE 'block_ticket' END,
            before.session_id, jsonb_build_object('ticketId', $1, 'reason', reason)
                || CASE WHEN actor IS NULL THEN '{}' ELSE jsonb_build_object('actor', $3) END);
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.block_ticket(uuid, text, uuid) IS
    'Internal: tix_block_ticket() on behalf of a user, whom the audit row names; NULL: an operator '
    'at the database.';

DROP FUNCTION IF EXISTS tix.tix_block_ticket(uuid, text);
CREATE FUNCTION tix.tix_block_ticket(ticket_id uuid, reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
BEGIN
    RETURN block_ticket($1, $2, NULL);
END $$;
COMMENT ON FUNCTION tix.tix_block_ticket(uuid, text) IS
    'For staff: nobody comes in by this ticket, for this reason; NULL: again they do. It keeps its '
    'seat. False when nothing changes; else leaves an audit row. Errors: 22023 reason empty or '
    'over 1000 bytes, P0002 unknown ticket.';

REVOKE ALL ON FUNCTION
    tix.ticket_to_give, tix.give_ticket, tix.tix_transfer_ticket(uuid, uuid, uuid),
    tix.tix_offer_ticket, tix.tix_withdraw_offer, tix.tix_accept_ticket(text, uuid),
    tix.tix_reissue_ticket(uuid, uuid), tix.block_ticket, tix.tix_block_ticket FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_transfer_ticket(uuid, uuid, uuid), tix.tix_offer_ticket, tix.tix_withdraw_offer,
    tix.tix_accept_ticket(text, uuid), tix.tix_reissue_ticket(uuid, uuid) TO tix_app;
GRANT EXECUTE ON FUNCTION tix.tix_reissue_ticket(uuid, uuid), tix.tix_block_ticket TO tix_admin;
