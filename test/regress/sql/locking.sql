-- Locking by label: one seat, a group, one's own again, into a lock; tokens grow.
SELECT make_session(1, 2, 2, 8);
SELECT seats, areas, holds FROM tix_load_session(s(1));

-- One seat; the deadline is now plus the TTL.
SELECT ok, reason, seats, conflicts, tier, lock_id > 0 AS token,
    expires_at - clock_timestamp() BETWEEN '59 s' AND '61 s' AS ttl
FROM tix_lock_seat(s(1), 'A-1-1', u(1), '1 min');
-- The default TTL is tix.lock_ttl, the longest is tix.lock_lifetime_max.
SELECT lock_id AS first, expires_at - clock_timestamp() BETWEEN '119 s' AND '121 s' AS ttl
FROM tix_lock_seat(s(1), 'A-1-2', u(1)) \gset
SELECT :'ttl' AS default_ttl;
SELECT expires_at - clock_timestamp() BETWEEN '1799 s' AND '1801 s' AS capped
FROM tix_lock_seat(s(1), 'A-1-8', u(1), '7 days');

-- A group is whole or not at all, and says which seats stood in the way.
SELECT ok, reason, lock_id, expires_at, seats, conflicts
FROM tix_lock_seats(s(1), '{A-2-1,A-1-1,B-1-1,A-1-2}', u(2));
SELECT seat_id, state FROM tix_seat_status(s(1), 'A-2-1');
SELECT seat_id, state FROM tix_seat_status(s(1), 'B-1-1');
SELECT ok, reason, seats, conflicts, lock_id AS group_lock
FROM tix_lock_seats(s(1), '{B-1-2,A-2-1,B-1-1}', u(2)) \gset
SELECT :'ok' AS ok, :'seats' AS seats, :group_lock > :first AS tokens_grow;
SELECT state, seats, ordered, uncommitted FROM tix_stat_holds WHERE lock_id = :group_lock;

-- Locking one's own seats again: the same token and deadline, nothing new in the journal.
SELECT expires_at AS deadline FROM tix_lock_get(:group_lock, u(2)) \gset
SELECT ok, lock_id = :group_lock AS same_token, expires_at = :'deadline' AS same_deadline
FROM tix_lock_seats(s(1), '{A-2-1,B-1-1,B-1-2}', u(2), '10 min');
SELECT ok, lock_id = :group_lock AS same_token FROM tix_lock_seat(s(1), 'B-1-1', u(2));
SELECT kind, version, seats FROM holds WHERE lock_id = :group_lock;
-- Another user gets nothing of it; nor does the owner in a mixed group.
SELECT ok, reason, conflicts FROM tix_lock_seat(s(1), 'B-1-1', u(3));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(1), '{B-1-1,B-1-3}', u(2));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(1), '{A-1-1,A-1-2}', u(1));

-- Into one's own lock: the token and the deadline stay.
SELECT ok, reason, lock_id = :group_lock AS same_token, expires_at = :'deadline' AS same_deadline
FROM tix_lock_seats(s(1), '{B-1-3,B-1-1}', u(2), '30 min', into_lock_id => :group_lock);
SELECT array(SELECT unnest(seats) ORDER BY 1) FROM tix_lock_get(:group_lock, u(2));
SELECT ok, reason, conflicts
FROM tix_lock_seats(s(1), '{B-1-4,A-1-1}', u(2), into_lock_id => :group_lock);
SELECT ok, reason FROM tix_lock_seats(s(1), '{B-1-4}', u(3), into_lock_id => :group_lock);
SELECT ok, reason FROM tix_lock_seats(s(1), '{B-1-4}', u(3), into_lock_id => 4711);
SELECT seat_id, state FROM tix_seat_status(s(1), 'B-1-4');
SELECT make_session(101, 1, 1, 2);
SELECT seats FROM tix_load_session(s(101));
SELECT ok, reason FROM tix_lock_seats(s(101), '{A-1-1}', u(2), into_lock_id => :group_lock);
SELECT state FROM tix_seat_status(s(101), 'A-1-1');
SELECT kind, version, seats FROM holds WHERE lock_id = :group_lock ORDER BY version;

-- What a stranger learns of a lock.
SELECT * FROM tix_lock_get(:group_lock, u(3));
SELECT * FROM tix_lock_get(4711, u(2));

-- A seat is anybody's at its deadline, and the token is larger.
SELECT lock_id AS old FROM tix_lock_seat(s(1), 'B-2-1', u(1), '500 ms') \gset
SELECT ok, reason FROM tix_lock_seat(s(1), 'B-2-1', u(2));
SELECT pg_sleep(0.55);
SELECT state FROM tix_seat_status(s(1), 'B-2-1');
SELECT ok, lock_id > :old AS tokens_grow FROM tix_lock_seat(s(1), 'B-2-1', u(2));
SELECT * FROM tix_lock_get(:old, u(1));

-- Too many seats.
SET tix.max_seats_per_lock = 2;
SELECT ok, reason, conflicts FROM tix_lock_seats(s(1), '{B-2-2,B-2-3,B-2-4}', u(1));
SELECT ok, reason FROM tix_lock_best(s(1), 3, u(1));
RESET tix.max_seats_per_lock;

-- Every token of the journal is larger than those before it.
SELECT count(*) > 5 AS rows, bool_and(lock_id > before) AS strictly_increasing
FROM (SELECT lock_id, lag(lock_id) OVER (ORDER BY ctid) AS before FROM holds
    WHERE kind = 'g' AND session_id = s(1)) grants;
SELECT * FROM tix_check(s(1));
SELECT * FROM tix_arena_audit();
