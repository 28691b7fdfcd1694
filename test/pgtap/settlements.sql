-- Settlements: what a provider says it paid is held against the ledger, and its fees are booked,
-- once.
\ir fixture.psql
SELECT plan(37);
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o,
       pg_temp.paid(:'session', 'A-3', :'ann') AS b,
       pg_temp.paid(:'session', 'A-4', :'bob') AS c \gset
CREATE FUNCTION pg_temp.row(o uuid, kind text, amount bigint, fee bigint DEFAULT 0,
                            currency text DEFAULT 'EUR') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('kind', kind, 'transactionId', 'tx-' || o, 'amount', amount, 'fee',
                              fee, 'currency', currency)
$$;
CREATE FUNCTION pg_temp.differing(file text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s/%s', difference, kind, settled, booked), ', '
                      ORDER BY difference, kind, settled)
    FROM tix.tix_settlement_differences('mock', file)
$$;
SELECT throws_ok(format('SELECT tix_import_settlement(%L, %L, %L)', provider, file, lines), '22023',
    NULL, what)
FROM (VALUES ('nobody', 'f', '[{}]', 'an unknown provider settles nothing'),
    (NULL, 'f', '[{}]', 'nor does none'), ('mock', NULL, '[{}]', 'a file has an id'),
    ('mock', '', '[{}]', 'which is not empty'), ('mock', repeat('f', 256), '[{}]', 'nor long'),
    ('mock', 'f', NULL, 'it has rows'), ('mock', 'f', '[]', 'at least one'),
    ('mock', 'f', '{}', 'in an array'), ('mock', 'f', '[{}]', 'with fields')) v
    (provider, file, lines, what);
SELECT throws_ok(format('SELECT tix_import_settlement(''mock'', ''f'', %L)', jsonb_build_array(
    pg_temp.row(:'o', 'captured', 2000) || fields)), '22023', NULL,
    fields::text || ' is refused')
FROM (VALUES ('{"kind": "gift"}'::jsonb), ('{"kind": null}'), ('{"amount": 0}'),
    ('{"amount": 1.5}'), ('{"amount": -5}'), ('{"amount": 9223372036854775808}'),
    ('{"amount": "1e3"}'), ('{"currency": "eur"}'), ('{"fee": -1}'), ('{"transactionId": ""}'))
    v (fields);
SELECT throws_ok($$SELECT tix_import_settlement('mock', 'f', (SELECT jsonb_agg(pg_temp.row(
    gen_random_uuid(), 'captured', 1)) FROM generate_series(1, 10001)))$$, '22023', NULL,
    'more than 10000 rows are refused');
SELECT throws_ok($$SELECT tix_import_settlement('mock', 'f',
    jsonb_build_array(repeat('x', 10000000)))$$, '22023', NULL, 'and so are ten megabytes');
SELECT is_empty('SELECT * FROM settlements', 'nothing of that is kept');
SELECT throws_ok('SELECT * FROM tix_settlement_differences(''mock'', ''f'')', 'P0002', NULL,
    'what was not imported has no differences');

SELECT jsonb_build_array(pg_temp.row(:'o', 'captured', 2000, 30),
    pg_temp.row(:'b', 'captured', 999),
    pg_temp.row(:'c', 'captured', 1000, 20), pg_temp.row(:'c', 'refunded', -1000),
    pg_temp.row(gen_random_uuid(), 'captured', 77)) AS rows \gset
SELECT is(tix_import_settlement('mock', 'f1', :'rows'), 5, 'a file is imported');
SELECT is(tix_import_settlement('mock', 'f1', :'rows'), 0, 'once');
SELECT throws_ok(format('SELECT tix_import_settlement(''mock'', ''f1'', %L)', :'rows'::jsonb - 0),
    'TX009', NULL, 'and not with other rows');
SELECT is((SELECT fees || ' ' || balance FROM ledger_balances WHERE order_id = :'o'), '30 1970',
    'its fees are booked');
SELECT is(pg_temp.differing('f1'), 'amount differs captured 999/1000, '
    'missing here refunded -1000/0, unknown here captured 77/0', 'each difference is told');
SELECT owe_refund(:'o', NULL, 500, 'x') AS half \gset
SELECT is(tix_refund_result(owe_refund(:'c', NULL, 1000, 'x'), 'ok'), 'applied',
    'the refund is booked later');
SELECT is(pg_temp.differing('f1'), 'amount differs captured 999/1000, unknown here captured 77/0',
    'and is no difference any more');

-- What a file that covers a time leaves out.
SELECT is(tix_refund_result(:'half', 'ok'), 'applied', 'half a day later a refund is paid');
SELECT is(tix_import_settlement('mock', 'f2', jsonb_build_array(pg_temp.row(:'b', 'captured', 1)),
    (SELECT min(at) FROM ledger WHERE order_id = :'o'), clock_timestamp()), 1,
    'another file settles the rest');
SELECT is(pg_temp.differing('f2'), 'missing there refunded 0/-500', 'but one');
SELECT throws_ok(format('SELECT tix_import_settlement(''mock'', ''f3'', %L, %L, %L)', :'rows', a,
    b), '22023', NULL, 'a time has two ends, in order')
FROM (VALUES ('2026-01-02', '2026-01-01'), ('2026-01-01', NULL)) v (a, b);
SELECT is_empty('SELECT * FROM audit_money()', 'all agrees');
SET ROLE tix_app;
SELECT throws_ok('SELECT tix.tix_import_settlement(NULL, NULL, NULL)', '42501', NULL,
    'the gateway settles nothing');
RESET ROLE;
SELECT * FROM finish();
