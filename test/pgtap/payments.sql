-- Payments: money buys the seats once, late money takes free seats or is owed back, and no event
-- counts twice.
\ir fixture.psql
SELECT plan(73);
CREATE FUNCTION pg_temp.event(id text, kind text, o uuid, amount bigint, tx text DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT result || '/' || next_action FROM tix.tix_payment_event('mock', id || o, kind,
        coalesce(tx, 'tx-' || o), o, amount, 'EUR')
$$;
-- An order of seats whose hold is over; the hold lasts one second.
CREATE FUNCTION pg_temp.lost_order(session uuid, seats text, buyer uuid) RETURNS uuid
LANGUAGE plpgsql SET tix.order_ttl = '1s' AS $$
DECLARE o uuid;
BEGIN
    SELECT order_id INTO o FROM tix.tix_create_order(
        ARRAY[pg_temp.hold(session, seats, buyer, '1s')], buyer);
    RETURN o;
END $$;
SELECT pg_temp.lost_order(:'session', 'A-8', :'ann') AS late,
       pg_temp.lost_order(:'session', 'B-8 B-9', :'ann') AS gone,
       pg_temp.lost_order(:'session', 'A-7', :'ann') AS doomed \gset

-- Begin.
SELECT pg_temp.order_for(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT * FROM tix_begin_payment(:'o', 'mock', 'k1') \gset p_
SELECT is(:'p_amount' || :'p_currency', '2000EUR', 'the payment is of the order''s amount');
SELECT is(pg_temp.status(:'o'), 'payment_pending', 'the order waits for its payment');
SELECT ok(:'p_expires_at'::timestamptz > clock_timestamp() + interval '23 hours',
    'the seats are shielded while the outcome is unknown');
SELECT is((SELECT payment_id FROM tix_begin_payment(:'o', 'mock', 'k1')), :'p_payment_id'::uuid,
    'beginning again answers the same payment');
SELECT throws_ok(format('SELECT tix_begin_payment(%L, user_id => %L)', :'o', :'bob'), 'P0002',
    NULL, 'another''s order does not exist');
SELECT is((SELECT payment_id FROM tix_begin_payment(:'o', user_id => :'ann')),
    :'p_payment_id'::uuid, 'one''s own does');
SELECT results_eq(format('SELECT * FROM tix_begin_payment(%L, ''mock'', ''k1'')', :'o'),
    format('SELECT %L::uuid, %s::bigint, %L, %L::timestamptz, true', :'p_payment_id', :p_amount,
           :'p_currency', :'p_expires_at'), 'the same key gets the same answer, and is told so');
SELECT is(:'p_replayed'::text, 'f', 'which the first was not');
SELECT pg_temp.order_for(:'session', 'B-4', :'ann') AS other,
       pg_temp.order_for(:'session', 'B-5', :'bob') AS bobs_order \gset
SELECT throws_ok(format('SELECT tix_begin_payment(%L, ''mock'', ''k1'')', :'other'), 'TX009', NULL,
    'a key pays for one order');
SELECT throws_ok(format('SELECT tix_begin_payment(%L, ''mock'', ''k1'', method => ''x'')', :'o'),
    'TX009', NULL, 'and in one way');
SELECT is(pg_temp.status(:'other'), 'created', 'a refused key changes nothing');
SELECT is((SELECT replayed FROM tix_begin_payment(:'bobs_order', 'mock', 'k1')), false,
    'another user may use the same key');
SELECT throws_ok(format('SELECT tix_begin_payment(%L, ''mock'', %L)', :'other', key), '22023', NULL,
    'a key of ' || octet_length(key) || ' bytes is refused')
FROM (VALUES (''), (repeat('k', 256))) v (key);
SELECT is((SELECT payment_id::text || replayed FROM tix_begin_payment(:'o', 'mock', 'k2')),
    :'p_payment_id' || 'false', 'a new key finds the payment that runs');
SELECT is((SELECT payment_id::text || replayed FROM tix_begin_payment(:'o', 'mock', 'k2')),
    :'p_payment_id' || 'true', 'and has that answer from then on');
SELECT * FROM tix_begin_payment(:'other', method => 'card') \gset q_
SELECT is((SELECT method FROM payments WHERE payment_id = :'q_payment_id'), 'card',
    'the payment keeps how it is paid');
SELECT throws_ok(format('SELECT tix_begin_payment(%L, method => ''cash'')', :'other'), 'TX010',
    NULL, 'an order is paid in one way at a time');
SELECT throws_ok(format('SELECT tix_begin_payment(%L, ''other'')', :'o'), '22023', NULL,
    'an unknown provider is refused');
SELECT throws_ok('SELECT tix_begin_payment(gen_random_uuid())', 'P0002', NULL,
    'an unknown order is refused');
SELECT throws_ok(format('SELECT tix_begin_payment(%L, %L)', :'bobs_order', provider), '22023', NULL,
    coalesce(provider, 'NULL') || ' is not to be paid with')
FROM (VALUES ('stripe'), ('linepay'), (NULL)) v (provider);
SELECT set_eq('SELECT provider FROM payment_providers WHERE enabled', '{mock}'::text[],
    'what is not set up is disabled');
SELECT pg_temp.order_for(:'session', 'B-6', :'bob') AS switched \gset
BEGIN;
UPDATE payment_providers SET enabled = true WHERE provider = 'stripe';
SELECT isnt((SELECT payment_id FROM tix_begin_payment(:'switched', 'stripe')), NULL,
    'an enabled provider is');
UPDATE payment_providers SET enabled = false WHERE provider = 'stripe';
SELECT is((SELECT result FROM tix_payment_event('stripe', 'e1', 'captured', 'pi_1', :'switched',
    2000, 'EUR')), 'applied', 'and what it says is heard when it is disabled: the money has moved');
ROLLBACK;

-- Wrong money completes nothing.
SELECT is(pg_temp.event('less', 'captured', :'o', 1999), 'ignored/none', 'less money is ignored');
SELECT is((SELECT result FROM tix_payment_event('mock', 'usd' || :'o', 'captured', 'tx', :'o', 2000,
    'USD')), 'ignored', 'another currency is ignored');
SELECT is((SELECT count(*) FROM payment_alarms WHERE order_id = :'o' AND kind = 'amount mismatch'),
    2::bigint, 'each raises an alarm');
SELECT is(pg_temp.status(:'o'), 'payment_pending', 'the order still waits');

-- Success, and the same again.
SELECT is(pg_temp.event('auth', 'authorized', :'o', 2000), 'applied/capture',
    'authorized while the seats are held: capture');
SELECT is(pg_temp.event('cap', 'captured', :'o', 2000), 'applied/none', 'captured: applied');
SELECT is(pg_temp.status(:'o'), 'completed', 'the order is complete');
SELECT set_eq(
    format('SELECT seat_id FROM tickets WHERE order_id = %L AND status = ''valid''', :'o'),
    '{A-1,A-2}'::text[], 'each item has a ticket');
SELECT is(pg_temp.state(:'session', 'A-1'), 'sold', 'the seats are sold');
SELECT is(pg_temp.event('cap', 'captured', :'o', 2000), 'duplicate/none', 'the same event again');
SELECT is(pg_temp.event('cap2', 'succeeded', :'o', 2000), 'duplicate/none',
    'the same fact in another event');
SELECT results_eq(format('SELECT * FROM tix_begin_payment(%L, ''mock'', ''k1'')', :'o'),
    format('SELECT %L::uuid, %s::bigint, %L, %L::timestamptz, true', :'p_payment_id', :p_amount,
           :'p_currency', :'p_expires_at'), 'its key has the same answer when it is paid');
SELECT is(pg_temp.event('no', 'failed', :'o', 2000), 'ignored/none', 'a refusal comes too late');
SELECT is(pg_temp.status(:'o'), 'completed', 'the order stays complete');
SELECT is(pg_temp.event('twice', 'captured', :'o', 2000, 'tx2-' || :'o'), 'paid_unfulfilled/refund',
    'paying twice is paid back');
SELECT is((SELECT count(*) FROM tickets WHERE order_id = :'o'), 2::bigint, 'no ticket more');
SELECT is((SELECT payload FROM provider_events WHERE event_id = 'cap' || :'o'), '{}'::jsonb,
    'the event is kept');

-- Nobody announced it: an event for an order whose payment never began.
SELECT pg_temp.order_for(:'session', 'A-3', :'ann') AS direct \gset
SELECT is(pg_temp.event('cap', 'captured', :'direct', 1000), 'applied/none',
    'money without begin_payment completes the order');
SELECT is((SELECT result FROM tix_payment_event('mock', 'x' || :'o', 'captured', 't',
    gen_random_uuid(), 1, 'EUR')), 'ignored', 'an unknown order is ignored');
SELECT is(pg_temp.event('other', 'captured', :'o', 2000, 'tx-' || :'direct'), 'ignored/none',
    'the payment of another order is ignored');
SELECT is(pg_temp.event('odd', 'settled', :'o', 2000), 'ignored/none',
    'an unknown kind is ignored');

-- Refusals.
SELECT pg_temp.order_for(:'session', 'A-4', :'ann') AS refused \gset
SELECT * FROM tix_begin_payment(:'refused', 'mock', 'k-no') \gset r_
SELECT is(pg_temp.event('no', 'failed', :'refused', 1000), 'applied/none', 'a refusal is applied');
SELECT is(pg_temp.status(:'refused'), 'failed', 'the order failed');
SELECT is(pg_temp.state(:'session', 'A-4'), 'free', 'its seats are free');
SELECT is((SELECT payment_id::text || replayed FROM tix_begin_payment(:'refused', 'mock', 'k-no')),
    :'r_payment_id' || 'true', 'the key of a refused payment keeps its answer');
SELECT is(pg_temp.status(:'refused'), 'failed', 'and pays nothing');
SELECT is(pg_temp.event('cap', 'captured', :'refused', 1000), 'late/none',
    'yes after no, seats free: the order completes');
SELECT is(pg_temp.state(:'session', 'A-4'), 'sold', 'and the seat is sold');

-- Late money.
SELECT pg_sleep(1.2) \g /dev/null
SELECT is(tix_expire_orders(), 3, 'the orders expire');
SELECT throws_ok(format('SELECT tix_begin_payment(%L)', :'gone'), 'TX002', NULL,
    'no payment begins for a lost hold');
SELECT is(pg_temp.event('late', 'captured', :'late', 1000), 'late/none',
    'late money takes the seat again when it is free');
SELECT is(pg_temp.status(:'late'), 'completed', 'late money completes the order');
SELECT isnt((SELECT lock_id FROM order_items WHERE order_id = :'late'), (SELECT min(lock_id)
    FROM holds WHERE session_id = :'session' AND seats = '{A-8}'), 'with a new token');
SELECT pg_temp.hold(:'session', 'B-9', :'bob') AS bobs \gset
SELECT is(pg_temp.event('late', 'captured', :'gone', 4000), 'paid_unfulfilled/refund',
    'late money for a taken seat is owed back');
SELECT is(pg_temp.status(:'gone'), 'paid_unfulfilled', 'the order says so');
SELECT is((SELECT amount::text || currency FROM refunds WHERE order_id = :'gone'), '4000EUR',
    'the whole sum is owed');
SELECT is(pg_temp.state(:'session', 'B-8') || pg_temp.state(:'session', 'B-9'), 'freeheld',
    'the other seat is not kept, and Bob loses nothing');
SELECT ok((tix_lock_get(:bobs, :'bob')).ok, 'Bob''s hold lives');
SELECT is(pg_temp.event('back', 'refunded', :'gone', 4000), 'applied/none', 'the refund arrives');
SELECT is(pg_temp.status(:'gone'), 'refunded', 'the order is refunded');
SELECT is(pg_temp.event('back2', 'refunded', :'gone', 4000), 'ignored/none',
    'a refund nobody asked for is ignored');
SELECT is((SELECT kind FROM payment_alarms WHERE event_id = 'back2' || :'gone'),
    'refund nobody asked for', 'and raises an alarm');
SELECT is(pg_temp.event('auth', 'authorized', :'doomed', 1000), 'applied/void',
    'authorized after the hold is lost: void');

-- Money for a cancelled order; seats changed by hand between order and payment.
SELECT pg_temp.order_for(:'session', 'A-5', :'ann') AS dropped \gset
SELECT tix_cancel_order(:'dropped', :'ann') \g /dev/null
SELECT is(pg_temp.event('cap', 'captured', :'dropped', 1000), 'late/none',
    'money after cancelling, seat free: the order completes');
SELECT pg_temp.hold(:'session', 'B-1 B-2', :'ann') AS part \gset
SELECT order_id AS torn FROM tix_create_order(ARRAY[:part], :'ann') \gset
SELECT tix_release_seats(:part, :'ann', '{B-2}') \g /dev/null
SELECT is(pg_temp.event('cap', 'captured', :'torn', 4000), 'late/none',
    'a seat released from an ordered hold is taken again');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT throws_ok('SELECT tix_payment_event(''mock'', NULL, ''captured'', NULL, NULL, 1, ''EUR'')',
    '22023', NULL, 'an event needs an id');
SELECT * FROM finish();
