-- The best four neighbouring seats of the session.
SELECT * FROM tix.tix_lock_best($1, 4, $2, ttl => '150 milliseconds');
