-- What an organiser does while a session sells: blocks, channels, windows, pause, limits, force.
SELECT make_session(14, 2, 2, 6);
SELECT seats FROM tix_load_session(s(14));

-- Blocked seats leave the sale at once, all or none, and come back at COMMIT.
SELECT tix_block_seats(s(14), '{A-1-1,A-1-2}', 'house', 'guests of the band');
SELECT ok, reason, conflicts FROM tix_lock_seats(s(14), '{A-1-2,A-1-3}', u(1));
SELECT area_id, free, held, sold, blocked, capacity FROM tix_availability(s(14));
SELECT get_byte(states, 0) & 15 AS two_blocked FROM tix_seat_map(s(14));
SELECT state, expires_at FROM tix_seat_status(s(14), 'A-1-1');
SELECT tix_block_seats(s(14), '{A-1-2,A-1-3}', 'kill');
SELECT seat_id, kind, reason, until_time FROM seat_blocks ORDER BY 1;
SELECT lock_id AS lock FROM tix_lock_seat(s(14), 'A-1-4', u(1)) \gset
SELECT tix_block_seats(s(14), '{A-1-5,A-1-4}');
SELECT tix_block_seats(s(14), '{A-1-5,nowhere}');
SELECT tix_block_seats(s(14), '{A-1-5}', 'sofa');
SELECT tix_block_seats(s(14), '{A-1-5}', until => '-infinity');
SELECT seat_id FROM seat_blocks WHERE seat_id = 'A-1-5';
SELECT count(*) FROM tix_stat_holds WHERE session_id = s(14);
SELECT * FROM tix_check(s(14));
BEGIN;
SELECT tix_unblock_seats(s(14), '{A-1-1,A-2-1}');
SELECT ok, reason FROM tix_lock_seat(s(14), 'A-1-1', u(1));
ROLLBACK;
SELECT ok, reason FROM tix_lock_seat(s(14), 'A-1-1', u(1));
BEGIN;
SELECT tix_block_seats(s(14), '{A-2-1}');
SAVEPOINT here;
SELECT tix_block_seats(s(14), '{A-2-2}');
ROLLBACK TO here;
COMMIT;
SELECT seat_id FROM tix_seats(s(14)) WHERE state = 'blocked';
-- Until a moment, exactly, and nobody has to free them.
SELECT tix_block_seats(s(14), '{B-1-1}', until => clock_timestamp() + interval '300 ms');
SELECT ok, reason FROM tix_lock_seat(s(14), 'B-1-1', u(1));
SELECT pg_sleep(0.35);
SELECT ok, reason FROM tix_lock_seat(s(14), 'B-1-1', u(1));
-- A ticket cannot be written for one, nor does best available take one.
INSERT INTO tickets (session_id, seat_id) VALUES (s(14), 'A-1-1');
BEGIN;
SELECT seats && '{A-1-1,A-1-2,A-1-3,A-2-1}' AS of_the_blocked
FROM tix_lock_best(s(14), 2, u(2), '{A}');
ROLLBACK;
SELECT tix_unblock_seats(s(14), '{A-1-1,A-1-2,A-1-3,A-2-1}');
SELECT count(*) FROM seat_blocks;
SELECT ok FROM tix_lock_seat(s(14), 'A-1-1', u(1));
-- They survive the memory.
SELECT make_session(114, 1, 1, 4);
SELECT tix_block_seats(s(114), '{A-1-1}');
SELECT tix_set_channel(s(114), 'fans', '{A-1-2}');
SELECT tix_set_limit(s(114), 'user', 1);
SELECT tix_unload_session(s(114));
SELECT seat_id, state FROM tix_seats(s(114));
SELECT reason FROM tix_lock_seat(s(114), 'A-1-2', u(1));
SELECT reason FROM tix_lock_seats(s(114), '{A-1-3,A-1-4}', u(1));
SELECT * FROM tix_check(s(114));

-- Other ends for a block, in one transaction; and nothing of it stays behind in freed memory.
BEGIN;
SELECT tix_unblock_seats(s(114), '{A-1-1}');
SELECT tix_block_seats(s(114), '{A-1-1}', until => clock_timestamp() + interval '1 h');
ROLLBACK;
SELECT until_time FROM seat_blocks WHERE session_id = s(114);
BEGIN;
SELECT tix_unblock_seats(s(114), '{A-1-1}');
SELECT tix_block_seats(s(114), '{A-1-1}', until => clock_timestamp() + interval '300 ms');
COMMIT;
SELECT ok, reason FROM tix_lock_seat(s(114), 'A-1-1', u(2));
SELECT pg_sleep(0.35);
SELECT ok, reason FROM tix_lock_seat(s(114), 'A-1-1', u(2), '100 ms');
SELECT tix_block_seats(s(114), '{A-1-3}');
SELECT pg_sleep(0.2);
SELECT tix_unload_session(s(114)), count(seats) FROM tix_load_session(s(14));
SELECT seat_id, state FROM tix_seats(s(114));

-- A forced release ends a hold at COMMIT, and says why.
SELECT tix_force_release(s(14), '{A-1-4,A-2-6}', 'wheelchair platform');
SELECT tix_force_release(s(14), '{A-1-4}', '');
SELECT ok, reason FROM tix_extend_lock(:lock, u(1));
SELECT ok FROM tix_lock_seat(s(14), 'A-1-4', u(3));
SELECT act, detail FROM audit_log WHERE session_id = s(14);
SELECT * FROM tix_check(s(14));

-- The window, the pause, the emergency stop.
SELECT make_session(15, 1, 1, 9);
SELECT lock_id AS lock FROM tix_lock_seat(s(15), 'A-1-9', u(1)) \gset
SELECT tix_set_sale(s(15), sale_from => now() + interval '1 h');
SELECT ok, reason, conflicts FROM tix_lock_seat(s(15), 'A-1-1', u(1));
SELECT ok, reason FROM tix_lock_best(s(15), 1, u(1));
BEGIN;
SELECT tix_set_sale(s(15), sale_until => '-infinity');
ROLLBACK;
SELECT ok, reason FROM tix_lock_seat(s(15), 'A-1-1', u(1));
SELECT tix_set_sale(s(15), sale_until => '-infinity');
SELECT ok, reason FROM tix_lock_seat(s(15), 'A-1-1', u(1));
SELECT ok FROM tix_extend_lock(:lock, u(1));
SELECT tix_set_sale(s(15));
SELECT tix_pause(s(15), 'price check');
SELECT ok, reason FROM tix_lock_seat(s(15), 'A-1-1', u(1));
SELECT ok, reason, lock_id = :lock AS same FROM tix_lock_seat(s(15), 'A-1-9', u(1));
SELECT ok FROM tix_extend_lock(:lock, u(1));
SELECT tix_emergency_stop(s(15), 'two gates burn');
SELECT ok, reason FROM tix_lock_seat(s(15), 'A-1-1', u(1));
SELECT ok, reason FROM tix_extend_lock(:lock, u(1));
SELECT tix_hand_over(:lock, u(1), u(1), NULL);
SELECT tix_resume(s(15));
SELECT ok, reason FROM tix_lock_seat(s(15), 'A-1-1', u(1));
SELECT act, detail FROM audit_log WHERE session_id = s(15) ORDER BY audit_id;

-- A channel opens seats to those who know its key, before the sale too, and to all at its end.
SELECT tix_set_channel(s(15), 'fans', '{A-1-2,A-1-3,A-1-4}', until_time => now() + interval '1 h');
SELECT ok, reason, conflicts FROM tix_lock_seats(s(15), '{A-1-2,A-1-5}', u(1));
SELECT ok, reason FROM tix_lock_seats(s(15), '{A-1-2}', u(1), channels => '{sponsors}');
SELECT ok, reason FROM tix_lock_seats(s(15), '{A-1-2}', u(1), channels => '{sponsors,fans}');
BEGIN;
SELECT seats && '{A-1-3,A-1-4}' AS of_the_channel
FROM tix_lock_best(s(15), 2, u(1), orphans => 'allow');
ROLLBACK;
SELECT tix_set_sale(s(15), sale_from => now() + interval '1 h');
SELECT ok, reason FROM tix_lock_seats(s(15), '{A-1-3}', u(1), channels => '{fans}');
SELECT ok, reason FROM tix_lock_seats(s(15), '{A-1-8,A-1-4}', u(1), channels => '{fans}');
SELECT tix_set_sale(s(15));
SELECT tix_set_channel(s(15), 'sponsors', '{A-1-4}', now() + interval '1 h');
SELECT key, seats FROM channels WHERE session_id = s(15) ORDER BY 1;
SELECT ok, reason FROM tix_lock_seats(s(15), '{A-1-4}', u(1), channels => '{fans}');
SELECT ok, reason FROM tix_lock_seats(s(15), '{A-1-4}', u(1), channels => '{sponsors}');
SELECT tix_set_channel(s(15), 'sponsors', '{A-1-4}', until_time => clock_timestamp());
SELECT ok, reason FROM tix_lock_seats(s(15), '{A-1-4}', u(1));
SELECT tix_set_channel(s(15), repeat('k', 43), '{A-1-8}');
SELECT tix_set_channel(s(15), repeat('k', 44), '{A-1-8}');
SELECT tix_set_channel(s(15), '', '{A-1-8}');
SELECT tix_set_channel(s(15), 'fans', '{nowhere}');
SELECT tix_set_channel(s(15), 'fans', '{A-1-8}', now(), now());
SELECT tix_set_channel(s(15), repeat('k', 43), NULL);
SELECT tix_set_channel(s(15), 'fans', '{}');
SELECT key, seats FROM channels WHERE session_id = s(15) ORDER BY 1;
-- 32 of them.
SELECT make_session(115, 1, 1, 40);
SELECT count(tix_set_channel(s(115), 'k' || n, ARRAY['A-1-' || n])) FROM generate_series(1, 32) n;
SELECT tix_set_channel(s(115), 'k33', '{A-1-33}');
SELECT tix_set_channel(s(115), 'k1', NULL);
SELECT tix_set_channel(s(115), 'k33', '{A-1-33}');

-- Limits: live holds and sold seats of one user.
SELECT make_session(16, 2, 1, 9);
SELECT tix_set_limit(s(16), 'user', 3);
SELECT tix_set_limit(s(16), 'lock', 2);
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-1,A-1-2,A-1-3}', u(1));
SELECT lock_id AS lock FROM tix_lock_seats(s(16), '{A-1-1,B-1-1}', u(1)) \gset
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-2}', u(1), into_lock_id => :lock);
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-2,A-1-3}', u(1));
SELECT ok, reason FROM tix_lock_best(s(16), 2, u(1));
SELECT ok, reason FROM tix_lock_seat(s(16), 'A-1-1', u(1));
BEGIN;
SELECT tix_confirm_seats(:lock, u(1));
INSERT INTO tickets SELECT s(16), unnest('{A-1-1,B-1-1}'::text[]), 'valid', u(1);
COMMIT;
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-2,A-1-3}', u(1));
DELETE FROM tickets WHERE session_id = s(16) AND seat_id = 'B-1-1';
-- What was sold counts when the session is loaded again, too.
SELECT tix_unload_session(s(16));
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-2,A-1-3,A-1-4}', u(1));
SELECT tix_set_limit(s(16), 'lock', 3);
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-2,A-1-3,A-1-4}', u(1));
SELECT tix_set_limit(s(16), 'lock', 2);
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-2,A-1-3}', u(1), '300 ms');
SELECT ok, reason FROM tix_lock_seat(s(16), 'A-1-4', u(1));
SELECT pg_sleep(0.35);
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-4,A-1-5}', u(1));
SELECT ok, reason FROM tix_lock_seats(s(16), '{A-1-6,A-1-7}', u(2));
SELECT tix_set_limit(s(16), 'user', NULL);
SELECT ok, reason FROM tix_lock_seat(s(16), 'A-1-8', u(1));
SELECT tix_set_limit(s(16), 'day', 1);
SELECT tix_set_limit(s(16), 'user', -1);
SELECT * FROM tix_arena_audit();
