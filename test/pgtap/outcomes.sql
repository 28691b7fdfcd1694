-- Outcomes of payments: the states a payment may take, each edge and each that is none; what an
-- authorization is answered; and money that must not be obeyed.
\ir fixture.psql
SELECT plan(114);
CREATE FUNCTION pg_temp.event(id text, kind text, o uuid, amount bigint,
                              currency text DEFAULT 'EUR')
RETURNS text LANGUAGE sql AS $$
    SELECT result || '/' || next_action FROM tix.tix_payment_event('mock', id || o, kind,
        'tx-' || o, o, amount, currency)
$$;
CREATE FUNCTION pg_temp.money(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(status, ' ' ORDER BY status) FROM tix.payments WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.begun(session uuid, seats text, buyer uuid) RETURNS uuid LANGUAGE plpgsql
AS $$
DECLARE o uuid := pg_temp.order_for(session, seats, buyer);
BEGIN
    PERFORM FROM tix.tix_begin_payment(o);
    RETURN o;
END $$;

-- The matrix: states only go up.
SELECT pg_temp.begun(:'session', 'A-1', :'ann') AS o \gset
SELECT payment_id AS p FROM payments WHERE order_id = :'o' \gset
CREATE FUNCTION pg_temp.change(payment uuid, old text, new text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    UPDATE tix.payments SET status = old WHERE payment_id = payment;
    PERFORM set_config('session_replication_role', 'origin', true);
    UPDATE tix.payments SET status = new WHERE payment_id = payment;
    RAISE EXCEPTION 'undo' USING ERRCODE = 'UNDO0';
EXCEPTION WHEN SQLSTATE 'TX010' THEN
    RETURN 'TX010';
WHEN SQLSTATE 'UNDO0' THEN
    RETURN 'changed';
END $$;
CREATE TEMP TABLE ranks AS SELECT * FROM unnest('{pending,requires_action,authorized,voiding,voided,
    failed,succeeded}'::text[]) WITH ORDINALITY AS r (status, rank);
SELECT is(pg_temp.change(:'p', a.status, b.status),
    CASE WHEN a.rank <= b.rank THEN 'changed' ELSE 'TX010' END,
    format('%s to %s is %s', a.status, b.status,
           CASE WHEN a.rank <= b.rank THEN 'possible' ELSE 'refused' END))
FROM ranks a, ranks b;
SELECT is((SELECT count(*) FROM payment_transitions), 21::bigint, 'the table has each way up');
SELECT throws_ok(format('UPDATE payments SET status = ''lost'' WHERE payment_id = %L', :'p'),
    'TX010', NULL, 'there is no other state');

-- Authorize: always capture or void.
CREATE FUNCTION pg_temp.authorized(id text, o uuid, amount bigint, currency text DEFAULT 'EUR',
                                   tx text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT tix.tix_payment_authorized('mock', id || o, coalesce(tx, 'tx-' || o), o, amount,
                                      currency)
$$;
SELECT is(pg_temp.authorized('other', :'o', 999), 'void', 'another sum is not captured');
SELECT is(pg_temp.authorized('usd', :'o', 1000, 'USD'), 'void', 'nor another currency');
SELECT is(pg_temp.money(:'o'), 'pending', 'and changes nothing');
SELECT is(pg_temp.authorized('a', :'o', 1000), 'capture', 'while the seats are held: capture');
SELECT is(pg_temp.money(:'o'), 'authorized', 'the money is reserved');
SELECT is(pg_temp.authorized('a', :'o', 1000), 'capture', 'the same event has the same answer');
SELECT is(pg_temp.authorized('b', :'o', 1000), 'capture', 'and so has another of the same fact');
SELECT is(pg_temp.event('c', 'captured', :'o', 1000), 'applied/none', 'it is captured');
SELECT is(pg_temp.authorized('late', :'o', 1000), 'capture', 'afterwards the answer stays');
SELECT is(pg_temp.money(:'o') || pg_temp.status(:'o'), 'succeededcompleted', 'and does nothing');
SELECT is(tix_payment_authorized('mock', 'x' || :'o', 't', gen_random_uuid(), 1, 'EUR'), 'void',
    'an unknown order is not captured');
SELECT throws_ok(format('SELECT tix_payment_authorized(''mock'', %L, ''t'', %L, 1, ''EUR'')', id,
    :'o'), '22023', NULL, 'an authorization needs an id') FROM (VALUES (NULL), ('')) v (id);
SELECT throws_ok(format('SELECT tix_payment_authorized(''nobody'', ''a'', ''t'', %L, 1, ''EUR'')',
    :'o'), '22023', NULL, 'and a provider');
SELECT pg_temp.begun(:'session', 'A-5 B-5', :'ann') AS half \gset
SELECT tix_force_release(:'session', '{A-5}', 'the roof leaks') \g /dev/null
SELECT is(pg_temp.authorized('h', order_id, total_amount), 'void',
    'one seat lost, and nothing is captured') FROM orders WHERE order_id = :'half';
SELECT is(pg_temp.status(:'half') || pg_temp.state(:'session', 'B-5'), 'expiredfree',
    'the others are given back');
SELECT pg_temp.begun(:'session', 'A-2', :'ann') AS lost \gset
SELECT release_order_seats(:'lost', :'ann') \g /dev/null
SELECT is(pg_temp.authorized('a', :'lost', 1000), 'void', 'when a seat is lost: void');
SELECT is(pg_temp.money(:'lost') || pg_temp.status(:'lost'), 'voidingexpired',
    'the order has ended, the reserved money is to be given up');
SELECT is(pg_temp.authorized('a', :'lost', 1000), 'void', 'the same event has the same answer');
SELECT is(pg_temp.event('v', 'voided', :'lost', 1000), 'applied/none', 'the provider gave it up');
SELECT is(pg_temp.money(:'lost') || pg_temp.status(:'lost'), 'voidedexpired', 'that is the end');
SELECT is(pg_temp.event('v2', 'voided', :'lost', 1000), 'ignored/none', 'once');
SELECT is(pg_temp.event('c', 'captured', :'lost', 1000), 'late/none',
    'captured all the same: it is late money');
SELECT pg_temp.begun(:'session', 'A-3', :'ann') AS void \gset
SELECT is(pg_temp.event('v', 'voided', :'void', NULL), 'applied/none',
    'a provider that gives up by itself');
SELECT is(pg_temp.money(:'void') || pg_temp.status(:'void') || pg_temp.state(:'session', 'A-3'),
    'voidedfailedfree', 'ends the order, and the seat is free');
SELECT pg_temp.order_for(:'session', 'A-4', :'ann') AS unannounced \gset
SELECT is(pg_temp.authorized('a', :'unannounced', 1000), 'capture', 'a payment nobody announced');
SELECT is(pg_temp.event('f', 'failed', :'unannounced', NULL), 'applied/none', 'may be refused');
SELECT is(pg_temp.status(:'unannounced'), 'failed', 'which ends its order like any other');

-- Contradictions alarm a person and change nothing.
SELECT is(pg_temp.event('f', 'failed', :'o', 1000), 'ignored/none', 'a refusal after the money');
SELECT is((SELECT kind FROM payment_alarms WHERE event_id = 'f' || :'o'),
    'refused after it was captured', 'alarms');
SELECT is(pg_temp.money(:'o') || pg_temp.status(:'o'), 'succeededcompleted', 'and changes nothing');
SELECT is_empty(format('SELECT FROM payment_alarms WHERE event_id LIKE %L', 'late%' || :'o'),
    'what is merely late does not');

-- Wrong money: an alarm row and nothing else.
SELECT pg_temp.begun(:'session', 'B-1 B-2', :'ann') AS due \gset
CREATE TEMP TABLE wrong (id text, amount bigint, currency text, what text);
INSERT INTO wrong VALUES
    ('part', 2000, 'EUR', 'a part'), ('over', 4001, 'EUR', 'too much'),
    ('none', 0, 'EUR', 'nothing'), ('null', NULL, 'EUR', 'no sum'),
    ('minus', -4000, 'EUR', 'a negative sum'),
    ('big', 9223372036854775807, 'EUR', 'all the money there is'),
    ('usd', 4000, 'USD', 'another currency'), ('odd', 4000, 'XTS', 'an unknown currency'),
    ('lower', 4000, 'eur', 'a currency that is none'), ('nocur', 4000, NULL, 'no currency');
SELECT is(pg_temp.event(id, 'captured', :'due', amount, currency), 'ignored/none',
    what || ' is not obeyed') FROM wrong;
SELECT set_eq(format('SELECT kind, event_id FROM payment_alarms WHERE order_id = %L', :'due'),
    format('SELECT ''amount mismatch'' AS kind, id || %L AS id FROM wrong', :'due'),
    'each alarms a person');
SELECT is(pg_temp.event('a' || id, 'authorized', :'due', amount, currency), 'ignored/none',
    what || ' is not reserved') FROM wrong;
SELECT is(pg_temp.money(:'due') || pg_temp.status(:'due') || pg_temp.state(:'session', 'B-1'),
    'pendingpayment_pendingheld', 'nothing else happens');
SELECT is_empty(format('SELECT FROM ledger WHERE order_id = %L', :'due'), 'nothing is booked');
SELECT throws_ok(format('SELECT tix_payment_event(''mock'', ''o'', ''captured'', ''t'', %L,
    ''9223372036854775808'', ''EUR'')', :'due'), '22003', NULL, 'more than a bigint is no amount');
SELECT is(pg_temp.event('right', 'captured', :'due', 4000), 'applied/none', 'the right sum is');

-- What is too long.
SELECT throws_ok(statement, '22023', NULL, what) FROM (VALUES
    (format('SELECT tix_payment_event(''mock'', %L, ''x'', ''t'', NULL, 1, ''EUR'')',
            repeat('i', 256)), 'an event id has 255 bytes'),
    (format('SELECT tix_payment_event(''mock'', ''i'', %L, ''t'', NULL, 1, ''EUR'')',
            repeat('k', 256)), 'and so has a kind'),
    (format('SELECT tix_payment_event(''mock'', ''i'', ''k'', %L, NULL, 1, ''EUR'')',
            repeat('t', 256)), 'and a transaction id'),
    ('SELECT tix_payment_event(''mock'', ''i'', ''k'', ''t'', NULL, 1, ''EUR'',
      jsonb_build_object(''x'', repeat(''y'', 10000000)))', 'ten megabytes of payload are refused'))
    v (statement, what);
SELECT is_empty('SELECT FROM provider_events WHERE event_id IN (''i'', ''o'')',
    'and none is recorded');
SELECT is_empty('SELECT * FROM audit_money()', 'all agrees');
SELECT * FROM finish();
