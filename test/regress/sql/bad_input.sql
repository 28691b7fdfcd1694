-- Bad input is answered with a clear message and changes nothing.
SELECT make_session(8, 1, 1, 8);
SELECT seats FROM tix_load_session(s(8));
SELECT seq AS start FROM tix_seat_map(s(8)) \gset

-- Unknown and repeated seats are told seat by seat.
SELECT ok, reason, conflicts FROM tix_lock_seat(s(8), 'nowhere', u(1));
SELECT ok, reason, conflicts FROM tix_lock_seat(s(8), '', u(1));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(8), '{A-1-1,nowhere,A-1-1}', u(1));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(8), '{A-1-1,A-1-2,A-1-1}', u(1));
SELECT ok, reason, conflicts
FROM tix_lock_seats(s(8), ARRAY['"quoted\', E'line\nfeed', 'Ω'], u(1));

-- NULL and empty.
SELECT * FROM tix_lock_seat(NULL, 'A-1-1', u(1));
SELECT * FROM tix_lock_seat(s(8), NULL, u(1));
SELECT * FROM tix_lock_seat(s(8), 'A-1-1', NULL);
SELECT * FROM tix_lock_seats(NULL, '{A-1-1}', u(1));
SELECT * FROM tix_lock_seats(s(8), NULL, u(1));
SELECT * FROM tix_lock_seats(s(8), '{}', u(1));
SELECT * FROM tix_lock_seats(s(8), '{A-1-1,NULL}', u(1));
SELECT * FROM tix_lock_seats(s(8), '{A-1-1}', NULL);
SELECT * FROM tix_lock_seats(s(8), '{A-1-1}', u(1), into_lock_id => 0);
SELECT * FROM tix_lock_seats(s(8), '{A-1-1}', u(1), into_lock_id => -5);
SELECT * FROM tix_lock_best(NULL, 1, u(1));
SELECT * FROM tix_lock_best(s(8), 1, NULL);
SELECT * FROM tix_extend_lock(NULL, u(1));
SELECT * FROM tix_extend_lock(1, NULL);
SELECT * FROM tix_lock_get(NULL, u(1));
SELECT * FROM tix_release_seats(NULL, u(1));
SELECT * FROM tix_release_seats(1, u(1), '{}');
SELECT * FROM tix_release_seats(1, u(1), '{NULL}');
SELECT * FROM tix_confirm_seats(NULL, u(1));
SELECT * FROM tix_confirm_seats(1, NULL);
SELECT * FROM tix_free_sold(NULL, '{A-1-1}');
SELECT * FROM tix_free_sold(s(8), NULL);
SELECT * FROM tix_free_sold(s(8), '{}');
SELECT * FROM tix_seat_status(s(8), NULL);
SELECT * FROM tix_seat_status(NULL, 'A-1-1');
SELECT * FROM tix_seats(NULL);
SELECT * FROM tix_seat_map(NULL);
SELECT * FROM tix_availability(NULL);
SELECT * FROM tix_load_session(NULL);
SELECT tix_unload_session(NULL);
SELECT * FROM tix_check(NULL);

SELECT * FROM tix_hand_over(NULL, u(1), u(1), '1 hour');
SELECT * FROM tix_hand_over(1, NULL, u(1), '1 hour');
SELECT * FROM tix_hand_over(1, u(1), NULL, '1 hour');
SELECT * FROM tix_lock_get(1, NULL);
SELECT * FROM tix_release_seats(1, NULL);
SELECT * FROM tix_free_sold(s(8), '{A-1-1,NULL}');
SELECT * FROM tix_seats(s(8), 'nowhere');
SELECT * FROM tix_seat_status(s(8), 'nowhere');

-- A session that nobody knows: locks answer a row, what cannot do without it an error.
SELECT ok, reason, conflicts FROM tix_lock_seat(s(899), 'A-1-1', u(1));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(899), '{A-1-1,A-1-1}', u(1));
SELECT ok, reason, conflicts FROM tix_lock_seats(s(899), '{A-1-1}', u(1), into_lock_id => 1);
SELECT ok, reason FROM tix_lock_best(s(899), 1, u(1));
SELECT * FROM tix_seats(s(899));
SELECT * FROM tix_seat_status(s(899), 'A-1-1');
SELECT * FROM tix_seat_map(s(899));
SELECT * FROM tix_availability(s(899));
SELECT * FROM tix_free_sold(s(899), '{A-1-1}');
SELECT * FROM tix_load_session(s(899));
SELECT tix_unload_session(s(899));
SELECT * FROM tix_check(s(899));
INSERT INTO tickets (session_id, seat_id) VALUES (s(899), 'A-1-1');

-- A token that nobody has.
SELECT ok, reason FROM tix_lock_get(0, u(1));
SELECT ok, reason FROM tix_lock_get(-1, u(1));
SELECT ok, reason FROM tix_lock_get(9223372036854775807, u(1));
SELECT ok, reason FROM tix_extend_lock(-9223372036854775808, u(1));
SELECT * FROM tix_release_seats(9223372036854775807, u(1));
SELECT * FROM tix_hand_over(-1, u(1), u(1), '1 hour');
SELECT ok, reason FROM tix_lock_seats(s(8), '{A-1-1}', u(1), into_lock_id => 9223372036854775807);

-- A million elements.
SELECT ok, reason, conflicts
FROM tix_lock_seats(s(8), array_fill('A-1-1'::text, ARRAY[1000000]), u(1));
SELECT ok, reason, conflicts IS NULL AS no_list
FROM tix_lock_seats(s(8), array(SELECT 'A-1-' || n FROM generate_series(1, 1000000) n), u(1));
SELECT ok, reason
FROM tix_lock_seats(s(8), array_fill(NULL::text, ARRAY[1000000]), u(1));
SELECT * FROM tix_release_seats(1, u(1), array_fill('A-1-1'::text, ARRAY[1000000]));
SELECT * FROM tix_free_sold(s(8), array_fill('A-1-1'::text, ARRAY[1000000]));
SELECT * FROM tix_lock_best(s(8), 1, u(1), array_fill('A'::text, ARRAY[1000000]));
SELECT ok, reason FROM tix_lock_seats(s(8), array_fill('x'::text, ARRAY[100, 100, 100]), u(1));
SELECT ok, reason FROM tix_lock_best(s(8), 1000000, u(1));
SELECT ok, reason, length(conflicts::text) FROM tix_lock_seat(s(8), repeat('x', 1000000), u(1));

-- Arrays of other shapes are lists.
SELECT ok, reason, conflicts FROM tix_lock_seats(s(8), '{{A-1-1,x},{A-1-2,A-1-1}}', u(1));

-- TTL.
SELECT * FROM tix_lock_seat(s(8), 'A-1-1', u(1), '0');
SELECT * FROM tix_lock_seat(s(8), 'A-1-1', u(1), '-1 s');
SELECT * FROM tix_lock_seat(s(8), 'A-1-1', u(1), '7 days 1 us');
SELECT * FROM tix_lock_seat(s(8), 'A-1-1', u(1), '178000000 years');
SELECT * FROM tix_lock_seat(s(8), 'A-1-1', u(1), '-178000000 years');
SELECT * FROM tix_lock_seat(s(8), 'A-1-1', u(1), '1 mon -30 days');
SELECT * FROM tix_lock_seats(s(8), '{A-1-1}', u(1), '0');
SELECT * FROM tix_lock_best(s(8), 1, u(1), ttl => '-1 s');
SELECT * FROM tix_lock_seats(s(8), '{A-1-1}', u(1), '1 mon');
SELECT * FROM tix_lock_best(s(8), 1, u(1), ttl => '8 days');
SELECT * FROM tix_extend_lock(1, u(1), '0');
SELECT * FROM tix_extend_lock(1, u(1), '-1 us');
SELECT * FROM tix_extend_lock(1, u(1), '7 days 1 us');
SELECT * FROM tix_hand_over(1, u(1), u(1), '8 days');
SELECT * FROM tix_hand_over(1, u(1), u(1), '0');
-- An infinite interval cannot be written before PostgreSQL 17, and is no time to live there.
DO $$ BEGIN
    EXECUTE 'SELECT FROM tix_lock_seat(s(8), ''A-1-1'', u(1), ''infinity'')';
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'refused: %', left(SQLSTATE, 2);
END $$;

-- Nothing has changed.
SELECT count(*) AS changes FROM tix_changes(:start, s(8));
SELECT count(*) AS journal FROM holds WHERE session_id = s(8);
SELECT free FROM tix_availability(s(8));

-- Every answer of class TX has a hint.
BEGIN;
SELECT ok FROM tix_lock_seat(s(8), 'A-1-1', u(1));
PREPARE TRANSACTION 'with holds';
INSERT INTO tickets (session_id, seat_id) VALUES (s(8), 'nowhere');
INSERT INTO tickets (session_id, seat_id) VALUES (s(8), 'say "no"');
INSERT INTO tickets (session_id, seat_id) VALUES (s(8), repeat('x', 100));
SELECT * FROM tix_confirm_seats(1, u(1));

-- The edges of what is accepted.
BEGIN;
SELECT lock_id AS lock, ok, expires_at - clock_timestamp() BETWEEN '1799 s' AND '1801 s' AS capped
FROM tix_lock_seats(s(8), '{A-1-2}', u(1), '7 days') \gset
SELECT :'ok' AS ok, :'capped' AS capped;
SELECT ok FROM tix_lock_seat(s(8), 'A-1-3', u(1), '1 mon -23 days');
SELECT ok, expires_at - clock_timestamp() BETWEEN '119 s' AND '121 s' AS default_ttl
FROM tix_lock_seat(s(8), 'A-1-4', u(1), NULL);
SELECT ok FROM tix_extend_lock(:lock, u(1), '1 us');
SELECT expires_at - clock_timestamp() > '1798 s' AS not_lowered FROM tix_lock_get(:lock, u(1));
SELECT ok, seats FROM tix_lock_seats(s(8), '[5:5]={A-1-5}', u(1), into_lock_id => NULL);
ROLLBACK;
\set VERBOSITY terse
SELECT ok FROM tix_lock_seat(s(8), 'A-1-6', u(1), '1 us');
\set VERBOSITY default
SELECT state FROM tix_seat_status(s(8), 'A-1-6');
-- As many seats as one lock may hold and not one more, added ones included.
SET tix.max_seats_per_lock = 3;
BEGIN;
SELECT ok, reason FROM tix_lock_seats(s(8), '{A-1-1,A-1-2,A-1-3,A-1-4}', u(1));
SELECT ok, reason, lock_id AS lock FROM tix_lock_seats(s(8), '{A-1-1,A-1-2}', u(1)) \gset
SELECT :'ok' AS ok;
SELECT ok, reason FROM tix_lock_seats(s(8), '{A-1-3,A-1-4}', u(1), into_lock_id => :lock);
SELECT ok, reason FROM tix_lock_seats(s(8), '{A-1-1,A-1-3}', u(1), into_lock_id => :lock);
SELECT ok, reason FROM tix_lock_seats(s(8), '{A-1-4}', u(1), into_lock_id => :lock);
SELECT ok, reason FROM tix_lock_best(s(8), 4, u(1));
ROLLBACK;
RESET tix.max_seats_per_lock;
SELECT * FROM tix_check(s(8));
