-- Payment functions: begin a payment, and take the seats of an order that is paid.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: whoever changes a payment, a refund or an order locks the order's row first.

DROP FUNCTION IF EXISTS tix.tix_begin_payment(uuid, text, text);
DROP FUNCTION IF EXISTS tix.tix_begin_payment(uuid, text, text, uuid, text);
CREATE FUNCTION tix.tix_begin_payment(
    order_id uuid, provider text DEFAULT 'mock', idempotency_key text DEFAULT NULL,
    user_id uuid DEFAULT NULL, method text DEFAULT NULL,
    OUT payment_id uuid, OUT amount bigint, OUT currency text, OUT expires_at timestamptz,
    OUT replayed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    paid tix.orders;
    asker CONSTANT uuid := tix_begin_payment.user_id;
    via CONSTANT text := tix_begin_payment.provider;
    how CONSTANT text := tix_begin_payment.method;
    key CONSTANT text := tix_begin_payment.idempotency_key;
BEGIN
    PERFORM set_config('tix_rows.of', coalesce(asker::text, 'everyone'), true);
    IF NOT EXISTS (SELECT FROM payment_providers p WHERE p.provider = via AND p.enabled) THEN
        RAISE EXCEPTION 'payment provider % is unknown or not enabled', coalesce(via, 'NULL')
            USING ERRCODE = '22023', HINT = 'The providers are listed in tix.payment_providers.';
    END IF;
    SELECT * INTO paid FROM orders o
    WHERE o.order_id = tix_begin_payment.order_id AND (asker IS NULL OR o.user_id = asker)
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order does not exist' USING ERRCODE = 'P0002';
    END IF;
    replayed := false;
    IF key IS NOT NULL THEN
        PERFORM claim_key('payment', paid.user_id, key);
        SELECT r.payment_id, r.amount, r.currency, r.expires_at
        INTO payment_id, amount, currency, expires_at FROM repeated_payment(paid, via, how, key) r;
        replayed := FOUND;
        IF replayed THEN RETURN; END IF;
    END IF;
    SELECT s.payment_id, s.amount, s.currency, s.expires_at
    INTO payment_id, amount, currency, expires_at FROM start_payment(paid, via, how, key) s;
    IF key IS NOT NULL THEN
        INSERT INTO payment_answers (user_id, idempotency_key, payment_id, provider, method,
                                     expires_at)
        VALUES (paid.user_id, key, payment_id, via, how, expires_at);
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_begin_payment(uuid, text, text, uuid, text) IS
    'Moves the deadline of an order''s seats to now + tix.in_doubt_max and records the payment '
    'about to be asked for; call it before the provider. Amount in minor units. user_id: whose '
    'order it must be; NULL: a trusted caller''s, any. method: the provider''s name for how it is '
    'paid. Calling it again while the payment runs returns the same payment. The same idempotency '
    'key (1 to 255 bytes) of the order''s user again gives the first answer again, whatever became '
    'of the payment, with replayed = true. Errors: 22023 unknown or disabled provider or malformed '
    'key; 55P03 '
    'the key is in use at this moment; P0002 unknown or another''s order; TX002 a lock is lost; '
    'TX009 key used with another order, provider or method; TX010 the order is past paying or is '
    'being paid in another way.';

DROP FUNCTION IF EXISTS tix.repeated_payment(tix.orders, text, text, text);
CREATE FUNCTION tix.repeated_payment(paid tix.orders, via text, how text, key text)
RETURNS TABLE (payment_id uuid, amount bigint, currency text, expires_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    same boolean;
BEGIN
    SELECT p.payment_id, p.amount, p.currency, a.expires_at,
           (p.order_id, a.provider) = (paid.order_id, via) AND a.method IS NOT DISTINCT FROM how
    INTO payment_id, amount, currency, expires_at, same
    FROM payment_answers a JOIN payments p USING (payment_id)
    WHERE a.user_id = paid.user_id AND a.idempotency_key = key;
    IF NOT FOUND THEN
        RETURN;
    ELSIF NOT same THEN
        RAISE EXCEPTION 'idempotency key was used with another request' USING ERRCODE = 'TX009',
            HINT = 'Use a new key for a new request.';
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION tix.repeated_payment(tix.orders, text, text, text) IS
    'Internal: the first answer to an idempotency key of the order''s user, no row when the key is '
    'new; TX009 when it was used with another order, provider or method.';

DROP FUNCTION IF EXISTS tix.start_payment(tix.orders, text, text, text);
CREATE FUNCTION tix.start_payment(
    paid tix.orders, via text, how text, key text,
    OUT payment_id uuid, OUT amount bigint, OUT currency text, OUT expires_at timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    running tix.payments;
BEGIN
    SELECT * INTO running FROM payments p WHERE p.payment_id = paid.payment_id;
    IF running.provider <> via OR running.method <> how THEN
        RAISE EXCEPTION 'a payment of the order is in progress with another provider or method'
            USING ERRCODE = 'TX010', HINT = 'Wait for its outcome.';
    END IF;
    payment_id := running.payment_id;
    amount := running.amount;
    currency := running.currency;
    expires_at := paid.expires_at;
    IF payment_id IS NOT NULL AND paid.status NOT IN ('created', 'payment_pending') THEN
        RETURN;
    END IF;

    -- Raises the deadline before any provider is called; TX002 when a lock is lost.
    PERFORM tix_hand_over(l.lock_id, paid.user_id, paid.order_id, shield.ttl)
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = paid.order_id
          ORDER BY 1) l,
         (SELECT current_setting('tix.in_doubt_max')::interval AS ttl) shield;
    SELECT min((tix_lock_get(i.lock_id, paid.user_id)).expires_at) INTO expires_at
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = paid.order_id) i;
    IF payment_id IS NULL THEN
        INSERT INTO payments (order_id, amount, currency, provider, method, idempotency_key)
        VALUES (paid.order_id, paid.total_amount, paid.total_currency, via, how, key)
        RETURNING payments.payment_id, payments.amount, payments.currency
        INTO payment_id, amount, currency;
    END IF;
    UPDATE orders o
    SET status = 'payment_pending', expires_at = start_payment.expires_at,
        payment_id = start_payment.payment_id
    WHERE o.order_id = paid.order_id;
END $$;
COMMENT ON FUNCTION tix.start_payment(tix.orders, text, text, text) IS
    'Internal: shields the seats of a locked order and records its payment, or finds the one that '
    'runs.';

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
    alive := ARRAY(SELECT unnest((tix_lock_get(l.lock_id, paid.user_id)).seats)
                   FROM (SELECT DISTINCT i.lock_id FROM order_items i
                         WHERE i.order_id = paid.order_id) l);
    PERFORM tix_release_seats(l.lock_id, paid.user_id,
                              ARRAY(SELECT a FROM unnest(alive) a WHERE a <> ALL (wanted)))
    FROM (SELECT DISTINCT i.lock_id FROM order_items i WHERE i.order_id = paid.order_id) l
    WHERE NOT alive <@ wanted;
    missing := ARRAY(SELECT w FROM unnest(wanted) w WHERE w <> ALL (alive));
    IF missing <> '{}' AND NOT EXISTS (
        SELECT FROM sessions s
        WHERE s.session_id = paid.session_id AND s.status = 'cancelled') THEN
        SELECT * INTO again FROM tix_take_seats(paid.session_id, missing, paid.user_id,
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
    tix.tix_begin_payment, tix.repeated_payment, tix.start_payment, tix.confirm_order_seats,
    tix.take_order_seats FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_begin_payment TO tix_app;
