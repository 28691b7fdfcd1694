-- Refunds: every one that is owed is asked for until it is paid or refused, by one caller at a
-- time, and each is paid once.
\ir fixture.psql
SELECT plan(64);
CREATE FUNCTION pg_temp.event(id text, kind text, o uuid, amount bigint, refund text DEFAULT NULL,
                              tx text DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT result || '/' || next_action FROM tix.tix_payment_event('mock', id || o, kind,
        coalesce(tx, 'tx-' || o), o, amount, 'EUR', CASE WHEN refund IS NULL THEN '{}'
        ELSE jsonb_build_object('refundId', refund) END)
$$;
-- An order whose payment the provider called expired: its seats are free again.
CREATE FUNCTION pg_temp.given_up(session uuid, seats text, buyer uuid) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE o uuid := pg_temp.order_for(session, seats, buyer);
BEGIN
    PERFORM FROM tix.tix_begin_payment(o);
    PERFORM pg_temp.event('over', 'expired', o, NULL);
    RETURN o;
END $$;
CREATE FUNCTION pg_temp.make_due(refund uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE tix.refunds SET next_try_at = clock_timestamp() WHERE refund_id = $1
$$;
-- Claims a refund that is due and tells after how many seconds it is due again.
CREATE FUNCTION pg_temp.claim_again(refund uuid) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
    PERFORM pg_temp.make_due(refund);
    SELECT count(*) INTO n FROM tix.tix_refunds_due(1000) d WHERE d.refund_id = refund;
    RETURN (SELECT CASE WHEN n = 1 THEN round(extract(epoch FROM next_try_at - clock_timestamp()))
            END FROM tix.refunds WHERE refund_id = refund);
END $$;
-- What other tests left owed is not asked for here.
SELECT count(*) FROM tix_refunds_due(1000) \g /dev/null

-- Money that arrives after its order expired.
SELECT pg_temp.given_up(:'session', 'A-1 A-2', :'ann') AS free,
       pg_temp.given_up(:'session', 'A-3 A-4', :'ann') AS gone,
       pg_temp.given_up(:'session', 'A-5', :'ann') AS held,
       pg_temp.given_up(:'session', 'A-6', :'ann') AS doomed \gset
SELECT is(pg_temp.status(:'free'), 'failed', 'a payment that expired ends its order');
SELECT is(pg_temp.event('late', 'captured', :'free', 2000), 'late/none',
    'its money may come all the same: the seats are free, they are taken again');
SELECT is(pg_temp.status(:'free'), 'completed', 'the order is complete');
SELECT is((SELECT count(*) FROM tickets WHERE order_id = :'free' AND status = 'valid'), 2::bigint,
    'each seat has a ticket');
SELECT is_empty(format('SELECT FROM refunds WHERE order_id = %L', :'free'), 'nothing is owed');
SELECT pg_temp.paid(:'session', 'A-4', :'bob') AS bobs \gset
SELECT is(pg_temp.event('late', 'captured', :'gone', 2000), 'paid_unfulfilled/refund',
    'one seat is sold to another: the money is owed back');
SELECT is(pg_temp.state(:'session', 'A-3'), 'free', 'the other seat is not kept');
SELECT is((SELECT count(*) FROM tickets WHERE order_id = :'gone'), 0::bigint, 'there is no ticket');
SELECT pg_temp.hold(:'session', 'A-5', :'bob') \g /dev/null
SELECT is(pg_temp.event('late', 'captured', :'held', 1000), 'paid_unfulfilled/refund',
    'a seat that another holds is as gone as a sold one');

-- Claims.
SELECT refund_id AS owed FROM refunds WHERE order_id = :'gone' \gset
SELECT refund_id AS other FROM refunds WHERE order_id = :'held' \gset
SELECT throws_ok(format('SELECT tix_refunds_due(%L)', n), '22023', NULL,
    format('%s rows are refused', coalesce(n::text, 'NULL')))
FROM (VALUES (NULL), (0), (-1), (1001)) v (n);
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
BEGIN;
SELECT results_eq('SELECT * FROM tix_refunds_due(1)', format(
    $$SELECT %L::uuid, payment_id, %L::uuid, 'mock', 'tx-' || %L, 2000::bigint, 'EUR', 1
      FROM payments WHERE order_id = %2$L$$, :'owed', :'gone', :'gone'),
    'the longest due is claimed, with all that the provider has to know');
SELECT dblink_exec('other', 'SET statement_timeout = 3000') \g /dev/null
SELECT is((SELECT refund_id FROM dblink('other', 'SELECT refund_id FROM tix.tix_refunds_due()')
    AS t (refund_id uuid)), :'other'::uuid, 'another caller gets the other one, without waiting');
SELECT is_empty('SELECT * FROM tix_refunds_due()', 'which is then not ours');
COMMIT;
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;
SELECT is_empty('SELECT * FROM tix_refunds_due()', 'what was claimed is not due');
SELECT is((SELECT attempts || ' ' || (next_try_at - clock_timestamp() BETWEEN '0 s' AND '1 s')
    FROM refunds WHERE refund_id = :'owed'), '1 true', 'it is due again after a second');
SELECT is(ARRAY(SELECT pg_temp.claim_again(:'owed') FROM generate_series(1, 7)),
    '{2,4,8,16,32,60,60}', 'then after two, doubling to a minute');
SELECT is(pg_temp.status(:'gone'), 'paid_unfulfilled', 'asking pays nothing');
UPDATE refunds SET attempts = 2147483646 WHERE refund_id = :'owed';
SELECT is(pg_temp.claim_again(:'owed'), 60, 'and never ends');
SELECT has_index('tix', 'refunds', 'refunds_due', 'next_try_at', 'an index finds what is due');

-- Answers.
SELECT is(pg_temp.event('r1', 'refunded', :'gone', 2000, :'other'), 'ignored/none',
    'the refund of another order is ignored');
SELECT is(pg_temp.event('r2', 'refunded', :'gone', 1999, :'owed'), 'ignored/none',
    'so is another sum');
SELECT is(pg_temp.event('r3', 'refunded', :'gone', 2000, 'no uuid'), 'ignored/none',
    'and a refund that is none');
SELECT is((SELECT count(*) FROM payment_alarms WHERE order_id = :'gone'), 3::bigint,
    'each raises an alarm');
SELECT is(pg_temp.event('r4', 'refunded', :'gone', 2000, upper(:'owed')), 'applied/none',
    'the named refund is paid');
SELECT is(pg_temp.status(:'gone'), 'refunded', 'the order is refunded');
SELECT is(pg_temp.event('r5', 'refunded', :'gone', 2000, :'owed'), 'duplicate/none',
    'the same fact in another event changes nothing');
SELECT is(pg_temp.claim_again(:'owed'), NULL, 'what is paid is not asked for');

-- Two refunds of one sum: the name tells which.
SELECT pg_temp.event('twice', 'captured', :'free', 2000, tx => 'tx2-' || :'free') \g /dev/null
SELECT pg_temp.event('thrice', 'captured', :'free', 2000, tx => 'tx3-' || :'free') \g /dev/null
SELECT min(r.refund_id::text) FILTER (WHERE p.provider_transaction_id LIKE 'tx2-%') AS second,
       min(r.refund_id::text) FILTER (WHERE p.provider_transaction_id LIKE 'tx3-%') AS third
FROM refunds r JOIN payments p USING (payment_id) WHERE r.order_id = :'free' \gset
SELECT is(pg_temp.event('r6', 'refunded', :'free', 2000, :'third', 'tx3-' || :'free'),
    'applied/none', 'of two like refunds the named one is paid');
SELECT results_eq(format('SELECT refund_id::text, status FROM refunds WHERE order_id = %L
    ORDER BY status', :'free'), format($$VALUES (%L, 'requested'), (%L, 'succeeded')$$, :'second',
    :'third'), 'and not the older');

-- Refused for ever.
SELECT ok(tix_refund_refused(:'other', 'no such transaction'), 'a provider may refuse for ever');
SELECT is((SELECT status FROM refunds WHERE refund_id = :'other') || pg_temp.status(:'held'),
    'failedpaid_unfulfilled', 'the refund has failed, the money is still owed');
SELECT results_eq(format('SELECT kind, provider, event_id, detail->>%L, detail->>%L
    FROM payment_alarms WHERE order_id = %L', 'refundId', 'reason', :'held'),
    format($$VALUES ('refund refused', 'mock', NULL::text, %L, 'no such transaction')$$, :'other'),
    'and an alarm tells a person');
SELECT ok(NOT tix_refund_refused(:'other', 'again') AND NOT tix_refund_refused(:'owed', 'late'),
    'what has failed or is paid is not refused');
SELECT throws_ok('SELECT tix_refund_refused(gen_random_uuid(), ''x'')', 'P0002', NULL,
    'nor what is unknown');

-- What the provider answers at once, and once more after a failure.
SELECT pg_temp.paid(:'session', 'B-1 B-2', :'ann') AS some \gset
SELECT owe_refund(:'some', NULL, 1500, 'part') AS part,
       owe_refund(:'some', NULL, 500, 'b') AS b \gset
CREATE FUNCTION pg_temp.refund_is(refund uuid) RETURNS text LANGUAGE sql AS $$
    SELECT status || coalesce(' ' || provider_refund_id, '') FROM tix.refunds WHERE refund_id = $1
$$;
SELECT throws_ok(format('SELECT tix_refund_result(%L, %L, %L)', :'part', v.outcome, v.name),
    '22023', NULL, format('%s %s is no answer', v.outcome, left(v.name, 9)))
FROM (VALUES (NULL, NULL), ('maybe', NULL), ('ok', ''), ('ok', repeat('n', 256))) v (outcome, name);
SELECT throws_ok('SELECT tix_refund_result(gen_random_uuid(), ''ok'')', 'P0002', NULL,
    'an unknown refund has none');
SELECT throws_ok('SELECT tix_refund_result(NULL, ''ok'')', 'P0002', NULL, 'nor has none');
SELECT is(tix_refund_result(:'part', 'ok', 're_1'), 'applied', 'a refund is paid');
SELECT is(pg_temp.refund_is(:'part'), 'succeeded re_1', 'by the provider''s name for it');
SELECT is((SELECT balance FROM ledger_balances WHERE order_id = :'some'), 2500::bigint,
    'and booked');
SELECT is(tix_refund_result(:'part', 'ok', 're_1'), 'duplicate', 'once');
SELECT is(pg_temp.event('r7', 'refunded', :'some', 1500, :'part'), 'duplicate/none',
    'also when an event says it');
SELECT throws_ok(format('SELECT tix_refund_result(%L, ''ok'', ''re_2'')', :'part'), '22023', NULL,
    'it has one name');
SELECT throws_ok(format('SELECT tix_refund_result(%L, ''ok'', ''re_1'')', :'b'), '22023', NULL,
    'which is its own');
SELECT is(tix_refund_result(:'part', 'failed'), 'ignored', 'what is paid does not fail');
SELECT is(tix_refund_result(:'b', 'failed', detail => repeat('x', 5000)), 'applied',
    'another fails');
SELECT is((SELECT length(detail->>'reason') FROM payment_alarms WHERE order_id = :'some'
    AND kind = 'refund refused'), 1000, 'with an alarm that says why, shortly');
SELECT is(tix_refund_result(:'b', 'failed'), 'duplicate', 'once');
SELECT throws_ok(format('SELECT tix_retry_refund(%L, %L)', :'part', :'ann'), 'TX010', NULL,
    'what is paid is not owed again');
SELECT throws_ok(format('SELECT tix_retry_refund(gen_random_uuid(), %L)', :'ann'), 'P0002', NULL,
    'nor what is unknown');
SELECT tix_retry_refund(:'b', :'ann') AS again \gset
SELECT is((SELECT amount || reason || status || requested_by FROM refunds
    WHERE refund_id = :'again'), '500brequested' || :'ann', 'what failed is owed again');
SELECT is((SELECT refund_id FROM tix_refunds_due(1000) WHERE order_id = :'some'), :'again'::uuid,
    'and asked for');
SELECT is(tix_refund_result(:'again', 'ok', 're_3'), 'applied', 'and paid');
SELECT owe_refund(:'some', NULL, 2000, 'rest') AS rest \gset
SELECT throws_ok(format('SELECT tix_retry_refund(%L, %L)', :'b', :'ann'), 'TX008', NULL,
    'never beyond what was captured');
SELECT is(tix_refund_result(:'b', 'ok', 're_4'), 'ignored',
    'nor is one that failed paid after all when the money is owed otherwise');
SELECT is(tix_refund_result(:'rest', 'ok', 're_5') || pg_temp.status(:'some'), 'appliedrefunded',
    'all of it went back: the order is refunded');
SELECT is_empty('SELECT * FROM audit_money()', 'all agrees');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT * FROM finish();
