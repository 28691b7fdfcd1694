-- Many requests of any kind in one message and one transaction.
SELECT ok, reason, lock_id, expires_at FROM tix.tix_lock_batch($1::jsonb);
