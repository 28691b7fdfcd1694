-- Opening, steering and closing a waiting room.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.locked_queue(uuid);
CREATE FUNCTION tix.locked_queue(session_id uuid) RETURNS tix.queues
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    q queues;
BEGIN
    SELECT * INTO q FROM queues k
    WHERE k.session_id = locked_queue.session_id AND k.state <> 'closed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session has no waiting room' USING ERRCODE = 'P0002',
            HINT = 'Open one with tix_open_queue(); without one, seats are locked directly.';
    END IF;
    RETURN q;
END $$;
COMMENT ON FUNCTION tix.locked_queue(uuid) IS
    'Internal: the open or paused queue of a session, locked. Error P0002: it has none.';

DROP FUNCTION IF EXISTS tix.check_queue_terms(
    text, double precision, int, interval, interval, int, int);
CREATE FUNCTION tix.check_queue_terms(
    mode text, rate double precision, max_active int, grace interval, admission_ttl interval,
    max_length int, target_p99_ms int) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    wrong CONSTANT text := CASE
        WHEN mode IN ('fifo', 'random') IS NOT TRUE THEN 'mode must be "fifo" or "random"'
        WHEN (rate > 0 AND rate <= 100000) IS NOT TRUE
            THEN 'rate must be greater than 0 and at most 100000 places a second'
        WHEN (max_active BETWEEN 1 AND 1000000) IS NOT TRUE
            THEN 'max_active must be 1 to 1000000'
        WHEN (grace BETWEEN interval '1 second' AND interval '1 hour') IS NOT TRUE
            THEN 'grace must be 1 second to 1 hour'
        WHEN (admission_ttl BETWEEN interval '1 second' AND interval '1 day') IS NOT TRUE
            THEN 'admission_ttl must be 1 second to 1 day'
        WHEN (max_length BETWEEN 1 AND 100000000) IS NOT TRUE
            THEN 'max_length must be 1 to 100000000'
        WHEN (target_p99_ms BETWEEN 1 AND 60000) IS NOT TRUE
            THEN 'target_p99_ms must be 1 to 60000' END;
BEGIN
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'waiting room cannot be set up so' USING ERRCODE = '22023', HINT = wrong;
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_queue_terms(
    text, double precision, int, interval, interval, int, int) IS
    'Internal: raises 22023 with the bounds of the first argument that is NULL or out of them.';

DROP FUNCTION IF EXISTS tix.tix_open_queue(
    uuid, text, double precision, int, timestamptz, interval, interval, int, int);
CREATE FUNCTION tix.tix_open_queue(
    session_id uuid, mode text DEFAULT 'fifo', rate double precision DEFAULT 10,
    max_active int DEFAULT 500, opens_at timestamptz DEFAULT NULL,
    grace interval DEFAULT '2 minutes', admission_ttl interval DEFAULT '15 minutes',
    max_length int DEFAULT 1000000, target_p99_ms int DEFAULT 100) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    status text;
    numbered_by regclass;
    opened int;
BEGIN
    PERFORM check_queue_terms(mode, rate, max_active, grace, admission_ttl, max_length,
                              target_p99_ms);
    IF opens_at IN ('infinity', '-infinity') THEN
        RAISE EXCEPTION 'opens_at must be a moment' USING ERRCODE = '22023',
            HINT = 'NULL opens the waiting room now.';
    END IF;
    -- One at a time, or two would choose the same counter.
    PERFORM pg_advisory_xact_lock(hashtextextended('tix_open_queue', 0));
    SELECT s.status INTO status FROM sessions s
    WHERE s.session_id = tix_open_queue.session_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session does not exist' USING ERRCODE = 'P0002',
            HINT = 'Name a session that tix_create_session() made.';
    ELSIF status = 'cancelled' OR EXISTS (
        SELECT FROM queues q WHERE q.session_id = tix_open_queue.session_id
                               AND q.state <> 'closed') THEN
        RAISE EXCEPTION 'waiting room cannot be opened' USING ERRCODE = 'TX010',
            HINT = 'The session is cancelled, or has one: change it, or close it first.';
    END IF;
    SELECT c.oid::regclass INTO numbered_by FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind = 'S'
      AND c.relname ~ '^queue_counter_[0-9]+$'
      AND NOT EXISTS (SELECT FROM queues q WHERE q.counter = c.oid AND q.state <> 'closed')
    ORDER BY length(c.relname), c.relname LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'too many waiting rooms are open' USING ERRCODE = 'TX005',
            HINT = 'Close one that is over: 32 can be open at once.';
    END IF;
    INSERT INTO queues (session_id, mode, opens_at, rate, rate_now, max_active, grace,
                        admission_ttl, max_length, target_p99_ms, counter, counter_base, seed)
    VALUES (tix_open_queue.session_id, tix_open_queue.mode,
            coalesce(tix_open_queue.opens_at, clock_timestamp()), tix_open_queue.rate,
            tix_open_queue.rate, tix_open_queue.max_active, tix_open_queue.grace,
            tix_open_queue.admission_ttl, tix_open_queue.max_length,
            tix_open_queue.target_p99_ms, numbered_by,
            coalesce(pg_sequence_last_value(numbered_by), 0),
            sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                   || uuid_send(gen_random_uuid())))
    RETURNING queue_id INTO opened;
    PERFORM tix_set_queued(tix_open_queue.session_id, true);
    RETURN opened;
END $$;
COMMENT ON FUNCTION tix.tix_open_queue(
    uuid, text, double precision, int, timestamptz, interval, interval, int, int) IS
    'Puts a waiting room before a session, from COMMIT on: locks answer queued to who is not '
    'admitted. Holds that exist go on. mode: fifo, by join; random, who joined before opens_at '
    '(NULL: now) gets a drawn place, who comes later one behind them. Places are called from '
    'opens_at on, at most rate a second and never more than max_active admissions and claims '
    'outstanding; a place is to be claimed within grace (1 s to 1 h), an admission lasts '
    'admission_ttl (1 s to 1 day). max_length: joins before it is full. target_p99_ms: see '
    'tix_queue_step(). Returns the queue''s id. Errors: 22023 bad argument, P0002 unknown session, '
    'TX005 32 queues are open, TX010 cancelled session or it has a queue.';

DROP FUNCTION IF EXISTS tix.tix_pause_queue(uuid);
CREATE FUNCTION tix.tix_pause_queue(session_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    q CONSTANT queues := locked_queue(session_id);
BEGIN
    UPDATE queues k SET state = 'paused', credit = 0 WHERE k.queue_id = q.queue_id;
END $$;
COMMENT ON FUNCTION tix.tix_pause_queue(uuid) IS
    'Calls no more places until tix_resume_queue(); joins and the claims of places already called '
    'go on. Pausing again changes nothing. Error P0002: no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_resume_queue(uuid);
CREATE FUNCTION tix.tix_resume_queue(session_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    q CONSTANT queues := locked_queue(session_id);
BEGIN
    -- The pause earns no credit, and is no fault of the estimate.
    UPDATE queues k SET state = 'open', stepped_at = clock_timestamp(), eta_place = NULL
    WHERE k.queue_id = q.queue_id AND k.state = 'paused';
END $$;
COMMENT ON FUNCTION tix.tix_resume_queue(uuid) IS
    'Ends tix_pause_queue(). Error P0002: no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_close_queue(uuid);
CREATE FUNCTION tix.tix_close_queue(session_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    q CONSTANT queues := locked_queue(session_id);
BEGIN
    UPDATE queues k SET state = 'closed', closed_at = clock_timestamp()
    WHERE k.queue_id = q.queue_id;
    PERFORM tix_set_queued(q.session_id, false);
END $$;
COMMENT ON FUNCTION tix.tix_close_queue(uuid) IS
    'Ends a waiting room, from COMMIT on: everybody may lock seats, its tokens and admissions mean '
    'nothing. A queue opened later is another. Error P0002: no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_set_queue_rate(uuid, double precision, int);
CREATE FUNCTION tix.tix_set_queue_rate(
    session_id uuid, rate double precision, max_active int DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    q CONSTANT queues := locked_queue(session_id);
BEGIN
    PERFORM check_queue_terms(q.mode, tix_set_queue_rate.rate,
                              coalesce(tix_set_queue_rate.max_active, q.max_active), q.grace,
                              q.admission_ttl, q.max_length, q.target_p99_ms);
    UPDATE queues k SET rate = tix_set_queue_rate.rate, rate_now = tix_set_queue_rate.rate,
        max_active = coalesce(tix_set_queue_rate.max_active, q.max_active)
    WHERE k.queue_id = q.queue_id;
END $$;
COMMENT ON FUNCTION tix.tix_set_queue_rate(uuid, double precision, int) IS
    'Changes how many places a second are called at most, and, unless NULL, how many may be '
    'active. Errors: 22023 out of bounds (tix_open_queue()), P0002 no queue is open.';

DROP FUNCTION IF EXISTS tix.tix_prune_queues(int, interval);
CREATE FUNCTION tix.tix_prune_queues(
    max_rows int DEFAULT 100000, keep interval DEFAULT '30 days') RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
DECLARE
    cutoff CONSTANT timestamptz := clock_timestamp() - keep;
    old int[];
    pruned int;
    admissions int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 OR keep IS NULL OR keep < interval '0' THEN
        RAISE EXCEPTION 'queues cannot be pruned so' USING ERRCODE = '22023',
            HINT = 'max_rows must be positive and keep not negative.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tix_prune_queues', 0)) THEN
        RETURN 0;
    END IF;
    old := ARRAY(SELECT q.queue_id FROM queues q WHERE q.closed_at < cutoff ORDER BY 1 LIMIT 32);
    DELETE FROM queue_entries e WHERE e.ctid = ANY (ARRAY(
        SELECT d.ctid FROM queue_entries d WHERE d.queue_id = ANY (old) LIMIT max_rows));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    DELETE FROM queue_admissions a WHERE a.ctid = ANY (ARRAY(
        SELECT d.ctid FROM queue_admissions d WHERE d.queue_id = ANY (old)
        LIMIT max_rows - pruned));
    GET DIAGNOSTICS admissions = ROW_COUNT;
    pruned := pruned + admissions;
    IF pruned = 0 THEN
        DELETE FROM queues q WHERE q.queue_id = ANY (old);
    END IF;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION tix.tix_prune_queues(int, interval) IS
    'For operators: forgets queues closed longer ago than keep (default 30 days) and who was in '
    'them, at most max_rows rows; returns how many. Runs once at a time: a second caller gets 0. '
    'Error 22023: max_rows is not positive or keep is negative.';

REVOKE ALL ON FUNCTION
    tix.locked_queue, tix.check_queue_terms, tix.tix_open_queue, tix.tix_pause_queue,
    tix.tix_resume_queue, tix.tix_close_queue, tix.tix_set_queue_rate, tix.tix_prune_queues
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_open_queue, tix.tix_pause_queue, tix.tix_resume_queue, tix.tix_close_queue,
    tix.tix_set_queue_rate TO tix_admin;
