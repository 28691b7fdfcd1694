-- Catalog: import is strict about order, sessions copy seats, opened seats never change.
\ir fixture.psql
SELECT plan(45);
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

-- Public reads. The plan's text makes the names sort behind those of other tests.
SELECT results_eq(format('SELECT * FROM tix_get_venue((SELECT venue_id FROM tix_get_event(%L)))',
    :'event'), format($$VALUES (%L::uuid, %L, 18, '[{"name": "Small hall", "version": 1,
    "seatCount": 18, "seatMapId": "%s"}]'::jsonb)$$, (SELECT venue_id FROM events
    WHERE event_id = :'event'), 'Hall ' || :'plan', :'map'),
    'a venue is shown with its finished maps');
SELECT is_empty('SELECT * FROM tix_get_venue(gen_random_uuid())', 'an unknown venue is not');
SELECT is((SELECT sessions->0 #- '{startTime}' #- '{endTime}' #- '{saleStartTime}'
    #- '{saleEndTime}' FROM tix_get_event(:'event')),
    jsonb_build_object('sessionId', :'session', 'status', 'on_sale'),
    'an event is shown with its sessions');
SELECT is((SELECT jsonb_array_length(sessions) FROM tix_get_event(:'event')), 1,
    'but without its drafts');
SELECT is((SELECT (sessions->0->>'startTime')::timestamptz FROM tix_get_event(:'event')),
    (SELECT date_trunc('milliseconds', start_time) FROM sessions WHERE session_id = :'session'),
    'and when they begin');
SELECT ok((SELECT sessions->0->>'saleStartTime' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$'
    FROM tix_get_event(:'event')), 'as RFC 3339 text in UTC');
SELECT is((SELECT prices FROM tix_get_event(:'event')), '[{"categories": ["std"], "areaIds": [],
    "priceAmount": 1000, "priceCurrency": "EUR"}, {"categories": [], "areaIds": ["B"],
    "priceAmount": 2000, "priceCurrency": "EUR"}]'::jsonb, 'and with its prices');
SELECT is((SELECT event_name || ' ' || status || ' ' || capacity || ' ' || seat_map_id
    FROM tix_get_session(:'session')), 'Concert on_sale 18 ' || :'map', 'a session is shown');
SELECT is_empty(format('SELECT * FROM tix_get_session(%L)', :'draft'), 'a draft is not');
SELECT ok(:'session' IN (SELECT tix_open_sessions()) AND :'draft' NOT IN (
    SELECT tix_open_sessions()), 'the sessions on sale can be listed');
SELECT tix_create_event('Concert', :'map') AS hidden \gset
SELECT tix_create_session(:'hidden', :'map', now() + interval '1 day') AS hidden_draft \gset
SELECT is_empty(format('SELECT * FROM tix_get_event(%L)', :'hidden'),
    'nor is an event of drafts only');
CREATE FUNCTION pg_temp.pages(list text, id text, size int) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    page uuid[];
    seen uuid[] := '{}';
BEGIN
    LOOP
        EXECUTE format('SELECT array_agg(%I ORDER BY n) FROM %I($1, $2) WITH ORDINALITY AS '
            't (%I, b, c, d, e, n)', id, list, id) INTO page USING seen[cardinality(seen)], size;
        EXIT WHEN page IS NULL;
        seen := seen || page;
    END LOOP;
    RETURN seen;
END $$;
SELECT is(pg_temp.pages('tix_list_events', 'event_id', 2), ARRAY(SELECT e.event_id FROM events e
    WHERE EXISTS (SELECT FROM sessions s WHERE s.event_id = e.event_id AND s.status <> 'draft')
    ORDER BY e.name, e.event_id), 'pages of events show each event with a sale once');
SELECT is(array_length(pg_temp.pages('tix_list_events', 'event_id', 1), 1),
    (SELECT count(*)::int FROM tix_list_events(max_rows => 100)), 'whatever their size');
SELECT results_eq('SELECT venue_id FROM tix_list_venues(NULL, 1) UNION ALL SELECT venue_id FROM '
    'tix_list_venues((SELECT venue_id FROM tix_list_venues(NULL, 1)), 99)',
    'SELECT venue_id FROM venues WHERE status = ''active'' ORDER BY name LIMIT 100',
    'and so do pages of venues');
SELECT is_empty(format('SELECT * FROM %s(gen_random_uuid())', f), f || ': no rows behind nothing')
FROM unnest('{tix_list_events,tix_list_venues}'::text[]) f;
SELECT throws_ok(format('SELECT * FROM %s(NULL, %L)', f, n), '22023', NULL,
    format('%s refuses %s rows', f, coalesce(n::text, 'NULL')))
FROM unnest('{tix_list_events,tix_list_venues}'::text[]) f, unnest('{0,101,NULL}'::int[]) n;
SELECT * FROM finish();
