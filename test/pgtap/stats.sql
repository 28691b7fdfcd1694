-- Statistics: flat numbers, cheap, for those who watch and nobody else.
\ir fixture.psql
SELECT plan(26);
SELECT columns_are('tix', v, c, v || ' has these columns') FROM (VALUES
    ('tix_stat_orders', '{created,payment_pending,in_doubt,paid_unfulfilled,overdue,
        oldest_overdue_s,created_60s,completed_60s,ended_60s,orders_estimate}'::name[]),
    ('tix_stat_payments', '{succeeded_60s,failed_60s,refunds_requested,refunds_due,refunds_retried,
        oldest_refund_s,alarms_24h,payments_estimate}'),
    ('tix_stat_funnel', '{grants,granted_seats,refusals,sold_seats,stats_reset,orders_60s,paid_60s,
        fulfilled_60s,tickets_60s}')) w (v, c);
SELECT is_empty($$
    SELECT a.attrelid::regclass, a.attname FROM pg_attribute a
    WHERE a.attrelid = ANY ('{tix_stat_orders,tix_stat_payments,tix_stat_funnel}'::regclass[])
      AND a.attnum > 0 AND a.atttypid NOT IN ('bigint'::regtype, 'float8'::regtype)
      AND a.attname <> 'stats_reset'$$, 'every column is a number, but for when they began');
SELECT is((SELECT count(*) FROM tix_stat_orders), 1::bigint, 'orders are a row');
SELECT is((SELECT count(*) FROM tix_stat_payments), 1::bigint, 'payments are a row');
SELECT is((SELECT count(*) FROM tix_stat_funnel), 1::bigint, 'the funnel is a row');

-- What other tests sold in the last minute would leave the minute meanwhile.
UPDATE orders SET created_at = created_at - interval '1 day'
WHERE created_at > now() - interval '2 minutes';
UPDATE payments SET processed_at = processed_at - interval '1 day'
WHERE processed_at > now() - interval '2 minutes';
UPDATE tickets SET issued_at = issued_at - interval '1 day'
WHERE issued_at > now() - interval '2 minutes';
CREATE TEMP TABLE was AS SELECT * FROM tix_stat_orders;
CREATE TEMP TABLE flow AS SELECT * FROM tix_stat_funnel;
CREATE TEMP TABLE money AS SELECT * FROM tix_stat_payments;
SELECT pg_temp.order_for(:'session', 'A-1', :'ann') AS made,
       pg_temp.order_for(:'session', 'A-2', :'ann') AS begun,
       pg_temp.paid(:'session', 'A-3 A-4', :'ann') AS paid \gset
SELECT FROM tix_begin_payment(:'begun');
SELECT results_eq($$
    SELECT n.created - w.created, n.payment_pending - w.payment_pending,
           n.created_60s - w.created_60s, n.completed_60s - w.completed_60s
    FROM tix_stat_orders n, was w$$, 'VALUES (1::bigint, 1::bigint, 3::bigint, 1::bigint)',
    'orders are counted by what became of them');
SELECT results_eq($$
    SELECT n.orders_60s - w.orders_60s, n.paid_60s - w.paid_60s,
           n.fulfilled_60s - w.fulfilled_60s, n.tickets_60s - w.tickets_60s,
           n.grants - w.grants, n.granted_seats - w.granted_seats, n.sold_seats - w.sold_seats
    FROM tix_stat_funnel n, flow w$$,
    'VALUES (3::bigint, 1::bigint, 1::bigint, 2::bigint, 3::bigint, 4::bigint, 2::bigint)',
    'from hold to ticket fewer get through at each step');
SELECT is((SELECT n.overdue - w.overdue FROM tix_stat_orders n, was w), 0::bigint,
    'none is overdue');
UPDATE orders SET expires_at = clock_timestamp() - interval '90 s' WHERE order_id = :'made';
SELECT is((SELECT n.overdue - w.overdue FROM tix_stat_orders n, was w), 1::bigint,
    'one that nobody expired is');
SELECT cmp_ok((SELECT oldest_overdue_s FROM tix_stat_orders), '>=', 90::double precision,
    'since so many seconds');
UPDATE orders SET status = 'expired' WHERE order_id = :'made';
SELECT release_order_seats(:'made', :'ann') \g /dev/null
UPDATE orders SET status = 'in_doubt' WHERE order_id = :'begun';
SELECT results_eq($$
    SELECT n.in_doubt - w.in_doubt, n.ended_60s - w.ended_60s, n.payment_pending - w.payment_pending
    FROM tix_stat_orders n, was w$$, 'VALUES (1::bigint, 1::bigint, 0::bigint)',
    'orders in doubt and ended ones are counted');

SELECT is((SELECT n.succeeded_60s - w.succeeded_60s FROM tix_stat_payments n, money w), 1::bigint,
    'payments of the last minute are counted');
SELECT tix_cancel_ticket(ticket_id, :'ann') FROM tickets WHERE order_id = :'paid' \g /dev/null
SELECT results_eq($$
    SELECT n.refunds_requested - w.refunds_requested, n.refunds_due - w.refunds_due
    FROM tix_stat_payments n, money w$$, 'VALUES (2::bigint, 2::bigint)',
    'refunds that are owed are counted');
UPDATE refunds SET created_at = now() - interval '1 hour', attempts = 2,
    next_try_at = now() + interval '1 minute' WHERE order_id = :'paid';
SELECT results_eq($$
    SELECT n.refunds_due - w.refunds_due, n.refunds_retried - w.refunds_retried,
           n.oldest_refund_s >= 3600
    FROM tix_stat_payments n, money w$$, 'VALUES (0::bigint, 2::bigint, true)',
    'and how long they wait, and how often they were asked for');
SELECT tix_refund_refused(refund_id, 'x') FROM refunds WHERE order_id = :'paid' \g /dev/null
SELECT results_eq($$
    SELECT n.refunds_requested - w.refunds_requested, n.alarms_24h - w.alarms_24h
    FROM tix_stat_payments n, money w$$, 'VALUES (0::bigint, 2::bigint)',
    'a refund that failed is an alarm');

-- Bounded: what is open and what is new is read by an index, whatever was sold.
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || query; END $$;
SELECT is_empty(format('SELECT * FROM pg_temp.plan(%L) p WHERE p ~ %L', 'SELECT * FROM ' || v,
    'Seq Scan on (orders|payments|refunds|payment_alarms)'), v || ' reads no table from end to end')
FROM unnest('{tix_stat_orders,tix_stat_payments}'::text[]) v;
RESET enable_seqscan;

-- Who may look.
GRANT USAGE ON SCHEMA public TO tix_monitor, tix_app;
SET ROLE tix_monitor;
SELECT lives_ok('SELECT * FROM tix.' || v, 'the monitor reads ' || v)
FROM unnest('{tix_stat_orders,tix_stat_payments,tix_stat_funnel}'::text[]) v;
SELECT is(tix.tix_double_sell_total(), 0::bigint, 'and that no seat was sold twice');
SELECT throws_ok('SELECT * FROM tix.orders', '42501', NULL, 'the monitor reads no order');
RESET ROLE;
SET ROLE tix_app;
SELECT throws_ok('SELECT * FROM tix.tix_stat_orders', '42501', NULL, 'the gateway need not look');
RESET ROLE;
SET ROLE pg_monitor;
SELECT lives_ok('SELECT * FROM tix.tix_stat_orders', 'who watches the server may');
RESET ROLE;
REVOKE USAGE ON SCHEMA public FROM tix_monitor, tix_app;
SELECT * FROM finish();
