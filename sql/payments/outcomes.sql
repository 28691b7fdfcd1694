-- What a payment's outcome does to it and its order: captured, authorized, refused; and the
-- trigger that keeps the states of payments.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: the caller holds the lock of the order's row; the rows it passes were read under it.
-- Order of facts: a payment's state only goes up (tix.payment_transitions), and what each fact does
-- to the order depends on the state reached, so that the set of facts decides (law O6).

DROP TRIGGER IF EXISTS payments_state ON tix.payments;
DROP FUNCTION IF EXISTS tix.keep_payment_states();
CREATE FUNCTION tix.keep_payment_states() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payment_transitions t
                   WHERE t.from_status = OLD.status AND t.to_status = NEW.status) THEN
        RAISE EXCEPTION 'payment % cannot change from "%" to "%"', OLD.payment_id, OLD.status,
            NEW.status USING ERRCODE = 'TX010', HINT = 'Read the current state and retry.';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.keep_payment_states() IS
    'Trigger: a payment only makes the changes of state listed in payment_transitions, else TX010.';
-- The one edge that every sale takes is not looked up.
CREATE TRIGGER payments_state BEFORE UPDATE OF status ON tix.payments
    FOR EACH ROW WHEN (OLD.status <> NEW.status
                       AND NOT (OLD.status = 'pending' AND NEW.status = 'succeeded'))
    EXECUTE FUNCTION tix.keep_payment_states();

DROP FUNCTION IF EXISTS tix.apply_capture(uuid, uuid);
DROP FUNCTION IF EXISTS tix.apply_capture(tix.orders, tix.payments);
CREATE FUNCTION tix.apply_capture(
    paid tix.orders, money tix.payments, OUT result text, OUT next_action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE payments p SET status = 'succeeded', processed_at = clock_timestamp(),
        failure_reason = NULL, provider_transaction_id = money.provider_transaction_id
    WHERE p.payment_id = money.payment_id;
    IF paid.status NOT IN ('completed', 'partially_refunded', 'refunded', 'paid_unfulfilled') THEN
        IF paid.status = 'created' THEN
            UPDATE orders o SET status = 'payment_pending' WHERE o.order_id = paid.order_id;
        END IF;
        result := take_order_seats(paid.order_id);
        IF result <> 'lost' THEN
            UPDATE orders o SET status = 'completed', payment_id = money.payment_id
            WHERE o.order_id = paid.order_id;
            IF paid.status IN ('expired', 'cancelled', 'failed') THEN result := 'late'; END IF;
            next_action := 'none';
            RETURN;
        END IF;
        IF paid.status IN ('created', 'payment_pending', 'in_doubt') THEN
            UPDATE orders o SET status = 'expired' WHERE o.order_id = paid.order_id;
        END IF;
        UPDATE orders o SET status = 'paid_unfulfilled', payment_id = money.payment_id
        WHERE o.order_id = paid.order_id;
    END IF;
    -- Money without seats, or money for what was already paid: this very payment is owed back.
    INSERT INTO refunds (payment_id, order_id, amount, currency, reason)
    SELECT money.payment_id, paid.order_id, money.amount, money.currency,
           CASE WHEN result = 'lost' THEN 'seats gone' ELSE 'paid twice' END
    WHERE money.amount > 0;
    result := 'paid_unfulfilled';
    next_action := 'refund';
END $$;
COMMENT ON FUNCTION tix.apply_capture(tix.orders, tix.payments) IS
    'Internal: the money of a payment has arrived. Completes the order or owes a refund.';

DROP FUNCTION IF EXISTS tix.apply_authorization(uuid, uuid);
DROP FUNCTION IF EXISTS tix.apply_authorization(tix.orders, tix.payments);
CREATE FUNCTION tix.apply_authorization(
    asked tix.orders, money tix.payments, OUT result text, OUT next_action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    held boolean;
BEGIN
    SELECT asked.status IN ('payment_pending', 'in_doubt')
           AND bool_and(coalesce(
               i.seat_id = ANY ((tix_lock_get(i.lock_id, asked.user_id)).seats), false))
    INTO held FROM order_items i WHERE i.order_id = asked.order_id;
    UPDATE payments p SET status = CASE WHEN held THEN 'authorized' ELSE 'voiding' END,
        provider_transaction_id = money.provider_transaction_id, attempts = 0,
        next_try_at = clock_timestamp() + interval '10 s'
    WHERE p.payment_id = money.payment_id;
    IF NOT held THEN
        PERFORM end_order(asked, money, held);
    END IF;
    result := 'applied';
    next_action := CASE WHEN held THEN 'capture' ELSE 'void' END;
END $$;
COMMENT ON FUNCTION tix.apply_authorization(tix.orders, tix.payments) IS
    'Internal: the provider reserved the money. capture while every seat is held, else void.';

DROP FUNCTION IF EXISTS tix.apply_refusal(uuid, uuid, text);
DROP FUNCTION IF EXISTS tix.apply_refusal(tix.orders, tix.payments, text);
CREATE FUNCTION tix.apply_refusal(asked tix.orders, money tix.payments, kind text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    ends CONSTANT text := CASE kind WHEN 'voided' THEN 'voided' ELSE 'failed' END;
BEGIN
    IF money.status = 'succeeded' OR money.status = 'voided' AND ends = 'voided'
       OR money.status = 'failed' AND (kind <> 'failed' OR money.failure_reason = 'failed') THEN
        RETURN 'ignored';  -- as much or more is known already
    END IF;
    UPDATE payments p SET status = ends, processed_at = clock_timestamp(), failure_reason = kind,
        provider_transaction_id = money.provider_transaction_id
    WHERE p.payment_id = money.payment_id;
    PERFORM end_order(asked, money, bool_and((tix_lock_get(i.lock_id, asked.user_id)).ok))
    FROM order_items i WHERE i.order_id = asked.order_id;
    RETURN 'applied';
END $$;
COMMENT ON FUNCTION tix.apply_refusal(tix.orders, tix.payments, text) IS
    'Internal: the provider definitely said no (failed, expired, voided). Ends the payment and the '
    'order that waited for it.';

DROP FUNCTION IF EXISTS tix.end_order(tix.orders, tix.payments, boolean);
CREATE FUNCTION tix.end_order(waiting tix.orders, money tix.payments, held boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF waiting.status IN ('payment_pending', 'in_doubt')
       AND waiting.payment_id = money.payment_id THEN
        UPDATE orders o SET payment_id = NULL,
            status = CASE WHEN held AND waiting.status = 'payment_pending' THEN 'failed'
                          ELSE 'expired' END
        WHERE o.order_id = waiting.order_id;
        PERFORM release_order_seats(waiting.order_id, waiting.user_id);
    END IF;
END $$;
COMMENT ON FUNCTION tix.end_order(tix.orders, tix.payments, boolean) IS
    'Internal: no money will come of this payment. The order that waits for it gives its seats '
    'back and becomes "failed", or "expired" when not all of them were held any more: whatever the '
    'provider calls it, so that facts in another order end the same.';

REVOKE ALL ON FUNCTION
    tix.keep_payment_states, tix.apply_capture, tix.apply_authorization, tix.apply_refusal,
    tix.end_order FROM PUBLIC;
