-- The state machine of an order, kept by a trigger, and its history, which is append-only.
-- Requires tix >= 1.0
--
-- One statement looks the change up and records it: it is on the path of every purchase.

DROP TRIGGER IF EXISTS orders_state ON tix.orders;
DROP TRIGGER IF EXISTS orders_start ON tix.orders;
DROP FUNCTION IF EXISTS tix.keep_order_states();
CREATE FUNCTION tix.keep_order_states() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'order % cannot start as "%"', NEW.order_id, NEW.status
            USING ERRCODE = 'TX010', HINT = 'A new order is "created".';
    END IF;
    INSERT INTO order_history (order_id, from_status, to_status, cause, actor)
    SELECT NEW.order_id, t.from_status, t.to_status, coalesce(NEW.changed_why, t.cause),
           coalesce(NEW.changed_by, session_user)
    FROM order_transitions t
    WHERE t.from_status = OLD.status AND t.to_status = NEW.status;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % cannot change from "%" to "%"', OLD.order_id, OLD.status,
            NEW.status USING ERRCODE = 'TX010',
            DETAIL = json_build_object('orderId', OLD.order_id, 'status', OLD.status),
            HINT = 'Read the current state and retry.';
    END IF;
    NEW.changed_by := NULL;
    NEW.changed_why := NULL;
    IF NEW.status = 'completed' THEN
        NEW.completed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.keep_order_states() IS
    'Trigger: an order only makes the changes of state listed in order_transitions, else TX010; '
    'each is recorded in order_history.';
CREATE TRIGGER orders_start BEFORE INSERT ON tix.orders
    FOR EACH ROW WHEN (NEW.status <> 'created') EXECUTE FUNCTION tix.keep_order_states();
CREATE TRIGGER orders_state BEFORE UPDATE OF status ON tix.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tix.keep_order_states();

DROP TRIGGER IF EXISTS order_history_stays ON tix.order_history;
DROP TRIGGER IF EXISTS order_history_is_kept ON tix.order_history;
DROP FUNCTION IF EXISTS tix.refuse_history_change();
CREATE FUNCTION tix.refuse_history_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'order history is append-only' USING ERRCODE = '0A000',
        HINT = 'What happened stays; record what corrects it.';
END $$;
COMMENT ON FUNCTION tix.refuse_history_change() IS
    'Trigger: no row of order_history is ever changed or deleted. Error 0A000.';
CREATE TRIGGER order_history_stays BEFORE UPDATE OR DELETE ON tix.order_history
    FOR EACH ROW EXECUTE FUNCTION tix.refuse_history_change();
CREATE TRIGGER order_history_is_kept BEFORE TRUNCATE ON tix.order_history
    FOR EACH STATEMENT EXECUTE FUNCTION tix.refuse_history_change();

DROP FUNCTION IF EXISTS tix.note_items(uuid, text, text, jsonb);
CREATE FUNCTION tix.note_items(order_id uuid, actor text, cause text, detail jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO order_history (order_id, from_status, to_status, cause, actor, detail)
    SELECT o.order_id, o.status, o.status, note_items.cause,
           coalesce(note_items.actor, session_user), note_items.detail
    FROM orders o WHERE o.order_id = note_items.order_id;
END $$;
COMMENT ON FUNCTION tix.note_items(uuid, text, text, jsonb) IS
    'Internal: records that the items of an order changed and its state did not.';

DROP FUNCTION IF EXISTS tix.tix_order_history(uuid, uuid);
CREATE FUNCTION tix.tix_order_history(order_id uuid, user_id uuid)
RETURNS TABLE (at timestamptz, from_status text, to_status text, cause text, by_buyer boolean,
               detail jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER ROWS 5
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    RETURN QUERY
        SELECT s.at, s.from_status, s.to_status, s.cause, s.by_buyer, s.detail
        FROM (SELECT o.created_at AS at, NULL AS from_status, 'created' AS to_status,
                     'order created' AS cause, true AS by_buyer, NULL::jsonb AS detail,
                     0::bigint AS entry_id
              FROM orders o WHERE o.order_id = $1 AND o.user_id = $2
              UNION ALL
              SELECT h.at, h.from_status, h.to_status, h.cause, h.actor = $2::text, h.detail,
                     h.entry_id
              FROM orders o JOIN order_history h USING (order_id)
              WHERE o.order_id = $1 AND o.user_id = $2) s
        ORDER BY s.entry_id;
END $$;
COMMENT ON FUNCTION tix.tix_order_history(uuid, uuid) IS
    'What happened to an order of this user, oldest first: changes of state and, where from_status '
    'is to_status, of items (detail). by_buyer: the user asked for it, not the house, a provider '
    'or the clock. No row when the order is unknown or another''s.';

REVOKE ALL ON FUNCTION
    tix.keep_order_states, tix.refuse_history_change, tix.note_items,
    tix.tix_order_history FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_order_history TO tix_app;
