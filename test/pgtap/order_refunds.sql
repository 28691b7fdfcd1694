-- Refunds of whole orders: either tickets or the money back, never both, never more than came.
\ir fixture.psql
SELECT plan(52);
INSERT INTO users (email, role) VALUES ('admin' || :'plan', 'admin'),
    ('org' || :'plan', 'organizer'), ('box' || :'plan', 'box_office');
SELECT min(user_id::text) FILTER (WHERE role = 'admin') AS admin,
       min(user_id::text) FILTER (WHERE role = 'organizer') AS org,
       min(user_id::text) FILTER (WHERE role = 'box_office') AS box
FROM users WHERE email LIKE '%' || :'plan' \gset
CREATE FUNCTION pg_temp.event(id text, kind text, o uuid, amount bigint, payload jsonb DEFAULT '{}')
RETURNS text LANGUAGE sql AS $$
    SELECT result || '/' || next_action FROM tix.tix_payment_event('mock', id || o, kind,
        'tx-' || o, o, amount, 'EUR', payload)
$$;
CREATE FUNCTION pg_temp.tickets(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(status, ' ' ORDER BY status) FROM tix.tickets WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.owed(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(amount || CASE WHEN goodwill THEN ' goodwill ' ELSE ' ' END || status, ', '
                      ORDER BY created_at)
    FROM tix.refunds WHERE order_id = $1
$$;
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o,
       pg_temp.paid(:'session', 'A-3 A-4', :'ann') AS part,
       pg_temp.order_for(:'session', 'A-5', :'ann') AS unpaid \gset

-- Bad input changes nothing.
SELECT throws_ok(format('SELECT tix_request_refund(%L, %s, %L, %L, %L)', :'o', amount, reason,
    :'admin', key), '22023', NULL, what)
FROM (VALUES ('0', 'x', NULL, 'a refund of nothing'), ('-1', 'x', NULL, 'a negative refund'),
    ('1', NULL, NULL, 'a refund without a reason'), ('1', '', NULL, 'with an empty one'),
    ('1', repeat('x', 10000000), NULL, 'with ten megabytes of it'),
    ('1', 'x', '', 'an empty key'), ('1', 'x', repeat('k', 256), 'a long key'))
    v (amount, reason, key, what);
SELECT throws_ok(format('SELECT tix_request_refund(%L, ''9223372036854775808'', ''x'', %L)', :'o',
    :'admin'), '22003', NULL, 'more than a bigint');
SELECT throws_ok(format('SELECT tix_request_refund(%L, 9223372036854775807, ''x'', %L)', :'o',
    :'admin'), 'TX008', NULL, 'all the money there is');
SELECT throws_ok(format('SELECT tix_request_refund(%L, 2001, ''x'', %L)', :'o', :'admin'), 'TX008',
    NULL, 'a cent too much');
SELECT throws_ok(format('SELECT tix_request_refund(%L, NULL, ''x'', %L)', o, who), 'P0002', NULL,
    what)
FROM (VALUES (:'o', NULL, 'nobody refunds nothing'), (:'o', :'box', 'nor does the box office'),
    (:'o', :'org', 'nor the organizer of another event'), (:'o', :'ann', 'nor the buyer'),
    (NULL, :'admin', 'no order, no refund'), (gen_random_uuid()::text, :'admin', 'nor an unknown'))
    v (o, who, what);
SELECT throws_ok(format('SELECT tix_request_refund(%L, NULL, ''x'', %L)', :'unpaid', :'admin'),
    'TX008', NULL, 'nor an unpaid one');
SELECT is(pg_temp.status(:'unpaid') || pg_temp.status(:'o'), 'createdcompleted', 'no state moved');
SELECT is(pg_temp.tickets(:'o') || coalesce(pg_temp.owed(:'o'), ''), 'valid valid',
    'nothing is owed and no ticket gone');

-- All of it.
SELECT tix_request_refund(:'o', NULL, 'band is ill', :'admin', 'k1') AS whole \gset
SELECT is(pg_temp.owed(:'o'), '2000 requested', 'all the money is owed');
SELECT is(pg_temp.tickets(:'o'), 'cancelled cancelled', 'the tickets are cancelled');
SELECT is(pg_temp.state(:'session', 'A-1'), 'free', 'the seats are free');
SELECT is(pg_temp.status(:'o'), 'partially_refunded', 'the money is on its way');
SELECT is(tix_request_refund(:'o', NULL, 'band is ill', :'admin', 'k1'), :'whole'::uuid,
    'the same key has the same answer');
SELECT throws_ok(format('SELECT tix_request_refund(%L, %s, %L, %L, ''k1'')', o, amount, reason,
    :'admin'), 'TX009', NULL, 'and no other request')
FROM (VALUES (:'o', '2000', 'band is ill'), (:'o', 'NULL', 'other'), (:'part', 'NULL',
    'band is ill')) v (o, amount, reason);
SELECT throws_ok(format('SELECT tix_request_refund(%L, NULL, ''x'', %L)', :'o', :'admin'), 'TX008',
    NULL, 'nothing is left');
SELECT is(tix_refund_result(:'whole', 'ok', 're'), 'applied', 'it is paid');
SELECT is(pg_temp.status(:'o'), 'refunded', 'the order is refunded');

-- In goodwill: less, and the tickets stay.
UPDATE events SET organizer_id = :'org' WHERE event_id = :'event';
SELECT tix_request_refund(:'part', 500, 'no heating', :'org') AS some \gset
SELECT is(pg_temp.owed(:'part') || pg_temp.tickets(:'part'), '500 goodwill requestedvalid valid',
    'the organizer may give some back, and the tickets stay');
SELECT is(pg_temp.status(:'part'), 'partially_refunded', 'the order says so');
SELECT is((SELECT requested_by FROM refunds WHERE refund_id = :'some'), :'org'::uuid,
    'and the refund who asked');
SELECT is(tix_refund_result(:'some', 'ok', 're_some'), 'applied', 'it is paid');
SELECT is(pg_temp.status(:'part'), 'partially_refunded', 'not all of it');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT isnt(tix_request_refund(:'part', 1500, 'all the rest', :'org'), NULL, 'the rest is all');
SELECT is(pg_temp.tickets(:'part') || ', ' || pg_temp.owed(:'part'),
    'cancelled cancelled, 500 succeeded, 1500 requested', 'so the tickets end, and it is no gift');

-- A ticket was used.
SELECT pg_temp.paid(:'session', 'A-6 A-7', :'ann') AS used \gset
UPDATE tickets SET status = 'used' WHERE order_id = :'used' AND seat_id = 'A-6';
SELECT throws_ok(format('SELECT tix_request_refund(%L, NULL, ''x'', %L)', :'used', :'admin'),
    'TX010', NULL, 'who was inside does not get it all back');
SELECT is(pg_temp.tickets(:'used'), 'used valid', 'and keeps the tickets');
SELECT isnt(tix_request_refund(:'used', 1999, 'x', :'admin'), NULL, 'but nearly');

-- The provider gives it back by itself.
SELECT pg_temp.paid(:'session', 'A-8 A-9', :'ann') AS theirs \gset
SELECT is(pg_temp.event('p', 'refunded', :'theirs', 2000), 'ignored/none',
    'a refund nobody asked for and that has no name is not obeyed');
SELECT is(pg_temp.event('p1', 'refunded', :'theirs', 500, '{"providerRefundId": "re_a"}'),
    'applied/none', 'one that has is booked');
SELECT is(pg_temp.event('p2', 'refunded', :'theirs', 500, '{"providerRefundId": "re_a"}'),
    'duplicate/none', 'once');
SELECT is(pg_temp.tickets(:'theirs') || pg_temp.status(:'theirs'), 'valid validpartially_refunded',
    'a part leaves the tickets');
SELECT is(pg_temp.event('p3', 'refunded', :'theirs', 1501, '{"providerRefundId": "re_b"}'),
    'ignored/none', 'more than is left is not possible');
SELECT is(pg_temp.event('p4', 'refunded', :'theirs', 1500, '{"providerRefundId": "re_b"}'),
    'applied/none', 'the rest is');
SELECT is(pg_temp.tickets(:'theirs') || pg_temp.status(:'theirs'), 'refunded refundedrefunded',
    'and ends the tickets');
SELECT is((SELECT string_agg(kind, ', ' ORDER BY alarm_id) FROM payment_alarms
    WHERE order_id = :'theirs'), 'refund nobody asked for, refunded by the provider, '
    'refund nobody asked for, refunded by the provider', 'each time a person is told');
SELECT is_empty('SELECT * FROM audit_money()', 'all agrees');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SET ROLE tix_app;
SELECT throws_ok('SELECT tix.tix_request_refund(NULL, NULL, NULL, NULL)', '42501', NULL,
    'the gateway gives no money back');
RESET ROLE;
SELECT * FROM finish();
