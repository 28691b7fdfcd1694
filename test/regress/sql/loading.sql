-- What happens around a load: missing sessions, locked tables, seats that are gone.
SET tix.load_wait = '5s';
-- A session that was unknown a moment ago can be loaded as soon as it is there.
SELECT reason FROM tix_lock_seat(s(200), 'A-1-1', u(1));
SELECT make_session(200, 1, 1, 3);
SELECT seats FROM tix_load_session(s(200));
-- A transaction that keeps the loader from its tables is not waited for without end.
SELECT make_session(201, 1, 1, 3);
SET tix.load_timeout = '300ms';
BEGIN;
LOCK TABLE tickets;
INSERT INTO tickets (session_id, seat_id) VALUES (s(201), 'A-1-1');
ROLLBACK;
RESET tix.load_timeout;
SELECT seats FROM tix_load_session(s(201));
-- Tickets may be archived after the seats of their session.
INSERT INTO tickets (session_id, seat_id) VALUES (s(201), 'A-1-1');
SELECT tix_unload_session(s(201));
DELETE FROM house WHERE session_id = s(201);
\set QUIET off
DELETE FROM tickets WHERE session_id = s(201);
\set QUIET on
-- A confirmation is journalled once, however often it is asked for.
SELECT lock_id AS lock FROM tix_lock_seat(s(200), 'A-1-1', u(1)) \gset
BEGIN;
SELECT * FROM tix_confirm_seats(:lock, u(1));
SELECT * FROM tix_confirm_seats(:lock, u(1));
INSERT INTO tickets (session_id, seat_id) VALUES (s(200), 'A-1-1');
COMMIT;
SELECT count(*) AS sales FROM holds WHERE lock_id = :lock AND kind = 's';
-- A journal whose deadline differs from the arena's is a difference.
SELECT lock_id AS lock FROM tix_lock_seat(s(200), 'A-1-2', u(1)) \gset
SELECT count(*) AS differences FROM tix_check(s(200));
UPDATE holds SET expires_at = expires_at - interval '1 minute' WHERE lock_id = :lock;
SELECT seat_id, detail FROM tix_check(s(200));
