-- The audit: laws of ARCHITECTURE section 5 that anyone may check at any time.
-- Requires tix >= 1.0
--
-- One statement sees one snapshot, in which every transaction is whole: what the tables say of an
-- order is judged in one statement. The engine answers as it is now. A sale that commits between
-- snapshot and engine looks like a breach, so what differs is looked at again, in a fresh statement
-- after a pause, and then under the advisory lock that stops ticket changes, by tix_check().

DROP FUNCTION IF EXISTS tix.audit_tables();
DROP FUNCTION IF EXISTS tix.audit_tickets(uuid);
CREATE FUNCTION tix.audit_tickets(session_id uuid) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp
-- A session that filled within minutes has stale statistics, for which a nested loop is quadratic.
SET enable_nestloop = off AS $$
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
    RETURN '{}'::text[];  -- unloaded since it was listed: nothing to compare
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
        SELECT u.seat_id, format('engine says %s, the tables have %s',
                                 coalesce(e.state, 'nothing'),
                                 CASE WHEN t.has_ticket THEN 'a ticket' ELSE 'no ticket' END)
        FROM unnest(suspects) AS u (seat_id)
        CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT FROM tickets k
            WHERE k.session_id = audit_tickets_again.session_id AND k.seat_id = u.seat_id
              AND k.status IN ('valid', 'used')) AS has_ticket) t
        LEFT JOIN LATERAL tix_seat_status(audit_tickets_again.session_id, u.seat_id) AS e ON true
        WHERE (e.state IS NOT DISTINCT FROM 'sold') <> t.has_ticket;
EXCEPTION WHEN SQLSTATE 'TX015' THEN
    RETURN;
END $$;
COMMENT ON FUNCTION tix.audit_tickets_again(uuid, text[]) IS
    'Internal: which suspects of audit_tickets() still differ, and how.';

DROP FUNCTION IF EXISTS tix.audit_session(uuid, text[]);
CREATE FUNCTION tix.audit_session(session_id uuid, suspects text[])
RETURNS TABLE (seat_id text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    house CONSTANT uuid := audit_session.session_id;
    left_over text[] := suspects;
BEGIN
    FOR look IN 1 .. 2 LOOP
        left_over := ARRAY(SELECT g.seat_id FROM audit_tickets_again(house, left_over) g);
        IF left_over = '{}' THEN RETURN; END IF;
        PERFORM pg_sleep(0.1);
    END LOOP;
    left_over := ARRAY(SELECT c.seat_id FROM tix_check(house) c
                       WHERE c.seat_id = ANY (left_over)
                       UNION
                       SELECT l FROM unnest(left_over) l
                       WHERE NOT EXISTS (SELECT FROM seats s
                                         WHERE s.session_id = house AND s.seat_id = l));
    RETURN QUERY SELECT g.seat_id, g.detail FROM audit_tickets_again(house, left_over) g;
EXCEPTION WHEN SQLSTATE 'TX015' THEN
    RETURN;
END $$;
COMMENT ON FUNCTION tix.audit_session(uuid, text[]) IS
    'Internal: which suspects of a session break the law S3 at every look, the last of them while '
    'ticket changes of the session are stopped. Without suspects it costs nothing.';

DROP FUNCTION IF EXISTS tix.count_in_heap();
CREATE FUNCTION tix.count_in_heap() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_indexscan = off SET enable_indexonlyscan = off SET enable_bitmapscan = off AS $$
BEGIN
    RETURN (SELECT count(*) FROM tickets t WHERE t.status IN ('valid', 'used'));
END $$;
COMMENT ON FUNCTION tix.count_in_heap() IS
    'Internal: how many valid or used tickets the table has, without asking an index.';

DROP FUNCTION IF EXISTS tix.count_in_index();
CREATE FUNCTION tix.count_in_index() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    RETURN (SELECT count(*) FROM tickets t WHERE t.status IN ('valid', 'used'));
END $$;
COMMENT ON FUNCTION tix.count_in_index() IS
    'Internal: how many of them the unique index knows, which alone has its condition.';

DROP FUNCTION IF EXISTS tix.audit_seats(timestamptz);
CREATE FUNCTION tix.audit_seats(since timestamptz DEFAULT NULL)
RETURNS TABLE (law text, session_id uuid, subject text, detail text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_indexscan = off SET enable_indexonlyscan = off SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
    IF NOT proof_stands() THEN
        RETURN QUERY SELECT 'S2', NULL::uuid, 'tickets_one_per_seat',
                            'the unique index is missing, invalid or another';
    ELSIF since IS NOT NULL OR count_in_heap() = count_in_index() THEN
        RETURN;  -- a row that the index knows is the only one of its seat
    END IF;
    RETURN QUERY
        SELECT 'S2', t.session_id, t.seat_id, format('%s valid or used tickets', count(*))
        FROM tickets t WHERE t.status IN ('valid', 'used')
        GROUP BY t.session_id, t.seat_id HAVING count(*) > 1;
END $$;
COMMENT ON FUNCTION tix.audit_seats(timestamptz) IS
    'Internal: breaches of the law S2. The unique index is the proof as long as it stands and, '
    'without since, knows as many tickets as the table has; otherwise all are compared.';

DROP FUNCTION IF EXISTS tix.audit_holds(bigint[]);
CREATE FUNCTION tix.audit_holds(suspects bigint[] DEFAULT NULL)
RETURNS TABLE (session_id uuid, order_id uuid, lock_id bigint, status text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT DISTINCT o.session_id, o.order_id, h.lock_id, o.status
    FROM tix_stat_holds h
    CROSS JOIN LATERAL (SELECT i.order_id FROM order_items i
                        WHERE i.lock_id = h.lock_id LIMIT 1) i
    CROSS JOIN LATERAL (SELECT k.session_id, k.order_id, k.status FROM orders k
                        WHERE k.order_id = i.order_id OFFSET 0) o
    WHERE h.ordered AND o.status IN ('expired', 'failed', 'cancelled')
      AND h.expires_at > clock_timestamp() AND ($1 IS NULL OR h.lock_id = ANY ($1))
$$;
COMMENT ON FUNCTION tix.audit_holds(bigint[]) IS
    'Internal: live holds of orders that have ended (law O3), among the suspects when given.';

DROP FUNCTION IF EXISTS tix.audit_engine();
CREATE FUNCTION tix.audit_engine()
RETURNS TABLE (law text, session_id uuid, subject text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    tokens bigint[] := ARRAY(SELECT h.lock_id FROM audit_holds() h);
    areas text[] := ARRAY(SELECT concat_ws('/', a.law, a.session_id, a.area_id)
                          FROM tix_arena_audit() a);
BEGIN
    FOR look IN 2 .. 3 LOOP
        EXIT WHEN tokens = '{}' AND areas = '{}';
        PERFORM pg_sleep(0.1);
        tokens := ARRAY(SELECT h.lock_id FROM audit_holds(tokens) h);
        areas := ARRAY(SELECT k.key FROM (
            SELECT concat_ws('/', a.law, a.session_id, a.area_id) AS key FROM tix_arena_audit() a) k
            WHERE k.key = ANY (areas));
    END LOOP;
    IF tokens <> '{}' THEN
        RETURN QUERY SELECT 'O3', h.session_id, h.order_id::text,
                            format('%s: lock %s is live', h.status, h.lock_id)
                     FROM audit_holds(tokens) h;
    END IF;
    IF areas <> '{}' THEN
        RETURN QUERY SELECT a.law, a.session_id, a.area_id, a.detail FROM tix_arena_audit() a
                     WHERE concat_ws('/', a.law, a.session_id, a.area_id) = ANY (areas);
    END IF;
END $$;
COMMENT ON FUNCTION tix.audit_engine() IS
    'Internal: breaches of S1 and S12 in every session in memory, and live holds of ended orders '
    '(O3); each seen at three looks.';

DROP FUNCTION IF EXISTS tix.recent_orders(timestamptz);
CREATE FUNCTION tix.recent_orders(since timestamptz) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_seqscan = off AS $$
BEGIN
    RETURN ARRAY(SELECT t.order_id FROM tickets t WHERE t.issued_at >= since
                 UNION SELECT p.order_id FROM payments p WHERE p.processed_at >= since
                 UNION SELECT a.order_id FROM audit_traces a WHERE a.at >= since);
END $$;
COMMENT ON FUNCTION tix.recent_orders(timestamptz) IS
    'Internal: orders that got tickets or money, or were changed otherwise than by buying, since.';

DROP FUNCTION IF EXISTS tix.recent_seats(uuid, timestamptz);
CREATE FUNCTION tix.recent_seats(session_id uuid, since timestamptz) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN ARRAY(
        SELECT t.seat_id FROM tickets t
        WHERE t.issued_at >= since AND t.session_id = recent_seats.session_id
        UNION SELECT a.seat_id FROM audit_traces a
        WHERE a.at >= since AND a.session_id = recent_seats.session_id AND a.seat_id IS NOT NULL);
END $$;
COMMENT ON FUNCTION tix.recent_seats(uuid, timestamptz) IS
    'Internal: seats of a session whose tickets were issued or changed since.';

DROP FUNCTION IF EXISTS tix.tix_audit();
DROP FUNCTION IF EXISTS tix.tix_audit(interval);
CREATE FUNCTION tix.tix_audit(recent interval DEFAULT NULL)
RETURNS TABLE (law text, session_id uuid, subject text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    seen CONSTANT text := guards_seen();
    since timestamptz;
    broken boolean := false;
    loaded uuid;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'tix_audit() needs isolation level READ COMMITTED' USING ERRCODE = '25001',
            DETAIL = 'An old snapshot cannot be compared with the engine, which answers by now.',
            HINT = 'Call it outside a transaction.';
    ELSIF recent <= interval '0' THEN
        RAISE EXCEPTION 'recent must be positive' USING ERRCODE = '22023',
            HINT = 'Give the time since the last audit and a little more, NULL for all.';
    END IF;
    IF EXISTS (SELECT FROM audit_trust t WHERE t.guards = seen) THEN
        since := clock_timestamp() - recent;  -- NULL: the whole
    END IF;
    RETURN QUERY SELECT * FROM audit_seats(since);
    broken := FOUND;
    RETURN QUERY SELECT * FROM audit_orders(CASE WHEN since IS NULL THEN audit_suspects()
                                                 ELSE recent_orders(since) END);
    broken := broken OR FOUND;
    IF since IS NULL THEN
        RETURN QUERY SELECT * FROM audit_money();
        broken := broken OR FOUND;
    END IF;
    FOR loaded IN SELECT DISTINCT a.session_id FROM tix_stat_areas a
                  JOIN sessions s ON s.session_id = a.session_id LOOP
        RETURN QUERY
            SELECT 'S3', loaded, g.seat_id, g.detail
            FROM audit_session(loaded, CASE WHEN since IS NULL THEN audit_tickets(loaded)
                                            ELSE recent_seats(loaded, since) END) g;
        broken := broken OR FOUND;
    END LOOP;
    RETURN QUERY SELECT * FROM audit_engine();
    broken := broken OR FOUND;
    IF since IS NULL AND NOT current_setting('transaction_read_only')::boolean THEN
        DELETE FROM audit_trust t WHERE broken OR t.guards <> seen;
        INSERT INTO audit_trust (guards) SELECT seen WHERE NOT broken
        ON CONFLICT DO NOTHING;
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_audit(interval) IS
    'One row per broken law: S1, S2, S3, S12 (seats of sessions in memory), O2, O3, O4, O5 '
    '(orders), O8 (the ledger, in the whole alone); no row when all is well, also during a sale. '
    'subject is a seat, an area, an order, '
    'a ticket or an index. recent: S1, S2 and S12 as ever, the rest only for what changed that '
    'lately, in a fraction of a second however much was sold; it is the whole again when a '
    'trigger or index was touched since the whole last found nothing. NULL: the whole. Errors: '
    '25001 the transaction is not READ COMMITTED, 22023 recent is not positive.';

REVOKE ALL ON FUNCTION
    tix.audit_tickets, tix.audit_tickets_again, tix.audit_session, tix.count_in_heap,
    tix.count_in_index, tix.audit_seats, tix.audit_holds, tix.audit_engine, tix.recent_orders,
    tix.recent_seats, tix.tix_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_audit TO tix_app, tix_admin, tix_monitor;
