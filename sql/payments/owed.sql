-- Owing money back: one way in, which never owes more than was captured.
-- Requires tix >= 1.0
--
-- Locking: the order's row is locked before its payments and refunds are counted, so what two
-- transactions owe of one order is counted one after the other.

DROP FUNCTION IF EXISTS tix.refundable(uuid);
CREATE FUNCTION tix.refundable(order_id uuid)
RETURNS TABLE (payment_id uuid, remaining bigint, currency text, not_refunded bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT p.payment_id,
               greatest(p.amount - coalesce(back.amount, 0) + coalesce(bank.amount, 0), 0)::bigint,
               p.currency, (p.amount - coalesce(back.amount, 0))::bigint
        FROM payments p
        JOIN orders o USING (order_id)
        CROSS JOIN LATERAL (SELECT sum(r.amount) AS amount FROM refunds r
                            WHERE r.payment_id = p.payment_id AND r.status <> 'failed') back
        CROSS JOIN LATERAL (SELECT sum(l.amount) AS amount FROM ledger l
                            WHERE l.order_id = p.order_id AND l.payment_id = p.payment_id
                              AND l.kind IN ('chargeback', 'chargeback_reversed')) bank
        WHERE p.order_id = refundable.order_id AND p.status = 'succeeded'
        ORDER BY p.payment_id IS DISTINCT FROM o.payment_id, p.created_at, p.payment_id;
END $$;
COMMENT ON FUNCTION tix.refundable(uuid) IS
    'Internal: what each payment of an order can still give back, in minor units: captured - '
    'refunds that have not failed - what the bank took back; not_refunded is without the bank. '
    'The payment that paid the order comes first.';

DROP FUNCTION IF EXISTS tix.owe_money(uuid, uuid, bigint, text, uuid, boolean);
CREATE FUNCTION tix.owe_money(
    order_id uuid, order_item_id uuid, amount bigint, reason text, staff uuid, goodwill boolean)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    owing CONSTANT uuid := owe_money.order_id;
    item CONSTANT uuid := owe_money.order_item_id;
    missing bigint := owe_money.amount;
    first uuid;
BEGIN
    IF missing IS NULL OR missing < 0 OR reason IS NULL THEN
        RAISE EXCEPTION 'amount and reason of a refund must be given, the amount not negative'
            USING ERRCODE = '22023', HINT = 'The amount is in minor units of the currency.';
    END IF;
    PERFORM FROM orders o WHERE o.order_id = owing FOR UPDATE;
    IF NOT FOUND OR item IS NOT NULL AND NOT EXISTS (
        SELECT FROM order_items i WHERE i.order_item_id = item AND i.order_id = owing) THEN
        RAISE EXCEPTION 'order or its item does not exist' USING ERRCODE = 'P0002',
            HINT = 'The item must be one of the order.';
    ELSIF EXISTS (SELECT FROM refunds r WHERE r.order_item_id = item AND r.status <> 'failed') THEN
        RAISE EXCEPTION 'a refund of the item exists' USING ERRCODE = 'TX010',
            HINT = 'Only a refund that failed can be owed again.';
    END IF;
    WITH counted AS MATERIALIZED (
        SELECT c.*, sum(c.remaining) OVER (ORDER BY c.place) - c.remaining AS before
        FROM refundable(owing) WITH ORDINALITY
            AS c (payment_id, remaining, currency, not_refunded, place)),
    taken AS (
        INSERT INTO refunds (payment_id, order_id, order_item_id, amount, currency, reason,
                             requested_by, goodwill)
        SELECT c.payment_id, owing, item, least(c.remaining, missing - c.before), c.currency,
               owe_money.reason, staff, owe_money.goodwill
        FROM counted c WHERE c.remaining > 0 AND c.before < missing ORDER BY c.place
        RETURNING refund_id, amount)
    SELECT missing - coalesce(sum(t.amount), 0), (array_agg(t.refund_id))[1]
    INTO missing, first FROM taken t;
    IF missing > 0 THEN
        RAISE EXCEPTION 'refund exceeds what was captured and not refunded' USING ERRCODE = 'TX008',
            DETAIL = json_build_object('orderId', owing, 'exceededBy', missing),
            HINT = 'Refund at most what the order''s payments have left.';
    END IF;
    RETURN first;
END $$;
COMMENT ON FUNCTION tix.owe_money(uuid, uuid, bigint, text, uuid, boolean) IS
    'Internal: owe_refund(), for a member of staff who asked for it (NULL: nobody did), and in '
    'goodwill when the tickets stay.';

DROP FUNCTION IF EXISTS tix.owe_refund(uuid, uuid, bigint, text);
CREATE FUNCTION tix.owe_refund(order_id uuid, order_item_id uuid, amount bigint, reason text)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN owe_money(order_id, order_item_id, amount, reason, NULL, false);
END $$;
COMMENT ON FUNCTION tix.owe_refund(uuid, uuid, bigint, text) IS
    'Internal: owes an amount in minor units back to the payer of an order, for one item or (NULL) '
    'for the order, and returns the refund; of several payments the one that paid the order gives '
    'first and each has a refund of its own, the first is returned. 0 owes nothing and returns '
    'NULL. The order''s state is the caller''s to change. Errors: 22023 NULL or negative, P0002 '
    'unknown order or item of another, TX008 more than was captured and is not refunded, owed or '
    'taken back by the bank, TX010 the item has a refund that has not failed.';

REVOKE ALL ON FUNCTION tix.refundable, tix.owe_money, tix.owe_refund FROM PUBLIC;
