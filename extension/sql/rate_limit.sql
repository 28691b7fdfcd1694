-- Rate limits: one token bucket a key for all gateways; part of tix 1.0.

CREATE FUNCTION @extschema@.tix_rate_limit(key text, cost integer, burst integer, per interval,
    OUT allowed boolean, OUT remaining integer, OUT retry_after interval)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_rate_limit(text, integer, integer, interval) IS
    'Takes cost tokens (1 to burst) out of the bucket of the key (at most 1024 bytes), which holds '
    'burst (1 to 1000000) and is refilled evenly, all of it in per (to 31 days). allowed: it had '
    'them; remaining: whole tokens left; retry_after: when the same call will be allowed if nobody '
    'else calls, 0 when it was. The bucket is the database''s, the key''s and the rate''s: with '
    'another burst or per it is another bucket. Exact, in memory, for all clients of the server; '
    'no part of the transaction: ROLLBACK gives nothing back, after a crash buckets are full, a '
    'standby has its own. A key needs a place of tix.rate_limit_keys until its bucket is full '
    'again; where none is free its calls are allowed and counted as untracked in '
    'tix_stat_rate_limits. Errors: 22023 bad argument.';

CREATE FUNCTION @extschema@.tix_stat_rate_limits_rows()
RETURNS TABLE (keys integer, in_use integer, allowed bigint, refused bigint, untracked bigint,
    stats_reset timestamptz)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_rate_limits_rows() IS
    'The row of the view tix_stat_rate_limits.';
CREATE VIEW @extschema@.tix_stat_rate_limits AS
    SELECT * FROM @extschema@.tix_stat_rate_limits_rows();
COMMENT ON VIEW @extschema@.tix_stat_rate_limits IS
    'The rate limits of the cluster: keys there is room for (tix.rate_limit_keys), buckets in use '
    '(not full), and since stats_reset the calls that were allowed, refused, and allowed without a '
    'bucket because there was no room (untracked).';

-- Privileges --------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA @extschema@ FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
GRANT SELECT ON @extschema@.tix_stat_rate_limits TO pg_monitor;
GRANT EXECUTE ON FUNCTION @extschema@.tix_stat_rate_limits_rows() TO pg_monitor;
