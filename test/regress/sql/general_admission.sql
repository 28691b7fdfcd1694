-- General admission: any free places of one area, each once, none of them accessible.
SELECT next_session(2, 3, 50);
UPDATE house SET accessible = true WHERE session_id = it() AND seat_id = 'A-2-7';
SELECT seats FROM tix_load_session(it());
SELECT ok, reason, tier, cardinality(seats) FROM tix_lock_area(it(), 'A', 5, u(1));
SELECT ok, reason FROM tix_lock_area(it(), 'Z', 5, u(1));
SELECT ok, reason FROM tix_lock_area(s(999), 'A', 5, u(1));
SELECT ok, reason FROM tix_lock_area(it(), 'A', 1000000, u(1));
SELECT ok, reason FROM tix_lock_area(it(), 'A', 151, u(1));

-- Until the last: each place is given once.
DO $$
DECLARE
    got tix_lock_result;
    calls integer := 0;
BEGIN
    LOOP
        SELECT * INTO got FROM tix_lock_area(it(), 'A', 12, u(2));
        EXIT WHEN NOT got.ok;
        calls := calls + 1;
        IF (SELECT count(*) <> 12 OR bool_or(accessible) OR min(area_id) <> 'A'
                OR max(area_id) <> 'A'
            FROM house WHERE session_id = it() AND seat_id = ANY (got.seats)) THEN
            RAISE EXCEPTION 'not twelve places of A: %', got.seats;
        END IF;
    END LOOP;
    RAISE NOTICE '% calls, then %', calls, got.reason;
END $$;
SELECT state, count(*) FROM tix_seats(it(), 'A') GROUP BY 1 ORDER BY 1;
-- Rolled back places are free again.
BEGIN;
SELECT ok FROM tix_lock_area(it(), 'B', 150, u(2));
SELECT ok, reason FROM tix_lock_area(it(), 'B', 1, u(2));
ROLLBACK;
SELECT ok, reason, lock_id AS lock FROM tix_lock_area(it(), 'B', 150, u(2)) \gset
SELECT ok, reason FROM tix_lock_area(it(), 'B', 1, u(2));

-- Sold ones do not come back.
SELECT count(*) AS sold FROM tix_confirm_seats(:lock, u(2));
SELECT ok, reason FROM tix_lock_area(it(), 'B', 1, u(2));

-- When only an accessible place is left, that is what is said.
SELECT count(*) AS sold FROM tix_stat_holds h, LATERAL tix_confirm_seats(h.lock_id, h.user_id)
WHERE h.session_id = it();
SELECT ok, reason FROM tix_lock_area(it(), 'A', 1, u(3));
SELECT ok, reason FROM tix_lock_best(it(), 1, u(3), max_tier => 5);
SELECT ok, reason FROM tix_lock_best(it(), 1, u(3), accessible => 1);

-- Bad arguments.
SELECT * FROM tix_lock_area(it(), 'A', 0, u(1));
SELECT * FROM tix_lock_area(it(), NULL, 1, u(1));
SELECT * FROM tix_lock_area(it(), 'A', 1, u(1), '0 s');
SELECT * FROM tix_lock_area(it(), 'A', 1, u(1), idempotency_key => '');
SELECT * FROM tix_arena_audit();
