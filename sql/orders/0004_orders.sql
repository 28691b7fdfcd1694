-- Orders, their items, and the state machine of an order as a table.

CREATE TABLE tix.order_transitions (
    from_status text NOT NULL,
    to_status text NOT NULL,
    cause text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);
COMMENT ON TABLE tix.order_transitions IS
    'Every change of state an order may make (law O1); anything else raises TX010. An order '
    'starts as "created".';
INSERT INTO tix.order_transitions (from_status, to_status, cause) VALUES
    ('created', 'payment_pending', 'payment begins'),
    ('created', 'expired', 'deadline'),
    ('created', 'cancelled', 'buyer or staff'),
    ('payment_pending', 'completed', 'paid, seats sold'),
    ('payment_pending', 'expired', 'deadline, no payment in doubt'),
    ('payment_pending', 'cancelled', 'buyer or staff'),
    ('payment_pending', 'failed', 'provider refused'),
    ('payment_pending', 'in_doubt', 'deadline while the provider may still say yes'),
    ('in_doubt', 'completed', 'provider said yes'),
    ('in_doubt', 'expired', 'provider said no'),
    ('completed', 'partially_refunded', 'ticket cancelled'),
    ('partially_refunded', 'refunded', 'everything paid back'),
    ('expired', 'completed', 'late money, seats still free'),
    ('expired', 'paid_unfulfilled', 'late money, seats gone'),
    ('cancelled', 'completed', 'late money, seats still free'),
    ('cancelled', 'paid_unfulfilled', 'late money, seats gone'),
    ('failed', 'completed', 'late money, seats still free'),
    ('failed', 'paid_unfulfilled', 'late money, seats gone'),
    ('paid_unfulfilled', 'refunded', 'everything paid back');

CREATE TABLE tix.orders (
    order_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,  -- no foreign key: every sale would lock the one row of its session
    total_amount bigint NOT NULL CHECK (total_amount >= 0),
    total_currency text NOT NULL CHECK (total_currency ~ '^[A-Z]{3}$'),
    status text NOT NULL DEFAULT 'created' CHECK (status IN (
        'created', 'payment_pending', 'in_doubt', 'completed', 'partially_refunded', 'refunded',
        'expired', 'cancelled', 'failed', 'paid_unfulfilled')),
    provider text NOT NULL,
    payment_id uuid,
    idempotency_key text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    completed_at timestamptz
);
COMMENT ON TABLE tix.orders IS
    'Orders; never deleted. Amounts are minor units of the ISO 4217 currency.';
COMMENT ON COLUMN tix.orders.expires_at IS
    'Copy of the deadline for display and as an index prefilter; the engine''s is the true one.';
COMMENT ON COLUMN tix.orders.payment_id IS
    'The payment that paid the order or may still pay it; NULL when none can.';
CREATE INDEX orders_user_id ON tix.orders (user_id);
CREATE INDEX orders_session_id ON tix.orders (session_id);
CREATE INDEX orders_due ON tix.orders (expires_at) WHERE status IN ('created', 'payment_pending');
CREATE UNIQUE INDEX orders_idempotency_key ON tix.orders (user_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

CREATE TABLE tix.order_items (
    order_item_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL REFERENCES tix.orders,
    lock_id bigint NOT NULL,
    seat_id text NOT NULL,
    price_amount bigint NOT NULL CHECK (price_amount >= 0),
    price_currency text NOT NULL CHECK (price_currency ~ '^[A-Z]{3}$'),
    UNIQUE (order_id, seat_id),
    UNIQUE (lock_id, seat_id)
);
COMMENT ON TABLE tix.order_items IS
    'Seats of an order with the price they had when it was created. A token is never reused, so '
    'a held seat enters at most one order.';
COMMENT ON COLUMN tix.order_items.lock_id IS
    'Token the seat is held by; replaced when late money takes a free seat again.';
