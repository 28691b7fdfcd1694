-- Provider events: the end depends on the set of the facts a provider tells, not on their order or
-- number (law O6): all permutations with repeats of up to five facts.
\ir fixture.psql
SELECT plan(18);
-- Says one fact; the same fact again comes in an event of its own.
CREATE FUNCTION pg_temp.say(o uuid, fact text, number int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part CONSTANT boolean := fact LIKE '%_part';
    event record;
BEGIN
    SELECT * INTO event FROM tix.tix_payment_event('mock', format('%s %s', number, fact),
        CASE fact WHEN 'refunded_part' THEN 'refunded' WHEN 'refunded_unnamed' THEN 'refunded'
             ELSE fact END, 'tx-' || o, o,
        CASE WHEN part THEN 600 ELSE 2000 END, 'EUR',
        CASE WHEN fact LIKE 'dispute%' THEN '{"disputeId": "d"}'
             WHEN fact = 'refunded_unnamed' THEN '{}'
             WHEN fact LIKE 'refunded%' THEN jsonb_build_object('providerRefundId', fact)
             ELSE '{}' END);
END $$;
-- How an order ends that is told these facts; it is as before afterwards.
CREATE FUNCTION pg_temp.outcome(o uuid, facts text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text;
BEGIN
    BEGIN
        PERFORM pg_temp.say(o, f.fact, f.number::int)
        FROM unnest(facts) WITH ORDINALITY AS f (fact, number);
        SELECT concat_ws('; ', r.status,
            'payments ' || (SELECT string_agg(p.status, ' ' ORDER BY p.status) FROM tix.payments p
                            WHERE p.order_id = o),
            'balance ' || (SELECT coalesce(sum(l.amount), 0) FROM tix.ledger l
                           WHERE l.order_id = o),
            'tickets ' || (SELECT count(*) FROM tix.tickets t
                           WHERE t.order_id = o AND t.status = 'valid'),
            'refunds ' || (SELECT string_agg(q.amount || ' ' || q.status, ' ' ORDER BY q.amount)
                           FROM tix.refunds q WHERE q.order_id = o),
            'dispute ' || (SELECT string_agg(d.status, ' ') FROM tix.disputes d
                           WHERE d.order_id = o),
            (SELECT 'broken ' || string_agg(a.law, ' ') FROM tix.audit_money() a
             WHERE cardinality(facts) < 3))
        INTO seen FROM tix.orders r WHERE r.order_id = o;
        RAISE EXCEPTION 'undo' USING ERRCODE = 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
        RETURN seen;
    END;
END $$;
CREATE TEMP TABLE told (scene text, facts text[], said text[], outcome text);
-- Every sequence of 1 to "longest" of these facts, told to an order of its own kind.
CREATE FUNCTION pg_temp.tell_all(scene text, o uuid, alphabet text[], longest int)
RETURNS bigint LANGUAGE sql AS $$
    WITH RECURSIVE sequences AS (
        SELECT ARRAY[a] AS said FROM unnest(alphabet) a
        UNION ALL
        SELECT s.said || a FROM sequences s, unnest(alphabet) a
        WHERE cardinality(s.said) < longest),
    ran AS (
        INSERT INTO told
        SELECT scene, ARRAY(SELECT DISTINCT f FROM unnest(s.said) f ORDER BY f), s.said,
               pg_temp.outcome(o, s.said) FROM sequences s RETURNING 1)
    SELECT count(*) FROM ran
$$;
CREATE FUNCTION pg_temp.differing(scene text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s: %s', t.facts,
                  string_agg(DISTINCT format('%s -> %s', t.said, t.outcome), E'\n'))
    FROM (SELECT DISTINCT ON (facts, outcome) * FROM told WHERE told.scene = $1
          ORDER BY facts, outcome, cardinality(said)) t
    GROUP BY t.facts HAVING count(*) > 1
$$;
CREATE FUNCTION pg_temp.ends(wanted text, VARIADIC facts text[]) RETURNS text LANGUAGE sql AS $$
    SELECT DISTINCT outcome FROM told
    WHERE scene = wanted AND told.facts = ARRAY(SELECT f FROM unnest($2) f ORDER BY f)
$$;
SELECT pg_temp.order_for(:'session', 'A-1 A-2', :'ann') AS paying,
       pg_temp.order_for(:'session', 'A-3 A-4', :'ann') AS unannounced,
       pg_temp.order_for(:'session', 'A-5 A-6', :'ann') AS lost,
       pg_temp.order_for(:'session', 'A-7 A-8', :'ann') AS cancelled \gset
SELECT count(*) FROM unnest(ARRAY[:'paying', :'lost', :'cancelled']::uuid[]) o,
    tix_begin_payment(o) \g /dev/null
SELECT release_order_seats(:'lost', :'ann') \g /dev/null
SELECT pg_temp.paid(:'session', 'A-5', :'bob') AS bobs \gset
SELECT tix_cancel_order(:'cancelled', :'ann') \g /dev/null

SELECT is(pg_temp.tell_all('paying', :'paying', '{authorized,captured,failed,expired,refunded}', 5),
    3905::bigint, 'five facts in every sequence of up to five');
SELECT is_empty($$SELECT pg_temp.differing('paying')$$, 'end as their set says');
SELECT is(pg_temp.ends('paying', 'captured', 'failed', 'authorized', 'expired'),
    'completed; payments succeeded; balance 2000; tickets 2', 'money beats every refusal');
SELECT is(pg_temp.ends('paying', 'authorized', 'failed'),
    'failed; payments failed; balance 0; tickets 0', 'a refusal beats what was reserved');
SELECT is(pg_temp.ends('paying', 'captured', 'refunded'),
    'refunded; payments succeeded; balance 0; tickets 0; refunds 2000 succeeded',
    'money that went back leaves no ticket');
SELECT is(pg_temp.tell_all('disputed', :'paying', '{authorized,captured,failed,expired,refunded,
    dispute_opened}', 4), 1554::bigint, 'with a dispute, in every sequence of up to four');
SELECT is_empty($$SELECT pg_temp.differing('disputed')$$, 'end as their set says');
SELECT is(pg_temp.ends('disputed', 'captured', 'dispute_opened'),
    'completed; payments succeeded; balance 0; tickets 2; dispute opened',
    'a dispute takes the money at once');
SELECT is(pg_temp.tell_all('parts', :'paying', '{captured,refunded_part,dispute_opened,dispute_won,
    dispute_lost,voided}', 4), 1554::bigint, 'partial refunds and disputes to their end');
SELECT is_empty($$SELECT pg_temp.differing('parts')$$, 'end as their set says');
SELECT is(pg_temp.ends('parts', 'captured', 'dispute_won', 'refunded_part'),
    'partially_refunded; payments succeeded; balance 1400; tickets 2; refunds 600 succeeded; '
    'dispute won', 'a part goes back, a dispute that is won costs nothing');
SELECT is(pg_temp.ends('parts', 'captured', 'dispute_won', 'dispute_lost'),
    'completed; payments succeeded; balance 0; tickets 2; dispute lost', 'lost beats won');
SELECT is(pg_temp.tell_all('lost', :'lost', '{authorized,captured,failed,expired,voided,
    refunded_unnamed}', 3), 258::bigint, 'an order whose seats are gone');
SELECT is_empty($$SELECT pg_temp.differing('lost')$$, 'ends as its facts say');
SELECT is(pg_temp.tell_all('unannounced', :'unannounced', '{authorized,captured,failed,expired,
    voided,refunded}', 3), 258::bigint, 'a payment nobody announced');
SELECT is_empty($$SELECT pg_temp.differing('unannounced')$$, 'ends as its facts say');
SELECT is(pg_temp.tell_all('cancelled', :'cancelled', '{authorized,captured,failed,expired,voided,
    refunded}', 3), 258::bigint, 'an order its buyer cancelled');
SELECT is_empty($$SELECT pg_temp.differing('cancelled')$$, 'ends as its facts say');
SELECT * FROM finish();
