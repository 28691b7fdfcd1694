-- What the audit of the last seconds goes by: indexes on the time of sales, traces of every other
-- change, and whether the guards are still those that were last found to keep the laws.

-- Min and max of each 256 kB of rows: a sale pays next to nothing for them.
CREATE INDEX tickets_issued_at ON tix.tickets USING brin (issued_at)
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX payments_processed_at ON tix.payments USING brin (processed_at)
    WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE tix.audit_traces (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    order_id uuid NOT NULL,
    session_id uuid,
    seat_id text
);
CREATE INDEX audit_traces_at ON tix.audit_traces (at);
COMMENT ON TABLE tix.audit_traces IS
    'Changes that are no part of buying – by refunds, by late money or by hand – for '
    'tix_audit(recent); kept for a day.';
COMMENT ON COLUMN tix.audit_traces.seat_id IS 'Seat of a changed ticket; NULL otherwise.';

CREATE TABLE tix.audit_trust (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    guards text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tix.audit_trust IS
    'One row: the guards as the last audit of the whole saw them when it found nothing.';

