-- Waiting room: whatever is asked of it wrongly is refused with a code and a hint, and changes
-- nothing.
\ir fixture.psql
SELECT plan(63);
CREATE FUNCTION pg_temp.refused(call text, code text, why text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    said text;
    tip text;
    before text;
    story CONSTANT text := $q$SELECT md5(string_agg(x, '')) FROM (
        SELECT q::text AS x FROM tix.queues q UNION ALL SELECT e::text FROM tix.queue_entries e
        UNION ALL SELECT a::text FROM tix.queue_admissions a
        UNION ALL SELECT r::text FROM tix.session_rules r ORDER BY 1) s$q$;
    after text;
BEGIN
    EXECUTE story INTO before;
    BEGIN
        EXECUTE call;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS said = RETURNED_SQLSTATE, tip = PG_EXCEPTION_HINT;
    END;
    EXECUTE story INTO after;
    RETURN NEXT public.is(concat_ws(' ', said, CASE WHEN tip = '' THEN 'without a hint' END,
        CASE WHEN after <> before THEN 'with a change' END), code, why);
END $$;
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS gone \gset
UPDATE sessions SET status = 'cancelled' WHERE session_id = :'gone';
SELECT pg_temp.refused(format('SELECT tix_open_queue(%L, %s)', :'session', v.args), '22023',
    'open: ' || v.args) FROM (VALUES
    ('NULL'), ('''lifo'''), ('rate => NULL'), ('rate => 0'), ('rate => -1'), ('rate => ''NaN'''),
    ('rate => ''Infinity'''), ('rate => 100001'), ('max_active => NULL'), ('max_active => 0'),
    ('max_active => 1000001'), ('opens_at => ''infinity'''), ('opens_at => ''-infinity'''),
    ('grace => NULL'), ('grace => ''0 s'''), ('grace => ''-1 h'''), ('grace => ''2 h'''),
    ('admission_ttl => NULL'), ('admission_ttl => ''0'''), ('admission_ttl => ''2 days'''),
    ('max_length => NULL'), ('max_length => 0'), ('max_length => 100000001'),
    ('target_p99_ms => NULL'), ('target_p99_ms => 0'), ('target_p99_ms => 60001')) v (args);
SELECT pg_temp.refused('SELECT tix_open_queue(NULL)', 'P0002', 'open: no session');
SELECT pg_temp.refused('SELECT tix_open_queue(gen_random_uuid())', 'P0002', 'open: unknown');
SELECT pg_temp.refused(format('SELECT tix_open_queue(%L)', :'gone'), 'TX010', 'open: cancelled');
SELECT tix_open_queue(:'session', max_length => 2) AS queue \gset
SELECT token FROM tix_join_queue(:'session', :'ann') \gset
UPDATE queues SET opens_at = opens_at - interval '1 min' WHERE queue_id = :queue;
SELECT tix_queue_step(:'session') AS called \gset
SELECT admission_id AS admission FROM tix_claim_admission(:'token') \gset
SELECT tix_join_queue(:'session', :'bob') AS second \gset
SELECT pg_temp.refused(v.call, v.code, v.why) FROM (VALUES
    (format('SELECT tix_join_queue(NULL, %L)', :'ann'), '22023', 'join: no session'),
    (format('SELECT tix_join_queue(%L, NULL)', :'session'), '22023', 'join: no user'),
    (format('SELECT tix_join_queue(gen_random_uuid(), %L)', :'ann'), 'P0002', 'join: no queue'),
    (format('SELECT tix_join_queue(%L, gen_random_uuid())', :'session'), 'TX005', 'join: full'),
    (format('SELECT tix_use_admission(NULL, %L, %L)', :'ann', :'admission'), '22023',
     'use: no session'),
    (format('SELECT tix_use_admission(%L, NULL, %L)', :'session', :'admission'), '22023',
     'use: no user'),
    (format('SELECT tix_use_admission(%L, %L, %L)', :'session', :'bob', :'admission'), 'TX011',
     'use: another''s'),
    (format('SELECT tix_use_admission(%L, %L, NULL)', :'session', :'ann'), 'TX011', 'use: none'),
    (format('SELECT tix_end_admission(%L, %L, NULL)', :'admission', :'ann'), '22023',
     'end: not said how'),
    (format('SELECT tix_end_admission(%L, %L, ''won'')', :'admission', :'ann'), '22023',
     'end: a foreign word'),
    (format('SELECT tix_queue_report(%L, NULL)', :'session'), '22023', 'report: nothing'),
    (format('SELECT tix_queue_report(%L, -1)', :'session'), '22023', 'report: negative'),
    (format('SELECT tix_set_queue_rate(%L, NULL)', :'session'), '22023', 'rate: none'),
    (format('SELECT tix_set_queue_rate(%L, 0)', :'session'), '22023', 'rate: zero'),
    (format('SELECT tix_set_queue_rate(%L, 1, 0)', :'session'), '22023', 'rate: nobody active'),
    ('SELECT tix_set_queue_rate(gen_random_uuid(), 1)', 'P0002', 'rate: no queue'),
    ('SELECT tix_set_queue_rate(NULL, 1)', 'P0002', 'rate: no session'),
    ('SELECT tix_prune_queues(0)', '22023', 'prune: nothing'),
    ('SELECT tix_prune_queues(1, ''-1 day'')', '22023', 'prune: what is to come'),
    ('SELECT tix_prune_queues(NULL)', '22023', 'prune: NULL'),
    (format('SELECT tix_pass_queue(%L, u) FROM (SELECT gen_random_uuid() u
             FROM generate_series(1, 65)) x', :'session'), 'TX005', 'pass: 65 users')
    ) v (call, code, why);
SELECT 'TQ2.' || translate(encode(set_byte(b, 13, get_byte(b, 13) + 1), 'base64'), '+/', '-_')
    AS stranger FROM decode(translate(substr(:'token', 5), '-_', '+/'), 'base64') b \gset
SELECT pg_temp.refused(format('SELECT %s(%L)', f, v.token), 'TX011', f || ': ' || v.why)
FROM unnest('{tix_claim_admission,tix_queue_position}'::text[]) f, (VALUES
    (NULL, 'no token'), ('', 'an empty one'), (repeat('x', 10000000), 'ten megabytes'),
    (left(:'token', -1), 'a short one'),
    (overlay(:'token' PLACING translate(substr(:'token', 20, 1), 'AQgw', 'BRhx') || '!' FROM 20),
     'a foreign character'),
    (:'stranger', 'another''s number'))
    v (token, why);
SELECT ok(NOT tix_end_admission(NULL, :'ann'), 'ending nothing ends nothing');
SELECT * FROM finish();
