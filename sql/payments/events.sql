-- What each kind of provider event does to a payment, its order and its refunds.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: tix_payment_event() writes the row of provider_events, on which a repeated event waits,
-- then locks the order's row; the functions it calls rely on that lock.

DROP FUNCTION IF EXISTS tix.apply_capture(uuid, uuid);
CREATE FUNCTION tix.apply_capture(
    order_id uuid, payment_id uuid, OUT result text, OUT next_action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    paid tix.orders;
    money tix.payments;
BEGIN
    UPDATE payments p SET status = 'succeeded', processed_at = clock_timestamp(),
                          failure_reason = NULL
    WHERE p.payment_id = apply_capture.payment_id RETURNING * INTO money;
    SELECT * INTO paid FROM orders o WHERE o.order_id = apply_capture.order_id;
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
    -- Money without seats, or money for what was already paid: owed back.
    INSERT INTO refunds (payment_id, order_id, amount, currency, reason)
    SELECT money.payment_id, paid.order_id, money.amount, money.currency,
           CASE WHEN result = 'lost' THEN 'seats gone' ELSE 'paid twice' END
    WHERE money.amount > 0;
    result := 'paid_unfulfilled';
    next_action := 'refund';
END $$;
COMMENT ON FUNCTION tix.apply_capture(uuid, uuid) IS
    'Internal: the money of a payment has arrived. Completes the order or owes a refund.';

DROP FUNCTION IF EXISTS tix.apply_authorization(uuid, uuid);
CREATE FUNCTION tix.apply_authorization(
    order_id uuid, payment_id uuid, OUT result text, OUT next_action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked tix.orders;
    held boolean;
BEGIN
    SELECT * INTO asked FROM orders o WHERE o.order_id = apply_authorization.order_id;
    IF asked.status = 'created' THEN
        UPDATE orders o SET status = 'payment_pending' WHERE o.order_id = asked.order_id
        RETURNING * INTO asked;
    END IF;
    SELECT asked.status IN ('payment_pending', 'in_doubt')
           AND bool_and((tix_lock_get(i.lock_id, asked.user_id)).ok)
    INTO held FROM order_items i WHERE i.order_id = asked.order_id;
    UPDATE payments p SET status = CASE WHEN held THEN 'authorized' ELSE 'voided' END
    WHERE p.payment_id = apply_authorization.payment_id;
    IF NOT held THEN
        PERFORM release_order_seats(asked.order_id, asked.user_id);
        UPDATE orders o SET status = 'expired', payment_id = NULL
        WHERE o.order_id = asked.order_id AND o.status IN ('payment_pending', 'in_doubt');
    END IF;
    result := 'applied';
    next_action := CASE WHEN held THEN 'capture' ELSE 'void' END;
END $$;
COMMENT ON FUNCTION tix.apply_authorization(uuid, uuid) IS
    'Internal: the provider reserved the money. capture while every seat is held, else void.';

DROP FUNCTION IF EXISTS tix.apply_refusal(uuid, uuid, text);
CREATE FUNCTION tix.apply_refusal(order_id uuid, payment_id uuid, kind text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE payments p SET status = 'failed', processed_at = clock_timestamp(),
                          failure_reason = kind
    WHERE p.payment_id = apply_refusal.payment_id AND p.status IN ('pending', 'authorized');
    IF NOT FOUND THEN
        RETURN 'ignored';  -- the outcome of this payment is known already
    END IF;
    UPDATE orders o SET payment_id = NULL,
        status = CASE WHEN o.status = 'payment_pending' AND kind = 'failed' THEN 'failed'
                      ELSE 'expired' END
    WHERE o.order_id = apply_refusal.order_id AND o.status IN ('payment_pending', 'in_doubt')
      AND o.payment_id = apply_refusal.payment_id;
    IF FOUND THEN
        PERFORM release_order_seats(o.order_id, o.user_id)
        FROM orders o WHERE o.order_id = apply_refusal.order_id;
    END IF;
    RETURN 'applied';
END $$;
COMMENT ON FUNCTION tix.apply_refusal(uuid, uuid, text) IS
    'Internal: the provider definitely said no. Ends the payment and the order that waited for it.';

DROP FUNCTION IF EXISTS tix.apply_refund(uuid, uuid, bigint, text);
DROP FUNCTION IF EXISTS tix.apply_refund(uuid, uuid, bigint, text, text);
CREATE FUNCTION tix.apply_refund(
    order_id uuid, payment_id uuid, amount bigint, currency text, named text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    owed tix.refunds;
BEGIN
    SELECT * INTO owed FROM refunds q
    WHERE q.order_id = apply_refund.order_id
      AND q.amount = apply_refund.amount AND q.currency = apply_refund.currency
      AND CASE WHEN named IS NULL
               THEN q.payment_id = apply_refund.payment_id AND q.status = 'requested'
               ELSE q.refund_id::text = lower(named) END
    ORDER BY q.created_at LIMIT 1;
    IF NOT FOUND THEN
        RETURN 'ignored';
    ELSIF owed.status = 'succeeded' THEN
        RETURN 'duplicate';
    END IF;
    UPDATE refunds r SET status = 'succeeded', processed_at = clock_timestamp()
    WHERE r.refund_id = owed.refund_id;
    UPDATE orders o SET status = 'refunded'
    WHERE o.order_id = apply_refund.order_id
      AND o.status IN ('partially_refunded', 'paid_unfulfilled')
      AND (SELECT sum(p.amount) FROM payments p
           WHERE p.order_id = o.order_id AND p.status = 'succeeded')
        = (SELECT sum(r.amount) FROM refunds r
           WHERE r.order_id = o.order_id AND r.status = 'succeeded');
    RETURN 'applied';
END $$;
COMMENT ON FUNCTION tix.apply_refund(uuid, uuid, bigint, text, text) IS
    'Internal: the provider paid the named refund of the order, else the payment''s oldest that is '
    'requested; the order is "refunded" when all of its money went back.';

DROP FUNCTION IF EXISTS tix.payment_of_event(text, text, uuid, boolean);
CREATE FUNCTION tix.payment_of_event(
    provider text, transaction_id text, order_id uuid, may_create boolean) RETURNS tix.payments
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    via CONSTANT text := payment_of_event.provider;
    paid CONSTANT uuid := payment_of_event.order_id;
    meant tix.payments;
BEGIN
    SELECT * INTO meant FROM payments p
    WHERE p.provider = via AND p.provider_transaction_id = transaction_id;
    IF FOUND THEN
        RETURN meant;
    END IF;
    SELECT * INTO meant FROM payments p
    WHERE p.order_id = paid AND p.provider = via
      AND (transaction_id IS NULL OR p.provider_transaction_id IS NULL)
    ORDER BY p.created_at DESC LIMIT 1;
    IF NOT FOUND AND may_create THEN
        INSERT INTO payments (order_id, amount, currency, provider)
        SELECT o.order_id, o.total_amount, o.total_currency, via
        FROM orders o WHERE o.order_id = paid RETURNING * INTO meant;
    END IF;
    IF transaction_id IS NOT NULL THEN
        UPDATE payments p SET provider_transaction_id = transaction_id
        WHERE p.payment_id = meant.payment_id RETURNING * INTO meant;
    END IF;
    RETURN meant;
END $$;
COMMENT ON FUNCTION tix.payment_of_event(text, text, uuid, boolean) IS
    'Internal: the payment an event speaks of: by the provider''s transaction id, else the '
    'order''s newest one without such an id, else a new one for money nobody announced.';

DROP FUNCTION IF EXISTS tix.obey_event(tix.provider_events);
CREATE FUNCTION tix.obey_event(
    event tix.provider_events, OUT result text, OUT next_action text, OUT alarm text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    paid tix.orders;
    money tix.payments;
    success CONSTANT boolean := event.kind IN ('captured', 'succeeded');
BEGIN
    result := 'ignored';
    next_action := 'none';
    SELECT * INTO paid FROM orders o WHERE o.order_id = event.order_id FOR UPDATE;
    IF NOT FOUND THEN
        alarm := 'unknown order';
        RETURN;
    END IF;
    IF event.kind IN ('captured', 'succeeded', 'authorized')
       AND (event.amount, event.currency)
           IS DISTINCT FROM (paid.total_amount, paid.total_currency) THEN
        alarm := 'amount mismatch';
        RETURN;
    END IF;
    money := payment_of_event(event.provider, event.provider_transaction_id, event.order_id,
                              success OR event.kind = 'authorized');
    IF money.order_id <> paid.order_id THEN
        alarm := 'payment of another order';
        RETURN;
    END IF;

    CASE
        WHEN success AND money.status = 'succeeded' THEN
            result := 'duplicate';
        WHEN success THEN
            SELECT a.result, a.next_action INTO result, next_action
            FROM apply_capture(paid.order_id, money.payment_id) a;
        WHEN event.kind = 'authorized' AND money.status IN ('pending', 'authorized') THEN
            SELECT a.result, a.next_action INTO result, next_action
            FROM apply_authorization(paid.order_id, money.payment_id) a;
        WHEN event.kind IN ('failed', 'expired') THEN
            result := apply_refusal(paid.order_id, money.payment_id, event.kind);
        WHEN event.kind = 'refunded' THEN
            result := apply_refund(paid.order_id, money.payment_id, event.amount, event.currency,
                                   event.payload->>'refundId');
            IF result = 'ignored' THEN alarm := 'refund nobody asked for'; END IF;
        ELSE
            NULL;  -- a kind we do not act on, or news of a payment that has ended
    END CASE;
END $$;
COMMENT ON FUNCTION tix.obey_event(tix.provider_events) IS
    'Internal: does what a new event says; alarm names what a person has to look at.';

DROP FUNCTION IF EXISTS
    tix.tix_payment_event(text, text, text, text, uuid, bigint, text, jsonb);
CREATE FUNCTION tix.tix_payment_event(
    provider text, event_id text, kind text, provider_transaction_id text, order_id uuid,
    amount bigint, currency text, payload jsonb DEFAULT '{}',
    OUT result text, OUT next_action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    event tix.provider_events;
    alarm text;
BEGIN
    IF NOT EXISTS (SELECT FROM payment_providers p
                   WHERE p.provider = tix_payment_event.provider) THEN
        RAISE EXCEPTION 'payment provider % is unknown', coalesce(provider, 'NULL')
            USING ERRCODE = '22023', HINT = 'The providers are listed in tix.payment_providers.';
    ELSIF event_id IS NULL OR event_id = '' OR kind IS NULL THEN
        RAISE EXCEPTION 'id and kind of a payment event must be given' USING ERRCODE = '22023';
    END IF;
    INSERT INTO provider_events (provider, event_id, kind, provider_transaction_id, order_id,
                                 amount, currency, payload)
    VALUES (provider, event_id, kind, provider_transaction_id, order_id, amount, currency,
            coalesce(payload, '{}'))
    ON CONFLICT DO NOTHING RETURNING * INTO event;
    IF NOT FOUND THEN
        result := 'duplicate';
        next_action := 'none';
        RETURN;
    END IF;
    SELECT o.result, o.next_action, o.alarm INTO result, next_action, alarm
    FROM obey_event(event) o;
    IF alarm IS NOT NULL THEN
        INSERT INTO payment_alarms (kind, provider, event_id, order_id, detail)
        VALUES (alarm, event.provider, event.event_id, event.order_id,
                to_jsonb(event) - 'payload');
    END IF;
    UPDATE provider_events e
    SET result = tix_payment_event.result, next_action = tix_payment_event.next_action
    WHERE e.provider = event.provider AND e.event_id = event.event_id;
END $$;
COMMENT ON FUNCTION
    tix.tix_payment_event(text, text, text, text, uuid, bigint, text, jsonb) IS
    'Records what a provider said and does it, once. kind: authorized, captured or succeeded, '
    'failed, expired, refunded (payload may name the refundId of tix_refunds_due); any other is '
    'recorded and ignored. amount in minor units. result: applied; duplicate (said before); '
    'ignored (nothing to do, or an alarm was raised: unknown order, wrong amount or currency, '
    'refund nobody asked for); late (completed although the hold had been lost); paid_unfulfilled '
    '(the money is owed back). next_action: what to ask the provider for: none, capture, void, '
    'refund. Errors: 22023 unknown provider or no id; TX015 retry in 50 ms.';

REVOKE ALL ON FUNCTION
    tix.apply_capture, tix.apply_authorization, tix.apply_refusal, tix.apply_refund,
    tix.payment_of_event, tix.obey_event, tix.tix_payment_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_payment_event TO tix_app;
