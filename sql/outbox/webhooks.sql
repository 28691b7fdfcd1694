-- Deliveries of outgoing webhooks: handed out from the outbox, claimed, answered, retried, parked.
-- Requires tix >= 1.0
--
-- Locking: tix_webhooks_due() takes rows of deliveries with SKIP LOCKED and waits for none of them;
-- of several callers one at a time reads the outbox. No lock is held while anything is posted.

DROP FUNCTION IF EXISTS tix.hand_out_events(int);
CREATE FUNCTION tix.hand_out_events(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    since text;
    last_cursor text;
    handed int;
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_endpoints w WHERE w.enabled) THEN
        RETURN 0;
    END IF;
    SELECT s.cursor INTO since FROM webhook_settings s FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF split_part(since, '-', 1) <> outbox_epoch()::text THEN
        since := NULL;  -- restored: from the beginning; what was told already has its row
    END IF;
    WITH news AS MATERIALIZED (SELECT * FROM tix_read_outbox(since, max_rows)),
    told AS (
        INSERT INTO webhook_deliveries (endpoint_id, event_id, type, body)
        SELECT w.endpoint_id, n.event_id, n.type, json_build_object(
                   'type', n.type, 'timestamp', rfc3339(n.occurred_at),
                   'data', n.payload || jsonb_build_object(
                       'eventId', n.event_id, 'aggregateType', n.aggregate_type,
                       'aggregateId', n.aggregate_id, 'sequence', n.sequence))::text
        FROM news n JOIN webhook_endpoints w
            ON w.enabled AND w.wants_since <= n.occurred_at AND type_is_wanted(n.type, w.types)
        ON CONFLICT (endpoint_id, event_id) DO NOTHING)
    SELECT count(*), (array_agg(n.next_cursor ORDER BY p.xid DESC, n.event_id DESC))[1]
    INTO handed, last_cursor
    FROM news n, parse_outbox_cursor(n.next_cursor) p;
    IF handed > 0 THEN
        UPDATE webhook_settings s SET cursor = last_cursor;
    END IF;
    RETURN handed;
END $$;
COMMENT ON FUNCTION tix.hand_out_events(int) IS
    'Internal: makes deliveries of the next max_rows events of the outbox, one for each enabled '
    'endpoint that wants it; how many events it read, 0 while another does so.';

DROP FUNCTION IF EXISTS tix.webhook_pause(int);
CREATE FUNCTION tix.webhook_pause(failed int) RETURNS interval
LANGUAGE sql VOLATILE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT s.delays[failed] * (1 + s.jitter * random()) FROM webhook_settings s
$$;
COMMENT ON FUNCTION tix.webhook_pause(int) IS
    'Internal: how long to wait after so many attempts that failed; NULL: for ever.';

DROP FUNCTION IF EXISTS tix.fail_webhook(bigint, text);
CREATE FUNCTION tix.fail_webhook(delivery_id bigint, disable text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    told tix.webhook_deliveries;
    pause interval;
BEGIN
    SELECT * INTO told FROM webhook_deliveries d WHERE d.delivery_id = fail_webhook.delivery_id;
    pause := CASE WHEN disable IS NULL THEN webhook_pause(told.attempts) END;
    IF pause IS NOT NULL THEN
        UPDATE webhook_deliveries d SET next_try_at = clock_timestamp() + pause
        WHERE d.delivery_id = told.delivery_id;
        RETURN 'pending';
    END IF;
    UPDATE webhook_deliveries d SET status = 'dead', ended_at = clock_timestamp()
    WHERE d.delivery_id = told.delivery_id;
    UPDATE webhook_endpoints e
    SET dead_in_a_row = e.dead_in_a_row + 1,
        disabled_reason = coalesce(disable, CASE WHEN e.dead_in_a_row + 1 >= s.dead_max
            THEN format('%s deliveries in a row were given up', e.dead_in_a_row + 1) END,
            e.disabled_reason),
        enabled = e.enabled AND disable IS NULL AND e.dead_in_a_row + 1 < s.dead_max
    FROM webhook_settings s WHERE e.endpoint_id = told.endpoint_id;
    RETURN 'dead';
END $$;
COMMENT ON FUNCTION tix.fail_webhook(bigint, text) IS
    'Internal: an attempt of this locked delivery failed: it waits for the next or, when that was '
    'the last or its endpoint is to be disabled (why), is dead. Returns its status.';

DROP FUNCTION IF EXISTS tix.tix_webhooks_due(int);
CREATE FUNCTION tix.tix_webhooks_due(max_rows int DEFAULT 100)
RETURNS TABLE (delivery_id bigint, attempt int, url text, event_id bigint, body text,
               secrets text[])
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 10
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz;
    due bigint[];
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be from 1 to 1000' USING ERRCODE = '22023';
    END IF;
    FOR page IN 1 .. 10 LOOP
        EXIT WHEN hand_out_events(1000) < 1000;
    END LOOP;
    moment := clock_timestamp();
    due := ARRAY(SELECT d.delivery_id FROM webhook_deliveries d
                 WHERE d.status = 'pending' AND d.next_try_at <= moment
                   AND EXISTS (SELECT FROM webhook_endpoints e
                               WHERE e.endpoint_id = d.endpoint_id AND e.enabled)
                 ORDER BY d.next_try_at LIMIT max_rows FOR UPDATE SKIP LOCKED);
    -- Claimed for the last time, and never answered.
    PERFORM fail_webhook(d.delivery_id)
    FROM webhook_deliveries d, webhook_settings s
    WHERE d.delivery_id = ANY (due) AND d.attempts > cardinality(s.delays);
    RETURN QUERY
        WITH claimed AS (
            UPDATE webhook_deliveries d
            SET attempts = d.attempts + 1, next_try_at = moment + greatest(
                coalesce(webhook_pause(d.attempts + 1), '0'), s.answer_s * interval '1 second')
            FROM webhook_settings s
            WHERE d.delivery_id = ANY (due) AND d.status = 'pending' RETURNING d.*)
        SELECT c.delivery_id, c.attempts, e.url, c.event_id, c.body,
               ARRAY[k.secret] || CASE WHEN k.former_until > moment THEN ARRAY[k.former_secret]
                                       ELSE '{}' END
        FROM claimed c JOIN webhook_endpoints e USING (endpoint_id)
        JOIN webhook_secrets k USING (endpoint_id)
        ORDER BY c.delivery_id;
END $$;
COMMENT ON FUNCTION tix.tix_webhooks_due(int) IS
    'Hands out up to 10 000 new events of the outbox, then claims at most max_rows (1 to 1000) '
    'deliveries that are due, the longest due first; two callers never get the same one at once. '
    'Post each after COMMIT, signed with every secret, and report with tix_webhook_result(); one '
    'without a report is due again when its pause is over. event_id is the same in all attempts. '
    'Error 22023: max_rows.';

DROP FUNCTION IF EXISTS tix.tix_webhook_result(bigint, int, int, text, int);
CREATE FUNCTION tix.tix_webhook_result(
    delivery_id bigint, attempt int, http_status int, detail text DEFAULT NULL,
    retry_after_s int DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    told tix.webhook_deliveries;
    outcome text;
BEGIN
    IF delivery_id IS NULL OR attempt IS NULL OR http_status NOT BETWEEN 100 AND 999
       OR retry_after_s NOT BETWEEN 0 AND 86400 THEN
        RAISE EXCEPTION 'delivery and attempt must be given, http_status be 100 to 999 or NULL, '
                        'retry_after_s 0 to 86400 or NULL' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO told FROM webhook_deliveries d
    WHERE d.delivery_id = tix_webhook_result.delivery_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'delivery does not exist' USING ERRCODE = 'P0002';
    ELSIF told.status <> 'pending' OR told.attempts <> attempt THEN
        RETURN 'stale';
    END IF;
    UPDATE webhook_deliveries d
    SET last_status = http_status, last_detail = left(detail, 500)
    WHERE d.delivery_id = told.delivery_id;
    IF http_status BETWEEN 200 AND 299 THEN
        UPDATE webhook_deliveries d SET status = 'delivered', ended_at = clock_timestamp()
        WHERE d.delivery_id = told.delivery_id;
        UPDATE webhook_endpoints e SET dead_in_a_row = 0
        WHERE e.endpoint_id = told.endpoint_id AND e.dead_in_a_row > 0;
        RETURN 'delivered';
    END IF;
    outcome := fail_webhook(told.delivery_id,
                            CASE WHEN http_status = 410 THEN 'it answered 410 Gone' END);
    IF outcome = 'pending' AND retry_after_s > 0 THEN
        UPDATE webhook_deliveries d SET next_try_at = greatest(
            d.next_try_at, clock_timestamp() + retry_after_s * interval '1 second')
        WHERE d.delivery_id = told.delivery_id;
    END IF;
    RETURN outcome;
END $$;
COMMENT ON FUNCTION tix.tix_webhook_result(bigint, int, int, text, int) IS
    'What became of an attempt that tix_webhooks_due() told to make. http_status 2xx: delivered; '
    'anything else, also NULL (no answer): tried again after the pause of tix.webhook_settings, '
    'not before retry_after_s (0 to 86400), or dead after the last; 410 disables the endpoint. '
    'detail is kept (500 characters). Returns delivered, pending, dead or, when another attempt '
    'was claimed since, stale, which changes nothing. Errors: 22023 bad arguments, P0002 unknown.';

DROP FUNCTION IF EXISTS tix.tix_webhook_retry(bigint);
CREATE FUNCTION tix.tix_webhook_retry(delivery_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    told tix.webhook_deliveries;
BEGIN
    SELECT * INTO told FROM webhook_deliveries d
    WHERE d.delivery_id = tix_webhook_retry.delivery_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'delivery does not exist' USING ERRCODE = 'P0002';
    ELSIF told.status = 'delivered' THEN
        RAISE EXCEPTION 'delivery has been delivered' USING ERRCODE = 'TX010',
            HINT = 'Only one that is pending or dead can be tried again.';
    END IF;
    UPDATE webhook_deliveries d
    SET status = 'pending', ended_at = NULL, next_try_at = clock_timestamp(),
        attempts = CASE WHEN d.status = 'dead' THEN 0 ELSE d.attempts END
    WHERE d.delivery_id = told.delivery_id;
END $$;
COMMENT ON FUNCTION tix.tix_webhook_retry(bigint) IS
    'Makes a pending delivery due now, or gives a dead one all its attempts again; its endpoint '
    'must be enabled for anything to be posted. Errors: P0002 unknown, TX010 it was delivered.';

DROP FUNCTION IF EXISTS tix.tix_list_webhook_deliveries(uuid, text, bigint, int);
CREATE FUNCTION tix.tix_list_webhook_deliveries(
    endpoint_id uuid, only_status text DEFAULT NULL, before bigint DEFAULT NULL,
    max_rows int DEFAULT 20)
RETURNS TABLE (delivery_id bigint, event_id bigint, type text, status text, attempts int,
               next_try_at timestamptz, last_status int, last_detail text,
               created_at timestamptz, ended_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT d.delivery_id, d.event_id, d.type, d.status, d.attempts, d.next_try_at,
               d.last_status, d.last_detail, d.created_at, d.ended_at
        FROM webhook_deliveries d
        WHERE d.endpoint_id = $1 AND ($2 IS NULL OR d.status = $2)
          AND ($3 IS NULL OR d.delivery_id < $3)
        ORDER BY d.delivery_id DESC LIMIT page_size($4);
END $$;
COMMENT ON FUNCTION tix.tix_list_webhook_deliveries(uuid, text, bigint, int) IS
    'Deliveries of an endpoint, newest first, max_rows (1 to 100) of those before the delivery '
    '"before" (NULL: from the newest), of one status (pending, delivered, dead) or of all (NULL). '
    'Error 22023: max_rows.';

DROP FUNCTION IF EXISTS tix.tix_prune_webhooks(int);
CREATE FUNCTION tix.tix_prune_webhooks(max_rows int DEFAULT 10000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    pruned int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_prune_webhooks', 0)) THEN
        RETURN 0;
    END IF;
    DELETE FROM webhook_deliveries d WHERE d.ctid = ANY (ARRAY(
        SELECT old.ctid FROM webhook_deliveries old
        WHERE old.status <> 'pending' AND old.ended_at < clock_timestamp()
              - (SELECT make_interval(days => s.keep_days) FROM webhook_settings s)
        ORDER BY old.ended_at LIMIT max_rows));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION tix.tix_prune_webhooks(int) IS
    'For operators: deletes at most max_rows deliveries that ended longer ago than the keep_days '
    'of tix.webhook_settings, the oldest first; returns how many. Runs once at a time: a second '
    'caller gets 0. Error 22023: max_rows is not positive.';

REVOKE ALL ON FUNCTION
    tix.hand_out_events, tix.webhook_pause, tix.fail_webhook, tix.tix_webhooks_due,
    tix.tix_webhook_result, tix.tix_webhook_retry, tix.tix_list_webhook_deliveries,
    tix.tix_prune_webhooks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_webhooks_due, tix.tix_webhook_result TO tix_app;
GRANT EXECUTE ON FUNCTION tix.tix_webhook_retry, tix.tix_list_webhook_deliveries TO tix_admin;
