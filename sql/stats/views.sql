-- Statistics of orders, payments and tickets for dashboards and alerts, one row a view.
-- Requires tix >= 1.0
--
-- Every figure is bounded: a count of what is open reads a partial index of that, a rate the last
-- minute by time, a total is the planner's estimate. Nothing reads what was sold long ago.

DROP VIEW IF EXISTS tix.tix_stat_orders;
CREATE VIEW tix.tix_stat_orders AS
    SELECT due.created, due.payment_pending, odd.in_doubt, odd.paid_unfulfilled, due.overdue,
           coalesce(extract(epoch FROM clock_timestamp() - due.oldest), 0)::double precision
               AS oldest_overdue_s,
           new.created AS created_60s, new.completed AS completed_60s, new.ended AS ended_60s,
           greatest(total.reltuples, 0)::bigint AS orders_estimate
    FROM (SELECT count(*) FILTER (WHERE o.status = 'created') AS created,
                 count(*) FILTER (WHERE o.status = 'payment_pending') AS payment_pending,
                 count(*) FILTER (WHERE o.expires_at <= clock_timestamp()) AS overdue,
                 min(o.expires_at) FILTER (WHERE o.expires_at <= clock_timestamp()) AS oldest
          FROM tix.orders o WHERE o.status IN ('created', 'payment_pending')) due,
         (SELECT count(*) FILTER (WHERE o.status = 'in_doubt') AS in_doubt,
                 count(*) FILTER (WHERE o.status = 'paid_unfulfilled') AS paid_unfulfilled
          FROM tix.orders o WHERE o.status IN ('in_doubt', 'paid_unfulfilled')) odd,
         (SELECT count(*) AS created, count(*) FILTER (WHERE o.status = 'completed') AS completed,
                 count(*) FILTER (WHERE o.status IN ('expired', 'cancelled', 'failed')) AS ended
          FROM tix.orders o WHERE o.created_at >= now() - interval '1 minute') new,
         pg_catalog.pg_class total WHERE total.oid = 'tix.orders'::regclass;
COMMENT ON VIEW tix.tix_stat_orders IS
    'Orders now: created and payment_pending (of them overdue for tix_expire_orders(), the oldest '
    'since oldest_overdue_s seconds), in_doubt, paid_unfulfilled; of those created in the last 60 '
    'seconds how many are completed or ended without money; orders_estimate: of all, by the last '
    'ANALYZE. Costs as much as there are open and new orders.';

DROP VIEW IF EXISTS tix.tix_stat_payments;
CREATE VIEW tix.tix_stat_payments AS
    SELECT new.succeeded AS succeeded_60s, new.failed AS failed_60s,
           owed.refunds AS refunds_requested, owed.due AS refunds_due,
           owed.tried AS refunds_retried,
           coalesce(extract(epoch FROM clock_timestamp() - owed.oldest), 0)::double precision
               AS oldest_refund_s,
           (SELECT count(*) FROM tix.payment_alarms a
            WHERE a.raised_at >= now() - interval '1 day') AS alarms_24h,
           greatest(total.reltuples, 0)::bigint AS payments_estimate
    FROM (SELECT count(*) FILTER (WHERE p.status = 'succeeded') AS succeeded,
                 count(*) FILTER (WHERE p.status = 'failed') AS failed
          FROM tix.payments p WHERE p.processed_at >= now() - interval '1 minute') new,
         (SELECT count(*) AS refunds, count(*) FILTER (WHERE r.next_try_at <= now()) AS due,
                 count(*) FILTER (WHERE r.attempts > 1) AS tried, min(r.created_at) AS oldest
          FROM tix.refunds r WHERE r.status = 'requested') owed,
         pg_catalog.pg_class total WHERE total.oid = 'tix.payments'::regclass;
COMMENT ON VIEW tix.tix_stat_payments IS
    'Payments that succeeded or failed in the last 60 seconds; refunds that are owed, of them due '
    'to be asked for now and asked for more than once, and the age of the oldest in seconds; '
    'alarms of a day; payments_estimate: of all, by the last ANALYZE.';

DROP VIEW IF EXISTS tix.tix_stat_funnel;
DROP FUNCTION IF EXISTS tix.tix_stat_funnel_rows();
-- A function, because a view over the engine's would have to go before DROP EXTENSION.
CREATE FUNCTION tix.tix_stat_funnel_rows(
    OUT grants bigint, OUT granted_seats bigint, OUT refusals bigint, OUT sold_seats bigint,
    OUT stats_reset timestamptz, OUT orders_60s bigint, OUT paid_60s bigint,
    OUT fulfilled_60s bigint, OUT tickets_60s bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    since CONSTANT timestamptz := clock_timestamp() - interval '1 minute';
BEGIN
    SELECT sum(s.grants), sum(s.granted_seats), sum(s.refusals), sum(s.sold_seats),
           min(s.stats_reset)
    INTO grants, granted_seats, refusals, sold_seats, stats_reset FROM tix_stat_partitions_rows() s;
    orders_60s := (SELECT count(*) FROM orders o WHERE o.created_at >= since);
    paid_60s := (SELECT count(DISTINCT p.order_id) FROM payments p
                 WHERE p.processed_at >= since AND p.status = 'succeeded');
    SELECT count(DISTINCT t.order_id), count(*) INTO fulfilled_60s, tickets_60s
    FROM tickets t WHERE t.issued_at >= since;
END $$;
COMMENT ON FUNCTION tix.tix_stat_funnel_rows() IS 'The row of the view tix_stat_funnel.';
CREATE VIEW tix.tix_stat_funnel AS SELECT * FROM tix.tix_stat_funnel_rows();
COMMENT ON VIEW tix.tix_stat_funnel IS
    'From hold to ticket: holds granted and refused, seats granted and sold since stats_reset, by '
    'the engine''s counters; and in the last 60 seconds orders made, orders paid, orders that got '
    'tickets, and tickets.';

DROP FUNCTION IF EXISTS tix.tix_double_sell_total();
CREATE FUNCTION tix.tix_double_sell_total() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    -- While the index stands it is the proof, and audit_seats() does not count.
    RETURN (SELECT count(*) FROM audit_seats('-infinity') a WHERE a.session_id IS NOT NULL);
END $$;
COMMENT ON FUNCTION tix.tix_double_sell_total() IS
    'Seats with more than one valid or used ticket; must be 0. Costs nothing while the unique '
    'index that excludes them stands; without it all tickets are counted.';

REVOKE ALL ON FUNCTION tix.tix_stat_funnel_rows, tix.tix_double_sell_total FROM PUBLIC;
REVOKE ALL ON tix.tix_stat_orders, tix.tix_stat_payments, tix.tix_stat_funnel FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_stat_funnel_rows, tix.tix_double_sell_total
    TO tix_admin, tix_monitor, pg_monitor;
GRANT EXECUTE ON FUNCTION tix.tix_double_sell_total TO tix_app;
GRANT SELECT ON tix.tix_stat_orders, tix.tix_stat_payments, tix.tix_stat_funnel
    TO tix_admin, tix_monitor, pg_monitor;
