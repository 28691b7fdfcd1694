-- A purchase in plain SQL, as a good engineer would write it without tix: the yardstick.
--
-- The same tables with the same columns, constraints and indexes, and the same rows in them after a
-- purchase: order, items, payment, tickets, history, ledger, provider event, events of the outbox.
-- A seat is a row with its state; a hold locks its rows in order. What tix checks and this does
-- not: tariffs, fees, codes, quotas, limits, channels, sale windows, the legal changes of state.

CREATE SCHEMA plain;
SET search_path = plain, tix, public;
CREATE TABLE plain.orders (LIKE tix.orders INCLUDING ALL);
CREATE TABLE plain.order_items (LIKE tix.order_items INCLUDING ALL,
    FOREIGN KEY (order_id) REFERENCES plain.orders);
CREATE TABLE plain.payments (LIKE tix.payments INCLUDING ALL,
    FOREIGN KEY (order_id) REFERENCES plain.orders);
CREATE TABLE plain.tickets (LIKE tix.tickets INCLUDING ALL);
CREATE TABLE plain.provider_events (LIKE tix.provider_events INCLUDING ALL);
CREATE TABLE plain.order_history (LIKE tix.order_history INCLUDING ALL);
CREATE TABLE plain.ledger (LIKE tix.ledger INCLUDING ALL);
CREATE TABLE plain.events_outbox (LIKE tix.events_outbox INCLUDING ALL);
CREATE SEQUENCE plain.hold_id;
CREATE TABLE plain.seat_states (
    session_id uuid NOT NULL,
    seat_id text NOT NULL,
    state text NOT NULL DEFAULT 'free',
    hold_id bigint,
    user_id uuid,
    expires_at timestamptz,
    PRIMARY KEY (session_id, seat_id)
) WITH (fillfactor = 50);  -- its updates stay on their page

CREATE FUNCTION plain.hold(session uuid, wanted text[], buyer uuid) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    mine CONSTANT bigint := nextval('plain.hold_id');
    taken text[];
BEGIN
    SELECT array_agg(f.seat_id) INTO taken FROM (
        SELECT s.seat_id FROM seat_states s
        WHERE s.session_id = session AND s.seat_id = ANY (wanted)
          AND (s.state = 'free' OR s.state = 'held' AND s.expires_at <= now())
        ORDER BY s.seat_id FOR NO KEY UPDATE SKIP LOCKED) f;
    IF cardinality(taken) IS DISTINCT FROM cardinality(wanted) THEN RETURN NULL; END IF;
    UPDATE seat_states s SET state = 'held', hold_id = mine, user_id = buyer,
        expires_at = now() + interval '2 minutes'
    WHERE s.session_id = session AND s.seat_id = ANY (wanted);
    RETURN mine;
END $$;

-- For a hold that is kept elsewhere `seat_rows` is false: then no row of a seat is touched.
CREATE FUNCTION plain.order_seats(
    session uuid, seats text[], hold bigint, buyer uuid, seat_rows boolean,
    OUT order_id uuid, OUT payment_id uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    until CONSTANT timestamptz := now() + interval '10 minutes';
    shielded CONSTANT timestamptz := now() + interval '30 minutes';
    held int;
    total bigint;
BEGIN
    IF seat_rows THEN
        UPDATE seat_states s SET expires_at = shielded
        WHERE s.session_id = session AND s.seat_id = ANY (seats) AND s.hold_id = hold
          AND s.state = 'held' AND s.user_id = buyer AND s.expires_at > now();
        GET DIAGNOSTICS held = ROW_COUNT;
        IF held <> cardinality(seats) THEN RAISE EXCEPTION 'a seat is lost'; END IF;
    END IF;
    order_id := gen_random_uuid();
    SELECT sum(p.price_amount) INTO total
    FROM unnest(seats) w, tix.seats k, tix.sessions e, tix.price_categories p
    WHERE k.session_id = session AND k.seat_id = w AND e.session_id = session
      AND p.event_id = e.event_id;
    INSERT INTO orders (order_id, user_id, session_id, total_amount, total_currency, provider,
                        expires_at)
    VALUES (order_id, buyer, session, total, 'EUR', 'mock', until);
    INSERT INTO order_items (order_id, lock_id, seat_id, price_amount, price_currency, base_amount)
    SELECT order_id, hold, w, p.price_amount, p.price_currency, p.price_amount
    FROM unnest(seats) w, tix.seats k, tix.sessions e, tix.price_categories p
    WHERE k.session_id = session AND k.seat_id = w AND e.session_id = session
      AND p.event_id = e.event_id;
    INSERT INTO payments (order_id, amount, currency, provider)
    VALUES (order_id, total, 'EUR', 'mock') RETURNING payments.payment_id INTO payment_id;
    UPDATE orders o SET status = 'payment_pending', expires_at = shielded,
        payment_id = order_seats.payment_id, event_sequence = 2
    WHERE o.order_id = order_seats.order_id;
    INSERT INTO order_history (order_id, from_status, to_status, cause, actor)
    VALUES (order_id, 'created', 'payment_pending', 'payment begins', session_user);
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload) VALUES
        ('order', order_id, 1, 'order.created', jsonb_build_object('orderId', order_id,
         'sessionId', session, 'userId', buyer, 'amount', total, 'currency', 'EUR')),
        ('payment', payment_id, 1, 'payment.created', jsonb_build_object('paymentId', payment_id,
         'orderId', order_id, 'provider', 'mock', 'amount', total, 'currency', 'EUR',
         'status', 'pending')),
        ('order', order_id, 2, 'order.payment_pending', jsonb_build_object('orderId', order_id,
         'sessionId', session, 'userId', buyer, 'amount', total, 'currency', 'EUR',
         'was', 'created'));
END $$;

CREATE FUNCTION plain.paid(
    bought uuid, event text, transaction text, sum bigint, seat_rows boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    o plain.orders;
    p plain.payments;
    sold int;
BEGIN
    INSERT INTO provider_events (provider, event_id, kind, provider_transaction_id, order_id,
                                 amount, currency, payload, result, next_action)
    VALUES ('mock', event, 'succeeded', transaction, bought, sum, 'EUR', '{}', 'applied', 'none')
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN 'duplicate'; END IF;
    SELECT * INTO o FROM orders k WHERE k.order_id = bought FOR UPDATE;
    IF o.total_amount <> sum THEN RAISE EXCEPTION 'another amount'; END IF;
    UPDATE payments k SET status = 'succeeded', processed_at = clock_timestamp(),
        provider_transaction_id = transaction, event_sequence = 2
    WHERE k.payment_id = o.payment_id RETURNING * INTO p;
    INSERT INTO ledger (order_id, payment_id, kind, amount, currency)
    VALUES (bought, p.payment_id, 'captured', p.amount, p.currency);
    IF seat_rows THEN
        UPDATE seat_states s SET state = 'sold' FROM order_items i
        WHERE i.order_id = bought AND s.session_id = o.session_id AND s.seat_id = i.seat_id
          AND s.hold_id = i.lock_id AND s.state = 'held' AND s.expires_at > now();
        GET DIAGNOSTICS sold = ROW_COUNT;
        IF sold <> (SELECT count(*) FROM order_items i WHERE i.order_id = bought) THEN
            RAISE EXCEPTION 'a seat is lost';
        END IF;
    END IF;
    UPDATE orders k SET status = 'completed', completed_at = clock_timestamp(), event_sequence = 3
    WHERE k.order_id = bought;
    INSERT INTO order_history (order_id, from_status, to_status, cause, actor)
    VALUES (bought, 'payment_pending', 'completed', 'paid, seats sold', session_user);
    WITH issued AS (
        INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
        SELECT bought, o.session_id, i.seat_id, o.user_id, i.price_amount, i.price_currency
        FROM order_items i WHERE i.order_id = bought RETURNING ticket_id, seat_id)
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    SELECT 'ticket', t.ticket_id, 1, 'ticket.issued', jsonb_build_object('ticketId', t.ticket_id,
        'orderId', bought, 'sessionId', o.session_id, 'seatId', t.seat_id, 'userId', o.user_id)
    FROM issued t
    UNION ALL
    SELECT 'session', o.session_id, NULL, 'seat.sold', jsonb_build_object(
        'sessionId', o.session_id, 'orderId', bought, 'seatIds', jsonb_agg(t.seat_id))
    FROM issued t
    UNION ALL
    SELECT 'payment', p.payment_id, 2, 'payment.succeeded', jsonb_build_object('paymentId',
        p.payment_id, 'orderId', bought, 'provider', 'mock', 'amount', p.amount, 'currency',
        p.currency, 'was', 'pending')
    UNION ALL
    SELECT 'order', bought, 3, 'order.completed', jsonb_build_object('orderId', bought,
        'sessionId', o.session_id, 'userId', o.user_id, 'amount', o.total_amount, 'currency',
        o.total_currency, 'was', 'payment_pending');
    RETURN 'applied';
END $$;

-- The flow of each in one call.
CREATE FUNCTION plain.purchase(session uuid, seats text[], buyer uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    held CONSTANT bigint := plain.hold(session, seats, buyer);
    bought record;
BEGIN
    IF held IS NULL THEN RETURN 'lost'; END IF;
    SELECT * INTO bought FROM plain.order_seats(session, seats, held, buyer, true);
    RETURN plain.paid(bought.order_id, bought.payment_id::text, bought.payment_id::text,
                      1000 * cardinality(seats), true);
END $$;
CREATE FUNCTION plain.purchase_by_tix(session uuid, seats text[], buyer uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    held record;
    bought record;
BEGIN
    SELECT * INTO held FROM tix.tix_lock_seats(session, seats, buyer);
    IF NOT held.ok THEN RETURN 'lost'; END IF;
    SELECT o.order_id, b.payment_id INTO bought
    FROM tix.tix_create_order(ARRAY[held.lock_id], buyer) o,
         LATERAL tix.tix_begin_payment(o.order_id) b;
    RETURN (SELECT e.result FROM tix.tix_payment_event('mock', bought.payment_id::text, 'succeeded',
        bought.payment_id::text, bought.order_id, 1000 * cardinality(seats), 'EUR') e);
END $$;
