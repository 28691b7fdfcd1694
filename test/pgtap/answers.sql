-- Answers to idempotency keys of payments: kept for a day, then forgotten, in bounded steps.
\ir fixture.psql
SELECT plan(9);
SELECT pg_temp.order_for(:'session', 'A-1', :'ann') AS o \gset
SELECT payment_id AS p FROM tix_begin_payment(:'o', 'mock', 'young') \gset
INSERT INTO payment_answers SELECT user_id, 'old ' || i, payment_id, provider, method, expires_at,
    now() - make_interval(hours => 23 + i) FROM payment_answers, generate_series(0, 3) i
WHERE idempotency_key = 'young';
INSERT INTO refund_answers
SELECT :'ann', 'old ' || i, :'o', 1, 'x', gen_random_uuid(), now() - make_interval(hours => 23 + i)
FROM generate_series(0, 2) i;
SELECT throws_ok(format('SELECT tix_prune_payment_answers(%L)', n), '22023', NULL,
    format('%s rows are refused', coalesce(n::text, 'NULL'))) FROM (VALUES (NULL), (0), (-1)) v (n);
SELECT is(tix_prune_payment_answers(3), 3, 'pruning is bounded');
SELECT is(tix_prune_payment_answers(), 2, 'answers older than a day are forgotten');
SELECT set_eq('SELECT idempotency_key FROM payment_answers
    WHERE idempotency_key ~ ''^(young|old)''', '{young,old 0}'::text[], 'and no others');
SELECT is((SELECT payment_id FROM tix_begin_payment(:'o', 'mock', 'young')), :'p'::uuid,
    'a young key has its answer');
SELECT is((SELECT payment_id::text || replayed FROM tix_begin_payment(:'o', 'mock', 'old 3')),
    :'p' || 'false', 'a forgotten one is new, and finds the payment that runs');
SELECT is((SELECT count(*) FROM cron.job WHERE jobname = 'tix_prune_payment_answers'), 1::bigint,
    'a job forgets');
SELECT * FROM finish();
