-- What a schema gives the engine, in small: a seat loader over a plain table, and guarded tickets.
-- The regress, isolation and TAP lanes share it.
\set QUIET on
CREATE SCHEMA tix;
CREATE EXTENSION tix SCHEMA tix;
SET search_path = tix, public;

-- Sessions and users are numbers in the tests.
CREATE FUNCTION s(n integer) RETURNS uuid IMMUTABLE LANGUAGE sql
RETURN ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid;
CREATE FUNCTION u(n integer) RETURNS uuid IMMUTABLE LANGUAGE sql
RETURN ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid;

CREATE TABLE house (
    session_id uuid,
    ordinal    integer,
    seat_id    text NOT NULL,
    area_id    text NOT NULL,
    row_label  text NOT NULL,
    "position" integer NOT NULL,
    category   text NOT NULL,
    accessible boolean NOT NULL DEFAULT false,
    x          real,
    y          real,
    PRIMARY KEY (session_id, ordinal)
);
CREATE TABLE tickets (
    session_id uuid NOT NULL,
    seat_id    text NOT NULL,
    status     text NOT NULL DEFAULT 'valid',
    user_id    uuid
);
CREATE UNIQUE INDEX ON tickets (session_id, seat_id) WHERE status IN ('valid', 'used');
CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE ON tickets
    FOR EACH ROW EXECUTE FUNCTION tix_ticket_guard();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON tickets
    FOR EACH STATEMENT EXECUTE FUNCTION tix_ticket_guard();
ALTER TABLE tickets ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_truncate;

CREATE FUNCTION load_seats(session_id uuid)
RETURNS TABLE (seat_id text, area_id text, row_label text, "position" integer, x real, y real,
    category text, accessible boolean, sold boolean, seat_number text, user_id uuid)
STABLE LANGUAGE sql SET search_path = tix, pg_temp
BEGIN ATOMIC
    SELECT h.seat_id, h.area_id, h.row_label, h."position",
        coalesce(h.x, 10.0 * h."position"), coalesce(h.y, 10.0 * length(h.row_label)),
        h.category, h.accessible,
        EXISTS (SELECT FROM tickets t WHERE t.session_id = h.session_id
            AND t.seat_id = h.seat_id AND t.status IN ('valid', 'used')),
        h."position"::text,
        (SELECT t.user_id FROM tickets t WHERE t.session_id = h.session_id
            AND t.seat_id = h.seat_id AND t.status IN ('valid', 'used'))
    FROM house h WHERE h.session_id = load_seats.session_id ORDER BY h.ordinal;
END;

-- Areas A, B, ... of n_rows rows of n_seats neighbours: seat A-1-1 is the first.
CREATE FUNCTION make_session(n integer, n_areas integer, n_rows integer, n_seats integer)
RETURNS void VOLATILE LANGUAGE sql SET search_path = tix, pg_temp
BEGIN ATOMIC
    INSERT INTO house (session_id, ordinal, seat_id, area_id, row_label, "position", category)
    SELECT s(n), row_number() OVER (ORDER BY a, r, p) - 1, format('%s-%s-%s', chr(64 + a), r, p),
        chr(64 + a), r::text, p, CASE WHEN a = 1 THEN 'best' ELSE 'plain' END
    FROM generate_series(1, n_areas) a, generate_series(1, n_rows) r,
        generate_series(1, n_seats) p;
END;

-- A new session each time; it() is the latest.
CREATE TABLE latest (n integer);
INSERT INTO latest VALUES (1000);
CREATE FUNCTION it() RETURNS uuid STABLE LANGUAGE sql SET search_path = tix, pg_temp
RETURN (SELECT s(n) FROM latest);
CREATE FUNCTION next_session(n_areas integer, n_rows integer, n_seats integer)
RETURNS void VOLATILE LANGUAGE sql SET search_path = tix, pg_temp
BEGIN ATOMIC
    UPDATE latest SET n = n + 1;
    SELECT make_session(n, n_areas, n_rows, n_seats) FROM latest;
END;
