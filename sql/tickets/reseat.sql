-- Moving the tickets of a paid order to other seats, at once or not at all.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: the order's row first, then its items and tickets. The new seats are sold and the old
-- ones freed by the same COMMIT.

DROP FUNCTION IF EXISTS tix.read_changes(jsonb);
CREATE FUNCTION tix.read_changes(changes jsonb, OUT from_seats text[], OUT to_seats text[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    changes_bytes_max CONSTANT int := 65536;
    pairs_max CONSTANT int := 100;
BEGIN
    IF jsonb_typeof(changes) = 'object' AND octet_length(changes::text) <= changes_bytes_max
       AND NOT jsonb_path_exists(changes, '$.* ? (@.type() != "string")') THEN
        SELECT array_agg(c.key ORDER BY c.key), array_agg(c.value ORDER BY c.key)
        INTO from_seats, to_seats FROM jsonb_each_text(changes) c;
    END IF;
    IF NOT coalesce(cardinality(from_seats) BETWEEN 1 AND pairs_max, false)
       OR (SELECT count(DISTINCT s) FROM unnest(to_seats) s) < cardinality(to_seats) THEN
        RAISE EXCEPTION 'changes of seats are wrong' USING ERRCODE = '22023',
            HINT = format('Give {"from": "to", …}: 1 to %s seats, each to another one, at most %s '
                          'bytes.', pairs_max, changes_bytes_max);
    END IF;
END $$;
COMMENT ON FUNCTION tix.read_changes(jsonb) IS
    'Internal: {"from": "to", …} as two arrays: 1 to 100 seats, no target twice, at most 64 kB. '
    'Error 22023.';

DROP FUNCTION IF EXISTS tix.lines_of_move(tix.orders, text[], text[], bigint[], boolean);
CREATE FUNCTION tix.lines_of_move(
    sold tix.orders, from_seats text[], to_seats text[], lock_id bigint[], any_price boolean)
RETURNS TABLE (order_item_id uuid, from_seat text, old_amount bigint, line tix.order_line)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    items CONSTANT jsonb := (
        SELECT jsonb_agg(jsonb_build_object('seatId', w.to_seat, 'tariff', i.tariff,
                                            'attendee', i.attendee))
        FROM unnest(from_seats, to_seats) AS w (from_seat, to_seat)
        JOIN order_items i ON i.order_id = sold.order_id AND i.seat_id = w.from_seat);
    event CONSTANT uuid := (SELECT s.event_id FROM sessions s
                            WHERE s.session_id = sold.session_id);
BEGIN
    -- A discount stays with the item, as far as the new seat costs as much.
    RETURN QUERY
        SELECT i.order_item_id, i.seat_id, i.price_amount, ROW(
            b.seat_id, b.lock_id, b.tariff, b.attendee, b.base_amount, c.fee_amount, c.tax_amount,
            d.discount + greatest(p.price - i.price_amount, 0) * any_price::int,
            CASE WHEN any_price THEN least(p.price, i.price_amount) ELSE p.price END,
            b.currency, c.charges)::tix.order_line
        FROM unnest(from_seats, to_seats) AS w (from_seat, to_seat)
        JOIN order_items i ON i.order_id = sold.order_id AND i.seat_id = w.from_seat
        JOIN lines_by_tariff(sold.session_id, to_seats, lines_of_move.lock_id, items) b
            ON b.seat_id = w.to_seat
        CROSS JOIN LATERAL (SELECT least(i.discount_amount, b.base_amount) AS discount) d
        CROSS JOIN LATERAL charges_of_line(event, b.category, b.tariff,
                                           b.base_amount - d.discount, b.currency) c
        CROSS JOIN LATERAL (SELECT b.base_amount - d.discount + c.fee_amount + c.tax_amount
                            AS price) p;
END $$;
COMMENT ON FUNCTION tix.lines_of_move(tix.orders, text[], text[], bigint[], boolean) IS
    'Internal: what items of an order become on other seats, at the prices of now and their '
    'tariff. any_price: a dearer seat is given at the price that was paid.';

DROP FUNCTION IF EXISTS
    tix.move_items(tix.orders, text[], text[], bigint[], uuid, text, boolean);
CREATE FUNCTION tix.move_items(
    sold tix.orders, from_seats text[], to_seats text[], locks bigint[], actor uuid, reason text,
    any_price boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    move record;
    holder uuid;
    refund bigint := 0;
    missing text[] := from_seats;
BEGIN
    IF sold.status NOT IN ('completed', 'partially_refunded') THEN
        RAISE EXCEPTION 'seats cannot be moved: the order is "%"', sold.status
            USING ERRCODE = 'TX010', HINT = 'Only seats of a paid order are moved.';
    ELSIF EXISTS (SELECT FROM order_items i
                  WHERE i.order_id = sold.order_id AND i.seat_id = ANY (to_seats)
                     OR i.lock_id = ANY (locks)) THEN
        RAISE EXCEPTION 'seat was in this order before, or is in another' USING
            ERRCODE = 'TX010', HINT = 'Choose another one.';
    END IF;
    FOR move IN SELECT l.order_item_id, l.from_seat, l.old_amount, (l.line).*
                FROM lines_of_move(sold, from_seats, to_seats, locks, any_price) l
                ORDER BY l.from_seat LOOP
        IF move.base_amount IS NULL OR move.currency <> sold.total_currency THEN
            RAISE EXCEPTION 'seat % has no price in %, or not its tariff', move.seat_id,
                sold.total_currency USING ERRCODE = '55000',
                HINT = 'Set it with tix_set_price() or tix_set_tariff().';
        ELSIF move.price_amount > move.old_amount THEN
            RAISE EXCEPTION 'seat % costs more than was paid', move.seat_id
                USING ERRCODE = 'TX010', HINT = 'Choose one that does not, or ask the box office.';
        END IF;
        UPDATE tickets t SET status = 'cancelled'
        WHERE t.order_id = sold.order_id AND t.session_id = sold.session_id
          AND t.seat_id = move.from_seat AND t.status = 'valid'
          AND (any_price OR t.user_id = sold.user_id) RETURNING t.user_id INTO holder;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'seat % cannot be moved: its ticket is not valid', move.from_seat
                USING ERRCODE = 'TX010', HINT = 'It was used, cancelled or given to another.';
        END IF;
        UPDATE order_items i SET seat_id = move.seat_id, lock_id = move.lock_id,
            base_amount = move.base_amount, fee_amount = move.fee_amount,
            tax_amount = move.tax_amount, discount_amount = move.discount_amount,
            price_amount = move.price_amount
        WHERE i.order_item_id = move.order_item_id;
        DELETE FROM order_item_charges c WHERE c.order_item_id = move.order_item_id;
        INSERT INTO order_item_charges (order_item_id, kind, name, amount, included)
        SELECT move.order_item_id, c.kind, c.name, c.amount, c.included
        FROM jsonb_to_recordset(coalesce(move.charges, '[]'))
            AS c (kind text, name text, amount bigint, included boolean);
        INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
        VALUES (sold.order_id, sold.session_id, move.seat_id, holder, move.price_amount,
                move.currency);
        refund := refund + move.old_amount - move.price_amount;
        missing := array_remove(missing, move.from_seat);
    END LOOP;
    IF missing <> '{}' THEN
        RAISE EXCEPTION 'seat is not in the order' USING ERRCODE = 'P0002',
            HINT = 'tix_get_order() has the seats of an order.';
    ELSIF refund > 0 THEN
        PERFORM owe_refund(sold.order_id, NULL, refund, reason);
    END IF;
    PERFORM note_items(sold.order_id, actor::text, reason, jsonb_build_object(
        'changes', jsonb_object(from_seats, to_seats), 'refunded', refund));
    RETURN refund;
END $$;
COMMENT ON FUNCTION
    tix.move_items(tix.orders, text[], text[], bigint[], uuid, text, boolean) IS
    'Internal: moves items of a locked order and their tickets to seats that are being sold to it, '
    'and owes back what the new seats cost less; returns that sum. any_price, which is for staff: '
    'also to dearer seats, and tickets that others have. Errors: P0002, TX010, 55000.';

DROP FUNCTION IF EXISTS tix.tix_reseat_order(uuid, uuid, jsonb, bigint[], text);
CREATE FUNCTION tix.tix_reseat_order(
    order_id uuid, user_id uuid, changes jsonb, lock_ids bigint[],
    idempotency_key text DEFAULT NULL,
    OUT refund_amount bigint, OUT currency text, OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(order_id, changes, to_jsonb(lock_ids));
    asked record;
    sold tix.orders;
    taken record;
    answer jsonb;
BEGIN
    asked := read_changes(changes);
    IF idempotency_key IS NOT NULL AND user_id IS NOT NULL THEN
        answer := repeated_answer('reseat', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        sold := order_of_user(order_id, user_id);
        IF sold.provider = 'box_office' THEN
            RAISE EXCEPTION 'order was sold at the box office' USING ERRCODE = 'TX010',
                HINT = 'Its seats are moved there.';
        ELSIF session_of_locks(lock_ids) <> sold.session_id THEN
            RAISE EXCEPTION 'locks and order must be of one session' USING ERRCODE = '22023',
                HINT = 'Hold seats of the order''s session.';
        END IF;
        PERFORM check_cancellable(sold.session_id);
        SELECT array_agg(c.seat_id ORDER BY c.seat_id) AS seats,
               array_agg(l.lock_id ORDER BY array_position(asked.to_seats, c.seat_id)) AS locks
        INTO taken
        FROM (SELECT DISTINCT unnest(lock_ids) AS lock_id ORDER BY 1) l,
             tix_confirm_seats(l.lock_id, user_id) AS c (seat_id);
        IF taken.seats IS DISTINCT FROM ARRAY(SELECT unnest(asked.to_seats) ORDER BY 1) THEN
            RAISE EXCEPTION 'changes must name the seats of the locks, all and no others'
                USING ERRCODE = '22023', HINT = 'Release what is not wanted.';
        END IF;
        answer := jsonb_build_array(
            move_items(sold, asked.from_seats, asked.to_seats, taken.locks, user_id, 'reseated',
                       false), sold.total_currency);
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('reseat', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    refund_amount := (answer->>0)::bigint;
    currency := answer->>1;
END $$;
COMMENT ON FUNCTION tix.tix_reseat_order(uuid, uuid, jsonb, bigint[], text) IS
    'Moves tickets of a paid order of this user to seats they hold, all at once: changes is '
    '{"from": "to", …} and names exactly the seats of the locks (1 to 100). At COMMIT the old '
    'seats are free and the new ones sold, with new tickets. Tariff and discount stay; a new seat '
    'must not cost more, and what it costs less is owed back: refund_amount, in minor units of the '
    'currency. The same idempotency_key again within 24 hours is answered the same. Errors: 22023 '
    'changes or locks; P0002 unknown or another''s order, a seat it does not have; TX002 a lock is '
    'lost; TX009 key used otherwise; TX010 a dearer seat, one the order had before, a ticket that '
    'is used, cancelled or another''s, an order that is not paid, too late, or sold at the box '
    'office; 55000 no price; 55P03 the key is in use.';

DROP FUNCTION IF EXISTS tix.tix_reseat_order_for(uuid, uuid, jsonb, text);
CREATE FUNCTION tix.tix_reseat_order_for(
    order_id uuid, staff_id uuid, changes jsonb, reason text,
    OUT refund_amount bigint, OUT currency text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    asked CONSTANT record := read_changes(changes);
    sold tix.orders;
    taken tix.tix_lock_result;
BEGIN
    PERFORM check_seat_list(asked.from_seats, reason);
    SELECT * INTO sold FROM orders o
    WHERE o.order_id = tix_reseat_order_for.order_id FOR UPDATE;
    PERFORM staff_of_session(sold.session_id, staff_id);
    taken := tix_take_seats(sold.session_id, asked.to_seats, sold.user_id, NULL);
    IF NOT taken.ok THEN
        RAISE EXCEPTION 'seats cannot be taken: %', taken.reason USING ERRCODE = 'TX001',
            DETAIL = json_build_object('reason', taken.reason, 'conflicts', taken.conflicts),
            HINT = 'Choose other seats, or retry when the hold on them has ended.';
    ELSIF ARRAY(SELECT c FROM tix_confirm_seats(taken.lock_id, sold.user_id) c ORDER BY 1)
          <> ARRAY(SELECT s FROM unnest(asked.to_seats) s ORDER BY 1) THEN
        RAISE EXCEPTION 'the buyer holds some of the seats, with others' USING ERRCODE = 'TX001',
            HINT = 'Let the buyer release them, or wait until the hold has ended.';
    END IF;
    refund_amount := move_items(sold, asked.from_seats, asked.to_seats, array_fill(
        taken.lock_id, ARRAY[cardinality(asked.to_seats)]), staff_id, reason, true);
    currency := sold.total_currency;
    UPDATE refunds r SET status = 'succeeded', processed_at = clock_timestamp()
    FROM payments p
    WHERE r.order_id = sold.order_id AND r.status = 'requested'
      AND p.payment_id = r.payment_id AND p.provider = 'box_office';
END $$;
COMMENT ON FUNCTION tix.tix_reseat_order_for(uuid, uuid, jsonb, text) IS
    'As tix_reseat_order(), for the box office, an admin or the organizer of the event, who takes '
    'free seats above the rules of the public sale, at any time, whoever has the tickets. A dearer '
    'seat is given at the price that was paid; what was paid at the box office counts as paid back '
    'at once. Errors: as there; TX001 a seat cannot be had, P0002 also when the user is none of '
    'these.';

REVOKE ALL ON FUNCTION
    tix.read_changes, tix.lines_of_move, tix.move_items, tix.tix_reseat_order,
    tix.tix_reseat_order_for(uuid, uuid, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_reseat_order TO tix_app;
GRANT EXECUTE ON FUNCTION tix.tix_reseat_order_for(uuid, uuid, jsonb, text) TO tix_admin;
