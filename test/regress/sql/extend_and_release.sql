-- Extending never lowers and never passes the lifetime; releasing acts at COMMIT.
SELECT make_session(3, 1, 2, 8);
SELECT seats FROM tix_load_session(s(3));
SELECT lock_id AS lock, expires_at AS deadline
FROM tix_lock_seats(s(3), '{A-1-1,A-1-2,A-1-3}', u(1), '1 min') \gset

SELECT ok, lock_id = :lock AS same_token, array(SELECT unnest(seats) ORDER BY 1) AS seats,
    expires_at - :'deadline' BETWEEN '59 s' AND '62 s' AS raised
FROM tix_extend_lock(:lock, u(1), '2 min');
SELECT expires_at AS deadline FROM tix_lock_get(:lock, u(1)) \gset
SELECT ok, expires_at = :'deadline' AS not_lowered FROM tix_extend_lock(:lock, u(1), '1 s');
SET tix.lock_lifetime_max = '3 min';
SELECT ok, expires_at - clock_timestamp() BETWEEN '170 s' AND '181 s' AS capped
FROM tix_extend_lock(:lock, u(1), '1 hour');
SET tix.lock_lifetime_max = '2 min';
SELECT ok, reason, lock_id = :lock AS same_token FROM tix_extend_lock(:lock, u(1), '1 hour');
RESET tix.lock_lifetime_max;
SELECT * FROM tix_extend_lock(:lock, u(2), '1 min');
SELECT * FROM tix_extend_lock(4711, u(1), '1 min');
SELECT * FROM tix_extend_lock(-1, u(1), '1 min');

-- Released seats: some, others' and unknown ones passed over, twice, all; never by strangers.
SELECT * FROM tix_release_seats(:lock, u(2));
SELECT * FROM tix_release_seats(4711, u(1));
SELECT * FROM tix_release_seats(:lock, u(1), '{A-1-2,A-2-8,nowhere,A-1-2}');
SELECT * FROM tix_release_seats(:lock, u(1), '{A-1-2}');
SELECT seat_id, state FROM tix_seats(s(3)) WHERE seat_id LIKE 'A-1-%' AND state <> 'free';
SELECT seats FROM tix_stat_holds WHERE lock_id = :lock;
-- The seat that carries the lock may leave it.
SELECT * FROM tix_release_seats(:lock, u(1), '{A-1-1}');
SELECT ok, seats FROM tix_extend_lock(:lock, u(1), '5 min');
SELECT * FROM tix_release_seats(:lock, u(1));
SELECT ok, reason FROM tix_extend_lock(:lock, u(1));
SELECT kind, version, array(SELECT unnest(seats) ORDER BY 1) AS seats
FROM holds WHERE lock_id = :lock ORDER BY version;
SELECT ok, lock_id > :lock AS new_token FROM tix_lock_seat(s(3), 'A-1-1', u(2));

-- Pending until COMMIT: the owner sees none of it, and locking again takes it back.
SELECT lock_id AS lock FROM tix_lock_seats(s(3), '{A-2-1,A-2-2}', u(1)) \gset
BEGIN;
SELECT * FROM tix_release_seats(:lock, u(1), '{A-2-1}');
SELECT ok, lock_id = :lock AS same_token FROM tix_lock_seat(s(3), 'A-2-1', u(1));
COMMIT;
SELECT array(SELECT unnest(seats) ORDER BY 1) AS seats FROM tix_lock_get(:lock, u(1));
BEGIN;
SELECT count(*) FROM tix_release_seats(:lock, u(1));
ROLLBACK;
SELECT array(SELECT unnest(seats) ORDER BY 1) AS seats FROM tix_lock_get(:lock, u(1));

-- An order lifts the lifetime cap; what is lost raises.
\set VERBOSITY sqlstate
SET tix.lock_lifetime_max = '1 min';
SELECT * FROM tix_hand_over(:lock, u(1), gen_random_uuid(), '1 hour') ORDER BY 1;
SELECT ok, expires_at - clock_timestamp() > '100 min' AS raised
FROM tix_extend_lock(:lock, u(1), '2 hours');
RESET tix.lock_lifetime_max;
SELECT ordered FROM tix_stat_holds WHERE lock_id = :lock;
SELECT kind, order_id IS NOT NULL AS order_id FROM holds WHERE lock_id = :lock ORDER BY version;
SELECT * FROM tix_hand_over(:lock, u(2), gen_random_uuid(), '1 hour');
SELECT * FROM tix_hand_over(4711, u(1), gen_random_uuid(), '1 hour');
SELECT * FROM tix_hand_over(:lock, u(1), NULL, '1 hour');
SELECT * FROM tix_check(s(3));
SELECT * FROM tix_arena_audit();
