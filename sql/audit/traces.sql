-- Traces of changes that are no part of buying, and the guards that the audit relies on.
-- Requires tix >= 1.0
--
-- Buying leaves its own trace, the time of tickets and payments; the triggers' WHEN keeps it from
-- paying for these. They are ENABLE ALWAYS: a replication role leaves traces, too.

DROP TRIGGER IF EXISTS audit_trace_insert ON tix.orders;
DROP TRIGGER IF EXISTS audit_trace_update ON tix.orders;
DROP TRIGGER IF EXISTS audit_trace_change ON tix.order_items;
DROP TRIGGER IF EXISTS audit_trace_insert ON tix.payments;
DROP TRIGGER IF EXISTS audit_trace_update ON tix.payments;
DROP TRIGGER IF EXISTS audit_trace_delete ON tix.payments;
DROP TRIGGER IF EXISTS audit_trace_change ON tix.refunds;
DROP TRIGGER IF EXISTS audit_trace_insert ON tix.tickets;
DROP TRIGGER IF EXISTS audit_trace_update ON tix.tickets;
DROP TRIGGER IF EXISTS audit_trace_delete ON tix.tickets;
DROP FUNCTION IF EXISTS tix.leave_trace();
CREATE FUNCTION tix.leave_trace() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    is_ticket CONSTANT boolean := TG_TABLE_NAME = 'tickets';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO audit_traces (order_id, session_id, seat_id)
        VALUES (OLD.order_id, CASE WHEN is_ticket THEN (to_jsonb(OLD)->>'session_id')::uuid END,
                CASE WHEN is_ticket THEN to_jsonb(OLD)->>'seat_id' END);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO audit_traces (order_id, session_id, seat_id)
        VALUES (NEW.order_id, CASE WHEN is_ticket THEN (to_jsonb(NEW)->>'session_id')::uuid END,
                CASE WHEN is_ticket THEN to_jsonb(NEW)->>'seat_id' END);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.leave_trace() IS
    'Trigger: notes the order, and the seat of a ticket, that was changed other than by buying.';

CREATE TRIGGER audit_trace_insert AFTER INSERT ON tix.orders FOR EACH ROW
    WHEN (NEW.status <> 'created') EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_update AFTER UPDATE ON tix.orders FOR EACH ROW
    WHEN (OLD.status NOT IN ('created', 'payment_pending')
          OR NEW.status = 'completed' AND NEW.payment_id IS NULL
          OR (OLD.order_id, OLD.total_amount) <> (NEW.order_id, NEW.total_amount)
          OR current_setting('session_replication_role') = 'replica')
    EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_change AFTER UPDATE OR DELETE ON tix.order_items FOR EACH ROW
    EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_insert AFTER INSERT ON tix.payments FOR EACH ROW
    WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_update AFTER UPDATE ON tix.payments FOR EACH ROW
    WHEN (OLD.status NOT IN ('pending', 'authorized')
          OR (OLD.amount, OLD.order_id) <> (NEW.amount, NEW.order_id)
          OR NEW.status = 'succeeded'
             AND (NEW.processed_at > now() - interval '1 minute') IS NOT TRUE)
    EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_delete AFTER DELETE ON tix.payments FOR EACH ROW
    EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_change AFTER INSERT OR UPDATE OR DELETE ON tix.refunds FOR EACH ROW
    EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_insert AFTER INSERT ON tix.tickets FOR EACH ROW
    WHEN (NEW.issued_at < now() - interval '1 minute') EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_update AFTER UPDATE ON tix.tickets FOR EACH ROW
    WHEN ((OLD.status IN ('valid', 'used')) <> (NEW.status IN ('valid', 'used'))
          OR (OLD.order_id, OLD.session_id, OLD.seat_id)
             <> (NEW.order_id, NEW.session_id, NEW.seat_id))
    EXECUTE FUNCTION tix.leave_trace();
CREATE TRIGGER audit_trace_delete AFTER DELETE ON tix.tickets FOR EACH ROW
    EXECUTE FUNCTION tix.leave_trace();
ALTER TABLE tix.orders ENABLE ALWAYS TRIGGER audit_trace_insert;
ALTER TABLE tix.orders ENABLE ALWAYS TRIGGER audit_trace_update;
ALTER TABLE tix.order_items ENABLE ALWAYS TRIGGER audit_trace_change;
ALTER TABLE tix.payments ENABLE ALWAYS TRIGGER audit_trace_insert;
ALTER TABLE tix.payments ENABLE ALWAYS TRIGGER audit_trace_update;
ALTER TABLE tix.payments ENABLE ALWAYS TRIGGER audit_trace_delete;
ALTER TABLE tix.refunds ENABLE ALWAYS TRIGGER audit_trace_change;
ALTER TABLE tix.tickets ENABLE ALWAYS TRIGGER audit_trace_insert;
ALTER TABLE tix.tickets ENABLE ALWAYS TRIGGER audit_trace_update;
ALTER TABLE tix.tickets ENABLE ALWAYS TRIGGER audit_trace_delete;

DROP FUNCTION IF EXISTS tix.proof_stands();
CREATE FUNCTION tix.proof_stands() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        WHERE x.indrelid = 'tix.tickets'::regclass AND c.relname = 'tickets_one_per_seat'
          AND x.indisunique AND x.indisvalid AND x.indisready AND x.indislive AND x.indimmediate
          AND pg_get_indexdef(x.indexrelid) LIKE
              '% USING btree (session_id, seat_id) WHERE (status = ANY '
              '(ARRAY[''valid''::text, ''used''::text]))');
END $$;
COMMENT ON FUNCTION tix.proof_stands() IS
    'Internal: whether the unique index that proves the law S2 is there, whole and in use.';

DROP FUNCTION IF EXISTS tix.guards_seen();
CREATE FUNCTION tix.guards_seen() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN md5((
        SELECT string_agg(concat_ws(' ', g.what, g.id, g.mode, g.made), ',' ORDER BY what, id)
        FROM (SELECT 't' AS what, t.oid AS id, t.tgenabled::text AS mode, t.xmin::text AS made
              FROM pg_trigger t
              WHERE t.tgrelid = ANY ('{tix.orders,tix.order_items,tix.payments,tix.refunds,'
                                     'tix.tickets}'::regclass[])
              UNION ALL
              SELECT 'i', x.indexrelid, x.indisvalid::text, x.xmin::text
              FROM pg_index x WHERE x.indrelid = 'tix.tickets'::regclass) g));
END $$;
COMMENT ON FUNCTION tix.guards_seen() IS
    'Internal: a digest that changes whenever a trigger of a table the audit reads, or an index of '
    'the tickets, is made, dropped, disabled or enabled.';

DROP FUNCTION IF EXISTS tix.tix_prune_traces(int);
CREATE FUNCTION tix.tix_prune_traces(max_rows int DEFAULT 100000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    cutoff CONSTANT timestamptz := clock_timestamp() - interval '1 day';
    pruned int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023',
            HINT = 'Give how many traces to forget at most.';
    END IF;
    DELETE FROM audit_traces a WHERE a.ctid = ANY (ARRAY(
        SELECT old.ctid FROM audit_traces old WHERE old.at < cutoff
        ORDER BY old.at LIMIT max_rows FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION tix.tix_prune_traces(int) IS
    'Forgets traces of changes older than a day, the oldest first, at most max_rows (default '
    '100000); returns how many. Error 22023: max_rows is not positive.';

REVOKE ALL ON FUNCTION
    tix.leave_trace, tix.proof_stands, tix.guards_seen, tix.tix_prune_traces FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_prune_traces TO tix_admin;
