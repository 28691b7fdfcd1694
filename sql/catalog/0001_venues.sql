-- Venues, their versioned seat maps, and the seats of a map in ordinal order.

CREATE TABLE tix.venues (
    venue_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE CHECK (name <> ''),
    address jsonb NOT NULL DEFAULT '{}',
    capacity int NOT NULL DEFAULT 0 CHECK (capacity >= 0),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tix.venues IS 'Places with seats. capacity is the largest imported seat map.';

CREATE TABLE tix.seat_maps (
    seat_map_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    venue_id uuid NOT NULL REFERENCES tix.venues,
    version int NOT NULL CHECK (version > 0),
    name text NOT NULL,
    width real NOT NULL,
    height real NOT NULL,
    plan_sha256 text NOT NULL,
    seat_count int CHECK (seat_count > 0),
    schema jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (venue_id, version),
    UNIQUE (venue_id, plan_sha256)
);
COMMENT ON TABLE tix.seat_maps IS
    'Imported seating plans; a map never changes, it gets a successor.';
COMMENT ON COLUMN tix.seat_maps.seat_count IS 'NULL until tix_import_finish() has checked the map.';
COMMENT ON COLUMN tix.seat_maps.schema IS
    'Decoration only: outlines of zones, colours of categories.';
COMMENT ON COLUMN tix.seat_maps.plan_sha256 IS 'SHA-256 of the plan file, in hexadecimal digits.';

CREATE TABLE tix.seat_map_seats (
    seat_map_id uuid NOT NULL REFERENCES tix.seat_maps ON DELETE CASCADE,
    ordinal int NOT NULL CHECK (ordinal >= 0),
    seat_id text NOT NULL CHECK (seat_id <> ''),
    area_id text NOT NULL,
    area_name text,
    row_label text NOT NULL,
    seat_number text NOT NULL,
    "position" int NOT NULL,
    x real NOT NULL,
    y real NOT NULL,
    category text NOT NULL,
    accessible boolean NOT NULL DEFAULT false,
    PRIMARY KEY (seat_map_id, ordinal),
    UNIQUE (seat_map_id, seat_id)
);
COMMENT ON TABLE tix.seat_map_seats IS
    'Seats of a map. Ordinals run from 0 without gaps: areas contiguous, rows contiguous inside '
    'an area, physical order inside a row.';
COMMENT ON COLUMN tix.seat_map_seats."position" IS
    'Place in the row: two seats are neighbours if and only if their positions differ by 1.';
