-- Order reads: the buyer's own orders, one or a page of them.
-- Requires tix >= 1.0
--
-- Plans: PL/pgSQL keeps them for as long as a pooled connection lives; SQL would plan every call.
-- enable_seqscan = off: a plan made while a table was small must do when it has grown.

DROP FUNCTION IF EXISTS tix.items_of_order(uuid);
CREATE FUNCTION tix.items_of_order(order_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_build_object(
                       'seatId', i.seat_id, 'lockId', i.lock_id::text, 'tariff', i.tariff,
                       'attendee', i.attendee, 'priceAmount', i.price_amount,
                       'priceCurrency', i.price_currency,
                       'baseAmount', coalesce(i.base_amount, i.price_amount),
                       'discountAmount', i.discount_amount, 'feeAmount', i.fee_amount,
                       'taxAmount', i.tax_amount, 'keptAmount', i.kept_amount,
                       'cancelledAt', rfc3339(i.cancelled_at),
                       'charges', coalesce((
                           SELECT jsonb_agg(jsonb_build_object(
                                      'kind', c.kind, 'name', c.name, 'amount', c.amount,
                                      'included', c.included) ORDER BY c.kind, c.name)
                           FROM order_item_charges c
                           WHERE c.order_item_id = i.order_item_id), '[]'))
                   ORDER BY i.seat_id)
            FROM order_items i WHERE i.order_id = items_of_order.order_id);
END $$;
COMMENT ON FUNCTION tix.items_of_order(uuid) IS
    'Internal: [{seatId, lockId, tariff, attendee, priceAmount (minor units, what the buyer pays), '
    'priceCurrency, baseAmount, discountAmount, feeAmount, taxAmount, keptAmount, cancelledAt, '
    'charges [{kind, name, amount, included}]}] of an order.';

DROP FUNCTION IF EXISTS tix.tix_get_order(uuid, uuid);
CREATE FUNCTION tix.tix_get_order(
    INOUT order_id uuid, user_id uuid, OUT session_id uuid, OUT status text,
    OUT total_amount bigint, OUT total_currency text, OUT created_at timestamptz,
    OUT expires_at timestamptz, OUT completed_at timestamptz, OUT items jsonb, OUT version int)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    RETURN QUERY
        SELECT o.order_id, o.session_id,
               CASE WHEN o.status IN ('created', 'payment_pending')
                         AND o.expires_at <= clock_timestamp()
                    THEN shown_status(o) ELSE o.status END,
               o.total_amount, o.total_currency, o.created_at,
               o.expires_at, o.completed_at, items_of_order(o.order_id), o.event_sequence
        FROM orders o WHERE o.order_id = $1 AND o.user_id = $2;
END $$;
COMMENT ON FUNCTION tix.tix_get_order(uuid, uuid) IS
    'The order of this user, with items [{seatId, lockId, tariff, attendee, priceAmount (minor '
    'units, what is to be paid), priceCurrency, baseAmount, discountAmount, feeAmount, taxAmount, '
    'keptAmount, cancelledAt, charges [{kind, name, amount, included}]}]; no row when it is '
    'unknown or another''s. An unpaid order that lost its seats is "expired" or "in_doubt" from '
    'that moment on. expires_at is for display; version grows with every change of the state, '
    'and is the number of the last event (tix_news).';

DROP FUNCTION IF EXISTS tix.tix_list_orders(uuid, uuid, int);
CREATE FUNCTION tix.tix_list_orders(
    user_id uuid, after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (order_id uuid, session_id uuid, status text, total_amount bigint,
               total_currency text, created_at timestamptz, expires_at timestamptz,
               completed_at timestamptz, items jsonb, version int)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    RETURN QUERY
        SELECT o.order_id, o.session_id,
               CASE WHEN o.status IN ('created', 'payment_pending')
                         AND o.expires_at <= clock_timestamp()
                    THEN shown_status(o) ELSE o.status END,
               o.total_amount, o.total_currency, o.created_at,
               o.expires_at, o.completed_at, items_of_order(o.order_id), o.event_sequence
        FROM orders o
        WHERE o.user_id = $1
          AND ($2 IS NULL OR (o.created_at, o.order_id) < (SELECT a.created_at, a.order_id
                   FROM orders a WHERE a.order_id = $2 AND a.user_id = $1))
        ORDER BY o.created_at DESC, o.order_id DESC LIMIT page_size($3);
END $$;
COMMENT ON FUNCTION tix.tix_list_orders(uuid, uuid, int) IS
    'Orders of this user as tix_get_order, newest first, max_rows (1 to 100) from behind the order '
    '"after" (NULL: from the newest; unknown or another''s: no rows). Error 22023: max_rows.';

REVOKE ALL ON FUNCTION tix.items_of_order, tix.tix_get_order, tix.tix_list_orders FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_get_order, tix.tix_list_orders TO tix_app;
