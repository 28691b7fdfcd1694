-- Tickets, and the index that proves that no seat was sold twice.

CREATE TABLE tix.tickets (
    ticket_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL,
    session_id uuid NOT NULL,
    seat_id text NOT NULL,
    user_id uuid NOT NULL,
    price_amount bigint NOT NULL CHECK (price_amount >= 0),
    price_currency text NOT NULL CHECK (price_currency ~ '^[A-Z]{3}$'),
    status text NOT NULL DEFAULT 'valid'
        CHECK (status IN ('valid', 'used', 'cancelled', 'refunded')),
    qr_code text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz
);
COMMENT ON TABLE tix.tickets IS
    'Tickets. A valid or used one occupies its seat. Amounts are minor units of the currency.';
COMMENT ON COLUMN tix.tickets.qr_code IS 'Unguessable random text.';
-- The engine is the arbiter, this index is the proof (law S2).
CREATE UNIQUE INDEX tickets_one_per_seat ON tix.tickets (session_id, seat_id)
    WHERE status IN ('valid', 'used');
CREATE INDEX tickets_order_id ON tix.tickets (order_id);
CREATE INDEX tickets_user_id ON tix.tickets (user_id);
