-- Retention of what idempotency keys of payments and refunds were answered.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_prune_payment_answers(int);
CREATE FUNCTION tix.tix_prune_payment_answers(max_rows int DEFAULT 100000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    cutoff CONSTANT timestamptz := clock_timestamp() - interval '24 hours';
    refunds_pruned int;
    pruned int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023',
            HINT = 'Leave it out for 100000.';
    ELSIF NOT pg_try_advisory_xact_lock(hashtextextended('tix_prune_payment_answers', 0)) THEN
        RETURN 0;
    END IF;
    DELETE FROM refund_answers a WHERE a.ctid = ANY (ARRAY(
        SELECT old.ctid FROM refund_answers old WHERE old.answered_at < cutoff LIMIT max_rows));
    GET DIAGNOSTICS refunds_pruned = ROW_COUNT;
    DELETE FROM payment_answers a WHERE a.ctid = ANY (ARRAY(
        SELECT old.ctid FROM payment_answers old WHERE old.answered_at < cutoff
        LIMIT max_rows - refunds_pruned));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN refunds_pruned + pruned;
END $$;
COMMENT ON FUNCTION tix.tix_prune_payment_answers(int) IS
    'For operators: forgets idempotency keys of payments and refunds older than 24 hours, at most '
    'max_rows; returns how many. What they did stays. Runs once at a time: a second caller gets 0. '
    'Error 22023: max_rows is not positive.';

REVOKE ALL ON FUNCTION tix.tix_prune_payment_answers FROM PUBLIC;
