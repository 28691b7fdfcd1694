-- Waiting lists: sessions that have one, who waits for what, and what was offered.

CREATE TABLE tix.waitlists (
    session_id uuid PRIMARY KEY REFERENCES tix.sessions,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    grace interval NOT NULL,
    offer_ttl interval NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tix.waitlists IS
    'Sessions with a waiting list. grace: how long a seat that is given back is kept for it.';

CREATE TABLE tix.waitlist_entries (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    quantity int NOT NULL CHECK (quantity BETWEEN 1 AND 20),
    area_id text,
    category text,
    accessible boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'offered', 'accepted', 'lapsed', 'left')),
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lock_id bigint,
    seats text[],
    offer_expires_at timestamptz,
    CHECK ((status IN ('offered', 'accepted', 'lapsed')) <= (lock_id IS NOT NULL))
);
CREATE UNIQUE INDEX waitlist_entries_user ON tix.waitlist_entries (session_id, user_id)
    WHERE status IN ('waiting', 'offered');
CREATE INDEX waitlist_entries_waiting ON tix.waitlist_entries (session_id, entry_id)
    WHERE status = 'waiting';
CREATE INDEX waitlist_entries_offered ON tix.waitlist_entries (session_id, entry_id)
    WHERE status = 'offered';
COMMENT ON TABLE tix.waitlist_entries IS
    'Who waits, in the order of entry_id; one entry a user and session at a time.';
COMMENT ON COLUMN tix.waitlist_entries.area_id IS
    'Only seats of this area; NULL: of any. category likewise.';
COMMENT ON COLUMN tix.waitlist_entries.accessible IS
    'At least one accessible place is wanted; others are never offered one.';
COMMENT ON COLUMN tix.waitlist_entries.status IS
    'offered: the seats are held by lock_id; accepted: they came into an order; lapsed: they did '
    'not in time; left: the user went, or declined.';
COMMENT ON COLUMN tix.waitlist_entries.offer_expires_at IS
    'Copy of the deadline for display; the engine''s is the true one.';
