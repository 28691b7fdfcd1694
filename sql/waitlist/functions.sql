-- The waiting list of a session: opening it, joining, leaving.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_open_waitlist(uuid, interval, interval);
CREATE FUNCTION tix.tix_open_waitlist(
    session_id uuid, grace interval DEFAULT NULL, offer_ttl interval DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    kept CONSTANT interval := coalesce(
        tix_open_waitlist.grace, current_setting('tix.waitlist_grace')::interval);
    offered CONSTANT interval := coalesce(
        tix_open_waitlist.offer_ttl, current_setting('tix.waitlist_offer_ttl')::interval);
    status text;
BEGIN
    IF kept < interval '0' OR kept > interval '1 day'
       OR offered < interval '1 second' OR offered > interval '1 day' THEN
        RAISE EXCEPTION 'waiting list cannot be set up so' USING ERRCODE = '22023',
            HINT = 'grace is 0 to 1 day, offer_ttl 1 second to 1 day.';
    END IF;
    SELECT s.status INTO status FROM sessions s
    WHERE s.session_id = tix_open_waitlist.session_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session does not exist' USING ERRCODE = 'P0002',
            HINT = 'Name a session that tix_create_session() made.';
    ELSIF status = 'cancelled' THEN
        RAISE EXCEPTION 'waiting list cannot be opened: the session is "cancelled"'
            USING ERRCODE = 'TX010', HINT = 'Nothing is sold there any more.';
    END IF;
    INSERT INTO waitlists AS w (session_id, grace, offer_ttl)
    VALUES (tix_open_waitlist.session_id, kept, offered)
    ON CONFLICT ON CONSTRAINT waitlists_pkey DO UPDATE
    SET state = 'open', grace = excluded.grace, offer_ttl = excluded.offer_ttl;
    PERFORM tix_set_waitlist(tix_open_waitlist.session_id, kept);
END $$;
COMMENT ON FUNCTION tix.tix_open_waitlist(uuid, interval, interval) IS
    'Gives a session a waiting list, or changes its terms, from COMMIT on: seats that are given '
    'back are blocked for grace (0 to 1 day; NULL: tix.waitlist_grace) before they are free, '
    'unless tix_waitlist_step() offers them for offer_ttl (1 s to 1 day; NULL: '
    'tix.waitlist_offer_ttl). Errors: 22023 out of bounds, P0002 unknown session, TX010 cancelled.';

DROP FUNCTION IF EXISTS tix.tix_close_waitlist(uuid);
CREATE FUNCTION tix.tix_close_waitlist(session_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE waitlists w SET state = 'closed' WHERE w.session_id = tix_close_waitlist.session_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session has no waiting list' USING ERRCODE = 'P0002',
            HINT = 'Open one with tix_open_waitlist().';
    END IF;
    PERFORM tix_set_waitlist(tix_close_waitlist.session_id, interval '0');
END $$;
COMMENT ON FUNCTION tix.tix_close_waitlist(uuid) IS
    'Ends a waiting list: no more joins and offers; seats kept for it are free when their grace is '
    'over, offers stand. Who waited keeps the place if it is opened again. Error P0002: there is '
    'none.';

DROP FUNCTION IF EXISTS tix.checked_wish(jsonb, int);
CREATE FUNCTION tix.checked_wish(
    criteria jsonb, quantity int, OUT area_id text, OUT category text, OUT accessible boolean)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    wish CONSTANT jsonb := coalesce(criteria, '{}');
BEGIN
    -- IS NOT TRUE: what is absent is as good as well-formed.
    IF (quantity BETWEEN 1 AND 20) IS NOT TRUE OR jsonb_typeof(wish) <> 'object'
       OR pg_column_size(wish) > 4096
       OR (SELECT count(*) FROM jsonb_object_keys(wish) k
           WHERE k NOT IN ('area', 'category', 'accessible')) > 0
       OR coalesce(jsonb_typeof(wish->'area'), 'null') NOT IN ('string', 'null')
       OR coalesce(jsonb_typeof(wish->'category'), 'null') NOT IN ('string', 'null')
       OR coalesce(jsonb_typeof(wish->'accessible'), 'null') NOT IN ('boolean', 'null') THEN
        RAISE EXCEPTION 'wish for the waiting list is malformed' USING ERRCODE = '22023',
            HINT = 'quantity is 1 to 20; criteria an object of at most 4 kB with "area", '
                   '"category" (strings) and "accessible" (boolean).';
    END IF;
    area_id := wish->>'area';
    category := wish->>'category';
    accessible := coalesce((wish->>'accessible')::boolean, false);
END $$;
COMMENT ON FUNCTION tix.checked_wish(jsonb, int) IS
    'Internal: what criteria of a waiting list ask for. Error 22023: they are malformed.';

DROP FUNCTION IF EXISTS tix.tix_join_waitlist(uuid, jsonb, int, uuid);
CREATE FUNCTION tix.tix_join_waitlist(
    session_id uuid, criteria jsonb, quantity int, user_id uuid, OUT entry_id bigint,
    OUT ahead bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    house CONSTANT uuid := tix_join_waitlist.session_id;
    who CONSTANT uuid := tix_join_waitlist.user_id;
    many CONSTANT int := tix_join_waitlist.quantity;
    wish record;
BEGIN
    IF who IS NULL THEN
        RAISE EXCEPTION 'user must be given' USING ERRCODE = '22023', HINT = 'Name who waits.';
    END IF;
    wish := checked_wish(criteria, many);
    IF NOT EXISTS (SELECT FROM waitlists w WHERE w.session_id = house AND w.state = 'open') THEN
        RAISE EXCEPTION 'session has no waiting list' USING ERRCODE = 'P0002',
            HINT = 'It may be opened later.';
    ELSIF NOT EXISTS (SELECT FROM sessions s WHERE s.session_id = house AND s.status = 'on_sale'
                                               AND s.sale_end_time > clock_timestamp()) THEN
        RAISE EXCEPTION 'session is not on sale' USING ERRCODE = 'TX006',
            HINT = 'There is nothing to wait for.';
    END IF;
    UPDATE waitlist_entries e SET status = 'left'
    WHERE e.session_id = house AND e.user_id = who AND e.status = 'waiting'
      AND (e.quantity, e.area_id, e.category, e.accessible)
          IS DISTINCT FROM (many, wish.area_id, wish.category, wish.accessible);
    INSERT INTO waitlist_entries (session_id, user_id, quantity, area_id, category, accessible)
    VALUES (house, who, many, wish.area_id, wish.category, wish.accessible)
    ON CONFLICT (session_id, user_id) WHERE status IN ('waiting', 'offered') DO NOTHING;
    SELECT p.entry_id, p.ahead INTO entry_id, ahead FROM tix_waitlist_position(house, who) p;
END $$;
COMMENT ON FUNCTION tix.tix_join_waitlist(uuid, jsonb, int, uuid) IS
    'Waits for quantity seats (1 to 20) of a session: criteria {"area", "category", "accessible"}, '
    'each optional, NULL for any seats. Returns the entry and how many wait before it. The same '
    'wish again gives the same entry, another one a new place at the end; who has an offer keeps '
    'it. Errors: 22023 malformed, P0002 no waiting list, TX006 not on sale.';

DROP FUNCTION IF EXISTS tix.tix_leave_waitlist(uuid, uuid);
CREATE FUNCTION tix.tix_leave_waitlist(session_id uuid, user_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    mine waitlist_entries;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    SELECT * INTO mine FROM waitlist_entries e
    WHERE e.session_id = tix_leave_waitlist.session_id
      AND e.user_id = tix_leave_waitlist.user_id AND e.status IN ('waiting', 'offered')
    FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    -- An offer that came into an order meanwhile is the order's, not to be declined.
    IF mine.status = 'offered' AND EXISTS (
        SELECT FROM order_items i WHERE i.lock_id = mine.lock_id) THEN
        UPDATE waitlist_entries e SET status = 'accepted' WHERE e.entry_id = mine.entry_id;
        RETURN false;
    ELSIF mine.status = 'offered' THEN
        PERFORM tix_release_seats(mine.lock_id, mine.user_id);
    END IF;
    UPDATE waitlist_entries e SET status = 'left' WHERE e.entry_id = mine.entry_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.tix_leave_waitlist(uuid, uuid) IS
    'Leaves the waiting list, and declines its offer: those seats go to the next at COMMIT. False '
    'when the user does not wait, or has ordered what was offered.';

DROP FUNCTION IF EXISTS tix.tix_waitlist_position(uuid, uuid);
CREATE FUNCTION tix.tix_waitlist_position(
    session_id uuid, user_id uuid, OUT entry_id bigint, OUT status text, OUT ahead bigint,
    OUT lock_id bigint, OUT seats text[], OUT expires_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    mine waitlist_entries;
BEGIN
    SELECT * INTO mine FROM waitlist_entries e
    WHERE e.session_id = tix_waitlist_position.session_id
      AND e.user_id = tix_waitlist_position.user_id AND e.status IN ('waiting', 'offered');
    IF NOT FOUND THEN RETURN; END IF;
    entry_id := mine.entry_id;
    status := standing_of_offer(mine);
    IF status = 'waiting' THEN
        ahead := (SELECT count(*) FROM waitlist_entries e
                  WHERE e.session_id = mine.session_id AND e.status = 'waiting'
                    AND e.entry_id < mine.entry_id);
    ELSE
        lock_id := mine.lock_id;
        seats := mine.seats;
        expires_at := mine.offer_expires_at;
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION tix.tix_waitlist_position(uuid, uuid) IS
    'How a user stands: status waiting with how many are ahead, or offered, accepted or lapsed '
    'with the hold, its seats and its deadline; accept an offer with tix_create_order(). No row: '
    'the user does not wait.';

REVOKE ALL ON FUNCTION
    tix.tix_open_waitlist, tix.tix_close_waitlist, tix.checked_wish, tix.tix_join_waitlist,
    tix.tix_leave_waitlist, tix.tix_waitlist_position FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_open_waitlist, tix.tix_close_waitlist TO tix_admin;
GRANT EXECUTE ON FUNCTION
    tix.tix_join_waitlist, tix.tix_leave_waitlist, tix.tix_waitlist_position TO tix_app;
