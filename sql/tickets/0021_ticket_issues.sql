-- What becomes of a ticket that changes hands: its issues, their revocations, offers and transfers.

ALTER TABLE tix.tickets
    ADD COLUMN issue int NOT NULL DEFAULT 1 CHECK (issue >= 1),
    ADD COLUMN blocked_reason text CHECK (blocked_reason <> '');
COMMENT ON COLUMN tix.tickets.user_id IS 'Who has the ticket, and may show its code.';
COMMENT ON COLUMN tix.tickets.issue IS
    'Which code of the ticket is good: those of earlier issues are revoked.';
COMMENT ON COLUMN tix.tickets.blocked_reason IS 'Why staff lets nobody in by it; NULL: not so.';

CREATE TABLE tix.revocation_counters (
    session_id uuid PRIMARY KEY,
    last_seq bigint NOT NULL
);
COMMENT ON TABLE tix.revocation_counters IS
    'The last number given to a revocation of a session. Its row stays locked from the number to '
    'the end of the transaction, so numbers become visible in their order: a sequence would not '
    'do, for a reader could see 8 before 7 is committed, and would miss 7.';

CREATE TABLE tix.ticket_revocations (
    session_id uuid NOT NULL,
    seq bigint NOT NULL,
    ticket_id uuid NOT NULL,
    issue int NOT NULL,
    reason text NOT NULL
        CHECK (reason IN ('transferred', 'reissued', 'canceled', 'moved', 'deleted')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session_id, seq)
);
COMMENT ON TABLE tix.ticket_revocations IS
    'Codes that are void though their signature is right: those of this ticket up to this issue. '
    'Numbered 1, 2, 3… in each session in the order of COMMIT.';

CREATE TABLE tix.ticket_transfers (
    ticket_id uuid NOT NULL,
    issue int NOT NULL,
    from_user uuid NOT NULL,
    to_user uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticket_id, issue)
);
COMMENT ON TABLE tix.ticket_transfers IS 'Who gave a ticket to whom; issue: the new owner''s.';

CREATE TABLE tix.ticket_offers (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    ticket_id uuid NOT NULL,
    from_user uuid NOT NULL,
    issue int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    accepted_by uuid,
    ended_at timestamptz
);
COMMENT ON TABLE tix.ticket_offers IS
    'Tickets offered to whoever has the offer''s code; one at a time for each. An offer is over '
    'when ended_at is set, at expires_at, or when its ticket has another issue.';
COMMENT ON COLUMN tix.ticket_offers.token_hash IS 'SHA-256 of the offer''s code, never the code.';
CREATE UNIQUE INDEX ticket_offers_open ON tix.ticket_offers (ticket_id) WHERE ended_at IS NULL;
