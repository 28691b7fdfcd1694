-- Events, their sessions (performances), prices, and the seats of each session.

CREATE TABLE tix.events (
    event_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    venue_id uuid NOT NULL REFERENCES tix.venues,
    name text NOT NULL CHECK (name <> ''),
    description text,
    organizer_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'cancelled')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tix.events IS 'What is performed; a session is one performance of it.';

CREATE TABLE tix.sessions (
    session_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL REFERENCES tix.events,
    seat_map_id uuid NOT NULL REFERENCES tix.seat_maps,
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL CHECK (end_time > start_time),
    sale_start_time timestamptz NOT NULL,
    sale_end_time timestamptz NOT NULL CHECK (sale_end_time > sale_start_time),
    status text NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'on_sale', 'closed', 'cancelled')),
    opened_at timestamptz,
    CHECK (status <> 'on_sale' OR opened_at IS NOT NULL)
);
COMMENT ON TABLE tix.sessions IS 'Performances of an event.';
COMMENT ON COLUMN tix.sessions.opened_at IS
    'When the session was first opened; from then on its seats never change.';
CREATE INDEX sessions_event_id ON tix.sessions (event_id);
CREATE INDEX sessions_sale_time ON tix.sessions (sale_start_time, sale_end_time);

CREATE TABLE tix.price_categories (
    category_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL REFERENCES tix.events,
    categories text[] NOT NULL DEFAULT '{}',
    area_ids text[] NOT NULL DEFAULT '{}',
    price_amount bigint NOT NULL CHECK (price_amount >= 0),
    price_currency text NOT NULL CHECK (price_currency ~ '^[A-Z]{3}$'),
    quota int CHECK (quota >= 0),
    UNIQUE (event_id, categories, area_ids)
);
COMMENT ON TABLE tix.price_categories IS
    'Prices of an event. An empty array matches every category or area; the row that names more '
    'wins, an area before a category, then the lower price.';
COMMENT ON COLUMN tix.price_categories.price_amount IS 'Minor units of the currency (cents).';
COMMENT ON COLUMN tix.price_categories.price_currency IS 'ISO 4217 code.';

CREATE TABLE tix.seats (
    session_id uuid NOT NULL REFERENCES tix.sessions,
    ordinal int NOT NULL CHECK (ordinal >= 0),
    seat_id text NOT NULL,
    area_id text NOT NULL,
    row_label text NOT NULL,
    seat_number text NOT NULL,
    "position" int NOT NULL,
    x real NOT NULL,
    y real NOT NULL,
    category text NOT NULL,
    accessible boolean NOT NULL DEFAULT false,
    PRIMARY KEY (session_id, ordinal),
    UNIQUE (session_id, seat_id)
);
COMMENT ON TABLE tix.seats IS
    'Seats of a session, copied from its seat map; unchangeable once the session was opened.';
