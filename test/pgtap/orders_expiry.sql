-- Expiry: an order that lost its seats is over at that moment, whether or not the job ran, and the
-- job ends it in bounded batches, once at a time.
\ir fixture.psql
SELECT plan(37);
SELECT tix_expire_orders(100000) \g /dev/null
CREATE FUNCTION pg_temp.short(session uuid, seats text, buyer uuid) RETURNS uuid LANGUAGE plpgsql
AS $$
DECLARE o uuid;
BEGIN
    SET LOCAL tix.order_ttl = '1s';
    SELECT order_id INTO o
    FROM tix.tix_create_order(ARRAY[pg_temp.hold(session, seats, buyer, '1s')], buyer);
    RETURN o;
END $$;
SELECT pg_temp.short(:'session', 'A-1 A-2', :'ann') AS lost,
       pg_temp.short(:'session', 'B-1', :'ann') AS asked,
       pg_temp.short(:'session', 'B-2', :'bob') AS alive \gset
RESET tix.order_ttl;
SELECT is((SELECT status FROM tix_get_order(:'lost', :'ann')), 'created', 'an order lives');
SET tix.in_doubt_max = '1s';
SELECT * FROM tix_begin_payment(:'asked') \gset p_
RESET tix.in_doubt_max;
-- Its hold was extended behind the order's back: the engine's deadline is the true one.
SELECT tix_extend_lock(lock_id, :'bob', '10 min') FROM order_items WHERE order_id = :'alive'
\g /dev/null
SELECT pg_sleep(1.2) \g /dev/null

-- Nothing ran yet.
SELECT is(pg_temp.status(:'lost'), 'created', 'nobody wrote that the order is over');
SELECT is((SELECT status FROM tix_get_order(:'lost', :'ann')), 'expired', 'but it is shown so');
SELECT is((SELECT status FROM tix_list_orders(:'ann') WHERE order_id = :'lost'), 'expired',
    'also in the list');
SELECT is((SELECT status FROM tix_get_order(:'asked', :'ann')), 'in_doubt',
    'with a payment on its way it is shown in doubt');
SELECT is((SELECT status FROM tix_get_order(:'alive', :'bob')), 'created',
    'what the engine still holds is alive, whatever the copy of its deadline says');
SELECT ok((SELECT expires_at < now() FROM orders WHERE order_id = :'alive'), 'which is over');
SELECT throws_ok(format('SELECT tix_begin_payment(%L)', :'lost'), 'TX002', NULL,
    'no payment begins for it');
SELECT pg_temp.hold(:'session', 'A-3', :'ann') AS more \gset
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s])', :'lost', :'ann', :more),
    'TX002', NULL, 'nothing is added to it');
SELECT pg_temp.hold(:'session', 'A-2', :'bob') AS bobs \gset
SELECT isnt(:'bobs'::text, NULL, 'its seats are anybody''s');
SELECT is((SELECT result FROM tix_payment_event('mock', 'm' || :'lost', 'captured', 'm' || :'lost',
    :'lost', 2000, 'EUR')), 'paid_unfulfilled', 'money does not buy what another holds');
SELECT is(pg_temp.status(:'lost'), 'paid_unfulfilled', 'it is owed back');
SELECT ok((tix_lock_get(:bobs, :'bob')).ok, 'and the other keeps his seat');
SELECT is((SELECT string_agg(to_status, ' ' ORDER BY entry_id) FROM order_history
    WHERE order_id = :'lost'), 'payment_pending expired paid_unfulfilled',
    'the history says how it came');

-- The job.
SELECT is(tix_expire_orders(), 1, 'the job ends what is over');
SELECT is(pg_temp.status(:'asked'), 'in_doubt', 'in doubt while a payment may succeed');
SELECT is(pg_temp.status(:'alive'), 'created', 'and leaves what is alive');
SELECT ok((SELECT expires_at > now() + interval '5 min' FROM orders WHERE order_id = :'alive'),
    'whose deadline it copies, not to ask again');
SELECT is((SELECT actor FROM order_history WHERE order_id = :'asked' AND to_status = 'in_doubt'),
    current_user::text, 'the history names who ran it');
SELECT is((SELECT result FROM tix_payment_event('mock', 'm' || :'asked', 'captured',
    'm' || :'asked', :'asked', 2000, 'EUR')), 'late', 'money of an order in doubt completes it');

-- Batches.
CREATE TEMP TABLE many AS
SELECT pg_temp.short(:'session', 'B-' || n, :'bob') AS o FROM generate_series(4, 9) n;
SELECT pg_sleep(1.2) \g /dev/null
SELECT is(tix_expire_orders(4), 4, 'a batch is bounded');
SELECT is((SELECT count(*) FROM orders JOIN many ON o = order_id WHERE status = 'expired'),
    4::bigint, 'the others wait');
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
SELECT dblink_exec('other', 'BEGIN') \g /dev/null
SELECT order_id AS busy FROM dblink('other', format('SELECT order_id FROM tix.orders JOIN (VALUES '
    '%s) v (o) ON order_id = o::uuid WHERE status = ''created'' ORDER BY expires_at LIMIT 1 '
    'FOR UPDATE OF orders', (SELECT string_agg(format('(%L)', o), ', ') FROM many)))
    AS t (order_id uuid) \gset
SELECT is(tix_expire_orders(), 1, 'the job does not wait for an order that somebody changes');
SELECT is(pg_temp.status(:'busy'), 'created', 'and leaves it');
SELECT dblink_exec('other', 'COMMIT') \g /dev/null
SELECT dblink_exec('other', 'BEGIN') \g /dev/null
SELECT ended AS others FROM dblink('other', 'SELECT tix.tix_expire_orders()') AS t (ended int) \gset
SELECT is(:others, 1, 'it is there for the next');
SELECT is(tix_expire_orders(), 0, 'a second job at once does nothing');
SELECT dblink_exec('other', 'COMMIT') \g /dev/null
SELECT is((SELECT count(*) FROM orders JOIN many ON o = order_id WHERE status = 'expired'),
    6::bigint, 'all are ended, once');
SELECT is((SELECT count(*) FROM order_history JOIN many ON o = order_id), 6::bigint,
    'each with one entry of history');
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;
SELECT is(tix_expire_orders(), 0, 'then there is nothing to do');
SELECT throws_ok('SELECT tix_expire_orders(' || n || ')', '22023', NULL,
    'max_rows is positive, not ' || n) FROM (VALUES ('0'), ('NULL'), ('-1')) v (n);

-- An order without items, made by hand, has nothing to lose.
INSERT INTO orders (user_id, session_id, total_amount, total_currency, provider, expires_at)
VALUES (:'ann', :'session', 0, 'EUR', 'mock', now()) RETURNING order_id AS bare \gset
SELECT is((SELECT status FROM tix_get_order(:'bare', :'ann')), 'expired', 'it is shown expired');
SELECT is(tix_expire_orders(), 1, 'and ended');
SELECT is(pg_temp.status(:'bare'), 'expired', 'as one that expired');
SELECT function_privs_are('tix', 'tix_expire_orders', '{integer}', 'tix_app', '{}',
    'the gateway does not run the job');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT * FROM finish();
