-- Lines of an order: tariffs, attendees, fees and taxes, exact to the minor unit, and what a caller
-- may say about them.
\ir fixture.psql
SELECT plan(85);
CREATE FUNCTION pg_temp.bought(session uuid, seats text, buyer uuid, items jsonb DEFAULT NULL)
RETURNS uuid LANGUAGE sql AS $$
    SELECT order_id FROM tix.tix_create_order(ARRAY[pg_temp.hold($1, $2, $3)], $3, items => $4)
$$;
CREATE FUNCTION pg_temp.lines(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s+%s+%s-%s=%s', seat_id, tariff, base_amount, fee_amount,
                             tax_amount, discount_amount, price_amount), ', ' ORDER BY seat_id)
    FROM tix.order_items WHERE order_id = o
$$;
CREATE FUNCTION pg_temp.total(o uuid) RETURNS bigint LANGUAGE sql
AS $$ SELECT total_amount FROM tix.orders WHERE order_id = $1 $$;

-- Tariffs.
SELECT tix_set_tariff(:'event', 'child', permille => 500) AS child \gset
SELECT tix_set_tariff(:'event', 'concession', 700, 'EUR') AS concession \gset
SELECT tix_set_tariff(:'event', 'child', 333, 'EUR', category_id => :'price_b') AS child_b \gset
SELECT tix_set_tariff(:'event', 'free', 0, 'EUR') AS free \gset
SELECT pg_temp.bought(:'session', 'A-1 A-2 B-1 B-2', :'ann', '[
    {"seatId": "A-1", "tariff": "child", "attendee": {"name": "Mia", "age": 7}},
    {"seatId": "B-1", "tariff": "child"}, {"seatId": "B-2", "tariff": "concession"}]') AS o \gset
SELECT is(pg_temp.lines(:'o'), 'A-1 child 500+0+0-0=500, A-2 standard 1000+0+0-0=1000, '
    'B-1 child 333+0+0-0=333, B-2 concession 700+0+0-0=700',
    'a tariff is a share of the price or an amount, the one of the price category first');
SELECT is(pg_temp.total(:'o'), 2533::bigint, 'the total is the sum of the lines');
SELECT is((SELECT attendee FROM order_items WHERE order_id = :'o' AND seat_id = 'A-1'),
    '{"name": "Mia", "age": 7}'::jsonb, 'an attendee is kept as said');
SELECT is((SELECT count(*) FROM order_items WHERE order_id = :'o' AND attendee IS NULL),
    3::bigint, 'where none was said there is none');
SELECT tix_set_tariff(:'event', 'child', permille => 999) AS changed \gset
SELECT is(:'changed'::text, :'child', 'the same names again replace a tariff');
SELECT is(pg_temp.total(:'o'), 2533::bigint, 'an order that exists keeps its prices');
SELECT is(tix_cancel_order(:'o', :'ann'), '{A-1,A-2,B-1,B-2}', 'such an order is cancelled');
SELECT is(tix_drop_tariff(:'child_b'), true, 'a tariff ends');
SELECT is(tix_drop_tariff(:'child_b'), false, 'once');
SELECT is(permille_of(w, p), r, format('%s permille of %s are %s', p, w, r))
FROM (VALUES (1000::bigint, 88.75, 89::bigint), (1, 500, 1), (1, 499.999, 0), (3, 500, 2),
    (5, 500, 3), (0, 1000, 0), (999, 0, 0), (9223372036854775807, 1000, 9223372036854775807),
    (9223372036854775807, 0.001, 9223372036855)) v (w, p, r);

-- Fees and taxes.
SELECT tix_set_charge(:'event', 'fee', 'system', 150, 'EUR') AS system \gset
SELECT pg_temp.bought(:'session', 'A-1 B-1', :'ann') AS o \gset
SELECT is(pg_temp.lines(:'o'), 'A-1 standard 1000+150+0-0=1150, B-1 standard 2000+150+0-0=2150',
    'a fee is added to each line, also of an order without items');
SELECT is(pg_temp.total(:'o'), 3300::bigint, 'and to the total');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT tix_set_charge(:'event', 'fee', 'advance', permille => 105.5) AS advance,
       tix_set_charge(:'event', 'tax', 'city', permille => 88.75) AS city \gset
SELECT pg_temp.bought(:'session', 'A-1 B-1', :'ann', '[{"seatId": "A-1", "tariff": "free"}]') AS o
\gset
-- 10.55 % of 2000 = 211; 8.875 % of 2000 + 150 + 211 = 209.53875
SELECT is(pg_temp.lines(:'o'), 'A-1 free 0+0+0-0=0, B-1 standard 2000+361+210-0=2571',
    'fees are shares of the base, taxes of base and fees, half up; a free line bears none');
SELECT is((SELECT string_agg(format('%s %s %s %s', c.kind, c.name, c.amount, c.included), ', '
    ORDER BY c.kind, c.name) FROM order_item_charges c JOIN order_items i USING (order_item_id)
    WHERE i.order_id = :'o'), 'fee advance 211 f, fee system 150 f, tax city 210 f',
    'each charge is kept by name');
SELECT is((SELECT items->1->'charges'->0 FROM tix_get_order(:'o', :'ann')),
    '{"kind": "fee", "name": "advance", "amount": 211, "included": false}'::jsonb,
    'the buyer sees them');
SELECT is((SELECT items->1->>'feeAmount' FROM tix_get_order(:'o', :'ann')), '361',
    'and their sum');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT is(tix_drop_charge(r), true, 'a charge ends') FROM unnest(ARRAY[:'system', :'advance',
    :'city']::uuid[]) r;
SELECT is(tix_drop_charge(:'city'), false, 'once');
SELECT tix_set_charge(:'event', 'tax', 'vat', permille => 190, included => true) AS vat \gset
SELECT pg_temp.bought(:'session', 'A-1 A-2', :'ann', '[{"seatId": "A-2", "tariff": "concession"}]')
    AS o \gset
SELECT is(pg_temp.lines(:'o'), 'A-1 standard 1000+0+0-0=1000, A-2 concession 700+0+0-0=700',
    'an included tax adds nothing');
-- 1000 * 190 / 1190 = 159.66; 700 * 190 / 1190 = 111.76
SELECT is((SELECT array_agg(amount ORDER BY amount) FROM order_item_charges JOIN order_items
    USING (order_item_id) WHERE order_id = :'o'), '{112,160}'::bigint[],
    'and is shown as the part of the price it is, half up');
SELECT is((SELECT total_amount FROM tix_get_order(:'o', :'ann')), 1700::bigint,
    'the total has it once');
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT tix_set_charge(:'event', 'tax', 'vat', 10, 'USD', tariffs => '{child}') AS vat \gset
SELECT lives_ok(format('SELECT pg_temp.bought(%L, ''A-1'', %L)', :'session', :'ann'),
    'a charge for a tariff is not for others');
SELECT throws_ok(format($$SELECT pg_temp.bought(%L, 'A-2', %L,
    '[{"seatId": "A-2", "tariff": "child"}]')$$, :'session', :'ann'), '55000', NULL,
    'a charge in another currency is refused');
SELECT is(pg_temp.state(:'session', 'A-2'), 'free', 'and the hold with it');
SELECT tix_set_charge(:'event', 'tax', 'vat', permille => 1000, categories => '{box}') AS vat \gset
SELECT is(pg_temp.total(pg_temp.bought(:'session', 'A-2', :'ann',
    '[{"seatId": "A-2", "tariff": "free"}]')), 0::bigint, 'an order may cost nothing');
SELECT tix_drop_charge(:'vat') \g /dev/null

-- Money out of range is an error, never a wrong sum.
SELECT tix_set_tariff(:'event', 'dear', 9223372036854775807, 'EUR') AS dear,
       tix_set_tariff(:'event', 'dollar', 10, 'USD') AS dollar \gset
SELECT throws_ok(format($$SELECT pg_temp.bought(%L, 'B-3 B-4', %L,
    '[{"seatId": "B-3", "tariff": "dear"}]')$$, :'session', :'ann'), '22003', NULL,
    'a total out of range is refused');
SELECT tix_set_charge(:'event', 'fee', 'one', 1, 'EUR') AS one \gset
SELECT throws_ok(format($$SELECT pg_temp.bought(%L, 'B-3', %L,
    '[{"seatId": "B-3", "tariff": "dear"}]')$$, :'session', :'ann'), '22003', NULL,
    'and so is a line out of range');
SELECT tix_drop_charge(:'one') \g /dev/null
SELECT throws_ok(format($$SELECT pg_temp.bought(%L, 'B-3 B-4', %L,
    '[{"seatId": "B-3", "tariff": "dollar"}]')$$, :'session', :'ann'), '55000', NULL,
    'an order is in one currency');
SELECT pg_temp.bought(:'session', 'B-9', :'ann', '[{"seatId": "B-9", "tariff": "dollar"}]') AS usd
\gset
SELECT is((SELECT total_amount || total_currency FROM orders WHERE order_id = :'usd'), '10USD',
    'which a tariff may set');

-- What may be said about seats.
SELECT pg_temp.hold(:'session', 'A-3 A-4', :'ann') AS l \gset
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L, items => %L)', :l, :'ann', bad),
    '22023', NULL, 'items are refused: ' || why)
FROM (VALUES ('{}', 'no array'), ('"A-3"', 'a text'), ('null', 'a JSON null'),
    ('[1]', 'not objects'), ('[{}]', 'no seat'),
    ('[{"seatId": 3}]', 'the seat is a number'), ('[{"seatId": "A-5"}]', 'another seat'),
    ('[{"seatId": "A-3"}, {"seatId": "A-3"}]', 'a seat twice'),
    ('[{"seatId": "A-3", "price": 1}]', 'an unknown field'),
    ('[{"seatId": "A-3", "tariff": 1}]', 'the tariff is a number'),
    ('[{"seatId": "A-3", "tariff": "elf"}]', 'an unknown tariff'),
    ('[{"seatId": "A-3", "tariff": ""}]', 'an empty tariff'),
    ('[{"seatId": "A-3", "attendee": "Mia"}]', 'the attendee is a text'),
    ('[{"seatId": "A-3", "attendee": {}}]', 'the attendee has no name'),
    ('[{"seatId": "A-3", "attendee": {"name": ""}}]', 'the attendee has an empty name'),
    ('[{"seatId": "A-3", "attendee": {"name": "' || repeat('x', 4096) || '"}}]',
     'an attendee over 4 kB'),
    ('[{"seatId": "A-3", "x": "' || repeat('x', 65536) || '"}]', 'over 64 kB'),
    ('[{"seatId": "A-3", "x": "' || repeat('x', 10485760) || '"}]', 'ten megabytes')) v (bad, why);
SELECT is((SELECT count(*) FROM order_items WHERE lock_id = :l), 0::bigint, 'and leave nothing');
SELECT lives_ok(format('SELECT tix_create_order(ARRAY[%s], %L, items => %L)', :l, :'ann',
    '[{"seatId": "A-3", "tariff": null, "attendee": null}]'), 'null is as good as absent');

-- What may be set.
SELECT throws_ok(format('SELECT tix_set_tariff(%L, %L, %s, %L, %s)', :'event', n, a, c, p), '22023',
    NULL, format('a tariff %s of %s %s %s is refused', left(n, 9), a, c, p))
FROM (VALUES ('standard', '1', 'EUR', 'NULL'), ('', '1', 'EUR', 'NULL'), (NULL, '1', 'EUR', 'NULL'),
    (repeat('x', 65), '1', 'EUR', 'NULL'), ('x', '-1', 'EUR', 'NULL'), ('x', '1', 'eur', 'NULL'),
    ('x', '1', NULL, 'NULL'), ('x', 'NULL', NULL, 'NULL'), ('x', '1', 'EUR', '1'),
    ('x', 'NULL', NULL, '-1'), ('x', 'NULL', NULL, '1000.001'), ('x', 'NULL', NULL, '0.0001'))
    v (n, a, c, p);
SELECT throws_ok(format('SELECT tix_set_tariff(%L, ''x'', 1, ''EUR'')', e), 'P0002', NULL,
    'a tariff needs an event') FROM (VALUES (gen_random_uuid()), (NULL)) v (e);
SELECT throws_ok(format('SELECT tix_set_tariff(%L, ''x'', 1, ''EUR'', category_id => %L)', :'event',
    gen_random_uuid()), 'P0002', NULL, 'and a category of it');
SELECT throws_ok(format('SELECT tix_set_charge(%L, %L, ''x'', %s, ''EUR'', %s, %s)', :'event', k,
    a, p, i), '22023', NULL, format('a charge %s of %s %s %s is refused', k, a, p, i))
FROM (VALUES ('tip', '1', 'NULL', 'false'), (NULL, '1', 'NULL', 'false'),
    ('fee', 'NULL', '1', 'true'), ('tax', '1', 'NULL', 'true'), ('tax', '-1', 'NULL', 'false'),
    ('tax', 'NULL', '1', 'NULL')) v (k, a, p, i);
SELECT throws_ok(format('SELECT tix_set_charge(%L, ''fee'', ''x'', 1, ''EUR'')',
    gen_random_uuid()), 'P0002', NULL, 'a charge needs an event');
SELECT function_privs_are('tix', f, a, 'tix_app', '{}', f || ' is not for the gateway')
FROM (VALUES ('tix_set_tariff', '{uuid,text,bigint,text,numeric,uuid}'::text[]),
    ('tix_drop_tariff', '{uuid}'), ('tix_drop_charge', '{uuid}')) v (f, a);
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT * FROM finish();
