-- The audit of orders: seats, tickets and money of each, judged in one snapshot.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.audit_suspects();
CREATE FUNCTION tix.audit_suspects() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
-- Tables that fill during a sale have stale statistics, for which a nested loop is quadratic.
SET enable_nestloop = off SET work_mem = '64MB' AS $$
BEGIN
    RETURN ARRAY(
    SELECT coalesce(o.order_id, t.order_id)
    FROM orders o
    FULL JOIN (SELECT k.order_id, count(*) AS n, bit_xor(hashtextextended(k.seat_id, 0)) AS seats,
                      min(uuid_hash(k.session_id)) AS house, max(uuid_hash(k.session_id)) AS other
               FROM tickets k WHERE k.status IN ('valid', 'used') GROUP BY k.order_id) t
        ON t.order_id = o.order_id
    LEFT JOIN (SELECT i.order_id, count(*) AS n, bit_xor(hashtextextended(i.seat_id, 0)) AS seats,
                      sum(i.price_amount) AS worth, max(i.kept_amount) AS kept
               FROM order_items i WHERE i.cancelled_at IS NULL GROUP BY i.order_id) i
        ON i.order_id = o.order_id
    LEFT JOIN (SELECT p.order_id, p.currency, sum(p.amount) AS amount FROM payments p
               WHERE p.status = 'succeeded' GROUP BY p.order_id, p.currency) p
        ON p.order_id = o.order_id AND p.currency = o.total_currency
    LEFT JOIN (SELECT r.order_id, sum(r.amount) AS amount, bool_or(r.status = 'failed') AS failed
               FROM refunds r GROUP BY r.order_id) r
        ON r.order_id = o.order_id
    WHERE CASE
        WHEN o.status = 'completed' THEN
            (t.n = i.n AND t.seats = i.seats AND i.kept = 0 AND r.amount IS NULL
             AND t.house = uuid_hash(o.session_id) AND t.other = t.house
             AND coalesce(p.amount, 0) = i.worth) IS NOT TRUE
        WHEN o.status <> 'partially_refunded' THEN
            (t.n IS NULL AND coalesce(i.kept, 0) = 0 AND r.failed IS NOT TRUE
             AND coalesce(p.amount, 0) = coalesce(r.amount, 0)) IS NOT TRUE
        ELSE true END);
END $$;
COMMENT ON FUNCTION tix.audit_suspects() IS
    'Internal: the orders audit_orders() has to look at: all but those whose count and digest of '
    'seats and whose sums are plainly those of a completed order, or of one without tickets.';

DROP FUNCTION IF EXISTS tix.audit_facts(uuid[]);
CREATE FUNCTION tix.audit_facts(which uuid[])
RETURNS TABLE (order_id uuid, session_id uuid, status text, items bigint, ticketed bigint,
               wrong bigint, stray bigint, doubly bigint, worth numeric, kept numeric,
               captured numeric, refunded numeric, failed numeric, lost numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = tix, pg_catalog, pg_temp
-- Custom plans: many orders are hashed, a few are probed.
SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH ticket AS (
        SELECT k.order_id, k.seat_id, k.session_id, count(*) AS n FROM tickets k
        WHERE k.status IN ('valid', 'used') AND k.order_id = ANY (which)
        GROUP BY k.order_id, k.seat_id, k.session_id),
    item AS (
        SELECT i.order_id, i.seat_id, i.price_amount, i.kept_amount,
               i.cancelled_at IS NOT NULL AS gone, r.n IS NOT NULL AS back
        FROM order_items i LEFT JOIN (
            SELECT f.order_item_id, count(*) AS n FROM refunds f
            WHERE f.order_item_id IS NOT NULL AND f.status <> 'failed' AND NOT f.goodwill
              AND f.order_id = ANY (which)
            GROUP BY f.order_item_id) r USING (order_item_id)
        WHERE i.order_id = ANY (which)),
    seat AS (
        SELECT order_id, count(i.price_amount) AS items,
               count(*) FILTER (WHERE i.price_amount IS NOT NULL AND t.n > 0) AS ticketed,
               count(*) FILTER (WHERE i.price_amount IS NOT NULL
                                  AND coalesce(t.n, 0) <> (NOT i.gone)::int) AS wrong,
               count(*) FILTER (WHERE i.price_amount IS NULL) AS stray,
               count(*) FILTER (WHERE i.back AND t.n > 0) AS doubly,
               sum(i.price_amount * t.n) AS worth, sum(i.kept_amount) AS kept,
               array_agg(DISTINCT t.session_id) FILTER (WHERE t.n > 0) AS houses
        FROM item i FULL JOIN ticket t USING (order_id, seat_id) GROUP BY order_id),
    paid AS (
        SELECT p.order_id, p.currency, sum(p.amount) AS captured FROM payments p
        WHERE p.status = 'succeeded' AND p.order_id = ANY (which)
        GROUP BY p.order_id, p.currency),
    back AS (
        SELECT r.order_id, r.currency,
               sum(r.amount) FILTER (WHERE r.status <> 'failed' AND NOT r.goodwill) AS refunded,
               sum(r.amount) FILTER (WHERE r.status <> 'failed' AND r.goodwill) AS goodwill,
               sum(r.amount) FILTER (WHERE r.status = 'failed') AS failed
        FROM refunds r WHERE r.order_id = ANY (which)
        GROUP BY r.order_id, r.currency),
    bank AS (
        SELECT d.order_id, d.currency, sum(d.amount) AS taken FROM disputes d
        WHERE d.status <> 'won' AND d.order_id = ANY (which)
        GROUP BY d.order_id, d.currency)
    SELECT coalesce(o.order_id, s.order_id), coalesce(o.session_id, s.houses[1]), o.status,
           coalesce(s.items, 0), coalesce(s.ticketed, 0), coalesce(s.wrong, 0),
           coalesce(s.stray, 0) + coalesce((s.houses <> ARRAY[o.session_id])::int, 0),
           coalesce(s.doubly, 0), coalesce(s.worth, 0), coalesce(s.kept, 0),
           coalesce(p.captured, 0), coalesce(b.refunded, 0), coalesce(b.failed, 0),
           coalesce(b.goodwill, 0) + coalesce(d.taken, 0)
    FROM (SELECT * FROM orders k WHERE k.order_id = ANY (which)) o
    FULL JOIN seat s ON s.order_id = o.order_id
    LEFT JOIN paid p ON p.order_id = o.order_id AND p.currency = o.total_currency
    LEFT JOIN back b ON b.order_id = o.order_id AND b.currency = o.total_currency
    LEFT JOIN bank d ON d.order_id = o.order_id AND d.currency = o.total_currency;
END $$;
COMMENT ON FUNCTION tix.audit_facts(uuid[]) IS
    'Internal: of each of these orders, in one snapshot: its items; items with a ticket '
    '(ticketed), with not as many as they should have in a completed order (wrong), '
    'with a ticket and a refund (doubly); tickets without an item or in another session (stray); '
    'and in minor units the price of items with tickets, what the house keeps, what was captured, '
    'what is or will be refunded for what was cancelled, what the provider refused to pay back '
    '(failed), and what the house gave in goodwill or the bank took back (lost). status NULL: '
    'tickets of an order that does not exist.';

DROP FUNCTION IF EXISTS tix.audit_orders(uuid[]);
CREATE FUNCTION tix.audit_orders(which uuid[])
RETURNS TABLE (law text, session_id uuid, subject text, detail text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF which = '{}' THEN RETURN; END IF;  -- nothing to plan, either
    RETURN QUERY
    WITH judged AS (
        SELECT f.*, array_remove(ARRAY[
            CASE WHEN f.status = 'completed' AND (f.wrong > 0 OR f.ticketed = 0)
                   OR f.stray > 0 AND f.status IS NOT NULL
                   OR f.ticketed > 0 AND f.status IN ('created', 'payment_pending', 'in_doubt',
                                                      'refunded', 'paid_unfulfilled')
                   OR f.status IS NULL THEN 'O2' END,
            CASE WHEN f.ticketed > 0 AND f.status IN ('expired', 'failed', 'cancelled')
                 THEN 'O3' END,
            CASE WHEN f.doubly > 0 OR f.captured > 0 AND f.worth > 0 AND f.refunded >= f.captured
                   OR f.captured > f.refunded + f.failed + f.lost AND f.ticketed = 0 AND f.kept = 0
                 THEN 'O4' END,
            CASE WHEN f.captured - f.refunded - f.worth - f.kept NOT BETWEEN 0 AND f.failed + f.lost
                 THEN 'O5' END], NULL) AS laws
        FROM audit_facts(which) f)
    SELECT l.law, j.session_id, j.order_id::text, CASE l.law
        WHEN 'O4' THEN format('%s: %s captured, %s refunded, %s tickets, %s items with both',
                              j.status, j.captured, j.refunded, j.ticketed, j.doubly)
        WHEN 'O5' THEN format('%s: %s captured - %s refunded, %s for tickets + %s kept',
                              j.status, j.captured, j.refunded, j.worth, j.kept)
        ELSE format('%s: %s items, %s with a ticket, %s tickets astray',
                    coalesce(j.status, 'no such order'), j.items, j.ticketed, j.stray) END
    FROM judged j CROSS JOIN LATERAL unnest(j.laws) AS l (law) WHERE j.laws <> '{}';
END $$;
COMMENT ON FUNCTION tix.audit_orders(uuid[]) IS
    'Internal: breaches of the laws O2 to O5 by these orders, that one snapshot of the tables '
    'proves. A refund the provider refused for ever counts as neither paid nor '
    'kept: a person owes it, and an alarm says so.';

REVOKE ALL ON FUNCTION tix.audit_suspects, tix.audit_facts, tix.audit_orders FROM PUBLIC;
