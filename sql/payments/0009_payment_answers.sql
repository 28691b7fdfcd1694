-- What each idempotency key of a payment was answered.

CREATE TABLE tix.payment_answers (
    user_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    payment_id uuid NOT NULL REFERENCES tix.payments,
    provider text NOT NULL,
    method text,
    expires_at timestamptz NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_id, idempotency_key)
);
COMMENT ON TABLE tix.payment_answers IS
    'Requests to pay that carried an idempotency key, with their answer; the key of a user is '
    'answered the same for ever (law O7), whatever became of the payment.';
COMMENT ON COLUMN tix.payment_answers.expires_at IS 'Deadline of the seats that was answered.';
INSERT INTO tix.payment_answers (user_id, idempotency_key, payment_id, provider, expires_at)
SELECT DISTINCT ON (o.user_id, p.idempotency_key)
       o.user_id, p.idempotency_key, p.payment_id, p.provider, o.expires_at
FROM tix.payments p JOIN tix.orders o USING (order_id) WHERE p.idempotency_key IS NOT NULL
ORDER BY o.user_id, p.idempotency_key, p.created_at;
