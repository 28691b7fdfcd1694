-- Order functions: turn held seats into an order, once for each request.
-- Requires tix >= 1.0
--
-- Plans: PL/pgSQL keeps them for as long as a pooled connection lives; SQL would plan every call.
-- enable_seqscan = off: a plan made while a table was small must do when it has grown. It holds for
-- whatever the function calls. So does plan_cache_mode: where an array's length is known a plan
-- looks cheaper than the kept one, and was made anew in every call, for a quarter of its time.

DROP FUNCTION IF EXISTS tix.sessions_of_locks(bigint[]);
DROP FUNCTION IF EXISTS tix.session_of_locks(bigint[]);
CREATE FUNCTION tix.session_of_locks(lock_ids bigint[]) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    locks_max CONSTANT int := 100;
    sessions uuid[];
BEGIN
    IF NOT coalesce(cardinality(lock_ids) BETWEEN 1 AND locks_max, false)
       OR array_position(lock_ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'lock ids of an order must be 1 to %, and none NULL', locks_max
            USING ERRCODE = '22023', HINT = 'Hold the seats first, with tix_lock_seats().';
    END IF;
    sessions := ARRAY(SELECT DISTINCT s.id FROM unnest(lock_ids) AS l (lock_id),
                             tix_session_of_lock(l.lock_id) AS s (id) WHERE s.id IS NOT NULL);
    IF cardinality(sessions) > 1 THEN
        RAISE EXCEPTION 'locks of an order must be of one session' USING ERRCODE = '22023',
            HINT = 'Create one order per session.';
    END IF;
    RETURN sessions[1];
END $$;
COMMENT ON FUNCTION tix.session_of_locks(bigint[]) IS
    'Internal: the one session of 1 to 100 locks; NULL when all of them are lost. Error 22023: '
    'NULL, none, too many, or several sessions.';

DROP FUNCTION IF EXISTS tix.tix_create_order(bigint[], uuid, text, text);
DROP FUNCTION IF EXISTS tix.tix_create_order(bigint[], uuid, text, jsonb, text, text);
CREATE FUNCTION tix.tix_create_order(
    lock_ids bigint[], user_id uuid, provider text DEFAULT 'mock', items jsonb DEFAULT NULL,
    promo text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    OUT order_id uuid, OUT total_amount bigint, OUT total_currency text,
    OUT expires_at timestamptz, OUT seats text[], OUT session_id uuid,
    OUT created_at timestamptz, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
    key CONSTANT text := idempotency_key;
    taken_by bigint[];
    amounts bigint[];
    currencies text[];
    special boolean;
    priced tix.priced_order;
    inserted int;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    replayed := false;
    IF user_id IS NULL OR coalesce(octet_length(provider), 65) > 64 THEN
        RAISE EXCEPTION 'user and provider of an order must be given' USING ERRCODE = '22023',
            HINT = 'The name of a provider has at most 64 bytes.';
    ELSIF key IS NOT NULL THEN
        SELECT r.* INTO order_id, total_amount, total_currency, expires_at, seats, session_id,
                        created_at
        FROM repeated_order(user_id, key, lock_ids, provider, items, promo) r;
        replayed := FOUND;
        IF replayed THEN RETURN; END IF;
    END IF;
    order_id := gen_random_uuid();
    session_id := session_of_locks(lock_ids);
    -- Shields the seats at once; raises TX002 when a lock is lost or another's.
    SELECT array_agg(h.seat ORDER BY h.seat), array_agg(l.lock ORDER BY h.seat)
    INTO seats, taken_by
    FROM (SELECT DISTINCT unnest(lock_ids) AS lock ORDER BY 1) l,
         tix_hand_over(l.lock, user_id, order_id,
                       current_setting('tix.order_ttl')::interval) AS h (seat);
    SELECT items IS NOT NULL OR promo IS NOT NULL
           OR EXISTS (SELECT FROM charge_rules r WHERE r.event_id = s.event_id)
    INTO special FROM sessions s
    WHERE s.session_id = tix_create_order.session_id AND s.status = 'on_sale';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session is not on sale' USING ERRCODE = 'TX006',
            HINT = 'Wait for the sale to open.';
    ELSIF special THEN
        priced := price_order(session_id, seats, taken_by, items, promo);
        total_amount := priced.total_amount;
        total_currency := priced.currency;
    ELSE
        SELECT array_agg(p.amount ORDER BY p.seat_id), array_agg(DISTINCT p.currency),
               sum(p.amount)
        INTO amounts, currencies, total_amount FROM prices_of_seats(session_id, seats) p;
        total_currency := one_currency(amounts, currencies);
    END IF;
    expires_at := (SELECT min((tix_lock_get(l, user_id)).expires_at) FROM unnest(lock_ids) l);
    INSERT INTO orders (order_id, user_id, session_id, total_amount, total_currency, provider,
                        expires_at, promotion_id, idempotency_key, requested_locks,
                        first_expires_at, first_answer)
    VALUES (order_id, user_id, session_id, total_amount, total_currency, provider, expires_at,
            priced.promotion_id, key, CASE WHEN key IS NOT NULL THEN lock_ids END,
            CASE WHEN key IS NOT NULL THEN expires_at END, CASE WHEN key IS NOT NULL THEN
            jsonb_build_array(items, promo, total_amount, to_jsonb(seats)) END)
    RETURNING orders.created_at INTO created_at;
    IF special THEN
        PERFORM insert_lines(order_id, priced);
    ELSE
        INSERT INTO order_items (order_id, lock_id, seat_id, price_amount, price_currency,
                                 base_amount)
        SELECT tix_create_order.order_id, u.lock, u.seat, u.amount, total_currency, u.amount
        FROM unnest(taken_by, seats, amounts) AS u (lock, seat, amount)
        ON CONFLICT ON CONSTRAINT order_items_lock_id_seat_id_key DO NOTHING;
        GET DIAGNOSTICS inserted = ROW_COUNT;
        IF inserted < cardinality(seats) THEN
            RAISE EXCEPTION 'lock already belongs to an order' USING ERRCODE = 'TX010',
                HINT = 'Pay or cancel the order that exists.';
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_create_order(bigint[], uuid, text, jsonb, text, text) IS
    'Turns held seats (all of 1 to 100 locks, one session) into an order with the prices of this '
    'moment and moves their deadline to at least now + tix.order_ttl. items: at most 64 kB of '
    '[{seatId, tariff (default "standard"), attendee {name, and what else you need; 4 kB}}], for '
    'seats of the locks, each at most once; promo: a code of the event. Amounts are minor units of '
    'an ISO 4217 currency; fees and taxes of the event are in the total. The same idempotency key '
    '(1 to 255 bytes) again gives the first answer again for 24 hours, whatever became of the '
    'order, with replayed = true. Errors: 22023 NULL, no lock, several sessions, items, a tariff '
    'or code that does not exist or apply, or a malformed key; 22003 a sum out of range; 55P03 the '
    'key is in use at this moment; TX002 a lock is lost or another''s; TX005 the promotion is used '
    'up; TX006 session not on sale; TX009 key used with other locks, provider, items or code; '
    'TX010 lock already in an order; 55000 no price.';

DROP FUNCTION IF EXISTS tix.one_currency(bigint[], text[]);
CREATE FUNCTION tix.one_currency(amounts bigint[], currencies text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF array_position(amounts, NULL) IS NOT NULL OR cardinality(currencies) <> 1 THEN
        RAISE EXCEPTION 'seats of an order must have prices in one currency'
            USING ERRCODE = '55000', HINT = 'Set the prices with tix_set_price().';
    END IF;
    RETURN currencies[1];
END $$;
COMMENT ON FUNCTION tix.one_currency(bigint[], text[]) IS
    'Internal: the currency of prices. Error 55000: one is missing, or there are several.';

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
DROP FUNCTION IF EXISTS tix.repeated_order(uuid, text, bigint[], text, jsonb, text);
CREATE FUNCTION tix.repeated_order(
    buyer uuid, key text, lock_ids bigint[], provider text, items jsonb, promo text)
RETURNS TABLE (order_id uuid, total_amount bigint, total_currency text, expires_at timestamptz,
               seats text[], session_id uuid, created_at timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.orders;
BEGIN
    PERFORM claim_key('order', buyer, key);
    SELECT * INTO known FROM orders o WHERE o.user_id = buyer AND o.idempotency_key = key;
    IF NOT FOUND THEN
        RETURN;
    ELSIF known.created_at < clock_timestamp() - interval '24 hours' THEN
        UPDATE orders o SET idempotency_key = NULL WHERE o.order_id = known.order_id;
        RETURN;
    ELSIF (known.provider = repeated_order.provider AND known.requested_locks <@ lock_ids
        AND lock_ids <@ known.requested_locks AND known.first_answer->0 = coalesce(items, 'null')
        AND known.first_answer->1 = coalesce(to_jsonb(promo), 'null')) IS NOT TRUE THEN
        RAISE EXCEPTION 'idempotency key was used with another request' USING ERRCODE = 'TX009',
            HINT = 'Use a new key for a new request.';
    END IF;
    RETURN QUERY
        SELECT known.order_id, (known.first_answer->>2)::bigint, known.total_currency,
               known.first_expires_at,
               ARRAY(SELECT jsonb_array_elements_text(known.first_answer->3)),
               known.session_id, known.created_at;
END $$;
COMMENT ON FUNCTION tix.repeated_order(uuid, text, bigint[], text, jsonb, text) IS
    'Internal: makes this transaction the only one that works on an idempotency key and returns '
    'the first answer to it, no row when the key is new or older than 24 hours. Errors: TX009 it '
    'was used with another request; else as claim_key().';

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

REVOKE ALL ON FUNCTION
    tix.session_of_locks, tix.tix_create_order, tix.one_currency, tix.claim_key,
    tix.repeated_order, tix.release_order_seats FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_create_order TO tix_app;
