-- Selling over the counter: seats taken above the rules of the public sale, paid or given away at
-- once; and the terms on which buyers give them back.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.

DROP FUNCTION IF EXISTS
    tix.tix_set_cancellation_terms(uuid, interval, numeric, bigint);
CREATE FUNCTION tix.tix_set_cancellation_terms(
    event_id uuid, until_before_start interval DEFAULT '0', kept_permille numeric DEFAULT 0,
    kept_minor bigint DEFAULT 0) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_event(tix_set_cancellation_terms.event_id);
    IF (tix_set_cancellation_terms.until_before_start >= '0' AND kept_minor >= 0
        AND tix_set_cancellation_terms.kept_permille BETWEEN 0 AND 1000) IS NOT TRUE THEN
        RAISE EXCEPTION 'terms of cancellation cannot be set' USING ERRCODE = '22023',
            HINT = 'The time and the amount are 0 or more, permille is 0 to 1000.';
    END IF;
    INSERT INTO cancellation_terms (event_id, until_before_start, kept_permille, kept_amount)
    VALUES (tix_set_cancellation_terms.event_id, tix_set_cancellation_terms.until_before_start,
            tix_set_cancellation_terms.kept_permille, kept_minor)
    ON CONFLICT (event_id) DO UPDATE
    SET until_before_start = excluded.until_before_start, kept_permille = excluded.kept_permille,
        kept_amount = excluded.kept_amount;
END $$;
COMMENT ON FUNCTION tix.tix_set_cancellation_terms(uuid, interval, numeric, bigint) IS
    'Sets until when buyers may give paid seats of an event back (an interval before the session '
    'starts) and what is kept of each price: permille (0 to 1000, rounded half up) plus an amount '
    'in minor units, never more than the price. Errors: 22023 NULL or negative, P0002 no such '
    'event.';

DROP FUNCTION IF EXISTS tix.tix_box_office_hold(uuid, text[], uuid, uuid, interval);
CREATE FUNCTION tix.tix_box_office_hold(
    session_id uuid, seat_ids text[], staff_id uuid, buyer_id uuid, ttl interval DEFAULT NULL,
    OUT ok boolean, OUT reason text, OUT lock_id bigint, OUT expires_at timestamptz,
    OUT seats text[], OUT conflicts jsonb)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_variable
BEGIN
    PERFORM staff_of_session(session_id, staff_id);
    -- Named one by one: a result of the extension's type would keep it from being dropped.
    SELECT t.ok, t.reason, t.lock_id, t.expires_at, t.seats, t.conflicts
    INTO ok, reason, lock_id, expires_at, seats, conflicts
    FROM tix_take_seats(session_id, seat_ids, buyer_id, ttl) t;
END $$;
COMMENT ON FUNCTION tix.tix_box_office_hold(uuid, text[], uuid, uuid, interval) IS
    'Holds seats for a buyer above the rules of the public sale (window, pause, channels, limits); '
    'blocked seats stay blocked. For the box office, an admin or the organizer of the event. '
    'Answers as tix_lock_seats(). Errors: as there; P0002 no such session, or not by this user.';

DROP FUNCTION IF EXISTS
    tix.tix_box_office_order(bigint[], uuid, uuid, text, jsonb, text, text);
CREATE FUNCTION tix.tix_box_office_order(
    lock_ids bigint[], staff_id uuid, buyer_id uuid, method text, items jsonb DEFAULT NULL,
    promo text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    OUT order_id uuid, OUT total_amount bigint, OUT total_currency text, OUT seats text[],
    OUT payment_id uuid, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(to_jsonb(lock_ids), buyer_id, method, items, promo);
    sold_in uuid;
    answer jsonb;
BEGIN
    IF buyer_id IS NULL OR staff_id IS NULL
       OR (method IN ('cash', 'card_terminal', 'complimentary')) IS NOT TRUE
       OR method = 'complimentary' AND promo IS NOT NULL THEN
        RAISE EXCEPTION 'staff, buyer and method must be given' USING ERRCODE = '22023',
            HINT = 'method is cash, card_terminal or complimentary, the last without a code.';
    END IF;
    IF idempotency_key IS NOT NULL THEN
        answer := repeated_answer('box office', staff_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        sold_in := session_of_locks(lock_ids);
        BEGIN
            PERFORM staff_of_session(sold_in, staff_id);
        EXCEPTION WHEN no_data_found THEN
            -- A stranger learns nothing of another's locks.
            RAISE EXCEPTION 'lock is lost' USING ERRCODE = 'TX002',
                HINT = 'Hold the seats again.';
        END;
        answer := sell_at_counter(sold_in, lock_ids, staff_id, buyer_id, method, items, promo);
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('box office', staff_id, idempotency_key, request, answer);
        END IF;
    END IF;
    order_id := (answer->>0)::uuid;
    total_amount := (answer->>1)::bigint;
    total_currency := answer->>2;
    seats := ARRAY(SELECT jsonb_array_elements_text(answer->3));
    payment_id := (answer->>4)::uuid;
END $$;
COMMENT ON FUNCTION tix.tix_box_office_order(bigint[], uuid, uuid, text, jsonb, text, text) IS
    'Sells what the buyer holds (1 to 100 locks of a session, on public sale or not) over the '
    'counter: the order is completed at once, its tickets are the buyer''s at COMMIT. method: cash '
    'or card_terminal, with a payment of provider "box_office"; complimentary, at no price and '
    'with no payment. For the box office, an admin or the organizer of the event. items, promo and '
    'idempotency_key (of the staff) as in tix_create_order(); total_amount in minor units. Errors: '
    'as there; 22023 method, TX002 also of a session that is not this user''s to sell.';

DROP FUNCTION IF EXISTS
    tix.sell_at_counter(uuid, bigint[], uuid, uuid, text, jsonb, text);
CREATE FUNCTION tix.sell_at_counter(
    sold_in uuid, lock_ids bigint[], staff_id uuid, buyer_id uuid, method text, items jsonb,
    promo text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    made CONSTANT uuid := gen_random_uuid();
    ttl CONSTANT interval := current_setting('tix.order_ttl')::interval;
    seats text[];
    taken_by bigint[];
    priced tix.priced_order;
    sold tix.orders;
    money uuid;
BEGIN
    SELECT array_agg(h.seat_id ORDER BY h.seat_id), array_agg(l.lock_id ORDER BY h.seat_id)
    INTO seats, taken_by
    FROM (SELECT DISTINCT unnest(lock_ids) AS lock_id ORDER BY 1) l,
         tix_hand_over(l.lock_id, buyer_id, made, ttl) AS h (seat_id);
    IF method = 'complimentary' THEN
        priced.lines := price_lines(sold_in, seats, taken_by, items, NULL, NULL, true);
        priced.total_amount := 0;
        priced.currency := priced.lines[1].currency;
    ELSE
        priced := price_order(sold_in, seats, taken_by, items, promo);
    END IF;
    INSERT INTO orders (order_id, user_id, session_id, total_amount, total_currency, provider,
                        expires_at, promotion_id)
    VALUES (made, buyer_id, sold_in, priced.total_amount, priced.currency, 'box_office',
            clock_timestamp() + ttl, priced.promotion_id) RETURNING * INTO sold;
    PERFORM insert_lines(made, priced);
    PERFORM sell_order_seats(sold);
    UPDATE orders o SET status = 'payment_pending', changed_by = staff_id,
                        changed_why = 'box office: ' || method WHERE o.order_id = made;
    IF priced.total_amount > 0 THEN
        INSERT INTO payments (order_id, amount, currency, provider, method)
        VALUES (made, sold.total_amount, sold.total_currency, 'box_office', sell_at_counter.method)
        RETURNING payment_id INTO money;
        UPDATE payments p SET status = 'succeeded', processed_at = clock_timestamp()
        WHERE p.payment_id = money;
    END IF;
    UPDATE orders o SET status = 'completed', payment_id = money, changed_by = staff_id,
                        changed_why = 'box office: ' || method WHERE o.order_id = made;
    RETURN jsonb_build_array(made, sold.total_amount, sold.total_currency, to_jsonb(seats), money);
END $$;
COMMENT ON FUNCTION tix.sell_at_counter(uuid, bigint[], uuid, uuid, text, jsonb, text) IS
    'Internal: makes and completes an order of the box office; returns [order, total, currency, '
    'seats, payment]. Errors: as tix_create_order(), but for the state of the sale.';

REVOKE ALL ON FUNCTION
    tix.tix_set_cancellation_terms, tix.tix_box_office_hold, tix.tix_box_office_order,
    tix.sell_at_counter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_set_cancellation_terms, tix.tix_box_office_hold, tix.tix_box_office_order
    TO tix_admin;
GRANT EXECUTE ON FUNCTION tix.tix_box_office_hold, tix.tix_box_office_order TO tix_app;
