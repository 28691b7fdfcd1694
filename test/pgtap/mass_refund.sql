-- Mass refunds: of a cancelled session everybody gets the money back, in steps that may be broken
-- off; of a postponed one whoever wants it.
\ir fixture.psql
SELECT plan(59);
INSERT INTO users (email, role) VALUES ('admin' || :'plan', 'admin'), ('buyer' || :'plan', 'buyer');
SELECT min(user_id::text) FILTER (WHERE role = 'admin') AS admin,
       min(user_id::text) FILTER (WHERE role = 'buyer') AS buyer
FROM users WHERE email LIKE '%' || :'plan' \gset
CREATE FUNCTION pg_temp.event(id text, kind text, o uuid, amount bigint) RETURNS text LANGUAGE sql
AS $$
    SELECT result || '/' || next_action FROM tix.tix_payment_event('mock', id || o, kind,
        'tx-' || o, o, amount, 'EUR')
$$;
CREATE FUNCTION pg_temp.tickets(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(status, ' ' ORDER BY status) FROM tix.tickets WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.owed(o uuid) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(amount)::bigint FROM tix.refunds WHERE order_id = $1 AND status = 'requested'
$$;
CREATE FUNCTION pg_temp.progress(session uuid) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s of %s, %s failed%s', done, total, failed,
                  CASE WHEN finished_at IS NOT NULL THEN ', finished' END)
    FROM tix.tix_mass_refunds($1)
$$;
-- A second session, which is to be postponed.
SELECT tix_create_session(:'event', :'map', now() + interval '9 days') AS moved \gset
SELECT * FROM tix_open_session(:'moved') \gset m_
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS paid,
       pg_temp.paid(:'session', 'A-3', :'bob') AS part,
       pg_temp.order_for(:'session', 'A-4', :'ann') AS created,
       pg_temp.order_for(:'session', 'A-5', :'ann') AS pending,
       pg_temp.paid(:'session', 'A-6 A-7', :'bob') AS locked,
       pg_temp.hold(:'session', 'B-9', :'bob') AS held,
       pg_temp.order_for(:'session', 'B-1', :'bob') AS late,
       pg_temp.paid(:'moved', 'A-1 A-2', :'ann') AS elsewhere \gset
SELECT count(*) FROM unnest(ARRAY[:'pending', :'late']::uuid[]) o, tix_begin_payment(o) \g /dev/null
SELECT owe_money(:'part', NULL, 400, 'no heating', NULL, true) \g /dev/null

-- Who may, and with what.
SELECT throws_ok(format('SELECT tix_cancel_session(%L, %L, %L)', :'session', reason, :'admin'),
    '22023', NULL, 'a reason of ' || coalesce(length(reason), 0) || ' is none')
FROM (VALUES (NULL), (''), (repeat('x', 1001))) v (reason);
SELECT throws_ok(format('SELECT tix_cancel_session(%L, ''x'', %L)', s, who), 'P0002', NULL, what)
FROM (VALUES (:'session', NULL, 'nobody cancels nothing'), (:'session', :'buyer', 'nor a buyer'),
    (NULL, :'admin', 'nor a session that is none'), (gen_random_uuid()::text, :'admin',
    'or unknown')) v (s, who, what);
SELECT throws_ok(format('SELECT tix_mass_refund_step(%L)', n), '22023', NULL,
    format('%s orders are refused', coalesce(n::text, 'NULL')))
FROM (VALUES (NULL), (0), (-1), (10001)) v (n);
SELECT is(tix_mass_refund_step(), 0, 'without a mass refund a step does nothing');

-- Cancelled.
SELECT tix_cancel_session(:'session', 'singer is ill', :'admin') AS job \gset
SELECT is((SELECT status FROM sessions WHERE session_id = :'session'), 'cancelled',
    'the session is cancelled');
SELECT is(tix_cancel_session(:'session', 'again', :'admin'), :'job'::uuid, 'once');
SELECT is(pg_temp.progress(:'session'), '0 of 6, 0 failed', 'its orders are listed');
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-9', :'bob')), 'sale_ended',
    'no seat of it is held any more');
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s::bigint], %L)', :'held', :'bob'), 'TX006',
    NULL, 'no hold becomes an order');
SELECT is(tix_mass_refund_step(2), 2, 'a step is bounded');
SELECT is(pg_temp.progress(:'session'), '2 of 6, 0 failed', 'and says how far it came');
BEGIN;
SELECT tix_mass_refund_step(3) \g /dev/null
ROLLBACK;
SELECT is(pg_temp.progress(:'session'), '2 of 6, 0 failed', 'one that is broken off does nothing');
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
SELECT dblink_exec('other', 'BEGIN') \g /dev/null
SELECT * FROM dblink('other', 'SELECT tix.tix_mass_refund_step(1)') AS t (n int) \g /dev/null
SELECT is(tix_mass_refund_step(), 0, 'two do not run at once');
SELECT dblink_exec('other', 'ROLLBACK') \g /dev/null
SELECT dblink_exec('other', 'BEGIN') \g /dev/null
SELECT * FROM dblink('other', format('SELECT order_id FROM tix.orders o WHERE order_id = (
    SELECT order_id FROM tix.mass_refund_orders WHERE status = ''pending'' LIMIT 1) FOR UPDATE'))
    AS t (o uuid) \g /dev/null
SELECT is(tix_mass_refund_step(), 3, 'an order that is busy is left out');
SELECT dblink_exec('other', 'ROLLBACK') \g /dev/null
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;
SELECT is(tix_mass_refund_step(), 1, 'and done by the next step');
SELECT is(pg_temp.progress(:'session'), '6 of 6, 0 failed, finished', 'which is the last');
SELECT is(tix_mass_refund_step(), 0, 'there is nothing left to do');
SELECT is(pg_temp.owed(:'paid'), 2000::bigint, 'who paid has it owed back');
SELECT is(pg_temp.owed(:'part'), 1000::bigint, 'also what was given back in part');
SELECT is(pg_temp.owed(:'locked'), 2000::bigint, 'everybody');
SELECT is(pg_temp.tickets(:'paid') || pg_temp.tickets(:'part'), 'cancelled cancelledcancelled',
    'the tickets are cancelled');
SELECT is(pg_temp.status(:'created') || pg_temp.status(:'pending'), 'cancelledcancelled',
    'unpaid orders are cancelled');
SELECT is(pg_temp.owed(:'created'), NULL, 'and owe nothing');
SELECT is(pg_temp.event('c', 'captured', :'late', 2000), 'paid_unfulfilled/refund',
    'money that comes now goes back, though the seat is free');
SELECT is((SELECT reason FROM refunds WHERE order_id = :'late'), 'seats gone', 'and sells nothing');
SELECT is(pg_temp.status(:'elsewhere'), 'completed', 'other sessions are left alone');
SELECT is((SELECT count(*) FROM refunds r JOIN orders o USING (order_id)
    WHERE o.session_id = :'session' AND tix_refund_result(r.refund_id, 'ok') = 'applied'),
    5::bigint, 'the provider pays');
SELECT set_eq(format('SELECT status FROM orders WHERE session_id = %L', :'session'),
    '{cancelled,refunded}'::text[], 'nobody''s money is left');
SELECT is((SELECT sum(balance) FROM ledger_balances JOIN orders USING (order_id)
    WHERE session_id = :'session'), 0::numeric, 'to the cent');

-- An order that cannot be undone, and one that comes while the job runs.
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS third \gset
SELECT * FROM tix_open_session(:'third') \gset t_
SELECT pg_temp.paid(:'third', 'A-1', :'ann') AS odd, pg_temp.paid(:'third', 'A-2', :'bob') AS good
\gset
INSERT INTO payments (order_id, amount, currency, provider, status) SELECT :'odd',
    9223372036854775807, 'EUR', 'mock', 'succeeded' FROM generate_series(1, 2);
SELECT tix_cancel_session(:'third', 'fire', :'admin') AS job3 \gset
DELETE FROM mass_refund_orders WHERE mass_refund_id = :'job3' AND order_id = :'good';
SELECT is(tix_mass_refund_step(), 1, 'the listed one is tried');
SELECT is(pg_temp.progress(:'third'), '0 of 2, 1 failed', 'it fails, and the other is found');
SELECT is(tix_mass_refund_step(), 1, 'which is done');
SELECT is(pg_temp.progress(:'third'), '1 of 2, 1 failed, finished', 'and the job ends');
SELECT is((SELECT failures->>:'odd' FROM tix_mass_refunds(:'third')), 'bigint out of range',
    'it says why');
SELECT is(pg_temp.tickets(:'odd') || pg_temp.status(:'odd'), 'validcompleted',
    'what failed is as it was');

-- Postponed.
SELECT throws_ok(format('SELECT tix_postpone_session(%L, %L, %L, %L, %L, %L)', :'moved', starts,
    ends, until, reason, :'admin'), '22023', NULL, what)
FROM (VALUES (NULL, '2031-01-01', '2030-06-01', 'x', 'no time'),
    ('2031-01-02', '2031-01-01', '2030-06-01', 'x', 'an end before the start'),
    ('2031-01-01', 'infinity', '2030-06-01', 'x', 'no end'),
    ('2031-01-01', '2031-01-02', '2020-06-01', 'x', 'a date that is past'),
    ('2031-01-01', '2031-01-02', '2030-06-01', '', 'no reason'))
    v (starts, ends, until, reason, what);
SELECT throws_ok(format('SELECT tix_postpone_session(%L, ''2031-01-01'', ''2031-01-02'',
    ''2030-06-01'', ''x'', %L)', :'session', :'admin'), 'TX010', NULL, 'a cancelled one stays so');
SELECT throws_ok(format('SELECT tix_refund_postponed_order(%L, %L)', :'elsewhere', :'ann'), 'TX010',
    NULL, 'before, there is no reason to give back');
SELECT lives_ok(format('SELECT tix_postpone_session(%L, ''2031-01-01'', ''2031-01-02'',
    ''2030-06-01'', ''x'', %L)', :'moved', :'admin'), 'a session is postponed');
SELECT pg_temp.paid(:'moved', 'A-5', :'ann') AS after \gset
SELECT throws_ok(format('SELECT tix_refund_postponed_order(%L, %L)', o, who), state, NULL, what)
FROM (VALUES (:'elsewhere', :'bob', 'P0002', 'another''s order does not exist'),
    (:'after', :'ann', 'TX010', 'who bought it after that knew')) v (o, who, state, what);
SELECT isnt(tix_refund_postponed_order(:'elsewhere', :'ann'), NULL, 'who cannot come says so');
SELECT is(pg_temp.owed(:'elsewhere') || pg_temp.tickets(:'elsewhere'), '2000cancelled cancelled',
    'and has it all back');
SELECT is(tix_refund_postponed_order(:'elsewhere', :'ann'), NULL, 'once');
SELECT is((SELECT count(*) FROM cron.job WHERE jobname = 'tix_mass_refund_step'), 1::bigint,
    'a job carries mass refunds on');
SET ROLE tix_app;
SELECT throws_ok(format('SELECT tix.tix_cancel_session(%L, ''fire'', NULL)', :'session'), 'P0002',
    NULL, 'the gateway cancels no session of its own');
RESET ROLE;
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT * FROM finish();
