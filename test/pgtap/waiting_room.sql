-- Steering a waiting room: an admin or the organizer of the event may, nobody else sees it, and
-- every act is written down.
\ir fixture.psql
SELECT plan(38);
INSERT INTO users (email, role) VALUES ('boss' || :'plan' || '@example.org', 'admin')
RETURNING user_id AS boss \gset
INSERT INTO users (email, role) VALUES ('olga' || :'plan' || '@example.org', 'organizer')
RETURNING user_id AS olga \gset
INSERT INTO users (email, role) VALUES ('oleh' || :'plan' || '@example.org', 'organizer')
RETURNING user_id AS oleh \gset
INSERT INTO users (email, role) VALUES ('gate' || :'plan' || '@example.org', 'box_office')
RETURNING user_id AS office \gset
UPDATE events SET organizer_id = :'olga' WHERE event_id = :'event';
CREATE FUNCTION pg_temp.calls(house text, who text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format(c, house, who) FROM unnest(ARRAY['SELECT tix_open_waiting_room(%L, %L)',
        'SELECT tix_pause_waiting_room(%L, %L)', 'SELECT tix_resume_waiting_room(%L, %L)',
        'SELECT tix_set_waiting_room_rate(%L, %L, 5)',
        'SELECT * FROM tix_waiting_room_report(%L, %L)',
        'SELECT tix_close_waiting_room(%L, %L)']) c $$;

SELECT throws_ok(c, 'P0002', 'session does not exist', 'another organizer may not: ' || c)
FROM pg_temp.calls(:'session', :'oleh') c;
SELECT throws_ok(c, 'P0002', 'session does not exist', 'the box office may not: ' || c)
FROM pg_temp.calls(:'session', :'office') c;
SELECT throws_ok(c, 'P0002', 'session does not exist', 'a buyer may not: ' || c)
FROM pg_temp.calls(:'session', :'ann') c;
SELECT throws_ok(c, 'P0002', 'session does not exist', 'there is no such session: ' || c)
FROM pg_temp.calls(gen_random_uuid()::text, :'boss') c;
SELECT is_empty(format('SELECT FROM queues WHERE session_id = %L', :'session'),
    'no queue came of it');
SELECT is_empty(format('SELECT * FROM tix_waiting_room_report(%L, %L)', :'session', :'olga'),
    'without a waiting room there is nothing to report');

SELECT lives_ok(format('SELECT tix_open_waiting_room(%L, %L, ''random'', 7, 20, NULL, ''30 s'',
    ''10 min'', 1000, 50)', :'session', :'olga'), 'the organizer opens one');
SELECT is((SELECT concat_ws(' ', mode, rate, max_active, grace, admission_ttl, max_length,
                            target_p99_ms) FROM queues WHERE session_id = :'session'),
    'random 7 20 00:00:30 00:10:00 1000 50', 'as it was told');
SELECT throws_ok(format('SELECT tix_open_waiting_room(%L, %L)', :'session', :'boss'), 'TX010', NULL,
    'a session has one at a time');
SELECT tix_join_queue(:'session', :'ann') \g /dev/null
SELECT tix_pause_waiting_room(:'session', :'olga') \g /dev/null
SELECT tix_set_waiting_room_rate(:'session', :'boss', 9) \g /dev/null
SELECT is((SELECT concat_ws(' ', state, mode, joined, depth, serving, active, rate, eta_s IS NULL)
           FROM tix_waiting_room_report(:'session', :'boss')), 'paused random 1 1 0 0 9 t',
    'the report says so; who is paused is told no time');
SELECT tix_resume_waiting_room(:'session', :'boss') \g /dev/null
SELECT is((SELECT state || (eta_s > 0) FROM tix_waiting_room_report(:'session', :'olga')),
    'opentrue', 'going on, it has one');
SELECT throws_ok(format('SELECT tix_set_waiting_room_rate(%L, %L, 0)', :'session', :'olga'),
    '22023', NULL, 'bounds are kept');
SELECT tix_close_waiting_room(:'session', :'olga') \g /dev/null
SELECT is((SELECT state FROM tix_waiting_room_report(:'session', :'olga')), 'closed',
    'what is closed can be looked at for a day');
SELECT throws_ok(format('SELECT tix_close_waiting_room(%L, %L)', :'session', :'olga'), 'P0002',
    'session has no waiting room', 'once');
SELECT is((SELECT array_agg(act || CASE detail->>'actor' WHEN :'olga' THEN ' olga' ELSE ' boss' END
                            ORDER BY audit_id)
           FROM audit_log WHERE detail->>'subject' = :'session'),
    '{open waiting room olga,pause waiting room olga,set waiting room rate boss,
      resume waiting room boss,close waiting room olga}',
    'every act is in the log, with its actor');
SELECT tix_open_waiting_room(:'session', :'boss') \g /dev/null
SELECT is((SELECT concat_ws(' ', mode, rate, max_active, grace, admission_ttl, max_length,
                            target_p99_ms) FROM queues
           WHERE session_id = :'session' AND state = 'open'),
    (SELECT 'fifo 10 500 00:02:00 00:15:00 1000000 100'),
    'what is not said is as in tix_open_queue()');
UPDATE users SET status = 'suspended' WHERE user_id = :'olga';
SELECT throws_ok(format('SELECT tix_close_waiting_room(%L, %L)', :'session', :'olga'), 'P0002',
    'session does not exist', 'who is suspended may no more');
SELECT tix_close_waiting_room(:'session', :'boss') \g /dev/null
SELECT is((SELECT count(*) FROM audit_log WHERE act = 'close waiting room'
           AND detail->>'subject' = :'session'), 2::bigint, 'a refusal is no act');
SELECT * FROM finish();
