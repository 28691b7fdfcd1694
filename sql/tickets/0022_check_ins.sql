-- Gates, whom they let in and when, and every scan of a code.

CREATE TABLE tix.gates (
    gate_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    venue_id uuid NOT NULL REFERENCES tix.venues,
    name text NOT NULL CHECK (name <> ''),
    closed_at timestamptz,
    UNIQUE (venue_id, name)
);
COMMENT ON TABLE tix.gates IS 'Doors of a venue where codes are scanned.';

CREATE TABLE tix.entry_rules (
    gate_id uuid NOT NULL REFERENCES tix.gates,
    session_id uuid NOT NULL REFERENCES tix.sessions,
    on_day date NOT NULL DEFAULT '-infinity',
    time_zone text NOT NULL DEFAULT 'UTC',
    opens_before interval NOT NULL DEFAULT '2 hours',
    closes_after interval NOT NULL DEFAULT '0',
    entries_max int NOT NULL DEFAULT 1 CHECK (entries_max BETWEEN 1 AND 1000),
    entries_per text NOT NULL DEFAULT 'ticket' CHECK (entries_per IN ('ticket', 'day')),
    reentry boolean NOT NULL DEFAULT false,
    PRIMARY KEY (gate_id, session_id, on_day),
    CHECK (reentry OR entries_max = 1)
);
COMMENT ON TABLE tix.entry_rules IS
    'Which sessions a gate lets in; without a row it lets nobody in.';
COMMENT ON COLUMN tix.entry_rules.on_day IS
    'Day, in the time zone, of which the row speaks; -infinity: each without a row of its own.';
COMMENT ON COLUMN tix.entry_rules.opens_before IS 'From when: so long before the session starts.';
COMMENT ON COLUMN tix.entry_rules.closes_after IS 'Until when: so long after the session ends.';
COMMENT ON COLUMN tix.entry_rules.entries_max IS 'How often one ticket may come in.';
COMMENT ON COLUMN tix.entry_rules.entries_per IS
    'Whether that is in all or each day, in the time zone, anew.';
COMMENT ON COLUMN tix.entry_rules.reentry IS
    'Whether a ticket that was scanned out may come in again.';

CREATE TABLE tix.check_ins (
    check_in_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    at timestamptz NOT NULL,
    claimed_at timestamptz,
    gate_id uuid NOT NULL,  -- no foreign key: every scan would lock the one row of its gate
    device text NOT NULL,
    nonce text,
    direction text NOT NULL CHECK (direction IN ('in', 'out')),
    code_hash bytea NOT NULL,
    code text,
    ticket_id uuid,
    session_id uuid,
    seat_id text,
    issue int,
    status text NOT NULL CHECK (status IN ('ok', 'error')),
    reason text CHECK (reason IN ('invalid', 'revoked', 'canceled', 'already_used',
        'wrong_session', 'invalid_time', 'blocked', 'unpaid')),
    overridden text,
    offline boolean NOT NULL DEFAULT false,
    CHECK ((status = 'error') = (reason IS NOT NULL)),
    CHECK (status = 'error' OR ticket_id IS NOT NULL)
);
COMMENT ON TABLE tix.check_ins IS
    'Every scan of a code, refused ones too; append-only. Admissions of a ticket are its rows '
    'with status "ok" and direction "in" that lost no conflict.';
COMMENT ON COLUMN tix.check_ins.at IS
    'When it was scanned: what the device claimed, as far as that can be.';
COMMENT ON COLUMN tix.check_ins.device IS 'Name the device gives itself; empty: none.';
COMMENT ON COLUMN tix.check_ins.nonce IS 'Names the scan among those of its device.';
COMMENT ON COLUMN tix.check_ins.code_hash IS 'SHA-256 of the scanned text.';
COMMENT ON COLUMN tix.check_ins.code IS
    'The scanned text, at most 200 characters, when it was no code of ours. A genuine one is not '
    'kept: who can read the log could enter by it.';
COMMENT ON COLUMN tix.check_ins.overridden IS 'Reason for a refusal that staff forced; NULL: none.';
CREATE UNIQUE INDEX check_ins_nonce ON tix.check_ins (device, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX check_ins_ticket_id ON tix.check_ins (ticket_id, at) WHERE status = 'ok';
CREATE INDEX check_ins_gate_id ON tix.check_ins (gate_id, received_at);

CREATE TABLE tix.check_in_conflicts (
    lost_id bigint PRIMARY KEY REFERENCES tix.check_ins,
    kept_id bigint NOT NULL REFERENCES tix.check_ins,
    ticket_id uuid NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tix.check_in_conflicts IS
    'Two people came in by one ticket at gates that did not know of each other: the earlier scan '
    'is kept, the later one lost. A person has to look.';
CREATE INDEX check_in_conflicts_kept_id ON tix.check_in_conflicts (kept_id);
