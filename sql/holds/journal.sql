-- Retention of the journal: who had a seat when is kept for days, a hold as long as it lives.
-- Requires tix >= 1.0
--
-- The journal is not partitioned by day: a partition that is missing at midnight would stop all
-- sales, and dropping one queues behind every open buyer. So old rows are deleted, in batches. The
-- row that a live hold is has its deadline to come and is never old; those before it are history.
-- The oldest go first, so that how a hold ended is never gone before what it was.

DROP FUNCTION IF EXISTS tix.tix_prune_journal(int, interval);
CREATE FUNCTION tix.tix_prune_journal(max_rows int DEFAULT 10000, keep interval DEFAULT '7 days')
RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp
-- Each session is read by its deadlines, whatever the statistics say.
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();
    cutoff CONSTANT timestamptz := moment - keep;
    house uuid;
    old tid[];
    pruned int := 0;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 OR keep IS NULL OR cutoff > moment THEN
        RAISE EXCEPTION 'max_rows must be positive and keep not negative' USING ERRCODE = '22023';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_prune_journal', 0)) THEN
        RETURN 0;
    END IF;
    house := (SELECT h.session_id FROM holds h ORDER BY h.session_id LIMIT 1);
    WHILE house IS NOT NULL AND pruned < max_rows LOOP
        old := ARRAY(
            SELECT d.ctid FROM (
                (SELECT h.ctid FROM holds h
                 WHERE h.session_id = house AND h.expires_at < cutoff
                 ORDER BY h.expires_at LIMIT max_rows - pruned)
                UNION ALL
                (SELECT h.ctid FROM holds h
                 WHERE h.session_id = house AND h.expires_at IS NULL AND h.at < cutoff
                 LIMIT max_rows - pruned)) d
            LIMIT max_rows - pruned);
        DELETE FROM holds h WHERE h.ctid = ANY (old);
        pruned := pruned + cardinality(old);
        house := (SELECT h.session_id FROM holds h WHERE h.session_id > house
                  ORDER BY h.session_id LIMIT 1);
    END LOOP;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION tix.tix_prune_journal(int, interval) IS
    'For operators: deletes rows of the journal tix.holds whose deadline passed longer ago than '
    'keep (default 7 days), and older sales and frees without one; never a live hold. At most '
    'max_rows (default 10000); returns how many. Runs once at a time: a second caller gets 0. '
    'Error 22023: max_rows is not positive or keep is negative.';

REVOKE ALL ON FUNCTION tix.tix_prune_journal FROM PUBLIC;
