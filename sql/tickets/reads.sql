-- Ticket reads: the buyer's own tickets.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/reads.sql.

DROP FUNCTION IF EXISTS tix.tix_list_tickets(uuid, uuid, int);
CREATE FUNCTION tix.tix_list_tickets(
    user_id uuid, after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (ticket_id uuid, order_id uuid, session_id uuid, seat_id text, status text,
               price_amount bigint, price_currency text, issued_at timestamptz, code text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    RETURN QUERY
        SELECT t.ticket_id, t.order_id, t.session_id, t.seat_id, t.status, t.price_amount,
               t.price_currency, t.issued_at,
               ticket_code(t.session_id, t.ticket_id, t.issue)
        FROM tickets t
        WHERE t.user_id = $1
          AND ($2 IS NULL OR (t.issued_at, t.ticket_id) < (SELECT a.issued_at, a.ticket_id
                   FROM tickets a WHERE a.ticket_id = $2 AND a.user_id = $1))
        ORDER BY t.issued_at DESC, t.ticket_id DESC LIMIT page_size($3);
END $$;
COMMENT ON FUNCTION tix.tix_list_tickets(uuid, uuid, int) IS
    'Tickets of this user, newest first, max_rows (1 to 100) from behind the ticket "after" (NULL: '
    'from the newest; unknown or another''s: no rows). status: valid, used, cancelled or refunded. '
    'price_amount in minor units; code: as tix_ticket_code(). Error 22023: max_rows.';

DROP FUNCTION IF EXISTS tix.tix_get_ticket(uuid, uuid);
CREATE FUNCTION tix.tix_get_ticket(
    INOUT ticket_id uuid, user_id uuid, OUT order_id uuid, OUT session_id uuid, OUT seat_id text,
    OUT status text, OUT price_amount bigint, OUT price_currency text, OUT issued_at timestamptz,
    OUT code text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    RETURN QUERY
        SELECT t.ticket_id, t.order_id, t.session_id, t.seat_id, t.status, t.price_amount,
               t.price_currency, t.issued_at,
               ticket_code(t.session_id, t.ticket_id, t.issue)
        FROM tickets t WHERE t.ticket_id = $1 AND t.user_id = $2;
END $$;
COMMENT ON FUNCTION tix.tix_get_ticket(uuid, uuid) IS
    'The ticket of this user, as tix_list_tickets; no row when it is unknown or another''s.';

REVOKE ALL ON FUNCTION tix.tix_list_tickets, tix.tix_get_ticket FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_list_tickets, tix.tix_get_ticket TO tix_app;
