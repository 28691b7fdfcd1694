-- Payments whose outcome is not known: what the buyer still has to do, and whom to ask when.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: tix_payments_due() takes rows of payments alone and waits for none of them.

DROP FUNCTION IF EXISTS tix.tix_payment_action_required(uuid, text, timestamptz, text);
CREATE FUNCTION tix.tix_payment_action_required(
    payment_id uuid, redirect_url text, action_expires_at timestamptz DEFAULT NULL,
    provider_transaction_id text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    known CONSTANT uuid := tix_payment_action_required.payment_id;
    theirs CONSTANT text := tix_payment_action_required.provider_transaction_id;
    money tix.payments;
BEGIN
    IF redirect_url IS NULL OR redirect_url !~ '^https?://[^[:space:][:cntrl:]]+$'
       OR octet_length(redirect_url) > 2048 OR theirs = '' OR octet_length(theirs) > 255
       OR NOT isfinite(action_expires_at) THEN
        RAISE EXCEPTION 'the address a buyer is sent to must be an http or https URL'
            USING ERRCODE = '22023', HINT = 'It has at most 2048 bytes, the transaction 255.';
    END IF;
    PERFORM FROM orders o
    WHERE o.order_id = (SELECT p.order_id FROM payments p WHERE p.payment_id = known) FOR UPDATE;
    SELECT * INTO money FROM payments p WHERE p.payment_id = known FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payment does not exist' USING ERRCODE = 'P0002',
            HINT = 'Pass the payment_id of tix_begin_payment().';
    ELSIF money.status NOT IN ('pending', 'requires_action') THEN
        RAISE EXCEPTION 'payment needs no action: it is "%"', money.status USING ERRCODE = 'TX010',
            HINT = 'Read its state.';
    ELSIF money.provider_transaction_id <> theirs OR EXISTS (
        SELECT FROM payments p
        WHERE p.provider = money.provider AND p.provider_transaction_id = theirs
          AND p.payment_id <> known) THEN
        RAISE EXCEPTION 'transaction is not the payment''s' USING ERRCODE = '22023',
            HINT = 'Pass the provider''s transaction id of this payment.';
    END IF;
    UPDATE payments p SET status = 'requires_action', action_url = redirect_url,
        action_expires_at = tix_payment_action_required.action_expires_at,
        provider_transaction_id = coalesce(p.provider_transaction_id, theirs)
    WHERE p.payment_id = known RETURNING p.status INTO money.status;
    RETURN money.status;
END $$;
COMMENT ON FUNCTION tix.tix_payment_action_required(uuid, text, timestamptz, text) IS
    'The buyer has to confirm a payment elsewhere, as for 3-D Secure: keeps where (an http or '
    'https URL of at most 2048 bytes) and until when; again replaces it. Returns '
    '"requires_action". The seats stay shielded as for any payment. Errors: 22023 URL or '
    'transaction id, P0002 unknown payment, TX010 it is further on or has ended.';

DROP FUNCTION IF EXISTS tix.tix_payment_begun(uuid, text, text, interval);
CREATE FUNCTION tix.tix_payment_begun(
    payment_id uuid, provider_transaction_id text, redirect_url text DEFAULT NULL,
    action_ttl interval DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    begun CONSTANT uuid := tix_payment_begun.payment_id;
    theirs CONSTANT text := tix_payment_begun.provider_transaction_id;
    money tix.payments;
BEGIN
    IF theirs IS NULL OR theirs = '' OR octet_length(theirs) > 255 THEN
        RAISE EXCEPTION 'transaction id must have 1 to 255 bytes' USING ERRCODE = '22023',
            HINT = 'Pass the provider''s own id of the payment.';
    END IF;
    PERFORM FROM orders o
    WHERE o.order_id = (SELECT p.order_id FROM payments p WHERE p.payment_id = begun) FOR UPDATE;
    SELECT * INTO money FROM payments p WHERE p.payment_id = begun FOR UPDATE;
    IF redirect_url IS NOT NULL AND money.status IN ('pending', 'requires_action') THEN
        RETURN tix_payment_action_required(begun, redirect_url, clock_timestamp() + action_ttl,
                                           theirs);
    ELSIF money.payment_id IS NULL THEN
        RAISE EXCEPTION 'payment does not exist' USING ERRCODE = 'P0002',
            HINT = 'Pass the payment_id of tix_begin_payment().';
    ELSIF money.provider_transaction_id <> theirs OR EXISTS (
        SELECT FROM payments p
        WHERE p.provider = money.provider AND p.provider_transaction_id = theirs
          AND p.payment_id <> begun) THEN
        RAISE EXCEPTION 'transaction is not the payment''s' USING ERRCODE = '22023',
            HINT = 'Pass the provider''s transaction id of this payment.';
    ELSIF money.provider_transaction_id IS NULL THEN
        UPDATE payments p SET provider_transaction_id = theirs WHERE p.payment_id = begun;
    END IF;
    RETURN money.status;
END $$;
COMMENT ON FUNCTION tix.tix_payment_begun(uuid, text, text, interval) IS
    'The provider has begun a payment: keeps its transaction id (1 to 255 bytes), by which the '
    'reconciler asks, and, while nothing more is known of the payment, where the buyer has to go '
    'and for how long, as tix_payment_action_required() does. Again changes nothing. Returns the '
    'state of the payment. Errors: 22023 URL or transaction id, P0002 unknown payment.';

DROP FUNCTION IF EXISTS tix.tix_order_payments(uuid, uuid);
CREATE FUNCTION tix.tix_order_payments(order_id uuid, user_id uuid)
RETURNS TABLE (payment_id uuid, provider text, method text, status text, amount bigint,
               currency text, created_at timestamptz, action_url text,
               action_expires_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    RETURN QUERY
        SELECT p.payment_id, p.provider, p.method, p.status, p.amount, p.currency, p.created_at,
               CASE WHEN p.status = 'requires_action' THEN p.action_url END,
               CASE WHEN p.status = 'requires_action' THEN p.action_expires_at END
        FROM payments p JOIN orders o USING (order_id)
        WHERE o.order_id = tix_order_payments.order_id AND o.user_id = tix_order_payments.user_id
        ORDER BY p.created_at, p.payment_id;
END $$;
COMMENT ON FUNCTION tix.tix_order_payments(uuid, uuid) IS
    'The payments of this user''s order, the oldest first, amount in minor units; while one is '
    '"requires_action", where the buyer has to go. No row for an unknown or another''s order.';

DROP FUNCTION IF EXISTS tix.tix_payments_due(int);
DROP FUNCTION IF EXISTS tix.tix_payments_due(int, text[]);
CREATE FUNCTION tix.tix_payments_due(max_rows int DEFAULT 100, providers text[] DEFAULT NULL)
RETURNS TABLE (payment_id uuid, order_id uuid, provider text, provider_transaction_id text,
               amount bigint, currency text, status text, action text, attempts int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();  -- the index takes no volatile condition
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be from 1 to 1000' USING ERRCODE = '22023',
            HINT = 'Call again for more.';
    END IF;
    RETURN QUERY
        WITH due AS MATERIALIZED (
            SELECT p.payment_id FROM payments p
            WHERE p.status IN ('pending', 'requires_action', 'authorized', 'voiding')
              AND p.next_try_at <= moment
              AND (providers IS NULL OR p.provider = ANY (providers))
            ORDER BY p.next_try_at LIMIT max_rows FOR UPDATE SKIP LOCKED)
        UPDATE payments p
        SET attempts = least(p.attempts, 2147483646) + 1,
            next_try_at = moment
                + least(3600, 10 * 2 ^ least(p.attempts, 9)) * interval '1 second'
        FROM due WHERE p.payment_id = due.payment_id
        RETURNING p.payment_id, p.order_id, p.provider, p.provider_transaction_id, p.amount,
                  p.currency, p.status,
                  CASE p.status WHEN 'voiding' THEN 'void' ELSE 'ask' END, p.attempts;
END $$;
COMMENT ON FUNCTION tix.tix_payments_due(int, text[]) IS
    'For the reconciler: claims at most max_rows (1 to 1000) payments whose outcome is unknown, '
    'the longest due first, of the providers it can ask (NULL: of all); two callers never get the '
    'same one at once. A payment is due 60 s after it began, 10 s after its capture or void was '
    'asked for, and again after 10 s, doubling to an hour, until an event ends it, whatever became '
    'of its order. After COMMIT do the action: void = give the reserved money up; ask = ask the '
    'provider how it stands, and report that as an event (authorized, which answers capture or '
    'void; captured; failed, also when the provider knows nothing of it any more). Only such an '
    'answer, or tix.in_doubt_max, frees the seats. amount in minor units. Error 22023: max_rows.';

REVOKE ALL ON FUNCTION
    tix.tix_payment_action_required, tix.tix_payment_begun, tix.tix_order_payments,
    tix.tix_payments_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_payment_action_required, tix.tix_payment_begun, tix.tix_order_payments,
    tix.tix_payments_due TO tix_app;
