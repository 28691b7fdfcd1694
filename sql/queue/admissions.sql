-- Coming out of a waiting room: claiming one's turn, using it, giving it up.
-- Requires tix >= 1.0
--
-- The engine refuses locks (reason queued) while a queue is open. An admission is checked here, by
-- key, and told to the engine for the rest of the transaction: a session without a queue pays
-- nothing, and no lock function has an argument more.

DROP FUNCTION IF EXISTS tix.tix_claim_admission(text);
CREATE FUNCTION tix.tix_claim_admission(
    token text, OUT admission_id uuid, OUT expires_at timestamptz, OUT session_id uuid,
    OUT user_id uuid)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    asked record;
    q queues;
    place bigint;
    state text := 'over';
BEGIN
    asked := join_of_token(token);
    -- Two claims of one place, or a claim and a join again, follow each other.
    SELECT e.user_id INTO user_id FROM queue_entries e
    WHERE e.queue_id = asked.queue_id AND e.join_no = asked.join_no FOR UPDATE;
    IF FOUND THEN
        SELECT * INTO q FROM queues k WHERE k.queue_id = asked.queue_id;
        place := place_of_join(q, asked.join_no);
        state := state_of_place(q, asked.join_no, place);
    END IF;
    IF state = 'called' THEN
        INSERT INTO queue_admissions (queue_id, join_no, place, user_id, expires_at)
        VALUES (q.queue_id, asked.join_no, place, tix_claim_admission.user_id,
                clock_timestamp() + q.admission_ttl);
    ELSIF state <> 'admitted' THEN
        RAISE EXCEPTION 'place cannot be claimed: it is "%"', state USING ERRCODE = 'TX011',
            DETAIL = json_build_object('state', state, 'ahead', ahead_of_place(q, place)),
            HINT = CASE state WHEN 'waiting' THEN 'Wait until it is called.'
                              WHEN 'closed' THEN 'Lock seats directly.'
                              ELSE 'Join the waiting room again.' END;
    END IF;
    session_id := q.session_id;
    SELECT a.admission_id, a.expires_at INTO admission_id, expires_at FROM queue_admissions a
    WHERE a.queue_id = q.queue_id AND a.join_no = asked.join_no;
END $$;
COMMENT ON FUNCTION tix.tix_claim_admission(text) IS
    'Claims a place that has been called: the admission, until when it is good, and for whom. '
    'Claiming again gives the same. Error TX011, with {"state", "ahead"}: the token is not valid, '
    'or its place is waiting, lapsed, over or closed.';

DROP FUNCTION IF EXISTS tix.tix_claim_place(uuid, text, uuid);
CREATE FUNCTION tix.tix_claim_place(
    session_id uuid, token text, user_id uuid DEFAULT NULL, OUT admission_id uuid,
    OUT expires_at timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    asked record;
BEGIN
    asked := join_of_token(token);
    IF NOT EXISTS (SELECT FROM queues q WHERE q.queue_id = asked.queue_id
                                          AND q.session_id = tix_claim_place.session_id)
       OR EXISTS (SELECT FROM queue_entries e
                  WHERE e.queue_id = asked.queue_id AND e.join_no = asked.join_no
                    AND e.user_id <> tix_claim_place.user_id) THEN
        RAISE EXCEPTION 'queue token is not valid' USING ERRCODE = 'TX011',
            HINT = 'Join the waiting room again.';
    END IF;
    SELECT c.admission_id, c.expires_at INTO admission_id, expires_at
    FROM tix_claim_admission(token) c;
END $$;
COMMENT ON FUNCTION tix.tix_claim_place(uuid, text, uuid) IS
    'tix_claim_admission() for somebody who names the session and, unless NULL, who claims: a '
    'token of another session or another user is no token. Error TX011: as there.';

DROP FUNCTION IF EXISTS tix.tix_use_admission(uuid, uuid, uuid);
CREATE FUNCTION tix.tix_use_admission(session_id uuid, user_id uuid, admission_id uuid)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    house CONSTANT uuid := tix_use_admission.session_id;
    who CONSTANT uuid := tix_use_admission.user_id;
    opened int;
BEGIN
    IF house IS NULL OR who IS NULL THEN
        RAISE EXCEPTION 'session and user must be given' USING ERRCODE = '22023',
            HINT = 'Name who locks seats where.';
    END IF;
    opened := (SELECT q.queue_id FROM queues q
               WHERE q.session_id = house AND q.state <> 'closed');
    IF opened IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT FROM queue_admissions a
            WHERE a.admission_id = tix_use_admission.admission_id AND a.queue_id = opened
              AND a.user_id = who AND a.ended_at IS NULL AND a.expires_at > clock_timestamp()) THEN
            RAISE EXCEPTION 'admission is not valid' USING ERRCODE = 'TX011',
                HINT = 'Join the waiting room again.';
        END IF;
        PERFORM tix_pass_queue(house, who);
    END IF;
    RETURN house;
END $$;
COMMENT ON FUNCTION tix.tix_use_admission(uuid, uuid, uuid) IS
    'Lets a user through to the locks of this transaction and returns the session, so that one '
    'statement does both: SELECT l.* FROM tix_use_admission($1, $2, $3) s, tix_lock_best(s, 2, '
    '$2) l. Without an open queue any admission is good, NULL too. An admission is good for any '
    'number of calls until it ends; at most 64 users in one transaction. Errors: 22023 NULL, TX011 '
    'unknown, another''s, ended or expired, TX005 too many.';

DROP FUNCTION IF EXISTS tix.tix_end_admission(uuid, uuid, text);
CREATE FUNCTION tix.tix_end_admission(
    admission_id uuid, user_id uuid, how text DEFAULT 'finished') RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    IF how IN ('finished', 'given_up') IS NOT TRUE THEN
        RAISE EXCEPTION 'admission cannot end so' USING ERRCODE = '22023',
            HINT = 'how is "finished" or "given_up".';
    END IF;
    UPDATE queue_admissions a SET ended_at = clock_timestamp(), ended = how
    WHERE a.admission_id = tix_end_admission.admission_id
      AND a.user_id = tix_end_admission.user_id AND a.ended_at IS NULL;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION tix.tix_end_admission(uuid, uuid, text) IS
    'Ends an admission, finished or given_up, so that the next place is called; what its user '
    'holds stays held. False when there was nothing to end: unknown, another''s or ended. Error '
    '22023: how is another word.';

REVOKE ALL ON FUNCTION
    tix.tix_claim_admission, tix.tix_claim_place, tix.tix_use_admission, tix.tix_end_admission
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_claim_admission, tix.tix_claim_place, tix.tix_use_admission, tix.tix_end_admission
    TO tix_app;
