-- Payment functions: begin a payment, and take the seats of an order that is paid.
-- Requires tix >= 1.0
--
-- Locking: whoever changes a payment, a refund or an order locks the order's row first.

DROP FUNCTION IF EXISTS tix.tix_begin_payment(uuid, text, text);
CREATE FUNCTION tix.tix_begin_payment(
    order_id uuid, provider text DEFAULT 'mock', idempotency_key text DEFAULT NULL,
    OUT payment_id uuid, OUT amount bigint, OUT currency text, OUT expires_at timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    paid tix.orders;
    via CONSTANT text := tix_begin_payment.provider;
    key CONSTANT text := tix_begin_payment.idempotency_key;
    shield CONSTANT interval := current_setting('tix.in_doubt_max')::interval;
    running_via text;
BEGIN
    IF NOT EXISTS (SELECT FROM payment_providers p WHERE p.provider = via) THEN
        RAISE EXCEPTION 'payment provider % is unknown', coalesce(via, 'NULL')
            USING ERRCODE = '22023', HINT = 'The providers are listed in tix.payment_providers.';
    END IF;
    SELECT * INTO paid FROM orders o WHERE o.order_id = tix_begin_payment.order_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order does not exist' USING ERRCODE = 'P0002';
    END IF;
    SELECT p.payment_id, p.amount, p.currency, p.provider
    INTO payment_id, amount, currency, running_via
    FROM payments p
    WHERE p.order_id = paid.order_id
      AND (p.payment_id = paid.payment_id OR p.idempotency_key = key)
    ORDER BY p.idempotency_key = key DESC NULLS LAST LIMIT 1;
    IF running_via <> via THEN
        RAISE EXCEPTION 'a payment of the order is in progress with another provider'
            USING ERRCODE = 'TX010', HINT = 'Wait for its outcome.';
    END IF;
    expires_at := paid.expires_at;
    IF payment_id IS NOT NULL AND paid.status NOT IN ('created', 'payment_pending') THEN
        RETURN;
    END IF;

    -- Raises the deadline before any provider is called; TX002 when a lock is lost.
    PERFORM tix_hand_over(l.lock_id, paid.user_id, paid.order_id, shield)
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = paid.order_id
          ORDER BY 1) l;
    SELECT min((tix_lock_get(i.lock_id, paid.user_id)).expires_at) INTO expires_at
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = paid.order_id) i;
    IF payment_id IS NULL THEN
        INSERT INTO payments (order_id, amount, currency, provider, idempotency_key)
        VALUES (paid.order_id, paid.total_amount, paid.total_currency, via, key)
        RETURNING payments.payment_id, payments.amount, payments.currency
        INTO payment_id, amount, currency;
    END IF;
    UPDATE orders o
    SET status = 'payment_pending', expires_at = tix_begin_payment.expires_at,
        payment_id = tix_begin_payment.payment_id
    WHERE o.order_id = paid.order_id;
END $$;
COMMENT ON FUNCTION tix.tix_begin_payment(uuid, text, text) IS
    'Moves the deadline of an order''s seats to now + tix.in_doubt_max and records the payment '
    'about to be asked for; call it before the provider. Amount in minor units. Calling it again '
    'returns the same payment. Errors: 22023 unknown provider, P0002 unknown order, TX002 a lock '
    'is lost, TX010 the order is past paying or another provider is being asked.';

DROP FUNCTION IF EXISTS tix.confirm_order_seats(uuid, uuid, text[]);
CREATE FUNCTION tix.confirm_order_seats(order_id uuid, user_id uuid, wanted text[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    confirmed text[];
BEGIN
    SELECT array_agg(c.seat_id ORDER BY c.seat_id) INTO confirmed
    FROM (SELECT DISTINCT i.lock_id FROM order_items i
          WHERE i.order_id = confirm_order_seats.order_id ORDER BY 1) l,
         tix_confirm_seats(l.lock_id, confirm_order_seats.user_id) AS c (seat_id);
    IF confirmed IS DISTINCT FROM wanted THEN
        RAISE EXCEPTION 'seats of the order are not those of its locks' USING ERRCODE = 'TX002';
    END IF;
    RETURN true;
EXCEPTION WHEN SQLSTATE 'TX002' THEN
    RETURN false;
END $$;
COMMENT ON FUNCTION tix.confirm_order_seats(uuid, uuid, text[]) IS
    'Internal: sells exactly the wanted seats by the order''s locks, or changes nothing and '
    'returns false.';

DROP FUNCTION IF EXISTS tix.take_order_seats(uuid);
CREATE FUNCTION tix.take_order_seats(order_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    paid tix.orders;
    wanted text[];
    alive text[];
    missing text[];
    again tix.tix_lock_result;
BEGIN
    SELECT * INTO paid FROM orders o WHERE o.order_id = take_order_seats.order_id;
    wanted := ARRAY(SELECT i.seat_id FROM order_items i
                    WHERE i.order_id = paid.order_id ORDER BY i.seat_id);
    IF confirm_order_seats(paid.order_id, paid.user_id, wanted) THEN
        RETURN 'applied';
    END IF;
    -- After a crash the engine does not know a session's holds until it has read the journal.
    PERFORM tix_load_session(paid.session_id);
    alive := ARRAY(SELECT unnest((tix_lock_get(l.lock_id, paid.user_id)).seats)
                   FROM (SELECT DISTINCT i.lock_id FROM order_items i
                         WHERE i.order_id = paid.order_id) l);
    PERFORM tix_release_seats(l.lock_id, paid.user_id,
                              ARRAY(SELECT a FROM unnest(alive) a WHERE a <> ALL (wanted)))
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = paid.order_id) l
    WHERE NOT alive <@ wanted;
    missing := ARRAY(SELECT w FROM unnest(wanted) w WHERE w <> ALL (alive));
    IF missing <> '{}' THEN
        SELECT * INTO again FROM tix_lock_seats(paid.session_id, missing, paid.user_id,
                                                current_setting('tix.order_ttl')::interval);
        IF again.reason = 'rebuilding' THEN
            RAISE EXCEPTION 'session is being loaded' USING ERRCODE = 'TX015',
                HINT = 'Retry in 50 milliseconds.';
        ELSIF again.ok THEN
            UPDATE order_items i SET lock_id = again.lock_id
            WHERE i.order_id = paid.order_id AND i.seat_id = ANY (missing);
        END IF;
    END IF;
    IF (missing = '{}' OR again.ok)
       AND confirm_order_seats(paid.order_id, paid.user_id, wanted) THEN
        RETURN CASE WHEN missing = '{}' THEN 'applied' ELSE 'late' END;
    END IF;
    PERFORM release_order_seats(paid.order_id, paid.user_id);
    RETURN 'lost';
END $$;
COMMENT ON FUNCTION tix.take_order_seats(uuid) IS
    'Internal: sells the seats of a paid order. applied = by its locks; late = some had been '
    'lost and were free to be taken again; lost = not all can be had, none is kept.';

REVOKE ALL ON FUNCTION
    tix.tix_begin_payment, tix.confirm_order_seats, tix.take_order_seats FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_begin_payment TO tix_app;
