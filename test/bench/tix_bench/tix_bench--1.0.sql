-- tix_bench 1.0: yardstick functions and tables, and a session to sell.

\echo Use "CREATE EXTENSION tix_bench" to load this file. \quit

-- Yardsticks: the arguments and the result type of tix_lock_seats.

CREATE FUNCTION @extschema@.empty_won(session_id uuid, seat_ids text[], user_id uuid,
    ttl interval DEFAULT NULL, into_lock_id bigint DEFAULT NULL) RETURNS tix.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION @extschema@.empty_lost(session_id uuid, seat_ids text[], user_id uuid,
    ttl interval DEFAULT NULL, into_lock_id bigint DEFAULT NULL) RETURNS tix.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION @extschema@.insert_only(session_id uuid, seat_ids text[], user_id uuid,
    ttl interval DEFAULT NULL, into_lock_id bigint DEFAULT NULL) RETURNS tix.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE TABLE @extschema@.holds (LIKE tix.holds);
CREATE INDEX holds_session_deadline ON @extschema@.holds (session_id, expires_at);

-- The design without an engine: one row a seat, arbitrated by its primary key.

CREATE TABLE @extschema@.holds_plain (
    session_id uuid NOT NULL,
    seat_id    text NOT NULL,
    user_id    uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, seat_id)
);

-- A session: its uuid ends in its number of seats; 1000 seats an area, 25 a row.

CREATE FUNCTION @extschema@.load_seats(session_id uuid)
RETURNS TABLE (seat_id text, area_id text, row_label text, "position" int, x real, y real,
    category text, accessible boolean, sold boolean, seat_number text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT i::text, 'area ' || (i - 1) / 1000, 'row ' || (i - 1) / 25, (i - 1) % 25,
        (i % 25)::real, (i / 25)::real, 'stand', false, false, i::text
    FROM generate_series(1, right(session_id::text, 8)::int) g(i)
    ORDER BY g.i
$$;
