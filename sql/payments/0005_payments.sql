-- Payments, what providers told us, refunds owed, and alarms a person must look at.

CREATE TABLE tix.payment_providers (
    provider text PRIMARY KEY
);
COMMENT ON TABLE tix.payment_providers IS
    'Payment providers this installation accepts. Checked by the functions, not by foreign keys: '
    'every payment would lock the one row of its provider.';
INSERT INTO tix.payment_providers VALUES ('mock');

CREATE TABLE tix.payments (
    payment_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL REFERENCES tix.orders,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    provider text NOT NULL,
    provider_transaction_id text,
    idempotency_key text,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'authorized', 'succeeded', 'failed', 'voided')),
    method text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed_at timestamptz,
    failure_reason text
);
COMMENT ON TABLE tix.payments IS
    'Attempts to pay an order. Amounts are minor units of the ISO 4217 currency.';
CREATE INDEX payments_order_id ON tix.payments (order_id);
CREATE UNIQUE INDEX payments_transaction ON tix.payments (provider, provider_transaction_id)
    WHERE provider_transaction_id IS NOT NULL;

CREATE TABLE tix.provider_events (
    provider text NOT NULL,
    event_id text NOT NULL CHECK (event_id <> ''),
    kind text NOT NULL,
    provider_transaction_id text,
    order_id uuid,
    amount bigint,
    currency text,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    result text,
    next_action text,
    PRIMARY KEY (provider, event_id)
);
COMMENT ON TABLE tix.provider_events IS
    'Every event a provider sent, once, with what it did; a repeated event changes nothing.';

CREATE TABLE tix.refunds (
    refund_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    payment_id uuid NOT NULL REFERENCES tix.payments,
    order_id uuid NOT NULL REFERENCES tix.orders,
    order_item_id uuid UNIQUE REFERENCES tix.order_items,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'requested'
        CHECK (status IN ('requested', 'succeeded', 'failed')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed_at timestamptz
);
COMMENT ON TABLE tix.refunds IS 'Money owed back, in minor units of the ISO 4217 currency.';
COMMENT ON COLUMN tix.refunds.order_item_id IS 'The cancelled seat; NULL for a whole payment.';
CREATE INDEX refunds_order_id ON tix.refunds (order_id);
CREATE INDEX refunds_payment_id ON tix.refunds (payment_id);

CREATE TABLE tix.payment_alarms (
    alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    provider text NOT NULL,
    event_id text NOT NULL,
    order_id uuid,
    detail jsonb NOT NULL
);
COMMENT ON TABLE tix.payment_alarms IS
    'Payment events that must not be obeyed and that a person has to look at.';
