-- What the house does with orders, tickets and sessions on behalf of a member of staff, whom the
-- database checks: for the gateway, whose token proves nothing here.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: a key first, then as the act without a key does.

DROP FUNCTION IF EXISTS tix.session_of_staff_order(uuid, uuid);
CREATE FUNCTION tix.session_of_staff_order(order_id uuid, staff_id uuid) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    sold_in CONSTANT uuid := (SELECT o.session_id FROM orders o WHERE o.order_id = $1);
BEGIN
    PERFORM staff_of_session(sold_in, $2);
    RETURN sold_in;
END $$;
COMMENT ON FUNCTION tix.session_of_staff_order(uuid, uuid) IS
    'Internal: the session of an order. Error P0002: it is unknown, or not this user''s to sell.';

DROP FUNCTION IF EXISTS tix.tix_get_order_for(uuid, uuid);
CREATE FUNCTION tix.tix_get_order_for(
    INOUT order_id uuid, staff_id uuid, OUT session_id uuid, OUT status text,
    OUT total_amount bigint, OUT total_currency text, OUT created_at timestamptz,
    OUT expires_at timestamptz, OUT completed_at timestamptz, OUT items jsonb, OUT version int,
    OUT buyer_id uuid)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM session_of_staff_order($1, $2);
    buyer_id := (SELECT o.user_id FROM orders o WHERE o.order_id = $1);
    SELECT g.order_id, g.session_id, g.status, g.total_amount, g.total_currency, g.created_at,
           g.expires_at, g.completed_at, g.items, g.version
    INTO order_id, session_id, status, total_amount, total_currency, created_at, expires_at,
         completed_at, items, version
    FROM tix_get_order($1, buyer_id) g;
END $$;
COMMENT ON FUNCTION tix.tix_get_order_for(uuid, uuid) IS
    'As tix_get_order(), with the buyer, for the box office, an admin or the organizer of the '
    'event. Error P0002: unknown order, or the user is none of these.';

DROP FUNCTION IF EXISTS tix.tix_reseat_order_for(uuid, uuid, jsonb, text, text);
CREATE FUNCTION tix.tix_reseat_order_for(
    order_id uuid, staff_id uuid, changes jsonb, reason text, idempotency_key text,
    OUT refund_amount bigint, OUT currency text, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(order_id, changes, reason);
    answer jsonb;
BEGIN
    IF idempotency_key IS NOT NULL AND staff_id IS NOT NULL THEN
        answer := repeated_answer('reseat for', staff_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        SELECT jsonb_build_array(r.refund_amount, r.currency) INTO answer
        FROM tix_reseat_order_for(order_id, staff_id, changes, reason) r;
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('reseat for', staff_id, idempotency_key, request, answer);
        END IF;
    END IF;
    refund_amount := (answer->>0)::bigint;
    currency := answer->>1;
END $$;
COMMENT ON FUNCTION tix.tix_reseat_order_for(uuid, uuid, jsonb, text, text) IS
    'tix_reseat_order_for() under an idempotency key (1 to 255 bytes) of the staff; NULL: none. '
    'replayed: this is the stored answer. Errors: as there; TX009 key used otherwise, 55P03 the '
    'key is in use at this moment.';

DROP FUNCTION IF EXISTS tix.tix_refund_order_for(uuid, uuid, bigint, text, text);
CREATE FUNCTION tix.tix_refund_order_for(
    order_id uuid, staff_id uuid, amount bigint, reason text, idempotency_key text,
    OUT refund_id uuid, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
BEGIN
    IF idempotency_key IS NOT NULL AND staff_id IS NOT NULL THEN
        PERFORM claim_key('refund', staff_id, idempotency_key);
    END IF;
    replayed := EXISTS (SELECT FROM refund_answers a WHERE a.staff = staff_id
                          AND a.idempotency_key = tix_refund_order_for.idempotency_key);
    refund_id := tix_request_refund(order_id, amount, reason, staff_id, idempotency_key);
END $$;
COMMENT ON FUNCTION tix.tix_refund_order_for(uuid, uuid, bigint, text, text) IS
    'tix_request_refund() for the gateway: replayed says whether this is the stored answer of the '
    'idempotency key. Errors: as there.';

DROP FUNCTION IF EXISTS tix.tix_block_ticket_for(uuid, uuid, text);
CREATE FUNCTION tix.tix_block_ticket_for(ticket_id uuid, staff_id uuid, reason text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
BEGIN
    PERFORM staff_of_session((SELECT t.session_id FROM tickets t WHERE t.ticket_id = $1), $2);
    RETURN block_ticket($1, $3, $2);
END $$;
COMMENT ON FUNCTION tix.tix_block_ticket_for(uuid, uuid, text) IS
    'tix_block_ticket() for the box office, an admin or the organizer of the event. Errors: as '
    'there; P0002 also when the user is none of these.';

DROP FUNCTION IF EXISTS tix.tix_mass_refund_of(uuid, uuid);
CREATE FUNCTION tix.tix_mass_refund_of(session_id uuid, staff_id uuid)
RETURNS TABLE (mass_refund_id uuid, reason text, started_at timestamptz, finished_at timestamptz,
               total bigint, done bigint, failed bigint, failures jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM staff_of_session($1, $2);
    RETURN QUERY
        SELECT m.mass_refund_id, m.reason, m.started_at, m.finished_at, m.total, m.done, m.failed,
               m.failures
        FROM tix_mass_refunds($1) m;
END $$;
COMMENT ON FUNCTION tix.tix_mass_refund_of(uuid, uuid) IS
    'How far the mass refund of a session is, as tix_mass_refunds(), for the box office, an admin '
    'or the organizer of the event; no row when it was not cancelled. Error P0002: unknown '
    'session, or the user is none of these.';

DROP FUNCTION IF EXISTS tix.tix_carry_on_mass_refunds(uuid, int);
CREATE FUNCTION tix.tix_carry_on_mass_refunds(actor uuid, max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM users u
                   WHERE u.user_id = $1 AND u.role = 'admin' AND u.status = 'active') THEN
        RAISE EXCEPTION 'user is no active admin' USING ERRCODE = 'P0002',
            HINT = 'Only an admin carries mass refunds on.';
    END IF;
    RETURN tix_mass_refund_step($2);
END $$;
COMMENT ON FUNCTION tix.tix_carry_on_mass_refunds(uuid, int) IS
    'tix_mass_refund_step() for an admin: carries the oldest mass refund on by at most max_rows '
    'orders (1 to 10000) and returns how many. Errors: as there; P0002 the actor is no active '
    'admin.';

REVOKE ALL ON FUNCTION
    tix.session_of_staff_order, tix.tix_get_order_for,
    tix.tix_reseat_order_for(uuid, uuid, jsonb, text, text), tix.tix_refund_order_for,
    tix.tix_block_ticket_for, tix.tix_mass_refund_of, tix.tix_carry_on_mass_refunds FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_get_order_for, tix.tix_reseat_order_for(uuid, uuid, jsonb, text, text),
    tix.tix_refund_order_for, tix.tix_block_ticket_for, tix.tix_mass_refund_of,
    tix.tix_carry_on_mass_refunds TO tix_app;
