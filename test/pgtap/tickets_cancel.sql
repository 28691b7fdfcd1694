-- Giving seats back: of an unpaid order the total shrinks, of a paid one the price is owed back
-- less what is kept, and at every moment captured - refunded = tickets + what was kept (law O5).
\ir fixture.psql
SELECT plan(100);
SELECT tix_set_cancellation_terms(:'event') \g /dev/null
CREATE FUNCTION pg_temp.items(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s%s', seat_id, price_amount, CASE WHEN cancelled_at IS NOT NULL
                             THEN ' kept ' || kept_amount ELSE '' END), ', ' ORDER BY seat_id)
    FROM tix.order_items WHERE order_id = o
$$;
CREATE FUNCTION pg_temp.total(o uuid) RETURNS bigint LANGUAGE sql
AS $$ SELECT total_amount FROM tix.orders WHERE order_id = $1 $$;
-- What law O5 compares, of one order.
CREATE FUNCTION pg_temp.money(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN came - went = tickets + kept THEN 'even' ELSE
        format('captured %s, refunded %s, tickets %s, kept %s', came, went, tickets, kept) END
    FROM (SELECT coalesce(sum(amount), 0) AS came FROM tix.payments
          WHERE order_id = o AND status = 'succeeded') p,
         (SELECT coalesce(sum(amount), 0) AS went FROM tix.refunds
          WHERE order_id = o AND status <> 'failed') r,
         (SELECT coalesce(sum(i.price_amount), 0) AS tickets FROM tix.order_items i
          JOIN tix.tickets t USING (order_id, seat_id)
          WHERE order_id = o AND t.status IN ('valid', 'used')) t,
         (SELECT coalesce(sum(kept_amount), 0) AS kept FROM tix.order_items
          WHERE order_id = o) k
$$;
CREATE FUNCTION pg_temp.all_back(o uuid) RETURNS void LANGUAGE sql AS $$
    SELECT tix.tix_payment_event('mock', 'back-' || refund_id, 'refunded', 'tx-' || o, o, amount,
                                 'EUR', jsonb_build_object('refundId', refund_id))
    FROM tix.refunds WHERE order_id = o AND status = 'requested'
$$;

-- Before it is paid.
SELECT tix_set_charge(:'event', 'fee', 'system', 50, 'EUR') AS fee \gset
SELECT pg_temp.order_for(:'session', 'A-1 A-2 B-1', :'ann') AS o \gset
SELECT is(pg_temp.total(:'o'), 4150::bigint, 'three seats with their fees');
SELECT * FROM tix_cancel_items(:'o', :'ann', '{A-1,B-1}') \gset c_
SELECT is(:'c_status' || :c_refund_amount || :c_kept_amount, 'created00',
    'seats leave an unpaid order and nothing is owed');
SELECT is(pg_temp.items(:'o') || ': ' || pg_temp.total(:'o'), 'A-2 1050: 1050', 'it costs less');
SELECT is(pg_temp.state(:'session', 'A-1') || pg_temp.state(:'session', 'A-2')
    || pg_temp.state(:'session', 'B-1'), 'freeheldfree', 'they are free, the other is held');
SELECT is((SELECT detail FROM tix_order_history(:'o', :'ann') WHERE cause = 'cancelled'),
    '{"seatIds": ["A-1", "B-1"], "amount": -3100}'::jsonb, 'the history keeps what left');
SELECT is((SELECT amount FROM tix_begin_payment(:'o')), 1050::bigint,
    'what is left is what is paid');
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{A-2}'')', :'o', :'ann'), 'TX010', NULL,
    'nothing leaves an order that is being paid');
SELECT tix_payment_event('mock', 'p' || :'o', 'captured', 'tx-' || :'o', :'o', 1050, 'EUR')
\g /dev/null
SELECT is((SELECT string_agg(seat_id, ' ') FROM tickets WHERE order_id = :'o'), 'A-2',
    'only what is left has a ticket');
SELECT is(pg_temp.money(:'o'), 'even', 'the money agrees');
SELECT pg_temp.order_for(:'session', 'A-1 B-1', :'ann') AS o \gset
SELECT is((SELECT status FROM tix_cancel_items(:'o', :'ann', '{B-1,A-1}', 'thought better')),
    'cancelled', 'without any seat left the order is cancelled');
SELECT is((SELECT cause FROM tix_order_history(:'o', :'ann') WHERE to_status = 'cancelled'),
    'thought better', 'for the reason that was given');
SELECT is(pg_temp.items(:'o'), 'A-1 1050, B-1 2050', 'and keeps what it was');
SELECT is(pg_temp.state(:'session', 'B-1'), 'free', 'its seats are free');
SELECT tix_set_promotion(:'event', 'three', 'EUR', 300, min_minor => 3000) AS three \gset
SELECT order_id AS o FROM tix_create_order(ARRAY[pg_temp.hold(:'session', 'A-1 B-1 B-2', :'ann')],
    :'ann', promo => 'three') \gset
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{B-1,B-2}'')', :'o', :'ann'), '22023',
    NULL, 'the minimum of a promotion is not undercut afterwards');
SELECT is(pg_temp.items(:'o'), 'A-1 990, B-1 1930, B-2 1930', 'that changes nothing');
SELECT is((SELECT status FROM tix_cancel_items(:'o', :'ann', '{B-2}')), 'created',
    'what stays above it leaves');
SELECT is((SELECT spent_amount FROM promotions WHERE promotion_id = :'three'), 180::bigint,
    'and gives its share of the discount back');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT is((SELECT uses || '/' || spent_amount FROM promotions WHERE promotion_id = :'three'), '0/0',
    'as the order does with the rest');
SELECT tix_drop_charge(:'fee') \g /dev/null

-- After it is paid.
SELECT pg_temp.paid(:'session', 'A-1 B-1 B-2', :'ann') AS o \gset
SELECT * FROM tix_cancel_items(:'o', :'ann', '{B-1}', 'ill', 'c' || :'plan') \gset c_
SELECT is(:c_refund_amount || :'c_currency' || :'c_status', '2000EURpartially_refunded',
    'a seat is owed back and the order says so');
SELECT is(pg_temp.items(:'o'), 'A-1 1000, B-1 2000 kept 0, B-2 2000', 'its item is cancelled');
SELECT is((SELECT string_agg(seat_id || status, ' ' ORDER BY seat_id) FROM tickets
    WHERE order_id = :'o'), 'A-1valid B-1cancelled B-2valid', 'and its ticket');
SELECT is(pg_temp.state(:'session', 'B-1'), 'free', 'its seat is free');
SELECT is((SELECT amount || reason || status FROM refunds WHERE order_id = :'o'),
    '2000illrequested', 'the refund is owed for that reason');
SELECT is(pg_temp.money(:'o'), 'even', 'the money agrees');
SELECT is((SELECT detail FROM tix_order_history(:'o', :'ann') WHERE detail IS NOT NULL),
    '{"seatIds": ["B-1"], "refunded": 2000, "kept": 0}'::jsonb,
    'the history says what and how much');
SELECT is((SELECT replayed || status FROM tix_cancel_items(:'o', :'ann', '{B-1}', 'ill',
    'c' || :'plan')), 'truepartially_refunded', 'a key is answered the same');
SELECT is((SELECT count(*) FROM refunds WHERE order_id = :'o'), 1::bigint, 'and owes once');
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{B-2}'', ''ill'', %L)', :'o', :'ann',
    'c' || :'plan'), 'TX009', NULL, 'for other seats it is refused');
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{B-1}'')', :'o', :'ann'), 'TX010', NULL,
    'a seat is given back once');
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{B-2,B-1}'')', :'o', :'ann'), 'TX010',
    NULL, 'all of the seats or none');
SELECT is(pg_temp.items(:'o'), 'A-1 1000, B-1 2000 kept 0, B-2 2000', 'that changes nothing');
SELECT is(pg_temp.total(:'o'), 5000::bigint, 'the total is what was paid');
SELECT isnt(pg_temp.paid(:'session', 'B-1', :'bob'), NULL, 'the seat is sold again');
SELECT pg_temp.all_back(:'o') \g /dev/null
SELECT is(pg_temp.status(:'o'), 'partially_refunded', 'a part was paid back');
SELECT is((SELECT status FROM tix_cancel_items(:'o', :'ann', '{A-1,B-2}')), 'partially_refunded',
    'the rest is owed');
SELECT pg_temp.all_back(:'o') \g /dev/null
SELECT is(pg_temp.status(:'o'), 'refunded', 'and when all is paid back the order is refunded');
SELECT is(pg_temp.money(:'o'), 'even', 'the money agrees');
SELECT is((SELECT sum(amount) FROM ledger WHERE order_id = :'o'), 0::numeric,
    'and so does the ledger');
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{A-1}'')', :'o', :'ann'), 'TX010', NULL,
    'then nothing is left to give back');

-- What is kept.
SELECT tix_set_cancellation_terms(:'event', '1 hour', 105.5, 100) \g /dev/null
SELECT pg_temp.paid(:'session', 'A-1 A-3', :'ann') AS o \gset
SELECT * FROM tix_cancel_items(:'o', :'ann', '{A-1}') \gset c_
SELECT is(:c_refund_amount || '+' || :c_kept_amount, '794+206',
    'a share of the price, half up, and an amount are kept');
SELECT is(pg_temp.items(:'o'), 'A-1 1000 kept 206, A-3 1000', 'the item says what');
SELECT is(pg_temp.money(:'o'), 'even', 'the money agrees');
SELECT tix_set_cancellation_terms(:'event', kept_minor => 5000) \g /dev/null
SELECT is((SELECT refund_amount || '+' || kept_amount FROM tix_cancel_items(:'o', :'ann', '{A-3}')),
    '0+1000', 'no more than the price is kept');
SELECT is(pg_temp.money(:'o') || (SELECT count(*) FROM refunds WHERE order_id = :'o'), 'even1',
    'and nothing is owed for it');
SELECT is(pg_temp.status(:'o'), 'partially_refunded', 'what is kept was not refunded');
SELECT tix_set_cancellation_terms(:'event', '8 days') \g /dev/null
SELECT pg_temp.paid(:'session', 'A-1', :'ann') AS o \gset
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{A-1}'')', :'o', :'ann'), 'TX010', NULL,
    'after the time nothing is given back');
SELECT ticket_id AS t FROM tickets WHERE order_id = :'o' \gset
SELECT throws_ok(format('SELECT tix_cancel_ticket(%L, %L)', :'t', :'ann'), 'TX010', NULL,
    'by no way');
SELECT tix_set_cancellation_terms(:'event', '6 days', 500) \g /dev/null
SELECT tix_cancel_ticket(:'t', :'ann') AS refund \gset
SELECT is((SELECT amount FROM refunds WHERE refund_id = :'refund'), 500::bigint,
    'a ticket is given back on the same terms');
SELECT is(pg_temp.money(:'o'), 'even', 'the money agrees');
SELECT tix_set_cancellation_terms(:'event') \g /dev/null
SELECT throws_ok(format('SELECT tix_set_cancellation_terms(%s)', format(a, :'event')), state, NULL,
    'terms are refused: ' || a)
FROM (VALUES ('%L, ''-1 hour''', '22023'), ('%L, NULL', '22023'), ('%L, ''0'', -1', '22023'),
    ('%L, ''0'', 1001', '22023'), ('%L, ''0'', NULL', '22023'), ('%L, ''0'', 0, -1', '22023'),
    ('%L, ''0'', 0, NULL', '22023'), ('gen_random_uuid()', 'P0002'), ('NULL', 'P0002'))
    v (a, state);

-- Whose, which, in what state.
SELECT pg_temp.paid(:'session', 'A-4 A-5 A-6', :'ann') AS o \gset
SELECT throws_ok('SELECT tix_cancel_items(' || format(args, :'o', :'ann', :'bob',
    gen_random_uuid()) || ')', state, NULL, why)
FROM (VALUES ('%1$L, %3$L, ''{A-4}''', 'P0002', 'another''s order does not exist'),
    ('%4$L, %2$L, ''{A-4}''', 'P0002', 'nor does one that never was'),
    ('NULL, %2$L, ''{A-4}''', 'P0002', 'nor none'), ('%1$L, NULL, ''{A-4}''', 'P0002', 'nobody'),
    ('%1$L, %2$L, ''{A-1}''', 'P0002', 'a seat of another order'),
    ('%1$L, %2$L, ''{A-4,nowhere}''', 'P0002', 'no seat at all'),
    ('%1$L, %2$L, ''{}''', '22023', 'nothing'), ('%1$L, %2$L, NULL', '22023', 'NULL'),
    ('%1$L, %2$L, ''{NULL}''', '22023', 'a NULL seat'),
    ('%1$L, %2$L, ''{A-4,A-4}''', '22023', 'a seat twice'),
    ('%1$L, %2$L, ARRAY(SELECT i::text FROM generate_series(1, 1001) i)', '22023', '1001 seats'),
    ('%1$L, %2$L, ''{A-4}'', NULL', '22023', 'no reason'),
    ('%1$L, %2$L, ''{A-4}'', ''''', '22023', 'an empty reason'),
    ('%1$L, %2$L, ''{A-4}'', repeat(''x'', 501)', '22023', 'a long reason'),
    ('%1$L, %2$L, ''{A-4}'', repeat(''x'', 10485760)', '22023', 'ten megabytes of reason'),
    ('%1$L, %2$L, ''{A-4}'', ''x'', ''''', '22023', 'an empty key')) v (args, state, why);
UPDATE tickets SET status = 'used' WHERE order_id = :'o' AND seat_id = 'A-4';
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{A-4}'')', :'o', :'ann'), 'TX010', NULL,
    'a ticket that was used is not given back');
UPDATE tickets SET user_id = :'bob' WHERE order_id = :'o' AND seat_id = 'A-5';
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{A-5}'')', :'o', :'ann'), 'TX010', NULL,
    'nor one that belongs to another by now');
SELECT is(pg_temp.items(:'o'), 'A-4 1000, A-5 1000, A-6 1000', 'refusals change nothing');
SELECT ticket_id AS t5 FROM tickets WHERE order_id = :'o' AND seat_id = 'A-5' \gset
SELECT throws_ok(format('SELECT tix_cancel_ticket(%L, %L)', :'t5', :'ann'), 'P0002', NULL,
    'it is not hers');
SELECT isnt(tix_cancel_ticket(:'t5', :'bob'), NULL, 'but his');
SELECT is(pg_temp.money(:'o'), 'even', 'the money agrees');
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{A-1}'')', x, :'ann'), 'TX010', NULL,
    'an order that is over has nothing to give back')
FROM (SELECT order_id AS x FROM orders WHERE user_id = :'ann' AND status = 'cancelled' LIMIT 1) v;

-- Staff.
INSERT INTO users (email, role) VALUES ('desk ' || :'plan', 'box_office') RETURNING user_id AS desk
\gset
INSERT INTO users (email, role) VALUES ('org ' || :'plan', 'organizer') RETURNING user_id AS org
\gset
INSERT INTO users (email) VALUES ('buyer ' || :'plan') RETURNING user_id AS buyer \gset
SELECT tix_set_cancellation_terms(:'event', '9 days', 1000) \g /dev/null
SELECT throws_ok(format('SELECT tix_cancel_items_for(%L, %L, ''{A-6}'', ''x'')', o, s), 'P0002',
    NULL, who || ' cancels nothing')
FROM (VALUES (:'o', :'ann', 'the buyer'), (:'o', :'buyer', 'who has no role'),
    (:'o', :'org', 'the organizer of another event'), (:'o', NULL, 'nobody'),
    (gen_random_uuid()::text, :'desk', 'of an unknown order the desk'),
    (NULL, :'desk', 'of none the desk')) v (o, s, who);
SELECT throws_ok(format('SELECT tix_cancel_items_for(%L, %L, ''{A-6}'', ''x'', %s)', :'o', :'desk',
    n), '22023', NULL, n || ' is not kept') FROM (VALUES ('-1'), ('NULL')) v (n);
SELECT * FROM tix_cancel_items_for(:'o', :'desk', '{A-6}', 'goodwill', 250, 's' || :'plan') \gset s_
SELECT is(:s_refund_amount || '+' || :s_kept_amount, '750+250',
    'staff cancels at any time and keeps what it says');
SELECT is((SELECT replayed FROM tix_cancel_items_for(:'o', :'desk', '{A-6}', 'goodwill', 250,
    's' || :'plan')), true, 'once for a key');
SELECT is((SELECT by_buyer FROM tix_order_history(:'o', :'ann') WHERE cause = 'goodwill'), false,
    'the history says it was not the buyer');
SELECT is((SELECT actor FROM order_history WHERE order_id = :'o' AND cause = 'goodwill'), :'desk',
    'but who');
SELECT is(pg_temp.money(:'o'), 'even', 'the money agrees');
UPDATE events SET organizer_id = :'org' WHERE event_id = :'event';
SELECT pg_temp.order_for(:'session', 'B-9', :'bob') AS unpaid \gset
SELECT is((SELECT status FROM tix_cancel_items_for(:'unpaid', :'org', '{B-9}', 'stolen card')),
    'cancelled', 'the organizer cancels at their own event, also what is not paid');
UPDATE users SET status = 'suspended' WHERE user_id = :'org';
SELECT throws_ok(format('SELECT tix_cancel_items_for(%L, %L, ''{A-4}'', ''x'')', :'o', :'org'),
    'P0002', NULL, 'until suspended');
SELECT function_privs_are('tix', 'tix_cancel_items_for',
    '{uuid,uuid,text[],text,bigint,text}'::text[], 'tix_app', '{EXECUTE}',
    'the gateway may ask on behalf of staff');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'arena and tables agree');
SELECT is_empty(format($$SELECT order_id, pg_temp.money(order_id) FROM orders
    WHERE session_id = %L AND pg_temp.money(order_id) <> 'even'$$, :'session'),
    'the money of every order agrees');
SELECT * FROM finish();
