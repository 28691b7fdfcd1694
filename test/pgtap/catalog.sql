-- Catalog: import is strict about order, sessions copy seats, opened seats never change.
\ir fixture.psql
SELECT plan(23);
SELECT is(:'seat_count'::text, '18', 'import counts the seats');
SELECT is(:'known'::text, 'f', 'a new plan is not known');
SELECT results_eq(
    format('SELECT * FROM tix_import_begin(%L, %L, 1, 1, %L, NULL)', 'Hall ' || :'plan', 'again',
           :'plan'),
    format('VALUES (%L::uuid, true)', :'map'), 'the same plan again is known');
SELECT seat_map_id AS next FROM tix_import_begin('Hall ' || :'plan', 'next', 1, 1, 'other', NULL)
\gset
SELECT is((SELECT version FROM seat_maps WHERE seat_map_id = :'next'), 2,
    'another plan of the venue is the next version');
SELECT throws_ok($$SELECT tix_import_begin(NULL, 'p', 1, 1, 's', NULL)$$, '22023', NULL,
    'a venue needs a name');
SELECT throws_ok($$SELECT tix_import_finish(gen_random_uuid())$$, '22023', NULL,
    'a map without seats is refused');

SELECT seat_map_id AS scattered FROM tix_import_begin('Scattered ' || :'plan', 'p', 1, 1, 's',
    NULL) \gset
INSERT INTO seat_map_seats
SELECT :'scattered', n, 's' || n, CASE n WHEN 1 THEN 'B' ELSE 'A' END, 'A', '1', n::text, n, n, n,
       'std', false
FROM generate_series(0, 2) n;
SELECT throws_like(format('SELECT tix_import_finish(%L)', :'scattered'),
    'seats of area A are not contiguous', 'areas must be contiguous');
UPDATE seat_map_seats SET area_id = 'A', ordinal = ordinal + 10 WHERE seat_map_id = :'scattered';
SELECT throws_ok(format('SELECT tix_import_finish(%L)', :'scattered'), '22023', NULL,
    'ordinals must start at 0 and have no gap');
SELECT throws_ok(format('SELECT tix_create_event(%L, %L)', 'e', :'scattered'), 'P0002', NULL,
    'an unfinished map has no events');
SELECT throws_ok(format('SELECT tix_create_session(%L, gen_random_uuid(), now())', :'event'),
    'P0002', NULL, 'a session needs a map of the event''s venue');
SELECT throws_ok(format('SELECT tix_create_session(%L, %L, now() - interval ''1 day'')', :'event',
    :'map'), '23514', NULL, 'a sale must not end before it starts');
SELECT throws_ok(format('SELECT tix_set_price(%L, NULL, -1, ''EUR'')', :'event'), '23514', NULL,
    'a price is not negative');
SELECT throws_ok(format('SELECT tix_set_price(%L, NULL, 1, ''euro'')', :'event'), '23514', NULL,
    'a currency is an ISO 4217 code');
SELECT is(tix_set_price(:'event', '{std}', 1000, 'EUR'), :'price'::uuid,
    'the same names again replace the price');

SELECT is(:'opened_seats' || '/' || :'opened_areas', '18/2', 'open loads the session');
SELECT results_eq(
    format('SELECT seat_id FROM load_seats(%L)', :'session'),
    format('SELECT seat_id FROM seat_map_seats WHERE seat_map_id = %L ORDER BY ordinal', :'map'),
    'the seat loader keeps the order of the map');
SELECT is_empty('SELECT * FROM load_seats(gen_random_uuid())',
    'the seat loader knows no other session');
SELECT throws_ok('SELECT tix_open_session(gen_random_uuid())', 'P0002', NULL,
    'an unknown session cannot be opened');

SELECT throws_ok(format('UPDATE seats SET category = ''x'' WHERE session_id = %L', :'session'),
    '55000', NULL, 'seats of an opened session cannot be updated');
SELECT throws_ok(format('DELETE FROM seats WHERE session_id = %L', :'session'),
    '55000', NULL, 'seats of an opened session cannot be deleted');
SELECT throws_ok(format('INSERT INTO seats SELECT session_id, 99, ''Z'', area_id, row_label, '
    '''99'', 99, 0, 0, category, false FROM seats WHERE session_id = %L LIMIT 1', :'session'),
    '55000', NULL, 'an opened session gets no more seats');
SELECT throws_ok('TRUNCATE seats', '55000', NULL, 'opened seats cannot be truncated');
SELECT tix_create_session(:'event', :'map', now() + interval '1 day') AS draft \gset
SELECT lives_ok(format('UPDATE seats SET category = ''x'' WHERE session_id = %L', :'draft'),
    'seats of a draft may change');
SELECT * FROM finish();
