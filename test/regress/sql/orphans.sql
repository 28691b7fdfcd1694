-- The orphan rule for chosen seats: no single seat is left alone if the row has a better place.
SELECT next_session(2, 2, 6);
SELECT seats FROM tix_load_session(it());

-- At the end of a row, beside an aisle of taken seats, between two chosen ones.
SELECT ok, reason, conflicts FROM tix_lock_seats(it(), '{A-1-2,A-1-3}', u(1), orphans => 'avoid');
SELECT ok, reason, conflicts FROM tix_lock_seats(it(), '{A-1-5,A-1-4}', u(1), orphans => 'avoid');
SELECT ok, reason, conflicts FROM tix_lock_seats(it(), '{A-1-1,A-1-3}', u(1), orphans => 'avoid');
SELECT ok, seats FROM tix_lock_seats(it(), '{A-1-1,A-1-2}', u(1), orphans => 'avoid');
SELECT ok, reason, conflicts FROM tix_lock_seats(it(), '{A-1-4,A-1-5}', u(2), orphans => 'avoid');

-- The default allows it; a single seat by tix_lock_seat is never asked.
BEGIN;
SELECT ok FROM tix_lock_seats(it(), '{A-1-4,A-1-5}', u(2));
SELECT ok FROM tix_lock_seat(it(), 'A-2-2', u(2));
ROLLBACK;

-- Four are left: three of them always leave one, so the rule is relaxed.
SELECT ok, seats FROM tix_lock_seats(it(), '{A-1-4,A-1-5,A-1-6}', u(2), orphans => 'avoid');
SELECT ok, seats FROM tix_lock_seats(it(), '{A-1-3}', u(2), orphans => 'avoid');

-- A group over rows and areas is refused whole for one orphan.
SELECT ok, reason, conflicts
FROM tix_lock_seats(it(), '{B-1-1,B-1-2,A-2-2}', u(2), orphans => 'avoid');
SELECT seats, count(*) FROM tix_stat_holds WHERE session_id = it() GROUP BY 1 ORDER BY 1;

-- Additions: the seats one has count as taken.
SELECT lock_id AS lock FROM tix_lock_seats(it(), '{B-2-1,B-2-2}', u(3), orphans => 'avoid') \gset
SELECT ok, reason, conflicts
FROM tix_lock_seats(it(), '{B-2-4}', u(3), orphans => 'avoid', into_lock_id => :lock);
SELECT ok, seats
FROM tix_lock_seats(it(), '{B-2-3}', u(3), orphans => 'avoid', into_lock_id => :lock);
SELECT ok, lock_id = :lock AS same
FROM tix_lock_seats(it(), '{B-2-1}', u(3), orphans => 'avoid');

-- An overdue seat is free: it can be left alone, and is company.
SELECT ok FROM tix_lock_seats(it(), '{B-1-3}', u(1), ttl => '0.01 s');
SELECT pg_sleep(0.05);
SELECT ok, reason, conflicts
FROM tix_lock_seats(it(), '{B-1-4,B-1-5}', u(2), orphans => 'avoid');
SELECT ok FROM tix_lock_seats(it(), '{B-1-1}', u(2), orphans => 'avoid');
SELECT * FROM tix_arena_audit();
