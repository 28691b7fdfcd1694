-- A lost race costs nothing: no transaction id, no WAL, no lock, no journal row.
SELECT make_session(9, 1, 1, 8);
SELECT seats FROM tix_load_session(s(9));
SELECT ok FROM tix_lock_seats(s(9), '{A-1-1,A-1-2}', u(1));
INSERT INTO tickets (session_id, seat_id) VALUES (s(9), 'A-1-3');
CHECKPOINT;

BEGIN;
SELECT pg_current_wal_insert_lsn() AS before \gset
SELECT ok, reason FROM tix_lock_seat(s(9), 'A-1-1', u(2));
SELECT ok, reason FROM tix_lock_seats(s(9), '{A-1-3,A-1-4}', u(2));
SELECT ok, reason FROM tix_lock_seats(s(9), '{A-1-1,nowhere}', u(2));
SELECT ok, reason FROM tix_lock_best(s(9), 6, u(2));
SELECT ok, reason FROM tix_extend_lock(4711, u(2));
SELECT count(*) FROM tix_release_seats(4711, u(2));
SELECT ok, lock_id > 0 AS relocked FROM tix_lock_seats(s(9), '{A-1-1,A-1-2}', u(1));
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
SELECT count(*) AS table_locks FROM pg_locks
WHERE pid = pg_backend_pid() AND relation = 'tix.holds'::regclass;
COMMIT;
-- Others may write WAL in between, so many losers must write nearly nothing. What reads a page of
-- the catalog for the first time may tidy it: the first loser, and the comparison below.
DO $$
DECLARE
    start pg_lsn;
    stop pg_lsn;
BEGIN
    FOR i IN 0..5000 LOOP
        PERFORM tix_lock_seat(s(9), 'A-1-1', u(2));
        IF i = 0 THEN start := pg_current_wal_insert_lsn(); END IF;
    END LOOP;
    stop := pg_current_wal_insert_lsn();
    RAISE NOTICE 'written by 5000 losers: %',
        CASE WHEN stop - start < 5000 THEN 'nothing' ELSE 'WAL' END;
END $$;

-- A winner has one.
BEGIN;
SELECT ok FROM tix_lock_seat(s(9), 'A-1-8', u(2));
SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS xid;
COMMIT;
