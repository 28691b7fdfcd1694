-- Tickets: issued when an order completes, guarded by the engine; and the seat loader.
-- Requires tix >= 1.0

-- The guard is the extension's. ALWAYS: it also fires for a replication role.
DROP TRIGGER IF EXISTS ticket_guard ON tix.tickets;
DROP TRIGGER IF EXISTS ticket_truncate_guard ON tix.tickets;
CREATE TRIGGER ticket_guard AFTER INSERT OR UPDATE OR DELETE ON tix.tickets
    FOR EACH ROW EXECUTE FUNCTION tix.tix_ticket_guard();
CREATE TRIGGER ticket_truncate_guard BEFORE TRUNCATE ON tix.tickets
    FOR EACH STATEMENT EXECUTE FUNCTION tix.tix_ticket_guard();
ALTER TABLE tix.tickets ENABLE ALWAYS TRIGGER ticket_guard;
ALTER TABLE tix.tickets ENABLE ALWAYS TRIGGER ticket_truncate_guard;

DROP TRIGGER IF EXISTS orders_issue_tickets ON tix.orders;
DROP FUNCTION IF EXISTS tix.issue_tickets();
CREATE FUNCTION tix.issue_tickets() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
    SELECT NEW.order_id, NEW.session_id, i.seat_id, NEW.user_id, i.price_amount, i.price_currency
    FROM order_items i WHERE i.order_id = NEW.order_id AND i.cancelled_at IS NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.issue_tickets() IS
    'Trigger: an order that becomes "completed" gets a ticket for each item in the same '
    'transaction (law O2), whoever completes it.';
CREATE TRIGGER orders_issue_tickets AFTER UPDATE OF status ON tix.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'completed')
    EXECUTE FUNCTION tix.issue_tickets();

DROP FUNCTION IF EXISTS tix.load_seats(uuid);
CREATE FUNCTION tix.load_seats(session_id uuid)
RETURNS TABLE (seat_id text, area_id text, row_label text, "position" int, x real, y real,
               category text, accessible boolean, sold boolean, seat_number text,
               user_id uuid)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 10000
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
-- A table that filled within minutes has stale statistics, for which a nested loop is quadratic.
SET enable_nestloop = off AS $$
    SELECT s.seat_id, s.area_id, s.row_label, s."position", s.x, s.y, s.category, s.accessible,
           t.seat_id IS NOT NULL, s.seat_number, t.user_id
    FROM seats s
    LEFT JOIN tickets t ON t.session_id = $1 AND t.seat_id = s.seat_id
                       AND t.status IN ('valid', 'used')
    WHERE s.session_id = $1
    ORDER BY s.ordinal
$$;
COMMENT ON FUNCTION tix.load_seats(uuid) IS
    'Internal: the seat loader (setting tix.seat_loader): the seats of a session in ordinal order '
    'and whether a ticket occupies them. No row for an unknown session.';

REVOKE ALL ON FUNCTION tix.issue_tickets, tix.load_seats FROM PUBLIC;
