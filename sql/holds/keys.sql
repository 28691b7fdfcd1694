-- Whether a lock function answered an earlier request of the same idempotency key.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_lock_was_replayed(uuid, text, bigint);
CREATE FUNCTION tix.tix_lock_was_replayed(user_id uuid, idempotency_key text, lock_id bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    -- A grant of this transaction has written its answer in this transaction.
    RETURN EXISTS (SELECT FROM idempotency_keys k
                   WHERE k.user_id = $1 AND k.key = $2 AND k.lock_id = $3
                     AND k.xmin <> coalesce(pg_current_xact_id_if_assigned()::xid, '0'));
END $$;
COMMENT ON FUNCTION tix.tix_lock_was_replayed(uuid, text, bigint) IS
    'Whether this answer of a lock function, to this user and idempotency key, is the stored one '
    'of an earlier transaction. Ask it in the transaction of the lock call, and behind it: '
    'FROM tix_lock_best(…) l, tix_lock_was_replayed(user, key, l.lock_id).';

REVOKE ALL ON FUNCTION tix.tix_lock_was_replayed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_lock_was_replayed TO tix_app;
