-- tix_bench 1.0: yardstick functions and tables, and a session to sell.

\echo Use "CREATE EXTENSION tix_bench" to load this file. \quit

-- Yardsticks: the arguments and the result type of tix_lock_seats, whatever those are.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY '{empty_won, empty_lost, insert_only}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION @extschema@.%I(%s) RETURNS tix.tix_lock_result
            AS ''MODULE_PATHNAME'' LANGUAGE C VOLATILE PARALLEL UNSAFE', name,
            pg_get_function_arguments('tix.tix_lock_seats'::regproc));
    END LOOP;
END $$;

CREATE TABLE @extschema@.holds (LIKE tix.holds INCLUDING INDEXES);

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
