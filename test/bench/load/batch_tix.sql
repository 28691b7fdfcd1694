-- Many requests of one seat each in one message and one transaction.
SELECT ok, reason, lock_id, expires_at
FROM tix.tix_lock_batch($1, $3, $2, '150 milliseconds');
