-- tix_bench 1.0: yardstick functions, the designs without an engine, sessions to sell, stopwatches.

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

-- The designs without an engine ------------------------------------------------------------------

-- A row a hold. The primary key arbitrates.
CREATE TABLE @extschema@.holds_plain (
    session_id uuid NOT NULL,
    seat_id    text NOT NULL,
    user_id    uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, seat_id)
);

-- A row a hold. An advisory lock arbitrates, so nothing need be unique and overdue rows stay.
CREATE TABLE @extschema@.holds_advisory (
    session_id uuid NOT NULL,
    seat_id    text NOT NULL,
    user_id    uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON @extschema@.holds_advisory (session_id, seat_id, expires_at);

-- A row a seat, with room on each page, so that an update need not touch the index.
CREATE TABLE @extschema@.seats_plain (
    session_id uuid NOT NULL,
    seat_id    text NOT NULL,
    user_id    uuid,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, seat_id)
) WITH (fillfactor = 70);

CREATE TABLE @extschema@.seats_ranked (
    session_id uuid NOT NULL,
    rank       integer NOT NULL,
    seat_id    text NOT NULL,
    user_id    uuid,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, rank)
) WITH (fillfactor = 70);

CREATE TABLE @extschema@.tickets_plain (
    session_id uuid NOT NULL,
    seat_id    text NOT NULL,
    PRIMARY KEY (session_id, seat_id)
);

-- Two statements: the second must see what was committed before the lock was had.
CREATE FUNCTION @extschema@.lock_advisory(session uuid, seat text, buyer uuid, ttl interval)
RETURNS TABLE (seat_id text, expires_at timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(seat, uuid_hash(session))) THEN
        RETURN;
    END IF;
    RETURN QUERY INSERT INTO @extschema@.holds_advisory AS h
        SELECT session, seat, buyer, now() + ttl
        WHERE NOT EXISTS (
            SELECT FROM @extschema@.holds_advisory o
            WHERE o.session_id = session AND o.seat_id = seat AND o.expires_at >= now())
        RETURNING h.seat_id, h.expires_at;
END $$;

-- Sessions ---------------------------------------------------------------------------------------

-- The uuid ends in the number of seats: 1000 seats an area, 25 a row. The group of digits before,
-- 80NN or 90NN, says that NN % are sold: scattered, or the first ones.
CREATE FUNCTION @extschema@.load_seats(session_id uuid)
RETURNS TABLE (seat_id text, area_id text, row_label text, "position" int, x real, y real,
    category text, accessible boolean, sold boolean, seat_number text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT i::text, 'area ' || (i - 1) / 1000, 'row ' || (i - 1) / 25, (i - 1) % 25,
        (i % 25)::real, (i / 25)::real, 'stand', false,
        CASE way WHEN '8' THEN (hashint4(i) & 65535) % 100 < share
            ELSE i <= n::bigint * share / 100 END,
        i::text
    FROM (SELECT right(session_id::text, 8)::int AS n, substr(session_id::text, 20, 1) AS way,
        substr(session_id::text, 22, 2)::int AS share) s, generate_series(1, s.n) g(i)
    ORDER BY g.i
$$;

-- Stopwatches: what a call takes in the server, in microseconds ----------------------------------

CREATE FUNCTION @extschema@.states_by_join(session uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = @extschema@, pg_catalog, pg_temp AS $$
    SELECT string_agg(CASE WHEN t.seat_id IS NOT NULL THEN '2' WHEN h.seat_id IS NOT NULL THEN '1'
        ELSE '0' END, '' ORDER BY s.rank)
    FROM seats_ranked s
    LEFT JOIN holds_plain h ON h.session_id = s.session_id AND h.seat_id = s.seat_id
        AND h.expires_at > now()
    LEFT JOIN tickets_plain t ON t.session_id = s.session_id AND t.seat_id = s.seat_id
    WHERE s.session_id = session
$$;

-- The median of so many maps, and of so many joins.
CREATE FUNCTION @extschema@.time_map(session uuid, calls integer) RETURNS double precision
LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    took interval[] := '{}';
BEGIN
    FOR i IN 1 .. calls LOOP
        began := clock_timestamp();
        PERFORM length(m.states) FROM tix.tix_seat_map(session) m;
        took := took || (clock_timestamp() - began);
    END LOOP;
    RETURN (SELECT extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY t)) * 1e6
        FROM unnest(took) t);
END $$;

CREATE FUNCTION @extschema@.time_join(session uuid, calls integer) RETURNS double precision
LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    took interval[] := '{}';
BEGIN
    FOR i IN 1 .. calls LOOP
        began := clock_timestamp();
        PERFORM length(@extschema@.states_by_join(session));
        took := took || (clock_timestamp() - began);
    END LOOP;
    RETURN (SELECT extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY t)) * 1e6
        FROM unnest(took) t);
END $$;

-- The median of so many locks of the best four; each is rolled back, so the session stays as full.
CREATE PROCEDURE @extschema@.time_best(session uuid, calls integer, INOUT us double precision)
LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    took interval[] := '{}';
    buyer uuid := gen_random_uuid();
BEGIN
    FOR i IN 1 .. calls LOOP
        began := clock_timestamp();
        PERFORM b.ok FROM tix.tix_lock_best(session, 4, buyer) b;
        took := took || (clock_timestamp() - began);
        ROLLBACK;
    END LOOP;
    us := (SELECT extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY t)) * 1e6
        FROM unnest(took) t);
END $$;
