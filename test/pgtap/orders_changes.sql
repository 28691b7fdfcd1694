-- An order before it is paid: seats are added within the limits of the engine, what costs nothing
-- is completed, everything is recorded, and a key is answered once.
\ir fixture.psql
SELECT plan(86);
CREATE FUNCTION pg_temp.lines(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', seat_id, price_amount), ', ' ORDER BY seat_id)
    FROM tix.order_items WHERE order_id = o
$$;
CREATE FUNCTION pg_temp.total(o uuid) RETURNS bigint LANGUAGE sql
AS $$ SELECT total_amount FROM tix.orders WHERE order_id = $1 $$;

-- Adding.
SELECT tix_set_tariff(:'event', 'child', permille => 500) AS child \gset
SELECT pg_temp.order_for(:'session', 'A-1', :'ann') AS o \gset
SELECT expires_at AS deadline FROM orders WHERE order_id = :'o' \gset
SELECT tix_set_price(:'event', '{std}', 1100, 'EUR') AS dearer \gset
SELECT pg_temp.hold(:'session', 'A-2 B-1', :'ann') AS more \gset
SELECT * FROM tix_add_to_order(:'o', :'ann', ARRAY[:more],
    '[{"seatId": "B-1", "tariff": "child", "attendee": {"name": "Mia"}}]') \gset a_
SELECT is(:'a_seats'::text, '{A-2,B-1}', 'the answer has the seats that were added');
SELECT is(:'a_total_amount' || :'a_total_currency', '3100EUR', 'and the new total');
SELECT is(pg_temp.lines(:'o'), 'A-1 1000, A-2 1100, B-1 1000',
    'new seats have the price of now, the others keep theirs');
SELECT is(pg_temp.total(:'o'), 3100::bigint, 'the order has the new total');
SELECT is(:'a_expires_at'::timestamptz, :'deadline'::timestamptz, 'adding buys no time');
SELECT ok(abs(extract(epoch FROM (tix_lock_get(:more, :'ann')).expires_at - :'deadline')) < 1,
    'the new seats are held as long as the others');
SELECT is((SELECT attendee->>'name' FROM order_items WHERE order_id = :'o' AND seat_id = 'B-1'),
    'Mia', 'an attendee is kept');
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s])', :'o', :'ann', :more),
    'TX010', NULL, 'what is in the order is not added again');
SELECT lock_id AS grown FROM tix_lock_seats(:'session', '{A-3}', :'ann', into_lock_id => :more)
\gset
SELECT is((SELECT seats FROM tix_add_to_order(:'o', :'ann', ARRAY[:grown])), '{A-3}',
    'of a hold that grew the new seat is added');
SELECT is((SELECT amount FROM tix_begin_payment(:'o')), 4200::bigint, 'all is paid at once');
SELECT pg_temp.hold(:'session', 'A-4', :'ann') AS late \gset
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s])', :'o', :'ann', :late),
    'TX010', NULL, 'nothing is added once the payment began');
SELECT result AS paid FROM tix_payment_event('mock', 'p' || :'o', 'captured', 'tx' || :'o', :'o',
    4200, 'EUR') \gset
SELECT set_eq(format('SELECT seat_id FROM tickets WHERE order_id = %L', :'o'),
    '{A-1,A-2,A-3,B-1}'::text[], 'each seat has its ticket');
SELECT pg_temp.order_for(:'session', 'A-4', :'ann') AS o,
       pg_temp.hold(:'session', 'A-5', :'ann') AS l, pg_temp.hold(:'session', 'A-6', :'bob') AS bobs
\gset
SELECT throws_ok('SELECT tix_add_to_order(' || format(args, :'o', :'ann', :l, :'bob', :bobs,
    gen_random_uuid()) || ')', state, NULL, why)
FROM (VALUES ('%1$L, %4$L, ARRAY[%3$s]', 'P0002', 'not to another''s order'),
    ('%6$L, %2$L, ARRAY[%3$s]', 'P0002', 'not to an unknown one'),
    ('NULL, %2$L, ARRAY[%3$s]', 'P0002', 'not to none'),
    ('%1$L, NULL, ARRAY[%3$s]', 'P0002', 'not for nobody'),
    ('%1$L, %2$L, NULL', '22023', 'not NULL'), ('%1$L, %2$L, ''{}''', '22023', 'not nothing'),
    ('%1$L, %2$L, ''{NULL}''', '22023', 'not a NULL lock'),
    ('%1$L, %2$L, ARRAY(SELECT 1 FROM generate_series(1, 101))', '22023', 'not 101 locks'),
    ('%1$L, %2$L, ARRAY[1]', 'TX002', 'not a lock that never was'),
    ('%1$L, %2$L, ARRAY[%5$s]', 'TX002', 'not another''s lock'),
    ('%1$L, %2$L, ARRAY[%3$s], ''{}''', '22023', 'not with wrong items'),
    ('%1$L, %2$L, ARRAY[%3$s], ''[{"seatId": "A-4"}]''', '22023', 'not with items of other seats'),
    ('%1$L, %2$L, ARRAY[%3$s], NULL, ''''', '22023', 'not with an empty key'))
    v (args, state, why);
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS session2 \gset
SELECT * FROM tix_open_session(:'session2') \gset second_
SELECT pg_temp.hold(:'session2', 'A-1', :'ann') AS elsewhere \gset
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s])', :'o', :'ann', :elsewhere),
    '22023', NULL, 'an order is of one session');
SELECT is(pg_temp.lines(:'o') || pg_temp.total(:'o'), 'A-4 11001100', 'refusals change nothing');
SELECT is((SELECT count(*) FROM tix_order_history(:'o', :'ann')), 1::bigint,
    'and leave no history');

-- A key is answered once.
SELECT * FROM tix_add_to_order(:'o', :'ann', ARRAY[:l], NULL, 'add' || :'plan') \gset first_
SELECT is(:'first_replayed'::text, 'f', 'a first answer is no replay');
SELECT * FROM tix_add_to_order(:'o', :'ann', ARRAY[:l], NULL, 'add' || :'plan') \gset again_
SELECT is(:'again_total_amount' || :'again_seats' || :'again_replayed', '2200{A-5}t',
    'the same key is answered the same');
SELECT is(:'again_expires_at'::text, :'first_expires_at', 'with the deadline of then');
SELECT is(pg_temp.total(:'o'), 2200::bigint, 'and adds nothing');
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s], %L, %L)', :'o', :'ann', :l,
    '[{"seatId": "A-5"}]', 'add' || :'plan'), 'TX009', NULL, 'a key with other items is refused');
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s], NULL, %L)', :'o', :'ann', :bobs,
    'add' || :'plan'), 'TX009', NULL, 'and so is one with other locks');
SELECT pg_temp.hold(:'session', 'B-2', :'ann') AS l2 \gset
CREATE FUNCTION pg_temp.keyed(l bigint, buyer uuid, key text, items jsonb, promo text) RETURNS text
LANGUAGE sql AS $$ SELECT r::text FROM tix.tix_create_order(ARRAY[l], buyer, items => items,
    promo => promo, idempotency_key => key) r $$;
SELECT tix_set_promotion(:'event', 'ten', 'EUR', permille => 100),
       tix_set_promotion(:'event', 'low', 'EUR', 100) \g /dev/null
SELECT '[{"seatId": "B-2", "tariff": "child"}]' AS items \gset
SELECT pg_temp.keyed(:l2, :'ann', 'k' || :'plan', :'items', 'ten') AS first \gset
SELECT replace(:'first', ',f)', ',t)') AS replay \gset
SELECT is(pg_temp.keyed(:l2, :'ann', 'k' || :'plan', :'items', 'ten'), :'replay',
    'an order with items and code is answered the same');
SELECT throws_ok(format('SELECT pg_temp.keyed(%s, %L, %L, %L, %L)', :l2, :'ann', 'k' || :'plan', i,
    p), 'TX009', NULL, why)
FROM (VALUES (NULL, 'ten', 'a key without the items'), (:'items', 'low', 'with another code'),
    (:'items', NULL, 'without the code'), ('[]', 'ten', 'with other items')) v (i, p, why);
SELECT order_id AS keyed FROM orders WHERE user_id = :'ann' AND idempotency_key = 'k' || :'plan'
\gset
SELECT pg_temp.hold(:'session', 'B-3', :'ann') AS l3 \gset
SELECT total_amount AS grown FROM tix_add_to_order(:'keyed', :'ann', ARRAY[:l3]) \gset
SELECT is(:grown, 900 + 1800, 'a share off counts for the seats that are added');
SELECT is((SELECT spent_amount FROM promotions WHERE code = 'ten' AND event_id = :'event'),
    300::bigint, 'and in the promotion');
SELECT is((SELECT uses FROM promotions WHERE code = 'ten' AND event_id = :'event'), 1,
    'as one use');
SELECT is(pg_temp.keyed(:l2, :'ann', 'k' || :'plan', :'items', 'ten'), :'replay',
    'an order that grew is answered as it was');

-- A fixed code takes off what it has left; one that is over takes off nothing; a budget holds.
SELECT pg_temp.hold(:'session', 'B-4', :'bob') AS b4, pg_temp.hold(:'session', 'B-5', :'bob') AS b5,
       pg_temp.hold(:'session', 'B-6', :'bob') AS b6 \gset
SELECT tix_set_promotion(:'event', 'fix', 'EUR', 2500, budget_minor => 2500) AS fix \gset
SELECT order_id AS fixed, total_amount AS zero FROM tix_create_order(ARRAY[:b4], :'bob',
    promo => 'fix') \gset
SELECT is(:zero, 0, 'a fixed code takes off what a seat costs');
SELECT is((SELECT total_amount FROM tix_add_to_order(:'fixed', :'bob', ARRAY[:b5])), 1500::bigint,
    'and of the next what it has left');
SELECT is((SELECT total_amount FROM tix_add_to_order(:'fixed', :'bob', ARRAY[:b6])), 3500::bigint,
    'then nothing');
SELECT is((SELECT uses || '/' || spent_amount FROM promotions WHERE promotion_id = :'fix'),
    '1/2500', 'the promotion counts what was taken off');
SELECT tix_cancel_order(:'fixed', :'bob') \g /dev/null
SELECT is((SELECT uses || '/' || spent_amount FROM promotions WHERE promotion_id = :'fix'), '0/0',
    'and gets all of it back');
SELECT tix_set_promotion(:'event', 'thin', 'EUR', permille => 100, budget_minor => 200) AS thin
\gset
SELECT pg_temp.hold(:'session', 'B-4', :'bob') AS b4, pg_temp.hold(:'session', 'B-5', :'bob') AS b5
\gset
SELECT order_id AS thin_order FROM tix_create_order(ARRAY[:b4], :'bob', promo => 'thin') \gset
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s])', :'thin_order', :'bob', :b5),
    'TX005', NULL, 'more seats do not break the budget');
SELECT tix_set_promotion(:'event', 'thin', 'EUR', permille => 100,
                         valid_until => now() - interval '1 s') \g /dev/null
SELECT is((SELECT total_amount FROM tix_add_to_order(:'thin_order', :'bob', ARRAY[:b5])),
    3800::bigint, 'a code that is over takes nothing off seats that are added');

-- What costs nothing.
SELECT tix_set_tariff(:'event', 'guest', 0, 'EUR') AS guest \gset
SELECT order_id AS free FROM tix_create_order(ARRAY[pg_temp.hold(:'session', 'A-7 A-8', :'bob')],
    :'bob', items => '[{"seatId": "A-7", "tariff": "guest"}, {"seatId": "A-8", "tariff": "guest"}]')
\gset
SELECT throws_ok(format('SELECT tix_complete_free_order(%L, %L)', :'free', :'ann'), 'P0002', NULL,
    'another''s free order does not exist');
SELECT is(tix_complete_free_order(:'free', :'bob'), '{A-7,A-8}', 'a free order is completed');
SELECT is(pg_temp.status(:'free'), 'completed', 'it says so');
SELECT is((SELECT count(*) FROM tickets WHERE order_id = :'free' AND status = 'valid'), 2::bigint,
    'with its tickets');
SELECT is(pg_temp.state(:'session', 'A-7'), 'sold', 'its seats are sold');
SELECT is((SELECT count(*) FROM payments WHERE order_id = :'free'), 0::bigint, 'nothing was paid');
SELECT is(tix_complete_free_order(:'free', :'bob'), '{A-7,A-8}', 'again changes nothing');
SELECT throws_ok(format('SELECT tix_complete_free_order(%L, %L)', :'thin_order', :'bob'), 'TX010',
    NULL, 'what costs something is not completed');
SELECT throws_ok('SELECT tix_complete_free_order(NULL, NULL)', 'P0002', NULL, 'nor what is not');
SELECT order_id AS lost FROM tix_create_order(ARRAY[pg_temp.hold(:'session', 'A-9', :'bob')],
    :'bob', items => '[{"seatId": "A-9", "tariff": "guest"}]') \gset
SELECT tix_force_release(:'session', '{A-9}', 'test') \g /dev/null
SELECT throws_ok(format('SELECT tix_complete_free_order(%L, %L)', :'lost', :'bob'), 'TX002', NULL,
    'a free order that lost its seat is not completed');
SELECT is(pg_temp.status(:'lost'), 'created', 'and unchanged');
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s])', :'lost', :'bob', :bobs),
    'TX002', NULL, 'nor does it grow');
SELECT tix_cancel_order(:'lost', :'bob') \g /dev/null

-- History.
SELECT results_eq(format($$SELECT from_status, to_status, cause, by_buyer
    FROM tix_order_history(%L, %L)$$, :'free', :'bob'), $$VALUES
    (NULL, 'created', 'order created', true),
    ('created', 'payment_pending', 'nothing to pay', true),
    ('payment_pending', 'completed', 'nothing to pay', true)$$, 'the history of an order is kept');
SELECT is((SELECT detail FROM tix_order_history(:'keyed', :'ann') WHERE cause = 'seats added'),
    '{"seatIds": ["B-3"], "amount": 1800}'::jsonb, 'also what was added');
SELECT results_eq(format($$SELECT to_status, by_buyer FROM tix_order_history(%L, %L)
    WHERE from_status IS NOT NULL$$, :'fixed', :'bob'), $$VALUES ('created', true),
    ('created', true), ('cancelled', true)$$, 'and who cancelled');
SELECT is_empty(format('SELECT * FROM tix_order_history(%s)', args), why)
FROM (VALUES (format('%L, %L', :'free', :'ann'), 'a stranger sees no history'),
    ('NULL, NULL', 'nor does nobody')) v (args, why);
SELECT throws_ok(s, '0A000', NULL, s || ' is refused')
FROM (VALUES ('UPDATE order_history SET cause = ''x'''), ('DELETE FROM order_history'),
    ('TRUNCATE order_history')) v (s);
SELECT is_empty($$SELECT * FROM orders WHERE changed_by IS NOT NULL OR changed_why IS NOT NULL$$,
    'who changed an order is in its history alone');

-- The engine's limits are those of orders.
SELECT gen_random_uuid() AS eve \gset
SELECT tix_set_limit(:'session2', 'user', 2), tix_set_limit(:'session2', 'lock', 2) \g /dev/null
SELECT pg_temp.order_for(:'session2', 'A-2 A-3', :'eve') AS eves \gset
SELECT is((SELECT reason FROM tix_lock_seat(:'session2', 'A-4', :'eve')), 'limit',
    'who ordered two of two holds no third, so none is added');
SELECT is((SELECT reason FROM tix_lock_seats(:'session2', '{B-1,B-2,B-3}', :'bob')), 'too_many',
    'nor three at once');
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s])', :'eves', :'eve',
    'coalesce(pg_temp.hold(''' || :'session2' || ''', ''A-4'', ''' || :'eve' || '''), 0)'), 'TX002',
    NULL, 'an order does not grow beyond the limit');
SELECT tix_begin_payment(:'eves') \g /dev/null
SELECT result AS eve_paid FROM tix_payment_event('mock', 'p' || :'eves', 'captured', 'e' || :'eves',
    :'eves', 2200, 'EUR') \gset
SELECT is((SELECT reason FROM tix_lock_seat(:'session2', 'A-4', :'eve')), 'limit',
    'what is paid counts as well');
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L)',
    'coalesce(pg_temp.hold(''' || :'session2' || ''', ''A-4'', ''' || :'eve' || '''), 0)', :'eve'),
    'TX002', NULL, 'and there is no second order');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');

-- Keys are forgotten after a day, logically at once, and in batches.
UPDATE orders SET created_at = created_at - interval '25 hours' WHERE order_id = :'keyed';
SELECT throws_ok(format('SELECT pg_temp.keyed(%s, %L, %L, NULL, NULL)', :l2, :'ann',
    'k' || :'plan'), 'TX010', NULL, 'a key of yesterday is new: the request is judged by itself');
UPDATE order_answers SET answered_at = answered_at - interval '25 hours' WHERE user_id = :'ann';
SELECT throws_ok(format('SELECT tix_add_to_order(%L, %L, ARRAY[%s], NULL, %L)', :'o', :'ann', :l,
    'add' || :'plan'), 'TX010', NULL, 'also that of a change');
SELECT is(tix_prune_order_keys(1), 1, 'pruning is bounded');
SELECT is(tix_prune_order_keys(), 1, 'and ends');
SELECT is(tix_prune_order_keys(), 0, 'with what is a day old');
SELECT is((SELECT num_nulls(idempotency_key, requested_locks, first_expires_at, first_answer)
    FROM orders WHERE order_id = :'keyed'), 4, 'nothing of the request stays');
SELECT throws_ok('SELECT tix_prune_order_keys(' || n || ')', '22023', NULL,
    'max_rows is positive, not ' || n) FROM (VALUES ('0'), ('NULL'), ('-1')) v (n);
SELECT * FROM finish();
