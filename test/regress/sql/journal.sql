-- The journal: its rows, its shape, and the switch that turns it off.
SELECT make_session(13, 1, 1, 8);
SELECT seats FROM tix_load_session(s(13));
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'tix' AND table_name = 'holds' ORDER BY ordinal_position;
SELECT lock_id AS lock FROM tix_lock_seat(s(13), 'A-1-1', u(1), '1 min') \gset
SELECT lock_id = :lock AS token, session_id = s(13) AS session, version, kind,
    user_id = u(1) AS who,
    expires_at - at BETWEEN '59.9 s' AND '60.1 s' AS ttl, order_id, seats
FROM holds WHERE session_id = s(13);
-- The generation is in the token and above every token of the journal.
SELECT :lock >> 47 = generation AS in_token, (SELECT max(lock_id) >> 47 FROM holds) <= generation
    AS above, timeline, system_identifier = (SELECT system_identifier FROM pg_control_system())
    AS this_cluster
FROM generation;

-- A changed shape is a clear error, and the seat stays free.
\set VERBOSITY default
\set refused 'SELECT * FROM tix_lock_seat(s(13), ''A-1-2'', u(1));'
BEGIN;
ALTER TABLE holds RENAME COLUMN version TO revision;
:refused
ROLLBACK;
BEGIN;
ALTER TABLE holds ALTER COLUMN version TYPE bigint;
:refused
ROLLBACK;
BEGIN;
ALTER TABLE holds ADD COLUMN note text;
:refused
ROLLBACK;
BEGIN;
ALTER TABLE holds RENAME TO elsewhere;
:refused
ROLLBACK;
BEGIN;
CREATE INDEX ON holds (lower(seats[1]));
:refused
ROLLBACK;
BEGIN;
CREATE TRIGGER t AFTER INSERT ON holds FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger();
:refused
ROLLBACK;
SELECT state FROM tix_seat_status(s(13), 'A-1-2');
-- Another plain index is kept up.
CREATE INDEX by_time ON holds (at) INCLUDE (kind);
SELECT ok FROM tix_lock_seat(s(13), 'A-1-3', u(1));
SET enable_seqscan = off;
SELECT count(*) FROM holds WHERE at > clock_timestamp() - interval '1 min' AND session_id = s(13);
RESET enable_seqscan;
DROP INDEX by_time;

-- Who had a seat when: at the grant, the extension and the release, and a moment before each.
SELECT lock_id AS lock FROM tix_lock_seats(s(13), '{A-1-5,A-1-6}', u(2), '1 min') \gset
SELECT ok FROM tix_extend_lock(:lock, u(2), '10 min');
SELECT count(*) FROM tix_release_seats(:lock, u(2), '{A-1-6}');
INSERT INTO tickets (session_id, seat_id)
SELECT s(13), seat FROM tix_confirm_seats(:lock, u(2)) seat;
SELECT h.kind, step, seat, t.state, t.user_id = u(2) AS who, t.lock_id = :lock AS token,
    t.since - g.at AS since, round(extract(epoch FROM t.expires_at - h.at)) AS ttl
FROM holds h, holds g, (VALUES (1, interval '-1 us'), (2, '0')) moment (step, before),
    unnest('{A-1-5,A-1-6}'::text[]) seat, tix_seat_holder(s(13), seat, h.at + before) t
WHERE h.lock_id = :lock AND g.lock_id = :lock AND g.kind = 'g' AND h.kind <> 's'
ORDER BY h.version, step, seat;
SELECT seat, t.state, t.lock_id = :lock AS token, t.since = s.at AS since, t.expires_at
FROM holds s, unnest('{A-1-5,A-1-6}'::text[]) seat, tix_seat_holder(s(13), seat) t
WHERE s.lock_id = :lock AND s.kind = 's' ORDER BY seat;
SELECT t.state FROM holds h, tix_seat_holder(s(13), 'A-1-1', h.expires_at) t
WHERE h.session_id = s(13) AND h.seats = '{A-1-1}' AND h.kind = 'g';
SELECT * FROM tix_seat_holder(s(13), 'nowhere');

-- The newest row of a hold says all: its seats, since when its lifetime counts, whether it is an
-- order's, for which it does not.
SELECT lock_id AS lock FROM tix_lock_seats(s(13), '{A-1-7,A-1-8}', u(3), '1 min') \gset
SELECT count(*) FROM tix_release_seats(:lock, u(3), '{A-1-7}');
SELECT ok FROM tix_lock_seats(s(13), '{A-1-7}', u(3), into_lock_id => :lock);
SELECT count(*) FROM tix_hand_over(:lock, u(3), u(33), '5 min');
SELECT ok FROM tix_extend_lock(:lock, u(3), '10 min');
SELECT count(*) FROM tix_release_seats(:lock, u(3), '{A-1-8}');
SELECT h.version, h.kind, h.seats, abs(extract(epoch FROM h.acquired_at - g.at)) < 0.01 AS acquired,
    h.order_id = u(33) AS an_order
FROM holds h JOIN holds g USING (lock_id) WHERE lock_id = :lock AND g.kind = 'g' ORDER BY h.version;
SELECT tix_session_of_lock(:lock) = s(13) AS known,
    tix_session_of_lock(:lock + 1) IS NULL AS unknown;
-- Its history goes back to when the seat came, and knows the order from an earlier row.
SELECT t.state, t.user_id = u(3) AS who, t.order_id = u(33) AS an_order, t.since = a.at AS since
FROM holds a, tix_seat_holder(s(13), 'A-1-7') t WHERE a.lock_id = :lock AND a.kind = 'a';
-- Sold long ago is sold; given back, it is free.
INSERT INTO tickets (session_id, seat_id) VALUES (s(13), 'A-1-8');
SELECT t.state, t.since = s.at AS since
FROM holds s, tix_seat_holder(s(13), 'A-1-8') t WHERE s.seats = '{A-1-8}' AND s.kind = 's';
DELETE FROM tickets WHERE session_id = s(13) AND seat_id = 'A-1-8';
SELECT * FROM tix_seat_holder(s(13), 'A-1-8');
SELECT lock_id AS lock FROM tix_lock_seat(s(13), 'A-1-8', u(3)) \gset
INSERT INTO tickets (session_id, seat_id)
SELECT s(13), seat FROM tix_confirm_seats(:lock, u(3)) seat;
SELECT state, user_id = u(3) AS who, lock_id = :lock AS token, expires_at
FROM tix_seat_holder(s(13), 'A-1-8', clock_timestamp() + interval '1 day');

-- Without a journal nothing is written, and only memory knows.
SET tix.hold_journal = off;
SELECT ok FROM tix_lock_seat(s(13), 'A-1-4', u(1));
RESET tix.hold_journal;
SELECT count(*) FROM holds WHERE session_id = s(13) AND seats = '{A-1-4}';
SELECT seat_id, arena_state ~ '^held by ' AS held, table_state FROM tix_check(s(13));
