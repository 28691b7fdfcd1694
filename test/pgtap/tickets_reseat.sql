-- Moving paid seats: to seats that are held, all at once, at no higher price, and what they cost
-- less is owed back.
\ir fixture.psql
SELECT plan(79);
CREATE FUNCTION pg_temp.items(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', seat_id, price_amount), ', ' ORDER BY seat_id)
    FROM tix.order_items WHERE order_id = o AND cancelled_at IS NULL
$$;
CREATE FUNCTION pg_temp.tickets(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', seat_id, status, price_amount), ', '
                      ORDER BY seat_id, status)
    FROM tix.tickets WHERE order_id = o
$$;
CREATE FUNCTION pg_temp.owed(o uuid) RETURNS bigint LANGUAGE sql
AS $$ SELECT coalesce(sum(amount), 0)::bigint FROM tix.refunds WHERE order_id = o $$;

-- To a seat at the same price.
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT order_item_id AS item FROM order_items WHERE order_id = :'o' AND seat_id = 'A-1' \gset
SELECT pg_temp.hold(:'session', 'A-3', :'ann') AS l \gset
SELECT * FROM tix_reseat_order(:'o', :'ann', '{"A-1": "A-3"}', ARRAY[:l], 'r' || :'plan') \gset r_
SELECT is(:r_refund_amount || :'r_currency' || :'r_replayed', '0EURf', 'nothing is owed');
SELECT is(pg_temp.items(:'o'), 'A-2 1000, A-3 1000', 'the order has the new seat');
SELECT is(pg_temp.tickets(:'o'), 'A-1 cancelled 1000, A-2 valid 1000, A-3 valid 1000',
    'the old ticket is cancelled, a new one issued');
SELECT is(pg_temp.state(:'session', 'A-1') || pg_temp.state(:'session', 'A-3'), 'freesold',
    'the old seat is free, the new one sold');
SELECT is(pg_temp.status(:'o'), 'completed', 'the order is what it was');
SELECT is((SELECT lock_id FROM order_items WHERE order_item_id = :'item'), :l::bigint,
    'the same item has the new token');
SELECT is((SELECT detail FROM tix_order_history(:'o', :'ann') WHERE cause = 'reseated'),
    '{"changes": {"A-1": "A-3"}, "refunded": 0}'::jsonb, 'the history says what moved');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT is((SELECT replayed FROM tix_reseat_order(:'o', :'ann', '{"A-1": "A-3"}', ARRAY[:l],
    'r' || :'plan')), true, 'a key is answered the same');
SELECT is((SELECT count(*) FROM tickets WHERE order_id = :'o'), 3::bigint, 'and moves nothing');
SELECT throws_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-2": "A-3"}'', ARRAY[%s], %L)', :'o',
    :'ann', :l, 'r' || :'plan'), 'TX009', NULL, 'for another request it is refused');
SELECT isnt(pg_temp.paid(:'session', 'A-1', :'bob'), NULL, 'the old seat is sold again');

-- To cheaper ones, several locks at once.
SELECT pg_temp.paid(:'session', 'B-1 B-2', :'ann') AS o \gset
SELECT pg_temp.hold(:'session', 'A-4', :'ann') AS l4, pg_temp.hold(:'session', 'B-3', :'ann') AS l3
\gset
SELECT is((SELECT refund_amount FROM tix_reseat_order(:'o', :'ann', '{"B-1": "A-4", "B-2": "B-3"}',
    ARRAY[:l3, :l4])), 1000::bigint, 'what the new seats cost less is owed back');
SELECT is(pg_temp.items(:'o'), 'A-4 1000, B-3 2000', 'each seat went where it should');
SELECT is((SELECT lock_id FROM order_items WHERE order_id = :'o' AND seat_id = 'A-4'), :l4::bigint,
    'with its own token');
SELECT is(pg_temp.tickets(:'o'), 'A-4 valid 1000, B-1 cancelled 2000, B-2 cancelled 2000, '
    'B-3 valid 2000', 'and its ticket');
SELECT is((SELECT amount || reason || status || (order_item_id IS NULL) FROM refunds
    WHERE order_id = :'o'), '1000reseatedrequestedtrue', 'as a refund of the order');
SELECT is((SELECT total_amount FROM orders WHERE order_id = :'o'), 4000::bigint,
    'the total is what was paid');
SELECT is((SELECT refund_amount FROM tix_cancel_items(:'o', :'ann', '{A-4}')), 1000::bigint,
    'a moved seat is given back at its new price');
SELECT is(4000 - pg_temp.owed(:'o'), 2000::bigint, 'the money agrees with the tickets');
SELECT pg_temp.hold(:'session', 'A-5', :'ann') AS l \gset
SELECT is((SELECT refund_amount FROM tix_reseat_order(:'o', :'ann', '{"B-3": "A-5"}', ARRAY[:l])),
    1000::bigint, 'a partially refunded order is moved as well');

-- Tariff, fees and discount.
SELECT tix_set_tariff(:'event', 'child', permille => 500),
       tix_set_charge(:'event', 'fee', 'system', permille => 100),
       tix_set_promotion(:'event', 'ten', 'EUR', permille => 100) \g /dev/null
SELECT order_id AS o, total_amount AS total FROM tix_create_order(
    ARRAY[pg_temp.hold(:'session', 'B-4', :'ann')], :'ann', promo => 'ten',
    items => '[{"seatId": "B-4", "tariff": "child", "attendee": {"name": "Mia"}}]') \gset
SELECT tix_begin_payment(:'o') \g /dev/null
SELECT tix_payment_event('mock', 'p' || :'o', 'captured', 'tx' || :'o', :'o', :total, 'EUR')
\g /dev/null
SELECT pg_temp.hold(:'session', 'A-6', :'ann') AS l \gset
SELECT is((SELECT refund_amount FROM tix_reseat_order(:'o', :'ann', '{"B-4": "A-6"}', ARRAY[:l])),
    550::bigint, 'a child''s seat moves at the child''s tariff and its fees');
SELECT is((SELECT format('%s %s %s+%s-%s=%s %s', seat_id, tariff, base_amount, fee_amount,
    discount_amount, price_amount, attendee->>'name') FROM order_items WHERE order_id = :'o'),
    'A-6 child 500+40-100=440 Mia', 'with what it had off, and who sits there');
SELECT is((SELECT amount FROM order_item_charges JOIN order_items USING (order_item_id)
    WHERE order_id = :'o'), 40::bigint, 'the charges are those of the new price');
SELECT tix_drop_charge(rule_id) FROM charge_rules WHERE event_id = :'event' \g /dev/null

-- Not to a dearer one; whose, which, in what state.
SELECT pg_temp.paid(:'session', 'A-7 A-8', :'ann') AS o \gset
SELECT pg_temp.hold(:'session', 'B-1', :'ann') AS dear,
       pg_temp.hold(:'session', 'A-9', :'ann') AS l,
       pg_temp.hold(:'session', 'B-2', :'bob') AS bobs \gset
SELECT throws_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-7": "B-1"}'', ARRAY[%s])', :'o',
    :'ann', :dear), 'TX010', NULL, 'a dearer seat is refused');
SELECT is(pg_temp.state(:'session', 'B-1') || pg_temp.state(:'session', 'A-7'), 'heldsold',
    'and nothing moved');
SELECT throws_ok('SELECT tix_reseat_order(' || format(args, :'o', :'ann', :l, :'bob', :bobs,
    gen_random_uuid(), :dear) || ')', state, NULL, why)
FROM (VALUES ('%1$L, %4$L, ''{"A-7": "A-9"}'', ARRAY[%3$s]', 'P0002', 'another''s order'),
    ('%6$L, %2$L, ''{"A-7": "A-9"}'', ARRAY[%3$s]', 'P0002', 'an order that is not'),
    ('NULL, %2$L, ''{"A-7": "A-9"}'', ARRAY[%3$s]', 'P0002', 'no order'),
    ('%1$L, NULL, ''{"A-7": "A-9"}'', ARRAY[%3$s]', 'P0002', 'nobody'),
    ('%1$L, %2$L, ''{"A-1": "A-9"}'', ARRAY[%3$s]', 'P0002', 'a seat of another order'),
    ('%1$L, %2$L, ''{"A-7": "A-9", "x": "y"}'', ARRAY[%3$s]', '22023', 'a seat no lock has'),
    ('%1$L, %2$L, ''{"A-7": "A-9"}'', ARRAY[%3$s, %7$s]', '22023', 'a lock with other seats'),
    ('%1$L, %2$L, ''{"A-7": "B-2"}'', ARRAY[%5$s]', 'TX002', 'another''s lock'),
    ('%1$L, %2$L, ''{"A-7": "A-9"}'', ARRAY[1]', 'TX002', 'a lock that never was'),
    ('%1$L, %2$L, ''{"A-7": "A-9"}'', NULL', '22023', 'no lock'),
    ('%1$L, %2$L, ''{"A-7": "A-9"}'', ''{}''', '22023', 'none'),
    ('%1$L, %2$L, ''{"A-7": "A-9"}'', ''{NULL}''', '22023', 'a NULL one'),
    ('%1$L, %2$L, NULL, ARRAY[%3$s]', '22023', 'no changes'),
    ('%1$L, %2$L, ''{}'', ARRAY[%3$s]', '22023', 'empty changes'),
    ('%1$L, %2$L, ''[]'', ARRAY[%3$s]', '22023', 'an array'),
    ('%1$L, %2$L, ''null'', ARRAY[%3$s]', '22023', 'a JSON null'),
    ('%1$L, %2$L, ''"A-7"'', ARRAY[%3$s]', '22023', 'a text'),
    ('%1$L, %2$L, ''{"A-7": 9}'', ARRAY[%3$s]', '22023', 'a number'),
    ('%1$L, %2$L, ''{"A-7": null}'', ARRAY[%3$s]', '22023', 'a null'),
    ('%1$L, %2$L, ''{"A-7": ["A-9"]}'', ARRAY[%3$s]', '22023', 'a list'),
    ('%1$L, %2$L, ''{"A-7": "A-9", "A-8": "A-9"}'', ARRAY[%3$s]', '22023', 'a target twice'),
    ('%1$L, %2$L, jsonb_build_object(''A-7'', repeat(''x'', 10485760)), ARRAY[%3$s]', '22023',
     'ten megabytes'),
    ('%1$L, %2$L, ''{"A-7": "A-9"}'', ARRAY[%3$s], ''''', '22023', 'an empty key'))
    v (args, state, why);
SELECT is(pg_temp.items(:'o') || pg_temp.state(:'session', 'A-9'), 'A-7 1000, A-8 1000held',
    'refusals change nothing');
SELECT pg_temp.order_for(:'session', 'B-5', :'ann') AS unpaid \gset
SELECT throws_ok(format('SELECT tix_reseat_order(%L, %L, ''{"B-5": "A-9"}'', ARRAY[%s])', :'unpaid',
    :'ann', :l), 'TX010', NULL, 'an order that is not paid is not moved');
SELECT lock_id AS ordered FROM order_items WHERE order_id = :'unpaid' \gset
SELECT tix_set_price(:'event', NULL, 1000, 'EUR', '{B}') \g /dev/null
SELECT throws_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-7": "B-5"}'', ARRAY[%s])', :'o',
    :'ann', :ordered), 'TX010', NULL, 'the hold of another order is not taken from it');
SELECT tix_set_price(:'event', NULL, 2000, 'EUR', '{B}') \g /dev/null
UPDATE tickets SET status = 'used' WHERE order_id = :'o' AND seat_id = 'A-7';
SELECT throws_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-7": "A-9"}'', ARRAY[%s])', :'o',
    :'ann', :l), 'TX010', NULL, 'who sits there is not moved');
UPDATE tickets SET user_id = :'bob' WHERE order_id = :'o' AND seat_id = 'A-8';
SELECT throws_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-8": "A-9"}'', ARRAY[%s])', :'o',
    :'ann', :l), 'TX010', NULL, 'nor another''s ticket');
UPDATE tickets SET user_id = :'ann' WHERE order_id = :'o' AND seat_id = 'A-8';
SELECT tix_set_cancellation_terms(:'event', '8 days') \g /dev/null
SELECT throws_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-8": "A-9"}'', ARRAY[%s])', :'o',
    :'ann', :l), 'TX010', NULL, 'nor anything when it is too late');
SELECT tix_set_cancellation_terms(:'event') \g /dev/null
SELECT lives_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-8": "A-9"}'', ARRAY[%s])', :'o',
    :'ann', :l), 'after all that it is moved');
SELECT pg_temp.hold(:'session', 'A-8', :'ann') AS l8 \gset
SELECT lives_ok(format('SELECT tix_reseat_order(%L, %L, ''{"A-9": "A-8"}'', ARRAY[%s])', :'o',
    :'ann', :l8), 'and back');
SELECT is(pg_temp.tickets(:'o'), 'A-7 used 1000, A-8 cancelled 1000, A-8 valid 1000, '
    'A-9 cancelled 1000', 'with a ticket of its own');

-- Rolled back, nothing moved.
SELECT pg_temp.hold(:'session', 'A-9', :'ann') AS l \gset
BEGIN;
SELECT tix_reseat_order(:'o', :'ann', '{"A-8": "A-9"}', ARRAY[:l]) \g /dev/null
SELECT is(pg_temp.state(:'session', 'A-8'), 'sold', 'the old seat is not free before COMMIT');
ROLLBACK;
SELECT is(pg_temp.state(:'session', 'A-8') || pg_temp.state(:'session', 'A-9'), 'soldheld',
    'rolled back, nothing moved');

-- Staff.
INSERT INTO users (email, role) VALUES ('desk ' || :'plan', 'box_office') RETURNING user_id AS desk
\gset
UPDATE tickets SET user_id = :'bob' WHERE order_id = :'o' AND seat_id = 'A-8';
SELECT tix_set_cancellation_terms(:'event', '8 days') \g /dev/null
SELECT pg_temp.hold(:'session', 'B-8 B-9', :'ann') AS pair \gset
SELECT tix_pause(:'session') \g /dev/null
SELECT throws_ok(format('SELECT tix_reseat_order_for(%L, %L, ''{"A-8": "B-6"}'', ''x'')', o, w),
    'P0002', NULL, why)
FROM (VALUES (:'o', :'ann', 'a buyer is no staff'), (:'o', NULL, 'nor is nobody'),
    (gen_random_uuid()::text, :'desk', 'an unknown order is not moved')) v (o, w, why);
SELECT is((SELECT refund_amount FROM tix_reseat_order_for(:'o', :'desk', '{"A-8": "B-6"}',
    'a pillar')), 0::bigint, 'staff moves to a dearer seat');
SELECT is(pg_temp.items(:'o'), 'A-7 1000, B-6 1000', 'at the price that was paid');
SELECT is((SELECT base_amount - discount_amount FROM order_items WHERE order_id = :'o'
    AND seat_id = 'B-6'), 1000::bigint, 'what it is worth is known');
SELECT is((SELECT user_id FROM tickets WHERE order_id = :'o' AND seat_id = 'B-6'), :'bob'::uuid,
    'the ticket stays with who has it');
SELECT is((SELECT actor FROM order_history WHERE order_id = :'o' AND cause = 'a pillar'), :'desk',
    'the history says who moved it');
SELECT is(pg_temp.owed(:'o'), 0::bigint, 'nothing is owed');
SELECT throws_ok(format('SELECT tix_reseat_order_for(%L, %L, %L, %L)', :'o', :'desk', c, r), state,
    NULL, why)
FROM (VALUES ('{"B-6": "A-1"}', 'x', 'TX001', 'a sold seat is not had'),
    ('{"B-6": "B-2"}', 'x', 'TX001', 'nor another''s hold'),
    ('{"B-6": "nowhere"}', 'x', 'TX001', 'nor a seat that is not'),
    ('{"B-6": "B-8"}', 'x', 'TX001', 'nor the buyer''s hold of more seats'),
    ('{"A-8": "B-7"}', 'x', 'P0002', 'what moved away is not there'),
    ('{"B-6": "B-7"}', NULL, '22023', 'there is a reason'), ('{}', 'x', '22023', 'and a change'))
    v (c, r, state, why);
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'arena and tables agree');
SELECT is_empty(format($$
    SELECT o.order_id FROM orders o CROSS JOIN LATERAL (
        SELECT coalesce(sum(i.price_amount), 0) AS worth FROM order_items i
        JOIN tickets t USING (order_id, seat_id)
        WHERE i.order_id = o.order_id AND t.status IN ('valid', 'used')) t
    WHERE o.session_id = %L AND o.status IN ('completed', 'partially_refunded')
      AND o.total_amount - pg_temp.owed(o.order_id) <> t.worth$$, :'session'),
    'paid less owed is what the tickets are worth, of every order');
SELECT * FROM finish();
