-- Order functions: create, cancel, expire, and the trigger that keeps the state machine.
-- Requires tix >= 1.0
--
-- Plans: PL/pgSQL keeps them for as long as a pooled connection lives; SQL would plan every call.
-- enable_seqscan = off: a plan made while a table was small must do when it has grown. It holds for
-- whatever the function calls.

DROP TRIGGER IF EXISTS orders_state ON tix.orders;
DROP TRIGGER IF EXISTS orders_start ON tix.orders;
DROP FUNCTION IF EXISTS tix.keep_order_states();
CREATE FUNCTION tix.keep_order_states() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'order % cannot start as "%"', NEW.order_id, NEW.status
            USING ERRCODE = 'TX010', HINT = 'A new order is "created".';
    END IF;
    IF NOT EXISTS (SELECT FROM order_transitions t
                   WHERE t.from_status = OLD.status AND t.to_status = NEW.status) THEN
        RAISE EXCEPTION 'order % cannot change from "%" to "%"', OLD.order_id, OLD.status,
            NEW.status USING ERRCODE = 'TX010',
            DETAIL = json_build_object('orderId', OLD.order_id, 'status', OLD.status),
            HINT = 'Read the current state and retry.';
    END IF;
    IF NEW.status = 'completed' THEN
        NEW.completed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.keep_order_states() IS
    'Trigger: an order only makes the changes of state listed in order_transitions, else TX010.';
CREATE TRIGGER orders_start BEFORE INSERT ON tix.orders
    FOR EACH ROW WHEN (NEW.status <> 'created') EXECUTE FUNCTION tix.keep_order_states();
CREATE TRIGGER orders_state BEFORE UPDATE OF status ON tix.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tix.keep_order_states();

DROP FUNCTION IF EXISTS tix.sessions_of_locks(bigint[]);

DROP FUNCTION IF EXISTS tix.prices_of_seats(uuid, text[]);
CREATE FUNCTION tix.prices_of_seats(session_id uuid, seat_ids text[])
RETURNS TABLE (seat_id text, amount bigint, currency text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.seat_id, p.price_amount, p.price_currency
        -- Each seat is probed by its whole key: as one scan with ANY, a session newer than the
        -- statistics is read from end to end. OFFSET keeps the probe a probe.
        FROM sessions e CROSS JOIN unnest(prices_of_seats.seat_ids) w (seat_id)
        CROSS JOIN LATERAL (
            SELECT k.seat_id, k.category, k.area_id FROM seats k
            WHERE k.session_id = prices_of_seats.session_id AND k.seat_id = w.seat_id
            OFFSET 0) s
        LEFT JOIN LATERAL (
            SELECT c.price_amount, c.price_currency
            FROM price_categories c
            WHERE c.event_id = e.event_id
              AND (c.categories = '{}' OR s.category = ANY (c.categories))
              AND (c.area_ids = '{}' OR s.area_id = ANY (c.area_ids))
            ORDER BY (c.area_ids <> '{}')::int * 2 + (c.categories <> '{}')::int DESC,
                     c.price_amount
            LIMIT 1) p ON true
        WHERE e.session_id = prices_of_seats.session_id;
END $$;
COMMENT ON FUNCTION tix.prices_of_seats(uuid, text[]) IS
    'Internal: the price of each seat in minor units; NULL where none is set.';

DROP FUNCTION IF EXISTS tix.tix_create_order(bigint[], uuid, text, text);
CREATE FUNCTION tix.tix_create_order(
    lock_ids bigint[], user_id uuid, provider text DEFAULT 'mock',
    idempotency_key text DEFAULT NULL,
    OUT order_id uuid, OUT total_amount bigint, OUT total_currency text,
    OUT expires_at timestamptz, OUT seats text[], OUT session_id uuid,
    OUT created_at timestamptz, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    buyer CONSTANT uuid := tix_create_order.user_id;
    key CONSTANT text := tix_create_order.idempotency_key;
    ttl CONSTANT interval := current_setting('tix.order_ttl')::interval;
    created CONSTANT uuid := gen_random_uuid();
    sold_in uuid[];
    taken_by bigint[];
    amounts bigint[];
    currencies text[];
    inserted int;
BEGIN
    replayed := false;
    IF lock_ids IS NULL OR cardinality(lock_ids) = 0 OR array_position(lock_ids, NULL) IS NOT NULL
       OR buyer IS NULL OR provider IS NULL THEN
        RAISE EXCEPTION 'lock ids, user and provider of an order must be given'
            USING ERRCODE = '22023';
    END IF;
    IF key IS NOT NULL THEN
        PERFORM claim_key('order', buyer, key);
        SELECT r.order_id, r.total_amount, r.total_currency, r.expires_at, r.seats,
               r.session_id, r.created_at
        INTO order_id, total_amount, total_currency, expires_at, seats, session_id, created_at
        FROM repeated_order(buyer, key, lock_ids, tix_create_order.provider) r;
        replayed := FOUND;
        IF replayed THEN RETURN; END IF;
    END IF;

    sold_in := ARRAY(SELECT DISTINCT s.id FROM unnest(lock_ids) AS l (lock_id),
                            tix_session_of_lock(l.lock_id) AS s (id) WHERE s.id IS NOT NULL);
    IF cardinality(sold_in) > 1 THEN
        RAISE EXCEPTION 'locks of an order must be of one session' USING ERRCODE = '22023',
            HINT = 'Create one order per session.';
    END IF;
    -- Shields the seats at once; raises TX002 when a lock is lost or another's.
    SELECT array_agg(h.seat_id ORDER BY h.seat_id), array_agg(l.lock_id ORDER BY h.seat_id)
    INTO seats, taken_by
    FROM (SELECT DISTINCT unnest(lock_ids) AS lock_id ORDER BY 1) l,
         tix_hand_over(l.lock_id, buyer, created, ttl) AS h (seat_id);
    IF NOT EXISTS (SELECT FROM sessions s
                   WHERE s.session_id = sold_in[1] AND s.status = 'on_sale') THEN
        RAISE EXCEPTION 'session is not on sale' USING ERRCODE = 'TX006',
            HINT = 'Wait for the sale to open.';
    END IF;
    SELECT array_agg(p.amount ORDER BY p.seat_id), array_agg(DISTINCT p.currency)
    INTO amounts, currencies FROM prices_of_seats(sold_in[1], seats) p;
    IF array_position(amounts, NULL) IS NOT NULL OR cardinality(currencies) <> 1 THEN
        RAISE EXCEPTION 'seats of an order must have prices in one currency'
            USING ERRCODE = '55000', HINT = 'Set the prices with tix_set_price().';
    END IF;

    expires_at := (SELECT min((tix_lock_get(l, buyer)).expires_at) FROM unnest(lock_ids) l);
    INSERT INTO orders (order_id, user_id, session_id, total_amount, total_currency, provider,
                        expires_at, idempotency_key, requested_locks, first_expires_at)
    SELECT created, buyer, sold_in[1], (SELECT sum(a) FROM unnest(amounts) a), currencies[1],
           tix_create_order.provider, tix_create_order.expires_at, key,
           CASE WHEN key IS NOT NULL THEN lock_ids END,
           CASE WHEN key IS NOT NULL THEN tix_create_order.expires_at END
    RETURNING orders.order_id, orders.total_amount, orders.total_currency, orders.session_id,
              orders.created_at
    INTO order_id, total_amount, total_currency, session_id, created_at;
    INSERT INTO order_items (order_id, lock_id, seat_id, price_amount, price_currency)
    SELECT created, u.lock_id, u.seat_id, u.amount, currencies[1]
    FROM unnest(taken_by, seats, amounts) AS u (lock_id, seat_id, amount)
    ON CONFLICT (lock_id, seat_id) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    IF inserted <> cardinality(seats) THEN
        RAISE EXCEPTION 'lock already belongs to an order' USING ERRCODE = 'TX010',
            HINT = 'Pay or cancel the order that exists.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_create_order(bigint[], uuid, text, text) IS
    'Turns held seats (all of the locks, one session) into an order with the prices of this '
    'moment and moves their deadline to at least now + tix.order_ttl. Amounts are minor units of '
    'an ISO 4217 currency. The same idempotency key (1 to 255 bytes) again gives the first answer '
    'again, whatever became of the order, with replayed = true. Errors: 22023 NULL, no lock, '
    'several sessions or a malformed key; 55P03 the key is in use at this moment; TX002 a lock is '
    'lost or another''s; TX006 session not on sale; TX009 key used with other locks or provider; '
    'TX010 lock already in an order; 55000 no price.';

DROP FUNCTION IF EXISTS tix.claim_key(text, uuid, text);
CREATE FUNCTION tix.claim_key(purpose text, user_id uuid, key text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF key = '' OR octet_length(key) > 255 THEN
        RAISE EXCEPTION 'idempotency key must have 1 to 255 bytes' USING ERRCODE = '22023',
            HINT = 'Use a random UUID.';
    ELSIF NOT pg_try_advisory_xact_lock(
        hashtextextended(format('tix %s %s %s', purpose, user_id, key), 0)) THEN
        RAISE EXCEPTION 'idempotency key is in use' USING ERRCODE = '55P03',
            HINT = 'Retry to get the stored answer.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.claim_key(text, uuid, text) IS
    'Internal: makes this transaction the only one that works on a user''s idempotency key; a '
    'statement after it sees what an earlier one stored. Errors: 22023 malformed key, 55P03 '
    'another works on it.';

DROP FUNCTION IF EXISTS tix.repeated_order(uuid, text, bigint[]);
DROP FUNCTION IF EXISTS tix.repeated_order(uuid, text, bigint[], text);
CREATE FUNCTION tix.repeated_order(buyer uuid, key text, lock_ids bigint[], provider text)
RETURNS TABLE (order_id uuid, total_amount bigint, total_currency text, expires_at timestamptz,
               seats text[], session_id uuid, created_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.orders;
BEGIN
    SELECT * INTO known FROM orders o WHERE o.user_id = buyer AND o.idempotency_key = key;
    IF NOT FOUND THEN RETURN; END IF;
    IF known.provider <> repeated_order.provider
       OR NOT (known.requested_locks <@ lock_ids AND lock_ids <@ known.requested_locks) THEN
        RAISE EXCEPTION 'idempotency key was used with another request' USING ERRCODE = 'TX009',
            HINT = 'Use a new key for a new request.';
    END IF;
    RETURN QUERY
        SELECT known.order_id, known.total_amount, known.total_currency, known.first_expires_at,
               array_agg(i.seat_id ORDER BY i.seat_id), known.session_id, known.created_at
        FROM order_items i WHERE i.order_id = known.order_id;
END $$;
COMMENT ON FUNCTION tix.repeated_order(uuid, text, bigint[], text) IS
    'Internal: the first answer to an idempotency key of this user, no row when the key is new; '
    'TX009 when it was used with other locks or another provider.';

DROP FUNCTION IF EXISTS tix.release_order_seats(uuid, uuid);
CREATE FUNCTION tix.release_order_seats(order_id uuid, user_id uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN (SELECT array_agg(r.seat_id ORDER BY r.seat_id)
            FROM (SELECT DISTINCT i.lock_id FROM order_items i
                  WHERE i.order_id = release_order_seats.order_id) l,
                 tix_release_seats(l.lock_id, release_order_seats.user_id) AS r (seat_id));
END $$;
COMMENT ON FUNCTION tix.release_order_seats(uuid, uuid) IS
    'Internal: gives the seats an order still holds back at COMMIT and returns them.';

DROP FUNCTION IF EXISTS tix.tix_cancel_order(uuid, uuid);
CREATE FUNCTION tix.tix_cancel_order(order_id uuid, user_id uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known CONSTANT uuid := tix_cancel_order.order_id;
    buyer CONSTANT uuid := tix_cancel_order.user_id;
    now_status text;
BEGIN
    SELECT o.status INTO now_status FROM orders o
    WHERE o.order_id = known AND o.user_id = buyer FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order does not exist' USING ERRCODE = 'P0002';
    ELSIF now_status <> 'cancelled' THEN
        UPDATE orders o SET status = 'cancelled' WHERE o.order_id = known;
    END IF;
    RETURN coalesce(release_order_seats(known, buyer), '{}');
END $$;
COMMENT ON FUNCTION tix.tix_cancel_order(uuid, uuid) IS
    'Cancels an order that is not paid and returns the seats given back; they are free at COMMIT. '
    'Cancelling again changes nothing. Money that arrives later is late money. Errors: P0002 '
    'unknown or another''s order, TX010 the order is past cancelling.';

DROP FUNCTION IF EXISTS tix.tix_expire_orders(int);
CREATE FUNCTION tix.tix_expire_orders(max_rows int DEFAULT 1000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    due uuid[];
    ended int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_expire_orders', 0)) THEN
        RETURN 0;
    END IF;
    due := ARRAY(SELECT o.order_id FROM orders o
                 WHERE o.status IN ('created', 'payment_pending')
                   AND o.expires_at <= clock_timestamp()
                 ORDER BY o.expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED);
    WITH gone AS MATERIALIZED (
        SELECT o.order_id FROM orders o
        WHERE o.order_id = ANY (due) AND NOT EXISTS (
            SELECT FROM order_items i
            WHERE i.order_id = o.order_id
              AND (tix_lock_get(i.lock_id, o.user_id)).reason IS DISTINCT FROM 'expired'))
    UPDATE orders o
    SET status = CASE WHEN o.status = 'payment_pending' AND o.payment_id IS NOT NULL
                      THEN 'in_doubt' ELSE 'expired' END
    FROM gone g WHERE o.order_id = g.order_id;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;
COMMENT ON FUNCTION tix.tix_expire_orders(int) IS
    'For operators: ends unpaid orders whose seats the engine no longer holds: "in_doubt" when a '
    'payment may still succeed, else "expired". At most max_rows orders; returns how many ended. '
    'Runs once at a time: a second caller gets 0. The seats do not wait for it: they are free at '
    'their deadline. Error 22023: max_rows is not positive.';

REVOKE ALL ON FUNCTION
    tix.keep_order_states, tix.prices_of_seats, tix.tix_create_order,
    tix.claim_key, tix.repeated_order, tix.release_order_seats, tix.tix_cancel_order,
    tix.tix_expire_orders FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_create_order, tix.tix_cancel_order TO tix_app;
