-- Catalogue: venues have time zones, events and sessions are found page by page, and an edit of a
-- seat map never loses a held or sold seat.
\ir fixture.psql
SELECT plan(89);
SELECT translate(:'plan', '0123456789-', 'ghijklmnopx') AS key \gset

-- Venues.
SELECT tix_create_venue('Opera ' || :'key', 'Europe/Paris', '{"city": "Paris"}') AS opera \gset
SELECT is((SELECT name || time_zone || (address->>'city') FROM venues WHERE venue_id = :'opera'),
    'Opera ' || :'key' || 'Europe/ParisParis', 'a venue has a time zone and an address');
SELECT lives_ok(format('SELECT tix_update_venue(%L, time_zone => ''Asia/Taipei'')', :'opera'),
    'which may change');
SELECT is((SELECT time_zone || name FROM venues WHERE venue_id = :'opera'),
    'Asia/TaipeiOpera ' || :'key', 'what is not named stays');
SELECT throws_ok(format('SELECT tix_create_venue(''V'', %L)', z), '22023', NULL,
    'no time zone: ' || coalesce(z, 'NULL')) FROM unnest(ARRAY[NULL, '', 'Paris', 'CET-1',
    'Europe/Atlantis', 'posix/Europe/Paris', '+02:00', 'europe/paris']) z;
SELECT throws_ok(format('SELECT tix_create_venue(%L)', n), '22023', NULL,
    'no name: ' || coalesce(left(n, 10), 'NULL')) FROM unnest(ARRAY[NULL, '', '  ',
    repeat('x', 501), 'Opera ' || :'key']) n;
SELECT throws_ok(format('SELECT tix_create_venue(''V'', ''UTC'', %L)', a), '22023', NULL,
    'no address: ' || coalesce(left(a, 10), 'NULL')) FROM unnest(ARRAY[NULL, '[]', '1',
    '{"a": "' || repeat('x', 65536) || '"}']) a;
SELECT is((SELECT count(*) FROM venues WHERE name = 'V'), 0::bigint, 'none of them was made');
SELECT throws_ok(format('SELECT tix_update_venue(%L, %L)', :'opera', 'Hall ' || :'plan'), '22023',
    NULL, 'a name is of one venue');
SELECT throws_ok('SELECT ' || f || '(gen_random_uuid())', 'P0002', NULL, f || ': unknown')
FROM unnest('{tix_update_venue,tix_close_venue,tix_update_event,tix_update_session}'::text[]) f;
SELECT throws_ok(format('SELECT tix_close_venue(venue_id) FROM events WHERE event_id = %L',
    :'event'), 'TX010', NULL, 'a venue with a sale is not closed');
SELECT is((SELECT array_agg(venue_id) FROM tix_search_venues('OPE ' || left(:'key', 8))),
    ARRAY[:'opera'::uuid], 'venues are found by the beginnings of words, whatever their case');
SELECT is_empty(format('SELECT FROM tix_search_venues(%L)', 'pera ' || left(:'key', 8)),
    'not by what is inside');
SELECT lives_ok(format('SELECT tix_close_venue(%L)', :'opera'), 'another is closed');
SELECT is_empty(format('SELECT FROM tix_search_venues(%L)', 'Opera ' || left(:'key', 8)),
    'then it is found no more');
SELECT lives_ok(format('SELECT FROM tix_search_venues(%L)', w), 'searching for ' || w)
FROM unnest(ARRAY['', ''' | !&():*', '; DROP', '\']) w;
SELECT throws_ok(format('SELECT FROM %s(%L)', f, repeat('é', 101)), '22023', NULL,
    f || ' refuses 202 bytes') FROM unnest('{tix_search_venues,tix_search_events}'::text[]) f;

-- Events and sessions.
SELECT tix_update_event(:'event', 'Gala ' || :'key', 'a night');
SELECT is((SELECT name || description FROM events WHERE event_id = :'event'),
    'Gala ' || :'key' || 'a night', 'an event is renamed');
SELECT throws_ok(format('SELECT tix_update_event(%L, %L)', :'event', ' '), '22023', NULL,
    'not to nothing');
SELECT tix_update_venue(venue_id, time_zone => 'Europe/Berlin') FROM events
WHERE event_id = :'event';
SELECT tix_update_session(:'session', '2030-07-01 18:00+00', sale_ends => '2030-01-01 12:00+00');
SELECT results_eq(format('SELECT start_local, end_local, sale_end_local, time_zone
    FROM tix_list_sessions(only_event => %L)', :'event'), $$VALUES ('2030-07-01T20:00:00+02:00',
    '2030-07-01T23:00:00+02:00', '2030-01-01T13:00:00+01:00', 'Europe/Berlin')$$,
    'times are shown as clocks at the venue show them, summer and winter');
SELECT is(local_time('2030-01-01 00:00+00', 'America/St_Johns'), '2029-12-31T20:30:00-03:30',
    'also where they differ by half an hour, to the west');
SELECT is((SELECT sale_until FROM session_rules WHERE session_id = :'session'),
    '2030-01-01 12:00+00', 'the engine learns of a sale that moves');
SELECT throws_ok(format('SELECT tix_update_session(%L, %s)', :'session', a), '22023', NULL,
    'a session cannot be so: ' || a) FROM unnest(ARRAY['ends => ''2030-07-01 18:00+00''',
    '''infinity''', 'sale_starts => ''2031-01-01''', 'sale_ends => ''-infinity''']) a;
SELECT is((SELECT next_start FROM tix_search_events('gala ' || left(:'key', 8))),
    '2030-07-01T20:00:00+02:00', 'events are found, with their next start');
SELECT is((SELECT count(*) FROM tix_search_events('gala', only_venue => :'opera')), 0::bigint,
    'at their venue');
SELECT tix_create_session(:'event', :'map', '2030-07-02 18:00+00') AS next \gset
SELECT * FROM tix_open_session(:'next') \g /dev/null
SELECT is((SELECT array_agg(session_id) FROM tix_list_sessions(only_event => :'event',
    after => :'session', max_rows => 1)), ARRAY[:'next'::uuid], 'the next page begins behind');
SELECT is((SELECT count(*) FROM tix_list_sessions('2030-07-01 18:00+00', '2030-07-02 18:00+00',
    :'event')), 1::bigint, 'a stretch of time has its beginning and not its end');
SELECT is_empty(format('SELECT FROM tix_list_sessions(only_event => %L,
    after => gen_random_uuid())', :'event'), 'behind nothing is nothing');
SELECT throws_ok(format('SELECT FROM %s(max_rows => %L)', f, n), '22023', NULL,
    format('%s refuses %s rows', f, coalesce(n::text, 'NULL')))
FROM unnest('{tix_search_venues,tix_search_events,tix_list_sessions}'::text[]) f,
     unnest('{0,101,NULL}'::int[]) n;

-- The next map of the hall: without A-1 and B-9, with C-1, A-2 elsewhere, A-3 of another category.
SELECT m.seat_map_id AS wider FROM tix_import_begin('Hall ' || :'plan', 'wider', 1, 1, 'wider',
    NULL) m \gset
INSERT INTO seat_map_seats
SELECT :'wider', row_number() OVER (ORDER BY s.area_id, s.ordinal) - 1, s.seat_id, s.area_id,
       s.area_name, s.row_label, s.seat_number, s."position", s.x, s.y + (s.seat_id = 'A-2')::int,
       CASE s.seat_id WHEN 'A-3' THEN 'best' ELSE s.category END, s.accessible
FROM (SELECT * FROM seat_map_seats WHERE seat_map_id = :'map'
      AND seat_id NOT IN ('A-1', 'B-9')
      UNION ALL SELECT :'map', 99, 'C-1', 'C', 'C', '1', '1', 1, 1, 1, 'std', false) s;
SELECT tix_import_finish(:'wider') \g /dev/null
SELECT results_eq(format('SELECT change, seat_id FROM tix_seat_map_diff(%L, %L)', :'map', :'wider'),
    $$VALUES ('added', 'C-1'), ('changed', 'A-3'), ('moved', 'A-2'), ('removed', 'A-1'),
    ('removed', 'B-9')$$, 'two maps are compared seat by seat');
SELECT results_eq(format('SELECT was->>%L, becomes->>%1$L FROM tix_seat_map_diff(%L, %L)
    WHERE seat_id = ''A-3''', 'category', :'map', :'wider'), $$VALUES ('std', 'best')$$,
    'with what was and what becomes');
SELECT is_empty(format('SELECT FROM tix_seat_map_diff(%L, %1$L)', :'map'), 'a map is as itself');
SELECT throws_ok(format('SELECT FROM tix_seat_map_diff(%L, %L)', :'map', n), 'P0002', NULL,
    'no map: ' || coalesce(n, 'NULL')) FROM unnest(ARRAY[NULL, gen_random_uuid()::text]) n;

-- An edit that would lose a seat.
SELECT pg_temp.hold(:'session', 'A-1 A-4', :'ann') AS lost,
       pg_temp.hold(:'session', 'A-2 A-3 B-5', :'bob', '10 min') AS kept \gset
SELECT pg_temp.paid(:'session', 'B-9 B-8', :'ann') AS o \gset
SELECT results_eq(format('SELECT * FROM tix_apply_seat_map(%L, %L)', :'session', :'wider'),
    $$VALUES (false, 'A-1', 'held'), (false, 'B-9', 'sold')$$, 'names the seats in its way');
SELECT is((SELECT seat_map_id FROM sessions WHERE session_id = :'session'), :'map'::uuid,
    'and changes nothing');
SELECT ok((tix_lock_get(:lost, :'ann')).ok, 'nor ends a hold');
SELECT tix_release_seats(:lost, :'ann') \g /dev/null
SELECT tix_cancel_ticket(ticket_id, :'ann') FROM tickets
WHERE order_id = :'o' AND seat_id = 'B-9' \g /dev/null
SELECT tix_block_seats(:'session', '{A-1}', 'house', 'x') \g /dev/null
SELECT results_eq(format('SELECT seat_id, state FROM tix_apply_seat_map(%L, %L)', :'session',
    :'wider'), $$VALUES ('A-1', 'blocked')$$, 'a blocked seat is in its way, too');
SELECT tix_unblock_seats(:'session', '{A-1}') \g /dev/null

-- An edit that is undone, and one that is not.
SELECT expires_at AS deadline FROM tix_lock_get(:kept, :'bob') \gset
BEGIN;
SELECT is((SELECT applied FROM tix_apply_seat_map(:'session', :'wider')), true, 'an edit');
ROLLBACK;
SELECT tix_load_session(:'session') \g /dev/null
SELECT is(pg_temp.state(:'session', 'A-1') || (tix_lock_get(:kept, :'bob')).ok, 'freetrue',
    'that is rolled back leaves all as it was');
SELECT is((SELECT applied FROM tix_apply_seat_map(:'session', :'wider')), true,
    'seats that nobody has may go');
SELECT tix_load_session(:'session') \g /dev/null
SELECT is((SELECT array_agg(seat_id ORDER BY ordinal) FROM tix_seats(:'session')),
    '{A-2,A-3,A-4,A-5,A-6,A-7,A-8,A-9,B-1,B-2,B-3,B-4,B-5,B-6,B-7,B-8,C-1}',
    'the session has the seats of the new map');
SELECT is((SELECT array_agg(s ORDER BY s) FROM tix_lock_get(:kept, :'bob') l, unnest(l.seats) s),
    '{A-2,A-3,B-5}', 'a hold keeps its token and its seats, wherever they are now');
SELECT ok((SELECT abs(extract(epoch FROM expires_at - :'deadline'::timestamptz)) < 0.01
    FROM tix_lock_get(:kept, :'bob')), 'and its deadline');
SELECT is(pg_temp.state(:'session', 'B-8'), 'sold', 'what was sold is sold');
SELECT is((SELECT ok FROM tix_lock_seat(:'session', 'C-1', :'ann')), true,
    'the new seat is for sale');
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-1', :'ann')), 'unknown_seat',
    'the old one is not');
SELECT lives_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :kept, :'bob'),
    'the hold buys its seats') FROM tix_set_price(:'event', '{best}', 3000, 'EUR');
SELECT results_eq(format('SELECT added, removed, moved, changed, open_xid IS NULL
    FROM seat_map_edits WHERE session_id = %L', :'session'), 'VALUES (1, 2, 1, 1, true)',
    'the edit is written down');
SELECT throws_ok(format('DELETE FROM seats WHERE session_id = %L', :'session'), '55000', NULL,
    'by hand seats still do not change');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'memory agrees with the tables');
SELECT is_empty('SELECT * FROM tix_arena_audit()', 'and with itself');

-- Bad input, and who may.
SELECT throws_ok(format('SELECT FROM tix_apply_seat_map(%s, %s)', s, m), 'P0002', NULL,
    format('no edit of %s by %s', left(s, 6), left(m, 6)))
FROM (VALUES ('NULL', quote_literal(:'map')), ('gen_random_uuid()', quote_literal(:'map')),
      (quote_literal(:'session'), 'NULL'), (quote_literal(:'session'), 'gen_random_uuid()'))
    v (s, m);
BEGIN;
UPDATE sessions SET status = 'cancelled' WHERE session_id = :'next';
SELECT throws_ok(format('SELECT FROM tix_apply_seat_map(%L, %L)', :'next', :'wider'), 'TX010',
    NULL, 'nor of a cancelled session');
ROLLBACK;
SELECT is((SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p
    WHERE p.pronamespace = 'tix'::regnamespace AND p.proname ~ 'venue|seat_map|search|list_sess'
      AND p.proname !~ '_as$'  -- what ends so asks who the actor is
      AND has_function_privilege('tix_gateway', p.oid, 'EXECUTE')),
    'tix_get_venue tix_list_sessions tix_list_venues tix_search_events tix_search_venues '
    'tix_seat_map', 'buyers read, and edit nothing');
SELECT * FROM finish();
