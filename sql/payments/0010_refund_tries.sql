-- When a provider is asked for a refund, and how often it was.

ALTER TABLE tix.refunds
    ADD COLUMN attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    ADD COLUMN next_try_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN tix.refunds.attempts IS 'How often somebody was told to ask the provider.';
COMMENT ON COLUMN tix.refunds.next_try_at IS
    'When to ask the provider, while the status is "requested".';
CREATE INDEX refunds_due ON tix.refunds (next_try_at) WHERE status = 'requested';

ALTER TABLE tix.payment_alarms ALTER COLUMN event_id DROP NOT NULL;
COMMENT ON COLUMN tix.payment_alarms.event_id IS
    'The event that raised the alarm; NULL when it was an answer to a question of ours.';
