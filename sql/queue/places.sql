-- Joining a waiting room: tokens, places and the draw.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.queue_poll_key(bytea);
CREATE FUNCTION tix.queue_poll_key(secret bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN tix_hmac_sha256(secret, 'tix queue poll key'::bytea);
END $$;
COMMENT ON FUNCTION tix.queue_poll_key(bytea) IS
    'Internal: the key by which gateways check tokens, 32 bytes; the secret does not follow from '
    'it.';

DROP FUNCTION IF EXISTS tix.sealed_queue_token(bytea, bytea);
CREATE FUNCTION tix.sealed_queue_token(secret bytea, said bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    claimable CONSTANT bytea :=
        said || substr(tix_hmac_sha256(secret, 'TQ2.'::bytea || said), 1, 16);
BEGIN
    RETURN claimable || substr(
        tix_hmac_sha256(queue_poll_key(secret), 'TQ2.'::bytea || claimable), 1, 12);
END $$;
COMMENT ON FUNCTION tix.sealed_queue_token(bytea, bytea) IS
    'Internal: what a token says, 14 bytes, and its two seals: 16 bytes by the secret, which only '
    'the database can make and without which nothing is claimed, and 12 bytes by the poll key, '
    'which a gateway can check.';

DROP FUNCTION IF EXISTS tix.token_of_join(int, bigint);
CREATE FUNCTION tix.token_of_join(queue_id int, join_no bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    key queue_keys;
BEGIN
    SELECT * INTO key FROM queue_keys k ORDER BY k.key_id DESC LIMIT 1;
    RETURN 'TQ2.' || translate(encode(sealed_queue_token(
        key.secret, int2send(key.key_id) || int4send(queue_id) || int8send(join_no)), 'base64'),
        '+/', '-_');
END $$;
COMMENT ON FUNCTION tix.token_of_join(int, bigint) IS
    'Internal: the token of a join, 60 characters: TQ2. and base64url (RFC 4648) of key id (2 '
    'bytes), queue (4), number of the join (8) and the two seals (16 and 12).';

DROP FUNCTION IF EXISTS tix.join_of_token(text);
CREATE FUNCTION tix.join_of_token(token text, OUT queue_id int, OUT join_no bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    bytes bytea;
    known bytea;
BEGIN
    IF token ~ '^TQ2\.[A-Za-z0-9_-]{56}$' THEN
        bytes := decode(translate(substr(token, 5), '-_', '+/'), 'base64');
        known := (SELECT k.secret FROM queue_keys k
                  WHERE k.key_id = get_byte(bytes, 0) * 256 + get_byte(bytes, 1));
    END IF;
    IF known IS NULL OR sealed_queue_token(known, substr(bytes, 1, 14)) <> bytes THEN
        RAISE EXCEPTION 'queue token is not valid' USING ERRCODE = 'TX011',
            HINT = 'Join the waiting room again.';
    END IF;
    queue_id := ('x' || encode(substr(bytes, 3, 4), 'hex'))::bit(32)::int;
    join_no := ('x' || encode(substr(bytes, 7, 8), 'hex'))::bit(64)::bigint;
END $$;
COMMENT ON FUNCTION tix.join_of_token(text) IS
    'Internal: what a token says. Error TX011: NULL, malformed, or not made here.';

DROP FUNCTION IF EXISTS tix.shuffled_index(bigint, bigint, bytea);
CREATE FUNCTION tix.shuffled_index(index bigint, count bigint, seed bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    rounds CONSTANT int := 90;
    salt bytea;
    hash bytea;
    pivot bigint;
    flip bigint;
    higher bigint;
    block int;
BEGIN
    FOR round IN 0 .. rounds - 1 LOOP
        salt := seed || set_byte('\x00', 0, round);
        hash := sha256(salt);
        pivot := ((((get_byte(hash, 7)::bigint << 24) + (get_byte(hash, 6) << 16)
                    + (get_byte(hash, 5) << 8) + get_byte(hash, 4)) % count)
                  * (4294967296 % count)
                  + (get_byte(hash, 3)::bigint << 24) + (get_byte(hash, 2) << 16)
                  + (get_byte(hash, 1) << 8) + get_byte(hash, 0)) % count;
        flip := (pivot + count - index) % count;
        higher := greatest(index, flip);
        block := higher / 256;
        hash := sha256(salt || set_byte(set_byte(set_byte(set_byte('\x00000000', 0, block & 255),
            1, (block >> 8) & 255), 2, (block >> 16) & 255), 3, (block >> 24) & 255));
        IF get_bit(hash, higher % 256) = 1 THEN
            index := flip;
        END IF;
    END LOOP;
    RETURN index;
END $$;
COMMENT ON FUNCTION tix.shuffled_index(bigint, bigint, bytea) IS
    'Internal: where index 0 to count - 1 (at most 2^31) goes when the seed shuffles count of '
    'them, each to another place: the swap-or-not shuffle of Hoang, Morris and Rogaway, as '
    'compute_shuffled_index with 90 rounds in the Ethereum consensus specification has it, so '
    'that anybody can check a draw. Needs no table and no other''s index.';

DROP FUNCTION IF EXISTS tix.joins_of_queue(tix.queues);
CREATE FUNCTION tix.joins_of_queue(q tix.queues) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN greatest(coalesce(pg_sequence_last_value(q.counter), 0) - q.counter_base, 0);
END $$;
COMMENT ON FUNCTION tix.joins_of_queue(tix.queues) IS
    'Internal: how many numbers an open queue has given; of a closed one it means nothing.';

DROP FUNCTION IF EXISTS tix.draw_queue(int);
CREATE FUNCTION tix.draw_queue(queue_id int) RETURNS tix.queues
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    q queues;
BEGIN
    SELECT * INTO q FROM queues k WHERE k.queue_id = draw_queue.queue_id FOR NO KEY UPDATE;
    IF q.drawn IS NULL THEN
        UPDATE queues k SET drawn = joins_of_queue(q)
        WHERE k.queue_id = q.queue_id RETURNING k.* INTO q;
    END IF;
    RETURN q;
END $$;
COMMENT ON FUNCTION tix.draw_queue(int) IS
    'Internal: the opening moment has come: who has a number now is in the draw. Once.';

DROP FUNCTION IF EXISTS tix.place_of_join(tix.queues, bigint);
CREATE FUNCTION tix.place_of_join(q tix.queues, join_no bigint) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN q.mode = 'fifo' THEN join_no
                WHEN q.drawn IS NULL THEN NULL
                WHEN join_no > q.drawn THEN join_no
                ELSE shuffled_index(join_no - 1, q.drawn, q.seed) + 1 END;
END $$;
COMMENT ON FUNCTION tix.place_of_join(tix.queues, bigint) IS
    'Internal: the place of a join, from 1; NULL before the draw. Reads nothing.';

DROP FUNCTION IF EXISTS tix.ahead_of_place(tix.queues, bigint);
CREATE FUNCTION tix.ahead_of_place(q tix.queues, place bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN place <= q.serving THEN 0 ELSE place - q.serving - 1 END;
END $$;
COMMENT ON FUNCTION tix.ahead_of_place(tix.queues, bigint) IS
    'Internal: how many are called before this place; NULL when it is not known.';

DROP FUNCTION IF EXISTS tix.pace_of_queue(tix.queues);
CREATE FUNCTION tix.pace_of_queue(q tix.queues) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    -- A number that shrinks for ever would end as an error; this one is a place in eleven days.
    RETURN greatest(CASE WHEN q.pace > 0 THEN q.pace ELSE q.rate_now END, 1e-6);
END $$;
COMMENT ON FUNCTION tix.pace_of_queue(tix.queues) IS
    'Internal: places a second by which to tell how long it takes, positive: as they were called '
    'of late or, when nobody had to wait, as they may be called.';

DROP FUNCTION IF EXISTS tix.state_of_place(tix.queues, bigint, bigint);
CREATE FUNCTION tix.state_of_place(q tix.queues, join_no bigint, place bigint) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();
    live boolean;
    called timestamptz;
BEGIN
    IF q.state = 'closed' THEN RETURN 'closed'; END IF;
    IF place IS NULL OR place > q.serving THEN RETURN 'waiting'; END IF;
    SELECT a.ended_at IS NULL AND a.expires_at > moment INTO live
    FROM queue_admissions a WHERE a.queue_id = q.queue_id AND a.join_no = state_of_place.join_no;
    IF FOUND THEN
        RETURN CASE WHEN live THEN 'admitted' ELSE 'over' END;
    END IF;
    SELECT c.called_at INTO called FROM queue_calls c
    WHERE c.queue_id = q.queue_id AND c.upto >= place ORDER BY c.upto LIMIT 1;
    RETURN CASE WHEN place > q.lapsed AND called + q.grace > moment THEN 'called'
                ELSE 'lapsed' END;
END $$;
COMMENT ON FUNCTION tix.state_of_place(tix.queues, bigint, bigint) IS
    'Internal: waiting, called (to be claimed), lapsed (not claimed within grace), admitted, over '
    '(the admission has ended) or closed, by the clock of this moment.';

DROP FUNCTION IF EXISTS tix.queue_to_join(uuid);
CREATE FUNCTION tix.queue_to_join(session_id uuid) RETURNS tix.queues
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    q queues;
BEGIN
    SELECT * INTO q FROM queues k
    WHERE k.session_id = queue_to_join.session_id AND k.state <> 'closed';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'session has no waiting room' USING ERRCODE = 'P0002',
            HINT = 'Lock seats directly.';
    ELSIF q.drawn IS NULL AND q.mode = 'random' AND q.opens_at <= clock_timestamp() THEN
        q := draw_queue(q.queue_id);
    END IF;
    RETURN q;
END $$;
COMMENT ON FUNCTION tix.queue_to_join(uuid) IS
    'Internal: the open or paused queue of a session, drawn if its moment has come. Error P0002: '
    'it has none.';

DROP FUNCTION IF EXISTS tix.tix_join_queue(uuid, uuid);
CREATE FUNCTION tix.tix_join_queue(
    session_id uuid, user_id uuid, OUT token text, OUT place bigint, OUT ahead bigint,
    OUT state text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    who CONSTANT uuid := tix_join_queue.user_id;
    q queues;
    mine bigint;
BEGIN
    IF tix_join_queue.session_id IS NULL OR who IS NULL THEN
        RAISE EXCEPTION 'session and user must be given' USING ERRCODE = '22023',
            HINT = 'Name who waits for what.';
    END IF;
    q := queue_to_join(tix_join_queue.session_id);
    mine := (SELECT e.join_no FROM queue_entries e
             WHERE e.queue_id = q.queue_id AND e.user_id = who);
    IF mine IS NOT NULL THEN
        place := place_of_join(q, mine);
        state := state_of_place(q, mine, place);
        IF state IN ('lapsed', 'over') THEN  -- the turn is gone: behind everybody
            DELETE FROM queue_entries e WHERE e.queue_id = q.queue_id AND e.join_no = mine;
            mine := NULL;
        END IF;
    END IF;
    IF mine IS NULL THEN
        IF joins_of_queue(q) >= q.max_length THEN
            RAISE EXCEPTION 'waiting room is full' USING ERRCODE = 'TX005',
                HINT = 'Try again later.';
        END IF;
        mine := nextval(q.counter) - q.counter_base;
        INSERT INTO queue_entries (queue_id, join_no, user_id) VALUES (q.queue_id, mine, who)
        ON CONFLICT (queue_id, user_id) DO NOTHING;
        IF NOT FOUND THEN  -- the same user at the same moment: the first number counts
            mine := (SELECT e.join_no FROM queue_entries e
                     WHERE e.queue_id = q.queue_id AND e.user_id = who);
            IF mine IS NULL THEN
                RAISE EXCEPTION 'user is joining in another transaction'
                    USING ERRCODE = '55P03', HINT = 'Retry.';
            END IF;
        END IF;
        place := place_of_join(q, mine);
        state := state_of_place(q, mine, place);
    END IF;
    token := token_of_join(q.queue_id, mine);
    ahead := ahead_of_place(q, place);
END $$;
COMMENT ON FUNCTION tix.tix_join_queue(uuid, uuid) IS
    'Joins the waiting room of a session and returns the token of the place. Joining again gives '
    'the same token, unless the turn has lapsed or its admission is over: then a place behind '
    'everybody. place: from 1, NULL before the draw (mode random); ahead: how many are called '
    'before; state: waiting, called, lapsed, admitted or over. Costs one row, and no row that '
    'others need. Errors: 22023 NULL, P0002 no queue is open, TX005 it is full, 55P03 the same '
    'user joins twice at one moment.';

DROP FUNCTION IF EXISTS tix.tix_queue_position(text);
CREATE FUNCTION tix.tix_queue_position(
    token text, OUT session_id uuid, OUT place bigint, OUT ahead bigint, OUT state text,
    OUT eta_s int)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    q queues;
    asked record;
BEGIN
    asked := join_of_token(token);
    SELECT * INTO q FROM queues k WHERE k.queue_id = asked.queue_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'queue token is not valid' USING ERRCODE = 'TX011',
            HINT = 'Its waiting room is over.';
    END IF;
    session_id := q.session_id;
    place := place_of_join(q, asked.join_no);
    ahead := ahead_of_place(q, place);
    state := state_of_place(q, asked.join_no, place);
    IF state = 'waiting' AND q.state = 'open' AND place IS NOT NULL THEN
        eta_s := least(2147483647, ceil(
            greatest(extract(epoch FROM q.opens_at - clock_timestamp()), 0)
            + (ahead + 1) / pace_of_queue(q)))::int;
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_queue_position(text) IS
    'What a token is worth now: place and ahead (NULL before the draw), state (waiting, called, '
    'lapsed, admitted, over, closed) and, while it waits and the queue is not paused, about how '
    'many seconds until it is called. Arithmetic and three probes by key. Error TX011: the token '
    'is not one of ours, or its queue is forgotten.';

DROP FUNCTION IF EXISTS tix.tix_rotate_queue_key();
CREATE FUNCTION tix.tix_rotate_queue_key() RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    made int;
BEGIN
    INSERT INTO queue_keys (key_id, secret)
    SELECT max(k.key_id) + 1, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                                     || uuid_send(gen_random_uuid()))
    FROM queue_keys k RETURNING key_id INTO made;
    DELETE FROM queue_keys k WHERE k.key_id < made - 1;
    RETURN made;
END $$;
COMMENT ON FUNCTION tix.tix_rotate_queue_key() IS
    'For operators: makes a new key for queue tokens and returns its id. Tokens of the key before '
    'stay good, older ones are TX011; who joins again gets the place under the new key.';

REVOKE ALL ON FUNCTION
    tix.queue_poll_key, tix.sealed_queue_token, tix.token_of_join, tix.join_of_token,
    tix.shuffled_index, tix.joins_of_queue, tix.draw_queue, tix.pace_of_queue,
    tix.place_of_join, tix.ahead_of_place, tix.state_of_place, tix.queue_to_join,
    tix.tix_join_queue, tix.tix_queue_position, tix.tix_rotate_queue_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_join_queue, tix.tix_queue_position TO tix_app;
