-- Many requests in one message and one transaction.
SELECT * FROM tix.tix_lock_batch($1);
