-- Whose turn it is: the step that calls places, the pressure it obeys, and what a gateway polls.
-- Requires tix >= 1.0
--
-- The loop is closed by additive increase and multiplicative decrease: once a second the rate is
-- halved when the engine is under pressure, never below 1/100 of the one that was set, or else
-- raised by 1/20 of it.

DROP FUNCTION IF EXISTS tix.judged_queue(tix.queues, timestamptz);
CREATE FUNCTION tix.judged_queue(q tix.queues, moment timestamptz) RETURNS tix.queues
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    calls_min CONSTANT bigint := 100;
    report_age CONSTANT interval := interval '10 seconds';
    since CONSTANT double precision := extract(epoch FROM moment - q.judged_at);
    calls bigint;
    slow bigint;
    pressed boolean := false;
BEGIN
    IF since < 1 THEN RETURN q; END IF;
    SELECT coalesce(sum(l.calls), 0),
           coalesce(sum(l.calls) FILTER (WHERE l.from_us >= q.target_p99_ms * 1000::bigint), 0)
    INTO calls, slow FROM tix_stat_latency_rows() l WHERE l.kind IN ('lock won', 'lock lost');
    IF q.judged_at IS NULL OR calls < q.lock_calls THEN  -- the first look, or after a restart
        q.lock_calls := calls;
        q.slow_calls := slow;
    ELSIF calls - q.lock_calls >= calls_min THEN
        pressed := (slow - q.slow_calls) * 100 > calls - q.lock_calls;
        q.lock_calls := calls;
        q.slow_calls := slow;
    END IF;
    pressed := pressed OR coalesce(
        q.reported_at > moment - report_age AND q.reported_p99_ms > q.target_p99_ms, false);
    q.rate_now := CASE WHEN pressed THEN greatest(q.rate / 100, q.rate_now / 2)
        ELSE least(q.rate, q.rate_now + q.rate / 20 * least(coalesce(since, 0), 5)) END;
    q.judged_at := moment;
    RETURN q;
END $$;
COMMENT ON FUNCTION tix.judged_queue(tix.queues, timestamptz) IS
    'Internal: the queue with the rate that the pressure of this moment allows. Pressure: of at '
    'least 100 lock calls since the last judgement more than 1 in 100 took target_p99_ms or '
    'longer, by the engine''s own histogram; or a p99 above it was reported in the last 10 '
    'seconds. At most one judgement a second.';

DROP FUNCTION IF EXISTS tix.estimated_queue(tix.queues, timestamptz, bigint);
CREATE FUNCTION tix.estimated_queue(q tix.queues, moment timestamptz, joins bigint)
RETURNS tix.queues
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    eta_s_max CONSTANT double precision := 2147483647;
BEGIN
    IF q.eta_place <= q.serving THEN
        q.eta_error_s := extract(epoch FROM moment - q.eta_at);
        q.eta_place := NULL;
    END IF;
    IF q.eta_place IS NULL AND joins > q.serving THEN
        q.eta_place := joins;
        q.eta_at := moment
            + make_interval(secs => least((joins - q.serving) / pace_of_queue(q), eta_s_max));
    END IF;
    RETURN q;
END $$;
COMMENT ON FUNCTION tix.estimated_queue(tix.queues, timestamptz, bigint) IS
    'Internal: the queue with the estimate that its last joiner is told now, and, when that place '
    'is called, by how much it was wrong. One estimate at a time is followed.';

DROP FUNCTION IF EXISTS tix.called_queue(tix.queues, timestamptz);
CREATE FUNCTION tix.called_queue(q tix.queues, moment timestamptz) RETURNS tix.queues
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    credit_s CONSTANT double precision := 5;
    before CONSTANT double precision := pace_of_queue(q);
    joins CONSTANT bigint := joins_of_queue(q);
    elapsed double precision;
    reissued bigint;
    lapsed bigint;
    called bigint;
BEGIN
    elapsed := least(extract(epoch FROM moment - greatest(q.stepped_at, q.opens_at)), credit_s);
    lapsed := coalesce((SELECT max(c.upto) FROM queue_calls c
                        WHERE c.queue_id = q.queue_id AND c.called_at <= moment - q.grace),
                       q.lapsed);
    reissued := lapsed - q.lapsed - (
        SELECT count(*) FROM queue_admissions a
        WHERE a.queue_id = q.queue_id AND a.place > q.lapsed AND a.place <= lapsed);
    IF lapsed > q.lapsed THEN
        DELETE FROM queue_calls c WHERE c.queue_id = q.queue_id AND c.upto <= lapsed;
    END IF;
    q.lapsed := lapsed;
    q.outstanding := q.serving - lapsed - (
        SELECT count(*) FROM queue_admissions a
        WHERE a.queue_id = q.queue_id AND a.place > lapsed AND a.place <= q.serving);
    q.active := (SELECT count(*) FROM queue_admissions a
                 WHERE a.queue_id = q.queue_id AND a.ended_at IS NULL AND a.expires_at > moment);
    q.credit := least(q.credit + elapsed * q.rate_now, greatest(1, credit_s * q.rate_now))
                + reissued;
    called := greatest(0, least(floor(q.credit), q.max_active - q.active - q.outstanding,
                                joins - q.serving));
    q.credit := q.credit - called;
    q.serving := q.serving + called;
    q.outstanding := q.outstanding + called;
    q.unclaimed := q.unclaimed + reissued;
    -- An empty room says nothing about how long one waits: the next begin with the rate.
    q.pace := CASE WHEN q.serving >= joins THEN 0
        ELSE before + (called / elapsed - before) * (1 - exp(-elapsed / 30)) END;
    q.stepped_at := moment;
    q := estimated_queue(q, moment, joins);
    IF called > 0 THEN
        INSERT INTO queue_calls (queue_id, upto, called_at) VALUES (q.queue_id, q.serving, moment);
    END IF;
    RETURN q;
END $$;
COMMENT ON FUNCTION tix.called_queue(tix.queues, timestamptz) IS
    'Internal: the queue after it called the next places: as many as the time since the last step '
    'and the rate allow, and those that lapsed unclaimed again, but no more than max_active lets, '
    'and no more than have joined.';

DROP FUNCTION IF EXISTS tix.tix_queue_step(uuid);
CREATE FUNCTION tix.tix_queue_step(session_id uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz;
    q queues;
    before bigint;
BEGIN
    SELECT * INTO q FROM queues k
    WHERE k.session_id = tix_queue_step.session_id AND k.state <> 'closed'
    FOR NO KEY UPDATE SKIP LOCKED;
    moment := clock_timestamp();
    IF NOT FOUND OR q.state = 'paused' OR q.opens_at >= moment
       OR q.stepped_at > moment - interval '200 ms' THEN
        RETURN 0;
    END IF;
    IF q.mode = 'random' AND q.drawn IS NULL THEN
        q := draw_queue(q.queue_id);
    END IF;
    before := q.serving;
    q := called_queue(judged_queue(q, moment), moment);
    UPDATE queues k SET serving = q.serving, lapsed = q.lapsed, credit = q.credit,
        rate_now = q.rate_now, pace = q.pace, active = q.active, outstanding = q.outstanding,
        stepped_at = q.stepped_at, judged_at = q.judged_at, lock_calls = q.lock_calls,
        slow_calls = q.slow_calls, unclaimed = q.unclaimed, eta_place = q.eta_place,
        eta_at = q.eta_at, eta_error_s = q.eta_error_s
    WHERE k.queue_id = q.queue_id;
    RETURN q.serving - before;
END $$;
COMMENT ON FUNCTION tix.tix_queue_step(uuid) IS
    'Calls the next places of a session''s waiting room and returns how many; also makes the draw '
    'when its moment has come. For whoever polls, about once a second: more often than every '
    '200 ms, at the same time as another, paused, before it opens or without a queue it does '
    'nothing and returns 0. Time that nobody stepped counts for 5 seconds at most.';

DROP FUNCTION IF EXISTS tix.tix_queue_report(uuid, int);
CREATE FUNCTION tix.tix_queue_report(session_id uuid, p99_ms int) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF (p99_ms >= 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'latency must be given and not negative' USING ERRCODE = '22023',
            HINT = 'Milliseconds that 99 of 100 requests took no longer than.';
    END IF;
    UPDATE queues k SET reported_p99_ms = p99_ms, reported_at = clock_timestamp()
    WHERE k.session_id = tix_queue_report.session_id AND k.state <> 'closed'
      AND (k.reported_p99_ms <= p99_ms OR k.reported_at < clock_timestamp() - interval '5 s'
           OR k.reported_at IS NULL);
END $$;
COMMENT ON FUNCTION tix.tix_queue_report(uuid, int) IS
    'A gateway says how long its requests take, in milliseconds at the 99th percentile; of several '
    'in 5 seconds the worst counts. Above the queue''s target_p99_ms it is pressure: the rate is '
    'halved. Without a queue it does nothing. Error 22023: NULL or negative.';

DROP FUNCTION IF EXISTS tix.tix_queue_status(uuid);
CREATE FUNCTION tix.tix_queue_status(
    session_id uuid, OUT queue_id int, OUT state text, OUT mode text, OUT opens_at timestamptz,
    OUT serving bigint, OUT joined bigint, OUT waiting bigint, OUT rate double precision,
    OUT rate_now double precision, OUT pace double precision, OUT active int,
    OUT outstanding int, OUT max_active int, OUT drawn int, OUT seed_sha256 text, OUT seed text,
    OUT as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM tix_queue_step(tix_queue_status.session_id);
    RETURN QUERY
        SELECT q.queue_id, q.state, q.mode, q.opens_at, q.serving, n.joins, n.joins - q.serving,
               q.rate, q.rate_now, q.pace, q.active, q.outstanding, q.max_active, q.drawn,
               encode(sha256(q.seed), 'hex'),
               CASE WHEN q.drawn IS NOT NULL THEN encode(q.seed, 'hex') END, clock_timestamp()
        FROM queues q CROSS JOIN LATERAL (
            SELECT CASE WHEN q.state <> 'closed' THEN greatest(joins_of_queue(q), q.serving)
                        ELSE q.serving END AS joins OFFSET 0) n
        WHERE q.session_id = tix_queue_status.session_id
        ORDER BY q.queue_id DESC LIMIT 1;
END $$;
COMMENT ON FUNCTION tix.tix_queue_status(uuid) IS
    'The one row that a gateway reads once a second and answers every poll from; makes the step '
    'that is due (tix_queue_step()). A place p is called when p <= serving; ahead of it are p - '
    'serving - 1, to be called in about that many / pace seconds (rate_now while pace is 0). '
    'waiting: joined and not called. rate, rate_now, pace: places a second, as set, as the '
    'pressure allows, as it was of late. active: admissions; outstanding: called, not claimed yet. '
    'seed: hexadecimal, when the draw among the first drawn joins is over; seed_sha256 from the '
    'beginning. Of the last queue of the session; no row when it never had one.';

REVOKE ALL ON FUNCTION
    tix.judged_queue, tix.estimated_queue, tix.called_queue, tix.tix_queue_step,
    tix.tix_queue_report, tix.tix_queue_status FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_queue_step, tix.tix_queue_report, tix.tix_queue_status TO tix_app;
