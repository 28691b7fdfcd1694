-- Confirming sells at COMMIT, rolls back to held, and is refused when the lock is lost.
SELECT make_session(4, 1, 2, 8);
SELECT seats FROM tix_load_session(s(4));
SELECT lock_id AS lock FROM tix_lock_seats(s(4), '{A-1-1,A-1-2,A-1-3}', u(1)) \gset
BEGIN;
SELECT * FROM tix_confirm_seats(:lock, u(1)) ORDER BY 1;
SELECT * FROM tix_confirm_seats(:lock, u(1)) ORDER BY 1;
SELECT state, count(*) FROM tix_seats(s(4)) GROUP BY 1 ORDER BY 1;
SELECT free, held, confirming, sold FROM tix_availability(s(4));
ROLLBACK;
SELECT free, held, confirming, sold FROM tix_availability(s(4));
BEGIN;
SELECT count(*) FROM tix_confirm_seats(:lock, u(1));
INSERT INTO tickets (session_id, seat_id)
SELECT s(4), seat FROM tix_confirm_seats(:lock, u(1)) seat;
COMMIT;
SELECT free, held, confirming, sold FROM tix_availability(s(4));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(4), '{A-1-1,A-1-4}', u(1));
SELECT DISTINCT kind FROM holds WHERE lock_id = :lock ORDER BY kind;
\set VERBOSITY sqlstate
SELECT * FROM tix_confirm_seats(:lock, u(1));
SELECT * FROM tix_confirm_seats(4711, u(1));
SELECT lock_id AS lock FROM tix_lock_seat(s(4), 'A-2-1', u(1)) \gset
SELECT * FROM tix_confirm_seats(:lock, u(2));

-- Released before or after the confirmation, a seat is free at COMMIT and not sold.
SELECT lock_id AS lock FROM tix_lock_seats(s(4), '{A-2-2,A-2-3,A-2-4}', u(1)) \gset
BEGIN;
SELECT * FROM tix_release_seats(:lock, u(1), '{A-2-2}');
SELECT * FROM tix_confirm_seats(:lock, u(1)) ORDER BY 1;
SELECT * FROM tix_release_seats(:lock, u(1), '{A-2-3}');
ROLLBACK;
BEGIN;
SELECT * FROM tix_release_seats(:lock, u(1), '{A-2-2}');
INSERT INTO tickets (session_id, seat_id)
SELECT s(4), seat FROM tix_confirm_seats(:lock, u(1)) seat;
COMMIT;
SELECT seat_id, state FROM tix_seats(s(4)) WHERE seat_id IN ('A-2-2', 'A-2-3', 'A-2-4');

-- A lock past its deadline is lost.
SELECT lock_id AS lock FROM tix_lock_seat(s(4), 'A-2-8', u(1), '30 ms') \gset
SELECT pg_sleep(0.04);
SELECT * FROM tix_confirm_seats(:lock, u(1));
SELECT * FROM tix_hand_over(:lock, u(1), gen_random_uuid(), '1 min');
SELECT ok, reason FROM tix_extend_lock(:lock, u(1));
SELECT * FROM tix_release_seats(:lock, u(1));

-- Without guarded tickets, sold seats are given back by hand: those that were sold, at COMMIT.
SELECT make_session(104, 1, 1, 6);
SELECT lock_id AS lock FROM tix_load_session(s(104)),
    tix_lock_seats(s(104), '{A-1-1,A-1-2}', u(1)) \gset
SELECT count(*) FROM tix_confirm_seats(:lock, u(1));
BEGIN;
SELECT * FROM tix_free_sold(s(104), '{A-1-1,A-1-3,nowhere,A-1-1}');
SELECT state FROM tix_seat_status(s(104), 'A-1-1');
ROLLBACK;
SELECT state FROM tix_seat_status(s(104), 'A-1-1');
SELECT * FROM tix_free_sold(s(104), '{A-1-1,A-1-3,nowhere,A-1-1}');
SELECT state FROM tix_seat_status(s(104), 'A-1-1');
SELECT kind, lock_id, seats FROM holds WHERE session_id = s(104) AND kind = 'f';
-- The check tells that the tables know nothing of this sale.
SELECT * FROM tix_check(s(104));
SELECT * FROM tix_free_sold(s(104), '{A-1-2}');
SELECT * FROM tix_check(s(104));
SELECT * FROM tix_check(s(4));
SELECT * FROM tix_arena_audit();
