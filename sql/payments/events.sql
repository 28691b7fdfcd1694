-- What a provider says: recorded once, obeyed by kind, alarmed when it must not be obeyed.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: tix_payment_event() writes the row of provider_events, on which a repeated event waits,
-- then locks the order's row; the functions it calls rely on that lock.
-- Order of facts: the end depends on their set (law O6): see outcomes.sql for what ends a payment;
-- a refund or dispute that comes before its money waits in early_events and is obeyed after it.

DROP FUNCTION IF EXISTS tix.payment_of_event(text, text, uuid, boolean);
DROP FUNCTION IF EXISTS tix.payment_of_event(text, text, uuid);
CREATE FUNCTION tix.payment_of_event(provider text, transaction_id text, order_id uuid)
RETURNS tix.payments
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
    IF NOT FOUND THEN
        INSERT INTO payments (order_id, amount, currency, provider)
        SELECT o.order_id, o.total_amount, o.total_currency, via
        FROM orders o WHERE o.order_id = paid RETURNING * INTO meant;
    END IF;
    meant.provider_transaction_id := coalesce(meant.provider_transaction_id, transaction_id);
    RETURN meant;
END $$;
COMMENT ON FUNCTION tix.payment_of_event(text, text, uuid) IS
    'Internal: the payment an event speaks of: by the provider''s transaction id, else the '
    'order''s newest one without such an id, else a new one for a payment nobody announced. The '
    'id is put into the answer; whoever changes the row stores it.';

DROP FUNCTION IF EXISTS tix.remember_event(tix.provider_events, tix.payments);
CREATE FUNCTION tix.remember_event(event tix.provider_events, money tix.payments) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO early_events (payment_id, provider, event_id)
    VALUES (money.payment_id, event.provider, event.event_id);
    UPDATE payments p SET early = true, provider_transaction_id = money.provider_transaction_id
    WHERE p.payment_id = money.payment_id;
    RETURN 'applied';
END $$;
COMMENT ON FUNCTION tix.remember_event(tix.provider_events, tix.payments) IS
    'Internal: keeps a fact about money that has not come until it does.';

DROP FUNCTION IF EXISTS tix.obey_remembered(uuid);
CREATE FUNCTION tix.obey_remembered(payment_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    event tix.provider_events;
BEGIN
    FOR event IN SELECT k.* FROM early_events e JOIN provider_events k USING (provider, event_id)
                 WHERE e.payment_id = obey_remembered.payment_id
                 ORDER BY k.received_at, k.event_id LOOP
        PERFORM raise_alarm(o.alarm, event) FROM obey_event(event) o;
    END LOOP;
END $$;
COMMENT ON FUNCTION tix.obey_remembered(uuid) IS
    'Internal: the money of a payment has come: does what was said about it before.';

DROP FUNCTION IF EXISTS tix.raise_alarm(text, tix.provider_events);
CREATE FUNCTION tix.raise_alarm(alarm text, event tix.provider_events) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF alarm IS NOT NULL THEN
        INSERT INTO payment_alarms (kind, provider, event_id, order_id, detail)
        VALUES (alarm, event.provider, event.event_id, event.order_id,
                to_jsonb(event) - 'payload');
    END IF;
END $$;
COMMENT ON FUNCTION tix.raise_alarm(text, tix.provider_events) IS
    'Internal: has a person look at an event; NULL raises nothing.';

DROP FUNCTION IF EXISTS tix.obey_event(tix.provider_events);
CREATE FUNCTION tix.obey_event(
    event tix.provider_events, OUT result text, OUT next_action text, OUT alarm text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    paid tix.orders;
    money tix.payments;
    success CONSTANT boolean := event.kind IN ('captured', 'succeeded');
    is_refusal CONSTANT boolean := event.kind IN ('failed', 'expired', 'voided');
    about_money CONSTANT boolean := event.kind IN
        ('refunded', 'refund_failed', 'dispute_opened', 'dispute_won', 'dispute_lost');
BEGIN
    result := 'ignored';
    next_action := 'none';
    SELECT * INTO paid FROM orders o WHERE o.order_id = event.order_id FOR UPDATE;
    IF NOT FOUND THEN
        alarm := 'unknown order';
        RETURN;
    ELSIF (success OR event.kind = 'authorized')
          AND (event.amount, event.currency)
              IS DISTINCT FROM (paid.total_amount, paid.total_currency) THEN
        alarm := 'amount mismatch';
        RETURN;
    ELSIF NOT (success OR is_refusal OR about_money OR event.kind = 'authorized') THEN
        RETURN;  -- a kind we do not act on
    END IF;
    money := payment_of_event(event.provider, event.provider_transaction_id, event.order_id);
    IF money.order_id <> paid.order_id THEN
        alarm := 'payment of another order';
        RETURN;
    END IF;
    IF paid.status = 'created' AND (is_refusal OR event.kind = 'authorized') THEN
        UPDATE orders o SET status = 'payment_pending', payment_id = money.payment_id
        WHERE o.order_id = paid.order_id RETURNING * INTO paid;
    END IF;

    IF success AND money.status = 'succeeded' THEN
        result := 'duplicate';
    ELSIF success THEN
        SELECT a.result, a.next_action INTO result, next_action FROM apply_capture(paid, money) a;
        IF money.early THEN
            PERFORM obey_remembered(money.payment_id);
        END IF;
    ELSIF event.kind = 'authorized' AND money.status IN ('pending', 'requires_action',
                                                         'authorized') THEN
        SELECT a.result, a.next_action INTO result, next_action
        FROM apply_authorization(paid, money) a;
    ELSIF is_refusal THEN
        result := apply_refusal(paid, money, event.kind);
        IF event.kind = 'failed' AND money.status = 'succeeded' THEN
            alarm := 'refused after it was captured';
        END IF;
    ELSIF about_money AND money.status <> 'succeeded' THEN
        result := remember_event(event, money);
    ELSIF event.kind IN ('refunded', 'refund_failed') THEN
        SELECT a.result, a.alarm INTO result, alarm FROM apply_refund(paid, money, event) a;
    ELSIF about_money THEN
        SELECT a.result, a.alarm INTO result, alarm FROM apply_dispute(paid, money, event) a;
    END IF;
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
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    event tix.provider_events;
    alarm text;
BEGIN
    IF NOT EXISTS (SELECT FROM payment_providers p
                   WHERE p.provider = tix_payment_event.provider) THEN
        RAISE EXCEPTION 'payment provider % is unknown', coalesce(provider, 'NULL')
            USING ERRCODE = '22023', HINT = 'The providers are listed in tix.payment_providers.';
    ELSIF event_id IS NULL OR event_id = '' OR kind IS NULL OR octet_length(event_id) > 255
          OR octet_length(kind) > 255 OR octet_length(provider_transaction_id) > 255
          OR octet_length(currency) > 255 THEN
        RAISE EXCEPTION 'id and kind of a payment event must be given, no text over 255 bytes'
            USING ERRCODE = '22023', HINT = 'Pass the provider''s own ids.';
    ELSIF octet_length(payload::text) > 65536 THEN
        RAISE EXCEPTION 'payload of a payment event exceeds 64 kB' USING ERRCODE = '22023',
            HINT = 'Pass the part that matters.';
    END IF;
    INSERT INTO provider_events (provider, event_id, kind, provider_transaction_id, order_id,
                                 amount, currency, payload)
    VALUES (provider, event_id, kind, provider_transaction_id,
            coalesce(order_id, (SELECT p.order_id FROM payments p
                                WHERE p.provider = tix_payment_event.provider
                                  AND p.provider_transaction_id
                                      = tix_payment_event.provider_transaction_id)),
            amount, currency, coalesce(payload, '{}'))
    ON CONFLICT DO NOTHING RETURNING * INTO event;
    IF NOT FOUND THEN
        result := 'duplicate';
        next_action := 'none';
        RETURN;
    END IF;
    SELECT o.result, o.next_action, o.alarm INTO result, next_action, alarm
    FROM obey_event(event) o;
    IF alarm IS NOT NULL THEN
        PERFORM raise_alarm(alarm, event);
    END IF;
    UPDATE provider_events e
    SET result = tix_payment_event.result, next_action = tix_payment_event.next_action
    WHERE e.provider = event.provider AND e.event_id = event.event_id;
END $$;
COMMENT ON FUNCTION
    tix.tix_payment_event(text, text, text, text, uuid, bigint, text, jsonb) IS
    'Records what a provider said and does it, once, whatever the order in which it says it. '
    'kind: authorized; captured or succeeded; failed, expired or voided; refunded, refund_failed '
    '(payload: refundId of tix_refunds_due, or providerRefundId); dispute_opened, dispute_won, '
    'dispute_lost (payload: disputeId; amount and currency of the dispute); any other is recorded '
    'and ignored. order_id NULL: that of the transaction. amount in minor units; payload at most '
    '64 kB. result: applied; duplicate (said before); ignored (nothing to do, or an alarm was '
    'raised: unknown order, wrong amount or currency, refund nobody asked for); late (completed '
    'although the hold had been lost); paid_unfulfilled (the money is owed back). next_action: '
    'what to ask the provider for: none, capture, void, refund. Errors: 22023 unknown provider, no '
    'id or too long; TX015 retry in 50 ms.';

DROP FUNCTION IF EXISTS
    tix.tix_payment_authorized(text, text, text, uuid, bigint, text, jsonb);
CREATE FUNCTION tix.tix_payment_authorized(
    provider text, event_id text, provider_transaction_id text, order_id uuid, amount bigint,
    currency text, payload jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    said record;
    reached text;
BEGIN
    SELECT * INTO said FROM tix_payment_event(provider, event_id, 'authorized',
        tix_payment_authorized.provider_transaction_id, order_id, amount, currency, payload);
    IF said.next_action <> 'none' THEN
        RETURN said.next_action;
    END IF;
    SELECT p.status INTO reached FROM payments p
    WHERE p.order_id = tix_payment_authorized.order_id
      AND p.provider = tix_payment_authorized.provider
      AND p.provider_transaction_id = tix_payment_authorized.provider_transaction_id
      AND (p.amount, p.currency)
          = (tix_payment_authorized.amount, tix_payment_authorized.currency);
    RETURN CASE WHEN reached IN ('authorized', 'succeeded') THEN 'capture' ELSE 'void' END;
END $$;
COMMENT ON FUNCTION tix.tix_payment_authorized(text, text, text, uuid, bigint, text, jsonb) IS
    'The provider reserved the money; call it just before capturing. Always answers capture or '
    'void: capture while every seat of the order is held by its token and the sum is the order''s '
    '(also when it was answered so before), else void. Records the event as tix_payment_event() '
    'does, with its errors.';

REVOKE ALL ON FUNCTION
    tix.payment_of_event, tix.remember_event, tix.obey_remembered, tix.raise_alarm,
    tix.obey_event, tix.tix_payment_event, tix.tix_payment_authorized FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_payment_event, tix.tix_payment_authorized TO tix_app;
