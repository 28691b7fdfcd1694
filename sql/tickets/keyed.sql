-- Acts on tickets for callers who may have to repeat themselves: each under an idempotency key,
-- with the first answer again for 24 hours.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: the key first, then as the act without a key does. Key, effect and answer commit as one.

DROP FUNCTION IF EXISTS tix.tix_refund_postponed_order(uuid, uuid, text);
CREATE FUNCTION tix.tix_refund_postponed_order(
    order_id uuid, user_id uuid, idempotency_key text, OUT refund_id uuid, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := to_jsonb(order_id);
    answer jsonb;
BEGIN
    IF idempotency_key IS NOT NULL THEN
        answer := repeated_answer('refund postponed', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        answer := jsonb_build_array(tix_refund_postponed_order(order_id, user_id));
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('refund postponed', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    refund_id := (answer->>0)::uuid;
END $$;
COMMENT ON FUNCTION tix.tix_refund_postponed_order(uuid, uuid, text) IS
    'tix_refund_postponed_order() under an idempotency key (1 to 255 bytes) of the user; NULL: '
    'none. replayed: this is the stored answer. Errors: as there; TX009 key used for another '
    'order, 55P03 the key is in use at this moment.';

DROP FUNCTION IF EXISTS tix.tix_transfer_ticket(uuid, uuid, uuid, text);
CREATE FUNCTION tix.tix_transfer_ticket(
    ticket_id uuid, user_id uuid, to_user uuid, idempotency_key text,
    OUT issue int, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(ticket_id, to_user);
    answer jsonb;
BEGIN
    IF idempotency_key IS NOT NULL THEN
        answer := repeated_answer('transfer', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        answer := to_jsonb(tix_transfer_ticket(ticket_id, user_id, to_user));
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('transfer', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    issue := answer::int;
END $$;
COMMENT ON FUNCTION tix.tix_transfer_ticket(uuid, uuid, uuid, text) IS
    'tix_transfer_ticket() under an idempotency key (1 to 255 bytes) of who gives; NULL: none. '
    'replayed: this is the stored answer. Errors: as there; TX009 key used for another gift, 55P03 '
    'the key is in use at this moment.';

DROP FUNCTION IF EXISTS tix.tix_accept_ticket(text, uuid, text);
CREATE FUNCTION tix.tix_accept_ticket(
    offer_code text, user_id uuid, idempotency_key text,
    OUT ticket_id uuid, OUT issue int, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    -- Never the code.
    request CONSTANT jsonb := to_jsonb(encode(sha256(convert_to(offer_code, 'UTF8')), 'hex'));
    answer jsonb;
BEGIN
    IF idempotency_key IS NOT NULL AND user_id IS NOT NULL THEN
        answer := repeated_answer('accept', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        SELECT jsonb_build_array(a.ticket_id, a.issue) INTO answer
        FROM tix_accept_ticket(offer_code, user_id) a;
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('accept', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    ticket_id := (answer->>0)::uuid;
    issue := (answer->>1)::int;
END $$;
COMMENT ON FUNCTION tix.tix_accept_ticket(text, uuid, text) IS
    'tix_accept_ticket() under an idempotency key (1 to 255 bytes) of who accepts; NULL: none. '
    'replayed: this is the stored answer. Errors: as there; TX009 key used for another offer, '
    '55P03 the key is in use at this moment.';

DROP FUNCTION IF EXISTS tix.tix_reissue_ticket(uuid, uuid, text);
CREATE FUNCTION tix.tix_reissue_ticket(
    ticket_id uuid, user_id uuid, idempotency_key text, OUT code text, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := to_jsonb(ticket_id);
    answer jsonb;
BEGIN
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'user must be given' USING ERRCODE = '22023',
            HINT = 'Only who has a ticket gets a new code.';
    ELSIF idempotency_key IS NOT NULL THEN
        answer := repeated_answer('reissue', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        PERFORM tix_reissue_ticket(ticket_id, user_id);
        -- The code is made again from the issue: who reads what is kept could enter by it.
        answer := (SELECT to_jsonb(t.issue) FROM tickets t
                   WHERE t.ticket_id = tix_reissue_ticket.ticket_id);
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('reissue', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    code := (SELECT ticket_code(t.session_id, t.ticket_id, answer::int) FROM tickets t
             WHERE t.ticket_id = tix_reissue_ticket.ticket_id);
END $$;
COMMENT ON FUNCTION tix.tix_reissue_ticket(uuid, uuid, text) IS
    'tix_reissue_ticket() of this user''s ticket under an idempotency key (1 to 255 bytes); NULL: '
    'none. replayed: this is the code of then, which may be void by now. Errors: as there; 22023 '
    'no user, TX009 key used for another ticket, 55P03 the key is in use at this moment.';

DROP FUNCTION IF EXISTS tix.tix_cancel_ticket(uuid, uuid, text, text);
CREATE FUNCTION tix.tix_cancel_ticket(
    ticket_id uuid, user_id uuid, reason text, idempotency_key text,
    OUT refund_id uuid, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(ticket_id, reason);
    answer jsonb;
BEGIN
    IF idempotency_key IS NOT NULL AND user_id IS NOT NULL THEN
        answer := repeated_answer('cancel ticket', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        answer := jsonb_build_array(tix_cancel_ticket(ticket_id, user_id, reason));
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('cancel ticket', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    refund_id := (answer->>0)::uuid;
END $$;
COMMENT ON FUNCTION tix.tix_cancel_ticket(uuid, uuid, text, text) IS
    'tix_cancel_ticket() under an idempotency key (1 to 255 bytes) of the user; NULL: none. '
    'replayed: this is the stored answer. Errors: as there; TX009 key used otherwise, 55P03 the '
    'key is in use at this moment.';

REVOKE ALL ON FUNCTION
    tix.tix_refund_postponed_order(uuid, uuid, text),
    tix.tix_transfer_ticket(uuid, uuid, uuid, text), tix.tix_accept_ticket(text, uuid, text),
    tix.tix_reissue_ticket(uuid, uuid, text), tix.tix_cancel_ticket(uuid, uuid, text, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_refund_postponed_order(uuid, uuid, text),
    tix.tix_transfer_ticket(uuid, uuid, uuid, text), tix.tix_accept_ticket(text, uuid, text),
    tix.tix_reissue_ticket(uuid, uuid, text), tix.tix_cancel_ticket(uuid, uuid, text, text)
    TO tix_app;
