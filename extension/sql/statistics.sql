-- The views over shared memory, and who may read them; part of tix 1.0.

CREATE FUNCTION @extschema@.tix_stat_partitions_rows()
RETURNS TABLE (partition integer, live_holds integer, grants bigint, granted_seats bigint,
    refusals bigint, relocks bigint, extends bigint, releases bigint, expirations bigint,
    confirmations bigint, sold_seats bigint, freed_seats bigint, undone bigint, lost bigint,
    stats_reset timestamptz)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_partitions_rows() IS
    'The rows of the view tix_stat_partitions.';
CREATE VIEW @extschema@.tix_stat_partitions AS
    SELECT * FROM @extschema@.tix_stat_partitions_rows();
COMMENT ON VIEW @extschema@.tix_stat_partitions IS
    'Counters of each partition since stats_reset: the start of the server, or the last '
    'tix_stat_reset(). refusals: of lock calls that found their seats and partitions, and of '
    'extensions (busy, lifetime); undone: changes taken back by rollback; lost: transactions '
    'refused at COMMIT with TX002.';

CREATE FUNCTION @extschema@.tix_stat_sessions_rows()
RETURNS TABLE (session_id uuid, state text, since timestamptz, seats integer, areas integer,
    layout_version integer, bytes bigint, in_use integer, last_used timestamptz,
    loader_pid integer, phase text, rows_read integer, sqlstate text, error text)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_sessions_rows() IS
    'The rows of the view tix_stat_sessions.';
CREATE VIEW @extschema@.tix_stat_sessions AS
    SELECT * FROM @extschema@.tix_stat_sessions_rows();
COMMENT ON VIEW @extschema@.tix_stat_sessions IS
    'The sessions of this database that memory knows. state: loading (by process loader_pid, '
    'which is in phase waiting, reading seats, reading journal or building and has read rows_read '
    'rows), ready, or failed (with sqlstate and error; NULL when the seat loader lists no seats), '
    'each since; in_use: changes of running transactions; bytes: of shared memory.';

CREATE FUNCTION @extschema@.tix_stat_holds_rows()
RETURNS TABLE (session_id uuid, lock_id bigint, user_id uuid, state text, seats integer,
    expires_at timestamptz, ordered boolean, uncommitted boolean)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_holds_rows() IS 'The rows of the view tix_stat_holds.';
CREATE VIEW @extschema@.tix_stat_holds AS SELECT * FROM @extschema@.tix_stat_holds_rows();
COMMENT ON VIEW @extschema@.tix_stat_holds IS
    'The holds in memory of this database. state: held, confirming, or overdue (anyone may take '
    'the seats). user_id only for pg_read_all_stats.';

CREATE FUNCTION @extschema@.tix_stat_areas_rows()
RETURNS TABLE (session_id uuid, area_id text, free integer, held integer, confirming integer,
    sold integer, blocked integer, capacity integer)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_areas_rows() IS 'The rows of the view tix_stat_areas.';
CREATE VIEW @extschema@.tix_stat_areas AS SELECT * FROM @extschema@.tix_stat_areas_rows();
COMMENT ON VIEW @extschema@.tix_stat_areas IS
    'The engine''s own counters of each area of the sessions in memory; overdue seats count as '
    'held until somebody looks.';

CREATE FUNCTION @extschema@.tix_memory_rows()
RETURNS TABLE (part text, session_id uuid, seats integer, bytes bigint,
    bytes_per_seat double precision)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_memory_rows() IS 'The rows of the view tix_memory.';
CREATE VIEW @extschema@.tix_memory AS SELECT * FROM @extschema@.tix_memory_rows();
COMMENT ON VIEW @extschema@.tix_memory IS
    'What fills the arena, in bytes: arena, fixed, free, and for each session its block and its '
    'hold entries; rate limits: shared memory beside the arena.';

CREATE FUNCTION @extschema@.tix_stat_workers_rows()
RETURNS TABLE (kind text, pid integer, state text, rounds bigint, partitions_swept bigint,
    freed bigint, terminated bigint, last_round_at timestamptz, database oid, session_id uuid,
    rows_read integer)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_workers_rows() IS 'The rows of the view tix_stat_workers.';
CREATE VIEW @extschema@.tix_stat_workers AS SELECT * FROM @extschema@.tix_stat_workers_rows();
COMMENT ON VIEW @extschema@.tix_stat_workers IS
    'The background workers of the cluster. kind expiry: state sweeping, sleeping, standby (in '
    'recovery) or stopped (pid NULL; the server starts it again after a second); holds freed, '
    'transactions terminated for tix.confirm_timeout, end of the last round. kind loader: state is '
    'the phase, waiting, reading seats, reading journal or building, of the session_id of that '
    'database; pid NULL until the process has started.';

CREATE FUNCTION @extschema@.tix_locks_rows()
RETURNS TABLE (pid integer, session_id uuid, lock_id bigint, user_id uuid, seats text[], state text,
    age interval)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_locks_rows() IS 'The rows of the view tix_locks.';
CREATE VIEW @extschema@.tix_locks AS
    SELECT l.*, a.usename, a.application_name, a.xact_start, a.wait_event_type, a.wait_event
    FROM @extschema@.tix_locks_rows() l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid);
COMMENT ON VIEW @extschema@.tix_locks IS
    'What running transactions of this database have changed and not committed, with the backend '
    'that does: one row a hold, or a sold seat being freed (lock_id NULL). state: held, '
    'committing, confirming or freeing; age: of the hold, from its first acquisition. user_id only '
    'for pg_read_all_stats.';

CREATE FUNCTION @extschema@.tix_stat_latency_rows()
RETURNS TABLE (kind text, from_us bigint, to_us bigint, calls bigint, max_us bigint)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_latency_rows() IS
    'The rows of the view tix_stat_latency, and the longest duration of each kind.';
CREATE VIEW @extschema@.tix_stat_latency AS
    SELECT kind, from_us, to_us, calls FROM @extschema@.tix_stat_latency_rows();
COMMENT ON VIEW @extschema@.tix_stat_latency IS
    'Histograms of all databases since stats_reset: calls that took from_us or longer and less '
    'than to_us microseconds (NULL: any longer). kind: lock won and lock lost, from the start of a '
    'lock call until it could be decided, waits for loading and for other calls included, the '
    'journal not; commit, from the check before COMMIT until its changes of seats are kept, the '
    'flush of the WAL included.';
CREATE VIEW @extschema@.tix_stat_percentiles AS
    WITH running AS (
        SELECT kind, calls, max_us, LEAST(to_us, max_us) AS bound_us,
               sum(calls) OVER (PARTITION BY kind ORDER BY from_us) AS upto,
               sum(calls) OVER (PARTITION BY kind) AS total
        FROM @extschema@.tix_stat_latency_rows())
    SELECT kind, sum(calls)::bigint AS calls,
           min(bound_us) FILTER (WHERE upto >= 0.50 * total) AS p50_us,
           min(bound_us) FILTER (WHERE upto >= 0.95 * total) AS p95_us,
           min(bound_us) FILTER (WHERE upto >= 0.99 * total) AS p99_us,
           max(max_us) AS max_us
    FROM running GROUP BY kind;
COMMENT ON VIEW @extschema@.tix_stat_percentiles IS
    'tix_stat_latency in a row a kind, in microseconds: at least so many percent of the calls took '
    'no longer, at most 25 percent too high; max_us is exact.';

CREATE FUNCTION @extschema@.tix_stat_reset() RETURNS timestamptz
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_stat_reset() IS
    'Sets the counters and histograms of the whole cluster to zero and returns the time of it, '
    'which the views show as stats_reset. Superuser only, unless granted.';

-- Privileges --------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA @extschema@ FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
GRANT SELECT ON @extschema@.tix_stat_sessions, @extschema@.tix_stat_partitions,
    @extschema@.tix_stat_holds, @extschema@.tix_stat_areas, @extschema@.tix_stat_workers,
    @extschema@.tix_stat_latency, @extschema@.tix_stat_percentiles, @extschema@.tix_locks,
    @extschema@.tix_memory TO pg_monitor;
GRANT EXECUTE ON FUNCTION @extschema@.tix_stat_sessions_rows(),
    @extschema@.tix_stat_partitions_rows(), @extschema@.tix_stat_holds_rows(),
    @extschema@.tix_stat_areas_rows(), @extschema@.tix_stat_workers_rows(),
    @extschema@.tix_stat_latency_rows(), @extschema@.tix_locks_rows(),
    @extschema@.tix_memory_rows() TO pg_monitor;
