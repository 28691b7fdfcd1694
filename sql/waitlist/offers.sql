-- Offering seats that were given back to those who wait, as holds, first come first served.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.standing_of_offer(tix.waitlist_entries);
CREATE FUNCTION tix.standing_of_offer(entry tix.waitlist_entries) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF entry.status <> 'offered' THEN RETURN entry.status; END IF;
    IF EXISTS (SELECT FROM order_items i WHERE i.lock_id = entry.lock_id) THEN
        RETURN 'accepted';
    END IF;
    RETURN CASE WHEN (SELECT g.ok FROM tix_lock_get(entry.lock_id, entry.user_id) g) THEN 'offered'
                ELSE 'lapsed' END;
END $$;
COMMENT ON FUNCTION tix.standing_of_offer(tix.waitlist_entries) IS
    'Internal: the status of an entry by the clock and the orders of this moment.';

DROP FUNCTION IF EXISTS tix.settle_offers(uuid);
CREATE FUNCTION tix.settle_offers(session_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    e waitlist_entries;
    now_is text;
BEGIN
    FOR e IN SELECT w.* FROM waitlist_entries w
             WHERE w.session_id = settle_offers.session_id AND w.status = 'offered'
             ORDER BY w.entry_id FOR UPDATE SKIP LOCKED LOOP
        now_is := standing_of_offer(e);
        IF now_is <> 'offered' THEN
            UPDATE waitlist_entries w SET status = now_is WHERE w.entry_id = e.entry_id;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tix.settle_offers(uuid) IS
    'Internal: records which offers of a session were accepted or have lapsed.';

DROP FUNCTION IF EXISTS tix.seats_to_offer(uuid);
CREATE FUNCTION tix.seats_to_offer(session_id uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    pool_max CONSTANT int := 1000;
    house CONSTANT uuid := seats_to_offer.session_id;
BEGIN
    -- The engine's counters first: mostly there is nothing, and then no seat is looked at.
    IF NOT EXISTS (SELECT FROM tix_stat_areas a
                   WHERE a.session_id = house AND a.free + a.blocked > 0) THEN
        RETURN ARRAY[]::text[];
    END IF;
    RETURN ARRAY(
        SELECT s.seat_id FROM tix_seats(house) s
        WHERE s.state IN ('free', 'blocked') AND NOT EXISTS (
            SELECT FROM seat_blocks b WHERE b.session_id = house AND b.seat_id = s.seat_id
                                        AND b.until_time > clock_timestamp())
        ORDER BY s.ordinal LIMIT pool_max);
END $$;
COMMENT ON FUNCTION tix.seats_to_offer(uuid) IS
    'Internal: seats that are free or kept for the waiting list, not the house''s, at most 1000.';

DROP FUNCTION IF EXISTS tix.choice_of_seats(uuid, text[], tix.waitlist_entries);
CREATE FUNCTION tix.choice_of_seats(session_id uuid, pool text[], wish tix.waitlist_entries)
RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    further CONSTANT int := wish.quantity - 1;
    chosen text[];
BEGIN
    WITH place AS (
        SELECT k.* FROM unnest(pool) p (seat_id) CROSS JOIN LATERAL (
            SELECT s.* FROM seats s
            WHERE s.session_id = choice_of_seats.session_id AND s.seat_id = p.seat_id OFFSET 0) k
        WHERE (wish.area_id IS NULL OR k.area_id = wish.area_id)
          AND (wish.category IS NULL OR k.category = wish.category)
          AND (wish.accessible OR NOT k.accessible)),
    run AS (
        SELECT p.*, p."position" - row_number() OVER (
            PARTITION BY p.area_id, p.row_label ORDER BY p."position") AS stretch
        FROM place p),
    party AS (
        SELECT r.ordinal, 1 AS worse, array_agg(r.seat_id) OVER w AS ids,
               bool_or(r.accessible) OVER w AS accessible
        FROM run r
        WINDOW w AS (PARTITION BY r.area_id, r.row_label, r.stretch ORDER BY r."position"
                     ROWS BETWEEN CURRENT ROW AND further FOLLOWING)
        UNION ALL
        SELECT min(p.ordinal), 2,
               (array_agg(p.seat_id ORDER BY p.accessible DESC, p.ordinal))[1:wish.quantity],
               bool_or(p.accessible)
        FROM place p GROUP BY p.area_id)
    SELECT a.ids INTO chosen FROM party a
    WHERE cardinality(a.ids) = wish.quantity AND (a.accessible OR NOT wish.accessible)
    ORDER BY a.worse, a.ordinal LIMIT 1;
    RETURN chosen;
END $$;
COMMENT ON FUNCTION tix.choice_of_seats(uuid, text[], tix.waitlist_entries) IS
    'Internal: seats of the pool as an entry wishes them: neighbours of one row, or else of one '
    'area; NULL when there are none.';

DROP FUNCTION IF EXISTS tix.offer_seats(uuid, interval, int);
CREATE FUNCTION tix.offer_seats(session_id uuid, ttl interval, max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    house CONSTANT uuid := offer_seats.session_id;
    pool text[] := seats_to_offer(house);
    e waitlist_entries;
    wanted text[];
    given tix_lock_result;
    offers int := 0;
BEGIN
    IF pool = '{}' THEN RETURN 0; END IF;
    FOR e IN SELECT w.* FROM waitlist_entries w
             WHERE w.session_id = house AND w.status = 'waiting'
             ORDER BY w.entry_id LIMIT max_rows FOR UPDATE SKIP LOCKED LOOP
        wanted := choice_of_seats(house, pool, e);
        CONTINUE WHEN wanted IS NULL;
        SELECT * INTO given FROM tix_offer_seats(house, wanted, e.user_id, ttl);
        IF given.ok THEN
            UPDATE waitlist_entries w SET status = 'offered', lock_id = given.lock_id,
                seats = given.seats, offer_expires_at = given.expires_at
            WHERE w.entry_id = e.entry_id;
            offers := offers + 1;
        END IF;
        CONTINUE WHEN given.reason = 'limit';  -- this user has enough: the seats are for others
        pool := ARRAY(SELECT p FROM unnest(pool) p WHERE p <> ALL (wanted));
        EXIT WHEN pool = '{}';
    END LOOP;
    RETURN offers;
END $$;
COMMENT ON FUNCTION tix.offer_seats(uuid, interval, int) IS
    'Internal: offers what a session has to those who wait there, in their order; who cannot be '
    'served by it is passed over and keeps the place. Returns how many offers.';

DROP FUNCTION IF EXISTS tix.tix_waitlist_step(int);
CREATE FUNCTION tix.tix_waitlist_step(max_rows int DEFAULT 100) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
DECLARE
    list record;
    offers int := 0;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023',
            HINT = 'It bounds the entries looked at in one session.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_waitlist_step', 0)) THEN
        RETURN 0;
    END IF;
    FOR list IN SELECT w.session_id, w.offer_ttl FROM waitlists w
                WHERE w.state = 'open' ORDER BY w.session_id LOOP
        PERFORM settle_offers(list.session_id);
        CONTINUE WHEN NOT EXISTS (SELECT FROM waitlist_entries e
            WHERE e.session_id = list.session_id AND e.status = 'waiting');
        offers := offers + offer_seats(list.session_id, list.offer_ttl, max_rows);
    END LOOP;
    RETURN offers;
END $$;
COMMENT ON FUNCTION tix.tix_waitlist_step(int) IS
    'Offers seats that were given back, and free ones, to those who wait: to the first whose wish '
    'they meet, as a hold for the list''s offer_ttl; records which offers were accepted or lapsed. '
    'At most max_rows entries a session; returns how many offers. To be called about once a '
    'second; runs once at a time: a second caller gets 0. Error 22023: max_rows is not positive.';

REVOKE ALL ON FUNCTION
    tix.standing_of_offer, tix.settle_offers, tix.seats_to_offer, tix.choice_of_seats,
    tix.offer_seats, tix.tix_waitlist_step FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_waitlist_step TO tix_app;
