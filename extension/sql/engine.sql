-- tix 1.0: the journal and the C functions.

\echo Use "CREATE EXTENSION tix" to load this file. \quit

-- The journal -------------------------------------------------------------------------------------

CREATE TABLE @extschema@.holds (
    lock_id     bigint NOT NULL,
    session_id  uuid NOT NULL,
    version     integer NOT NULL,
    kind        "char" NOT NULL,
    user_id     uuid,
    at          timestamptz NOT NULL,
    expires_at  timestamptz,
    acquired_at timestamptz,
    order_id    uuid,
    seats       text[] NOT NULL
);
-- Its entries differ: to look for equal ones on every full page costs more than the page.
CREATE INDEX holds_session_deadline ON @extschema@.holds (session_id, expires_at)
    WITH (deduplicate_items = off);
COMMENT ON TABLE @extschema@.holds IS
    'Journal of seat holds, append-only, written by the library in the caller''s transaction. '
    'kind: g grant, a seats added, e extended, o handed to an order, r released, s sold, f '
    'freed (lock_id 0). version orders the rows of a lock_id. The newest row of a lock_id is the '
    'hold: g, a, e and o list all its seats, and what stays after r is listed by an e of the same '
    'statement. tix_prune_journal() removes what is old.';
COMMENT ON COLUMN @extschema@.holds.expires_at IS
    'The deadline, wall clock; a hold is live while its newest row is g, a, e or o and this is to '
    'come. NULL: f, and s without a hold before it.';
COMMENT ON COLUMN @extschema@.holds.acquired_at IS
    'In a and e: since when the hold has been held, for tix.lock_lifetime_max; NULL when it '
    'belongs to an order, which has no such limit. A grant began at "at".';
-- Rows are added at the end, deleted from the beginning and never changed: freeze each page once.
ALTER TABLE @extschema@.holds SET (
    autovacuum_freeze_min_age = 0,
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_scale_factor = 0.05);
SELECT pg_catalog.pg_extension_config_dump('@extschema@.holds', '');

CREATE TABLE @extschema@.generation (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    generation        integer NOT NULL,
    timeline          integer NOT NULL,
    system_identifier bigint NOT NULL
);
COMMENT ON TABLE @extschema@.generation IS
    'The 16-bit generation of lock_id, one row, made by the first load. +1 at each server '
    'start, +1000 when timeline or system '
    'identifier changed; above every lock_id in the journal.';
SELECT pg_catalog.pg_extension_config_dump('@extschema@.generation', '');

CREATE TABLE @extschema@.idempotency_keys (
    user_id    uuid NOT NULL,
    key        text COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
    request    bigint NOT NULL,
    lock_id    bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    seats      text[] NOT NULL,
    tier       smallint,
    at         timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_at ON @extschema@.idempotency_keys (at);
COMMENT ON TABLE @extschema@.idempotency_keys IS
    'The granted lock requests that named an idempotency key, with their answers, written by the '
    'library in the caller''s transaction. request: a hash of all that was asked for. Kept 24 '
    'hours: tix_prune_idempotency_keys.';
SELECT pg_catalog.pg_extension_config_dump('@extschema@.idempotency_keys', '');

-- Holds -------------------------------------------------------------------------------------------

CREATE TYPE @extschema@.tix_lock_result AS (
    ok         boolean,
    reason     text,
    lock_id    bigint,
    expires_at timestamptz,
    seats      text[],
    conflicts  jsonb,
    tier       smallint
);
COMMENT ON TYPE @extschema@.tix_lock_result IS
    'Answer of a lock function. ok: granted. reason: NULL or one of the frozen strings (held, '
    'sold, blocked, channel, accessible_only, unknown_seat, unknown_session, not_on_sale, '
    'sale_ended, paused, queued, limit, orphan, duplicate_seat, too_many, no_block, held_out, '
    'sold_out, expired, lifetime, busy, rebuilding, malformed). lock_id: the fencing token, '
    'strictly increasing. expires_at: wall clock of the deadline. seats: what the call was about. '
    'conflicts: [{"seatId","reason"}]. tier: of best available, 1 to 5.';

CREATE FUNCTION @extschema@.tix_lock_seat(session_id uuid, seat_id text, user_id uuid,
    ttl interval DEFAULT NULL) RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_seat(uuid, text, uuid, interval) IS
    'Holds one seat for user_id until now + ttl (default tix.lock_ttl). Never waits, never '
    'raises for a lost race: the reason is in the row. Call it in FROM. Errors: 22023 bad '
    'argument, 25006 read-only or standby, TX012, TX013.';

CREATE FUNCTION @extschema@.tix_lock_seats(session_id uuid, seat_ids text[], user_id uuid,
    ttl interval DEFAULT NULL, channels text[] DEFAULT '{}', orphans text DEFAULT 'allow',
    idempotency_key text DEFAULT NULL, into_lock_id bigint DEFAULT NULL)
RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_seats(
    uuid, text[], uuid, interval, text[], text, text, bigint) IS
    'Holds all the seats or none, in any order, without deadlock; at most '
    'tix.max_seats_per_lock. into_lock_id adds them to one''s own live hold and keeps its '
    'deadline. Locking one''s own held seats again answers the same lock_id and does not extend '
    'it. orphans avoid: refuses (reason orphan, which conflicts names) to leave a single free '
    'seat between taken ones, an aisle or the end of its row, if a block of as many elsewhere in '
    'that row would leave none. An accessible place that is asked for by name is given. '
    'idempotency_key (1 to 255 bytes): when this user was granted the same request under it, the '
    'answer of then is given again, with lock_id and expires_at of then, also when the hold is '
    'over; reason busy while another transaction works on it. A refusal is not kept. Errors: '
    'TX009 the key was used with another request; else as tix_lock_seat.';

CREATE FUNCTION @extschema@.tix_take_seats(session_id uuid, seat_ids text[], user_id uuid,
    ttl interval DEFAULT NULL) RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_take_seats(uuid, text[], uuid, interval) IS
    'For the owner: as tix_lock_seats, but above the rules of the sale (window, pause, channels, '
    'limits), for what was paid already. Blocked seats stay blocked.';

CREATE FUNCTION @extschema@.tix_lock_best(session_id uuid, quantity integer, user_id uuid,
    areas text[] DEFAULT NULL, categories text[] DEFAULT NULL, accessible integer DEFAULT 0,
    orphans text DEFAULT 'avoid', max_tier integer DEFAULT 2, ttl interval DEFAULT NULL,
    channels text[] DEFAULT '{}', idempotency_key text DEFAULT NULL)
RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_best(
    uuid, integer, uuid, text[], text[], integer, text, integer, interval, text[], text) IS
    'Holds the best quantity seats in the given areas and categories (NULL: any) and says which '
    'tier it reached. Tier 1: neighbours of one row that leave no single seat alone; 2: '
    'neighbours of one row; 3: adjacent rows, same columns; 4: one area, in pieces of two or '
    'more; 5: anything, over several areas if need be. max_tier is the worst accepted. orphans '
    'allow: tier 1 is not preferred to tier 2. accessible: how many of them must be accessible '
    'places, which a request without them never gets; the rest are seats beside them in the '
    'same row (tiers 1 and 2) or anything (tier 5). Reasons: no_block (enough are free, but not '
    'so), held_out (enough with those that are held), accessible_only (enough with the '
    'accessible places), sold_out. idempotency_key and errors as tix_lock_seats.';

CREATE FUNCTION @extschema@.tix_lock_area(session_id uuid, area_id text, quantity integer,
    user_id uuid, ttl interval DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_area(uuid, text, integer, uuid, interval, text) IS
    'General admission: holds quantity places of one area that nobody chose, from a random one '
    'on; accessible places are never given. Reasons: unknown_seat (no such area), too_many, '
    'held_out, accessible_only, sold_out. idempotency_key and errors as tix_lock_seats.';

CREATE FUNCTION @extschema@.tix_extend_lock(lock_id bigint, user_id uuid,
    ttl interval DEFAULT NULL) RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_extend_lock(bigint, uuid, interval) IS
    'Raises the deadline of one''s own live hold to now + ttl (default tix.lock_ttl), never '
    'past tix.lock_lifetime_max from first acquisition and never lower. Reasons: expired (also '
    'unknown or another''s), lifetime, busy, paused (emergency stop).';

CREATE FUNCTION @extschema@.tix_lock_get(lock_id bigint, user_id uuid)
RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_get(bigint, uuid) IS
    'Looks at one''s own live hold, for display: not a guarantee. Reason expired when unknown, '
    'overdue or another''s.';

CREATE FUNCTION @extschema@.tix_session_of_lock(lock_id bigint) RETURNS uuid
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_session_of_lock(bigint) IS
    'Internal, for functions that check the owner themselves: the session of a live hold; NULL '
    'when the lock is unknown or overdue. Errors: TX015 while loading.';

CREATE FUNCTION @extschema@.tix_release_seats(lock_id bigint, user_id uuid,
    seat_ids text[] DEFAULT NULL) RETURNS SETOF text
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_release_seats(bigint, uuid, text[]) IS
    'Releases some or all (NULL) seats of one''s own hold, at COMMIT. Returns the released '
    'seats; no rows when the lock is unknown, overdue, another''s or being '
    'changed by another transaction.';

CREATE FUNCTION @extschema@.tix_hand_over(lock_id bigint, user_id uuid, order_id uuid,
    ttl interval) RETURNS SETOF text
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_hand_over(bigint, uuid, uuid, interval) IS
    'Hands a live hold to an order: raises its deadline to now + ttl without the lifetime cap '
    'and returns its seats. NULL ttl: tix.order_ttl. Errors: TX002 when the lock is lost, TX006 '
    'after an emergency stop.';

CREATE FUNCTION @extschema@.tix_confirm_seats(lock_id bigint, user_id uuid) RETURNS SETOF text
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_confirm_seats(bigint, uuid) IS
    'Moves the seats of a live hold to confirming and returns them; they are sold at COMMIT and '
    'held again on rollback. Insert the tickets in the same transaction. Errors: TX002 when the '
    'lock is lost.';

CREATE FUNCTION @extschema@.tix_free_sold(session_id uuid, seat_ids text[]) RETURNS SETOF text
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_free_sold(uuid, text[]) IS
    'Gives sold seats back at COMMIT and returns those that were sold. Tables with the ticket '
    'guard do this by themselves.';

-- The twins that raise ---------------------------------------------------------------------------

CREATE FUNCTION @extschema@.tix_lock_seat_strict(session_id uuid, seat_id text, user_id uuid,
    ttl interval DEFAULT NULL) RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_seat_strict(uuid, text, uuid, interval) IS
    'As tix_lock_seat, but raises instead of answering a reason; DETAIL is {"reason", "lockId", '
    '"conflicts"}. TX001 held, sold, blocked, channel, accessible_only, unknown_seat, orphan; '
    'TX002 expired; TX005 limit, too_many, lifetime; TX006 not_on_sale, sale_ended, paused; '
    'TX011 queued; TX007 no_block, held_out, sold_out; TX015 rebuilding; 22023 unknown_session, '
    'duplicate_seat; 55P03 busy.';

CREATE FUNCTION @extschema@.tix_lock_seats_strict(session_id uuid, seat_ids text[], user_id uuid,
    ttl interval DEFAULT NULL, channels text[] DEFAULT '{}', orphans text DEFAULT 'allow',
    idempotency_key text DEFAULT NULL, into_lock_id bigint DEFAULT NULL)
RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_seats_strict(
    uuid, text[], uuid, interval, text[], text, text, bigint) IS
    'As tix_lock_seats, but raises instead of answering a reason: see tix_lock_seat_strict.';

CREATE FUNCTION @extschema@.tix_lock_best_strict(session_id uuid, quantity integer, user_id uuid,
    areas text[] DEFAULT NULL, categories text[] DEFAULT NULL, accessible integer DEFAULT 0,
    orphans text DEFAULT 'avoid', max_tier integer DEFAULT 2, ttl interval DEFAULT NULL,
    channels text[] DEFAULT '{}', idempotency_key text DEFAULT NULL)
RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_best_strict(
    uuid, integer, uuid, text[], text[], integer, text, integer, interval, text[], text) IS
    'As tix_lock_best, but raises instead of answering a reason: see tix_lock_seat_strict.';

CREATE FUNCTION @extschema@.tix_lock_area_strict(session_id uuid, area_id text,
    quantity integer, user_id uuid, ttl interval DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_lock_area_strict(
    uuid, text, integer, uuid, interval, text) IS
    'As tix_lock_area, but raises instead of answering a reason: see tix_lock_seat_strict.';

CREATE FUNCTION @extschema@.tix_extend_lock_strict(lock_id bigint, user_id uuid,
    ttl interval DEFAULT NULL) RETURNS @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_extend_lock_strict(bigint, uuid, interval) IS
    'As tix_extend_lock, but raises instead of answering a reason: see tix_lock_seat_strict.';

-- Reads -------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.tix_seat_status(session_id uuid, seat_id text,
    OUT seat_id text, OUT ordinal integer, OUT area_id text, OUT state text,
    OUT expires_at timestamptz)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_seat_status(uuid, text) IS
    'One seat with its state now; NULL for an unknown seat. expires_at: wall clock of the '
    'deadline when it is held. Errors: 22023 unknown session, TX015 while loading.';

CREATE FUNCTION @extschema@.tix_seat_holder(session_id uuid, seat_id text,
    at timestamptz DEFAULT pg_catalog.clock_timestamp(),
    OUT state text, OUT user_id uuid, OUT lock_id bigint, OUT order_id uuid,
    OUT since timestamptz, OUT expires_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
-- Statistics may be those of an empty journal, which is read from end to end.
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    house CONSTANT uuid := tix_seat_holder.session_id;
    seat CONSTANT text := tix_seat_holder.seat_id;
    moment CONSTANT timestamptz := tix_seat_holder.at;
    last @extschema@.holds;
    first_at timestamptz;
    before timestamptz;
BEGIN
    -- Who holds the seat at the moment has a deadline after it. So has, for a while, a sale.
    SELECT * INTO last FROM (
        SELECT * FROM @extschema@.holds h WHERE h.session_id = house AND h.expires_at > moment
        UNION ALL
        SELECT * FROM @extschema@.holds h WHERE h.session_id = house AND h.expires_at IS NULL) h
    WHERE h.at <= moment AND seat = ANY (h.seats)
    ORDER BY h.at DESC, h.lock_id DESC, h.version DESC LIMIT 1;
    IF last.kind IS NULL OR last.kind IN ('r', 'f') THEN
        SELECT * INTO last FROM @extschema@.holds h
        WHERE h.session_id = house AND h.at <= moment AND seat = ANY (h.seats)
        ORDER BY h.at DESC, h.lock_id DESC, h.version DESC LIMIT 1;
    END IF;
    state := CASE WHEN last.kind = 's' THEN 'sold'
                  WHEN last.kind IN ('g', 'a', 'e', 'o') AND last.expires_at > moment THEN 'held'
                  ELSE 'free' END;
    IF state = 'free' THEN RETURN; END IF;
    user_id := last.user_id;
    lock_id := nullif(last.lock_id, 0);
    expires_at := CASE WHEN state = 'held' THEN last.expires_at END;
    -- Each row of a hold was written before the deadline of the row before it.
    first_at := last.at;
    LOOP
        before := first_at;
        SELECT least(min(h.at), before) INTO first_at FROM @extschema@.holds h
        WHERE h.session_id = house AND h.expires_at > before AND h.lock_id = last.lock_id;
        EXIT WHEN first_at = before;
    END LOOP;
    SELECT max(h.order_id::text)::uuid,
           min(h.at) FILTER (WHERE h.kind IN ('g', 'a') AND h.version > coalesce(
               (SELECT max(r.version) FROM @extschema@.holds r
                WHERE r.session_id = house AND r.expires_at > first_at AND r.kind = 'r'
                  AND r.lock_id = last.lock_id AND r.at <= moment AND seat = ANY (r.seats)), -1))
    INTO order_id, since FROM @extschema@.holds h
    WHERE h.session_id = house AND h.expires_at > first_at AND h.lock_id = last.lock_id
      AND h.at <= moment AND seat = ANY (h.seats);
    since := CASE WHEN state = 'sold' THEN last.at ELSE since END;
END $$;
COMMENT ON FUNCTION @extschema@.tix_seat_holder(uuid, text, timestamptz) IS
    'For operators: who had a seat at a moment, as far as the journal goes back. state: free, held '
    'or sold; since: when the seat came to this hold, or was sold; expires_at: the deadline of the '
    'hold as it stood then. The other columns are NULL for a free seat. A seat that was held is '
    'found at once; for one that was free or sold long ago the journal of the session is read.';

CREATE FUNCTION @extschema@.tix_seats(session_id uuid, area text DEFAULT NULL,
    user_id uuid DEFAULT NULL)
RETURNS TABLE (seat_id text, ordinal integer, layout_version integer, area_id text, row_label text,
    seat_number text, x real, y real, category text, accessible boolean, state text, mine boolean)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_seats(uuid, text, uuid) IS
    'Every seat of the session or of one area, in ordinal order, with its state now; mine tells '
    'whether user_id holds it (NULL without a user). Errors: 22023 unknown session or area, '
    'TX015 while loading.';

CREATE FUNCTION @extschema@.tix_seat_map(session_id uuid, area text DEFAULT NULL,
    OUT seq bigint, OUT layout_version integer, OUT states bytea)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_seat_map(uuid, text) IS
    'Two bits a seat in ordinal order, low bits first: 0 free, 1 held or confirming, 2 sold, 3 '
    'blocked. seq: where tix_changes goes on; NULL on a standby, which reads its tables instead.';

CREATE FUNCTION @extschema@.tix_changes(since bigint, session_id uuid DEFAULT NULL,
    max_rows integer DEFAULT 1000, wait_ms integer DEFAULT 0)
RETURNS TABLE (seq bigint, session_id uuid, layout_version integer, ordinal integer, state text)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_changes(bigint, uuid, integer, integer) IS
    'Seat changes after since, at most max_rows (1 to 100000), waiting up to wait_ms (0 to '
    '60000) for the first. One row with state resync when since is of another generation, ahead '
    'of the feed or overwritten: read the map again, go on from its seq. A standby tells how each '
    'seat of one session is, seq NULL, or resync if there are more than max_rows.';

CREATE FUNCTION @extschema@.tix_availability(session_id uuid)
RETURNS TABLE (area_id text, category text, free integer, held integer, confirming integer,
    sold integer, blocked integer, capacity integer, grade text)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_availability(uuid) IS
    'Seats by area and category and state, exact per area. grade: open, few (at most 10 seats '
    'or 5 percent), held_out (none free, some may come back), sold_out.';

-- Sessions ----------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.tix_load_session(session_id uuid, OUT seats integer, OUT areas integer,
    OUT holds integer, OUT bytes bigint)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_load_session(uuid) IS
    'Loads the session ahead of its sale, waits until it is there, and keeps it from eviction. '
    'Errors: 22023 unknown session, TX013 not enough memory.';

CREATE FUNCTION @extschema@.tix_unload_session(session_id uuid) RETURNS boolean
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_unload_session(uuid) IS
'Drops the session from memory. False when it is not there, has live holds or is in use.';

CREATE FUNCTION @extschema@.tix_check(session_id uuid)
RETURNS TABLE (seat_id text, arena_state text, table_state text, detail text)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_check(uuid) IS
    'Compares the arena with the tables and the journal, seat by seat; no rows when they agree. '
    'A difference is reported only if three looks see it. Stops ticket changes of the session '
    'while it runs.';

CREATE FUNCTION @extschema@.tix_arena_audit()
RETURNS TABLE (law text, session_id uuid, area_id text, detail text)
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_arena_audit() IS
'Recounts every loaded session: S1 (one hold a seat) and S12 (counters). No rows when sound.';

CREATE FUNCTION @extschema@.tix_ticket_guard() RETURNS trigger
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.tix_ticket_guard() IS
    'Trigger for tickets (session_id, user_id uuid; seat_id, status text): AFTER INSERT OR '
    'UPDATE OR DELETE FOR EACH ROW and BEFORE TRUNCATE FOR EACH STATEMENT, ENABLE ALWAYS. '
    'Errors: TX001 seat not available.';

-- Privileges --------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA @extschema@ FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
