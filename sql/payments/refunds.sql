-- Asking providers for the refunds that are owed: what is due, and what was refused for ever.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: tix_refunds_due() takes rows of refunds alone and waits for none of them.

DROP FUNCTION IF EXISTS tix.tix_refunds_due(int);
CREATE FUNCTION tix.tix_refunds_due(max_rows int DEFAULT 100)
RETURNS TABLE (refund_id uuid, payment_id uuid, order_id uuid, provider text,
               provider_transaction_id text, amount bigint, currency text, attempts int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();  -- the index takes no volatile condition
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be from 1 to 1000' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
        WITH due AS MATERIALIZED (
            SELECT r.refund_id FROM refunds r
            WHERE r.status = 'requested' AND r.next_try_at <= moment
            ORDER BY r.next_try_at LIMIT max_rows FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE refunds r
            SET attempts = r.attempts + 1,
                next_try_at = moment + least(60, 2 ^ least(r.attempts, 6)) * interval '1 second'
            FROM due WHERE r.refund_id = due.refund_id RETURNING r.*)
        SELECT c.refund_id, c.payment_id, c.order_id, p.provider, p.provider_transaction_id,
               c.amount, c.currency, c.attempts
        FROM claimed c JOIN payments p USING (payment_id);
END $$;
COMMENT ON FUNCTION tix.tix_refunds_due(int) IS
    'Claims at most max_rows (1 to 1000) refunds that are owed and due, the longest due first; two '
    'callers never get the same one at once. Ask the provider for each after COMMIT, with '
    'refund_id as its idempotency key: an unanswered one is due again after 1 s, then 2 s, '
    'doubling to 60 s, until an event "refunded" or tix_refund_refused() ends it. amount in minor '
    'units of the ISO 4217 currency; attempts counts this one. Error 22023: max_rows.';

DROP FUNCTION IF EXISTS tix.tix_refund_refused(uuid, text);
CREATE FUNCTION tix.tix_refund_refused(refund_id uuid, reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    owed tix.refunds;
BEGIN
    SELECT * INTO owed FROM refunds r WHERE r.refund_id = tix_refund_refused.refund_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'refund does not exist' USING ERRCODE = 'P0002';
    END IF;
    PERFORM FROM orders o WHERE o.order_id = owed.order_id FOR UPDATE;
    UPDATE refunds r SET status = 'failed', processed_at = clock_timestamp()
    WHERE r.refund_id = owed.refund_id AND r.status = 'requested';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO payment_alarms (kind, provider, order_id, detail)
    SELECT 'refund refused', p.provider, owed.order_id, jsonb_build_object(
        'refundId', owed.refund_id, 'paymentId', owed.payment_id, 'amount', owed.amount,
        'currency', owed.currency, 'reason', reason)
    FROM payments p WHERE p.payment_id = owed.payment_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.tix_refund_refused(uuid, text) IS
    'The provider will never pay this refund: it fails, nobody asks again, and an alarm tells a '
    'person, who has to pay it back in another way. Returns false, and changes nothing, when it '
    'has succeeded or failed already. Error P0002: unknown refund.';

REVOKE ALL ON FUNCTION tix.tix_refunds_due, tix.tix_refund_refused FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_refunds_due, tix.tix_refund_refused TO tix_app;
