-- Giving seats back, before or after they are paid: whole orders, single items, single tickets.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: the order's row first, then its items and tickets.

DROP FUNCTION IF EXISTS tix.staff_of_session(uuid, uuid);
CREATE FUNCTION tix.staff_of_session(session_id uuid, staff_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM sessions s JOIN events e USING (event_id)
        JOIN users u ON u.user_id = staff_id AND u.status = 'active'
        WHERE s.session_id = staff_of_session.session_id
          AND (u.role IN ('box_office', 'admin')
               OR u.role = 'organizer' AND e.organizer_id = u.user_id)) THEN
        RAISE EXCEPTION 'session does not exist' USING ERRCODE = 'P0002',
            HINT = 'Only the box office, an admin or the organizer of its event sells it.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.staff_of_session(uuid, uuid) IS
    'Internal. Error P0002: no such session, or the user is neither active box office or admin nor '
    'the active organizer of its event.';

DROP FUNCTION IF EXISTS tix.check_seat_list(text[], text);
CREATE FUNCTION tix.check_seat_list(seat_ids text[], reason text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    seats_max CONSTANT int := 1000;
    reason_bytes_max CONSTANT int := 500;
BEGIN
    IF NOT coalesce(cardinality(seat_ids) BETWEEN 1 AND seats_max, false)
       OR array_position(seat_ids, NULL) IS NOT NULL
       OR NOT coalesce(octet_length(reason) BETWEEN 1 AND reason_bytes_max, false) THEN
        RAISE EXCEPTION 'seats and reason must be given' USING ERRCODE = '22023',
            HINT = format('1 to %s seats, none NULL; a reason of at most %s bytes.', seats_max,
                          reason_bytes_max);
    ELSIF cardinality(seat_ids) <> (SELECT count(DISTINCT s) FROM unnest(seat_ids) s) THEN
        RAISE EXCEPTION 'a seat comes twice' USING ERRCODE = '22023',
            HINT = 'Name each seat once.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_seat_list(text[], text) IS
    'Internal: 1 to 1000 seats, each once, and a reason of at most 500 bytes. Error 22023.';

DROP FUNCTION IF EXISTS tix.check_cancellable(uuid);
CREATE FUNCTION tix.check_cancellable(session_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM sessions s LEFT JOIN cancellation_terms c USING (event_id)
               WHERE s.session_id = check_cancellable.session_id AND clock_timestamp()
                     >= s.start_time - coalesce(c.until_before_start, '0')) THEN
        RAISE EXCEPTION 'it is too late to give seats of this session back'
            USING ERRCODE = 'TX010', HINT = 'Ask the box office.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_cancellable(uuid) IS
    'Internal. Error TX010: cancellation_terms do not let buyers change seats of the session now.';

DROP FUNCTION IF EXISTS tix.close_refunded(uuid);
CREATE FUNCTION tix.close_refunded(order_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    closed CONSTANT uuid := close_refunded.order_id;
BEGIN
    IF NOT EXISTS (SELECT FROM tickets t
                   WHERE t.order_id = closed AND t.status IN ('valid', 'used')) THEN
        PERFORM settle_refunds(closed);
    END IF;
END $$;
COMMENT ON FUNCTION tix.close_refunded(uuid) IS
    'Internal: an order without a ticket for which nothing was paid, or all was paid back, is '
    '"refunded".';

DROP FUNCTION IF EXISTS tix.cancel_paid_items(tix.orders, text[], uuid, text, bigint);
CREATE FUNCTION tix.cancel_paid_items(
    sold tix.orders, seat_ids text[], actor uuid, reason text, keep_amount bigint,
    OUT refund_amount bigint, OUT kept_amount bigint, OUT refund_id uuid)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    terms tix.cancellation_terms;
    gone record;
    live int;
BEGIN
    SELECT c.* INTO terms FROM cancellation_terms c JOIN sessions s USING (event_id)
    WHERE s.session_id = sold.session_id;
    PERFORM FROM order_items i
    WHERE i.order_id = sold.order_id AND i.seat_id = ANY (seat_ids) FOR UPDATE;
    GET DIAGNOSTICS live = ROW_COUNT;
    IF live < cardinality(seat_ids) THEN
        RAISE EXCEPTION 'seat is not in the order' USING ERRCODE = 'P0002',
            HINT = 'tix_get_order() has the seats of an order.';
    END IF;
    UPDATE tickets t SET status = 'cancelled'
    WHERE t.order_id = sold.order_id AND t.session_id = sold.session_id
      AND t.seat_id = ANY (seat_ids) AND t.status = 'valid';
    GET DIAGNOSTICS live = ROW_COUNT;
    IF live < cardinality(seat_ids) THEN
        RAISE EXCEPTION 'seat cannot be cancelled: its ticket is not valid' USING
            ERRCODE = 'TX010', HINT = 'It was used or cancelled before.';
    END IF;
    refund_amount := 0;
    kept_amount := 0;
    FOR gone IN
        UPDATE order_items i
        SET cancelled_at = clock_timestamp(), kept_amount = least(i.price_amount, coalesce(
                keep_amount, permille_of(i.price_amount, coalesce(terms.kept_permille, 0))
                             + least(coalesce(terms.kept_amount, 0), i.price_amount)))
        WHERE i.order_id = sold.order_id AND i.seat_id = ANY (seat_ids)
        RETURNING i.order_item_id, i.price_amount - i.kept_amount AS back, i.kept_amount AS kept
    LOOP
        kept_amount := kept_amount + gone.kept;
        IF gone.back > 0 THEN
            refund_amount := refund_amount + gone.back;
            refund_id := owe_refund(sold.order_id, gone.order_item_id, gone.back, reason);
        END IF;
    END LOOP;
    UPDATE orders o SET status = 'partially_refunded', changed_by = actor, changed_why = reason
    WHERE o.order_id = sold.order_id AND o.status = 'completed';
    PERFORM note_items(sold.order_id, actor::text, reason, jsonb_build_object(
        'seatIds', seat_ids, 'refunded', refund_amount, 'kept', kept_amount));
    PERFORM close_refunded(sold.order_id);
END $$;
COMMENT ON FUNCTION tix.cancel_paid_items(tix.orders, text[], uuid, text, bigint) IS
    'Internal: cancels valid tickets of a locked order and owes their prices back less what is '
    'kept: keep_amount of each, or (NULL) by cancellation_terms. Returns both sums in minor units '
    'and the last refund. Errors: P0002 a seat is not in the order, TX010 its ticket is not valid.';

DROP FUNCTION IF EXISTS tix.cancel_items(tix.orders, text[], uuid, text, bigint);
CREATE FUNCTION tix.cancel_items(
    sold tix.orders, seat_ids text[], actor uuid, reason text, keep_amount bigint,
    OUT answer jsonb)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    now_status text;
BEGIN
    IF sold.status = 'created' THEN
        IF (SELECT count(*) FROM order_items i WHERE i.order_id = sold.order_id
              AND i.seat_id = ANY (seat_ids)) < cardinality(seat_ids) THEN
            RAISE EXCEPTION 'seat is not in the order' USING ERRCODE = 'P0002',
                HINT = 'tix_get_order() has the seats of an order.';
        END IF;
        PERFORM drop_items(sold, seat_ids, reason);
    ELSIF sold.status IN ('completed', 'partially_refunded') THEN
        given := cancel_paid_items(sold, seat_ids, actor, reason, keep_amount);
    ELSE
        RAISE EXCEPTION 'seats cannot be cancelled: the order is "%"', sold.status
            USING ERRCODE = 'TX010', DETAIL = json_build_object('orderId', sold.order_id,
                                                                'status', sold.status),
            HINT = 'Only what is not being paid, or is paid, is cancelled by seat.';
    END IF;
    SELECT o.status INTO now_status FROM orders o WHERE o.order_id = sold.order_id;
    IF sold.status = 'created' THEN
        answer := jsonb_build_array(0, 0, sold.total_currency, now_status);
    ELSE
        answer := jsonb_build_array(given.refund_amount, given.kept_amount, sold.total_currency,
                                    now_status);
    END IF;
END $$;
COMMENT ON FUNCTION tix.cancel_items(tix.orders, text[], uuid, text, bigint) IS
    'Internal: takes seats off a locked order that is not paid, or cancels those of a paid one; '
    'returns [refunded, kept, currency, status]. Errors: as drop_items() and cancel_paid_items().';

DROP FUNCTION IF EXISTS tix.tix_cancel_items(uuid, uuid, text[], text, text);
CREATE FUNCTION tix.tix_cancel_items(
    order_id uuid, user_id uuid, seat_ids text[], reason text DEFAULT 'cancelled',
    idempotency_key text DEFAULT NULL,
    OUT refund_amount bigint, OUT kept_amount bigint, OUT currency text, OUT status text,
    OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(order_id, to_jsonb(seat_ids), reason);
    sold tix.orders;
    answer jsonb;
BEGIN
    PERFORM check_seat_list(seat_ids, reason);
    IF idempotency_key IS NOT NULL AND user_id IS NOT NULL THEN
        answer := repeated_answer('cancel', user_id, idempotency_key, request);
    END IF;
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        sold := order_of_user(order_id, user_id);
        IF sold.status IN ('completed', 'partially_refunded') THEN
            PERFORM check_cancellable(sold.session_id);
            IF sold.provider = 'box_office' THEN
                RAISE EXCEPTION 'order was paid at the box office' USING ERRCODE = 'TX010',
                    HINT = 'It is paid back there.';
            ELSIF EXISTS (SELECT FROM tickets t WHERE t.order_id = sold.order_id
                            AND t.seat_id = ANY (seat_ids) AND t.status IN ('valid', 'used')
                            AND t.user_id <> sold.user_id) THEN
                RAISE EXCEPTION 'ticket belongs to somebody else by now' USING ERRCODE = 'TX010',
                    HINT = 'Only who has it can give it back.';
            END IF;
        END IF;
        answer := cancel_items(sold, seat_ids, user_id, reason, NULL);
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('cancel', user_id, idempotency_key, request, answer);
        END IF;
    END IF;
    refund_amount := (answer->>0)::bigint;
    kept_amount := (answer->>1)::bigint;
    currency := answer->>2;
    status := answer->>3;
END $$;
COMMENT ON FUNCTION tix.tix_cancel_items(uuid, uuid, text[], text, text) IS
    'Gives seats of a user''s order back; they are free at COMMIT. Before the payment begins they '
    'leave the order, which costs less, and without any left is cancelled. Once paid, their '
    'tickets are cancelled and their prices owed back, less what cancellation_terms keep; the '
    'order is "partially_refunded", and "refunded" when all was paid back. refund_amount and '
    'kept_amount in minor units of the currency. reason: at most 500 bytes; the same '
    'idempotency_key again within 24 hours is answered the same. Errors: 22023 no seat or one '
    'twice, or the minimum of a promotion; P0002 unknown or another''s order, a seat it does not '
    'have; TX009 key used otherwise; TX010 it is being paid or over, a ticket is used, cancelled '
    'or another''s, it is too late, or it was sold at the box office; 55P03 the key is in use.';

DROP FUNCTION IF EXISTS tix.tix_cancel_items_for(uuid, uuid, text[], text, bigint, text);
CREATE FUNCTION tix.tix_cancel_items_for(
    order_id uuid, staff_id uuid, seat_ids text[], reason text, keep_amount bigint DEFAULT 0,
    idempotency_key text DEFAULT NULL,
    OUT refund_amount bigint, OUT kept_amount bigint, OUT currency text, OUT status text,
    OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    request CONSTANT jsonb := jsonb_build_array(order_id, to_jsonb(seat_ids), reason, keep_amount);
    sold tix.orders;
    answer jsonb;
BEGIN
    PERFORM check_seat_list(seat_ids, reason);
    IF keep_amount IS NULL OR keep_amount < 0 THEN
        RAISE EXCEPTION 'what is kept must be 0 or more' USING ERRCODE = '22023',
            HINT = 'Name minor units of each price.';
    END IF;
    IF idempotency_key IS NOT NULL AND staff_id IS NOT NULL THEN
        answer := repeated_answer('cancel', staff_id, idempotency_key, request);
    END IF;
    SELECT * INTO sold FROM orders o
    WHERE o.order_id = tix_cancel_items_for.order_id FOR UPDATE;
    PERFORM staff_of_session(sold.session_id, staff_id);
    replayed := answer IS NOT NULL;
    IF NOT replayed THEN
        answer := cancel_items(sold, seat_ids, staff_id, reason, keep_amount);
        -- Who sold for cash pays back in cash, here and now.
        UPDATE refunds r SET status = 'succeeded', processed_at = clock_timestamp()
        FROM payments p
        WHERE r.order_id = sold.order_id AND r.status = 'requested'
          AND p.payment_id = r.payment_id AND p.provider = 'box_office';
        IF FOUND THEN
            PERFORM close_refunded(sold.order_id);
            answer := jsonb_set(answer, '{3}', (SELECT to_jsonb(o.status) FROM orders o
                                                WHERE o.order_id = sold.order_id));
        END IF;
        IF idempotency_key IS NOT NULL THEN
            PERFORM keep_answer('cancel', staff_id, idempotency_key, request, answer);
        END IF;
    END IF;
    refund_amount := (answer->>0)::bigint;
    kept_amount := (answer->>1)::bigint;
    currency := answer->>2;
    status := answer->>3;
END $$;
COMMENT ON FUNCTION tix.tix_cancel_items_for(uuid, uuid, text[], text, bigint, text) IS
    'As tix_cancel_items(), for the box office, an admin or the organizer of the event: at any '
    'time, whoever has the tickets, keeping keep_amount (minor units) of each price. What was paid '
    'at the box office counts as paid back at once. Errors: as there; P0002 also when the user is '
    'none of these.';

DROP FUNCTION IF EXISTS tix.tix_cancel_ticket(uuid, uuid, text);
CREATE FUNCTION tix.tix_cancel_ticket(
    ticket_id uuid, user_id uuid, reason text DEFAULT 'cancelled') RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    gone tix.tickets;
    sold tix.orders;
BEGIN
    SELECT * INTO gone FROM tickets t
    WHERE t.ticket_id = tix_cancel_ticket.ticket_id AND t.user_id = tix_cancel_ticket.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_list_tickets() has the tickets of a user.';
    END IF;
    PERFORM check_seat_list(ARRAY[gone.seat_id], reason);
    SELECT * INTO sold FROM orders o WHERE o.order_id = gone.order_id FOR UPDATE;
    -- It may have changed before the lock was had.
    SELECT * INTO gone FROM tickets t WHERE t.ticket_id = tix_cancel_ticket.ticket_id;
    IF gone.user_id <> tix_cancel_ticket.user_id THEN
        RAISE EXCEPTION 'ticket does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_list_tickets() has the tickets of a user.';
    ELSIF gone.status <> 'valid' OR sold.provider = 'box_office' THEN
        RAISE EXCEPTION 'ticket cannot be cancelled' USING ERRCODE = 'TX010',
            HINT = 'Only a valid ticket can be, and one of the box office only there.';
    END IF;
    PERFORM check_cancellable(sold.session_id);
    RETURN (cancel_paid_items(sold, ARRAY[gone.seat_id], gone.user_id, reason, NULL)).refund_id;
END $$;
COMMENT ON FUNCTION tix.tix_cancel_ticket(uuid, uuid, text) IS
    'Cancels a valid ticket of this user, as tix_cancel_items(): its price, less what is kept, is '
    'owed back to who paid, and its seat is free at COMMIT. Returns the refund, NULL when nothing '
    'is owed. Errors: 22023 reason, P0002 unknown or another''s ticket, TX010 the ticket is not '
    'valid any more, it is too late, or it was sold at the box office.';

REVOKE ALL ON FUNCTION
    tix.staff_of_session, tix.check_seat_list, tix.check_cancellable, tix.close_refunded,
    tix.cancel_paid_items, tix.cancel_items, tix.tix_cancel_items, tix.tix_cancel_items_for,
    tix.tix_cancel_ticket(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_cancel_items, tix.tix_cancel_ticket(uuid, uuid, text) TO tix_app;
GRANT EXECUTE ON FUNCTION tix.tix_cancel_items_for TO tix_app, tix_admin;
