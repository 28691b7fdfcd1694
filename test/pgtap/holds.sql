-- Holds: the gateway may hold seats, nobody else may sell them, and the journal keeps every grant.
\ir fixture.psql
SELECT plan(13);
GRANT USAGE ON SCHEMA public TO tix_app;
SELECT bag_has($$
    SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'tix'::regnamespace
      AND has_function_privilege('tix_app', p.oid, 'EXECUTE')$$,
    $$VALUES ('tix_lock_seat'), ('tix_lock_seats'), ('tix_lock_best'), ('tix_extend_lock'),
             ('tix_lock_get'), ('tix_release_seats'), ('tix_seats'), ('tix_changes')$$,
    'the gateway may hold, extend, release and look');
SELECT ok(NOT has_function_privilege('tix_app', p.oid, 'EXECUTE'),
          'the gateway may not call ' || p.proname)
FROM pg_proc p WHERE p.pronamespace = 'tix'::regnamespace AND p.proname IN
    ('tix_confirm_seats', 'tix_free_sold', 'tix_hand_over', 'tix_load_session',
     'tix_unload_session') ORDER BY p.proname;
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
SELECT * FROM finish();
