-- Loading, unloading, checking; sessions and layouts that cannot be loaded.
SELECT make_session(7, 2, 1, 4);
SELECT seats, areas, holds, bytes > 0 AS bytes FROM tix_load_session(s(7));
SELECT ok FROM tix_lock_seat(s(7), 'A-1-1', u(1), '1 s');
SELECT holds FROM tix_load_session(s(7));
-- Not with a live hold, nor in use by this transaction; loaded again it knows its tickets.
SELECT tix_unload_session(s(7));
SELECT pg_sleep(1.2);
INSERT INTO tickets (session_id, seat_id) VALUES (s(7), 'B-1-2');
BEGIN;
SELECT count(*) FROM tix_seats(s(7));
SELECT tix_unload_session(s(7));
COMMIT;
SELECT tix_unload_session(s(7));
SELECT tix_unload_session(s(7));
SELECT count(*) FROM tix_stat_areas WHERE session_id = s(7);
SELECT seats, areas, holds FROM tix_load_session(s(7));
SELECT seat_id FROM tix_seats(s(7)) WHERE state = 'sold';
SELECT * FROM tix_check(s(7));

-- What the DBA sees of it; in_use counts what this transaction has looked at.
BEGIN;
SELECT count(*) FROM tix_seats(s(7));
SELECT state, since < clock_timestamp() AS since, seats, areas, layout_version,
    bytes > 0 AS bytes, in_use, last_used > clock_timestamp() - interval '1 min' AS last_used,
    loader_pid, sqlstate
FROM tix_stat_sessions WHERE session_id = s(7);
COMMIT;
SELECT in_use FROM tix_stat_sessions WHERE session_id = s(7);

-- First touch loads by itself.
SELECT make_session(107, 1, 1, 2);
SET tix.load_wait = '10 s';
SELECT ok, reason FROM tix_lock_seat(s(107), 'A-1-1', u(1));
RESET tix.load_wait;

-- Unknown sessions.
SELECT * FROM tix_load_session(s(999));
SET tix.load_wait = '10 s';
SELECT ok, reason, lock_id, conflicts FROM tix_lock_seat(s(999), 'A-1-1', u(1));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(999), '{A-1-1}', u(1));
SELECT ok, reason FROM tix_lock_best(s(999), 1, u(1));
SELECT * FROM tix_seats(s(999));
SELECT * FROM tix_seat_status(s(999), 'A-1-1');
SELECT * FROM tix_seat_map(s(999));
SELECT * FROM tix_availability(s(999));
SELECT * FROM tix_free_sold(s(999), '{A-1-1}');
SELECT * FROM tix_check(s(999));
SELECT state, seats, sqlstate FROM tix_stat_sessions WHERE session_id = s(999);
SELECT tix_unload_session(s(999));
RESET tix.load_wait;

-- Layouts the engine cannot arbitrate are refused whole, with the seat that is wrong.
INSERT INTO house (session_id, ordinal, seat_id, area_id, row_label, "position", category) VALUES
    (s(207), 0, 'one', 'A', '1', 1, 'c'), (s(207), 1, 'one', 'A', '1', 2, 'c'),
    (s(208), 0, 'one', 'A', '1', 1, 'c'), (s(208), 1, 'two', 'B', '1', 1, 'c'),
    (s(208), 2, 'three', 'A', '1', 2, 'c'),
    (s(209), 0, 'one', 'A', '1', -1, 'c'),
    (s(210), 0, '', 'A', '1', 1, 'c'),
    (s(211), 0, repeat('x', 65), 'A', '1', 1, 'c'),
    (s(212), 0, 'one', 'A', '1', 65536, 'c'),
    (s(213), 0, repeat('x', 64), 'A', '1', 65535, 'c');
SELECT * FROM tix_load_session(s(207));
SELECT state, sqlstate FROM tix_stat_sessions WHERE session_id = s(207);
SELECT * FROM tix_load_session(s(208));
SELECT * FROM tix_load_session(s(209));
SELECT * FROM tix_load_session(s(210));
SELECT * FROM tix_load_session(s(211));
SELECT * FROM tix_load_session(s(212));
SELECT seats FROM tix_load_session(s(213));
SELECT ok FROM tix_lock_seat(s(213), repeat('x', 64), u(1));
SELECT reason FROM tix_lock_seat(s(213), repeat('x', 65), u(1));
SELECT count(*) FROM tix_release_seats((SELECT lock_id FROM tix_stat_holds
    WHERE session_id = s(213)), u(1));
INSERT INTO tickets (session_id, seat_id) VALUES (s(213), repeat('x', 65));
SELECT state FROM tix_seat_status(s(213), repeat('x', 64));

-- A session the organiser has loaded is told apart from its tables when these have changed.
SELECT make_session(307, 1, 1, 2);
SELECT seats FROM tix_load_session(s(307));
ALTER TABLE tickets DISABLE TRIGGER guard;
INSERT INTO tickets (session_id, seat_id) VALUES (s(307), 'A-1-2');
SELECT * FROM tix_check(s(307));
DELETE FROM tickets WHERE session_id = s(307);
ALTER TABLE tickets ENABLE ALWAYS TRIGGER guard;
SELECT * FROM tix_check(s(307));
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM tix_check(s(307));
ROLLBACK;
SELECT * FROM tix_arena_audit();
