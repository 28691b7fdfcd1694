-- A request under an idempotency key is granted once: key, hold and answer are one transaction.
SELECT make_session(35, 2, 1, 8);
SELECT make_session(36, 1, 1, 8);
SELECT seats FROM tix_load_session(s(35));
SELECT seats FROM tix_load_session(s(36));
CREATE FUNCTION keyed(key text, who integer, seats text[], ttl interval DEFAULT '10 min')
RETURNS SETOF tix_lock_result LANGUAGE sql
BEGIN ATOMIC
    SELECT * FROM tix_lock_seats(s(35), seats, u(who), ttl, idempotency_key => key);
END;
SELECT ok, seats, lock_id AS lock, expires_at AS deadline FROM keyed('a', 1, '{A-1-1,B-1-1}') \gset
SELECT :'ok' AS ok, :'seats' AS seats;
SELECT user_id = u(1) AS hers, key, lock_id = :lock AS same, seats, tier
FROM idempotency_keys WHERE key = 'a';

-- The same request gets the same answer, and nothing else happens.
SELECT ok, reason, seats, lock_id = :lock AS same_lock, expires_at = :'deadline' AS same_deadline
FROM keyed('a', 1, '{A-1-1,B-1-1}');
SELECT count(*) AS rows FROM holds WHERE lock_id = :lock;
SELECT seats FROM tix_stat_holds WHERE session_id = s(35);
-- Also when the hold is over and somebody else has the seats: it is the answer of then.
SELECT count(tix_release_seats) FROM tix_release_seats(:lock, u(1));
SELECT ok FROM tix_lock_seat(s(35), 'A-1-1', u(2));
SELECT ok, lock_id = :lock AS same_lock, expires_at = :'deadline' AS same_deadline
FROM keyed('a', 1, '{A-1-1,B-1-1}');
SELECT reason FROM tix_lock_get(:lock, u(1));

-- Another request under the key is an error: other seats, order of seats, ttl, session, function.
SELECT * FROM keyed('a', 1, '{A-1-1}');
SELECT * FROM keyed('a', 1, '{B-1-1,A-1-1}');
SELECT * FROM keyed('a', 1, '{A-1-1,B-1-1}', '11 min');
SELECT * FROM keyed('a', 1, '{A-1-1,B-1-1}', NULL);
SELECT * FROM tix_lock_seats(s(36), '{A-1-1,B-1-1}', u(1), '10 min', idempotency_key => 'a');
SELECT * FROM tix_lock_seats(s(35), '{A-1-1,B-1-1}', u(1), '10 min', orphans => 'avoid',
    idempotency_key => 'a');
SELECT * FROM tix_lock_seats(s(35), '{A-1-1,B-1-1}', u(1), '10 min', '{vip}',
    idempotency_key => 'a');
SELECT * FROM tix_lock_seats(s(35), '{A-1-1,B-1-1}', u(1), '10 min', into_lock_id => :lock,
    idempotency_key => 'a');
SELECT * FROM tix_lock_best(s(35), 2, u(1), idempotency_key => 'a');
-- The key of somebody else is another key; so is one in another case or with a blank.
SELECT ok FROM keyed('a', 3, '{A-1-3}');
SELECT ok FROM keyed('A', 1, '{A-1-4}');
SELECT ok FROM keyed('a ', 1, '{A-1-5}');
-- A default that changes between makes no other request.
SELECT ok FROM keyed('default', 1, '{A-1-6}', NULL);
SET tix.lock_ttl = 77;
SELECT ok FROM keyed('default', 1, '{A-1-6}', NULL);
RESET tix.lock_ttl;

-- A refusal keeps nothing: the key is free for the next try, and no lock is left behind.
BEGIN;
SELECT ok, reason FROM keyed('later', 4, '{A-1-1}');
SELECT ok, reason FROM tix_lock_seats(s(3599), '{A-1-1}', u(4), idempotency_key => 'later');
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
COMMIT;
SELECT ok FROM keyed('later', 4, '{A-1-7}');

-- The transaction sees its own keys; a statement too; rollback and savepoint rollback forget them.
BEGIN;
SELECT ok FROM keyed('own', 5, '{B-1-5}');
SELECT ok, reason FROM keyed('own', 5, '{B-1-5}');
SAVEPOINT one;
SELECT ok FROM keyed('inner', 5, '{B-1-6}');
ROLLBACK TO one;
SELECT ok FROM keyed('inner', 5, '{B-1-7}');
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
ROLLBACK;
SELECT ok FROM keyed('own', 5, '{B-1-8}');
SELECT count(DISTINCT lock_id), count(*)
FROM generate_series(1, 3), LATERAL (SELECT * FROM keyed('own', 5, '{B-1-8}')) k;

-- The best block stays the same block.
SELECT ok, seats AS best, lock_id AS lock, tier
FROM tix_lock_best(s(36), 3, u(1), idempotency_key => 'best') \gset
SELECT ok, seats = :'best' AS same_seats, lock_id = :lock AS same_lock, tier = :tier AS same_tier
FROM tix_lock_best(s(36), 3, u(1), idempotency_key => 'best');
SELECT * FROM tix_lock_best(s(36), 2, u(1), idempotency_key => 'best');
SELECT * FROM tix_lock_best(s(36), 3, u(1), max_tier => 1, idempotency_key => 'best');

-- In a batch and in a strict twin.
CREATE FUNCTION batch_of(VARIADIC keys text[]) RETURNS jsonb LANGUAGE sql BEGIN ATOMIC
    SELECT jsonb_agg(jsonb_build_object('sessionId', s(36), 'userId', u(6), 'idempotencyKey', key,
        'seatIds', ARRAY[coalesce(key, 'A-1-8')]) ORDER BY n)
    FROM unnest(keys) WITH ORDINALITY k (key, n);
END;
SELECT seat_id AS one, lead(seat_id) OVER (ORDER BY ordinal) AS two
FROM tix_seats(s(36)) WHERE state = 'free' ORDER BY ordinal LIMIT 1 \gset
SELECT count(*), count(DISTINCT lock_id), bool_and(ok)
FROM tix_lock_batch(batch_of(:'one', :'one', :'two', :'one'));
SELECT r.ok, r.reason, r.conflicts FROM tix_lock_batch(batch_of(:'one')
    || jsonb_set(batch_of(:'one'), '{0,ttl}', '9') || jsonb_build_array('{}'::jsonb)) r;
SELECT ok FROM tix_lock_seats_strict(s(36), ARRAY[:'one'], u(6), idempotency_key => :'one');
SELECT * FROM tix_lock_seats_strict(s(36), ARRAY[:'two'], u(6), idempotency_key => :'one');

SELECT * FROM tix_lock_seats(s(35), '{A-1-8}', u(1), idempotency_key => '');
SELECT * FROM tix_lock_seats(s(35), '{A-1-8}', u(1), idempotency_key => repeat('k', 256));
SELECT ok FROM tix_lock_seats(s(35), '{A-1-8}', u(1), idempotency_key => repeat('k', 255));
SELECT * FROM tix_check(s(35));

-- Who may call the function needs no rights on the table.
CREATE ROLE key_role;
GRANT USAGE ON SCHEMA tix TO key_role;
GRANT EXECUTE ON FUNCTION tix_lock_seats TO key_role;
GRANT EXECUTE ON FUNCTION s, u TO key_role;
SET ROLE key_role;
SELECT ok FROM tix_lock_seats(s(35), '{B-1-1}', u(7), idempotency_key => 'role');
SELECT ok FROM tix_lock_seats(s(35), '{B-1-1}', u(7), idempotency_key => 'role');
SELECT * FROM idempotency_keys;
RESET ROLE;
DROP OWNED BY key_role;
DROP ROLE key_role;
DROP FUNCTION batch_of, keyed;
