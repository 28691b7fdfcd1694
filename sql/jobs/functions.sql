-- Scheduled jobs, which nothing depends on, and the way to take tix out of a database.
-- Requires tix >= 1.0

RESET ROLE;

DROP FUNCTION IF EXISTS tix.tix_schedule_jobs();
CREATE FUNCTION tix.tix_schedule_jobs() RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    scheduled int;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        RETURN 0;
    END IF;
    SELECT count(cron.schedule(new.job, new.schedule, new.command)) INTO scheduled
    FROM (VALUES
        ('tix_expire_orders', '* * * * *', 'DO $do$BEGIN FOR batch IN 1 .. 1000 LOOP '
         'EXIT WHEN tix.tix_expire_orders(1000) = 0; COMMIT; END LOOP; END$do$'),
        ('tix_prune_order_keys', '* * * * *', 'SELECT tix.tix_prune_order_keys(100000)'),
        ('tix_maintain_outbox', '* * * * *', 'SELECT tix.tix_maintain_outbox(100000)'),
        ('tix_prune_idempotency_keys', '* * * * *',
         'SELECT tix.tix_prune_idempotency_keys(100000)'),
        ('tix_mass_refund_step', '* * * * *', 'SELECT tix.tix_mass_refund_step(1000)'),
        ('tix_prune_payment_answers', '* * * * *', 'SELECT tix.tix_prune_payment_answers(100000)'),
        ('tix_prune_webhooks', '* * * * *', 'SELECT tix.tix_prune_webhooks(10000)'),
        ('tix_prune_queues', '* * * * *', 'SELECT tix.tix_prune_queues(100000)'),
        ('tix_waitlist_step', '* * * * *', 'SELECT tix.tix_waitlist_step(1000)'),
        ('tix_prune_journal', '* * * * *', 'SELECT tix.tix_prune_journal(100000)'),
        ('tix_prune_refresh_tokens', '* * * * *', 'SELECT tix.tix_prune_refresh_tokens(10000)'),
        ('tix_prune_traces', '* * * * *', 'SELECT tix.tix_prune_traces(100000)'))
        new (job, schedule, command)
    WHERE NOT EXISTS (SELECT FROM cron.job j WHERE j.jobname = new.job);
    RETURN scheduled;
END $$;
COMMENT ON FUNCTION tix.tix_schedule_jobs() IS
    'For operators: schedules the jobs of tix with pg_cron, if it is installed here, each every '
    'minute; cron.job lists them. Returns how many jobs are new. A job that exists is left as it '
    'is: cron.alter_job() changes, say, how long the journal is kept.';

DROP FUNCTION IF EXISTS tix.tix_prune_idempotency_keys(int);
CREATE FUNCTION tix.tix_prune_idempotency_keys(max_rows int DEFAULT 100000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    pruned int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_prune_idempotency_keys', 0)) THEN
        RETURN 0;
    END IF;
    DELETE FROM idempotency_keys k WHERE k.ctid = ANY (ARRAY(
        SELECT old.ctid FROM idempotency_keys old
        WHERE old.at < clock_timestamp() - interval '24 hours' ORDER BY old.at LIMIT max_rows));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION tix.tix_prune_idempotency_keys(int) IS
    'For operators: forgets idempotency keys of holds older than 24 hours, at most max_rows, the '
    'oldest first; returns how many. Runs once at a time: a second caller gets 0. Error 22023: '
    'max_rows is not positive.';

DROP FUNCTION IF EXISTS tix.tix_uninstall();
CREATE FUNCTION tix.tix_uninstall() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.unschedule(j.jobid) FROM cron.job j
        WHERE j.jobname LIKE 'tix\_%';
    END IF;
    DROP TRIGGER IF EXISTS sale_rules ON sessions;
    DROP TRIGGER IF EXISTS ticket_guard ON tickets;
    DROP TRIGGER IF EXISTS ticket_truncate_guard ON tickets;
    -- sql/migrate applies these again, which brings grants and guards back.
    DELETE FROM migrations m WHERE m.kind = 'repeatable';
    DROP EXTENSION tix;
END $$;
COMMENT ON FUNCTION tix.tix_uninstall() IS
    'Removes the guards, the jobs and the extension with its journal of holds; orders, payments '
    'and tickets stay. Superuser only. Run sql/migrate to come back.';

REVOKE ALL ON FUNCTION
    tix.tix_schedule_jobs, tix.tix_prune_idempotency_keys, tix.tix_uninstall FROM PUBLIC;
