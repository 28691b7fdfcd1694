-- What the gateway looks up about payments and refunds by a provider's own names.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.

DROP FUNCTION IF EXISTS tix.tix_payment_of_transaction(text, text);
CREATE FUNCTION tix.tix_payment_of_transaction(
    INOUT provider text, INOUT provider_transaction_id text,
    OUT payment_id uuid, OUT order_id uuid, OUT status text, OUT amount bigint, OUT currency text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT p.provider, p.provider_transaction_id, p.payment_id, p.order_id, p.status, p.amount,
               p.currency
        FROM payments p WHERE p.provider = $1 AND p.provider_transaction_id = $2;
END $$;
COMMENT ON FUNCTION tix.tix_payment_of_transaction(text, text) IS
    'For a gateway that a provider''s customer comes back to: the payment that has this '
    'transaction, amount in minor units, or no row. Who it is for, it does not say.';

DROP FUNCTION IF EXISTS tix.tix_payment_action(uuid);
CREATE FUNCTION tix.tix_payment_action(
    payment_id uuid, OUT provider_transaction_id text, OUT redirect_url text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT p.provider_transaction_id, p.action_url FROM payments p
        WHERE p.payment_id = $1 AND p.provider_transaction_id IS NOT NULL;
END $$;
COMMENT ON FUNCTION tix.tix_payment_action(uuid) IS
    'For providers that would begin a payment twice: its transaction and where its buyer was sent '
    '(NULL: nowhere), whatever became of it since; no row when it has not begun. Ask for payments '
    'of tix_begin_payment() only, which looks at whose they are.';

DROP FUNCTION IF EXISTS tix.tix_provider_refunds(uuid);
CREATE FUNCTION tix.tix_provider_refunds(payment_id uuid) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN ARRAY(SELECT r.provider_refund_id FROM refunds r
                 WHERE r.payment_id = tix_provider_refunds.payment_id
                   AND r.provider_refund_id IS NOT NULL ORDER BY 1);
END $$;
COMMENT ON FUNCTION tix.tix_provider_refunds(uuid) IS
    'The provider''s names of the refunds of a payment that are booked: one that it lists beside '
    'these is of a refund whose answer was lost. Empty for an unknown payment.';

REVOKE ALL ON FUNCTION
    tix.tix_payment_of_transaction, tix.tix_payment_action, tix.tix_provider_refunds FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_payment_of_transaction, tix.tix_payment_action, tix.tix_provider_refunds TO tix_app;
