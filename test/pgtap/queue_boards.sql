-- What gateways know of waiting rooms: boards that agree with the tokens, and keys that can tell a
-- token but claim nothing.
\ir fixture.psql
SELECT plan(32);
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS other \gset
SELECT * FROM tix_open_session(:'other') \gset other_
CREATE VIEW pg_temp.boards AS SELECT * FROM tix.tix_queue_boards();
SELECT is_empty(format('SELECT * FROM pg_temp.boards WHERE session_id = %L', :'session'),
    'without a queue there is no board');
SELECT tix_open_queue(:'session', rate => 2, max_active => 3, grace => '1 min') AS queue \gset
SELECT token AS t1 FROM tix_join_queue(:'session', :'ann') \gset
SELECT token AS t2 FROM tix_join_queue(:'session', :'bob') \gset
SELECT token AS t3 FROM tix_join_queue(:'session', gen_random_uuid()) \gset
UPDATE queues SET opens_at = opens_at - interval '1 s', stepped_at = stepped_at - interval '1 s'
WHERE queue_id = :queue;
SELECT is((SELECT concat_ws(' ', queue_id, event_name, state, mode, joined, serving, lapsed,
                            grace_s)
           FROM pg_temp.boards WHERE session_id = :'session'),
    :'queue' || ' Concert open fifo 3 2 0 60', 'looking at the boards makes the step that is due');
SELECT is((SELECT state FROM tix_queue_position(:'t2')), 'called', 'so places are called');
SELECT is((SELECT seed FROM pg_temp.boards WHERE session_id = :'session'), NULL::bytea,
    'a fifo board has no seed');
UPDATE queue_calls SET called_at = called_at - interval '1 min' WHERE queue_id = :queue;
UPDATE queues SET stepped_at = stepped_at - interval '1 s' WHERE queue_id = :queue;
SELECT is((SELECT lapsed FROM pg_temp.boards WHERE session_id = :'session'), 2::bigint,
    'a board says up to which place the turn is gone');
SELECT is((SELECT state FROM tix_queue_position(:'t2')), 'lapsed', 'as the token does');
SELECT tix_close_queue(:'session') \g /dev/null
SELECT is((SELECT state FROM pg_temp.boards WHERE session_id = :'session'), 'closed',
    'a closed queue is told for a while');
UPDATE queues SET closed_at = closed_at - interval '61 min' WHERE queue_id = :queue;
SELECT is_empty(format('SELECT * FROM pg_temp.boards WHERE session_id = %L', :'session'),
    'and then no more');

-- A draw.
SELECT tix_open_queue(:'session', 'random', opens_at => clock_timestamp() + '1 hour') AS drawing
\gset
SELECT token AS t4 FROM tix_join_queue(:'session', :'ann') \gset
SELECT is((SELECT drawn IS NULL AND seed IS NULL AND opens_in_s BETWEEN 3590 AND 3600
           FROM pg_temp.boards WHERE session_id = :'session'), true,
    'before the draw a board has neither number nor seed, and says how long it takes');
UPDATE queues SET opens_at = clock_timestamp() - interval '1 s' WHERE queue_id = :drawing;
SELECT is((SELECT b.drawn || ' ' || (b.seed = q.seed) FROM pg_temp.boards b
           JOIN queues q USING (queue_id)
           WHERE b.session_id = :'session'), '1 true', 'looking makes the draw, too');

-- Keys.
SELECT ok((SELECT bool_and(octet_length(k.secret) = 32 AND k.secret <> s.secret)
           FROM tix_queue_poll_keys() k JOIN queue_keys s USING (key_id)),
    'the poll key is another than the secret');
CREATE FUNCTION pg_temp.raw(token text) RETURNS bytea LANGUAGE sql AS $$
    SELECT decode(translate(substr($1, 5), '-_', '+/'), 'base64') $$;
SELECT is(substr(pg_temp.raw(:'t4'), 31), substr(tix_hmac_sha256(
        (SELECT secret FROM tix_queue_poll_keys() ORDER BY key_id DESC LIMIT 1),
        'TQ2.'::bytea || substr(pg_temp.raw(:'t4'), 1, 30)), 1, 12), 'it makes the second seal');
-- A gateway that has gone wrong seals somebody else's number.
SELECT 'TQ2.' || translate(encode(s || substr(tix_hmac_sha256(
        (SELECT secret FROM tix_queue_poll_keys() ORDER BY key_id DESC LIMIT 1),
        'TQ2.'::bytea || s), 1, 12), 'base64'), '+/', '-_') AS forged
FROM set_byte(substr(pg_temp.raw(:'t4'), 1, 30), 13, 2) s \gset
SELECT throws_ok(format('SELECT %s', call), 'TX011', 'queue token is not valid',
    'what the poll key alone has sealed is no token: ' || call)
FROM unnest(ARRAY[format('tix_claim_admission(%L)', :'forged'),
    format('tix_queue_position(%L)', :'forged'),
    format('tix_claim_place(%L, %L, NULL)', :'session', :'forged')]) call;
SELECT throws_ok(format('SELECT tix_queue_position(%L)', left(:'t4', 44)), 'TX011', NULL,
    'nor is one without the second seal');
CREATE FUNCTION pg_temp.passes(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tix.join_of_token('TQ2.' || translate(encode(bytes, 'base64'), '+/', '-_'));
    RETURN true;
EXCEPTION WHEN SQLSTATE 'TX011' THEN
    RETURN false;
END $$;
SELECT is_empty(format('SELECT b FROM generate_series(0, 335) b WHERE pg_temp.passes('
    'set_bit(%L::bytea, b, 1 - get_bit(%L::bytea, b)))', pg_temp.raw(:'t4'), pg_temp.raw(:'t4')),
    'no bit of a token can be another');

-- Claims by those who say where and who.
SELECT tix_queue_step(:'session') \g /dev/null
SELECT tix_open_queue(:'other', rate => 100) AS foreign_queue \gset
SELECT throws_ok(format('SELECT tix_claim_place(%L, %L, %L)', v.house, v.token, v.who), 'TX011',
    'queue token is not valid', v.why)
FROM (VALUES (:'other', :'t4', :'ann', 'a token of another session claims nothing'),
    (gen_random_uuid()::text, :'t4', :'ann', 'nor one of a session that does not exist'),
    (NULL, :'t4', :'ann', 'nor one of none'),
    (:'session', :'t4', :'bob', 'nor another''s')) v (house, token, who, why);
SELECT throws_ok(format('SELECT tix_claim_place(%L, %L, %L)', :'session', :'t1', :'ann'), 'TX011',
    'place cannot be claimed: it is "closed"', 'a token of an earlier queue says so');
SELECT is_empty('SELECT FROM queue_admissions WHERE queue_id = ' || :drawing,
    'nothing was claimed');
SELECT admission_id AS a4 FROM tix_claim_place(:'session', :'t4', :'ann') \gset
SELECT is((SELECT user_id FROM queue_admissions WHERE admission_id = :'a4'), :'ann'::uuid,
    'who is called claims');
SELECT is((SELECT admission_id FROM tix_claim_place(:'session', :'t4')), :'a4'::uuid,
    'the token alone gives the same admission');
SELECT is(tix_rotate_queue_key() > 1, true, 'after a change of keys');
SELECT is((SELECT count(*) FROM tix_queue_poll_keys()), 2::bigint, 'both can be checked');

-- A room that stands empty for a night must not come to a halt, nor frighten the first who comes.
SELECT tix_join_queue(:'other', gen_random_uuid()) FROM generate_series(1, 3) \g /dev/null
UPDATE queues SET opens_at = opens_at - interval '1 day', pace = 1e-307
WHERE queue_id = :foreign_queue;
SELECT lives_ok(format('SELECT tix_queue_step(%L)', :'other'), 'a pace near nothing is no error');
UPDATE queues SET pace = 5e-324, max_active = 3, stepped_at = stepped_at - interval '1 s'
WHERE queue_id = :foreign_queue;
SELECT tix_join_queue(:'other', gen_random_uuid()) \g /dev/null
SELECT lives_ok(format('SELECT tix_queue_step(%L)', :'other'), 'also when nobody can be called');
UPDATE queues SET pace = 0.001, max_active = 100, stepped_at = stepped_at - interval '1 s'
WHERE queue_id = :foreign_queue;
SELECT tix_queue_step(:'other') \g /dev/null
SELECT is((SELECT eta_s FROM tix_queue_position((SELECT token FROM tix_join_queue(:'other',
    gen_random_uuid())))), 1, 'where nobody waited, the next is told the rate');
SELECT ok((SELECT pace > 0 FROM pg_temp.boards WHERE session_id = :'other'),
    'a board''s pace is positive');
SELECT lives_ok('SELECT tix_queue_boards()', 'boards can be read again');
SELECT * FROM finish();
