-- Quotas of price categories: taken when an order is created, given back when it ends unpaid or its
-- ticket is cancelled.
-- Requires tix >= 1.0
--
-- Locking: taking locks the counters of the seats' categories in the order of their ids, until the
-- order commits, so two buyers of a last seat follow each other. Giving back only appends a row.
-- An event without quotas costs one probe of an index that is empty for it.

DROP FUNCTION IF EXISTS tix.quota_of_seats(uuid, text[]);
CREATE FUNCTION tix.quota_of_seats(session_id uuid, seat_ids text[])
RETURNS TABLE (seat_id text, category_id uuid)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.seat_id, p.category_id
        FROM sessions e CROSS JOIN unnest(quota_of_seats.seat_ids) w (seat_id)
        CROSS JOIN LATERAL (
            SELECT k.seat_id, k.category, k.area_id FROM seats k
            WHERE k.session_id = quota_of_seats.session_id AND k.seat_id = w.seat_id
            OFFSET 0) s
        CROSS JOIN LATERAL (
            SELECT c.category_id, c.quota
            FROM price_categories c
            WHERE c.event_id = e.event_id
              AND (c.categories = '{}' OR s.category = ANY (c.categories))
              AND (c.area_ids = '{}' OR s.area_id = ANY (c.area_ids))
            ORDER BY (c.area_ids <> '{}')::int * 2 + (c.categories <> '{}')::int DESC,
                     c.price_amount
            LIMIT 1) p
        WHERE e.session_id = quota_of_seats.session_id AND p.quota IS NOT NULL;
END $$;
COMMENT ON FUNCTION tix.quota_of_seats(uuid, text[]) IS
    'Internal: the seats whose price (prices_of_seats) is of a category with a quota, and which.';

DROP FUNCTION IF EXISTS tix.take_quota(uuid, uuid, text[]);
CREATE FUNCTION tix.take_quota(order_id uuid, session_id uuid, seat_ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted record;
    free bigint;
BEGIN
    WITH counted AS (
        INSERT INTO quota_items (order_id, seat_id, category_id)
        SELECT take_quota.order_id, q.seat_id, q.category_id
        FROM quota_of_seats(take_quota.session_id, seat_ids) q RETURNING category_id)
    SELECT array_agg(n.category_id ORDER BY n.category_id) AS ids,
           array_agg(n.seats ORDER BY n.category_id) AS seats INTO wanted
    FROM (SELECT c.category_id, count(*) AS seats FROM counted c GROUP BY 1) n;
    FOR i IN 1 .. coalesce(cardinality(wanted.ids), 0) LOOP
        SELECT p.quota - c.taken INTO free
        FROM quota_counts c JOIN price_categories p USING (category_id)
        WHERE c.category_id = wanted.ids[i] FOR NO KEY UPDATE OF c;
        IF free < wanted.seats[i] THEN
            WITH given AS (DELETE FROM quota_returns r WHERE r.category_id = wanted.ids[i]
                           RETURNING r.seats),
            counted AS (UPDATE quota_counts c
                        SET taken = c.taken - (SELECT coalesce(sum(g.seats), 0) FROM given g)
                        WHERE c.category_id = wanted.ids[i] RETURNING c.category_id, c.taken)
            SELECT p.quota - c.taken INTO free
            FROM counted c JOIN price_categories p USING (category_id);
        END IF;
        IF free < wanted.seats[i] THEN
            RAISE EXCEPTION 'quota of a price category is used up' USING ERRCODE = 'TX005',
                DETAIL = json_build_object('categoryId', wanted.ids[i], 'free', greatest(free, 0)),
                HINT = 'Choose seats of another category.';
        END IF;
        UPDATE quota_counts c SET taken = c.taken + wanted.seats[i]
        WHERE c.category_id = wanted.ids[i];
    END LOOP;
END $$;
COMMENT ON FUNCTION tix.take_quota(uuid, uuid, text[]) IS
    'Internal: counts seats of a new order on the quotas of their categories. Error TX005: one is '
    'used up.';

DROP TRIGGER IF EXISTS quota_taken ON tix.order_items;
DROP FUNCTION IF EXISTS tix.count_ordered_seats();
CREATE FUNCTION tix.count_ordered_seats() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM created n JOIN orders o USING (order_id)
               JOIN sessions s USING (session_id) JOIN price_categories c USING (event_id)
               WHERE c.quota IS NOT NULL) THEN
        PERFORM take_quota(n.order_id, o.session_id, n.seats)
        FROM (SELECT i.order_id, array_agg(i.seat_id) AS seats FROM created i
              GROUP BY i.order_id) n JOIN orders o USING (order_id);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.count_ordered_seats() IS
    'Trigger: seats of a new order count on the quotas of their event, if it has any; TX005 when '
    'one is used up.';
CREATE TRIGGER quota_taken AFTER INSERT ON tix.order_items REFERENCING NEW TABLE AS created
    FOR EACH STATEMENT EXECUTE FUNCTION tix.count_ordered_seats();

DROP FUNCTION IF EXISTS tix.give_quota(uuid, text, boolean);
CREATE FUNCTION tix.give_quota(order_id uuid, seat_id text, live boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    WITH turned AS (
        UPDATE quota_items q SET live = give_quota.live
        WHERE q.order_id = give_quota.order_id AND q.live <> give_quota.live
          AND (give_quota.seat_id IS NULL OR q.seat_id = give_quota.seat_id)
        RETURNING q.category_id)
    INSERT INTO quota_returns (category_id, seats)
    SELECT t.category_id, CASE WHEN give_quota.live THEN -count(*) ELSE count(*) END
    FROM turned t GROUP BY t.category_id;
END $$;
COMMENT ON FUNCTION tix.give_quota(uuid, text, boolean) IS
    'Internal: an order, or one seat of it, counts on its quotas no more or, live, again; that '
    'may exceed them, as money that came late may buy what it was asked for.';

DROP TRIGGER IF EXISTS quota_order ON tix.orders;
DROP TRIGGER IF EXISTS quota_ticket ON tix.tickets;
DROP FUNCTION IF EXISTS tix.turn_quota();
CREATE FUNCTION tix.turn_quota() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM quota_items q WHERE q.order_id = NEW.order_id) THEN
        PERFORM give_quota(NEW.order_id, NULL, NEW.status = 'completed');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.turn_quota() IS
    'Trigger: an order that ends unpaid gives its quota back; late money takes it again.';
CREATE TRIGGER quota_order AFTER UPDATE ON tix.orders FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND (NEW.status IN ('expired', 'cancelled', 'failed')
          OR NEW.status = 'completed' AND OLD.status IN ('expired', 'cancelled', 'failed')))
    EXECUTE FUNCTION tix.turn_quota();

DROP FUNCTION IF EXISTS tix.return_quota();
CREATE FUNCTION tix.return_quota() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM give_quota(NEW.order_id, NEW.seat_id, false);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.return_quota() IS 'Trigger: a ticket that ends gives its quota back.';
CREATE TRIGGER quota_ticket AFTER UPDATE ON tix.tickets FOR EACH ROW
    WHEN (OLD.status IN ('valid', 'used') AND NEW.status IN ('cancelled', 'refunded'))
    EXECUTE FUNCTION tix.return_quota();

DROP TRIGGER IF EXISTS quota_item_gone ON tix.order_items;
DROP TRIGGER IF EXISTS quota_item_moved ON tix.order_items;
DROP FUNCTION IF EXISTS tix.move_quota();
CREATE FUNCTION tix.move_quota() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM give_quota(OLD.order_id, OLD.seat_id, false);
    DELETE FROM quota_items q WHERE q.order_id = OLD.order_id AND q.seat_id = OLD.seat_id;
    IF TG_OP = 'UPDATE' THEN
        PERFORM take_quota(o.order_id, o.session_id, ARRAY[NEW.seat_id])
        FROM orders o WHERE o.order_id = NEW.order_id;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.move_quota() IS
    'Trigger: a seat taken off an order gives its quota back, one that replaces it takes its own.';
CREATE TRIGGER quota_item_gone AFTER DELETE ON tix.order_items
    FOR EACH ROW EXECUTE FUNCTION tix.move_quota();
CREATE TRIGGER quota_item_moved AFTER UPDATE OF seat_id ON tix.order_items
    FOR EACH ROW WHEN (OLD.seat_id <> NEW.seat_id) EXECUTE FUNCTION tix.move_quota();

DROP FUNCTION IF EXISTS tix.tix_set_quota(uuid, int);
CREATE FUNCTION tix.tix_set_quota(category_id uuid, quota int) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.price_categories;
BEGIN
    IF quota IS NULL OR quota < 0 THEN
        RAISE EXCEPTION 'a quota is 0 or more seats' USING ERRCODE = '22023',
            HINT = 'To lift a quota set it to 2147483647.';
    END IF;
    SELECT * INTO known FROM price_categories c
    WHERE c.category_id = tix_set_quota.category_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'price category does not exist' USING ERRCODE = 'P0002';
    END IF;
    IF known.quota IS NULL THEN
        PERFORM FROM sessions s WHERE s.event_id = known.event_id
        ORDER BY s.session_id FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM sessions s
                   WHERE s.event_id = known.event_id AND s.opened_at IS NOT NULL) THEN
            RAISE EXCEPTION 'sale of the event has begun' USING ERRCODE = 'TX010',
                HINT = 'Give a category its first quota before; it may change at any time.';
        END IF;
        INSERT INTO quota_counts (category_id) VALUES (known.category_id)
        ON CONFLICT DO NOTHING;
    END IF;
    UPDATE price_categories c SET quota = tix_set_quota.quota
    WHERE c.category_id = known.category_id;
END $$;
COMMENT ON FUNCTION tix.tix_set_quota(uuid, int) IS
    'How many seats of a price category may be sold or in live orders, over all sessions of the '
    'event. The first quota must be there before any of them opens, for what was sold before was '
    'not counted; it may change later, also below what is taken, which then stays. Errors: 22023 '
    'NULL or negative, P0002 unknown, TX010 a first quota after a session was opened.';

DROP FUNCTION IF EXISTS tix.tix_list_quotas(uuid);
CREATE FUNCTION tix.tix_list_quotas(event_id uuid)
RETURNS TABLE (category_id uuid, categories text[], area_ids text[], quota int, taken bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 10
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT p.category_id, p.categories, p.area_ids, p.quota,
               c.taken - (SELECT coalesce(sum(r.seats), 0)::bigint FROM quota_returns r
                          WHERE r.category_id = p.category_id)
        FROM price_categories p JOIN quota_counts c USING (category_id)
        WHERE p.event_id = $1 AND p.quota IS NOT NULL ORDER BY p.category_id;
END $$;
COMMENT ON FUNCTION tix.tix_list_quotas(uuid) IS
    'The quotas of an event, and how many seats each has taken; no row where there are none.';

REVOKE ALL ON FUNCTION
    tix.quota_of_seats, tix.take_quota, tix.count_ordered_seats, tix.give_quota, tix.turn_quota,
    tix.return_quota, tix.move_quota, tix.tix_set_quota, tix.tix_list_quotas FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_set_quota, tix.tix_list_quotas TO tix_admin;
