-- The states of a payment as a table, when its provider is to be asked, and facts that came early.

CREATE TABLE tix.payment_transitions (
    from_status text NOT NULL,
    to_status text NOT NULL,
    cause text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);
COMMENT ON TABLE tix.payment_transitions IS
    'Every change of state a payment may make; anything else raises TX010. They only go up: '
    'pending, requires_action, authorized, voiding, voided, failed, succeeded; so the highest fact '
    'a provider ever told decides, in whatever order it came (law O6).';
INSERT INTO tix.payment_transitions (from_status, to_status, cause)
SELECT f.status, t.status, t.cause
FROM (VALUES (1, 'pending', NULL),
             (2, 'requires_action', 'the buyer has to act, as for 3-D Secure'),
             (3, 'authorized', 'the provider reserved the money, capture is asked for'),
             (4, 'voiding', 'reserved in vain: to be given up'),
             (5, 'voided', 'the provider gave up what it had reserved'),
             (6, 'failed', 'the provider refused'),
             (7, 'succeeded', 'the money has arrived')) t (rank, status, cause)
JOIN (VALUES (1, 'pending'), (2, 'requires_action'), (3, 'authorized'), (4, 'voiding'),
             (5, 'voided'), (6, 'failed')) f (rank, status) ON f.rank < t.rank;

ALTER TABLE tix.payments DROP CONSTRAINT payments_status_check,
    ADD CONSTRAINT payments_status_check CHECK (status IN ('pending', 'requires_action',
        'authorized', 'voiding', 'voided', 'failed', 'succeeded')),
    ADD COLUMN action_url text,
    ADD COLUMN action_expires_at timestamptz,
    ADD COLUMN attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    ADD COLUMN next_try_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '60 s',
    ADD COLUMN early boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tix.payments.action_url IS
    'Where the buyer has to go while the status is "requires_action".';
COMMENT ON COLUMN tix.payments.attempts IS 'How often somebody was told to ask the provider.';
COMMENT ON COLUMN tix.payments.next_try_at IS
    'When to ask the provider, while the outcome is unknown.';
COMMENT ON COLUMN tix.payments.early IS 'Whether early_events has facts for when it is captured.';
CREATE INDEX payments_due ON tix.payments (next_try_at)
    WHERE status IN ('pending', 'requires_action', 'authorized', 'voiding');

CREATE TABLE tix.early_events (
    payment_id uuid NOT NULL REFERENCES tix.payments,
    provider text NOT NULL,
    event_id text NOT NULL,
    PRIMARY KEY (payment_id, provider, event_id)
);
COMMENT ON TABLE tix.early_events IS
    'Refunds and disputes of provider_events that came before the money they are about; they are '
    'obeyed when it comes.';
