-- No ticket without its seat: insert, update, delete, COPY and TRUNCATE by anyone.
SELECT make_session(11, 1, 2, 8);
SELECT seats FROM tix_load_session(s(11));
CREATE VIEW taken AS SELECT seat_id, state FROM tix_seats(s(11)) WHERE state <> 'free';
\set VERBOSITY terse

-- Free: confirming until COMMIT, free again on rollback.
BEGIN;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-1');
SELECT * FROM taken;
ROLLBACK;
SELECT * FROM taken;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-1');
SELECT * FROM taken;
-- Sold, held by anyone, unknown.
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-1');
SELECT lock_id AS lock FROM tix_lock_seats(s(11), '{A-1-2,A-1-3}', u(1)) \gset
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-2');
INSERT INTO tickets (session_id, seat_id, user_id) VALUES (s(11), 'A-1-2', u(1));
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-8'), (s(11), 'nowhere');
INSERT INTO tickets (session_id, seat_id) VALUES (s(998), 'A-1-1');
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), NULL);
SELECT * FROM taken;
-- Confirmed by this transaction; a savepoint takes the ticket back.
BEGIN;
SELECT count(*) FROM tix_confirm_seats(:lock, u(1));
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-2');
SAVEPOINT s;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-4');
ROLLBACK TO s;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-3');
COMMIT;
SELECT * FROM taken;

-- A ticket that does not occupy its seat is nobody's business until it does.
INSERT INTO tickets (session_id, seat_id, status) VALUES (s(11), 'A-1-1', 'void');
UPDATE tickets SET status = 'valid' WHERE session_id = s(11) AND status = 'void';
DELETE FROM tickets WHERE session_id = s(11) AND status = 'void';
UPDATE tickets SET status = 'used' WHERE session_id = s(11) AND seat_id = 'A-1-1';
SELECT * FROM taken;
-- Leaving the occupying statuses frees at COMMIT.
BEGIN;
UPDATE tickets SET status = 'void' WHERE session_id = s(11) AND seat_id = 'A-1-1';
SELECT * FROM taken;
COMMIT;
SELECT * FROM taken;
UPDATE tickets SET status = 'valid' WHERE session_id = s(11) AND seat_id = 'A-1-1';
SELECT * FROM taken;
-- Another seat: the old one is freed, the new one taken.
UPDATE tickets SET seat_id = 'A-2-1' WHERE session_id = s(11) AND seat_id = 'A-1-1';
UPDATE tickets SET seat_id = 'A-2-1' WHERE session_id = s(11) AND seat_id = 'A-1-2';
SELECT * FROM taken;

-- Delete, delete and insert again in one transaction, rolled back.
BEGIN;
DELETE FROM tickets WHERE session_id = s(11) AND seat_id = 'A-2-1';
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-2-1');
COMMIT;
SELECT * FROM taken;
BEGIN;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-2-2');
DELETE FROM tickets WHERE session_id = s(11) AND seat_id = 'A-2-2';
COMMIT;
BEGIN;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-2-2');
DELETE FROM tickets WHERE session_id = s(11) AND seat_id = 'A-2-2';
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-2-2');
COMMIT;
SELECT * FROM taken;
BEGIN;
DELETE FROM tickets WHERE session_id = s(11);
ROLLBACK;
SELECT * FROM taken;
DELETE FROM tickets WHERE session_id = s(11) AND seat_id = 'A-1-2';
SELECT * FROM taken;
SELECT * FROM tix_check(s(11));

-- INSERT ON CONFLICT touches no seat that it does not take; MERGE goes through the guard.
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-3'), (s(11), 'A-1-5')
ON CONFLICT (session_id, seat_id) WHERE status IN ('valid', 'used') DO NOTHING;
SELECT * FROM taken;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-5')
ON CONFLICT (session_id, seat_id) WHERE status IN ('valid', 'used') DO UPDATE SET status = 'void';
SELECT * FROM taken;
MERGE INTO tickets t USING (VALUES ('A-1-3'), ('A-1-6')) n (seat)
ON t.session_id = s(11) AND t.seat_id = n.seat AND t.status IN ('valid', 'used')
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (session_id, seat_id) VALUES (s(11), n.seat);
SELECT * FROM taken;
-- Voided and moved in one UPDATE: the seat that was occupied is freed, no other is taken.
UPDATE tickets SET status = 'void', seat_id = 'A-1-7'
WHERE session_id = s(11) AND seat_id = 'A-1-6';
UPDATE tickets SET status = 'valid', seat_id = 'A-1-3'
WHERE session_id = s(11) AND seat_id = 'A-1-7';
SELECT * FROM taken;
-- Two tickets change seats in one transaction.
BEGIN;
UPDATE tickets SET seat_id = 'A-1-8' WHERE session_id = s(11) AND seat_id = 'A-1-3';
UPDATE tickets SET seat_id = 'A-1-3' WHERE session_id = s(11) AND seat_id = 'A-2-2';
UPDATE tickets SET seat_id = 'A-2-2' WHERE session_id = s(11) AND seat_id = 'A-1-8';
SELECT * FROM taken;
COMMIT;
SELECT * FROM taken;
SELECT * FROM tix_check(s(11));
-- What was done behind the guard's back the check finds.
ALTER TABLE tickets DISABLE TRIGGER guard;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-1-8');
DELETE FROM tickets WHERE session_id = s(11) AND seat_id = 'A-1-3';
ALTER TABLE tickets ENABLE ALWAYS TRIGGER guard;
SELECT seat_id, arena_state, table_state FROM tix_check(s(11));
DELETE FROM tickets WHERE session_id = s(11) AND seat_id = 'A-1-8';
SELECT * FROM tix_free_sold(s(11), '{A-1-3}');
SELECT * FROM tix_check(s(11));

-- COPY and replicas go through the guard; TRUNCATE does not go.
COPY tickets (session_id, seat_id) FROM stdin;
00000000-0000-4000-8000-000000000011	A-2-7
00000000-0000-4000-8000-000000000011	A-2-8
\.
COPY tickets (session_id, seat_id) FROM stdin;
00000000-0000-4000-8000-000000000011	A-2-6
00000000-0000-4000-8000-000000000011	A-2-8
\.
SET session_replication_role = replica;
INSERT INTO tickets (session_id, seat_id) VALUES (s(11), 'A-2-5'), (s(11), 'A-2-8');
DELETE FROM tickets WHERE session_id = s(11) AND seat_id = 'A-2-7';
RESET session_replication_role;
SELECT * FROM taken;
TRUNCATE tickets;
SELECT tix_ticket_guard();
SELECT * FROM tix_check(s(11));
-- A table the guard cannot read.
CREATE TABLE strange (session_id text, seat_id text, status text);
CREATE TRIGGER guard AFTER INSERT ON strange
    FOR EACH ROW EXECUTE FUNCTION tix_ticket_guard();
INSERT INTO strange VALUES ('x', 'A-1-1', 'valid');
DROP TABLE strange;
-- The guard loads the session it needs.
SELECT make_session(111, 1, 1, 2);
INSERT INTO tickets (session_id, seat_id) VALUES (s(111), 'A-1-1');
SELECT state FROM tix_seat_status(s(111), 'A-1-1');
-- The seat of an overdue hold may be sold; the holder then has lost it.
SELECT lock_id AS lock FROM tix_lock_seat(s(111), 'A-1-2', u(1), '30 ms') \gset
SELECT pg_sleep(0.04);
INSERT INTO tickets (session_id, seat_id) VALUES (s(111), 'A-1-2');
SELECT * FROM tix_confirm_seats(:lock, u(1));
SELECT * FROM tix_arena_audit();
DROP VIEW taken;

-- A ticket that is taken out and put back in one transaction stays sold, also in the history; what
-- it is of another user is his, in the history and in the limits.
SELECT make_session(311, 1, 1, 8);
SELECT FROM tix_load_session(s(311));
SELECT tix_set_limit(s(311), 'user', 2);
INSERT INTO tickets (session_id, seat_id, user_id) VALUES (s(311), 'A-1-1', u(1));
BEGIN;
DELETE FROM tickets WHERE session_id = s(311);
INSERT INTO tickets (session_id, seat_id, user_id) VALUES (s(311), 'A-1-1', u(2));
COMMIT;
SELECT state, user_id = u(2) AS who, lock_id, expires_at FROM tix_seat_holder(s(311), 'A-1-1');
BEGIN;
INSERT INTO tickets (session_id, seat_id, user_id) VALUES (s(311), 'A-1-2', u(1));
DELETE FROM tickets WHERE session_id = s(311) AND seat_id = 'A-1-2';
INSERT INTO tickets (session_id, seat_id, user_id) VALUES (s(311), 'A-1-2', u(2));
COMMIT;
SELECT state, user_id = u(2) AS who, lock_id > 0 AS token FROM tix_seat_holder(s(311), 'A-1-2');
SELECT reason FROM tix_lock_seat(s(311), 'A-1-3', u(2));
SELECT ok FROM tix_lock_seat(s(311), 'A-1-3', u(1), '0.1 s');
SELECT pg_sleep(0.1);
BEGIN;
UPDATE tickets SET user_id = u(1) WHERE session_id = s(311);
SELECT ok FROM tix_lock_seat(s(311), 'A-1-3', u(1), '1 s');
ROLLBACK;
SELECT reason FROM tix_lock_seat(s(311), 'A-1-3', u(2));
UPDATE tickets SET user_id = u(1) WHERE session_id = s(311);
SELECT reason FROM tix_lock_seat(s(311), 'A-1-3', u(1));
SELECT ok FROM tix_lock_seats(s(311), '{A-1-3,A-1-4}', u(2));
SELECT reason FROM tix_lock_seat(s(311), 'A-1-5', u(2));
UPDATE tickets SET user_id = NULL WHERE session_id = s(311) AND seat_id = 'A-1-1';
SELECT state, user_id FROM tix_seat_holder(s(311), 'A-1-1');
SELECT ok FROM tix_lock_seat(s(311), 'A-1-5', u(1));
UPDATE tickets SET user_id = u(9) WHERE session_id = s(998);
SELECT * FROM tix_check(s(311));
SELECT * FROM tix_arena_audit();
