-- The ledger's writers and keepers, the balances, and what must agree with them.
-- Requires tix >= 1.0
--
-- A movement is booked by a trigger of the row that says it happened, so no way to write that row
-- forgets it. Zero moves nothing and is not booked.

DROP TRIGGER IF EXISTS payments_book_new ON tix.payments;
DROP TRIGGER IF EXISTS payments_book ON tix.payments;
DROP FUNCTION IF EXISTS tix.book_payment();
CREATE FUNCTION tix.book_payment() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger (order_id, payment_id, kind, amount, currency)
    VALUES (NEW.order_id, NEW.payment_id, 'captured', NEW.amount, NEW.currency);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.book_payment() IS
    'Trigger: a payment that succeeds is "captured" in the ledger in the same transaction.';
CREATE TRIGGER payments_book_new AFTER INSERT ON tix.payments
    FOR EACH ROW WHEN (NEW.status = 'succeeded' AND NEW.amount > 0)
    EXECUTE FUNCTION tix.book_payment();
CREATE TRIGGER payments_book AFTER UPDATE OF status ON tix.payments
    FOR EACH ROW WHEN (OLD.status <> 'succeeded' AND NEW.status = 'succeeded' AND NEW.amount > 0)
    EXECUTE FUNCTION tix.book_payment();

DROP TRIGGER IF EXISTS refunds_book_new ON tix.refunds;
DROP TRIGGER IF EXISTS refunds_book ON tix.refunds;
DROP FUNCTION IF EXISTS tix.book_refund();
CREATE FUNCTION tix.book_refund() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger (order_id, payment_id, refund_id, kind, amount, currency)
    VALUES (NEW.order_id, NEW.payment_id, NEW.refund_id, 'refunded', -NEW.amount, NEW.currency);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.book_refund() IS
    'Trigger: a refund that succeeds is "refunded" in the ledger in the same transaction.';
CREATE TRIGGER refunds_book_new AFTER INSERT ON tix.refunds
    FOR EACH ROW WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION tix.book_refund();
CREATE TRIGGER refunds_book AFTER UPDATE OF status ON tix.refunds
    FOR EACH ROW WHEN (OLD.status <> 'succeeded' AND NEW.status = 'succeeded')
    EXECUTE FUNCTION tix.book_refund();

DROP TRIGGER IF EXISTS ledger_append_only ON tix.ledger;
DROP FUNCTION IF EXISTS tix.keep_ledger();
CREATE FUNCTION tix.keep_ledger() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % is refused', TG_OP USING ERRCODE = 'TX010',
        HINT = 'Book a movement the other way.';
END $$;
COMMENT ON FUNCTION tix.keep_ledger() IS
    'Trigger: entries of the ledger are neither changed nor removed (TX010), by whomever.';
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tix.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION tix.keep_ledger();
ALTER TABLE tix.ledger ENABLE ALWAYS TRIGGER ledger_append_only;

DROP VIEW IF EXISTS tix.ledger_balances;
CREATE VIEW tix.ledger_balances AS
    SELECT l.order_id, l.currency,
           coalesce(sum(l.amount) FILTER (WHERE l.kind = 'captured'), 0)::bigint AS captured,
           coalesce(-sum(l.amount) FILTER (WHERE l.kind = 'refunded'), 0)::bigint AS refunded,
           coalesce(-sum(l.amount) FILTER (WHERE l.kind ~ '^chargeback'), 0)::bigint
               AS charged_back,
           coalesce(-sum(l.amount) FILTER (WHERE l.kind = 'provider_fee'), 0)::bigint AS fees,
           sum(l.amount)::bigint AS balance
    FROM tix.ledger l GROUP BY l.order_id, l.currency;
COMMENT ON VIEW tix.ledger_balances IS
    'What each order brought, recomputed from the ledger at every look (law O8): balance = '
    'captured - refunded - charged_back - fees - what was written off, in minor units.';
GRANT SELECT ON tix.ledger_balances TO tix_admin;

DROP FUNCTION IF EXISTS tix.audit_money();
CREATE FUNCTION tix.audit_money()
RETURNS TABLE (law text, session_id uuid, subject text, detail text)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
-- Tables that fill during a sale have stale statistics, for which a nested loop is quadratic.
SET enable_nestloop = off AS $$
    WITH moved AS MATERIALIZED (  -- what the rows of payments and refunds say
        SELECT p.order_id, p.payment_id, NULL::uuid AS refund_id, p.amount, p.currency
        FROM payments p WHERE p.status = 'succeeded' AND p.amount > 0
        UNION ALL
        SELECT r.order_id, r.payment_id, r.refund_id, -r.amount, r.currency
        FROM refunds r WHERE r.status = 'succeeded'),
    booked AS MATERIALIZED (
        SELECT l.order_id, l.payment_id, l.refund_id, sum(l.amount) AS amount, l.currency,
               count(*) AS entries
        FROM ledger l WHERE l.kind IN ('captured', 'refunded')
        GROUP BY l.order_id, l.payment_id, l.refund_id, l.currency),
    differing AS (
        SELECT coalesce(m.order_id, b.order_id) AS order_id,
               format('%s %s: the rows say %s, the ledger %s %s in %s entries',
                      CASE WHEN coalesce(m.refund_id, b.refund_id) IS NULL THEN 'payment'
                           ELSE 'refund' END,
                      coalesce(m.refund_id, b.refund_id, m.payment_id, b.payment_id),
                      coalesce(m.amount, 0), coalesce(b.amount, 0),
                      coalesce(b.currency, m.currency), coalesce(b.entries, 0)) AS detail
        FROM moved m
        FULL JOIN booked b ON (b.order_id, b.payment_id, b.currency)
                            = (m.order_id, m.payment_id, m.currency)
             AND coalesce(b.refund_id, b.payment_id) = coalesce(m.refund_id, m.payment_id)
        WHERE m.amount IS DISTINCT FROM b.amount OR b.entries <> 1)
    SELECT 'O8', o.session_id, d.order_id::text, d.detail
    FROM differing d LEFT JOIN orders o USING (order_id)
    UNION ALL
    SELECT 'O8', o.session_id, order_id::text,
           format('payment %s: disputes took %s, the ledger says %s',
                  coalesce(d.payment_id, b.payment_id),
                  coalesce(d.amount, 0), -coalesce(b.amount, 0))
    FROM (SELECT k.order_id, k.payment_id, k.currency, sum(k.amount) AS amount
          FROM disputes k WHERE k.status <> 'won'
          GROUP BY k.order_id, k.payment_id, k.currency) d
    FULL JOIN (SELECT l.order_id, l.payment_id, l.currency, sum(l.amount) AS amount
               FROM ledger l WHERE l.kind IN ('chargeback', 'chargeback_reversed')
               GROUP BY l.order_id, l.payment_id, l.currency) b
        USING (order_id, payment_id, currency)
    LEFT JOIN orders o USING (order_id)
    WHERE coalesce(d.amount, 0) <> -coalesce(b.amount, 0)
    UNION ALL
    SELECT 'O5', o.session_id, p.order_id::text,
           format('payment %s: %s captured, %s refunded or owed', p.payment_id,
                  CASE WHEN p.status = 'succeeded' THEN p.amount ELSE 0 END, r.amount)
    FROM (SELECT q.payment_id, sum(q.amount) AS amount FROM refunds q
          WHERE q.status <> 'failed' GROUP BY q.payment_id) r
    JOIN payments p USING (payment_id) LEFT JOIN orders o USING (order_id)
    WHERE r.amount > CASE WHEN p.status = 'succeeded' THEN p.amount ELSE 0 END
    UNION ALL
    SELECT 'O4', o.session_id, o.order_id::text,
           format('%s: %s captured and neither tickets nor a refund', o.status, p.amount)
    FROM (SELECT q.order_id, sum(q.amount) AS amount FROM payments q
          WHERE q.status = 'succeeded' AND q.amount > 0 GROUP BY q.order_id) p
    JOIN orders o USING (order_id)
    WHERE o.status NOT IN ('completed', 'partially_refunded', 'refunded', 'paid_unfulfilled')
$$;
COMMENT ON FUNCTION tix.audit_money() IS
    'Internal: breaches of the laws of money that one snapshot proves: the ledger is not what '
    'payments, refunds and disputes say (O8), more is refunded or owed than a payment brought '
    '(O5), money came and the order has ended without it (O4). No row when all agrees.';

REVOKE ALL ON FUNCTION
    tix.book_payment, tix.book_refund, tix.keep_ledger, tix.audit_money FROM PUBLIC;
