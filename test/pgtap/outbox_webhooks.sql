-- Outgoing webhooks: each event is told to each endpoint that wants it until it listens; what is
-- never heard is parked, and its endpoint in the end disabled.
\ir fixture.psql
SELECT plan(92);
UPDATE webhook_endpoints SET enabled = false;
UPDATE webhook_settings SET jitter = 0;
CREATE FUNCTION pg_temp.happens(what text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO tix.events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    VALUES ('order', '00000000-0000-0000-0000-000000000001', 7, $1, '{"orderId": "x"}')
$$;
CREATE FUNCTION pg_temp.due_now(only_one bigint DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    UPDATE tix.webhook_deliveries SET next_try_at = clock_timestamp()
        + CASE WHEN delivery_id <> $1 THEN interval '1 hour' ELSE '-1 s' END
    WHERE status = 'pending'
$$;
-- Claims all that is due; "type attempt" of each.
CREATE FUNCTION pg_temp.claim() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(body::jsonb->>'type' || ' ' || attempt, ', ' ORDER BY delivery_id)
    FROM tix.tix_webhooks_due(1000)
$$;
-- Claims a delivery again and reports what came of it; the answer, and the seconds to the next try.
CREATE FUNCTION pg_temp.try(d bigint, http int, after int DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE n int; answer text;
BEGIN
    PERFORM pg_temp.due_now(d);
    SELECT attempt INTO n FROM tix.tix_webhooks_due(1000) WHERE delivery_id = d;
    IF NOT FOUND THEN RETURN 'not due'; END IF;
    answer := tix.tix_webhook_result(d, n, http, 'detail of ' || n, after);
    RETURN answer || coalesce((SELECT ' ' || ceil(extract(epoch FROM next_try_at
        - clock_timestamp())) FROM tix.webhook_deliveries
        WHERE delivery_id = d AND status = 'pending'), '');
END $$;

-- Endpoints.
SELECT pg_temp.happens('order.before');
SELECT * FROM tix_create_webhook('https://example.org/hook?a=b', '{order.*,ticket.issued}', 'one')
\gset one_
SELECT matches(:'one_secret'::text, '^whsec_[A-Za-z0-9+/]{43}=$', 'a new endpoint has a secret');
SELECT is((SELECT octet_length(decode(substr(:'one_secret', 7), 'base64'))), 32, 'of 32 bytes');
SELECT * FROM tix_create_webhook('http://127.0.0.1:8080', '{*}') \gset all_
SELECT isnt(:'one_secret'::text, :'all_secret', 'of its own');
SELECT results_eq(format('SELECT url, types, description, enabled FROM tix_list_webhooks()
    WHERE endpoint_id = %L', :'one_endpoint_id'), $$VALUES ('https://example.org/hook?a=b',
    '{order.*,ticket.issued}'::text[], 'one', true)$$, 'endpoints are listed');
SELECT is((SELECT count(*) FROM tix_list_webhooks(max_rows => 1)), 1::bigint, 'a page at a time');
SELECT is_empty($$SELECT FROM tix_list_webhooks() w WHERE w::text LIKE '%whsec%'$$,
    'without their secrets');

-- Handing out.
SELECT is(pg_temp.claim(), NULL, 'what happened before an endpoint is none of its business');
BEGIN;
SELECT pg_temp.happens('order.undone');
ROLLBACK;
SELECT pg_temp.happens('order.created') UNION ALL SELECT pg_temp.happens('seat.sold');
SELECT is(pg_temp.claim(), 'order.created 1, order.created 1, seat.sold 1',
    'each endpoint is told of what it wants');
SELECT is(pg_temp.claim(), NULL, 'what is claimed is not due');
SELECT is((SELECT array_agg(DISTINCT type) FROM webhook_deliveries
    WHERE endpoint_id = :'one_endpoint_id'), '{order.created}', 'and of nothing else');
SELECT delivery_id AS d, event_id AS e FROM webhook_deliveries
WHERE endpoint_id = :'one_endpoint_id' \gset
SELECT is((SELECT body::jsonb - 'timestamp' FROM webhook_deliveries WHERE delivery_id = :d),
    jsonb_build_object('type', 'order.created', 'data', jsonb_build_object('orderId', 'x',
    'eventId', :e, 'aggregateType', 'order', 'sequence', 7,
    'aggregateId', '00000000-0000-0000-0000-000000000001')),
    'the body has type, time and data, and the place in its aggregate');
SELECT ok((SELECT (body::jsonb->>'timestamp')::timestamptz BETWEEN now() - interval '1 minute'
    AND clock_timestamp() FROM webhook_deliveries WHERE delivery_id = :d), 'the time is when');

-- Claims and answers.
SELECT pg_temp.due_now();
SELECT results_eq('SELECT delivery_id, attempt, url, event_id, body, secrets
    FROM tix_webhooks_due() ORDER BY delivery_id LIMIT 1', format('SELECT %s::bigint, 2, %L,
    %s::bigint, body, ARRAY[%L] FROM webhook_deliveries WHERE delivery_id = %1$s', :d,
    'https://example.org/hook?a=b', :e, :'one_secret'),
    'a claim has all there is to know, and the secret');
SELECT is((SELECT array_agg(ceil(extract(epoch FROM next_try_at - clock_timestamp())))
    FROM webhook_deliveries WHERE delivery_id = :d), '{300}',
    'without an answer it is due again after the pause');
SELECT is(tix_webhook_result(:d, 1, 200), 'stale', 'the answer to an older attempt is stale');
SELECT is(tix_webhook_result(:d, 3, 200), 'stale', 'and one that nobody was told to make');
SELECT is((SELECT status || attempts FROM webhook_deliveries WHERE delivery_id = :d), 'pending2',
    'they change nothing');
SELECT is(tix_webhook_result(:d, 2, 204, 'fine'), 'delivered', '2xx is delivered');
SELECT is((SELECT status || last_status || last_detail || (ended_at IS NOT NULL)
    FROM webhook_deliveries WHERE delivery_id = :d), 'delivered204finetrue', 'and noted');
SELECT is(tix_webhook_result(:d, 2, 500), 'stale', 'what is delivered stays so');
SELECT is(pg_temp.try(:d, 200), 'not due', 'and is not told again');
SELECT delivery_id AS s FROM webhook_deliveries WHERE type = 'seat.sold' \gset
UPDATE webhook_deliveries SET attempts = 0 WHERE delivery_id = :s;
SELECT is(ARRAY(SELECT pg_temp.try(:s, http) FROM unnest('{500,302,404,NULL,429,199,503,401,
    300}'::int[]) WITH ORDINALITY u (http, n) ORDER BY n), '{pending 5,pending 300,pending 1800,
    pending 7200,pending 18000,pending 36000,pending 50400,pending 72000,pending 86400}',
    'anything else is tried again after the pauses of Standard Webhooks');
SELECT is(pg_temp.try(:s, 500), 'dead', 'the tenth time it is dead');
SELECT is((SELECT status || last_status || last_detail || attempts FROM webhook_deliveries
    WHERE delivery_id = :s), 'dead500detail of 1010', 'with what was said last');
SELECT is(pg_temp.try(:s, 200), 'not due', 'and told no more');
SELECT is((SELECT dead_in_a_row FROM webhook_endpoints
    WHERE endpoint_id = :'all_endpoint_id'), 1, 'its endpoint has one dead');
SELECT lives_ok(format('SELECT tix_webhook_retry(%s)', :s), 'an operator tries it again');
SELECT is(pg_temp.try(:s, 500), 'pending 5', 'from the start');
SELECT is(pg_temp.try(:s, 503, 4000), 'pending 4000', 'Retry-After makes a pause longer');
SELECT is(pg_temp.try(:s, 503, 10), 'pending 1800', 'and not shorter');
SELECT lives_ok(format('SELECT tix_webhook_retry(%s)', :s), 'what waits may be hurried');
SELECT is((SELECT count(*) FROM tix_webhooks_due() WHERE delivery_id = :s AND attempt = 4),
    1::bigint, 'and keeps its attempts');
UPDATE webhook_deliveries SET attempts = 10 WHERE delivery_id = :s;
SELECT is(pg_temp.try(:s, 200), 'not due', 'a last attempt that is never answered');
SELECT is((SELECT status FROM webhook_deliveries WHERE delivery_id = :s), 'dead', 'is dead, too');
UPDATE webhook_settings SET jitter = 0.5;
SELECT ok(bool_and(p BETWEEN '300 s' AND '450 s') AND max(p) - min(p) > '10 s',
    'pauses are longer by a random part') FROM (SELECT webhook_pause(2) AS p
    FROM generate_series(1, 100)) x;
UPDATE webhook_settings SET jitter = 0;

-- Two callers.
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s options=-csearch_path=tix',
                                      :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
SELECT dblink_exec('other', 'SET statement_timeout = 5000') \g /dev/null
SELECT pg_temp.happens('order.two') UNION ALL SELECT pg_temp.happens('order.three');
SELECT count(*) FROM tix_webhooks_due(1) \g /dev/null
SELECT pg_temp.due_now();
BEGIN;
SELECT is((SELECT count(*) FROM tix_webhooks_due(2)), 2::bigint, 'one caller claims');
SELECT pg_temp.happens('order.four');
SELECT is((SELECT n FROM dblink('other', 'SELECT count(*) FROM tix_webhooks_due(1000)')
    AS t (n bigint)), (SELECT count(*) - 2 FROM webhook_deliveries WHERE status = 'pending'),
    'another gets the rest, without waiting');
COMMIT;
SELECT is(pg_temp.claim(), 'order.four 1, order.four 1', 'no event is handed out twice');
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;

-- Secrets.
SELECT tix_rotate_webhook_secret(:'one_endpoint_id') AS fresh \gset
SELECT matches(:'fresh'::text, '^whsec_', 'a secret can be replaced');
SELECT pg_temp.happens('ticket.issued');
SELECT is((SELECT secrets FROM tix_webhooks_due() WHERE url LIKE 'https%'),
    ARRAY[:'fresh', :'one_secret'], 'for a while both sign');
SELECT tix_rotate_webhook_secret(:'one_endpoint_id', '0') AS last \gset
SELECT pg_temp.happens('ticket.issued');
SELECT is((SELECT secrets FROM tix_webhooks_due() WHERE url LIKE 'https%'), ARRAY[:'last'],
    'or the new one alone');
SELECT set_eq($$SELECT proname::text FROM pg_proc
    WHERE pronamespace = 'tix'::regnamespace AND prosrc ~ 'webhook_secrets'$$,
    '{tix_create_webhook,tix_rotate_webhook_secret,tix_webhooks_due}'::text[],
    'no other function touches secrets');

-- Disabled.
UPDATE webhook_deliveries SET status = 'delivered', ended_at = now() WHERE status = 'pending';
UPDATE webhook_settings SET delays = '{1 s}', dead_max = 3;
UPDATE webhook_endpoints SET dead_in_a_row = 0;
SELECT tix_update_webhook(:'all_endpoint_id', types => '{seat.*}');
SELECT pg_temp.happens('order.n' || chr(96 + n)) FROM generate_series(1, 4) n;
SELECT pg_temp.claim() \g /dev/null
SELECT array_agg(delivery_id ORDER BY delivery_id) AS n FROM webhook_deliveries
WHERE status = 'pending' \gset
SELECT is(ARRAY(SELECT pg_temp.try(d, 500) FROM unnest(:'n'::bigint[]) d),
    '{dead,dead,dead,"not due"}', 'three in a row are dead');
SELECT is((SELECT enabled || disabled_reason FROM tix_list_webhooks()
    WHERE endpoint_id = :'one_endpoint_id'), 'false3 deliveries in a row were given up',
    'then their endpoint is disabled');
SELECT pg_temp.happens('order.meanwhile');
SELECT is(pg_temp.claim(), NULL, 'and told of nothing');
SELECT tix_update_webhook(:'one_endpoint_id', enabled => true);
SELECT is((SELECT enabled::text || dead_in_a_row || coalesce(disabled_reason, '')
    FROM webhook_endpoints WHERE endpoint_id = :'one_endpoint_id'), 'true0',
    'an operator enables it');
SELECT pg_temp.happens('order.later');
SELECT pg_temp.due_now();
SELECT is(pg_temp.claim(), 'order.nd 2, order.later 1',
    'it is told of what waited and what comes, not of what happened meanwhile');
SELECT delivery_id AS g FROM webhook_deliveries WHERE type = 'order.later' \gset
SELECT is(tix_webhook_result(:g, 1, 410), 'dead', '410 Gone ends a delivery at once');
SELECT is((SELECT enabled || disabled_reason FROM tix_list_webhooks()
    WHERE endpoint_id = :'one_endpoint_id'), 'falseit answered 410 Gone', 'and its endpoint');
SELECT tix_update_webhook(:'all_endpoint_id', 'https://b.example', enabled => false);
SELECT is((SELECT url || enabled || disabled_reason FROM tix_list_webhooks()
    WHERE endpoint_id = :'all_endpoint_id'), 'https://b.examplefalseby an operator',
    'an operator may do so, too');
UPDATE webhook_settings SET cursor = '1-1-1';
SELECT tix_update_webhook(:'one_endpoint_id', enabled => true);
SELECT isnt((SELECT cursor FROM webhook_settings), '1-1-1',
    'the first one enabled need not wait for what nobody wanted');
UPDATE webhook_settings SET cursor = '0-1-1';
SELECT lives_ok('SELECT pg_temp.claim()', 'a cursor of another cluster begins again');
SELECT is((SELECT count(*) - count(DISTINCT (endpoint_id, event_id)) FROM webhook_deliveries),
    0::bigint, 'and tells nothing twice');

-- Lists and retention.
SELECT is((SELECT array_agg(DISTINCT status) FROM tix_list_webhook_deliveries(
    :'one_endpoint_id', 'dead')), '{dead}', 'deliveries are listed by status');
SELECT ok((SELECT bool_and(delivery_id < :g) FROM tix_list_webhook_deliveries(
    :'one_endpoint_id', before => :g)), 'page by page');
UPDATE webhook_deliveries SET ended_at = now() - interval '31 days'
WHERE delivery_id IN (:d, :s);
SELECT is(tix_prune_webhooks(1) + tix_prune_webhooks(), 2, 'old ones are forgotten');
SELECT is(tix_prune_webhooks(), 0, 'and no others');
SELECT lives_ok(format('SELECT tix_delete_webhook(%L)', :'one_endpoint_id'),
    'an endpoint is deleted');
SELECT is((SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = :'one_endpoint_id')
    + (SELECT count(*) FROM webhook_secrets WHERE endpoint_id = :'one_endpoint_id'), 0::bigint,
    'with all that is its');

-- Bad input.
SELECT throws_ok(format('SELECT tix_create_webhook(%L, ''{*}'')', u), '22023', NULL,
    format('the url %s is refused', coalesce(left(u, 30), 'NULL')))
FROM unnest(ARRAY[NULL, '', 'ftp://a', 'https://', 'https://u:p@a/', 'https://a/ b',
    E'https://a/\n', 'https://a/#f', 'file:///etc/passwd', 'https://a/' || repeat('x', 2000)]) u;
SELECT throws_ok(format('SELECT tix_create_webhook(''https://a'', %L)', t), '22023', NULL,
    format('the types %s are refused', coalesce(left(t::text, 30), 'NULL')))
FROM (VALUES (NULL), ('{}'), ('{NULL}'), ('{order}'), ('{order.*.x}'), ('{Order.*}'), ('{**}'),
      ('{' || repeat('*,', 100) || '*}')) v (t);
SELECT throws_ok($$SELECT tix_create_webhook('https://a', '{*}', repeat('x', 1001))$$, '22023',
    NULL, 'a long description is refused');
SELECT throws_ok('SELECT ' || f || '(gen_random_uuid())', 'P0002', NULL, f || ': unknown')
FROM unnest('{tix_update_webhook,tix_rotate_webhook_secret,tix_delete_webhook}'::text[]) f;
SELECT throws_ok(format('SELECT tix_webhook_retry(%L)', d), 'P0002', NULL,
    'nothing to try again: ' || coalesce(d, 'NULL')) FROM unnest('{-1,NULL}'::text[]) d;
SELECT throws_ok('SELECT tix_webhook_result(' || a || ')', code, NULL, 'result of ' || a)
FROM (VALUES ('-1, 1, 200', 'P0002'), ('NULL, 1, 200', '22023'), ('1, NULL, 200', '22023'),
      ('1, 1, 99', '22023'), ('1, 1, 200, NULL, -1', '22023')) v (a, code);
SELECT throws_ok(format('SELECT tix_webhooks_due(%L)', n), '22023', NULL,
    format('%s rows are refused', coalesce(n::text, 'NULL'))) FROM unnest('{0,1001,NULL}'::int[]) n;

-- Who may.
SELECT is((SELECT string_agg(DISTINCT r.rolname || ' ' || p.proname, ', ' ORDER BY r.rolname
    || ' ' || p.proname) FROM pg_roles r, pg_proc p WHERE r.rolname IN ('tix_app', 'tix_monitor')
    AND p.pronamespace = 'tix'::regnamespace AND p.proname ~ 'webhook'
    AND p.proname !~ '_as$'  -- those ask whose endpoint it is: identity_owners.sql
    AND has_function_privilege(r.oid, p.oid, 'EXECUTE')),
    'tix_app tix_webhook_result, tix_app tix_webhooks_due',
    'by itself the gateway delivers, and no more');
UPDATE webhook_settings SET (delays, jitter, dead_max) = (DEFAULT, DEFAULT, DEFAULT);
DELETE FROM webhook_endpoints;
SELECT * FROM finish();
