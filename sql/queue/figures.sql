-- The figures of waiting rooms, for those who steer and those who watch.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.queue_figures(interval);
CREATE FUNCTION tix.queue_figures(
    kept interval, OUT session_id uuid, OUT queue_id int, OUT state text, OUT mode text,
    OUT joined bigint, OUT depth bigint, OUT serving bigint, OUT admitted bigint,
    OUT claimed bigint, OUT active bigint, OUT outstanding bigint, OUT expired bigint,
    OUT max_active bigint, OUT rate double precision, OUT rate_now double precision,
    OUT pace double precision, OUT eta_s double precision, OUT eta_error_s double precision,
    OUT as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 32
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT q.session_id, q.queue_id, q.state, q.mode, n.joined, n.joined - q.serving,
               q.serving, q.serving - q.unclaimed, q.serving - q.unclaimed - q.outstanding,
               q.active::bigint, q.outstanding::bigint, q.unclaimed, q.max_active::bigint, q.rate,
               q.rate_now, q.pace,
               CASE WHEN q.state = 'open' THEN
                   greatest(extract(epoch FROM q.opens_at - clock_timestamp()), 0)
                       ::double precision + (n.joined - q.serving + 1) / pace_of_queue(q) END,
               q.eta_error_s, coalesce(q.stepped_at, q.created_at)
        FROM queues q CROSS JOIN LATERAL (
            SELECT CASE WHEN q.state <> 'closed' THEN greatest(joins_of_queue(q), q.serving)
                        ELSE q.serving END AS joined OFFSET 0) n
        WHERE q.state <> 'closed' OR q.closed_at > clock_timestamp() - kept
        ORDER BY q.queue_id;
END $$;
COMMENT ON FUNCTION tix.queue_figures(interval) IS
    'Internal: the rows of the view tix_stat_queue, of what is open and what closed within kept.';

REVOKE ALL ON FUNCTION tix.queue_figures FROM PUBLIC;
