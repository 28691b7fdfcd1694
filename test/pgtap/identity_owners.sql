-- Whose is what: what an organizer or an admin may do is asked of the database, function by
-- function; to everybody else the thing does not exist, and nothing changes.
\ir fixture.psql
SELECT plan(417);
CREATE TEMP TABLE who (name text PRIMARY KEY, id uuid);
INSERT INTO who SELECT w.name, tix_register_user(w.name || :'plan' || '@example.org', '$x')
FROM unnest('{ora,otto,ada,boxer,gary,bea,sue}'::text[]) w (name);
INSERT INTO who VALUES ('stranger', gen_random_uuid()), ('nobody', NULL);
UPDATE users u SET role = CASE w.name WHEN 'ada' THEN 'admin' WHEN 'boxer' THEN 'box_office'
    WHEN 'gary' THEN 'gate' WHEN 'bea' THEN 'buyer' ELSE 'organizer' END
FROM who w WHERE w.id = u.user_id;
UPDATE users SET status = 'suspended' WHERE user_id = (SELECT id FROM who WHERE name = 'sue');
-- The hall and its event are Ora's; sue was a partner, who is suspended.
UPDATE events SET organizer_id = (SELECT id FROM who WHERE name = 'ora') WHERE event_id = :'event';
UPDATE venues SET organizer_id = (SELECT id FROM who WHERE name = 'ora')
WHERE venue_id = (SELECT venue_id FROM events WHERE event_id = :'event');
SELECT venue_id AS venue FROM events WHERE event_id = :'event' \gset
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS draft,
       tix_set_tariff(:'event', 'child', permille => 500) AS tariff,
       tix_set_charge(:'event', 'fee', 'desk', 100, 'EUR') AS charge,
       tix_add_gate(:'venue', 'North') AS gate,
       (tix_create_webhook('https://h.example.org/' || :'plan', '{order.*}')).endpoint_id AS hook,
       tix_create_event('Other', :'map') AS other \gset
SELECT tix_set_price(:'other', NULL, 100, 'EUR') AS other_price \gset
SELECT tix_open_waitlist(:'session') AS opened \gset

-- Each call, with $1 for the actor; owner: ora or admins may, else admins alone.
CREATE TEMP TABLE calls (call text, owner boolean);
INSERT INTO calls SELECT format(c.call, variadic c.args), c.owner FROM (VALUES
    ('tix_pause_as($1, %L, ''storm'')', ARRAY[:'session'], true),
    ('tix_emergency_stop_as($1, %L, ''fire'')', ARRAY[:'session'], true),
    ('tix_resume_as($1, %L)', ARRAY[:'session'], true),
    ('tix_block_seats_as($1, %L, ''{A-9}'')', ARRAY[:'session'], true),
    ('tix_unblock_seats_as($1, %L, ''{A-9}'')', ARRAY[:'session'], true),
    ('tix_set_channel_as($1, %L, ''secret'', ''{A-8}'')', ARRAY[:'session'], true),
    ('tix_set_limit_as($1, %L, ''user'', 4)', ARRAY[:'session'], true),
    ('tix_force_release_as($1, %L, ''{A-7}'', ''asked'')', ARRAY[:'session'], true),
    ('tix_load_session_as($1, %L)', ARRAY[:'session'], true),
    ('tix_apply_seat_map_as($1, %L, %L)', ARRAY[:'draft', :'map'], true),
    ('tix_open_waitlist_as($1, %L)', ARRAY[:'session'], true),
    ('tix_close_waitlist_as($1, %L)', ARRAY[:'session'], true),
    ('tix_get_session_as($1, %L)', ARRAY[:'draft'], true),
    ('tix_update_session_as($1, %L, now() + interval ''9 days'')', ARRAY[:'draft'], true),
    ('tix_update_venue_as($1, %L, time_zone => ''Asia/Taipei'')', ARRAY[:'venue'], true),
    ('tix_upload_seat_map_as($1, %L, ''p'', 1, 1, gen_random_uuid()::text, ''{}'', ''{Z-1}'', '
     '''{Z}'', ''{Z}'', ''{1}'', ''{1}'', ''{1}'', ''{0}'', ''{0}'', ''{std}'', ''{f}'')',
     ARRAY[:'venue'], true),
    ('tix_seat_map_diff_as($1, %1$L, %1$L)', ARRAY[:'map'], true),
    ('tix_create_event_as($1, ''Gala'', %L)', ARRAY[:'map'], true),
    ('tix_update_event_as($1, %L, ''Gala night'')', ARRAY[:'event'], true),
    ('tix_create_session_as($1, %L, %L, now() + interval ''1 day'')', ARRAY[:'event', :'map'],
     true),
    ('tix_set_price_as($1, %L, 1500, ''EUR'', ''{std}'')', ARRAY[:'event'], true),
    ('tix_set_tariff_as($1, %L, ''senior'', permille => 700)', ARRAY[:'event'], true),
    ('tix_drop_tariff_as($1, %L, %L)', ARRAY[:'event', :'tariff'], true),
    ('tix_set_charge_as($1, %L, ''tax'', ''vat'', permille => 190)', ARRAY[:'event'], true),
    ('tix_drop_charge_as($1, %L, %L)', ARRAY[:'event', :'charge'], true),
    ('tix_set_promotion_as($1, %L, ''TEN'', ''EUR'', 1000)', ARRAY[:'event'], true),
    ('tix_list_promotions_as($1, %L)', ARRAY[:'event'], true),
    ('tix_set_cancellation_terms_as($1, %L, ''1 day'')', ARRAY[:'event'], true),
    ('tix_get_event_as($1, %L)', ARRAY[:'event'], true),
    ('tix_add_gate_as($1, %L, ''South'')', ARRAY[:'venue'], true),
    ('tix_list_gates_as($1, %L)', ARRAY[:'venue'], true),
    ('tix_set_entry_rule_as($1, %L, %L)', ARRAY[:'gate', :'session'], true),
    ('tix_remove_entry_rule_as($1, %L, %L)', ARRAY[:'gate', :'session'], true),
    ('tix_close_gate_as($1, %L)', ARRAY[:'gate'], true),
    ('tix_list_webhooks_as($1)', '{}', false),
    ('tix_create_webhook_as($1, ''https://h.example.org/x'', ''{*}'')', '{}', false),
    ('tix_update_webhook_as($1, %L, enabled => false)', ARRAY[:'hook'], false),
    ('tix_rotate_webhook_secret_as($1, %L)', ARRAY[:'hook'], false),
    ('tix_list_webhook_deliveries_as($1, %L)', ARRAY[:'hook'], false),
    ('tix_delete_webhook_as($1, %L)', ARRAY[:'hook'], false),
    ('tix_list_acts_as($1)', '{}', false),
    ('tix_list_users_as($1)', '{}', false),
    ('tix_set_user_role_as($1, %L, ''gate'')', ARRAY[(SELECT id::text FROM who
        WHERE name = 'bea')], false),
    ('tix_set_user_status_as($1, %L, ''suspended'', ''asked'')', ARRAY[(SELECT id::text FROM who
        WHERE name = 'bea')], false)) c (call, args, owner);

-- All that a stranger could have changed.
CREATE FUNCTION pg_temp.picture() RETURNS text LANGUAGE sql AS $$
    SELECT md5(concat((SELECT string_agg(v::text, '' ORDER BY v.venue_id) FROM tix.venues v),
        (SELECT string_agg(e::text, '' ORDER BY e.event_id) FROM tix.events e),
        (SELECT string_agg(s::text, '' ORDER BY s.session_id) FROM tix.sessions s),
        (SELECT string_agg(r::text, '' ORDER BY r.session_id) FROM tix.session_rules r),
        (SELECT count(*) FROM tix.seat_maps), (SELECT count(*) FROM tix.gates),
        (SELECT string_agg(p::text, '' ORDER BY p.category_id) FROM tix.price_categories p),
        (SELECT string_agg(w::text, '' ORDER BY w.endpoint_id) FROM tix.webhook_endpoints w),
        (SELECT string_agg(u::text, '' ORDER BY u.user_id) FROM tix.users u),
        (SELECT string_agg(w::text, '' ORDER BY w.session_id) FROM tix.waitlists w),
        (SELECT count(*) FROM tix.tariffs), (SELECT count(*) FROM tix.charge_rules),
        (SELECT count(*) FROM tix.promotions), (SELECT count(*) FROM tix.entry_rules),
        (SELECT count(*) FROM tix.audit_log), (SELECT count(*) FROM tix.seat_blocks)))
$$;
SELECT pg_temp.picture() AS before \gset
SELECT throws_ok('SELECT ' || replace(c.call, '$1', coalesce(quote_literal(w.id), 'NULL')),
    'P0002', NULL, w.name || ' may not: ' || split_part(c.call, '(', 1))
FROM calls c CROSS JOIN who w
WHERE w.name <> 'ada' AND (w.name <> 'ora' OR NOT c.owner) ORDER BY c.call, w.name;
SELECT is(pg_temp.picture(), :'before', 'and nothing has changed');

-- Who may, may; and each act leaves its row with the user who did it.
CREATE FUNCTION pg_temp.acts_of(who uuid) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM tix.audit_log WHERE detail->>'actor' = who::text $$;
CREATE FUNCTION pg_temp.did(call text, who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE before bigint := pg_temp.acts_of(who);
BEGIN
    EXECUTE 'SELECT * FROM tix.' || replace(call, '$1', quote_literal(who));
    RETURN CASE WHEN call ~ '^tix_(get|list)|^tix_seat_map_diff' THEN 'read'
                WHEN pg_temp.acts_of(who) > before THEN 'done and noted' ELSE 'not noted' END;
END $$;
SELECT is(pg_temp.did(c.call, w.id), CASE WHEN c.call ~ '^tix_(get|list)|^tix_seat_map_diff'
    THEN 'read' ELSE 'done and noted' END, w.name || ': ' || split_part(c.call, '(', 1))
FROM calls c JOIN who w ON w.name = CASE WHEN c.owner THEN 'ora' ELSE 'ada' END;
SELECT lives_ok('SELECT ' || replace(c.call, '$1', quote_literal(w.id)),
    'an admin: ' || split_part(c.call, '(', 1))
FROM calls c JOIN who w ON w.name = 'ada'
WHERE c.owner AND c.call !~ '^tix_drop|^tix_close_waitlist';
SELECT id AS ora FROM who WHERE name = 'ora' \gset
SELECT id AS otto FROM who WHERE name = 'otto' \gset
SELECT id AS ada FROM who WHERE name = 'ada' \gset

-- What belongs to another event or venue is not reached through one's own.
SELECT throws_ok(format('SELECT tix_set_quota_as(%L, %L, %L, 1)', :'ora', :'event',
    :'other_price'), 'P0002', NULL, 'a price category is of its event');
SELECT is(tix_drop_tariff_as(:'ora', :'event', tix_set_tariff(:'other', 'child', permille => 1)),
    false, 'a tariff is of its event');
SELECT is(tix_drop_charge_as(:'ora', :'event', tix_set_charge(:'other', 'fee', 'x', 1, 'EUR')),
    false, 'so is a charge');
SELECT throws_ok(format('SELECT tix_create_event_as(%L, ''X'', %L, NULL, %L)', :'ora', :'map',
    :'otto'), 'P0002', NULL, 'an organizer makes no event for another');
SELECT lives_ok(format('SELECT tix_create_event_as(%L, ''X'', %L, NULL, %L)', :'ada', :'map',
    :'otto'), 'an admin does');
SELECT throws_ok(format('SELECT tix_create_event_as(%L, ''X'', %L, NULL, %L)', :'ada', :'map',
    gen_random_uuid()), 'P0002', NULL, 'of those there are');

-- Venues: an organizer's own, and the house's.
SELECT tix_create_venue_as(:'otto', 'Otto''s ' || :'plan') AS ottos,
       tix_create_venue_as(:'ada', 'House ' || :'plan') AS house \gset
SELECT is((SELECT organizer_id FROM venues WHERE venue_id = :'ottos'), :'otto'::uuid,
    'what an organizer makes is theirs');
SELECT is((SELECT organizer_id FROM venues WHERE venue_id = :'house'), NULL,
    'what an admin makes is the house''s');
SELECT seat_map_id AS house_map FROM tix_upload_seat_map_as(:'ada', :'house', 'p', 10, 10,
    :'plan', '{}', '{a,b}', '{A,A}', '{A,A}', '{1,1}', '{1,2}', '{1,2}', '{0,1}', '{0,0}',
    '{std,std}', '{f,f}') \gset
SELECT lives_ok(format('SELECT tix_create_event_as(%L, ''Guest'', %L)', who, :'house_map'),
    'any organizer holds events at the house') FROM unnest(ARRAY[:'ora', :'otto']) who;
SELECT throws_ok(format('SELECT tix_update_venue_as(%L, %L, ''Mine'')', :'ora', :'house'),
    'P0002', NULL, 'and changes nothing there');
SELECT throws_ok(format('SELECT tix_create_venue_as(%L, ''V'')', :'ann'), 'P0002', NULL,
    'a buyer makes no venue');
SELECT results_eq(format('SELECT existing, seats FROM tix_upload_seat_map_as(%L, %L, ''p'', 10, '
    '10, %L, ''{}'', ''{a,b}'', ''{A,A}'', ''{A,A}'', ''{1,1}'', ''{1,2}'', ''{1,2}'', ''{0,1}'','
    ' ''{0,0}'', ''{std,std}'', ''{f,f}'')', :'ada', :'house', :'plan'), 'VALUES (true, 2)',
    'a plan is imported once');
SELECT throws_ok(format('SELECT tix_upload_seat_map_as(%L, %L, ''p'', 10, 10, %L, ''{}'', '
    '''{a,b,c}'', ''{A,B,A}'', ''{A,B,A}'', ''{1,1,1}'', ''{1,1,2}'', ''{1,1,2}'', ''{0,1,2}'', '
    '''{0,0,0}'', ''{s,s,s}'', ''{f,f,f}'')', :'ada', :'house', 'bad' || :'plan'), '22023', NULL,
    'seats that are not in their order are refused');

-- A key repeats an answer, not an act.
SELECT event_id AS gala, replayed AS again
FROM tix_create_event_as(:'ora', 'Gala', :'house_map', idempotency_key => 'k1') \gset
SELECT results_eq(format('SELECT * FROM tix_create_event_as(%L, ''Gala'', %L, idempotency_key => '
    '''k1'')', :'ora', :'house_map'), format('VALUES (%L::uuid, true)', :'gala'),
    'the same key gives the same event');
SELECT throws_ok(format('SELECT tix_create_event_as(%L, ''Ball'', %L, idempotency_key => ''k1'')',
    :'ora', :'house_map'), 'TX009', NULL, 'not for another request');
SELECT session_id AS evening FROM tix_create_session_as(:'ora', :'gala', :'house_map',
    '2031-01-01 20:00+00', idempotency_key => 'k1') \gset
SELECT results_eq(format('SELECT * FROM tix_create_session_as(%L, %L, %L, ''2031-01-01 20:00+00'','
    ' idempotency_key => ''k1'')', :'ora', :'gala', :'house_map'),
    format('VALUES (%L::uuid, true)', :'evening'), 'nor makes it a second session');
SELECT throws_ok(format('SELECT tix_create_session_as(%L, %L, %L, %s)', :'ora', :'gala',
    :'house_map', times), '22023', NULL, 'no such times: ' || times)
FROM unnest(ARRAY['NULL', '''infinity''', 'now(), now() - interval ''1 s''',
    'now(), NULL, now(), now()']) times;
SELECT is((SELECT array_agg(name ORDER BY name) FROM tix_list_events_as(:'otto') l
    CROSS JOIN jsonb_to_record(l.document) d (name text)), '{Guest,X}',
    'an organizer''s list has their events only');
SELECT ok((SELECT count(*) > 3 FROM tix_list_events_as(:'ada')), 'an admin''s has all');
SELECT * FROM finish();
