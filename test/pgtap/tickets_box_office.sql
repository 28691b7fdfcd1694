-- The box office sells at once, for cash, by card or for nothing, also what the public cannot buy.
\ir fixture.psql
SELECT plan(60);
INSERT INTO users (email, role) VALUES ('desk ' || :'plan', 'box_office') RETURNING user_id AS desk
\gset
INSERT INTO users (email, role) VALUES ('org ' || :'plan', 'organizer') RETURNING user_id AS org
\gset
CREATE FUNCTION pg_temp.counter_hold(session uuid, seats text, staff uuid, buyer uuid)
RETURNS bigint LANGUAGE sql AS $$
    SELECT lock_id FROM tix.tix_box_office_hold($1, string_to_array($2, ' '), $3, $4)
$$;
SELECT tix_set_tariff(:'event', 'child', permille => 500) AS child \gset

-- Cash.
SELECT pg_temp.hold(:'session', 'A-1 B-1', :'ann') AS l \gset
SELECT * FROM tix_box_office_order(ARRAY[:l], :'desk', :'ann', 'cash',
    '[{"seatId": "A-1", "tariff": "child", "attendee": {"name": "Mia"}}]', NULL, 'b' || :'plan')
\gset c_
SELECT is(:c_total_amount || :'c_total_currency' || :'c_seats', '2500EUR{A-1,B-1}',
    'what the buyer holds is sold at its tariffs');
SELECT is(pg_temp.status(:'c_order_id'), 'completed', 'at once');
SELECT is((SELECT string_agg(seat_id || status || price_amount, ' ' ORDER BY seat_id) FROM tickets
    WHERE order_id = :'c_order_id' AND user_id = :'ann'), 'A-1valid500 B-1valid2000',
    'the tickets are the buyer''s');
SELECT is(pg_temp.state(:'session', 'A-1'), 'sold', 'the seats are sold');
SELECT is((SELECT format('%s %s %s %s', provider, method, status, amount) FROM payments
    WHERE payment_id = :'c_payment_id'), 'box_office cash succeeded 2500', 'the payment says how');
SELECT is((SELECT kind || amount FROM ledger WHERE payment_id = :'c_payment_id'), 'captured2500',
    'and is in the ledger');
SELECT results_eq(format('SELECT to_status, cause, actor FROM order_history WHERE order_id = %L '
    'ORDER BY entry_id', :'c_order_id'), format($$VALUES
    ('payment_pending', 'box office: cash', %1$L), ('completed', 'box office: cash', %1$L)$$,
    :'desk'), 'the history names who sold');
SELECT is((SELECT order_id::text || replayed FROM tix_box_office_order(ARRAY[:l], :'desk', :'ann',
    'cash', '[{"seatId": "A-1", "tariff": "child", "attendee": {"name": "Mia"}}]', NULL,
    'b' || :'plan')), :'c_order_id' || 'true', 'a key is answered the same');
SELECT throws_ok(format('SELECT tix_box_office_order(ARRAY[%s], %L, %L, ''card_terminal'', NULL, '
    'NULL, %L)', :l, :'desk', :'ann', 'b' || :'plan'), 'TX009', NULL,
    'for another request it is refused');
SELECT is((SELECT count(*) FROM orders WHERE user_id = :'ann'), 1::bigint, 'one order was made');
SELECT throws_ok(format('SELECT tix_cancel_items(%L, %L, ''{A-1}'')', :'c_order_id', :'ann'),
    'TX010', NULL, 'the buyer does not cancel it on the net');
SELECT ticket_id AS t FROM tickets WHERE order_id = :'c_order_id' AND seat_id = 'A-1' \gset
SELECT throws_ok(format('SELECT tix_cancel_ticket(%L, %L)', :'t', :'ann'), 'TX010', NULL,
    'nor a ticket of it');
SELECT is((SELECT refund_amount || status FROM tix_cancel_items_for(:'c_order_id', :'desk', '{A-1}',
    'ill')), '500partially_refunded', 'the box office does');
SELECT is((SELECT status FROM refunds WHERE order_id = :'c_order_id'), 'succeeded',
    'and pays back in cash');
SELECT is((SELECT count(*) FROM tix_refunds_due(1000) WHERE order_id = :'c_order_id'), 0::bigint,
    'so nobody asks a provider');
SELECT is((SELECT status FROM tix_cancel_items_for(:'c_order_id', :'desk', '{B-1}', 'ill')),
    'refunded', 'when all is paid back the order is refunded');
SELECT is((SELECT sum(amount) FROM ledger WHERE order_id = :'c_order_id'), 0::numeric,
    'the ledger agrees');
SELECT tix_set_promotion(:'event', 'ten', 'EUR', permille => 100) AS ten \gset
SELECT is((SELECT total_amount FROM tix_box_office_order(ARRAY[pg_temp.hold(:'session', 'A-2',
    :'ann')], :'desk', :'ann', 'card_terminal', promo => 'ten')), 900::bigint,
    'a code counts at the counter as well');
SELECT is((SELECT uses FROM promotions WHERE promotion_id = :'ten'), 1, 'once');

-- For nothing.
SELECT tix_set_charge(:'event', 'fee', 'system', 150, 'EUR') AS fee \gset
SELECT * FROM tix_box_office_order(ARRAY[pg_temp.hold(:'session', 'B-2 B-3', :'bob')], :'desk',
    :'bob', 'complimentary', '[{"seatId": "B-2", "tariff": "child"}]') \gset f_
SELECT is(:f_total_amount, 0, 'a complimentary order costs nothing, also no fees');
SELECT is((SELECT string_agg(concat_ws('-', base_amount, discount_amount), ' ' ORDER BY seat_id)
    FROM order_items WHERE order_id = :'f_order_id'), '1000-1000 2000-2000',
    'what it is worth is known');
SELECT is(pg_temp.status(:'f_order_id') || (SELECT count(*) FROM tickets
    WHERE order_id = :'f_order_id' AND status = 'valid'), 'completed2', 'it has its tickets');
SELECT is((SELECT count(*) FROM payments WHERE order_id = :'f_order_id'), 0::bigint,
    'and no payment');
SELECT is((SELECT status FROM tix_cancel_items_for(:'f_order_id', :'desk', '{B-2}', 'no show')),
    'partially_refunded', 'a seat of it is taken back');
SELECT is((SELECT status FROM tix_cancel_items_for(:'f_order_id', :'desk', '{B-3}', 'no show')),
    'refunded', 'then nothing is left of it');
SELECT is((SELECT count(*) FROM refunds WHERE order_id = :'f_order_id'), 0::bigint,
    'and nothing is owed');
SELECT tix_drop_charge(:'fee') \g /dev/null

-- Above the rules of the public sale.
SELECT tix_set_limit(:'session', 'user', 1), tix_pause(:'session') \g /dev/null
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-3', :'bob')), 'paused',
    'the public cannot buy');
SELECT pg_temp.counter_hold(:'session', 'A-3 A-4', :'desk', :'bob') AS l \gset
SELECT isnt((SELECT order_id FROM tix_box_office_order(ARRAY[:l], :'desk', :'bob', 'cash')), NULL,
    'the counter sells while the sale is paused, above the limit');
SELECT tix_resume(:'session'), tix_set_limit(:'session', 'user', 0) \g /dev/null
UPDATE sessions SET status = 'closed' WHERE session_id = :'session';
SELECT pg_temp.counter_hold(:'session', 'A-5', :'desk', :'bob') AS l \gset
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :l, :'bob'), 'TX006', NULL,
    'the public sale is over');
SELECT isnt((SELECT order_id FROM tix_box_office_order(ARRAY[:l], :'desk', :'bob', 'cash')), NULL,
    'not that of the counter');
UPDATE sessions SET status = 'on_sale' WHERE session_id = :'session';
SELECT tix_block_seats(:'session', '{A-6}', 'kill', 'broken') \g /dev/null
SELECT is((SELECT reason FROM tix_box_office_hold(:'session', '{A-6}', :'desk', :'bob')), 'blocked',
    'a blocked seat stays blocked');
SELECT is((SELECT reason FROM tix_box_office_hold(:'session', '{A-5}', :'desk', :'bob')), 'sold',
    'and a sold one sold');

-- Who may, and what.
SELECT pg_temp.hold(:'session', 'A-7', :'ann') AS l \gset
SELECT throws_ok(format('SELECT tix_box_office_order(' || args || ')', :l, :'desk', :'ann', :'bob',
    :'org'), state, NULL, why)
FROM (VALUES ('ARRAY[%1$s], %3$L, %3$L, ''cash''', 'TX002', 'the buyer is no staff'),
    ('ARRAY[%1$s], %5$L, %3$L, ''cash''', 'TX002', 'nor the organizer of another event'),
    ('ARRAY[%1$s], NULL, %3$L, ''cash''', '22023', 'nor nobody'),
    ('ARRAY[%1$s], %2$L, NULL, ''cash''', '22023', 'there is a buyer'),
    ('ARRAY[%1$s], %2$L, %4$L, ''cash''', 'TX002', 'who holds the seats'),
    ('ARRAY[1], %2$L, %3$L, ''cash''', 'TX002', 'by a lock that is'),
    ('NULL, %2$L, %3$L, ''cash''', '22023', 'not NULL'),
    ('''{}'', %2$L, %3$L, ''cash''', '22023', 'not none'),
    ('''{NULL}'', %2$L, %3$L, ''cash''', '22023', 'not a NULL one'),
    ('ARRAY[%1$s], %2$L, %3$L, NULL', '22023', 'by a method'),
    ('ARRAY[%1$s], %2$L, %3$L, ''beer''', '22023', 'not any'),
    ('ARRAY[%1$s], %2$L, %3$L, ''complimentary'', NULL, ''ten''', '22023', 'not free with a code'),
    ('ARRAY[%1$s], %2$L, %3$L, ''cash'', ''{}''', '22023', 'with items as they must be'),
    ('ARRAY[%1$s], %2$L, %3$L, ''cash'', NULL, ''none''', '22023', 'with a code that is'),
    ('ARRAY[%1$s], %2$L, %3$L, ''cash'', NULL, NULL, ''''', '22023', 'with a key that is one'))
    v (args, state, why);
SELECT is((SELECT count(*) FROM order_items WHERE lock_id = :l), 0::bigint,
    'refusals change nothing');
SELECT isnt((SELECT order_id FROM tix_create_order(ARRAY[:l], :'ann')), NULL,
    'an order on the net takes the hold');
SELECT throws_ok(format('SELECT tix_box_office_order(ARRAY[%s], %L, %L, ''cash'')', :l, :'desk',
    :'ann'), 'TX010', NULL, 'then the counter does not');
SELECT throws_ok(format('SELECT tix_box_office_hold(%L, %L, %L, %L)', s, '{A-8}', w, :'bob'),
    'P0002', NULL, why)
FROM (VALUES (:'session', :'bob', 'a buyer holds nothing above the rules'),
    (:'session', NULL, 'nor does nobody'),
    (gen_random_uuid()::text, :'desk', 'nor where nothing is'))
    v (s, w, why);
UPDATE events SET organizer_id = :'org' WHERE event_id = :'event';
SELECT ok((SELECT ok FROM tix_box_office_hold(:'session', '{A-8}', :'org', :'bob')),
    'the organizer does at their own event');
SELECT throws_ok(format('SELECT tix_begin_payment(%L, ''box_office'')', order_id), '22023', NULL,
    'nobody pays on the net as if at the counter') FROM order_items WHERE lock_id = :l;
SELECT function_privs_are('tix', f, a, 'tix_app', may, f || ' ' || why)
FROM (VALUES ('tix_box_office_order', '{bigint[],uuid,uuid,text,jsonb,text,text}'::text[],
        '{EXECUTE}'::text[], 'asks who sells'),
    ('tix_box_office_hold', '{uuid,text[],uuid,uuid,interval}', '{EXECUTE}', 'asks who holds'),
    ('tix_set_cancellation_terms', '{uuid,interval,numeric,bigint}', '{}',
        'is not for the gateway')) v (f, a, may, why);
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'arena and tables agree');
SELECT * FROM finish();
