-- The rate limits of many keys in one call, for gateways that settle what they gave.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_rate_limits(text[], integer[], integer[]);
CREATE FUNCTION tix.tix_rate_limits(keys text[], costs integer[], bursts integer[])
RETURNS TABLE (place integer, allowed boolean, remaining integer, retry_after_ms bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(keys) IS DISTINCT FROM cardinality(costs)
       OR cardinality(keys) IS DISTINCT FROM cardinality(bursts)
       OR coalesce(cardinality(keys), 0) NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'keys, costs and bursts must be of one length, from 1 to 10000'
            USING ERRCODE = '22023', HINT = 'Give each key its cost and its burst.';
    END IF;
    RETURN QUERY
    SELECT k.number::integer, r.allowed, r.remaining,
           ceil(extract(epoch FROM r.retry_after) * 1000)::bigint
    FROM unnest(keys, costs, bursts) WITH ORDINALITY k (key, cost, burst, number)
    CROSS JOIN LATERAL tix_rate_limit(k.key, k.cost, k.burst, '1 minute'::interval) r
    ORDER BY k.number;
END $$;
COMMENT ON FUNCTION tix.tix_rate_limits(text[], integer[], integer[]) IS
    'tix_rate_limit() for each key with its cost and its burst, which is refilled in a minute: one '
    'row each, in order of place; retry_after_ms in milliseconds. 1 to 10000 keys. Errors: 22023 '
    'arrays of different lengths, none, too many, or a bad value; then some of the keys may have '
    'been charged.';

REVOKE ALL ON FUNCTION tix.tix_rate_limits FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_rate_limits TO tix_app;
