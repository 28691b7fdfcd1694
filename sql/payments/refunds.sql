-- Asking providers for the refunds that are owed: what is due, what they answered, and once more.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: tix_refunds_due() takes rows of refunds alone and waits for none of them; all others
-- lock the order's row first.

DROP FUNCTION IF EXISTS tix.tix_refunds_due(int);
DROP FUNCTION IF EXISTS tix.tix_refunds_due(int, text[]);
CREATE FUNCTION tix.tix_refunds_due(max_rows int DEFAULT 100, providers text[] DEFAULT NULL)
RETURNS TABLE (refund_id uuid, payment_id uuid, order_id uuid, provider text,
               provider_transaction_id text, amount bigint, currency text, attempts int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
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
            WHERE r.status = 'requested' AND r.next_try_at <= moment AND NOT EXISTS (
                -- What the box office took it pays back over the counter: tix_refund_result().
                SELECT FROM payments o
                WHERE o.payment_id = r.payment_id
                  AND (o.provider = 'box_office' OR o.provider <> ALL (providers)))
            ORDER BY r.next_try_at LIMIT max_rows FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE refunds r
            SET attempts = r.attempts + 1,
                next_try_at = moment + greatest(
                    least(60, 2 ^ least(r.attempts, 6)) * interval '1 second',
                    (SELECT v.refund_pause FROM payments p JOIN payment_providers v USING (provider)
                     WHERE p.payment_id = r.payment_id))
            FROM due WHERE r.refund_id = due.refund_id RETURNING r.*)
        SELECT c.refund_id, c.payment_id, c.order_id, p.provider, p.provider_transaction_id,
               c.amount, c.currency, c.attempts
        FROM claimed c JOIN payments p USING (payment_id);
END $$;
COMMENT ON FUNCTION tix.tix_refunds_due(int, text[]) IS
    'Claims at most max_rows (1 to 1000) refunds that are owed and due, the longest due first, of '
    'the providers the caller can ask (NULL: of all); two callers never get the same one at once. '
    'Ask the provider for each after COMMIT, with refund_id as its idempotency key: an unanswered '
    'one is due again after 1 s, then 2 s, doubling to 60 s, but not before refund_pause of '
    'tix.payment_providers, until an event "refunded" or tix_refund_refused() ends it. amount in '
    'minor units of the ISO 4217 currency; attempts counts this one. Error 22023: max_rows.';

DROP FUNCTION IF EXISTS tix.locked_refund(uuid);
CREATE FUNCTION tix.locked_refund(refund_id uuid) RETURNS tix.refunds
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    owed tix.refunds;
BEGIN
    PERFORM FROM orders o
    WHERE o.order_id = (SELECT r.order_id FROM refunds r
                        WHERE r.refund_id = locked_refund.refund_id) FOR UPDATE;
    SELECT * INTO owed FROM refunds r WHERE r.refund_id = locked_refund.refund_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'refund does not exist' USING ERRCODE = 'P0002',
            HINT = 'Pass the refund_id of tix_refunds_due().';
    END IF;
    RETURN owed;
END $$;
COMMENT ON FUNCTION tix.locked_refund(uuid) IS
    'Internal: a refund, after locking its order and then it. Error P0002: it is unknown.';

DROP FUNCTION IF EXISTS tix.tix_refund_refused(uuid, text);
CREATE FUNCTION tix.tix_refund_refused(refund_id uuid, reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN fail_refund(locked_refund(tix_refund_refused.refund_id), 'refund refused', reason);
END $$;
COMMENT ON FUNCTION tix.tix_refund_refused(uuid, text) IS
    'The provider will never pay this refund: it fails, nobody asks again, and an alarm tells a '
    'person, who has to pay it back in another way or calls tix_retry_refund(). Returns false, and '
    'changes nothing, when it has succeeded or failed already. Error P0002: unknown refund.';

DROP FUNCTION IF EXISTS tix.tix_refund_result(uuid, text, text, text);
CREATE FUNCTION tix.tix_refund_result(
    refund_id uuid, outcome text, provider_refund_id text DEFAULT NULL, detail text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    theirs CONSTANT text := tix_refund_result.provider_refund_id;
    owed tix.refunds;
BEGIN
    IF outcome IS NULL OR outcome NOT IN ('ok', 'failed') OR theirs = ''
       OR octet_length(theirs) > 255 THEN
        RAISE EXCEPTION 'outcome of a refund must be "ok" or "failed"' USING ERRCODE = '22023',
            HINT = 'The provider''s name of the refund has 1 to 255 bytes.';
    END IF;
    owed := locked_refund(tix_refund_result.refund_id);
    IF EXISTS (SELECT FROM refunds r
               WHERE r.payment_id = owed.payment_id AND r.provider_refund_id = theirs
                 AND r.refund_id <> owed.refund_id)
       OR owed.provider_refund_id <> theirs THEN
        RAISE EXCEPTION 'refund % of the provider is another one', theirs USING ERRCODE = '22023',
            HINT = 'Pass the name the provider gave to this refund.';
    ELSIF outcome = 'ok' AND owed.status = 'succeeded'
          OR outcome = 'failed' AND owed.status = 'failed' THEN
        RETURN 'duplicate';
    ELSIF outcome = 'ok' THEN
        RETURN CASE WHEN succeed_refund(owed, theirs) THEN 'applied' ELSE 'ignored' END;
    END IF;
    RETURN CASE WHEN fail_refund(owed, 'refund refused', detail) THEN 'applied'
                ELSE 'ignored' END;
END $$;
COMMENT ON FUNCTION tix.tix_refund_result(uuid, text, text, text) IS
    'What the provider answered when it was asked for a refund: outcome ok (paid) or failed '
    '(never will be: detail says why, and an alarm tells a person); provider_refund_id is its '
    'name for it, 1 to 255 bytes. Returns applied; duplicate (known); ignored (failed after it '
    'was paid, or paid after it was owed again). Errors: 22023 outcome or name, P0002 unknown '
    'refund.';

DROP FUNCTION IF EXISTS tix.tix_retry_refund(uuid, uuid);
CREATE FUNCTION tix.tix_retry_refund(refund_id uuid, staff uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    failed CONSTANT tix.refunds := locked_refund(tix_retry_refund.refund_id);
    again uuid;
BEGIN
    IF failed.status <> 'failed' THEN
        RAISE EXCEPTION 'refund cannot be retried: it is "%"', failed.status
            USING ERRCODE = 'TX010', HINT = 'Only a refund that failed is owed again.';
    ELSIF EXISTS (SELECT FROM refunds r
                  WHERE r.order_item_id = failed.order_item_id AND r.status <> 'failed'
                    AND r.payment_id = failed.payment_id) THEN
        RAISE EXCEPTION 'the seat''s refund is owed again already' USING ERRCODE = 'TX010',
            HINT = 'Wait for its outcome.';
    END IF;
    INSERT INTO refunds (payment_id, order_id, order_item_id, amount, currency, reason, goodwill,
                         requested_by)
    SELECT failed.payment_id, failed.order_id, failed.order_item_id, failed.amount,
           failed.currency, failed.reason, failed.goodwill, staff
    FROM refundable(failed.order_id) b
    WHERE b.payment_id = failed.payment_id AND b.remaining >= failed.amount
    RETURNING refund_id INTO again;
    IF again IS NULL THEN
        RAISE EXCEPTION 'refund exceeds what was captured and not refunded' USING ERRCODE = 'TX008',
            HINT = 'Refund at most what the order''s payments have left.';
    END IF;
    RETURN again;
END $$;
COMMENT ON FUNCTION tix.tix_retry_refund(uuid, uuid) IS
    'Owes a refund that failed once more, in a new row, which it returns; staff: who asked, kept '
    'with it. Errors: P0002 unknown refund, TX008 the payment has not that much left, TX010 it has '
    'not failed or is owed again already.';

REVOKE ALL ON FUNCTION
    tix.tix_refunds_due, tix.locked_refund, tix.tix_refund_refused, tix.tix_refund_result,
    tix.tix_retry_refund FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_refunds_due, tix.tix_refund_refused, tix.tix_refund_result TO tix_app;
GRANT EXECUTE ON FUNCTION tix.tix_retry_refund TO tix_admin;
