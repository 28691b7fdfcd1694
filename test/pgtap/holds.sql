-- Holds: the gateway may hold seats, nobody else may sell them, the journal keeps every grant, and
-- only an admin or the organizer opens and closes a sale.
\ir fixture.psql
SELECT plan(63);
GRANT USAGE ON SCHEMA public TO tix_app;
SELECT bag_has($$
    SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'tix'::regnamespace
      AND has_function_privilege('tix_app', p.oid, 'EXECUTE')$$,
    $$VALUES ('tix_lock_seat'), ('tix_lock_seats'), ('tix_lock_best'), ('tix_lock_area'),
             ('tix_lock_seat_strict'), ('tix_lock_seats_strict'), ('tix_lock_best_strict'),
             ('tix_lock_area_strict'), ('tix_lock_batch'), ('tix_extend_lock'),
             ('tix_extend_lock_strict'), ('tix_lock_get'),
             ('tix_release_seats'), ('tix_seats'), ('tix_changes')$$,
    'the gateway may hold, extend, release and look');
SELECT ok(NOT has_function_privilege('tix_app', p.oid, 'EXECUTE'),
          'the gateway may not call ' || p.proname)
FROM pg_proc p WHERE p.pronamespace = 'tix'::regnamespace AND p.proname IN
    ('tix_confirm_seats', 'tix_free_sold', 'tix_hand_over', 'tix_load_session',
     'tix_unload_session', 'tix_session_of_lock') ORDER BY p.proname;
SET ROLE tix_app;
SELECT ok AS held, lock_id AS lock FROM tix.tix_lock_seats(:'session', '{A-1,A-2}', :'ann') \gset
RESET ROLE;
SELECT is(:'held'::text, 't', 'the gateway role holds seats');
SELECT is((SELECT seats FROM holds WHERE session_id = :'session' AND lock_id = :lock), '{A-1,A-2}',
    'the journal has the grant');
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-2', :'bob')), 'held',
    'the loser is told why');
SELECT is((tix_lock_get(:lock, :'bob')).reason, 'expired', 'a stranger learns nothing');
SET ROLE tix_monitor;
SELECT sum(capacity) AS capacity FROM tix.tix_stat_areas
WHERE session_id = :'session' \gset
RESET ROLE;
SELECT is(:'capacity'::text, '18', 'the monitor reads the statistics');
SELECT set_eq(format('SELECT tix_release_seats(%s, %L)', :lock, :'ann'), '{A-1,A-2}'::text[],
    'the owner releases');
SELECT is(pg_temp.state(:'session', 'A-1'), 'free', 'released seats are free');

-- Under an idempotency key, the gateway learns whether an answer is the first or a stored one.
CREATE FUNCTION pg_temp.keyed(session uuid, seat text, buyer uuid, asker uuid, key text)
RETURNS text LANGUAGE sql AS $$
    SELECT l.ok || ' ' || r.replayed
    FROM tix.tix_lock_seats($1, ARRAY[$2], $3, idempotency_key => $5) l,
         tix.tix_lock_was_replayed($4, $5, l.lock_id) AS r (replayed)
$$;
SET ROLE tix_gateway;
SELECT pg_temp.keyed(:'session', 'A-7', :'ann', :'ann', 'k') AS one,
       pg_temp.keyed(:'session', 'A-7', :'ann', :'ann', NULL) AS unkeyed,
       pg_temp.keyed(:'session', 'A-7', :'bob', :'bob', 'k') AS refused \gset
SELECT pg_temp.keyed(:'session', 'A-7', :'ann', :'ann', 'k') AS again,
       pg_temp.keyed(:'session', 'A-7', :'ann', :'bob', 'k') AS strange \gset
RESET ROLE;
SELECT is(:'one'::text, 'true false', 'the first answer under a key is no replay');
SELECT is(:'again'::text, 'true true', 'the second is');
SELECT is(:'unkeyed'::text, 'true false', 'without a key there is none');
SELECT is(:'refused'::text, 'false false', 'nor of a refusal');
SELECT is(:'strange'::text, 'true false', 'nobody learns of another''s key');

-- Opening and closing the sale: the gateway's role calls, the actor is the user.
CREATE FUNCTION pg_temp.staff(role text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE u uuid := tix.tix_register_user(gen_random_uuid() || '@example.org', '$x');
BEGIN
    PERFORM tix.tix_set_user_role(u, role);
    RETURN u;
END $$;
SELECT pg_temp.staff('admin') AS admin, pg_temp.staff('organizer') AS org,
       pg_temp.staff('organizer') AS rival, pg_temp.staff('box_office') AS clerk,
       pg_temp.staff('buyer') AS buyer \gset
SELECT tix_create_event('Play', :'map', :'org') AS play \gset
SELECT tix_set_price(:'play', NULL, 500, 'EUR') AS price \gset
SELECT tix_create_session(:'play', :'map', now() + interval '1 day') AS act \gset
SELECT throws_ok(format('SELECT %s(%L, %L)', f, :'act', who), 'P0002', NULL,
    format('%s: the session does not exist for %s', f, what))
FROM unnest('{tix_open_sale,tix_close_sale}'::text[]) f,
     (VALUES (:'rival', 'another organizer'), (:'clerk', 'the box office'), (:'buyer', 'a buyer'),
             (gen_random_uuid()::text, 'a stranger'), (NULL, 'nobody')) v (who, what);
SELECT is((SELECT status FROM sessions WHERE session_id = :'act'), 'draft',
    'who may not changes nothing');
SELECT throws_ok(format('SELECT tix_close_sale(%L, %L)', :'act', :'org'), 'TX010', NULL,
    'a draft cannot be closed');
SELECT throws_ok(format('SELECT tix_open_sale(gen_random_uuid(), %L)', :'admin'), 'P0002', NULL,
    'an unknown session cannot be opened');
SET ROLE tix_gateway;
SELECT seats || '/' || areas AS opened FROM tix.tix_open_sale(:'act', :'org') \gset
RESET ROLE;
SELECT is(:'opened'::text, '18/2', 'the organizer opens the sale');
SELECT is((SELECT status FROM tix_get_session(:'act')), 'on_sale', 'it is on sale');
SELECT pg_temp.order_for(:'act', 'A-1', :'ann') AS o \gset
SELECT pg_temp.hold(:'act', 'A-2', :'ann') AS late \gset
SELECT is(tix_close_sale(:'act', :'admin'), 'closed', 'an admin closes any sale');
SELECT is(tix_close_sale(:'act', :'org'), 'closed', 'closing again changes nothing');
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :late, :'ann'), 'TX006', NULL,
    'a closed session takes no new order');
SELECT lives_ok(format('SELECT tix_begin_payment(%L)', :'o'), 'but an order it took can be paid');
SELECT is((SELECT state FROM tix_sale_state(:'act')), 'sale_ended', 'a closed sale has ended');
SELECT is((SELECT seats FROM tix_open_sale(:'act', :'admin')), 18, 'a closed sale opens again');
SELECT is((SELECT state FROM tix_sale_state(:'act')), 'on_sale', 'and sells');
UPDATE tix.sessions SET sale_start_time = clock_timestamp() + interval '90 seconds'
WHERE session_id = :'act';
SELECT is((SELECT state || ' ' || (starts_in_s BETWEEN 80 AND 90) FROM tix_sale_state(:'act')),
    'not_on_sale true', 'before its time it says how long to wait');
UPDATE tix.sessions SET sale_start_time = now() - interval '2 days',
    sale_end_time = now() - interval '1 day' WHERE session_id = :'act';
SELECT is((SELECT state FROM tix_sale_state(:'act')), 'sale_ended', 'after its time it has ended');
UPDATE tix.sessions SET sale_end_time = now() + interval '1 day' WHERE session_id = :'act';
SELECT is_empty('SELECT * FROM tix_sale_state(gen_random_uuid())', 'an unknown session has none');
SELECT lives_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :late, :'ann'), 'and sells again');
UPDATE users SET status = 'suspended' WHERE user_id = :'org';
SELECT throws_ok(format('SELECT tix_close_sale(%L, %L)', :'act', :'org'), 'P0002', NULL,
    'a suspended organizer has no sessions');
UPDATE sessions SET status = 'cancelled' WHERE session_id = :'act';
SELECT throws_ok(format('SELECT %s(%L, %L)', f, :'act', :'admin'), 'TX010', NULL,
    f || ' refuses a cancelled session')
FROM unnest('{tix_open_sale,tix_close_sale}'::text[]) f;

-- Health.
BEGIN;
REVOKE EXECUTE ON FUNCTION tix_stat_partitions_rows FROM tix_owner;
SELECT is((SELECT writable || ' ' || engine FROM tix_health()), 'true false',
    'an engine that does not answer is told, not raised');
ROLLBACK;
SET ROLE tix_gateway;
SELECT * FROM tix.tix_health() \gset health_
RESET ROLE;
SELECT is(:'health_writable' || :'health_engine', 'tt',
    'the server takes writes and the engine answers');
SELECT ok(:'health_server_time'::timestamptz > now() - interval '1 min', 'and the clock goes');
SET default_transaction_read_only = on;
SELECT writable AS health_writable, engine AS health_engine FROM tix_health() \gset
RESET default_transaction_read_only;
SELECT is(:'health_writable' || :'health_engine', 'ft', 'a read-only server says so');

-- Retention: what ended long ago goes, the oldest first; a hold that lives does not.
SELECT pg_temp.hold(:'session', 'A-5', :'ann') AS live,
       pg_temp.hold(:'session', 'A-6', :'bob') AS lapsed \gset
SELECT FROM tix_extend_lock(:live, :'ann', '20 min');
SELECT count(*) AS gone FROM tix_release_seats(:lapsed, :'bob') \gset
UPDATE holds SET at = at - interval '8 days', expires_at = expires_at - interval '8 days'
WHERE session_id = :'session' AND (lock_id = :lapsed OR lock_id = :live AND kind = 'g');
INSERT INTO holds (lock_id, session_id, version, kind, at, seats)
SELECT 0, :'session', 0, 'f', now() - i * interval '1 day', '{A-9}' FROM generate_series(6, 9) i;
CREATE FUNCTION pg_temp.kept(session uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(kind::text, '' ORDER BY at) FROM tix.holds
    WHERE session_id = $1 AND (lock_id = 0 OR at < now() - interval '1 day')
$$;
SELECT is(pg_temp.kept(:'session'), 'fggrfff', 'the journal has old rows');
SELECT throws_ok('SELECT tix_prune_journal(0)', '22023', NULL, 'a batch has a row at least');
SELECT throws_ok('SELECT tix_prune_journal(1, ''-1 day'')', '22023', NULL, 'what is to come stays');
SELECT is(tix_prune_journal(10, '20 days'), 0, 'what is young enough stays');
SELECT is(tix_prune_journal(1), 1, 'a batch is bounded');
SELECT is(pg_temp.kept(:'session'), 'fgrfff', 'what a hold was goes before how it ended');
SELECT is(tix_prune_journal(100), 5, 'the rest of a week ago goes');
SELECT is(pg_temp.kept(:'session'), 'f', 'but for what is younger');
SELECT is(tix_prune_journal(100), 0, 'once');
SELECT is((SELECT count(*) FROM tix_check(:'session')), 0::bigint, 'no hold is missing');
SET ROLE tix_app;
SELECT throws_ok('SELECT tix.tix_prune_journal(1)', '42501', NULL, 'the gateway may not');
RESET ROLE;
SELECT * FROM finish();
