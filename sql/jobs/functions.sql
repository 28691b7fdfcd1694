-- Scheduled jobs, which nothing depends on, and the way to take tix out of a database.
-- Requires tix >= 1.0

RESET ROLE;

DROP FUNCTION IF EXISTS tix.tix_schedule_jobs();
CREATE FUNCTION tix.tix_schedule_jobs() RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        RETURN 0;
    END IF;
    PERFORM FROM cron.job j WHERE j.jobname = 'tix_expire_orders';
    IF FOUND THEN
        RETURN 0;
    END IF;
    PERFORM cron.schedule('tix_expire_orders', '* * * * *',
                          'SELECT tix.tix_expire_orders(1000)');
    RETURN 1;
END $$;
COMMENT ON FUNCTION tix.tix_schedule_jobs() IS
    'For operators: schedules the expiry of orders every minute with pg_cron, if it is installed '
    'here. Returns how many jobs are new.';

DROP FUNCTION IF EXISTS tix.tix_uninstall();
CREATE FUNCTION tix.tix_uninstall() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.unschedule(j.jobid) FROM cron.job j WHERE j.jobname = 'tix_expire_orders';
    END IF;
    DROP TRIGGER IF EXISTS ticket_guard ON tickets;
    DROP TRIGGER IF EXISTS ticket_truncate_guard ON tickets;
    -- sql/migrate applies these again, which brings grants and guards back.
    DELETE FROM migrations m WHERE m.kind = 'repeatable';
    DROP EXTENSION tix;
END $$;
COMMENT ON FUNCTION tix.tix_uninstall() IS
    'Removes the guards, the jobs and the extension with its journal of holds; orders, payments '
    'and tickets stay. Superuser only. Run sql/migrate to come back.';

REVOKE ALL ON FUNCTION tix.tix_schedule_jobs, tix.tix_uninstall FROM PUBLIC;
