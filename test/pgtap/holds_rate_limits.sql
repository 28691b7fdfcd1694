-- Rate limits of many keys in one call: each as by tix_rate_limit(), in the order they were given.
\ir fixture.psql
SELECT plan(11);
SET ROLE tix_gateway;
SELECT results_eq(format($$SELECT place, allowed, remaining FROM tix_rate_limits(
    ARRAY['a%1$s', 'b%1$s', 'a%1$s', 'b%1$s'], ARRAY[3, 2, 2, 9], ARRAY[10, 10, 10, 10])$$,
    :'plan'),
    $$VALUES (1, true, 7), (2, true, 8), (3, true, 5), (4, false, 8)$$, 'each key has its bucket');
SELECT results_eq(format($$SELECT place, allowed, remaining FROM tix_rate_limits(
    ARRAY['a%1$s'], ARRAY[6], ARRAY[10])$$, :'plan'), $$VALUES (1, false, 5)$$,
    'what is refused is not taken');
SELECT ok((SELECT retry_after_ms BETWEEN 5000 AND 6000 FROM tix_rate_limits(
    ARRAY['a' || :'plan'], ARRAY[6], ARRAY[10])), 'a bucket is refilled in a minute');
SELECT is((SELECT allowed FROM tix_rate_limit('a' || :'plan', 5, 10, '1 minute')), true,
    'it is the bucket of tix_rate_limit()');
SELECT is((SELECT count(*) FROM tix_rate_limits(
    (SELECT array_agg(n || :'plan') FROM generate_series(1, 10000) n),
    array_fill(1, ARRAY[10000]), array_fill(10, ARRAY[10000]))), 10000::bigint,
    'ten thousand keys are allowed');
SELECT throws_ok(format('SELECT * FROM tix_rate_limits(%s)', bad), '22023', NULL, what)
FROM (VALUES ('ARRAY[''a''], ARRAY[1, 1], ARRAY[1]', 'more costs than keys are refused'),
             ('ARRAY[''a''], ARRAY[1], ARRAY[]::int[]', 'so are fewer bursts'),
             ('NULL, NULL, NULL', 'so is nothing'), ('''{}'', ''{}'', ''{}''', 'and no key'),
             ('array_fill(''a''::text, ARRAY[10001]), array_fill(1, ARRAY[10001]), '
              'array_fill(1, ARRAY[10001])', 'and too many'),
             ('ARRAY[''a''], ARRAY[2], ARRAY[1]', 'and a cost beyond the burst')) v (bad, what);
SELECT * FROM finish();
