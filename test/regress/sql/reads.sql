-- What readers see: one seat, all seats, the two-bit map, availability, the views.
SELECT make_session(5, 2, 1, 12);
SELECT seats FROM tix_load_session(s(5));
SELECT lock_id AS lock FROM tix_lock_seats(s(5), '{A-1-2,A-1-3}', u(1)) \gset
INSERT INTO tickets (session_id, seat_id) VALUES (s(5), 'A-1-5'), (s(5), 'B-1-1');

SELECT seat_id, ordinal, area_id, state, expires_at IS NULL AS no_deadline
FROM unnest('{A-1-1,A-1-2,A-1-5,B-1-12}'::text[]) want, tix_seat_status(s(5), want);
SELECT * FROM tix_seat_status(s(5), 'nowhere');
SELECT seat_id, ordinal, layout_version, area_id, row_label, seat_number, x, y, category,
    accessible, state, mine
FROM tix_seats(s(5), 'A', u(1)) WHERE ordinal < 5;
SELECT count(*), count(mine) FILTER (WHERE mine) AS mine FROM tix_seats(s(5), NULL, u(1));
SELECT count(mine) AS mine FROM tix_seats(s(5));
SELECT * FROM tix_seats(s(5), 'nowhere');

-- Two bits a seat, low bits first: 0 free, 1 held, 2 sold.
SELECT layout_version, length(states),
    array(SELECT get_bit(states, 2 * o) + 2 * get_bit(states, 2 * o + 1)
        FROM generate_series(0, 23) o) AS seats
FROM tix_seat_map(s(5));
SELECT length(states), array(SELECT get_bit(states, 2 * o) + 2 * get_bit(states, 2 * o + 1)
    FROM generate_series(0, 11) o) AS seats
FROM tix_seat_map(s(5), 'B');
-- The map and the list agree.
SELECT count(*) AS differ
FROM tix_seats(s(5)) t, tix_seat_map(s(5)) m
WHERE get_bit(states, 2 * ordinal) + 2 * get_bit(states, 2 * ordinal + 1)
    <> CASE state WHEN 'free' THEN 0 WHEN 'held' THEN 1 WHEN 'sold' THEN 2 ELSE 3 END;

SELECT * FROM tix_availability(s(5));
SELECT * FROM tix_stat_areas WHERE session_id = s(5);
SELECT user_id = u(1) AS mine, state, seats, ordered, uncommitted,
    expires_at > clock_timestamp() AS live
FROM tix_stat_holds WHERE lock_id = :lock;
-- Grades.
SELECT make_session(105, 1, 1, 40);
SELECT seats FROM tix_load_session(s(105));
SELECT free, grade FROM tix_availability(s(105));
INSERT INTO tickets (session_id, seat_id) SELECT s(105), 'A-1-' || n FROM generate_series(1, 30) n;
SELECT free, grade FROM tix_availability(s(105));
SELECT ok FROM tix_lock_best(s(105), 10, u(1));
SELECT free, grade FROM tix_availability(s(105));

-- A seat costs at most 64 bytes of session block, beside its share of the header, and 64 of holds.
SELECT make_session(205, 4, 25, 40);
SELECT seats FROM tix_load_session(s(205));
SELECT part, seats, bytes_per_seat <= 64.5 AS within FROM tix_memory WHERE session_id = s(205);
SELECT sum(bytes) FILTER (WHERE part = 'arena')
    = pg_size_bytes(current_setting('tix.memory')) AS whole,
    bool_and(bytes > 0) AS sane
FROM tix_memory;
-- A partition's counters add up.
SELECT count(*) = current_setting('tix.partitions')::int AS every_partition,
    sum(grants) > 0 AS grants, sum(refusals) > 0 AS refusals, sum(relocks) > 0 AS relocks,
    sum(extends) > 0 AS extends, sum(releases) > 0 AS releases,
    sum(confirmations) > 0 AS confirmations, sum(granted_seats) >= sum(grants) AS seats
FROM tix_stat_partitions;
SELECT sum(live_holds) >= (SELECT count(*) FROM tix_stat_holds WHERE state = 'held') AS holds
FROM tix_stat_partitions;
SELECT * FROM tix_arena_audit();
