-- Disputes: money that the payer's bank takes back, and may give back.

CREATE TABLE tix.disputes (
    dispute_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    payment_id uuid NOT NULL REFERENCES tix.payments,
    order_id uuid NOT NULL REFERENCES tix.orders,
    provider_dispute_id text NOT NULL CHECK (provider_dispute_id <> ''),
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status text NOT NULL DEFAULT 'opened' CHECK (status IN ('opened', 'won', 'lost')),
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz,
    UNIQUE (payment_id, provider_dispute_id)
);
COMMENT ON TABLE tix.disputes IS
    'Payments contested at the payer''s bank. The money is gone from the moment one is opened, as '
    'with Stripe, and comes back when it is won.';
COMMENT ON COLUMN tix.disputes.amount IS 'Minor units of the ISO 4217 currency.';
CREATE INDEX disputes_order_id ON tix.disputes (order_id);
