-- Promotions: what a code takes off, for whom and when, and caps that hold whoever asks at once and
-- whatever becomes of the order.
\ir fixture.psql
SELECT plan(74);
CREATE FUNCTION pg_temp.with_code(session uuid, seats text, buyer uuid, code text,
                                  items jsonb DEFAULT NULL)
RETURNS uuid LANGUAGE sql AS $$
    SELECT order_id
    FROM tix.tix_create_order(ARRAY[pg_temp.hold($1, $2, $3)], $3, items => $5, promo => $4)
$$;
CREATE FUNCTION pg_temp.discounts(o uuid) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT array_agg(discount_amount ORDER BY seat_id) FROM tix.order_items WHERE order_id = o
$$;
CREATE FUNCTION pg_temp.count_of(p uuid) RETURNS text LANGUAGE sql
AS $$ SELECT uses || '/' || spent_amount FROM tix.promotions WHERE promotion_id = p $$;

-- What it takes off.
SELECT tix_set_promotion(:'event', 'Tenth', 'EUR', permille => 100) AS tenth,
       tix_set_promotion(:'event', 'five', 'EUR', 500) AS five \gset
SELECT pg_temp.with_code(:'session', 'A-1 B-1', :'ann', 'tENTH') AS o \gset
SELECT is(pg_temp.discounts(:'o'), '{100,200}', 'permille off each line, whatever the case');
SELECT is((SELECT total_amount FROM orders WHERE order_id = :'o'), 2700::bigint,
    'and off the total');
SELECT is(pg_temp.count_of(:'tenth'), '1/300', 'the use is counted');
SELECT is((SELECT items->0->>'discountAmount' FROM tix_get_order(:'o', :'ann')), '100',
    'the buyer sees it');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT is(pg_temp.count_of(:'tenth'), '0/0', 'a cancelled order gives its use back');
SELECT tix_set_tariff(:'event', 'odd', 333, 'EUR') AS odd \gset
SELECT pg_temp.with_code(:'session', 'A-1 A-2 A-3', :'ann', 'five', '[
    {"seatId": "A-1", "tariff": "odd"}, {"seatId": "A-2", "tariff": "odd"},
    {"seatId": "A-3", "tariff": "odd"}]') AS o \gset
SELECT is(pg_temp.discounts(:'o'), '{166,167,167}', 'an amount is shared, and the shares add up');
SELECT is((SELECT total_amount FROM orders WHERE order_id = :'o'), 499::bigint,
    'it comes off once');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT pg_temp.with_code(:'session', 'A-1', :'ann', 'five', '[{"seatId": "A-1", "tariff": "odd"}]')
    AS o \gset
SELECT is((SELECT total_amount FROM orders WHERE order_id = :'o'), 0::bigint,
    'an amount takes off no more than there is');
SELECT is(pg_temp.count_of(:'five'), '1/333', 'and counts no more');
SELECT is(tix_complete_free_order(:'o', :'ann'), '{A-1}', 'what costs nothing is completed');
SELECT is(pg_temp.count_of(:'five'), '1/333', 'and uses the code');
SELECT tix_set_charge(:'event', 'fee', 'system', permille => 100) AS fee \gset
SELECT pg_temp.with_code(:'session', 'A-2', :'ann', 'tenth') AS o \gset
SELECT is((SELECT format('%s %s %s', base_amount, fee_amount, price_amount) FROM order_items
    WHERE order_id = :'o'), '1000 90 990', 'a share of the price is of what is left of it');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT tix_drop_charge(:'fee') \g /dev/null

-- For whom and when.
SELECT tix_set_promotion(:'event', v.code, 'EUR', 100, valid_from => v.a, valid_until => v.b)
FROM (VALUES ('early', now() + interval '1 day', NULL), ('late', NULL, now() - interval '1 s'))
    v (code, a, b) \g /dev/null
SELECT tix_set_promotion(:'event', 'dollar', 'USD', 100),
       tix_set_promotion(:'event', 'kids', 'EUR', permille => 500, tariffs => '{child}'),
       tix_set_promotion(:'event', 'boxes', 'EUR', permille => 500, categories => '{box}'),
       tix_set_promotion(:'event', 'big', 'EUR', 100, min_minor => 3000) \g /dev/null
SELECT tix_set_tariff(:'event', 'child', permille => 500) AS child \gset
SELECT throws_ok(format('SELECT pg_temp.with_code(%L, ''A-2 A-3'', %L, %L)', :'session', :'ann', c),
    '22023', NULL, format('the code "%s" is refused', left(c, 10)))
FROM (VALUES ('early'), ('late'), ('dollar'), ('kids'), ('boxes'), ('big'), ('none'), (''),
    (' tenth'), ('tent_'), (repeat('x', 65)), (repeat('x', 10485760))) v (c);
SELECT tix_create_event('Other', :'map') AS other \gset
SELECT tix_set_promotion(:'other', 'foreign', 'EUR', 100) AS foreign_code \gset
SELECT throws_ok(format('SELECT pg_temp.with_code(%L, ''A-2'', %L, ''foreign'')', :'session',
    :'ann'), '22023', NULL, 'the code of another event is refused');
SELECT is(pg_temp.state(:'session', 'A-2'), 'free', 'and nothing is held');
SELECT pg_temp.with_code(:'session', 'A-2 A-3', :'ann', 'kids',
    '[{"seatId": "A-3", "tariff": "child"}]') AS o \gset
SELECT is(pg_temp.discounts(:'o'), '{0,250}', 'a code for a tariff is for its lines');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT is(pg_temp.discounts(pg_temp.with_code(:'session', 'B-1 A-2', :'ann', 'big')), '{33,67}',
    'a minimum is what the seats cost');

-- Caps.
SELECT tix_set_promotion(:'event', 'once', 'EUR', 100, max_uses => 1) AS once,
       tix_set_promotion(:'event', 'each', 'EUR', 100, max_uses_per_user => 1) AS "each",
       tix_set_promotion(:'event', 'purse', 'EUR', permille => 100, budget_minor => 250) AS purse,
       tix_set_promotion(:'event', 'never', 'EUR', 100, max_uses => 0) AS never \gset
SELECT pg_temp.with_code(:'session', 'A-4', :'ann', 'once') AS first \gset
SELECT throws_ok(format('SELECT pg_temp.with_code(%L, ''A-5'', %L, ''once'')', :'session', :'bob'),
    'TX005', NULL, 'a use too many is refused');
SELECT is(pg_temp.state(:'session', 'A-5'), 'free', 'and changes nothing');
SELECT is(pg_temp.count_of(:'once'), '1/100', 'also not the count');
SELECT throws_ok(format('SELECT pg_temp.with_code(%L, ''A-5'', %L, ''never'')', :'session', :'bob'),
    'TX005', NULL, 'a cap of 0 is one');
SELECT pg_temp.with_code(:'session', 'B-4', :'ann', 'each') AS anns,
       pg_temp.with_code(:'session', 'B-5', :'bob', 'each') AS bobs \gset
SELECT is(pg_temp.count_of(:'each'), '2/200', 'each user has one');
SELECT throws_ok(format('SELECT pg_temp.with_code(%L, ''B-6'', %L, ''each'')', :'session', :'ann'),
    'TX005', NULL, 'and no second');
SELECT tix_cancel_order(:'anns', :'ann') \g /dev/null
SELECT lives_ok(format('SELECT pg_temp.with_code(%L, ''B-6'', %L, ''each'')', :'session', :'ann'),
    'a use that was given back is had again');
SELECT pg_temp.with_code(:'session', 'B-7', :'ann', 'purse') AS spender \gset
SELECT is(pg_temp.count_of(:'purse'), '1/200', 'what is left of it is');
SELECT throws_ok(format('SELECT pg_temp.with_code(%L, ''A-6'', %L, ''purse'')', :'session', :'bob'),
    'TX005', NULL, 'not enough for the next');
SELECT tix_set_promotion(:'event', 'PURSE', 'EUR', permille => 50, budget_minor => 250) AS again
\gset
SELECT is(pg_temp.count_of(:'purse'), '1/200', 'new rules keep the count');
SELECT is(:'again'::text, :'purse', 'of the same code');
SELECT lives_ok(format('SELECT pg_temp.with_code(%L, ''A-6'', %L, ''purse'')', :'session', :'bob'),
    'the budget can be used to the last cent');
SELECT is(pg_temp.count_of(:'purse'), '2/250', 'and is');

-- Whatever becomes of the order.
SELECT * FROM tix_begin_payment(:'first') \gset p_
SELECT is(:p_amount, 900, 'the payment is of the reduced total');
SELECT result AS failed FROM tix_payment_event('mock', 'f' || :'first', 'failed', 'tx' || :'first',
    :'first', 900, 'EUR') \gset
SELECT is(pg_temp.status(:'first') || pg_temp.count_of(:'once'), 'failed0/0',
    'a failed order gives its use back');
SELECT isnt((SELECT given_back_at FROM promotion_uses WHERE order_id = :'first'), NULL,
    'and the use says when');
SELECT pg_temp.with_code(:'session', 'A-5', :'bob', 'once') AS second \gset
SELECT is(pg_temp.count_of(:'once'), '1/100', 'another has it');
SELECT is((SELECT result FROM tix_payment_event('mock', 'c' || :'first', 'captured', 'tx'
    || :'first', :'first', 900, 'EUR')), 'late', 'late money completes the order');
SELECT is(pg_temp.count_of(:'once'), '2/200',
    'at its price, beyond the cap: the use was promised and is counted');
SELECT is((SELECT given_back_at FROM promotion_uses WHERE order_id = :'first'), NULL,
    'as one that counts');
SELECT tix_cancel_order(:'second', :'bob') \g /dev/null
SELECT is(pg_temp.count_of(:'once'), '1/100', 'the other gives its own back, once');
SELECT tix_cancel_order(:'second', :'bob') \g /dev/null
SELECT is(pg_temp.count_of(:'once'), '1/100', 'cancelling again gives nothing back');
SET tix.order_ttl = '1s';
SELECT order_id AS overdue FROM tix_create_order(ARRAY[pg_temp.hold(:'session', 'B-8', :'bob',
    '1s')], :'bob', promo => 'tenth') \gset
RESET tix.order_ttl;
SELECT pg_sleep(1.1) \g /dev/null
SELECT is(pg_temp.count_of(:'tenth'), '1/200', 'an overdue order has its use');
SELECT tix_expire_orders() \g /dev/null
SELECT is(pg_temp.status(:'overdue') || pg_temp.count_of(:'tenth'), 'expired0/0',
    'until it expires');

-- Two want the last use at once: the second waits for the first, and takes what that leaves.
CREATE EXTENSION dblink SCHEMA public;
SELECT format('host=%s port=%s dbname=%s user=%s', :'HOST', :'PORT', :'DBNAME', :'USER') AS server
\gset
SELECT dblink_connect('one', :'server'), dblink_connect('two', :'server') \g /dev/null
SELECT tix_set_promotion(:'event', 'last', 'EUR', 100, max_uses => 1) AS last \gset
SELECT pg_temp.hold(:'session', 'A-7', :'ann') AS l7, pg_temp.hold(:'session', 'A-8', :'bob') AS l8
\gset
CREATE FUNCTION pg_temp.race(l7 bigint, ann uuid, l8 bigint, bob uuid, finish text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    waited boolean;
    outcome text;
BEGIN
    PERFORM dblink_exec('one', 'BEGIN');
    PERFORM * FROM dblink('one', format('SELECT order_id FROM tix.tix_create_order(ARRAY[%s], %L, '
        'promo => ''last'')', l7, ann)) AS t (o uuid);
    PERFORM dblink_send_query('two', format('SELECT order_id FROM tix.tix_create_order(ARRAY[%s], '
        '%L, promo => ''last'')', l8, bob));
    PERFORM pg_sleep(0.3);
    waited := dblink_is_busy('two') = 1;
    PERFORM dblink_exec('one', finish);
    BEGIN
        PERFORM * FROM dblink_get_result('two') AS t (o uuid);
        outcome := 'granted';
    EXCEPTION WHEN SQLSTATE 'TX005' THEN
        outcome := 'used up';
    END;
    PERFORM * FROM dblink_get_result('two', false) AS t (o uuid);
    RETURN concat_ws(', ', CASE WHEN waited THEN 'waited' END, outcome);
END $$;
SELECT is(pg_temp.race(:l7, :'ann', :l8, :'bob', 'COMMIT'), 'waited, used up',
    'of two that want the last use the first has it');
SELECT is(pg_temp.count_of(:'last'), '1/100', 'once');
SELECT tix_cancel_order(order_id, :'ann') FROM orders WHERE promotion_id = :'last' \g /dev/null
SELECT pg_temp.hold(:'session', 'A-7', :'ann') AS l7, pg_temp.hold(:'session', 'A-8', :'bob') AS l8
\gset
SELECT is(pg_temp.race(:l7, :'ann', :l8, :'bob', 'ROLLBACK'), 'waited, granted',
    'and the second, when the first thinks better of it');
SELECT is(pg_temp.count_of(:'last'), '1/100', 'once');
SELECT dblink_disconnect('one'), dblink_disconnect('two') \g /dev/null
DROP EXTENSION dblink;

-- The counters are what a recount says.
SELECT is_empty(format($$
    SELECT p.code, p.uses, p.spent_amount, u.uses, u.spent FROM promotions p CROSS JOIN LATERAL (
        SELECT count(*) AS uses, coalesce(sum(i.discount_amount), 0) AS spent
        FROM promotion_uses u JOIN (
            SELECT order_id, sum(discount_amount) AS discount_amount FROM order_items
            GROUP BY order_id) i USING (order_id)
        WHERE u.promotion_id = p.promotion_id AND u.given_back_at IS NULL) u
    WHERE p.event_id = %L AND (p.uses, p.spent_amount) <> (u.uses, u.spent)$$, :'event'),
    'every counter is what a recount says');

-- What may be set.
SELECT throws_ok(format('SELECT tix_set_promotion(%L, %s)', :'event', bad), '22023', NULL,
    'a promotion is refused: ' || left(bad, 40))
FROM (VALUES (''''', ''EUR'', 1'), ('NULL, ''EUR'', 1'), ('''x'', ''EUR'''), ('''x'', ''EUR'', 0'),
    ('''x'', ''EUR'', -1'), ('''x'', ''eur'', 1'), ('''x'', NULL, permille => 1'),
    ('''x'', ''EUR'', 1, 1'), ('''x'', ''EUR'', permille => 1001'),
    ('''x'', ''EUR'', 1, max_uses => -1'), ('''x'', ''EUR'', 1, max_uses_per_user => -1'),
    ('''x'', ''EUR'', 1, budget_minor => -1'), ('''x'', ''EUR'', 1, min_minor => -1'),
    ('''x'', ''EUR'', 1, valid_from => ''2030-01-01'', valid_until => ''2029-01-01'''))
    v (bad);
SELECT throws_ok(format('SELECT tix_set_promotion(%L, ''x'', ''EUR'', 1)', e), 'P0002', NULL,
    'a promotion needs an event') FROM (VALUES (gen_random_uuid()), (NULL)) v (e);
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT * FROM finish();
