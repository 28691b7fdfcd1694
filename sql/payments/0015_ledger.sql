-- The ledger: every movement of money, once, in the transaction that learned of it.

CREATE TABLE tix.ledger (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    order_id uuid NOT NULL,
    payment_id uuid,
    refund_id uuid,
    kind text NOT NULL CHECK (kind IN ('captured', 'refunded', 'chargeback',
        'chargeback_reversed', 'provider_fee', 'written_off')),
    amount bigint NOT NULL CHECK (amount <> 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$')
);
COMMENT ON TABLE tix.ledger IS
    'Movements of money, append-only: a balance is the sum of its entries and nothing else (law '
    'O8). Written by triggers of payments, refunds, disputes and settlements.';
COMMENT ON COLUMN tix.ledger.amount IS
    'Minor units of the ISO 4217 currency; positive: we got it, negative: we gave it.';
CREATE INDEX ledger_order_id ON tix.ledger (order_id);

INSERT INTO tix.ledger (at, order_id, payment_id, kind, amount, currency)
SELECT coalesce(p.processed_at, p.created_at), p.order_id, p.payment_id, 'captured', p.amount,
       p.currency
FROM tix.payments p WHERE p.status = 'succeeded' AND p.amount > 0 ORDER BY 1;
INSERT INTO tix.ledger (at, order_id, payment_id, refund_id, kind, amount, currency)
SELECT coalesce(r.processed_at, r.created_at), r.order_id, r.payment_id, r.refund_id, 'refunded',
       -r.amount, r.currency
FROM tix.refunds r WHERE r.status = 'succeeded' ORDER BY 1;

-- A refund that failed may be owed again, and an order paid in two payments gives a seat's price
-- back from both.
ALTER TABLE tix.refunds DROP CONSTRAINT refunds_order_item_id_key,
    ADD COLUMN goodwill boolean NOT NULL DEFAULT false,
    ADD COLUMN requested_by uuid,
    ADD COLUMN provider_refund_id text;
COMMENT ON COLUMN tix.refunds.goodwill IS
    'Given back although the tickets stay; law O5 does not count it as refunded.';
COMMENT ON COLUMN tix.refunds.requested_by IS 'The member of staff who asked for it, if one did.';
COMMENT ON COLUMN tix.refunds.provider_refund_id IS
    'The provider''s name for it; NULL while it has told none.';
CREATE UNIQUE INDEX refunds_one_per_item ON tix.refunds (order_item_id, payment_id)
    WHERE order_item_id IS NOT NULL AND status <> 'failed';
CREATE UNIQUE INDEX refunds_of_provider ON tix.refunds (payment_id, provider_refund_id)
    WHERE provider_refund_id IS NOT NULL;
