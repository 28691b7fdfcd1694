-- Whether the database can take a sale now, for readiness checks.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_health();
CREATE FUNCTION tix.tix_health(
    OUT writable boolean, OUT engine boolean, OUT server_time timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    writable := NOT pg_is_in_recovery()
                AND NOT current_setting('default_transaction_read_only')::boolean;
    server_time := clock_timestamp();
    engine := EXISTS (SELECT FROM tix_stat_partitions_rows());
EXCEPTION WHEN OTHERS THEN
    engine := false;  -- not preloaded (TX012), or the extension is gone
END $$;
COMMENT ON FUNCTION tix.tix_health() IS
    'writable: the server takes writes (no standby, not read-only); engine: the extension answers; '
    'server_time: wall clock. Reads no table and raises nothing.';

REVOKE ALL ON FUNCTION tix.tix_health FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_health TO tix_app, tix_monitor;
