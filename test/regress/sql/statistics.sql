-- Workers, uncommitted changes, latencies and their reset.
SELECT make_session(2300, 2, 1, 6);
SELECT seats FROM tix_load_session(s(2300));

-- The expiry workers tell what they do.
SELECT kind, count(*), bool_and(pid > 0 AND state IN ('sweeping', 'sleeping') AND rounds > 0
        AND partitions_swept >= rounds AND last_round_at > now() - interval '1 minute') AS alive
FROM tix_stat_workers GROUP BY kind;

-- What a transaction has changed shows with its backend until it ends.
SELECT lock_id AS old FROM tix_lock_seat(s(2300), 'A-1-6', u(2)) \gset
INSERT INTO tickets (session_id, seat_id) VALUES (s(2300), 'A-1-5');
BEGIN;
SELECT ok FROM tix_lock_seats(s(2300), '{B-1-1,A-1-1,A-1-2}', u(1));
SELECT ok FROM tix_extend_lock(:old, u(2), '5 min');
INSERT INTO tickets (session_id, seat_id) VALUES (s(2300), 'B-1-6');
DELETE FROM tickets WHERE session_id = s(2300) AND seat_id = 'A-1-5';
SELECT pid = pg_backend_pid() AS mine, lock_id IS NOT NULL AS hold, user_id, seats, state,
       age < interval '1 minute' AS young, xact_start = now() AS this
FROM tix_locks WHERE session_id = s(2300) ORDER BY state, seats;
COMMIT;
SELECT count(*) FROM tix_locks;

-- Calls and commits are counted; a reset forgets them and says when.
BEGIN;
SELECT tix_stat_reset() > now() AS reset;
SELECT count(*) FROM tix_stat_latency;
SELECT DISTINCT grants + refusals + sold_seats AS counted, stats_reset > now() AS reset
FROM tix_stat_partitions;
COMMIT;
SELECT ok FROM tix_lock_seat(s(2300), 'B-1-3', u(3));
SELECT reason FROM tix_lock_seat(s(2300), 'B-1-3', u(4));
SELECT reason FROM tix_lock_seat(s(2300), 'B-1-3', u(5));
SELECT kind, sum(calls) FROM tix_stat_latency GROUP BY kind ORDER BY kind;
SELECT kind, calls, p50_us <= p95_us AND p95_us <= p99_us AND p99_us <= max_us AS ordered,
       max_us < 10000000 AS sane FROM tix_stat_percentiles ORDER BY kind;
SELECT bool_and(from_us < to_us) AS sound FROM tix_stat_latency;

-- Monitors see all of it but the owners of holds; they may not reset.
CREATE ROLE overseer IN ROLE pg_monitor;
GRANT USAGE ON SCHEMA tix TO overseer;
CREATE ROLE statistician;
GRANT USAGE ON SCHEMA tix TO statistician;
GRANT SELECT ON tix_locks TO statistician;
GRANT EXECUTE ON FUNCTION tix_locks_rows TO statistician;
GRANT EXECUTE ON FUNCTION s, u TO PUBLIC;
BEGIN;
SELECT ok FROM tix_lock_seat(s(2300), 'B-1-4', u(3));
SET LOCAL ROLE overseer;
SELECT user_id = u(3) AS owner FROM tix_locks;
SELECT count(*) > 0 AS seen FROM tix_stat_workers;
SELECT count(*) > 0 AS seen FROM tix_stat_percentiles;
SET LOCAL ROLE statistician;
SELECT user_id IS NULL AS hidden, seats FROM tix_locks;
ROLLBACK;
SET ROLE overseer;
SELECT tix_stat_reset();
RESET ROLE;
DROP OWNED BY overseer, statistician;
DROP ROLE overseer, statistician;
