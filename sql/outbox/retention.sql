-- Partitions of the outbox made ahead, and events that are old enough forgotten.
-- Requires tix >= 1.0
--
-- Locking: NOWAIT, always. A job that waited for an ACCESS EXCLUSIVE lock would stop every buyer
-- who comes after it; one that finds the table in use says so, and runs again in a minute.
-- These functions are not SECURITY DEFINER: they make and drop tables by name.

DROP FUNCTION IF EXISTS tix.utc_midnight(date);
CREATE FUNCTION tix.utc_midnight(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT make_timestamptz(extract(year FROM day)::int, extract(month FROM day)::int,
                            extract(day FROM day)::int, 0, 0, 0, 'UTC')
$$;
COMMENT ON FUNCTION tix.utc_midnight(date) IS 'Internal: when a day begins in UTC.';

DROP FUNCTION IF EXISTS tix.add_outbox_day(date);
CREATE FUNCTION tix.add_outbox_day(day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    name CONSTANT text := 'events_outbox_' || to_char(day, 'YYYYMMDD');
    since CONSTANT timestamptz := utc_midnight(day);
    until CONSTANT timestamptz := utc_midnight(day + 1);
BEGIN
    IF to_regclass('tix.' || name) IS NOT NULL
       OR EXISTS (SELECT FROM events_outbox_default d
                  WHERE d.occurred_at >= since AND d.occurred_at < until) THEN
        RETURN false;
    END IF;
    LOCK TABLE events_outbox_default IN ACCESS EXCLUSIVE MODE NOWAIT;
    IF EXISTS (SELECT FROM events_outbox_default d
               WHERE d.occurred_at >= since AND d.occurred_at < until) THEN
        RETURN false;  -- somebody wrote one in between
    END IF;
    EXECUTE format('CREATE TABLE tix.%I (LIKE tix.events_outbox INCLUDING DEFAULTS)', name);
    EXECUTE format('ALTER TABLE tix.%I OWNER TO tix_owner', name);
    EXECUTE format('COMMENT ON TABLE tix.%I IS %L', name, 'Events of ' || day || ' (UTC).');
    EXECUTE format('ALTER TABLE tix.events_outbox ATTACH PARTITION tix.%I '
                   'FOR VALUES FROM (%L) TO (%L)', name, since, until);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;
COMMENT ON FUNCTION tix.add_outbox_day(date) IS
    'Internal: makes the partition of a day (UTC). False, and nothing changed, when it is there, '
    'when the DEFAULT partition has events of that day already, or is in use at this moment.';

DROP FUNCTION IF EXISTS tix.drop_outbox_days(date);
CREATE FUNCTION tix.drop_outbox_days(before date) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    old regclass;
    dropped int := 0;
BEGIN
    FOR old IN SELECT i.inhrelid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'tix.events_outbox'::regclass
                 AND c.relname ~ '^events_outbox_\d{8}$'
                 AND to_date(right(c.relname, 8), 'YYYYMMDD') < before LOOP
        LOCK TABLE ONLY events_outbox IN ACCESS EXCLUSIVE MODE NOWAIT;
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', old);
        LOCK TABLE events_outbox_default IN ACCESS EXCLUSIVE MODE NOWAIT;
        EXECUTE format('DROP TABLE %s', old);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $$;
COMMENT ON FUNCTION tix.drop_outbox_days(date) IS
    'Internal: drops the partitions of days before this one; how many, all or, while the outbox is '
    'in use, none.';

DROP FUNCTION IF EXISTS tix.prune_outbox_class(text, date, int);
CREATE FUNCTION tix.prune_outbox_class(class text, cutoff date, max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    day date := (SELECT coalesce(r.pruned_until,
                                 (SELECT (min(e.occurred_at) AT TIME ZONE 'UTC')::date
                                  FROM events_outbox e))
                 FROM outbox_retention r WHERE r.type_prefix = class);
    gone int;
    pruned int := 0;
BEGIN
    WHILE day < cutoff AND pruned < max_rows LOOP
        DELETE FROM events_outbox e USING (
            SELECT o.tableoid AS part, o.ctid AS place FROM events_outbox o
            WHERE o.occurred_at >= utc_midnight(day)
              AND o.occurred_at < utc_midnight(day + 1)
              AND class = (SELECT r.type_prefix FROM outbox_retention r
                           WHERE starts_with(o.type, r.type_prefix)
                           ORDER BY length(r.type_prefix) DESC LIMIT 1)
            LIMIT max_rows - pruned) old
        WHERE e.tableoid = old.part AND e.ctid = old.place
          AND e.occurred_at >= utc_midnight(day)
          AND e.occurred_at < utc_midnight(day + 1);
        GET DIAGNOSTICS gone = ROW_COUNT;
        pruned := pruned + gone;
        IF pruned < max_rows THEN
            day := day + 1;
        END IF;
    END LOOP;
    UPDATE outbox_retention r SET pruned_until = day
    WHERE r.type_prefix = class AND day <= cutoff AND r.pruned_until IS DISTINCT FROM day;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION tix.prune_outbox_class(text, date, int) IS
    'Internal: deletes at most max_rows events of a class of tix.outbox_retention that are of days '
    '(UTC) before cutoff, the oldest days first, and remembers which days are done.';

DROP FUNCTION IF EXISTS tix.tix_maintain_outbox(int, int);
CREATE FUNCTION tix.tix_maintain_outbox(
    max_rows int DEFAULT 10000, days_ahead int DEFAULT 3,
    OUT made int, OUT dropped int, OUT pruned int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    today CONSTANT date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    class record;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 OR days_ahead IS NULL
       OR days_ahead NOT BETWEEN 0 AND 30 THEN
        RAISE EXCEPTION 'max_rows must be positive and days_ahead 0 to 30'
            USING ERRCODE = '22023';
    END IF;
    made := 0;
    dropped := 0;
    pruned := 0;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_maintain_outbox', 0)) THEN
        RETURN;
    END IF;
    FOR class IN SELECT r.type_prefix, r.keep_days FROM outbox_retention r
                 ORDER BY r.keep_days LOOP
        EXIT WHEN pruned >= max_rows;
        pruned := pruned + prune_outbox_class(class.type_prefix, today - class.keep_days,
                                              max_rows - pruned);
    END LOOP;
    -- Last, for COMMIT then follows at once: these locks are the only ones that others can meet.
    SELECT count(*) FILTER (WHERE add_outbox_day(today + n)) INTO made
    FROM generate_series(0, days_ahead) n;
    dropped := drop_outbox_days(today - (SELECT max(r.keep_days) FROM outbox_retention r));
END $$;
COMMENT ON FUNCTION tix.tix_maintain_outbox(int, int) IS
    'For operators: makes the partitions of today and days_ahead days more (0 to 30, default 3), '
    'drops those of which nothing is kept, and deletes at most max_rows (default 10000) events '
    'that are older than tix.outbox_retention says; returns how many of each. It waits for nobody: '
    'what is in use is done the next time. Runs once at a time: a second caller gets zeros. Error '
    '22023: an argument out of bounds.';

REVOKE ALL ON FUNCTION
    tix.utc_midnight, tix.add_outbox_day, tix.drop_outbox_days, tix.prune_outbox_class,
    tix.tix_maintain_outbox FROM PUBLIC;

-- So that the first days have theirs even where no job runs.
DO $$
BEGIN
    PERFORM tix.add_outbox_day((clock_timestamp() AT TIME ZONE 'UTC')::date + n)
    FROM generate_series(0, 3) n;
END $$;
