-- News: the events of the outbox by the user they concern, for the streams of the edge.
-- Requires tix >= 1.0
--
-- jit = off, enable_seqscan = off: as in reads.sql, and for its reasons.

DROP FUNCTION IF EXISTS tix.tix_news(text, int);
CREATE FUNCTION tix.tix_news(cursor text DEFAULT NULL, max_rows int DEFAULT 1000)
RETURNS TABLE (user_id uuid, type text, object_id uuid, order_id uuid, version int,
               occurred_at timestamptz, next_cursor text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off SET enable_sort = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT text[] := ARRAY['order.*', 'payment.*', 'refund.*', 'ticket.*'];
    at text := cursor;
BEGIN
    IF at IS NULL THEN
        at := recent_outbox(interval '1 minute', 10000);
        RETURN QUERY SELECT NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::int,
                            NULL::timestamptz, at;
    END IF;
    RETURN QUERY
        SELECT u.user_id, e.type, e.aggregate_id, (e.payload->>'orderId')::uuid, e.sequence,
               e.occurred_at, e.next_cursor
        FROM tix_read_outbox(at, max_rows, wanted) e
        CROSS JOIN LATERAL (
            SELECT coalesce((e.payload->>'userId')::uuid,
                            (SELECT o.user_id FROM orders o
                             WHERE o.order_id = (e.payload->>'orderId')::uuid))
            UNION
            SELECT (e.payload->>'fromUserId')::uuid WHERE e.payload ? 'fromUserId') u (user_id);
END $$;
COMMENT ON FUNCTION tix.tix_news(text, int) IS
    'The next max_rows (1 to 1000) events of orders, payments, refunds and tickets behind the '
    'cursor, as tix_read_outbox, each with the user it concerns; a transferred ticket concerns '
    'two. version is the number of the event in its object, from 1 without gaps; orders show '
    'theirs. NULL: a first row with nothing but a cursor, then the events of the last minute, at '
    'most 10 000. Errors: 22023 max_rows, a malformed cursor or one of another cluster.';

DROP FUNCTION IF EXISTS tix.recent_outbox(interval, int);
CREATE FUNCTION tix.recent_outbox(age interval, most int) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_seqscan = off SET enable_sort = off SET jit = off AS $$
DECLARE
    settled CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
    since CONSTANT timestamptz := clock_timestamp() - age;
    e record;
    at text := format('%s-%s-%s', outbox_epoch(), settled::text::bigint - 1, 999999999999999999);
BEGIN
    FOR e IN SELECT o.xid, o.event_id, o.occurred_at FROM events_outbox o WHERE o.xid < settled
             ORDER BY o.xid DESC, o.event_id DESC LIMIT most LOOP
        EXIT WHEN e.occurred_at < since;
        at := format('%s-%s-%s', outbox_epoch(), e.xid, e.event_id - 1);
    END LOOP;
    RETURN at;
END $$;
COMMENT ON FUNCTION tix.recent_outbox(interval, int) IS
    'Internal: a cursor before the settled events of so long ago, or before the last so many.';

REVOKE ALL ON FUNCTION tix.tix_news, tix.recent_outbox FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_news TO tix_app;
