-- What providers and banks gave back: refunds that were asked for or not, and disputes.
-- Requires tix >= 1.0
--
-- Locking: the caller holds the lock of the order's row.

DROP FUNCTION IF EXISTS tix.apply_refund(uuid, uuid, bigint, text);
DROP FUNCTION IF EXISTS tix.apply_refund(uuid, uuid, bigint, text, text);
DROP FUNCTION IF EXISTS tix.apply_refund(tix.orders, tix.payments, tix.provider_events);
CREATE FUNCTION tix.apply_refund(
    paid tix.orders, money tix.payments, event tix.provider_events,
    OUT result text, OUT alarm text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    named CONSTANT text := event.payload->>'refundId';
    theirs CONSTANT text := event.payload->>'providerRefundId';
    owed tix.refunds;
BEGIN
    SELECT * INTO owed FROM refunds q
    WHERE q.order_id = paid.order_id
      AND q.amount = event.amount AND q.currency = event.currency
      AND CASE WHEN named IS NOT NULL THEN q.refund_id::text = lower(named)
               ELSE q.payment_id = money.payment_id
                    AND (q.provider_refund_id = theirs
                         OR q.status = 'requested' AND q.provider_refund_id IS NULL) END
    ORDER BY q.provider_refund_id IS NULL, q.created_at LIMIT 1;
    IF event.kind = 'refund_failed' THEN
        result := CASE WHEN fail_refund(owed, 'refund refused', event.payload->>'reason')
                       THEN 'applied' ELSE 'ignored' END;
        alarm := CASE WHEN owed.refund_id IS NULL THEN 'refund nobody asked for'
                      WHEN owed.status = 'succeeded' THEN 'refund failed after it was paid' END;
    ELSIF owed.status = 'succeeded' THEN
        result := 'duplicate';
    ELSIF owed.refund_id IS NULL AND named IS NULL AND theirs <> ''
          AND octet_length(theirs) <= 255 AND event.amount > 0 AND event.currency = money.currency
          AND event.amount <= (SELECT b.not_refunded FROM refundable(paid.order_id) b
                               WHERE b.payment_id = money.payment_id) THEN
        -- Paid back on the provider's own page: the money is gone, so it is booked.
        INSERT INTO refunds (payment_id, order_id, amount, currency, reason, status, goodwill,
                             provider_refund_id, processed_at)
        VALUES (money.payment_id, paid.order_id, event.amount, event.currency,
                'by the provider', 'succeeded', true, theirs, clock_timestamp());
        PERFORM settle_refunds(paid.order_id);
        result := 'applied';
        alarm := 'refunded by the provider';
    ELSE
        result := CASE WHEN succeed_refund(owed, theirs) THEN 'applied' ELSE 'ignored' END;
        alarm := CASE WHEN owed.refund_id IS NULL THEN 'refund nobody asked for'
                      WHEN result = 'ignored' THEN 'refund paid after it was owed again' END;
    END IF;
END $$;
COMMENT ON FUNCTION tix.apply_refund(tix.orders, tix.payments, tix.provider_events) IS
    'Internal: the provider paid, or refused, the named refund of the order, else the payment''s '
    'oldest of that sum that is requested; one of its own making that it names and that the '
    'payment can bear is booked, with an alarm.';

DROP FUNCTION IF EXISTS tix.succeed_refund(tix.refunds, text);
CREATE FUNCTION tix.succeed_refund(owed tix.refunds, theirs text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF owed.refund_id IS NULL
       OR owed.status = 'failed' AND owed.amount > coalesce(
           (SELECT b.not_refunded FROM refundable(owed.order_id) b
            WHERE b.payment_id = owed.payment_id), 0) THEN
        RETURN false;
    END IF;
    UPDATE refunds r SET status = 'succeeded', processed_at = clock_timestamp(),
        provider_refund_id = coalesce(r.provider_refund_id, theirs)
    WHERE r.refund_id = owed.refund_id AND NOT EXISTS (
        SELECT FROM refunds again
        WHERE again.order_item_id = owed.order_item_id AND again.payment_id = owed.payment_id
          AND again.status <> 'failed' AND again.refund_id <> owed.refund_id);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM settle_refunds(owed.order_id);
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.succeed_refund(tix.refunds, text) IS
    'Internal: a refund was paid, also one thought to have failed as long as it was not owed '
    'again; returns false, and changes nothing, when it was or there is none.';

DROP FUNCTION IF EXISTS tix.fail_refund(tix.refunds, text, text);
CREATE FUNCTION tix.fail_refund(owed tix.refunds, alarm text, why text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE refunds r SET status = 'failed', processed_at = clock_timestamp()
    WHERE r.refund_id = owed.refund_id AND r.status = 'requested';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO payment_alarms (kind, provider, order_id, detail)
    SELECT alarm, p.provider, owed.order_id, jsonb_build_object(
        'refundId', owed.refund_id, 'paymentId', owed.payment_id, 'amount', owed.amount,
        'currency', owed.currency, 'reason', left(why, 1000))
    FROM payments p WHERE p.payment_id = owed.payment_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.fail_refund(tix.refunds, text, text) IS
    'Internal: a refund that is requested fails, with an alarm; returns false when it has ended.';

DROP FUNCTION IF EXISTS tix.settle_refunds(uuid);
CREATE FUNCTION tix.settle_refunds(order_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    settled CONSTANT uuid := settle_refunds.order_id;
    came CONSTANT numeric := (SELECT coalesce(sum(p.amount), 0) FROM payments p
                              WHERE p.order_id = settled AND p.status = 'succeeded');
    went CONSTANT numeric := (SELECT coalesce(sum(r.amount), 0) FROM refunds r
                              WHERE r.order_id = settled AND r.status = 'succeeded');
BEGIN
    UPDATE orders o SET status = 'partially_refunded'
    WHERE o.order_id = settled AND o.status = 'completed'
      AND (came = went OR EXISTS (
          SELECT FROM refunds r
          WHERE r.order_id = settled AND r.goodwill AND r.status <> 'failed'));
    IF came = went THEN
        UPDATE refunds r SET goodwill = false WHERE r.order_id = settled AND r.goodwill;
        UPDATE orders o SET status = 'refunded'
        WHERE o.order_id = settled AND o.status IN ('partially_refunded', 'paid_unfulfilled');
    END IF;
END $$;
COMMENT ON FUNCTION tix.settle_refunds(uuid) IS
    'Internal: brings an order to "partially_refunded" or, when all of its money went back, to '
    '"refunded", which ends its tickets.';

DROP FUNCTION IF EXISTS tix.apply_dispute(tix.orders, tix.payments, tix.provider_events);
CREATE FUNCTION tix.apply_dispute(
    paid tix.orders, money tix.payments, event tix.provider_events,
    OUT result text, OUT alarm text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    ranks CONSTANT text[] := ARRAY['opened', 'won', 'lost'];
    becomes CONSTANT text := substr(event.kind, length('dispute_') + 1);
    theirs CONSTANT text := coalesce(event.payload->>'disputeId', event.provider_transaction_id);
    known tix.disputes;
BEGIN
    result := 'ignored';
    SELECT * INTO known FROM disputes d
    WHERE d.payment_id = money.payment_id AND d.provider_dispute_id = theirs;
    IF theirs IS NULL OR theirs = '' OR octet_length(theirs) > 255 OR event.amount IS NULL
       OR event.amount <= 0 OR event.currency IS DISTINCT FROM money.currency
       OR event.amount <> coalesce(known.amount, event.amount)
       OR known.dispute_id IS NULL AND event.amount > money.amount - (
           SELECT coalesce(sum(d.amount), 0) FROM disputes d
           WHERE d.payment_id = money.payment_id) THEN
        alarm := 'dispute of another sum';
        RETURN;
    END IF;
    IF known.dispute_id IS NULL THEN
        INSERT INTO disputes (payment_id, order_id, provider_dispute_id, amount, currency)
        VALUES (money.payment_id, paid.order_id, theirs, event.amount, event.currency)
        RETURNING * INTO known;
        result := 'applied';
    END IF;
    IF array_position(ranks, becomes) > array_position(ranks, known.status) THEN
        UPDATE disputes d SET status = becomes, closed_at = clock_timestamp()
        WHERE d.dispute_id = known.dispute_id;
        result := 'applied';
    ELSIF becomes = known.status AND result = 'ignored' THEN
        result := 'duplicate';
    END IF;
    alarm := CASE WHEN result = 'applied' THEN replace(event.kind, '_', ' ')
                  WHEN becomes = 'won' AND known.status = 'lost'
                  THEN 'dispute won after it was lost' END;
END $$;
COMMENT ON FUNCTION tix.apply_dispute(tix.orders, tix.payments, tix.provider_events) IS
    'Internal: a dispute was opened, won or lost. Each alarms a person. The money is taken from us '
    'when it opens and returned when it is won; lost beats won when both are said. The tickets '
    'stay: whether a seat is taken away is a decision of people.';

DROP TRIGGER IF EXISTS disputes_book ON tix.disputes;
DROP TRIGGER IF EXISTS disputes_book_new ON tix.disputes;
DROP FUNCTION IF EXISTS tix.book_dispute();
CREATE FUNCTION tix.book_dispute() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger (order_id, payment_id, kind, amount, currency)
    SELECT NEW.order_id, NEW.payment_id, e.kind, e.amount, NEW.currency
    FROM (VALUES ('chargeback', -NEW.amount, NEW.status <> 'won'),
                 ('chargeback_reversed', NEW.amount, NEW.status = 'won')) e (kind, amount, due)
    WHERE e.due;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.book_dispute() IS
    'Trigger: what a dispute takes from us and gives back is booked in the same transaction.';
CREATE TRIGGER disputes_book_new AFTER INSERT ON tix.disputes
    FOR EACH ROW WHEN (NEW.status <> 'won') EXECUTE FUNCTION tix.book_dispute();
CREATE TRIGGER disputes_book AFTER UPDATE OF status ON tix.disputes
    FOR EACH ROW WHEN ((OLD.status = 'won') <> (NEW.status = 'won'))
    EXECUTE FUNCTION tix.book_dispute();

REVOKE ALL ON FUNCTION
    tix.apply_refund, tix.succeed_refund, tix.fail_refund, tix.settle_refunds,
    tix.apply_dispute, tix.book_dispute FROM PUBLIC;
