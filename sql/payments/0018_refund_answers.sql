-- What each idempotency key of a refund was answered, and how long such answers are kept.

CREATE TABLE tix.refund_answers (
    staff uuid NOT NULL,
    idempotency_key text NOT NULL,
    order_id uuid NOT NULL,
    amount bigint,
    reason text NOT NULL,
    refund_id uuid NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (staff, idempotency_key)
);
COMMENT ON TABLE tix.refund_answers IS
    'Requests for a refund that carried an idempotency key, with their answer; kept for 24 hours.';
COMMENT ON COLUMN tix.refund_answers.amount IS 'Minor units as asked for; NULL for all.';
CREATE INDEX refund_answers_at ON tix.refund_answers USING brin (answered_at);

COMMENT ON TABLE tix.payment_answers IS
    'Requests to pay that carried an idempotency key, with their answer, which is the same '
    'whatever became of the payment (law O7); kept for 24 hours.';
CREATE INDEX payment_answers_at ON tix.payment_answers USING brin (answered_at);

ALTER TABLE tix.payment_providers ADD COLUMN enabled boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN tix.payment_providers.enabled IS
    'Whether buyers may begin a payment with it. What it says about older ones is heard all the '
    'same: the money has moved.';
INSERT INTO tix.payment_providers (provider, enabled)
VALUES ('stripe', false), ('linepay', false), ('box_office', false) ON CONFLICT DO NOTHING;
