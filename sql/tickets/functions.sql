-- Tickets: issued when an order completes, guarded by the engine, cancelled; and the seat loader.
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
    FROM order_items i WHERE i.order_id = NEW.order_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.issue_tickets() IS
    'Trigger: an order that becomes "completed" gets a ticket for each item in the same '
    'transaction (law O2), whoever completes it.';
CREATE TRIGGER orders_issue_tickets AFTER UPDATE OF status ON tix.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'completed')
    EXECUTE FUNCTION tix.issue_tickets();

DROP FUNCTION IF EXISTS tix.tix_cancel_ticket(uuid, uuid, text);
CREATE FUNCTION tix.tix_cancel_ticket(
    ticket_id uuid, user_id uuid, reason text DEFAULT 'cancelled') RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    gone tix.tickets;
    refund uuid;
BEGIN
    PERFORM FROM orders o
    WHERE o.order_id = (SELECT t.order_id FROM tickets t
                        WHERE t.ticket_id = tix_cancel_ticket.ticket_id
                          AND t.user_id = tix_cancel_ticket.user_id) FOR UPDATE;
    SELECT * INTO gone FROM tickets t
    WHERE t.ticket_id = tix_cancel_ticket.ticket_id
      AND t.user_id = tix_cancel_ticket.user_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002';
    ELSIF gone.status <> 'valid' THEN
        RAISE EXCEPTION 'ticket cannot be cancelled: it is "%"', gone.status
            USING ERRCODE = 'TX010', HINT = 'Only a valid ticket can be cancelled.';
    END IF;
    UPDATE tickets t SET status = 'cancelled' WHERE t.ticket_id = gone.ticket_id;
    UPDATE orders o SET status = 'partially_refunded'
    WHERE o.order_id = gone.order_id AND o.status = 'completed';
    INSERT INTO refunds (payment_id, order_id, order_item_id, amount, currency, reason)
    SELECT o.payment_id, o.order_id, i.order_item_id, i.price_amount, i.price_currency,
           coalesce(reason, 'cancelled')
    FROM orders o JOIN order_items i USING (order_id)
    WHERE o.order_id = gone.order_id AND i.seat_id = gone.seat_id
      AND o.payment_id IS NOT NULL AND i.price_amount > 0
    RETURNING refund_id INTO refund;
    RETURN refund;
END $$;
COMMENT ON FUNCTION tix.tix_cancel_ticket(uuid, uuid, text) IS
    'Cancels a valid ticket of this user: its price is owed back and its seat is free at COMMIT. '
    'Returns the refund, NULL when nothing was paid. Errors: P0002 unknown or another''s ticket, '
    'TX010 the ticket is not valid any more.';

DROP FUNCTION IF EXISTS tix.load_seats(uuid);
CREATE FUNCTION tix.load_seats(session_id uuid)
RETURNS TABLE (seat_id text, area_id text, row_label text, "position" int, x real, y real,
               category text, accessible boolean, sold boolean, seat_number text,
               user_id uuid)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 10000
SET search_path = tix, pg_catalog, pg_temp
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

REVOKE ALL ON FUNCTION tix.issue_tickets, tix.tix_cancel_ticket, tix.load_seats FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_cancel_ticket TO tix_app;
