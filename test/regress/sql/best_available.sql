-- Best available: tiers, accessible places and their companions, why there is nothing.
-- Row 1 has a gap after its fourth seat, row 2 five seats; two of area B are accessible.
INSERT INTO house (session_id, ordinal, seat_id, area_id, row_label, "position", category,
    accessible)
SELECT s(2), n - 1, format('%s-%s-%s', a, r, p), a, r, p, c, acc
FROM (VALUES
    (1, 'A', '1', 1, 'best', false), (2, 'A', '1', 2, 'best', false),
    (3, 'A', '1', 3, 'best', false), (4, 'A', '1', 4, 'best', false),
    (5, 'A', '1', 6, 'best', false), (6, 'A', '1', 7, 'best', false),
    (7, 'A', '2', 1, 'plain', false), (8, 'A', '2', 2, 'plain', false),
    (9, 'A', '2', 3, 'plain', false), (10, 'A', '2', 4, 'plain', false),
    (11, 'A', '2', 5, 'plain', false),
    (12, 'B', '1', 1, 'plain', true), (13, 'B', '1', 2, 'plain', true),
    (14, 'B', '1', 3, 'plain', false)) seat (n, a, r, p, c, acc);
SELECT seats FROM tix_load_session(s(2));

-- The whole of the front block: any other three of its four would leave one alone.
SELECT ok, tier, seats, lock_id AS lock FROM tix_lock_best(s(2), 4, u(1), '{A}', '{best}') \gset
SELECT :'ok' AS ok, :'tier' AS tier, :'seats' AS seats;
SELECT count(*) AS released FROM tix_release_seats(:lock, u(1));

-- Three of the four leave one alone: tier 2, refused when only tier 1 will do.
SELECT ok, reason FROM tix_lock_best(s(2), 3, u(1), '{A}', '{best}', max_tier => 1);
SELECT ok, tier, cardinality(seats), lock_id AS lock
FROM tix_lock_best(s(2), 3, u(1), '{A}', '{best}', max_tier => 2) \gset
SELECT :'ok' AS ok, :'tier' AS tier, :'cardinality' AS seats;
SELECT count(*) AS released FROM tix_release_seats(:lock, u(1));

-- Five do not fit across the gap of row 1, though six of its seats are free.
SELECT ok, reason FROM tix_lock_best(s(2), 5, u(1), NULL, '{best}');
SELECT ok, tier, seats, lock_id AS lock FROM tix_lock_best(s(2), 5, u(1)) \gset
SELECT :'ok' AS ok, :'tier' AS tier, :'seats' AS seats;

-- Sold out, held out.
SELECT ok, reason FROM tix_lock_best(s(2), 1, u(2), '{A}', '{plain}');
SELECT ok, reason FROM tix_lock_best(s(2), 6, u(2), '{A}', '{plain}');
SELECT ok, reason FROM tix_lock_best(s(2), 1, u(2), '{nowhere}');
SELECT ok, reason FROM tix_lock_best(s(2), 1, u(2), NULL, '{nothing}');

-- Accessible seats are never given: area B has one other seat.
SELECT ok, tier, seats FROM tix_lock_best(s(2), 1, u(2), '{B}');
SELECT ok, reason FROM tix_lock_best(s(2), 1, u(2), '{B}');
SELECT ok, seats FROM tix_lock_seat(s(2), 'B-1-1', u(2));

-- A block is neighbours of one row, every time: sell the rest by pairs.
SELECT count(*) AS released FROM tix_release_seats(:lock, u(1));
DO $$
DECLARE
    got tix_lock_result;
BEGIN
    LOOP
        SELECT * INTO got FROM tix_lock_best(s(2), 2, u(3), '{A}');
        EXIT WHEN NOT got.ok;
        IF (SELECT max("position") - min("position") <> 1 OR count(DISTINCT row_label) <> 1
            FROM house WHERE session_id = s(2) AND seat_id = ANY (got.seats)) THEN
            RAISE EXCEPTION 'no neighbours: %', got.seats;
        END IF;
    END LOOP;
    RAISE NOTICE 'then %', got.reason;
END $$;
SELECT seats, count(*) FROM tix_stat_holds WHERE session_id = s(2) GROUP BY 1 ORDER BY 1;

-- Worse tiers, each only when nothing better is left: columns, pieces, anything.
SELECT next_session(2, 2, 3);
SELECT ok, reason FROM tix_lock_best(it(), 4, u(1), max_tier => 2);
SELECT ok, tier, cardinality(seats), lock_id AS lock
FROM tix_lock_best(it(), 4, u(1), '{A}', max_tier => 5) \gset
SELECT :'ok' AS ok, :'tier' AS tier, :'cardinality' AS seats;
SELECT count(*) AS released FROM tix_release_seats(:lock, u(1));
SELECT ok FROM tix_lock_seats(it(), '{A-1-3,A-2-1,B-1-2,B-2-2}', u(2));
SELECT ok, reason FROM tix_lock_best(it(), 4, u(1), max_tier => 3);
SELECT ok, tier, seats FROM tix_lock_best(it(), 4, u(1), max_tier => 4);
SELECT ok, reason FROM tix_lock_best(it(), 3, u(1), max_tier => 4);
SELECT ok, tier, seats FROM tix_lock_best(it(), 4, u(1), max_tier => 5);
SELECT ok, reason FROM tix_lock_best(it(), 1, u(1), max_tier => 5);

-- Anything crosses areas, all or nothing.
SELECT next_session(3, 1, 2);
SELECT ok, reason FROM tix_lock_best(it(), 7, u(1), max_tier => 5);
SELECT ok, reason FROM tix_lock_best(it(), 5, u(1), max_tier => 4);
SELECT ok, tier, cardinality(seats) FROM tix_lock_best(it(), 5, u(1), max_tier => 5);
SELECT ok, reason FROM tix_lock_best(it(), 2, u(1), max_tier => 5);

-- Orphans allowed: tier 2 is as good as tier 1, and is told.
SELECT next_session(1, 1, 4);
DO $$
DECLARE
    tiers integer[] := '{}';
    got tix_lock_result;
BEGIN
    FOR i IN 1 .. 100 LOOP
        BEGIN
            SELECT * INTO got FROM tix_lock_best(it(), 2, u(1), orphans => 'allow');
            RAISE EXCEPTION USING ERRCODE = 'ZZ000';
        EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
            tiers := tiers || got.tier::integer;
        END;
    END LOOP;
    RAISE NOTICE 'tiers %', (SELECT array_agg(DISTINCT t ORDER BY t) FROM unnest(tiers) t);
END $$;
SELECT ok, reason FROM tix_lock_best(it(), 3, u(1), orphans => 'allow', max_tier => 1);

-- One accessible place with a companion; without asking for one nobody gets it.
UPDATE house SET accessible = seat_id IN ('A-1-1', 'A-1-2')
WHERE session_id = it();
SELECT unloaded IS NOT NULL AS unloaded FROM tix_unload_session(it()) unloaded;
SELECT ok, reason FROM tix_lock_best(it(), 3, u(1), max_tier => 5);
SELECT ok, tier, seats, lock_id AS lock
FROM tix_lock_best(it(), 2, u(1), accessible => 1, orphans => 'allow') \gset
SELECT :'ok' AS ok, :'tier' AS tier, :'seats' AS seats;
SELECT count(*) AS released FROM tix_release_seats(:lock, u(1));
SELECT ok, tier, seats FROM tix_lock_best(it(), 4, u(1), accessible => 2);
SELECT ok, reason FROM tix_lock_best(it(), 2, u(2), accessible => 1, max_tier => 5);
SELECT ok, reason FROM tix_lock_best(it(), 3, u(2), accessible => 3, max_tier => 5);
SELECT * FROM tix_lock_best(it(), 2, u(1), accessible => 3);

-- Quantities and tiers out of range.
SELECT * FROM tix_lock_best(s(2), 0, u(1));
SELECT * FROM tix_lock_best(s(2), -1, u(1));
SELECT * FROM tix_lock_best(s(2), NULL, u(1));
SELECT * FROM tix_lock_best(s(2), 1, u(1), max_tier => 0);
SELECT * FROM tix_lock_best(s(2), 1, u(1), max_tier => 6);
SELECT * FROM tix_lock_best(s(2), 1, u(1), '{}');
SELECT * FROM tix_lock_best(s(2), 1, u(1), '{NULL}');
SELECT ok, reason FROM tix_lock_best(s(2), 2147483647, u(1));
SELECT * FROM tix_arena_audit();
