-- Sessions cancelled or postponed: the mass refund in bounded steps, and the buyers' right to one.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: a step takes the orders that nobody else has locked, each before its refunds and
-- tickets; an order that is locked is left for the next step.

DROP FUNCTION IF EXISTS tix.list_mass_refund(uuid, uuid);
CREATE FUNCTION tix.list_mass_refund(mass_refund_id uuid, session_id uuid) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    listed int;
BEGIN
    INSERT INTO mass_refund_orders (mass_refund_id, order_id)
    SELECT list_mass_refund.mass_refund_id, o.order_id FROM orders o
    WHERE o.session_id = list_mass_refund.session_id
      AND (o.status IN ('created', 'payment_pending', 'in_doubt', 'completed')
           OR o.status = 'partially_refunded' AND EXISTS (
               SELECT FROM refundable(o.order_id) b WHERE b.remaining > 0))
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS listed = ROW_COUNT;
    RETURN listed;
END $$;
COMMENT ON FUNCTION tix.list_mass_refund(uuid, uuid) IS
    'Internal: lists the orders of a cancelled session that are not listed and have something to '
    'cancel or give back; returns how many.';

DROP FUNCTION IF EXISTS tix.tix_cancel_session(uuid, text, uuid);
CREATE FUNCTION tix.tix_cancel_session(session_id uuid, reason text, actor uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    off CONSTANT uuid := tix_cancel_session.session_id;
    started uuid;
BEGIN
    IF reason IS NULL OR reason = '' OR octet_length(reason) > 1000 THEN
        RAISE EXCEPTION 'cancelling a session needs a reason' USING ERRCODE = '22023',
            HINT = 'The reason has 1 to 1000 bytes.';
    END IF;
    IF status_of_managed_session(off, tix_cancel_session.actor) <> 'cancelled' THEN
        UPDATE sessions s SET status = 'cancelled' WHERE s.session_id = off;
    END IF;
    INSERT INTO mass_refunds (session_id, reason, actor)
    VALUES (off, tix_cancel_session.reason, tix_cancel_session.actor)
    ON CONFLICT DO NOTHING RETURNING mass_refund_id INTO started;
    IF started IS NULL THEN
        RETURN (SELECT m.mass_refund_id FROM mass_refunds m WHERE m.session_id = off);
    END IF;
    PERFORM list_mass_refund(started, off);
    RETURN started;
END $$;
COMMENT ON FUNCTION tix.tix_cancel_session(uuid, text, uuid) IS
    'For an admin or the organizer of the event: the session does not take place. Nothing of it is '
    'sold any more, from COMMIT on, and a mass refund begins, which tix_mass_refund_step() carries '
    'out; returns it, also when called again. Late money of such a session is owed back. Errors: '
    '22023 reason (1 to 1000 bytes); P0002 unknown session or not the actor''s.';

DROP FUNCTION IF EXISTS tix.undo_order(uuid, text);
CREATE FUNCTION tix.undo_order(order_id uuid, reason text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    undone tix.orders;
BEGIN
    SELECT * INTO undone FROM orders o WHERE o.order_id = undo_order.order_id;
    IF undone.status IN ('created', 'payment_pending', 'in_doubt') THEN
        UPDATE orders o
        SET status = CASE undone.status WHEN 'in_doubt' THEN 'expired' ELSE 'cancelled' END
        WHERE o.order_id = undone.order_id;
        PERFORM release_order_seats(undone.order_id, undone.user_id);
    ELSIF undone.status IN ('completed', 'partially_refunded') THEN
        PERFORM refund_order(undone.order_id, reason, NULL);
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN SQLSTATE 'TX015' OR SQLSTATE 'TX005' THEN
        RETURN 'later';  -- the session is being loaded, or enough for one transaction
    WHEN SQLSTATE 'TX001' OR SQLSTATE 'TX002' OR SQLSTATE 'TX008' OR SQLSTATE 'TX010'
         OR numeric_value_out_of_range THEN
        RETURN SQLERRM;
END $$;
COMMENT ON FUNCTION tix.undo_order(uuid, text) IS
    'Internal: cancels a locked order or owes its money back and cancels its tickets. Returns '
    'NULL, "later", or why it cannot be done, and then nothing has changed.';

DROP FUNCTION IF EXISTS tix.tix_mass_refund_step(int);
CREATE FUNCTION tix.tix_mass_refund_step(max_rows int DEFAULT 1000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    job tix.mass_refunds;
    next uuid;
    why text;
    handled int := 0;
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'max_rows must be from 1 to 10000' USING ERRCODE = '22023',
            HINT = 'Call again for more.';
    ELSIF NOT pg_try_advisory_xact_lock(hashtextextended('tix_mass_refund_step', 0)) THEN
        RETURN 0;
    END IF;
    SELECT * INTO job FROM mass_refunds m WHERE m.finished_at IS NULL
    ORDER BY m.started_at, m.mass_refund_id LIMIT 1;
    FOR next IN
        SELECT l.order_id FROM mass_refund_orders l JOIN orders o USING (order_id)
        WHERE l.mass_refund_id = job.mass_refund_id AND l.status = 'pending'
        LIMIT max_rows FOR UPDATE OF o SKIP LOCKED
    LOOP
        why := undo_order(next, job.reason);
        EXIT WHEN why = 'later';
        UPDATE mass_refund_orders l
        SET status = CASE WHEN why IS NULL THEN 'done' ELSE 'failed' END, detail = why
        WHERE l.mass_refund_id = job.mass_refund_id AND l.order_id = next;
        handled := handled + 1;
    END LOOP;
    IF NOT EXISTS (SELECT FROM mass_refund_orders l
                   WHERE l.mass_refund_id = job.mass_refund_id AND l.status = 'pending')
       AND list_mass_refund(job.mass_refund_id, job.session_id) = 0 THEN
        UPDATE mass_refunds m SET finished_at = clock_timestamp()
        WHERE m.mass_refund_id = job.mass_refund_id;
    END IF;
    RETURN handled;
END $$;
COMMENT ON FUNCTION tix.tix_mass_refund_step(int) IS
    'For operators and pg_cron: carries on the oldest mass refund by at most max_rows orders (1 to '
    '10000) and returns how many; what a killed step did not commit the next one does. Unpaid '
    'orders are cancelled, of paid ones the tickets are cancelled and all that is left is owed '
    'back. An order that cannot be undone is told by tix_mass_refunds(). Runs once at a time: a '
    'second caller gets 0. Error 22023: max_rows.';

DROP FUNCTION IF EXISTS tix.tix_mass_refunds(uuid);
CREATE FUNCTION tix.tix_mass_refunds(of_session uuid DEFAULT NULL)
RETURNS TABLE (mass_refund_id uuid, session_id uuid, reason text, started_at timestamptz,
               finished_at timestamptz, total bigint, done bigint, failed bigint, failures jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 10
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT m.mass_refund_id, m.session_id, m.reason, m.started_at, m.finished_at, l.total,
               l.done, l.failed, coalesce(l.failures, '{}')
        FROM mass_refunds m
        CROSS JOIN LATERAL (
            SELECT count(*) AS total, count(*) FILTER (WHERE k.status = 'done') AS done,
                   count(*) FILTER (WHERE k.status = 'failed') AS failed,
                   jsonb_object_agg(k.order_id, k.detail) FILTER (WHERE k.status = 'failed')
                       AS failures
            FROM mass_refund_orders k WHERE k.mass_refund_id = m.mass_refund_id) l
        WHERE of_session IS NULL OR m.session_id = of_session
        ORDER BY m.started_at DESC;
END $$;
COMMENT ON FUNCTION tix.tix_mass_refunds(uuid) IS
    'How far the mass refunds are, of one session or (NULL) of all, the newest first: orders in '
    'total, done, failed, and failures {order: why}. Done means that the money is owed; '
    'tix.refunds tells whether it is paid.';

DROP FUNCTION IF EXISTS tix.tix_postpone_session(
    uuid, timestamptz, timestamptz, timestamptz, text, uuid);
CREATE FUNCTION tix.tix_postpone_session(
    session_id uuid, start_time timestamptz, end_time timestamptz, refund_until timestamptz,
    reason text, actor uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    moved CONSTANT uuid := tix_postpone_session.session_id;
    starts CONSTANT timestamptz := tix_postpone_session.start_time;
    ends CONSTANT timestamptz := tix_postpone_session.end_time;
BEGIN
    IF reason IS NULL OR reason = '' OR octet_length(reason) > 1000 OR starts IS NULL
       OR ends IS NULL OR refund_until IS NULL OR NOT isfinite(starts) OR NOT isfinite(ends)
       OR NOT isfinite(refund_until) OR ends <= starts OR refund_until <= clock_timestamp() THEN
        RAISE EXCEPTION 'postponing needs new times, a date to come for refunds and a reason'
            USING ERRCODE = '22023', HINT = 'The reason has 1 to 1000 bytes.';
    ELSIF status_of_managed_session(moved, tix_postpone_session.actor) = 'cancelled' THEN
        RAISE EXCEPTION 'session cannot be postponed: it is "cancelled"' USING ERRCODE = 'TX010',
            HINT = 'Create a new session.';
    END IF;
    INSERT INTO postponements (session_id, old_start_time, new_start_time, refund_until, reason,
                               actor)
    SELECT moved, s.start_time, starts, tix_postpone_session.refund_until,
           tix_postpone_session.reason, tix_postpone_session.actor
    FROM sessions s WHERE s.session_id = moved AND NOT EXISTS (
        SELECT FROM postponements p
        WHERE p.session_id = moved AND p.new_start_time = starts AND s.start_time = starts
          AND s.end_time = ends AND p.refund_until = tix_postpone_session.refund_until
          AND p.reason = tix_postpone_session.reason);
    UPDATE sessions s SET start_time = starts, end_time = ends WHERE s.session_id = moved;
END $$;
COMMENT ON FUNCTION tix.tix_postpone_session(
    uuid, timestamptz, timestamptz, timestamptz, text, uuid) IS
    'For an admin or the organizer of the event: the session takes place at another time. Tickets '
    'stay valid; until refund_until a buyer may have the money back with '
    'tix_refund_postponed_order(). Again with the same arguments changes nothing. Errors: 22023 '
    'times or reason (1 to 1000 bytes); P0002 unknown session or not the actor''s; TX010 it is '
    'cancelled.';

DROP FUNCTION IF EXISTS tix.tix_refund_postponed_order(uuid, uuid);
CREATE FUNCTION tix.tix_refund_postponed_order(order_id uuid, user_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    undone tix.orders;
BEGIN
    SELECT * INTO undone FROM orders o
    WHERE o.order_id = tix_refund_postponed_order.order_id
      AND o.user_id = tix_refund_postponed_order.user_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order does not exist' USING ERRCODE = 'P0002',
            HINT = 'Pass the order''s own user.';
    ELSIF undone.status NOT IN ('completed', 'partially_refunded')
          OR EXISTS (SELECT FROM tickets t
                     WHERE t.order_id = undone.order_id AND t.status = 'used')
          OR NOT EXISTS (
              SELECT FROM postponements p
              WHERE p.session_id = undone.session_id AND p.postponed_at > undone.created_at
                AND p.refund_until > clock_timestamp()) THEN
        RAISE EXCEPTION 'order cannot be refunded: no postponement allows it any more'
            USING ERRCODE = 'TX010', HINT = 'Ask the organizer.';
    END IF;
    RETURN refund_order(undone.order_id, 'session postponed', NULL);
END $$;
COMMENT ON FUNCTION tix.tix_refund_postponed_order(uuid, uuid) IS
    'Gives this user''s order of a postponed session back: its tickets are cancelled, its seats '
    'are free at COMMIT and all that is left of its money is owed; returns the refund, NULL when '
    'nothing is left. Errors: P0002 unknown or another''s order; TX010 it was bought after the '
    'postponement, a ticket was used, the date is past or it is not paid.';

REVOKE ALL ON FUNCTION
    tix.list_mass_refund, tix.tix_cancel_session, tix.undo_order, tix.tix_mass_refund_step,
    tix.tix_mass_refunds, tix.tix_postpone_session,
    tix.tix_refund_postponed_order(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_cancel_session, tix.tix_mass_refund_step, tix.tix_mass_refunds,
    tix.tix_postpone_session TO tix_admin;
GRANT EXECUTE ON FUNCTION
    tix.tix_refund_postponed_order(uuid, uuid), tix.tix_cancel_session, tix.tix_postpone_session
    TO tix_app;
