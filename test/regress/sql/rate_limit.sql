-- Rate limits: a burst, a refill, and not a token more.
SELECT * FROM tix_rate_limit('lock:ann', 1, 3, '1 day');
SELECT * FROM tix_rate_limit('lock:ann', 2, 3, '1 day');
SELECT allowed, remaining, retry_after BETWEEN '7:59:00' AND '8:00:00' AS in_eight_hours
FROM tix_rate_limit('lock:ann', 1, 3, '1 day');
SELECT allowed, remaining, retry_after BETWEEN '23:59:00' AND '24:00:00' AS in_a_day
FROM tix_rate_limit('lock:ann', 3, 3, '1 day');
-- Another key, another burst and another time are other buckets.
SELECT allowed, remaining FROM tix_rate_limit('lock:bob', 1, 3, '1 day');
SELECT allowed, remaining FROM tix_rate_limit('', 1, 3, '1 day');
SELECT allowed, remaining FROM tix_rate_limit('lock:ann', 1, 4, '1 day');
SELECT allowed, remaining FROM tix_rate_limit('lock:ann', 1, 3, '2 days');
-- Refilled evenly.
SELECT count(*) FILTER (WHERE (tix_rate_limit('b', 1, 10, '1 h')).allowed)
FROM generate_series(1, 50);
SELECT allowed, retry_after <= '1 s' AS soon FROM tix_rate_limit('c', 5, 5, '5 s');
SELECT allowed, retry_after <= '1 s' AS soon FROM tix_rate_limit('c', 1, 5, '5 s');
SELECT pg_sleep(1.05);
SELECT allowed FROM tix_rate_limit('c', 1, 5, '5 s');
-- No part of the transaction, and as good in one that is read-only.
BEGIN READ ONLY;
SELECT remaining FROM tix_rate_limit('d', 1, 10, '1 day');
ROLLBACK;
SELECT remaining FROM tix_rate_limit('d', 1, 10, '1 day');
-- The greatest.
SELECT * FROM tix_rate_limit('e', 1000000, 1000000, '31 days');
SELECT allowed, remaining, retry_after > '30 days 23:59' AS late
FROM tix_rate_limit('e', 1000000, 1000000, '31 days');
SELECT allowed, remaining FROM tix_rate_limit(repeat('k', 1024), 1, 1, '1 microsecond');
-- What cannot be.
SELECT tix_rate_limit(NULL, 1, 1, '1 s');
SELECT tix_rate_limit('f', NULL, 1, '1 s');
SELECT tix_rate_limit('f', 1, NULL, '1 s');
SELECT tix_rate_limit('f', 1, 1, NULL);
SELECT tix_rate_limit('f', 0, 1, '1 s');
SELECT tix_rate_limit('f', -1, 1, '1 s');
SELECT tix_rate_limit('f', 2, 1, '1 s');
SELECT tix_rate_limit('f', 1, 0, '1 s');
SELECT tix_rate_limit('f', 1, -2147483648, '1 s');
SELECT tix_rate_limit('f', 1, 1000001, '1 s');
SELECT tix_rate_limit('f', 1, 1, '0');
SELECT tix_rate_limit('f', 1, 1, '-1 s');
SELECT tix_rate_limit('f', 1, 1, '32 days');
SELECT tix_rate_limit('f', 1, 1, '178000000 years');
SELECT tix_rate_limit(repeat('k', 1025), 1, 1, '1 s');
-- Watched.
SELECT keys, in_use BETWEEN 8 AND 12 AS in_use, allowed > 20 AS allowed, refused > 40 AS refused,
    untracked, stats_reset IS NOT NULL AS since
FROM tix_stat_rate_limits;
SELECT bytes - keys * 32 BETWEEN 0 AND 8192 AS accounted
FROM tix_memory, tix_stat_rate_limits WHERE part = 'rate limits';
