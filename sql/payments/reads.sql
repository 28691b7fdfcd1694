-- Payment reads: what of an order's money goes back to the buyer.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_list_refunds(uuid, uuid);
CREATE FUNCTION tix.tix_list_refunds(order_id uuid, user_id uuid)
RETURNS TABLE (refund_id uuid, amount bigint, currency text, status text, reason text,
               seat_id text, requested_at timestamptz, processed_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 3
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT r.refund_id, r.amount, r.currency, r.status, r.reason, i.seat_id, r.created_at,
               r.processed_at
        FROM orders o JOIN refunds r USING (order_id)
        LEFT JOIN order_items i ON i.order_item_id = r.order_item_id
        WHERE o.order_id = $1 AND o.user_id = $2 ORDER BY r.created_at, r.refund_id;
END $$;
COMMENT ON FUNCTION tix.tix_list_refunds(uuid, uuid) IS
    'The refunds of this user''s order, the oldest first: amount in minor units; status requested '
    '(owed), succeeded (paid back) or failed (a person looks at it); seat_id: the seat it is for, '
    'NULL for the order. No row for an unknown or another''s order.';

REVOKE ALL ON FUNCTION tix.tix_list_refunds FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_list_refunds TO tix_app;
