-- Holds follow their transaction: savepoints, exceptions, cursors, PREPARE, read-only, late COMMIT.
SELECT make_session(10, 1, 2, 10);
SELECT seats FROM tix_load_session(s(10));
CREATE VIEW held AS SELECT array_agg(seat_id ORDER BY ordinal) AS seats
FROM tix_seats(s(10)) WHERE state <> 'free';

-- Rollback, and rollback to savepoints three deep.
BEGIN;
SELECT ok FROM tix_lock_seats(s(10), '{A-1-1,A-1-2}', u(1));
ROLLBACK;
SELECT * FROM held;
BEGIN;
SELECT ok FROM tix_lock_seat(s(10), 'A-1-1', u(1));
SAVEPOINT one;
SELECT ok FROM tix_lock_seat(s(10), 'A-1-2', u(1));
SAVEPOINT two;
SELECT ok FROM tix_lock_seat(s(10), 'A-1-3', u(1));
SAVEPOINT three;
SELECT ok FROM tix_lock_seat(s(10), 'A-1-4', u(1));
RELEASE three;
SELECT * FROM held;
ROLLBACK TO two;
SELECT * FROM held;
SELECT ok FROM tix_lock_seat(s(10), 'A-1-5', u(1));
RELEASE one;
COMMIT;
SELECT * FROM held;
SELECT array_agg(seats[1] ORDER BY lock_id) FROM holds WHERE session_id = s(10);

-- Extended, released, added to, confirmed and handed over in a savepoint that is rolled back.
SELECT lock_id AS lock, expires_at AS deadline
FROM tix_lock_seats(s(10), '{A-2-1,A-2-2}', u(2)) \gset
BEGIN;
SAVEPOINT before;
SELECT ok FROM tix_extend_lock(:lock, u(2), '20 min');
SELECT ok FROM tix_lock_seats(s(10), '{A-2-3,A-2-4}', u(2), into_lock_id => :lock);
SELECT count(*) FROM tix_hand_over(:lock, u(2), u(1), '1 hour');
SELECT count(*) FROM tix_release_seats(:lock, u(2), '{A-2-1}');
SELECT count(*) FROM tix_confirm_seats(:lock, u(2));
ROLLBACK TO before;
SELECT array(SELECT unnest(seats) ORDER BY 1) AS seats, expires_at = :'deadline' AS as_before
FROM tix_lock_get(:lock, u(2));
COMMIT;
SELECT array(SELECT unnest(seats) ORDER BY 1) AS seats, expires_at = :'deadline' AS as_before
FROM tix_lock_get(:lock, u(2));
SELECT state, ordered, uncommitted FROM tix_stat_holds WHERE lock_id = :lock;
SELECT count(*) FROM holds WHERE lock_id = :lock;

-- An exception block, a failing statement, a deferred constraint that fails at COMMIT.
DO $$
BEGIN
    PERFORM tix_lock_seat(s(10), 'A-2-5', u(3));
    BEGIN
        PERFORM tix_lock_seat(s(10), 'A-2-6', u(3));
        RAISE EXCEPTION 'no';
    EXCEPTION WHEN raise_exception THEN
        PERFORM tix_lock_seat(s(10), 'A-2-7', u(3));
    END;
END $$;
SELECT * FROM held;
SELECT ok, 1 / (lock_id - lock_id) FROM tix_lock_seat(s(10), 'A-2-8', u(3));
SELECT state FROM tix_seat_status(s(10), 'A-2-8');
CREATE TABLE checked (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED);
BEGIN;
INSERT INTO checked VALUES (1), (1);
SELECT ok FROM tix_lock_seat(s(10), 'A-2-8', u(3));
COMMIT;
SELECT state FROM tix_seat_status(s(10), 'A-2-8');

-- A cursor, a CTE.
BEGIN;
DECLARE c CURSOR FOR SELECT ok FROM tix_lock_seat(s(10), 'A-2-8', u(3));
FETCH c;
CLOSE c;
WITH locked AS MATERIALIZED (SELECT * FROM tix_lock_seat(s(10), 'A-2-9', u(3)))
SELECT ok, seats FROM locked;
ROLLBACK;
SELECT state FROM tix_seat_status(s(10), 'A-2-9');

-- COMMIT inside a procedure keeps what was locked before it; chained transactions stand alone.
CREATE PROCEDURE lock_two() LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tix_lock_seat(s(10), 'A-2-8', u(3), '10 min');
    COMMIT;
    PERFORM tix_lock_seat(s(10), 'A-2-9', u(3));
    RAISE EXCEPTION 'too late';
END $$;
CALL lock_two();
SELECT state FROM tix_seat_status(s(10), 'A-2-8');
SELECT state FROM tix_seat_status(s(10), 'A-2-9');
BEGIN;
SELECT ok FROM tix_lock_seat(s(10), 'A-2-9', u(3));
ROLLBACK AND CHAIN;
SELECT ok FROM tix_lock_seat(s(10), 'A-2-10', u(3));
COMMIT AND CHAIN;
SELECT ok FROM tix_lock_seat(s(10), 'A-1-9', u(3));
ROLLBACK;
SELECT * FROM held;

-- One call a row that the plan fetches: LIMIT stops them, unless a sort needs every row first.
BEGIN;
SELECT l.ok FROM generate_series(6, 8) n, tix_lock_seat(s(10), 'A-1-' || n, u(3)) l
WHERE l.ok LIMIT 1;
SELECT count(*) AS locked FROM tix_seats(s(10), NULL, u(3))
WHERE mine AND seat_id IN ('A-1-6', 'A-1-7', 'A-1-8');
ROLLBACK;
BEGIN;
SELECT l.ok FROM generate_series(6, 8) n, tix_lock_seat(s(10), 'A-1-' || n, u(3)) l
ORDER BY l.expires_at LIMIT 1;
SELECT count(*) AS locked FROM tix_seats(s(10), NULL, u(3))
WHERE mine AND seat_id IN ('A-1-6', 'A-1-7', 'A-1-8');
ROLLBACK;

-- Answered by now, whatever the snapshot.
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM house WHERE session_id = s(10);
SELECT ok FROM tix_lock_seat(s(10), 'A-1-10', u(1));
COMMIT;

\set VERBOSITY sqlstate
-- PREPARE TRANSACTION is refused, and undoes; one that only looked may pass.
BEGIN;
SELECT ok FROM tix_lock_seat(s(10), 'A-2-9', u(1));
PREPARE TRANSACTION 'holds';
SELECT state FROM tix_seat_status(s(10), 'A-2-9');
SELECT count(*) FROM pg_prepared_xacts;
BEGIN;
SELECT count(*) FROM tix_seats(s(10));
PREPARE TRANSACTION 'looks';
ROLLBACK PREPARED 'looks';

-- A transaction that outlives its TTL fails at COMMIT and leaves nothing.
BEGIN;
SELECT ok FROM tix_lock_seat(s(10), 'A-2-9', u(1), '20 ms');
SELECT pg_sleep(0.03);
COMMIT;
SELECT state FROM tix_seat_status(s(10), 'A-2-9');
SELECT count(*) FROM holds WHERE session_id = s(10) AND seats = '{A-2-9}';

-- Read-only transactions may look and nothing more.
BEGIN READ ONLY;
SELECT count(*) FROM tix_seats(s(10));
SELECT ok FROM tix_lock_get(:lock, u(2));
SELECT count(*) FROM tix_stat_holds WHERE lock_id = :lock;
SELECT tix_lock_seat(s(10), 'A-2-9', u(1));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_lock_best(s(10), 1, u(1));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_extend_lock(:lock, u(2));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_release_seats(:lock, u(2));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_confirm_seats(:lock, u(2));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_lock_seats(s(10), '{A-2-9}', u(1));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_hand_over(:lock, u(2), u(1), '1 hour');
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_free_sold(s(10), '{A-2-9}');
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_load_session(s(10));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_unload_session(s(10));
ROLLBACK;
BEGIN READ ONLY;
SELECT tix_check(s(10));
ROLLBACK;
SELECT state FROM tix_seat_status(s(10), 'A-2-9');

-- In a parallel plan too, that nobody would get but by a wrong label.
CREATE FUNCTION lock_anyhow(seat text) RETURNS boolean VOLATILE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT ok FROM tix_lock_seat(s(10), seat, u(1)) $$;
CREATE FUNCTION look_anyhow() RETURNS bigint VOLATILE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT count(*) FROM tix_seats(s(10)) $$;
SELECT count(set_config(name, 'on', false)) AS forced
FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT lock_anyhow('A-2-9');
SELECT look_anyhow();
-- By its own name the engine's function keeps the plan serial.
SELECT ok FROM tix_lock_get(:lock, u(2));
SELECT count(set_config(name, 'off', false)) AS forced
FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT state FROM tix_seat_status(s(10), 'A-2-9');
DROP FUNCTION lock_anyhow, look_anyhow;
-- No function of ours may run in a parallel worker, none is immutable or stable; but signing, which
-- knows neither seats nor tables.
SELECT provolatile, proparallel, count(*) > 20 AS many FROM pg_proc
WHERE pronamespace = 'tix'::regnamespace AND probin = '$libdir/tix'
    AND proname !~ '^tix_(ed25519|hmac)' GROUP BY 1, 2;

-- More changes than a transaction may make: refused, and the rest undone. Reads say so as well.
SELECT current_setting('tix.max_xact_changes') AS n \gset
BEGIN;
SELECT count(*) = :n AS all_of_them
FROM generate_series(1, :n) i, tix_extend_lock(:lock + 0 * i, u(2), '10 min');
SAVEPOINT brim;
SELECT ok FROM tix_extend_lock(:lock, u(2), '10 min');
ROLLBACK TO brim;
SELECT count(*) FROM tix_stat_holds;
ROLLBACK TO brim;
SELECT * FROM tix_arena_audit();
ROLLBACK;
SELECT uncommitted, expires_at = :'deadline' AS as_before FROM tix_stat_holds WHERE lock_id = :lock;
SELECT * FROM tix_check(s(10));
SELECT * FROM tix_arena_audit();
DROP VIEW held;
DROP TABLE checked;
DROP PROCEDURE lock_two;
