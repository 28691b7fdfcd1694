-- Sessions that cannot be loaded: each tells its own reason, to every caller, until it is mended.
SET tix.load_wait = '5s';
SELECT make_session(2210, 1, 1, 3);
SELECT make_session(2211, 1, 1, 3);
UPDATE house SET seat_id = repeat('x', 65) WHERE session_id = s(2210) AND ordinal = 1;
UPDATE house SET seat_id = 'A-1-1' WHERE session_id = s(2211) AND ordinal = 2;
SELECT tix_load_session(s(2210));
SELECT tix_load_session(s(2211));
SELECT tix_lock_seat(s(2210), 'A-1-1', u(1));
SELECT tix_lock_seat(s(2211), 'A-1-1', u(1));
SELECT session_id, state, sqlstate, error FROM tix_stat_sessions
WHERE session_id IN (s(2210), s(2211)) ORDER BY session_id;
UPDATE house SET seat_id = 'A-1-2' WHERE session_id = s(2210) AND ordinal = 1;
SELECT seats FROM tix_load_session(s(2210));
SELECT state, sqlstate, error FROM tix_stat_sessions WHERE session_id = s(2210);
