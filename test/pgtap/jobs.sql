-- Jobs: expiry is scheduled where pg_cron is, nothing depends on it, and there is a way out.
\ir fixture.psql
SELECT plan(21);
SELECT is(tix_schedule_jobs(), 0, 'the jobs are scheduled already');
SELECT is((SELECT schedule FROM cron.job WHERE jobname = 'tix_expire_orders'),
    '* * * * *', 'orders expire every minute');
SET tix.order_ttl = '1s';
SELECT order_id AS due FROM tix_create_order(ARRAY[pg_temp.hold(:'session', 'B-1', :'bob', '1s')],
                                             :'bob') \gset
RESET tix.order_ttl;
SELECT pg_sleep(1.1) \g /dev/null
SELECT command FROM cron.job WHERE jobname = 'tix_expire_orders' \gexec
SELECT is(pg_temp.status(:'due'), 'expired', 'by a command that commits each of its batches');
SELECT is((SELECT schedule FROM cron.job WHERE jobname = 'tix_prune_order_keys'),
    '* * * * *', 'the keys of orders are pruned every minute');
SELECT is((SELECT schedule FROM cron.job WHERE jobname = 'tix_prune_idempotency_keys'),
    '* * * * *', 'idempotency keys are pruned every minute');
SELECT is((SELECT schedule FROM cron.job WHERE jobname = 'tix_maintain_outbox'),
    '* * * * *', 'the outbox gets its days every minute');
SELECT ok FROM tix_lock_seats(:'session', '{A-1}', :'ann', idempotency_key => 'young') \gset
INSERT INTO idempotency_keys SELECT user_id, 'old ' || i, request, lock_id, expires_at, seats, tier,
    now() - make_interval(hours => 23 + i) FROM idempotency_keys, generate_series(0, 3) i
    WHERE user_id = :'ann';
SELECT is(tix_prune_idempotency_keys(1), 1, 'pruning is bounded');
SELECT is(tix_prune_idempotency_keys(), 2, 'keys older than a day are pruned');
SELECT set_eq(format('SELECT key FROM idempotency_keys WHERE user_id = %L', :'ann'),
    '{young,old 0}'::text[], 'and no others');
SELECT throws_ok('SELECT tix_prune_idempotency_keys(0)', '22023', NULL, 'max_rows is positive');
SELECT is((SELECT command FROM cron.job WHERE jobname = 'tix_prune_journal'),
    'SELECT tix.tix_prune_journal(100000)', 'the journal is pruned');
SELECT is((SELECT command FROM cron.job WHERE jobname = 'tix_waitlist_step'),
    'SELECT tix.tix_waitlist_step(1000)', 'waiting lists are served, if nobody else does');
SELECT is((SELECT command FROM cron.job WHERE jobname = 'tix_prune_queues'),
    'SELECT tix.tix_prune_queues(100000)', 'closed waiting rooms are forgotten');
SELECT cron.unschedule('tix_prune_journal') AS gone \gset
SELECT is(tix_schedule_jobs(), 1, 'a job that is missing is scheduled again');
SELECT throws_ok('DROP EXTENSION tix', '2BP01', NULL,
    'the extension cannot be dropped while the guard stands');
SELECT pg_temp.paid(:'session', 'A-1', :'ann') AS o \gset
BEGIN;
SELECT lives_ok('SELECT tix_uninstall()', 'tix_uninstall() is the way out');
SELECT hasnt_extension('tix', 'the extension is gone');
SELECT is((SELECT count(*) FROM tickets WHERE order_id = :'o'), 1::bigint, 'tickets stay');
SELECT is(pg_temp.status(:'o'), 'completed', 'orders stay');
SELECT is_empty('SELECT * FROM migrations WHERE kind = ''repeatable''',
    'the next migration brings guards and grants back');
ROLLBACK;
SET ROLE tix_app;
SELECT throws_ok('SELECT tix.tix_uninstall()', '42501', NULL, 'the gateway may not');
RESET ROLE;
SELECT * FROM finish();
