-- Refunds of whole orders and in goodwill, for staff; and the end of tickets that were refunded.
-- Requires tix >= 1.0
--
-- Locking: the order's row first, then its refunds and tickets.

DROP TRIGGER IF EXISTS orders_end_tickets ON tix.orders;
DROP FUNCTION IF EXISTS tix.end_tickets();
CREATE FUNCTION tix.end_tickets() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tickets t SET status = 'refunded'
    WHERE t.order_id = NEW.order_id AND t.status IN ('valid', 'used');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.end_tickets() IS
    'Trigger: an order whose money all went back has no ticket left (law O4), also when the '
    'provider gave it back unasked.';
CREATE TRIGGER orders_end_tickets AFTER UPDATE OF status ON tix.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'refunded')
    EXECUTE FUNCTION tix.end_tickets();

REVOKE ALL ON FUNCTION tix.end_tickets FROM PUBLIC;
