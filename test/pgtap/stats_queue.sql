-- The view tix_stat_queue: figures that add up, and who may look.
\ir fixture.psql
SELECT plan(26);
SELECT columns_are('tix', 'tix_stat_queue', '{session_id,queue_id,state,mode,joined,depth,serving,
    admitted,claimed,active,outstanding,expired,max_active,rate,rate_now,pace,eta_s,eta_error_s,
    as_of}'::name[], 'the view has these columns');
CREATE VIEW pg_temp.mine AS SELECT * FROM tix_stat_queue;
CREATE FUNCTION pg_temp.seen(house uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', state, 'joined', joined, 'depth', depth, 'serving', serving, 'admitted',
        admitted, 'claimed', claimed, 'active', active, 'outstanding', outstanding,
        'expired', expired)
    FROM tix.tix_stat_queue WHERE session_id = $1 ORDER BY queue_id DESC LIMIT 1 $$;
CREATE FUNCTION pg_temp.pass(house uuid, t interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE q int := (SELECT queue_id FROM tix.queues WHERE session_id = house AND state <> 'closed');
BEGIN
    UPDATE tix.queues SET opens_at = opens_at - t, stepped_at = stepped_at - t,
        judged_at = judged_at - t, eta_at = eta_at - t WHERE queue_id = q;
    UPDATE tix.queue_calls SET called_at = called_at - t WHERE queue_id = q;
    UPDATE tix.queue_admissions SET expires_at = expires_at - t WHERE queue_id = q;
    RETURN tix.tix_queue_step(house);
END $$;
SELECT is(pg_temp.seen(:'session'), NULL, 'without a queue there is no row');
SELECT tix_open_queue(:'session', rate => 2, max_active => 4, grace => '1 min') AS queue \gset
SELECT is(pg_temp.seen(:'session'), 'open joined 0 depth 0 serving 0 admitted 0 claimed 0 active '
    || '0 outstanding 0 expired 0', 'an empty one is a row of zeros');
CREATE TEMP TABLE joined AS SELECT i, j.token
    FROM generate_series(1, 10) i, tix_join_queue(:'session', md5(i::text)::uuid) j;
SELECT is(pg_temp.seen(:'session'), 'open joined 10 depth 10 serving 0 admitted 0 claimed 0 active '
    || '0 outstanding 0 expired 0', 'who joins waits');
SELECT is((SELECT eta_s::int FROM tix_stat_queue WHERE session_id = :'session'), 6,
    'the eleventh would wait for the rate');
SELECT is((SELECT eta_error_s FROM tix_stat_queue WHERE session_id = :'session'),
    NULL::double precision, 'no estimate has come true yet');
SELECT is(pg_temp.pass(:'session', '1 s'), 2::bigint, 'two are called');
SELECT is(pg_temp.seen(:'session'), 'open joined 10 depth 8 serving 2 admitted 2 claimed 0 active '
    || '0 outstanding 2 expired 0', 'they are admitted, and outstanding');
SELECT count(*) FROM joined, tix_claim_admission(token) WHERE i = 1 \g /dev/null
SELECT pg_temp.pass(:'session', '1 s') \g /dev/null
SELECT is(pg_temp.seen(:'session'), 'open joined 10 depth 6 serving 4 admitted 4 claimed 1 active '
    || '1 outstanding 3 expired 0', 'who claims is active');
SELECT is(pg_temp.pass(:'session', '1 s'), 0::bigint, 'more are not let in');
SELECT pg_temp.pass(:'session', '62 s') \g /dev/null
SELECT is(pg_temp.seen(:'session'), 'open joined 10 depth 3 serving 7 admitted 4 claimed 1 active '
    || '1 outstanding 3 expired 3', 'who did not come in time expires, and is replaced');
SELECT tix_end_admission(admission_id, user_id) FROM queue_admissions WHERE queue_id = :queue
\g /dev/null
SELECT pg_temp.pass(:'session', '1 s') \g /dev/null
SELECT is(pg_temp.seen(:'session'), 'open joined 10 depth 2 serving 8 admitted 5 claimed 1 active '
    || '0 outstanding 4 expired 3', 'who is done is active no more, but has claimed');
SELECT ok((SELECT bool_and(admitted = claimed + outstanding AND serving = admitted + expired
                           AND joined = serving + depth AND active <= claimed
                           AND active + outstanding <= max_active) FROM tix_stat_queue),
    'the figures add up');

-- The estimate is followed until it is true or false.
SELECT is((SELECT eta_place FROM queues WHERE queue_id = :queue), 10::bigint,
    'the last who had joined was told a time');
SELECT eta_at FROM queues WHERE queue_id = :queue \gset
SELECT pg_temp.pass(:'session', '61 s') \g /dev/null
SELECT pg_temp.pass(:'session', '61 s') \g /dev/null
SELECT is((SELECT serving FROM queues WHERE queue_id = :queue), 10::bigint, 'he is called');
SELECT ok((SELECT eta_error_s BETWEEN 121 AND 125 FROM tix_stat_queue
           WHERE session_id = :'session'),
    'some two minutes later than he was told, because nobody claimed: the error says so');
SELECT is((SELECT pace FROM tix_stat_queue WHERE session_id = :'session'), 0::double precision,
    'an empty room has no pace');
SELECT tix_pause_queue(:'session') \g /dev/null
SELECT is((SELECT eta_s FROM tix_stat_queue WHERE session_id = :'session'),
    NULL::double precision, 'a paused one promises nothing');
SELECT tix_resume_queue(:'session') \g /dev/null
SELECT tix_close_queue(:'session') \g /dev/null
SELECT matches(pg_temp.seen(:'session'), '^closed joined 10 depth 0', 'a closed one is shown');
UPDATE queues SET closed_at = closed_at - interval '61 min' WHERE queue_id = :queue;
SELECT is(pg_temp.seen(:'session'), NULL, 'for an hour');

-- Who may look.
GRANT USAGE ON SCHEMA public TO tix_monitor, tix_app;
SET ROLE tix_monitor;
SELECT lives_ok('SELECT * FROM tix.tix_stat_queue', 'the monitor may');
SELECT throws_ok('SELECT * FROM tix.queues', '42501', NULL, 'but not read the queues');
RESET ROLE;
SET ROLE pg_monitor;
SELECT lives_ok('SELECT * FROM tix.tix_stat_queue', 'who watches the server may');
RESET ROLE;
SET ROLE tix_app;
SELECT throws_ok('SELECT * FROM tix.tix_stat_queue', '42501', NULL, 'the gateway need not');
SELECT throws_ok('SELECT * FROM tix.queue_figures(''1 day'')', '42501', NULL, 'nor by another way');
SELECT throws_ok('SELECT * FROM tix.queue_keys', '42501', NULL, 'and never reads the secret');
RESET ROLE;
REVOKE USAGE ON SCHEMA public FROM tix_monitor, tix_app;
SELECT * FROM finish();
