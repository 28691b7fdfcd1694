-- Disputes: money that the payer's bank takes back, and may give back; and what providers settled.

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

CREATE TABLE tix.settlements (
    provider text NOT NULL,
    settlement_id text NOT NULL CHECK (settlement_id <> ''),
    covers_from timestamptz,
    covers_until timestamptz,
    content_hash text NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (provider, settlement_id)
);
COMMENT ON TABLE tix.settlements IS
    'Settlement files of providers: what they say they paid us or took from us.';
COMMENT ON COLUMN tix.settlements.covers_until IS
    'Movements in [covers_from, covers_until) must be settled; NULL: the file says nothing about '
    'what it leaves out.';

CREATE TABLE tix.settlement_lines (
    provider text NOT NULL,
    settlement_id text NOT NULL,
    line int NOT NULL,
    kind text NOT NULL
        CHECK (kind IN ('captured', 'refunded', 'chargeback', 'chargeback_reversed')),
    provider_transaction_id text NOT NULL,
    payment_id uuid,
    amount bigint NOT NULL CHECK (amount <> 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    PRIMARY KEY (provider, settlement_id, line),
    FOREIGN KEY (provider, settlement_id) REFERENCES tix.settlements
);
COMMENT ON TABLE tix.settlement_lines IS
    'Lines of settlement files. Amounts are minor units of the ISO 4217 currency, signed as in the '
    'ledger; a fee is what the provider keeps of the line.';
COMMENT ON COLUMN tix.settlement_lines.payment_id IS 'NULL when the transaction is unknown here.';
CREATE INDEX settlement_lines_payment ON tix.settlement_lines (payment_id);
