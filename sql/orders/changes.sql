-- What may happen to an order before it is paid: add seats, take some off, cancel, complete at no
-- charge.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: the order's row first, then its items, then the promotion.

DROP FUNCTION IF EXISTS tix.order_of_user(uuid, uuid);
CREATE FUNCTION tix.order_of_user(order_id uuid, user_id uuid) RETURNS tix.orders
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.orders;
BEGIN
    SELECT * INTO known FROM orders o
    WHERE o.order_id = order_of_user.order_id AND o.user_id = order_of_user.user_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_list_orders() has the orders of a user.';
    END IF;
    RETURN known;
END $$;
COMMENT ON FUNCTION tix.order_of_user(uuid, uuid) IS
    'Internal: locks and returns an order. Error P0002: unknown or another''s.';

DROP FUNCTION IF EXISTS tix.repeated_answer(text, uuid, text, jsonb);
CREATE FUNCTION tix.repeated_answer(act text, user_id uuid, key text, request jsonb)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.order_answers;
BEGIN
    PERFORM claim_key('order ' || act, repeated_answer.user_id, key);
    SELECT * INTO known FROM order_answers a
    WHERE a.user_id = repeated_answer.user_id AND a.act = repeated_answer.act
      AND a.idempotency_key = key;
    IF known.answered_at < clock_timestamp() - interval '24 hours' THEN
        DELETE FROM order_answers a
        WHERE a.user_id = known.user_id AND a.act = known.act AND a.idempotency_key = key;
        RETURN NULL;
    ELSIF known.request <> repeated_answer.request THEN
        RAISE EXCEPTION 'idempotency key was used with another request' USING ERRCODE = 'TX009',
            HINT = 'Use a new key for a new request.';
    END IF;
    RETURN known.answer;
END $$;
COMMENT ON FUNCTION tix.repeated_answer(text, uuid, text, jsonb) IS
    'Internal: the answer that was kept under an idempotency key of a user, NULL when the key is '
    'new or older than 24 hours. Errors: TX009 it was used with another request; else as '
    'claim_key().';

DROP FUNCTION IF EXISTS tix.keep_answer(text, uuid, text, jsonb, jsonb);
CREATE FUNCTION tix.keep_answer(act text, user_id uuid, key text, request jsonb, answer jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO order_answers (user_id, act, idempotency_key, request, answer)
    VALUES (keep_answer.user_id, keep_answer.act, key, keep_answer.request, keep_answer.answer);
END $$;
COMMENT ON FUNCTION tix.keep_answer(text, uuid, text, jsonb, jsonb) IS
    'Internal: keeps the answer to a request for repeated_answer().';

DROP FUNCTION IF EXISTS tix.take_over_locks(tix.orders, bigint[]);
CREATE FUNCTION tix.take_over_locks(
    growing tix.orders, lock_ids bigint[], OUT seats text[], OUT taken_by bigint[])
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    sold_in uuid := session_of_locks(lock_ids);
    deadline timestamptz;
    alive boolean;
BEGIN
    IF sold_in <> growing.session_id THEN
        RAISE EXCEPTION 'locks of an order must be of one session' USING ERRCODE = '22023',
            HINT = 'Create one order per session.';
    END IF;
    SELECT min(g.expires_at), bool_and(g.ok) INTO deadline, alive
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = growing.order_id) l,
         tix_lock_get(l.lock_id, growing.user_id) g;
    IF alive IS NOT TRUE OR deadline <= clock_timestamp() THEN
        RAISE EXCEPTION 'lock is lost' USING ERRCODE = 'TX002',
            HINT = 'The order is over; lock the seats again and create a new one.';
    END IF;
    SELECT array_agg(h.seat_id ORDER BY h.seat_id), array_agg(l.lock_id ORDER BY h.seat_id)
    INTO seats, taken_by
    FROM (SELECT DISTINCT unnest(lock_ids) AS lock_id ORDER BY 1) l,
         tix_hand_over(l.lock_id, growing.user_id, growing.order_id,
                       deadline - clock_timestamp()) AS h (seat_id)
    WHERE NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = growing.order_id
                        AND i.lock_id = l.lock_id AND i.seat_id = h.seat_id);
    IF seats IS NULL THEN
        RAISE EXCEPTION 'lock already belongs to an order' USING ERRCODE = 'TX010',
            HINT = 'All of its seats are in this order.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.take_over_locks(tix.orders, bigint[]) IS
    'Internal: hands more locks to an order that is alive, until its deadline, and returns the '
    'seats that are new to it with their locks. Errors: 22023 other session, TX002 a lock of '
    'either is lost, TX010 no new seat.';

DROP FUNCTION IF EXISTS tix.tix_add_to_order(uuid, uuid, bigint[], jsonb, text);
CREATE FUNCTION tix.tix_add_to_order(
    order_id uuid, user_id uuid, lock_ids bigint[], items jsonb DEFAULT NULL,
    idempotency_key text DEFAULT NULL,
    OUT total_amount bigint, OUT total_currency text, OUT expires_at timestamptz,
    OUT seats text[], OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(order_id, to_jsonb(lock_ids), items);
    growing tix.orders;
    added record;
    answer jsonb;
    code tix.promotions;
    priced tix.priced_order;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    IF idempotency_key IS NOT NULL AND user_id IS NOT NULL THEN
        answer := repeated_answer('add', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        growing := order_of_user(order_id, user_id);
        IF growing.status <> 'created' THEN
            RAISE EXCEPTION 'seats cannot be added: the order is "%"', growing.status
                USING ERRCODE = 'TX010', HINT = 'Create another order.';
        END IF;
        added := take_over_locks(growing, lock_ids);
        IF NOT EXISTS (SELECT FROM sessions s
                       WHERE s.session_id = growing.session_id AND s.status = 'on_sale') THEN
            RAISE EXCEPTION 'session is not on sale' USING ERRCODE = 'TX006',
                HINT = 'Wait for the sale to open.';
        END IF;
        SELECT * INTO code FROM promotions p WHERE p.promotion_id = growing.promotion_id
            AND clock_timestamp() >= p.valid_from AND clock_timestamp() < p.valid_until;
        priced := price_more(growing, code, added.seats, added.taken_by, items);
        PERFORM insert_lines(order_id, priced);
        UPDATE orders o SET total_amount = o.total_amount + priced.total_amount,
            expires_at = (SELECT min((tix_lock_get(l, growing.user_id)).expires_at)
                          FROM unnest(lock_ids || ARRAY(
                              SELECT i.lock_id FROM order_items i
                              WHERE i.order_id = growing.order_id)) l)
        WHERE o.order_id = growing.order_id RETURNING * INTO growing;
        PERFORM note_items(order_id, user_id::text, 'seats added', jsonb_build_object(
            'seatIds', added.seats, 'amount', priced.total_amount));
        answer := jsonb_build_array(growing.total_amount, growing.total_currency,
                                    growing.expires_at, to_jsonb(added.seats));
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('add', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    total_amount := (answer->>0)::bigint;
    total_currency := answer->>1;
    expires_at := (answer->>2)::timestamptz;
    seats := ARRAY(SELECT jsonb_array_elements_text(answer->3));
END $$;
COMMENT ON FUNCTION tix.tix_add_to_order(uuid, uuid, bigint[], jsonb, text) IS
    'Adds held seats (1 to 100 locks of this user and of the order''s session) to an order whose '
    'payment has not begun, at the prices of this moment; what was in it keeps its price. Its '
    'deadline stays: the new seats are held as long as the others. A promotion of the order counts '
    'for the new seats while it is valid; a fixed one takes off what it has left. Returns the new '
    'total in minor units and the seats that were added. items and idempotency_key as in '
    'tix_create_order(). Errors: as there; P0002 unknown or another''s order, TX010 its payment '
    'has begun or it is over, TX002 a lock of it or of the new ones is lost.';

DROP FUNCTION IF EXISTS
    tix.price_more(tix.orders, tix.promotions, text[], bigint[], jsonb);
CREATE FUNCTION tix.price_more(
    growing tix.orders, code tix.promotions, seats text[], locks bigint[], items jsonb)
RETURNS tix.priced_order
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    priced tix.priced_order;
    allowance bigint;
BEGIN
    IF code.amount IS NOT NULL THEN
        allowance := greatest(0, code.amount - (
            SELECT sum(i.discount_amount) FROM order_items i
            WHERE i.order_id = growing.order_id));
    END IF;
    priced.lines := price_lines(growing.session_id, seats, locks, items, code, allowance);
    priced.currency := priced.lines[1].currency;
    IF priced.currency <> growing.total_currency THEN
        RAISE EXCEPTION 'seats of an order must have prices in one currency'
            USING ERRCODE = '55000', HINT = 'Set the prices with tix_set_price().';
    END IF;
    SELECT sum(l.price_amount), sum(l.discount_amount)
    INTO priced.total_amount, priced.discount_amount FROM unnest(priced.lines) l;
    IF priced.discount_amount > 0 THEN
        priced.promotion_id := code.promotion_id;
    END IF;
    RETURN priced;
END $$;
COMMENT ON FUNCTION tix.price_more(tix.orders, tix.promotions, text[], bigint[], jsonb) IS
    'Internal: the lines of seats that come into an order. code: its promotion, NULL when that is '
    'over. Errors: as price_lines().';

DROP FUNCTION IF EXISTS tix.drop_items(tix.orders, text[], text);
CREATE FUNCTION tix.drop_items(shrinking tix.orders, seat_ids text[], reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    gone bigint;
    discount bigint;
BEGIN
    PERFORM tix_release_seats(l.lock_id, shrinking.user_id, l.seats)
    FROM (SELECT i.lock_id, array_agg(i.seat_id) AS seats FROM order_items i
          WHERE i.order_id = shrinking.order_id AND i.seat_id = ANY (drop_items.seat_ids)
          GROUP BY i.lock_id) l;
    IF NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = shrinking.order_id
                     AND i.seat_id <> ALL (drop_items.seat_ids)) THEN
        UPDATE orders o SET status = 'cancelled', changed_by = shrinking.user_id,
                            changed_why = reason
        WHERE o.order_id = shrinking.order_id;
        RETURN;
    END IF;
    WITH dropped AS (
        DELETE FROM order_items i
        WHERE i.order_id = shrinking.order_id AND i.seat_id = ANY (drop_items.seat_ids)
        RETURNING i.price_amount, i.discount_amount)
    SELECT sum(d.price_amount), sum(d.discount_amount) INTO gone, discount FROM dropped d;
    IF EXISTS (SELECT FROM promotions p
               WHERE p.promotion_id = shrinking.promotion_id AND p.min_amount > (
                   SELECT sum(i.base_amount) FROM order_items i
                   WHERE i.order_id = shrinking.order_id)) THEN
        RAISE EXCEPTION 'promotion does not apply to what would be left' USING ERRCODE = '22023',
            HINT = 'Cancel the whole order, and order without the code.';
    ELSIF discount > 0 THEN
        PERFORM shrink_promotion(shrinking.order_id, discount);
    END IF;
    UPDATE orders o SET total_amount = o.total_amount - gone
    WHERE o.order_id = shrinking.order_id;
    PERFORM note_items(shrinking.order_id, shrinking.user_id::text, reason,
                       jsonb_build_object('seatIds', drop_items.seat_ids, 'amount', -gone));
END $$;
COMMENT ON FUNCTION tix.drop_items(tix.orders, text[], text) IS
    'Internal: takes seats of a locked order that is not paid off it and gives them back at '
    'COMMIT; without any left the order is cancelled. order_history keeps what was dropped. Error '
    '22023: the promotion''s minimum.';

DROP FUNCTION IF EXISTS tix.tix_cancel_order(uuid, uuid);
CREATE FUNCTION tix.tix_cancel_order(order_id uuid, user_id uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
DECLARE
    known CONSTANT uuid := tix_cancel_order.order_id;
    buyer CONSTANT uuid := tix_cancel_order.user_id;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    IF (order_of_user(known, buyer)).status <> 'cancelled' THEN
        UPDATE orders o SET status = 'cancelled', changed_by = buyer WHERE o.order_id = known;
    END IF;
    RETURN coalesce(release_order_seats(known, buyer), '{}');
END $$;
COMMENT ON FUNCTION tix.tix_cancel_order(uuid, uuid) IS
    'Cancels an order that is not paid and returns the seats given back; they are free at COMMIT. '
    'Cancelling again changes nothing. Money that arrives later is late money. Errors: P0002 '
    'unknown or another''s order, TX010 the order is past cancelling.';

DROP FUNCTION IF EXISTS tix.sell_order_seats(tix.orders);
CREATE FUNCTION tix.sell_order_seats(sold tix.orders) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    seats text[];
BEGIN
    SELECT array_agg(c.seat_id ORDER BY c.seat_id) INTO seats
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = sold.order_id
          ORDER BY 1) l,
         tix_confirm_seats(l.lock_id, sold.user_id) AS c (seat_id);
    IF seats IS DISTINCT FROM ARRAY(SELECT i.seat_id FROM order_items i
                                    WHERE i.order_id = sold.order_id ORDER BY 1) THEN
        RAISE EXCEPTION 'lock is lost' USING ERRCODE = 'TX002',
            HINT = 'The seats of the order are not those of its locks; order again.';
    END IF;
    RETURN seats;
END $$;
COMMENT ON FUNCTION tix.sell_order_seats(tix.orders) IS
    'Internal: sells the seats of an order by its locks. Error TX002: a lock is lost.';

DROP FUNCTION IF EXISTS tix.tix_complete_free_order(uuid, uuid);
CREATE FUNCTION tix.tix_complete_free_order(order_id uuid, user_id uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    free CONSTANT tix.orders := order_of_user(tix_complete_free_order.order_id,
                                              tix_complete_free_order.user_id);
    seats text[];
BEGIN
    IF free.total_amount > 0 OR free.status NOT IN ('created', 'completed') THEN
        RAISE EXCEPTION 'order cannot be completed without payment' USING ERRCODE = 'TX010',
            DETAIL = json_build_object('orderId', free.order_id, 'status', free.status,
                                       'totalAmount', free.total_amount),
            HINT = 'Begin a payment with tix_begin_payment().';
    ELSIF free.status = 'completed' THEN
        RETURN ARRAY(SELECT i.seat_id FROM order_items i
                     WHERE i.order_id = free.order_id ORDER BY 1);
    END IF;
    seats := sell_order_seats(free);
    UPDATE orders o SET status = 'payment_pending', changed_by = free.user_id,
                        changed_why = 'nothing to pay' WHERE o.order_id = free.order_id;
    UPDATE orders o SET status = 'completed', changed_by = free.user_id,
                        changed_why = 'nothing to pay' WHERE o.order_id = free.order_id;
    RETURN seats;
END $$;
COMMENT ON FUNCTION tix.tix_complete_free_order(uuid, uuid) IS
    'Completes an order whose total is 0: its tickets are valid at COMMIT. Returns its seats; '
    'again changes nothing. Errors: P0002 unknown or another''s order, TX002 a lock is lost, TX010 '
    'something is to be paid or the order is over.';

REVOKE ALL ON FUNCTION
    tix.order_of_user, tix.repeated_answer, tix.keep_answer, tix.take_over_locks,
    tix.tix_add_to_order, tix.price_more, tix.drop_items, tix.tix_cancel_order,
    tix.sell_order_seats, tix.tix_complete_free_order FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_add_to_order, tix.tix_cancel_order, tix.tix_complete_free_order TO tix_app;
