-- The change feed: every state in order, filters, bounds, resync.
SELECT make_session(6, 1, 1, 8), make_session(106, 1, 10, 30);
SELECT seats FROM tix_load_session(s(6));
SELECT seats FROM tix_load_session(s(106));
SELECT seq AS start FROM tix_seat_map(s(6)) \gset
SELECT count(*) FROM tix_changes(:start);

SELECT lock_id AS lock FROM tix_lock_seats(s(6), '{A-1-1,A-1-3}', u(1)) \gset
SELECT ok FROM tix_lock_seat(s(106), 'A-1-1', u(1));
SELECT count(*) FROM tix_release_seats(:lock, u(1), '{A-1-3}');
INSERT INTO tickets (session_id, seat_id)
SELECT s(6), seat FROM tix_confirm_seats(:lock, u(1)) seat;
BEGIN;
SELECT ok FROM tix_lock_seat(s(6), 'A-1-8', u(1));
ROLLBACK;
DELETE FROM tickets WHERE session_id = s(6);
SELECT session_id = s(6) AS six, layout_version, ordinal, state FROM tix_changes(:start);
SELECT ordinal, state FROM tix_changes(:start, s(106));
SELECT bool_and(seq > before) AS ordered
FROM (SELECT seq, lag(seq) OVER () AS before FROM tix_changes(:start)) rows;

-- In pieces: each answer goes on where the one before ended.
SELECT ordinal, state FROM tix_changes(:start, s(6), 2);
SELECT max(seq) AS next FROM tix_changes(:start, s(6), 2) \gset
SELECT ordinal, state FROM tix_changes(:next, s(6), 2);
SELECT max(seq) AS next FROM tix_changes(:start) \gset
SELECT count(*) FROM tix_changes(:next);

-- Overdue seats are told, workers or not.
SELECT ok FROM tix_lock_seat(s(6), 'A-1-5', u(1), '30 ms');
SELECT pg_sleep(0.2);
SELECT ordinal, state FROM tix_changes(:next);

-- Waiting ends in time, and at once when there is something to tell.
SELECT max(seq) AS next FROM tix_changes(:next) \gset
SELECT clock_timestamp() AS before \gset
SELECT count(*) FROM tix_changes(:next, NULL, 10, 100);
SELECT clock_timestamp() - :'before' BETWEEN '100 ms' AND '500 ms' AS waited;
SELECT ok FROM tix_lock_seat(s(6), 'A-1-6', u(1));
SELECT clock_timestamp() AS before \gset
SELECT count(*) FROM tix_changes(:next, NULL, 10, 60000);
SELECT clock_timestamp() - :'before' < '1 s' AS at_once;

-- Another generation, the future and the overwritten past are answered by one row: resync.
SELECT session_id, ordinal, state, seq >= :next AS at_end FROM tix_changes(:next + 1000000);
SELECT session_id, ordinal, state, seq >= :next AS at_end FROM tix_changes(1);
SELECT session_id, ordinal, state, seq >= :next AS at_end FROM tix_changes(-1);
DO $$
BEGIN
    FOR i IN 1..200 LOOP
        PERFORM tix_release_seats(lock_id, u(2)) FROM tix_lock_seats(s(106), (SELECT
            array_agg(seat_id) FROM house WHERE session_id = s(106) AND ordinal >= 100), u(2));
        COMMIT;
    END LOOP;
END $$;
SELECT session_id, ordinal, state, seq >= :next AS at_end FROM tix_changes(:next);

-- Bounds.
SELECT * FROM tix_changes(NULL);
SELECT * FROM tix_changes(:next, NULL, 0);
SELECT * FROM tix_changes(:next, NULL, 100001);
SELECT * FROM tix_changes(:next, NULL, NULL);
SELECT * FROM tix_changes(:next, NULL, 1, -1);
SELECT * FROM tix_changes(:next, NULL, 1, 60001);
