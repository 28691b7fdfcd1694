-- Time zones of venues, search by words, and what edits of seat maps did to sessions.

ALTER TABLE tix.venues ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';
COMMENT ON COLUMN tix.venues.time_zone IS
    'IANA name (Europe/Berlin), in which the times of its sessions are shown.';
CREATE INDEX venues_words ON tix.venues USING gin (to_tsvector('simple', name));
CREATE INDEX events_words ON tix.events USING gin (to_tsvector('simple', name));
CREATE INDEX events_name ON tix.events (name, event_id);
CREATE INDEX sessions_start_time ON tix.sessions (start_time, session_id);

CREATE TABLE tix.seat_map_edits (
    edit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES tix.sessions,
    from_map uuid NOT NULL REFERENCES tix.seat_maps,
    to_map uuid NOT NULL REFERENCES tix.seat_maps,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor name NOT NULL DEFAULT session_user,
    open_xid xid8 DEFAULT pg_current_xact_id(),
    added int NOT NULL DEFAULT 0,
    removed int NOT NULL DEFAULT 0,
    moved int NOT NULL DEFAULT 0,
    changed int NOT NULL DEFAULT 0
);
COMMENT ON TABLE tix.seat_map_edits IS 'Seat maps that took the place of others in sessions.';
COMMENT ON COLUMN tix.seat_map_edits.open_xid IS
    'The transaction that may change the seats at this moment; NULL when it has.';
CREATE INDEX seat_map_edits_session_id ON tix.seat_map_edits (session_id);
