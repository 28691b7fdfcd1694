-- Waiting room: nobody locks without an admission while a queue is open, places are called in order
-- and no faster than rate, active cap and pressure allow, and what is not claimed is called again.
\ir fixture.psql
SELECT plan(101);
SELECT gen_random_uuid() AS cid, gen_random_uuid() AS dan, gen_random_uuid() AS eve \gset
CREATE FUNCTION pg_temp.q(house uuid) RETURNS tix.queues LANGUAGE sql AS $$
    SELECT * FROM tix.queues WHERE session_id = $1 ORDER BY queue_id DESC LIMIT 1 $$;
-- Time passes for a queue: what was done longer ago by this much.
CREATE FUNCTION pg_temp.pass(house uuid, t interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE q tix.queues := pg_temp.q(house);
BEGIN
    UPDATE tix.queues SET opens_at = opens_at - t, stepped_at = stepped_at - t,
        judged_at = judged_at - t, reported_at = reported_at - t WHERE queue_id = q.queue_id;
    UPDATE tix.queue_calls SET called_at = called_at - t WHERE queue_id = q.queue_id;
    UPDATE tix.queue_admissions SET expires_at = expires_at - t WHERE queue_id = q.queue_id;
    RETURN tix.tix_queue_step(house);
END $$;
CREATE FUNCTION pg_temp.standing(token text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s %s', place, ahead, state) FROM tix.tix_queue_position($1) $$;

-- The gate.
SELECT is((SELECT ok FROM tix_lock_seat(:'session', 'A-1', :'ann')), true,
    'without a queue seats are locked directly');
SELECT is(tix_use_admission(:'session', :'bob', NULL), :'session'::uuid,
    'and any admission is good');
SELECT pg_temp.hold(:'session', 'A-2', :'bob') AS early \gset
SELECT throws_ok(format('SELECT tix_join_queue(%L, %L)', :'session', :'ann'), 'P0002', NULL,
    'there is nothing to join');
SELECT is_empty(format('SELECT * FROM tix_queue_status(%L)', :'session'), 'nor to show');
BEGIN;
SELECT tix_open_queue(:'session') AS opened \gset
SELECT is((SELECT ok FROM tix_lock_seat(:'session', 'A-9', :'ann')), true,
    'a queue is open from COMMIT on');
ROLLBACK;
SELECT tix_open_queue(:'session', rate => 2, max_active => 3) AS queue \gset
SELECT is(l.reason, 'queued', format('%s needs an admission', l.who)) FROM (
    SELECT 'tix_lock_seat', reason FROM tix_lock_seat(:'session', 'A-3', :'ann') UNION ALL
    SELECT 'tix_lock_seats', reason FROM tix_lock_seats(:'session', '{A-3}', :'ann') UNION ALL
    SELECT 'tix_lock_best', reason FROM tix_lock_best(:'session', 2, :'ann') UNION ALL
    SELECT 'tix_lock_area', reason FROM tix_lock_area(:'session', 'B', 2, :'ann') UNION ALL
    SELECT 'adding to a hold', reason FROM tix_lock_seats(:'session', '{A-3}', :'bob',
        into_lock_id => :early) UNION ALL
    SELECT 'tix_lock_batch', reason FROM tix_lock_batch(jsonb_build_array(jsonb_build_object(
        'sessionId', :'session', 'seatIds', '{A-3}'::text[], 'userId', :'ann')))) l (who, reason);
SELECT throws_ok(format('SELECT tix_lock_seat_strict(%L, %L, %L)', :'session', 'A-3', :'ann'),
    'TX011', NULL, 'the strict twin says so');
SELECT tix_set_channel(:'session', 'fans', '{A-7}') AS channel \gset
SELECT is((SELECT reason FROM tix_lock_seats(:'session', '{A-7}', :'ann', channels => '{fans}')),
    'queued', 'a channel is no way past the waiting room');
SELECT is((SELECT ok FROM tix_extend_lock(:early, :'bob')), true, 'who has seats keeps them');
SELECT is((SELECT lock_id FROM tix_lock_seat(:'session', 'A-2', :'bob')), :early::bigint,
    'and may ask for them again');
SELECT lives_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :early, :'bob'), 'and orders');
SELECT tix_pause(:'session') AS paused \gset
SELECT tix_resume(:'session') AS resumed \gset
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-3', :'ann')), 'queued',
    'pausing and resuming the sale opens no way past the queue');
SELECT throws_ok(format('SELECT tix_open_queue(%L)', :'session'), 'TX010', NULL,
    'a session has one queue at a time');

-- Joining.
SELECT token AS t1, place AS p1 FROM tix_join_queue(:'session', :'ann') \gset
SELECT token AS t2, place AS p2 FROM tix_join_queue(:'session', :'bob') \gset
SELECT token AS t3 FROM tix_join_queue(:'session', :'cid') \gset
SELECT token AS t4 FROM tix_join_queue(:'session', :'dan') \gset
SELECT token AS t5 FROM tix_join_queue(:'session', :'eve') \gset
SELECT is(:p1::text || :p2, '12', 'places follow the order of joining');
SELECT matches(:'t1'::text, '^TQ2\.[A-Za-z0-9_-]{56}$', 'a token is compact');
SELECT is((SELECT token FROM tix_join_queue(:'session', :'ann')), :'t1'::text,
    'joining again gives the same token');
SELECT is(pg_temp.standing(:'t3'), '3 2 waiting', 'a token tells its place');
SELECT is((SELECT state || ' ' || joined || ' ' || waiting || ' ' || serving
           FROM tix_queue_status(:'session')), 'open 5 5 0', 'the gateway sees the length');
SELECT throws_ok(format('SELECT tix_claim_admission(%L)', :'t1'), 'TX011',
    'place cannot be claimed: it is "waiting"', 'nobody claims before the call');

-- Calling: rate and active cap.
SELECT is(pg_temp.pass(:'session', '1 s'), 2::bigint, 'a second calls as many as the rate');
SELECT is(tix_queue_step(:'session'), 0::bigint, 'stepping more often calls no more');
SELECT is(pg_temp.standing(:'t1') || ', ' || pg_temp.standing(:'t3'), '1 0 called, 3 0 waiting',
    'the first are called first');
SELECT ok((SELECT eta_s FROM tix_queue_position(:'t5')) BETWEEN 1 AND 60,
    'who waits is told about how long');
SELECT is((SELECT eta_s FROM tix_queue_position(:'t1')), NULL::int, 'who is called is not');
SELECT is(pg_temp.pass(:'session', '10 s'), 1::bigint, 'what is not claimed counts as active');
SELECT is((SELECT outstanding || ' ' || active FROM tix_queue_status(:'session')), '3 0',
    'as the status says');
SELECT admission_id AS a1, expires_at AS e1 FROM tix_claim_admission(:'t1') \gset
SELECT is((SELECT admission_id FROM tix_claim_admission(:'t1')), :'a1'::uuid,
    'claiming again gives the same admission');
SELECT is((SELECT user_id FROM tix_claim_admission(:'t2')), :'bob'::uuid, 'of the one who joined');
SELECT ok(:'e1'::timestamptz BETWEEN now() + '14 min' AND now() + '16 min', 'for admission_ttl');
SELECT is(pg_temp.standing(:'t1'), '1 0 admitted', 'the token says so');
SELECT is(pg_temp.pass(:'session', '5 s'), 0::bigint, 'admissions count as active');
SELECT is((SELECT outstanding || ' ' || active FROM tix_queue_status(:'session')), '1 2',
    'as the status says');

-- Using an admission.
SELECT ok AS through, lock_id AS lock FROM tix_use_admission(:'session', :'ann', :'a1') s,
    tix_lock_seats(s, '{A-3,A-4}', :'ann') l \gset
SELECT is(:'through'::text, 't', 'an admission lets its user lock');
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-5', :'ann')), 'queued',
    'in that transaction only');
BEGIN;
SELECT tix_use_admission(:'session', :'ann', :'a1') AS used \gset
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-5', :'bob')), 'queued',
    'and nobody else in it');
SELECT is((SELECT array_agg(reason) FROM tix_lock_batch((SELECT jsonb_agg(jsonb_build_object(
    'sessionId', :'session', 'seatIds', '{A-5}'::text[], 'userId', u)) FROM unnest(ARRAY[:'bob',
    :'ann']) u))), '{queued,NULL}', 'a batch is judged request by request');
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT tix_use_admission(:'session', :'ann', :'a1') AS used \gset
ROLLBACK TO s;
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-5', :'ann')), 'queued',
    'what a savepoint let in goes with it');
ROLLBACK;
SELECT throws_ok(format('SELECT tix_use_admission(%L, %L, %L)', :'session', v.who, v.what), 'TX011',
    NULL, v.why) FROM (VALUES (:'bob', :'a1', 'another''s admission is none'),
    (:'ann', gen_random_uuid()::text, 'nor is one that was never given'),
    (:'ann', NULL, 'nor is none')) v (who, what, why);
SELECT ok(NOT tix_end_admission(:'a1', :'bob'), 'nobody ends another''s');
SELECT ok(tix_end_admission(:'a1', :'ann', 'given_up'), 'one gives one''s own up');
SELECT ok(NOT tix_end_admission(:'a1', :'ann'), 'once');
SELECT throws_ok(format('SELECT tix_use_admission(%L, %L, %L)', :'session', :'ann', :'a1'),
    'TX011', NULL, 'what is given up is no admission');
SELECT is((SELECT reason FROM tix_lock_get(:lock, :'ann')), NULL::text, 'the seats stay held');
SELECT is(pg_temp.pass(:'session', '1 s'), 1::bigint, 'the next one is called for it');
SELECT is(pg_temp.standing(:'t1'), '1 0 over', 'the token is worth nothing more');
SELECT is((SELECT place FROM tix_join_queue(:'session', :'ann')), 6::bigint,
    'who joins again is behind everybody');

-- Unclaimed places are called again; admissions end by themselves.
SELECT is((SELECT place || ' ' || state FROM tix_queue_position(:'t3')), '3 called', 'Cid sleeps');
SELECT is(pg_temp.pass(:'session', '113 s'), 0::bigint, 'within his grace nobody takes his turn');
SELECT is(pg_temp.standing(:'t3'), '3 0 called', 'it is still his');
SELECT is((SELECT place || ' ' || state FROM tix_queue_position(:'t4')), '4 called',
    'Dan is called');
SELECT ok(pg_temp.pass(:'session', '2 s') > 0, 'after it his place is called again');
SELECT is(pg_temp.standing(:'t3'), '3 0 lapsed', 'and his turn is gone');
SELECT throws_ok(format('SELECT tix_claim_admission(%L)', :'t3'), 'TX011',
    'place cannot be claimed: it is "lapsed"', 'he claims it no more');
SELECT is((SELECT state FROM tix_join_queue(:'session', :'cid')), 'waiting', 'he joins again');
SELECT throws_ok(format('SELECT tix_claim_admission(%L)', :'t3'), 'TX011', NULL,
    'with another token');
UPDATE queue_calls SET called_at = called_at - interval '1 hour' WHERE queue_id = :queue;
SELECT is((SELECT state FROM tix_queue_position(:'t5')), 'lapsed',
    'the grace is exact without any step');
SELECT admission_id AS a2 FROM queue_admissions WHERE user_id = :'bob' \gset
UPDATE queue_admissions SET expires_at = clock_timestamp() WHERE admission_id = :'a2';
SELECT throws_ok(format('SELECT tix_use_admission(%L, %L, %L)', :'session', :'bob', :'a2'), 'TX011',
    NULL, 'an admission ends on time');
SELECT is(pg_temp.standing(:'t2'), '2 0 over', 'and its turn is over');

-- Pause, rate, close.
SELECT tix_pause_queue(:'session') AS p \gset
SELECT is(pg_temp.pass(:'session', '5 s'), 0::bigint, 'a paused queue calls nobody');
SELECT is((SELECT state FROM tix_queue_status(:'session')), 'paused', 'and says so');
SELECT is((SELECT state FROM tix_join_queue(:'session', gen_random_uuid())), 'waiting',
    'but may be joined');
SELECT tix_resume_queue(:'session') AS r \gset
SELECT is(tix_queue_step(:'session'), 0::bigint, 'a pause earns no credit');
SELECT lives_ok(format('SELECT tix_set_queue_rate(%L, 50, 100)', :'session'),
    'the rate is changed');
SELECT tix_join_queue(:'session', gen_random_uuid()) FROM generate_series(1, 400) \g /dev/null
SELECT is(pg_temp.pass(:'session', '2 s'),
    100::bigint - (SELECT active FROM pg_temp.q(:'session')),
    'a faster one calls up to the cap');
SELECT tix_close_queue(:'session') AS c \gset
SELECT is((SELECT ok FROM tix_lock_seat(:'session', 'B-1', :'eve')), true, 'closed: anybody locks');
SELECT is((SELECT state FROM tix_queue_position(:'t5')), 'closed', 'a token says that it is over');
SELECT is((SELECT state FROM tix_queue_status(:'session')), 'closed', 'and so does the status');
SELECT throws_ok(format('SELECT tix_claim_admission(%L)', :'t5'), 'TX011', NULL,
    'nothing is to be claimed');
SELECT throws_ok(format('SELECT %s(%L)', f, :'session'), 'P0002', NULL, f || ' finds no queue')
FROM unnest('{tix_pause_queue,tix_resume_queue,tix_close_queue}'::text[]) f;
SELECT is((SELECT array_agg(act || ' ' || (detail->>'queued') ORDER BY audit_id) FROM audit_log
           WHERE session_id = :'session' AND act = 'waiting room'),
    '{waiting room true,waiting room false}', 'opening and closing leave a row');

-- A queue opened later is another, also when it counts with the same counter.
SELECT tix_open_queue(:'session', rate => 100, max_active => 100000,
                      opens_at => clock_timestamp() + '1 hour') AS second \gset
SELECT is((SELECT place FROM tix_join_queue(:'session', :'ann')), 1::bigint, 'it counts from 1');
SELECT throws_ok(format('SELECT tix_claim_admission(%L)', :'t2'), 'TX011', NULL,
    'tokens of the first mean nothing in it');
SELECT is(pg_temp.pass(:'session', '5 s'), 0::bigint, 'before it opens nobody is called');
SELECT ok((SELECT eta_s FROM tix_queue_position((SELECT token FROM tix_join_queue(:'session',
    :'ann')))) > 3500, 'and the wait begins with the opening');
UPDATE queues SET opens_at = clock_timestamp() - interval '1 day' WHERE queue_id = :second;
SELECT tix_join_queue(:'session', gen_random_uuid()) FROM generate_series(1, 900) \g /dev/null
SELECT is(tix_queue_step(:'session'), 500::bigint, 'a long time without a step counts for 5 s');

-- Closed loop.
SELECT is(:'second'::int > :'queue'::int, true, 'the loop is tried on the second queue');
SELECT tix_queue_report(:'session', 101) AS r \gset
SELECT pg_temp.pass(:'session', '1 s') AS called \gset
SELECT is((SELECT rate_now FROM tix_queue_status(:'session')), 50::double precision,
    'a reported p99 above the target halves the rate');
SELECT tix_queue_report(:'session', 5) AS r \gset
SELECT is((SELECT reported_p99_ms FROM pg_temp.q(:'session')), 101,
    'the worst of 5 seconds counts');
SELECT pg_temp.pass(:'session', '1.1 s') FROM generate_series(1, 7) \g /dev/null
SELECT is((SELECT rate_now FROM tix_queue_status(:'session')), 1::double precision,
    'pressure that lasts stops at a hundredth');
SELECT pg_temp.pass(:'session', '5 s') AS called \gset
SELECT ok((SELECT rate_now FROM tix_queue_status(:'session')) BETWEEN 25 AND 27,
    'without pressure it grows by a twentieth a second');
SELECT pg_temp.pass(:'session', '5 s') FROM generate_series(1, 5) \g /dev/null
SELECT is((SELECT rate_now FROM tix_queue_status(:'session')), 100::double precision,
    'up to what was set');

-- The engine's own latency is pressure as well; keys change; what is over is forgotten.
UPDATE queues SET target_p99_ms = 1, reported_at = NULL, lock_calls = 0, slow_calls = -1000000
WHERE queue_id = :second;
SELECT tix_end_admission(admission_id, user_id) FROM queue_admissions \g /dev/null
SELECT count((tix_lock_seat(:'session', 'A-1', :'eve')).reason) AS tried
FROM generate_series(1, 120) \gset
SELECT pg_temp.pass(:'session', '1 s') AS called \gset
SELECT is((SELECT rate_now FROM tix_queue_status(:'session')), 50::double precision,
    'when lock calls got slow, the rate is halved');
SELECT pg_temp.pass(:'session', '1 s') AS called \gset
SELECT is((SELECT round(rate_now) FROM tix_queue_status(:'session')), 55::double precision,
    'when they did not since, it grows');
SELECT token AS old FROM tix_join_queue(:'session', :'ann') \gset
SELECT is(tix_rotate_queue_key(), 2, 'a key is made');
SELECT token AS new FROM tix_join_queue(:'session', :'ann') \gset
SELECT isnt(:'new'::text, :'old'::text, 'tokens are made with it');
SELECT is(pg_temp.standing(:'old'), pg_temp.standing(:'new'), 'those of the key before are good');
SELECT is(tix_rotate_queue_key(), 3, 'another one');
SELECT throws_ok(format('SELECT tix_queue_position(%L)', :'old'), 'TX011', NULL,
    'makes them worth nothing');
SELECT tix_close_queue(:'session') AS c \gset
SELECT is(tix_prune_queues(), 0, 'what was closed a moment ago is kept');
UPDATE queues SET closed_at = closed_at - interval '31 days' WHERE queue_id = :queue;
SELECT is(tix_prune_queues(10), 10, 'a month later it is forgotten, in batches');
SELECT ok(tix_prune_queues() > 300 AND tix_prune_queues() = 0, 'all of it');
SELECT is((SELECT array_agg(queue_id) FROM queues WHERE session_id = :'session'),
    ARRAY[:second], 'and no other');
SELECT * FROM finish();
