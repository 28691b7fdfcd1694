-- The end of orders nobody paid, and of idempotency keys nobody repeats.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- The engine's deadline is the true one: orders.expires_at only finds the orders to ask it about.
-- Nothing waits for these jobs: seats are free at their deadline, an order whose seats are lost
-- cannot be paid and is shown as what it is, whether or not they ran.

DROP FUNCTION IF EXISTS tix.shown_status(tix.orders);
CREATE FUNCTION tix.shown_status(due tix.orders) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    -- A standby has no engine to ask.
    IF NOT pg_is_in_recovery() AND EXISTS (
        SELECT FROM (SELECT DISTINCT i.lock_id FROM order_items i
                     WHERE i.order_id = due.order_id) l, tix_lock_get(l.lock_id, due.user_id) g
        WHERE g.reason IS DISTINCT FROM 'expired') THEN
        RETURN due.status;
    END IF;
    RETURN CASE WHEN due.status = 'payment_pending' AND due.payment_id IS NOT NULL
                THEN 'in_doubt' ELSE 'expired' END;
END $$;
COMMENT ON FUNCTION tix.shown_status(tix.orders) IS
    'Internal: the state of an unpaid order past its deadline, as tix_expire_orders() would have '
    'it now.';

DROP FUNCTION IF EXISTS tix.tix_expire_orders(int);
CREATE FUNCTION tix.tix_expire_orders(max_rows int DEFAULT 1000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off
-- The due ones are read in order: a plan that sorts reads all of them for each batch.
SET enable_sort = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();  -- the index takes no volatile condition
    due uuid[];
    ended int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023',
            HINT = 'Call it again for the next ones.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_expire_orders', 0)) THEN
        RETURN 0;
    END IF;
    due := ARRAY(SELECT o.order_id FROM orders o
                 WHERE o.status IN ('created', 'payment_pending') AND o.expires_at <= moment
                 ORDER BY o.expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED);
    WITH asked AS MATERIALIZED (
        SELECT o.order_id, bool_and(g.reason IS NOT DISTINCT FROM 'expired') AS gone,
               min(g.expires_at) AS deadline
        FROM unnest(due) AS d (order_id)
        JOIN orders o ON o.order_id = d.order_id
        LEFT JOIN LATERAL (SELECT DISTINCT i.lock_id FROM order_items i
                           WHERE i.order_id = d.order_id OFFSET 0) l ON true
        CROSS JOIN LATERAL tix_lock_get(coalesce(l.lock_id, 0), o.user_id) g  -- 0 is no lock
        GROUP BY o.order_id),
    alive AS (
        -- Such a one would be asked about again and again, before those behind it.
        UPDATE orders o SET expires_at = a.deadline FROM asked a
        WHERE o.order_id = a.order_id AND NOT a.gone AND a.deadline > o.expires_at)
    UPDATE orders o
    SET status = CASE WHEN o.status = 'payment_pending' AND o.payment_id IS NOT NULL
                      THEN 'in_doubt' ELSE 'expired' END
    FROM asked a WHERE o.order_id = a.order_id AND a.gone;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;
COMMENT ON FUNCTION tix.tix_expire_orders(int) IS
    'For operators: ends unpaid orders whose seats the engine no longer holds: "in_doubt" when a '
    'payment may still succeed, else "expired". Looks at no more than max_rows orders and returns '
    'how many ended; call it again until that is 0, each time in a transaction of its own. Runs '
    'once at a time: a second caller gets 0. The seats do not wait for it: they are free at their '
    'deadline. Error 22023: max_rows is not positive.';

DROP FUNCTION IF EXISTS tix.tix_prune_order_keys(int);
CREATE FUNCTION tix.tix_prune_order_keys(max_rows int DEFAULT 10000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off
SET enable_sort = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    old CONSTANT timestamptz := clock_timestamp() - interval '24 hours';
    pruned int;
    forgotten int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023',
            HINT = 'Call it again for the next ones.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_prune_order_keys', 0)) THEN
        RETURN 0;
    END IF;
    UPDATE orders o SET idempotency_key = NULL, requested_locks = NULL,
                        first_expires_at = NULL, first_answer = NULL
    WHERE o.order_id = ANY (ARRAY(
        SELECT k.order_id FROM orders k
        WHERE k.idempotency_key IS NOT NULL AND k.created_at < old
        ORDER BY k.created_at LIMIT max_rows FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    DELETE FROM order_answers a WHERE a.ctid = ANY (ARRAY(
        SELECT k.ctid FROM order_answers k WHERE k.answered_at < old
        ORDER BY k.answered_at LIMIT max_rows - pruned FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN pruned + forgotten;
END $$;
COMMENT ON FUNCTION tix.tix_prune_order_keys(int) IS
    'For operators: forgets idempotency keys of orders and of changes of orders older than 24 '
    'hours, which count no more anyway: at most max_rows, the oldest first; returns how many. Runs '
    'once at a time: a second caller gets 0. Error 22023: max_rows is not positive.';

REVOKE ALL ON FUNCTION
    tix.shown_status, tix.tix_expire_orders, tix.tix_prune_order_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_expire_orders, tix.tix_prune_order_keys TO tix_admin;
