-- Reading the outbox from a cursor, making its partitions ahead, and forgetting what is old.
-- Requires tix >= 1.0
--
-- jit = off: small tables are read whole whatever enable_seqscan says, and what that is said to
-- cost would have every plan compiled, which takes a second.

DROP FUNCTION IF EXISTS tix.outbox_epoch();
CREATE FUNCTION tix.outbox_epoch() RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    here CONSTANT bigint := (SELECT s.system_identifier FROM pg_control_system() s);
    known tix.outbox_epoch;
BEGIN
    SELECT * INTO known FROM outbox_epoch e;
    IF known.system_identifier = here THEN
        RETURN known.epoch;
    END IF;
    SELECT * INTO known FROM outbox_epoch e FOR UPDATE;
    IF known.system_identifier <> here THEN
        UPDATE events_outbox e SET xid = '0' WHERE e.xid <> '0';
        UPDATE outbox_epoch e SET epoch = known.epoch + 1, system_identifier = here
        RETURNING e.epoch INTO known.epoch;
    END IF;
    RETURN known.epoch;
END $$;
COMMENT ON FUNCTION tix.outbox_epoch() IS
    'Internal: the epoch of the outbox. In a cluster that it was restored into it begins the next '
    'one first: what is there is older than every transaction of this cluster.';

DROP FUNCTION IF EXISTS tix.parse_outbox_cursor(text);
CREATE FUNCTION tix.parse_outbox_cursor(
    cursor text, OUT epoch int, OUT xid xid8, OUT event_id bigint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    part CONSTANT text[] := regexp_match(cursor, '^(\d{1,9})-(\d{1,19})-(\d{1,18})$');
BEGIN
    IF part IS NULL OR part[2]::numeric > 9223372036854775807 THEN
        RAISE EXCEPTION 'cursor is malformed' USING ERRCODE = '22023',
            HINT = 'Pass what tix_read_outbox() answered as next_cursor, or NULL.';
    END IF;
    epoch := part[1]::int;
    xid := part[2]::xid8;
    event_id := part[3]::bigint;
END $$;
COMMENT ON FUNCTION tix.parse_outbox_cursor(text) IS
    'Internal: the parts of a cursor. Error 22023: it is none.';

DROP FUNCTION IF EXISTS tix.tix_read_outbox(text, int, text[]);
CREATE FUNCTION tix.tix_read_outbox(
    cursor text DEFAULT NULL, max_rows int DEFAULT 100, types text[] DEFAULT NULL)
RETURNS TABLE (event_id bigint, aggregate_type text, aggregate_id uuid, sequence int, type text,
               payload jsonb, occurred_at timestamptz, next_cursor text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp
SET enable_seqscan = off SET enable_sort = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    -- Taken before the rows are looked at: whatever ended before is seen, and all below has ended.
    settled CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
    now_epoch int;
    since record;
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be 1 to 1000' USING ERRCODE = '22023',
            HINT = 'Read on from next_cursor.';
    ELSIF cardinality(types) > 100 OR array_position(types, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'types must be at most 100, and none of them NULL' USING ERRCODE = '22023',
            HINT = 'Pass NULL for all types.';
    END IF;
    now_epoch := outbox_epoch();
    SELECT * INTO since FROM parse_outbox_cursor(coalesce(cursor, now_epoch || '-0-0'));
    IF since.epoch <> now_epoch OR since.xid > settled THEN
        RAISE EXCEPTION 'cursor is of another cluster or of its future' USING ERRCODE = '22023',
            HINT = 'The data was restored: read again from NULL, and skip the events you know.';
    END IF;
    RETURN QUERY
        SELECT e.event_id, e.aggregate_type, e.aggregate_id, e.sequence, e.type, e.payload,
               e.occurred_at, format('%s-%s-%s', now_epoch, e.xid, e.event_id)
        FROM events_outbox e
        WHERE (e.xid, e.event_id) > (since.xid, since.event_id) AND e.xid < settled
          AND (types IS NULL OR type_is_wanted(e.type, types))
        ORDER BY e.xid, e.event_id LIMIT max_rows;
END $$;
COMMENT ON FUNCTION tix.tix_read_outbox(text, int, text[]) IS
    'The next max_rows (1 to 1000) events behind the cursor (NULL: from the oldest that is kept), '
    'in the order of their transactions; none is ever skipped, for those of transactions that may '
    'still commit, and all after them, wait until these have ended. Keep next_cursor of the last '
    'row with what you did about it. types: names, "order.*" for all that begin so, "*"; NULL: '
    'all. Errors: 22023 max_rows, types, a malformed cursor or one of another cluster.';

DROP FUNCTION IF EXISTS tix.type_is_wanted(text, text[]);
CREATE FUNCTION tix.type_is_wanted(type text, types text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN type = ANY (types) OR '*' = ANY (types)
           OR split_part(type, '.', 1) || '.*' = ANY (types);
END $$;
COMMENT ON FUNCTION tix.type_is_wanted(text, text[]) IS
    'Internal: whether a list of event types ("order.created", "order.*", "*") has this one.';

REVOKE ALL ON FUNCTION
    tix.outbox_epoch, tix.parse_outbox_cursor, tix.tix_read_outbox, tix.type_is_wanted FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_read_outbox TO tix_admin;
