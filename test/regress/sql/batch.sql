-- tix_lock_batch answers each request as if it had come alone, in order, in one transaction.
SELECT make_session(32, 4, 1, 8);
SELECT make_session(33, 1, 1, 8);
SELECT seats FROM tix_load_session(s(32));
SELECT seats FROM tix_load_session(s(33));
CREATE FUNCTION want(session integer, who integer, VARIADIC seats text[]) RETURNS jsonb
LANGUAGE sql RETURN jsonb_build_object('sessionId', s(session), 'userId', u(who), 'seatIds', seats);
CREATE FUNCTION batch(VARIADIC requests jsonb[]) RETURNS TABLE (n bigint, ok boolean, reason text,
    granted boolean, lives interval, seats text[], conflicts jsonb) LANGUAGE sql AS $$
    SELECT r.n, r.ok, r.reason, r.lock_id > 0, date_trunc('minute',
        r.expires_at - clock_timestamp() + '30 s'), r.seats, r.conflicts
    FROM tix_lock_batch(to_jsonb(requests)) WITH ORDINALITY
        AS r (ok, reason, lock_id, expires_at, seats, conflicts, tier, n) ORDER BY r.n $$;

-- Each request has its own ttl.
BEGIN;
SELECT n, lives FROM batch(want(33, 1, 'A-1-5') || '{"ttl": 600}', want(33, 2, 'A-1-6')
    || '{"ttl": 600}', want(33, 3, 'A-1-7') || '{"ttl": 60.0}', want(33, 4, 'A-1-8'),
    want(33, 5, 'A-1-4') || '{"ttl": 600}');
ROLLBACK;

-- Several sessions, several areas, in any order.
SELECT * FROM batch(want(33, 1, 'A-1-2', 'A-1-1'), want(32, 2, 'D-1-1'),
    want(33, 3, 'A-1-3') || '{"ttl": 600}', want(32, 4, 'A-1-1', 'D-1-2', 'B-1-1'),
    want(32, 5, 'A-1-2')
        || '{"ttl": null, "intoLockId": null, "channels": [], "orphans": "avoid"}');
SELECT kind, seats FROM holds WHERE session_id IN (s(32), s(33)) ORDER BY session_id, seats;
SELECT count(DISTINCT lock_id) AS locks, count(DISTINCT at) AS times,
    count(DISTINCT xmin::text) AS transactions FROM holds WHERE session_id IN (s(32), s(33));

-- Of two requests for one seat the first wins, however they are sorted inside.
SELECT n, ok, reason, conflicts FROM batch(
    want(32, 1, 'D-1-8', 'A-1-8'), want(32, 2, 'A-1-8'), want(32, 3, 'D-1-8'),
    want(32, 4, 'B-1-8'), want(32, 5, 'B-1-8', 'A-1-7'), want(32, 6, 'A-1-7'),
    want(32, 7, 'C-1-8'), want(32, 8, 'C-1-8'), want(32, 7, 'C-1-8'));

-- What a call alone would answer.
SELECT * FROM batch(want(32, 9, 'A-1-1'), want(32, 9, 'nowhere', 'A-1-3'),
    want(32, 9, 'A-1-3', 'A-1-3'), want(3299, 9, 'A-1-3'), want(32, 2, 'D-1-1'));
SET tix.max_seats_per_lock = 2;
SELECT * FROM batch(want(32, 9, 'A-1-3', 'A-1-4', 'A-1-5'), want(32, 9, 'A-1-3', 'A-1-4'));
RESET tix.max_seats_per_lock;
SELECT lock_id AS lock FROM tix_lock_get((SELECT lock_id FROM tix_stat_holds
    WHERE session_id = s(32) AND user_id = u(9)), u(9)) \gset
SELECT * FROM batch(want(32, 9, 'B-1-3') || jsonb_build_object('intoLockId', :lock),
    want(32, 9, 'A-1-5') || jsonb_build_object('intoLockId', :'lock'),
    want(32, 8, 'A-1-6') || jsonb_build_object('intoLockId', :'lock'));
SELECT seats FROM tix_stat_holds WHERE lock_id = :lock;

-- What cannot be read is said request by request, and the others are served.
SELECT n, ok, reason, conflicts FROM batch(
    '{}', want(33, 1, 'A-1-8') - 'userId', want(33, 1, 'A-1-8') || '{"seatIds": "A-1-8"}',
    want(33, 1, 'A-1-8') || '{"seatIds": []}', want(33, 1, 'A-1-8') || '{"seatIds": ["A-1-8", 8]}',
    want(33, 1, 'A-1-8') || '{"seatIds": [["A-1-8"]]}', want(33, 1, 'A-1-8') || '{"sessionId": 33}',
    want(33, 1, 'A-1-8') || '{"userId": "ann"}', want(33, 1, 'A-1-8') || '{"userId": null}',
    want(33, 1, 'A-1-8') || '{"userId": "00000000-0000-4000-9000-00000000000g"}',
    want(33, 1, 'A-1-8') || '{"userId": "00000000-0000-4000-90000-0000000000aa"}',
    want(33, 1, 'A-1-8') || '{"ttl": 0}', want(33, 1, 'A-1-8') || '{"ttl": -1}',
    want(33, 1, 'A-1-8') || '{"ttl": 604801}', want(33, 1, 'A-1-8') || '{"ttl": 1e400}',
    want(33, 1, 'A-1-8') || '{"ttl": "2 minutes"}', want(33, 1, 'A-1-8') || '{"ttl": 0.0000001}',
    want(33, 1, 'A-1-8') || '{"orphans": "never"}', want(33, 1, 'A-1-8') || '{"orphans": true}',
    want(33, 1, 'A-1-8') || '{"channels": "vip"}', want(33, 1, 'A-1-8') || '{"channels": [null]}',
    want(33, 1, 'A-1-8') || jsonb_build_object('channels', array_fill('x'::text, ARRAY[33])),
    want(33, 1, 'A-1-8') || '{"intoLockId": 0}', want(33, 1, 'A-1-8') || '{"intoLockId": "1.5"}',
    want(33, 1, 'A-1-8') || '{"intoLockId": 9223372036854775808}',
    want(33, 1, 'A-1-8') || '{"idempotencyKey": ""}',
    want(33, 1, 'A-1-8') || jsonb_build_object('idempotencyKey', repeat('k', 256)),
    want(33, 1, 'A-1-8') || '{"quantity": 2}', want(33, 1, 'A-1-8') || '{"\"odd\"\\": {"a": [1]}}',
    want(33, 1, 'A-1-8') || '{"ttl": 0.5}', want(33, 1, 'A-1-8'));
SELECT r.ok, upper(r.seats[1]) AS seat FROM tix_lock_batch(jsonb_build_array(want(33, 1, 'A-1-7')
    || jsonb_build_object('userId', upper(u(170)::text)))) r;
SELECT tix_lock_batch('[]');
SELECT tix_lock_batch(NULL);
SELECT tix_lock_batch('{}');
SELECT tix_lock_batch('"a"');
SELECT tix_lock_batch('[{}, 1]');
SELECT tix_lock_batch('[[]]');

-- The number of requests has a limit.
SET tix.max_batch_requests = 3;
SELECT count(*) FROM batch(want(33, 4, 'A-1-4'), want(33, 4, 'A-1-4'), want(33, 4, 'A-1-4'));
SELECT * FROM batch(want(33, 4, 'A-1-4'), want(33, 4, 'A-1-4'), want(33, 4, 'A-1-4'), '{}');
RESET tix.max_batch_requests;

-- Rollback and savepoints undo the whole batch; one that only lost has written nothing.
BEGIN;
SELECT n, ok, reason FROM batch(want(33, 6, 'A-1-1'), want(33, 6, 'A-1-2'));
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
SAVEPOINT one;
SELECT n, ok FROM batch(want(33, 6, 'A-1-5'), want(33, 6, 'A-1-6'));
ROLLBACK TO one;
SELECT n, ok FROM batch(want(33, 7, 'A-1-5'));
ROLLBACK;
SELECT seat_id, state FROM tix_seats(s(33)) WHERE seat_id IN ('A-1-5', 'A-1-6');

-- More rows than fit on a page, several hundred holds under one lock.
SELECT make_session(34, 2, 1, 500);
SELECT seats FROM tix_load_session(s(34));
SELECT count(*), count(DISTINCT lock_id), bool_and(ok) FROM tix_lock_batch((SELECT jsonb_agg(
    want(34, i, format('%s-1-%s', chr(65 + i % 2), 1 + i / 2))) FROM generate_series(0, 999) i));
SELECT count(*), count(DISTINCT seats), count(DISTINCT lock_id), bool_and(cardinality(seats) = 1)
FROM holds WHERE session_id = s(34);
SET enable_seqscan = off;
SELECT count(*) AS by_index FROM holds WHERE session_id = s(34);
RESET enable_seqscan;
SELECT tix_unload_session(s(34));
SELECT * FROM tix_check(s(34));
SELECT * FROM tix_arena_audit();

-- From arrays, one seat a request: the same answers.
SELECT make_session(38, 2, 1, 8);
SELECT seats FROM tix_load_session(s(38));
CREATE FUNCTION arrays(sessions integer[], seats text[], who integer[],
    ttl interval DEFAULT NULL) RETURNS TABLE (n bigint, ok boolean, reason text, granted boolean,
    lives interval, seats text[], conflicts jsonb) LANGUAGE sql AS $$
    SELECT r.n, r.ok, r.reason, r.lock_id > 0, date_trunc('minute',
        r.expires_at - clock_timestamp() + '30 s'), r.seats, r.conflicts
    FROM tix_lock_batch(
        ARRAY(SELECT s(i) FROM unnest(sessions) WITH ORDINALITY a (i, n) ORDER BY n), seats,
        ARRAY(SELECT u(i) FROM unnest(who) WITH ORDINALITY a (i, n) ORDER BY n), ttl)
        WITH ORDINALITY AS r (ok, reason, lock_id, expires_at, seats, conflicts, tier, n)
    ORDER BY r.n $$;
SELECT * FROM arrays('{38, 33, 38, 3299, 38, 38, 38}',
    ARRAY['B-1-1', 'A-1-4', 'A-1-1', 'A-1-1', 'B-1-1', repeat('Ω', 40), 'B-1-1'],
    '{1, 2, 3, 4, 5, 6, 1}', '10 min');
SELECT * FROM arrays('{38, 38}', '{A-1-2, A-1-1}', '{7, 7}');
SELECT count(DISTINCT r.lock_id) AS relocked FROM (SELECT lock_id FROM tix_lock_batch(
    ARRAY[s(38), s(38)], '{A-1-2, A-1-2}', ARRAY[u(7), u(7)])) r;
SELECT kind, user_id = u(7) AS of_7, seats FROM holds WHERE session_id = s(38) ORDER BY seats;
BEGIN;
SELECT n, ok, reason FROM arrays('{38, 38}', '{A-1-1, nowhere}', '{8, 8}');
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
SAVEPOINT one;
SELECT n, ok FROM arrays('{38, 38}', '{A-1-3, A-1-4}', '{8, 9}');
ROLLBACK TO one;
SELECT n, ok FROM arrays('{38}', '{A-1-3}', '{9}');
ROLLBACK;
SELECT count(*) FROM arrays('{{38, 38}, {38, 38}}', '{{A-1-5, A-1-6}, {A-1-7, A-1-8}}',
    '{{1, 2}, {3, 4}}') WHERE ok;

-- Arrays that do not belong together are refused whole.
SELECT arrays('{38, 38}', '{A-1-4}', '{1, 2}');
SELECT arrays('{38}', '{A-1-4}', '{1, 2}');
SELECT arrays('{}', '{}', '{}');
SELECT tix_lock_batch(NULL, '{A-1-4}', ARRAY[u(1)]);
SELECT tix_lock_batch(ARRAY[s(38)], NULL, ARRAY[u(1)]);
SELECT tix_lock_batch(ARRAY[s(38)], '{A-1-4}', NULL);
SELECT tix_lock_batch(ARRAY[s(38), NULL], '{A-1-4, A-1-3}', ARRAY[u(1), u(1)]);
SELECT tix_lock_batch(ARRAY[s(38), s(38)], '{A-1-4, NULL}', ARRAY[u(1), u(1)]);
SELECT tix_lock_batch(ARRAY[s(38), s(38)], '{A-1-4, A-1-3}', ARRAY[u(1), NULL]);
SELECT arrays('{38}', '{A-1-4}', '{1}', '0');
SELECT arrays('{38}', '{A-1-4}', '{1}', '8 days');
SET tix.max_batch_requests = 2;
SELECT n, ok FROM arrays('{38, 38}', '{A-1-4, B-1-4}', '{1, 1}');
SELECT arrays('{38, 38, 38}', '{A-1-4, B-1-4, B-1-5}', '{1, 1, 1}');
RESET tix.max_batch_requests;
SELECT seat_id, state FROM tix_seats(s(38)) WHERE state <> 'free' ORDER BY seat_id;
SELECT * FROM tix_arena_audit();
DROP FUNCTION arrays;

-- With the journal off nothing is written.
SET tix.hold_journal = off;
BEGIN;
SELECT n, ok FROM batch(want(33, 7, 'A-1-5'), want(33, 7, 'A-1-6'));
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
COMMIT;
RESET tix.hold_journal;
DROP FUNCTION batch, want;
