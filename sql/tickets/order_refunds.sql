-- Refunds of whole orders and in goodwill, for staff; and the end of tickets that were refunded.
-- Requires tix >= 1.0
--
-- Locking: the order's row first, then its refunds and tickets.

DROP TRIGGER IF EXISTS orders_end_tickets ON tix.orders;
DROP FUNCTION IF EXISTS tix.end_tickets();
CREATE FUNCTION tix.end_tickets() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tickets t SET status = 'refunded'
    WHERE t.order_id = NEW.order_id AND t.status IN ('valid', 'used');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.end_tickets() IS
    'Trigger: an order whose money all went back has no ticket left (law O4), also when the '
    'provider gave it back unasked.';
CREATE TRIGGER orders_end_tickets AFTER UPDATE OF status ON tix.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'refunded')
    EXECUTE FUNCTION tix.end_tickets();

DROP FUNCTION IF EXISTS tix.refund_order(uuid, text, uuid);
CREATE FUNCTION tix.refund_order(order_id uuid, reason text, staff uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    back CONSTANT uuid := refund_order.order_id;
    remaining bigint;
BEGIN
    UPDATE tickets t SET status = 'cancelled' WHERE t.order_id = back AND t.status = 'valid';
    UPDATE refunds r SET goodwill = false WHERE r.order_id = back AND r.goodwill;
    UPDATE order_items i
    SET cancelled_at = coalesce(i.cancelled_at, clock_timestamp()), kept_amount = 0
    WHERE i.order_id = back AND (i.cancelled_at IS NULL OR i.kept_amount > 0) AND NOT EXISTS (
        SELECT FROM tickets t
        WHERE t.order_id = back AND t.seat_id = i.seat_id AND t.status = 'used');
    UPDATE orders o SET status = 'partially_refunded'
    WHERE o.order_id = back AND o.status = 'completed';
    remaining := (SELECT sum(b.remaining) FROM refundable(back) b);
    IF coalesce(remaining, 0) = 0 THEN
        PERFORM settle_refunds(back);
        RETURN NULL;
    END IF;
    RETURN owe_money(back, NULL, remaining, reason, staff, false);
END $$;
COMMENT ON FUNCTION tix.refund_order(uuid, text, uuid) IS
    'Internal: cancels the valid tickets of a locked order that was paid and owes back all that is '
    'left of its money; returns the refund, NULL when nothing is left.';

DROP FUNCTION IF EXISTS tix.tix_request_refund(uuid, bigint, text, uuid, text);
CREATE FUNCTION tix.tix_request_refund(
    order_id uuid, amount bigint, reason text, staff uuid, idempotency_key text DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    back CONSTANT uuid := tix_request_refund.order_id;
    asker CONSTANT uuid := tix_request_refund.staff;
    key CONSTANT text := tix_request_refund.idempotency_key;
    asked CONSTANT bigint := tix_request_refund.amount;
    known tix.refund_answers;
    refund uuid;
BEGIN
    IF reason IS NULL OR reason = '' OR octet_length(reason) > 1000 OR asked <= 0 THEN
        RAISE EXCEPTION 'a refund needs a reason and an amount above zero, or none for all'
            USING ERRCODE = '22023', HINT = 'The reason has 1 to 1000 bytes.';
    END IF;
    PERFORM FROM orders o JOIN sessions s USING (session_id) JOIN events e USING (event_id)
    JOIN users u ON u.user_id = asker
    WHERE o.order_id = back AND u.status = 'active'
      AND (u.role = 'admin' OR u.role = 'organizer' AND e.organizer_id = u.user_id)
    FOR UPDATE OF o;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order does not exist' USING ERRCODE = 'P0002',
            HINT = 'Only an admin or the organizer of its event sees it.';
    END IF;
    IF key IS NOT NULL THEN
        PERFORM claim_key('refund', asker, key);
        SELECT * INTO known FROM refund_answers a
        WHERE a.staff = asker AND a.idempotency_key = key;
        IF known.order_id <> back OR known.amount IS DISTINCT FROM asked AND known.staff IS NOT NULL
           OR known.reason <> tix_request_refund.reason THEN
            RAISE EXCEPTION 'idempotency key was used with another request'
                USING ERRCODE = 'TX009', HINT = 'Use a new key for a new request.';
        ELSIF known.staff IS NOT NULL THEN
            RETURN known.refund_id;
        END IF;
    END IF;
    IF asked IS NULL OR asked = (SELECT sum(b.remaining) FROM refundable(back) b) THEN
        IF EXISTS (SELECT FROM tickets t WHERE t.order_id = back AND t.status = 'used') THEN
            RAISE EXCEPTION 'order cannot be refunded whole: a ticket of it was used'
                USING ERRCODE = 'TX010', HINT = 'Refund less in goodwill.';
        END IF;
        refund := refund_order(back, reason, asker);
        IF refund IS NULL THEN
            RAISE EXCEPTION 'nothing of the order is left to refund' USING ERRCODE = 'TX008',
                HINT = 'Read its refunds.';
        END IF;
    ELSE
        refund := owe_money(back, NULL, asked, reason, asker, true);
        UPDATE orders o SET status = 'partially_refunded'
        WHERE o.order_id = back AND o.status = 'completed';
    END IF;
    IF key IS NOT NULL THEN
        INSERT INTO refund_answers (staff, idempotency_key, order_id, amount, reason, refund_id)
        VALUES (asker, key, back, asked, tix_request_refund.reason, refund);
    END IF;
    RETURN refund;
END $$;
COMMENT ON FUNCTION tix.tix_request_refund(uuid, bigint, text, uuid, text) IS
    'For an admin or the organizer of the event: owes money of an order back and returns the '
    'refund. amount in minor units: all that is left, or NULL, cancels the tickets; less is given '
    'in goodwill and the tickets stay. The same idempotency key (1 to 255 bytes) of the same staff '
    'has the same answer for 24 hours. Errors: 22023 amount, reason (1 to 1000 bytes) or key; '
    '55P03 the key is in use at this moment; P0002 unknown order or not the staff''s; TX008 more '
    'than is left; TX009 key used with another request; TX010 all, and a ticket was used.';

REVOKE ALL ON FUNCTION tix.end_tickets, tix.refund_order, tix.tix_request_refund FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_request_refund TO tix_admin;
