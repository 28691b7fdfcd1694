-- Quotas: no more seats of a price category are sold or in live orders than it has; what ends gives
-- its seats back.
\ir fixture.psql
SELECT plan(34);
CREATE FUNCTION pg_temp.taken(event uuid) RETURNS bigint LANGUAGE sql
AS $$ SELECT taken FROM tix.tix_list_quotas($1) $$;
SELECT is(pg_temp.taken(:'event'), NULL, 'an event has no quotas of itself');
SELECT throws_ok(format('SELECT tix_set_quota(%L, 3)', :'price'), 'TX010', NULL,
    'the first quota comes before the sale');

-- A second event of the hall, area A limited to 4 seats over two evenings.
SELECT tix_create_event('Limited', :'map') AS event \gset
SELECT tix_set_price(:'event', NULL, 500, 'EUR') AS price \gset
SELECT tix_set_price(:'event', NULL, 1000, 'EUR', '{A}') AS price_a \gset
SELECT tix_create_session(:'event', :'map', now() + interval '7 days') AS session \gset
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS second \gset
SELECT lives_ok(format('SELECT tix_set_quota(%L, 4)', :'price_a'), 'a category gets a quota');
SELECT * FROM tix_open_session(:'session') \g /dev/null
SELECT * FROM tix_open_session(:'second') \g /dev/null
SELECT results_eq(format('SELECT area_ids, quota, taken FROM tix_list_quotas(%L)', :'event'),
    $$VALUES ('{A}'::text[], 4, 0::bigint)$$, 'of which nothing is taken');
SELECT pg_temp.order_for(:'session', 'A-1 A-2 B-1', :'ann') AS o \gset
SELECT is(pg_temp.taken(:'event'), 2::bigint, 'seats of an order count, those without quota not');
SELECT pg_temp.hold(:'second', 'A-1 A-2 A-3', :'bob') AS three,
       pg_temp.hold(:'second', 'A-4 A-5', :'bob') AS two \gset
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :three, :'bob'), 'TX005', NULL,
    'more than are left are refused, in any session');
SELECT is(pg_temp.taken(:'event'), 2::bigint, 'and take nothing');
SELECT is((SELECT count(*) FROM orders WHERE session_id = :'second'), 0::bigint, 'nor order');
SELECT is(pg_temp.state(:'second', 'A-1'), 'held', 'they stay held');
SELECT lives_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :two, :'bob'),
    'the last are sold');
SELECT is(pg_temp.taken(:'event'), 4::bigint, 'to the last');
SELECT throws_ok(format('SELECT pg_temp.order_for(%L, ''A-6'', %L)', :'session', :'ann'), 'TX005',
    NULL, 'then none is');
SELECT lives_ok(format('SELECT pg_temp.order_for(%L, ''B-6'', %L)', :'session', :'ann'),
    'but those of other categories');

-- Given back.
SELECT tix_cancel_order(:'o', :'ann') \g /dev/null
SELECT is(pg_temp.taken(:'event'), 2::bigint, 'a cancelled order gives back');
SELECT pg_temp.paid(:'session', 'A-8 A-9', :'ann') AS p \gset
SELECT is(pg_temp.taken(:'event'), 4::bigint, 'what it gave is taken again');
SELECT is((SELECT count(*) FROM quota_returns), 0::bigint, 'and was subtracted');
SELECT tix_cancel_ticket(ticket_id, :'ann') FROM tickets
WHERE order_id = :'p' AND seat_id = 'A-8' \g /dev/null
SELECT is(pg_temp.taken(:'event'), 3::bigint, 'a cancelled ticket gives back its seat');
UPDATE tickets SET status = 'used' WHERE order_id = :'p' AND seat_id = 'A-9';
SELECT is(pg_temp.taken(:'event'), 3::bigint, 'a used one does not');
SELECT pg_temp.order_for(:'session', 'A-7', :'ann') AS f \gset
SELECT tix_begin_payment(:'f') \g /dev/null
SELECT tix_payment_event('mock', 'f' || :'f', 'failed', 't' || :'f', :'f', NULL, NULL) \g /dev/null
SELECT is(pg_temp.status(:'f') || pg_temp.taken(:'event'), 'failed3', 'so does a failed payment');
SELECT pg_temp.order_for(:'session', 'A-6', :'ann') AS last \gset
SELECT is(pg_temp.taken(:'event'), 4::bigint, 'the quota is full');
SELECT tix_payment_event('mock', 'l' || :'f', 'captured', 'l' || :'f', :'f', 1000, 'EUR')
\g /dev/null
SELECT is(pg_temp.status(:'f') || pg_temp.taken(:'event'), 'completed5',
    'late money buys what it was asked for, beyond the quota');
SELECT lives_ok(format('SELECT tix_set_quota(%L, 2)', :'price_a'), 'a quota may shrink');
SELECT throws_ok(format('SELECT pg_temp.order_for(%L, ''A-5'', %L)', :'session', :'ann'), 'TX005',
    NULL, 'then nothing more is sold');
SELECT lives_ok(format('SELECT tix_set_quota(%L, 2147483647)', :'price_a'), 'or be lifted');
SELECT lives_ok(format('SELECT pg_temp.order_for(%L, ''A-5'', %L)', :'session', :'ann'),
    'then all is');
SELECT pg_temp.order_for(:'session', 'A-1 A-2', :'bob') AS pair, pg_temp.taken(:'event') AS before
\gset
SELECT tix_cancel_items(:'pair', :'bob', '{A-1}') \g /dev/null
SELECT is(pg_temp.taken(:'event'), :before::bigint - 1, 'a seat taken off an order gives back');
SELECT tix_add_to_order(:'pair', :'bob', ARRAY[pg_temp.hold(:'session', 'A-1', :'bob')])
\g /dev/null
SELECT is(pg_temp.taken(:'event'), :before::bigint, 'one put back takes again');
SELECT pg_temp.paid(:'session', 'A-3', :'bob') AS moving, pg_temp.taken(:'event') AS now_taken \gset
SELECT tix_reseat_order(:'moving', :'bob', '{"A-3": "A-4"}',
    ARRAY[pg_temp.hold(:'session', 'A-4', :'bob')]) \g /dev/null
SELECT is(pg_temp.taken(:'event'), :now_taken::bigint, 'a seat for a seat changes nothing');
SELECT is((SELECT count(*) FROM quota_items WHERE live), pg_temp.taken(:'event'),
    'the counter is the number of live seats');
SELECT throws_ok(format('SELECT tix_set_quota(%L, %L)', :'price_a', q), '22023', NULL,
    'a quota of ' || coalesce(q, 'NULL') || ' is refused') FROM unnest('{-1,NULL}'::text[]) q;
SELECT throws_ok('SELECT tix_set_quota(' || c || ', 1)', 'P0002', NULL, 'the category ' || c)
FROM unnest('{NULL,gen_random_uuid()}'::text[]) c WHERE c IS NOT NULL;
SELECT throws_ok('SELECT tix_set_quota(NULL, 1)', 'P0002', NULL, 'nor NULL');
SELECT is((SELECT string_agg(r.rolname, ' ' ORDER BY 1) FROM pg_roles r
    WHERE r.rolname IN ('tix_app', 'tix_admin', 'tix_monitor')
      AND has_function_privilege(r.oid, 'tix_set_quota(uuid, int)', 'EXECUTE')), 'tix_admin',
    'operators set quotas');
SELECT * FROM finish();
