-- The audit: laws of ARCHITECTURE section 5 that anyone may check at any time.
-- Requires tix >= 1.0
--
-- The tables are read under a snapshot, the engine as it is now. A sale that commits between the
-- two looks like a breach, so what differs between them is looked at again, in fresh statements
-- and after a pause, and reported only when it differs every time.

DROP FUNCTION IF EXISTS tix.audit_tickets(uuid);
CREATE FUNCTION tix.audit_tickets(session_id uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(
        SELECT coalesce(s.seat_id, t.seat_id)
        FROM (SELECT e.seat_id FROM tix_seats(audit_tickets.session_id) e
              WHERE e.state = 'sold') s
        FULL JOIN (SELECT DISTINCT k.seat_id FROM tickets k
                   WHERE k.session_id = audit_tickets.session_id
                     AND k.status IN ('valid', 'used')) t
            ON s.seat_id = t.seat_id
        WHERE s.seat_id IS NULL OR t.seat_id IS NULL);
EXCEPTION WHEN SQLSTATE 'TX015' THEN
    RETURN '{}';  -- unloaded since it was listed: nothing to compare
END $$;
COMMENT ON FUNCTION tix.audit_tickets(uuid) IS
    'Internal: seats of a loaded session that are sold without a ticket or the reverse (law S3); '
    'suspects only.';

DROP FUNCTION IF EXISTS tix.audit_tickets_again(uuid, text[]);
CREATE FUNCTION tix.audit_tickets_again(session_id uuid, suspects text[])
RETURNS TABLE (seat_id text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT u.seat_id, format('engine says %s, the tables have %s', e.state,
                                 CASE WHEN t.has_ticket THEN 'a ticket' ELSE 'no ticket' END)
        FROM unnest(suspects) AS u (seat_id)
        CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT FROM tickets k
            WHERE k.session_id = audit_tickets_again.session_id AND k.seat_id = u.seat_id
              AND k.status IN ('valid', 'used')) AS has_ticket) t
        CROSS JOIN LATERAL tix_seat_status(audit_tickets_again.session_id, u.seat_id) AS e
        WHERE (e.state IS NOT DISTINCT FROM 'sold') <> t.has_ticket;
EXCEPTION WHEN SQLSTATE 'TX015' THEN
    RETURN;
END $$;
COMMENT ON FUNCTION tix.audit_tickets_again(uuid, text[]) IS
    'Internal: which suspects of audit_tickets() still differ, and how.';

DROP FUNCTION IF EXISTS tix.audit_tables();
CREATE FUNCTION tix.audit_tables()
RETURNS TABLE (law text, session_id uuid, subject text, detail text)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
-- Tables that fill during a sale have stale statistics, for which a nested loop is quadratic.
SET enable_nestloop = off AS $$
    SELECT 'S2', t.session_id, t.seat_id, format('%s valid or used tickets', count(*))
    FROM tickets t WHERE t.status IN ('valid', 'used')
    GROUP BY t.session_id, t.seat_id HAVING count(*) > 1
    UNION ALL
    SELECT 'O2', o.session_id, o.order_id::text,
           format('completed: item %s has %s tickets', i.seat_id, count(t.ticket_id))
    FROM orders o JOIN order_items i USING (order_id)
    LEFT JOIN tickets t ON t.order_id = o.order_id AND t.seat_id = i.seat_id
                       AND t.session_id = o.session_id AND t.status IN ('valid', 'used')
    WHERE o.status = 'completed'
    GROUP BY o.order_id, i.seat_id HAVING count(t.ticket_id) <> 1
    UNION ALL
    SELECT 'O2', o.session_id, o.order_id::text, 'completed: no items'
    FROM orders o WHERE o.status = 'completed'
      AND NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.order_id)
    UNION ALL
    SELECT CASE WHEN o.status IN ('expired', 'failed', 'cancelled') THEN 'O3' ELSE 'O2' END,
           t.session_id, t.order_id::text,
           format('%s: seat %s has a ticket', coalesce(o.status, 'no such order'), t.seat_id)
    FROM tickets t LEFT JOIN orders o USING (order_id)
    WHERE t.status IN ('valid', 'used')
      AND (o.status IS NULL OR o.status NOT IN ('completed', 'partially_refunded'))
$$;
COMMENT ON FUNCTION tix.audit_tables() IS
    'Internal: breaches of laws S2, O2 and O3 that one snapshot of the tables proves.';

DROP FUNCTION IF EXISTS tix.audit_holds(bigint[]);
CREATE FUNCTION tix.audit_holds(suspects bigint[] DEFAULT NULL)
RETURNS TABLE (session_id uuid, order_id uuid, lock_id bigint, status text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_nestloop = off AS $$
    SELECT DISTINCT o.session_id, o.order_id, h.lock_id, o.status
    FROM tix_stat_holds h JOIN order_items i USING (lock_id) JOIN orders o USING (order_id)
    WHERE o.status IN ('expired', 'failed', 'cancelled') AND h.expires_at > clock_timestamp()
      AND ($1 IS NULL OR h.lock_id = ANY ($1))
$$;
COMMENT ON FUNCTION tix.audit_holds(bigint[]) IS
    'Internal: live holds of orders that have ended (law O3), among the suspects when given.';

DROP FUNCTION IF EXISTS tix.tix_audit();
CREATE FUNCTION tix.tix_audit()
RETURNS TABLE (law text, session_id uuid, subject text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    looks CONSTANT int := 3;
    pause_s CONSTANT double precision := 0.1;
    loaded uuid;
    suspects text[];
    tokens bigint[];
    areas text[];
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'tix_audit() needs isolation level READ COMMITTED' USING ERRCODE = '25001',
            DETAIL = 'An old snapshot cannot be compared with the engine, which answers by now.',
            HINT = 'Call it outside a transaction.';
    END IF;
    RETURN QUERY SELECT * FROM audit_tables();

    FOR loaded IN SELECT DISTINCT a.session_id FROM tix_stat_areas a
                  JOIN sessions s ON s.session_id = a.session_id LOOP
        suspects := audit_tickets(loaded);
        FOR look IN 2 .. looks LOOP
            EXIT WHEN suspects = '{}';
            PERFORM pg_sleep(pause_s);
            suspects := ARRAY(SELECT g.seat_id FROM audit_tickets_again(loaded, suspects) g);
        END LOOP;
        RETURN QUERY SELECT 'S3', loaded, g.seat_id, g.detail
                     FROM audit_tickets_again(loaded, suspects) g;
    END LOOP;

    tokens := ARRAY(SELECT h.lock_id FROM audit_holds() h);
    areas := ARRAY(SELECT concat_ws('/', a.law, a.session_id, a.area_id) FROM tix_arena_audit() a);
    FOR look IN 2 .. looks LOOP
        EXIT WHEN tokens = '{}' AND areas = '{}';
        PERFORM pg_sleep(pause_s);
        tokens := ARRAY(SELECT h.lock_id FROM audit_holds(tokens) h);
        areas := ARRAY(SELECT k.key FROM (
            SELECT concat_ws('/', a.law, a.session_id, a.area_id) AS key FROM tix_arena_audit() a) k
            WHERE k.key = ANY (areas));
    END LOOP;
    RETURN QUERY SELECT 'O3', h.session_id, h.order_id::text,
                        format('%s: lock %s is live', h.status, h.lock_id)
                 FROM audit_holds(tokens) h;
    RETURN QUERY SELECT a.law, a.session_id, a.area_id, a.detail FROM tix_arena_audit() a
                 WHERE concat_ws('/', a.law, a.session_id, a.area_id) = ANY (areas);
END $$;
COMMENT ON FUNCTION tix.tix_audit() IS
    'One row per broken law: S1, S2, S3, S12 (seats of sessions in memory), O2, O3 (orders); no '
    'row when all is well, also during a sale. subject is a seat, an area or an order. Error '
    '25001: the transaction is not READ COMMITTED.';

REVOKE ALL ON FUNCTION
    tix.audit_tickets, tix.audit_tickets_again, tix.audit_tables, tix.audit_holds,
    tix.tix_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_audit TO tix_app, tix_monitor;
