-- Paid back: disputes take the money and return it; and whatever is done to orders, in any
-- sequence, the ledger, the payments, the refunds and the tickets agree after each step.
\ir fixture.psql
SELECT plan(36);
CREATE FUNCTION pg_temp.event(id text, kind text, o uuid, amount bigint,
                              currency text DEFAULT 'EUR', dispute text DEFAULT 'd')
RETURNS text LANGUAGE sql AS $$
    SELECT result || '/' || next_action FROM tix.tix_payment_event('mock', id || o, kind,
        'tx-' || o, o, amount, currency, jsonb_build_object('disputeId', dispute))
$$;
CREATE FUNCTION pg_temp.dispute(o uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(status || ' ' || amount, ', ' ORDER BY provider_dispute_id)
    FROM tix.disputes WHERE order_id = $1
$$;
CREATE FUNCTION pg_temp.balance(o uuid) RETURNS bigint LANGUAGE sql AS $$
    SELECT balance FROM tix.ledger_balances WHERE order_id = $1
$$;
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o,
       pg_temp.paid(:'session', 'A-3', :'ann') AS lost \gset

-- What is no dispute.
SELECT is(pg_temp.event('x' || number, 'dispute_opened', :'o', amount, currency, name),
    'ignored/none', what)
FROM (VALUES (1, NULL, 'EUR', 'd', 'a dispute of no sum'), (2, 0, 'EUR', 'd', 'of nothing'),
    (3, -1, 'EUR', 'd', 'of less than nothing'), (4, 2001, 'EUR', 'd', 'of more than was paid'),
    (5, 9223372036854775807, 'EUR', 'd', 'of all the money there is'),
    (6, 2000, 'USD', 'd', 'in another currency'), (7, 2000, NULL, 'd', 'in none'),
    (8, 2000, 'EUR', '', 'without a name'), (9, 2000, 'EUR', repeat('d', 256), 'with a long one'))
    v (number, amount, currency, name, what);
SELECT is((SELECT count(*) FROM payment_alarms WHERE order_id = :'o'
    AND kind = 'dispute of another sum'), 9::bigint, 'each alarms a person');
SELECT is(coalesce(pg_temp.dispute(:'o'), '') || pg_temp.balance(:'o'), '2000', 'and that is all');

-- Opened, won, lost.
SELECT is(pg_temp.event('o', 'dispute_opened', :'o', 1500), 'applied/none', 'a dispute is opened');
SELECT is(pg_temp.balance(:'o'), 500::bigint, 'the money is gone at once');
SELECT is(pg_temp.event('o2', 'dispute_opened', :'o', 1500), 'duplicate/none', 'once');
SELECT is(pg_temp.event('o3', 'dispute_won', :'o', 1400), 'ignored/none', 'it is of one sum');
SELECT is(pg_temp.event('o4', 'dispute_opened', :'o', 501, dispute => 'e'), 'ignored/none',
    'another cannot be of more than is left');
SELECT is(pg_temp.event('o5', 'dispute_opened', :'o', 500, dispute => 'e'), 'applied/none',
    'of the rest it can');
SELECT is(pg_temp.event('w', 'dispute_won', :'o', 1500), 'applied/none', 'the first is won');
SELECT is(pg_temp.dispute(:'o') || ', balance ' || pg_temp.balance(:'o'),
    'won 1500, opened 500, balance 1500', 'and its money comes back');
SELECT is((SELECT string_agg(kind || amount, ' ' ORDER BY entry_id) FROM ledger
    WHERE order_id = :'o'), 'captured2000 chargeback-1500 chargeback-500 chargeback_reversed1500',
    'every movement is booked');
SELECT is(pg_temp.status(:'o'), 'completed', 'the order stays as it was');
SELECT throws_ok(format('SELECT owe_refund(%L, NULL, 1501, ''x'')', :'o'), 'TX008', NULL,
    'what the bank has is not owed');
SELECT is(pg_temp.event('l', 'dispute_lost', :'lost', 1000), 'applied/none', 'another is lost');
SELECT is(pg_temp.balance(:'lost') || ' ' || (SELECT status FROM tickets WHERE order_id = :'lost'),
    '0 valid', 'the money is gone, and people decide about the ticket');
SELECT is(pg_temp.event('w', 'dispute_won', :'lost', 1000), 'ignored/none', 'lost is lost');
SELECT set_eq(format('SELECT kind FROM payment_alarms WHERE order_id = %L', :'lost'),
    '{dispute lost,dispute won after it was lost}'::text[], 'a person is told of both');
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE disputes SET status = 'won' WHERE order_id = :'lost';
SELECT is((SELECT law FROM audit_money() WHERE subject = :'lost'), 'O8',
    'a dispute that the ledger does not know is found');
ROLLBACK;
SELECT is_empty('SELECT * FROM audit_money()', 'all agrees');

-- Random histories.
INSERT INTO users (email, role) VALUES ('admin' || :'plan', 'admin')
RETURNING user_id AS admin \gset
CREATE FUNCTION pg_temp.one_of(VARIADIC list text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT list[1 + floor(random() * cardinality(list))::int]
$$;
CREATE FUNCTION pg_temp.some(o uuid) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (total_amount * (ARRAY[1, 1, 1, 0.5, 0.1])[1 + floor(random() * 5)::int])::bigint
    FROM tix.orders WHERE order_id = $1
$$;
-- Does one thing to an order, or to another; an error that a caller may meet changes nothing.
CREATE FUNCTION pg_temp.step(session uuid, admin uuid, buyer uuid, o uuid, n int) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    what CONSTANT text := pg_temp.one_of('order', 'begin', 'pay', 'pay', 'pay', 'fact', 'fact',
        'cancel order', 'cancel ticket', 'refund', 'goodwill', 'result', 'result', 'retry',
        'dispute', 'again');
    refund CONSTANT uuid := (SELECT (array_agg(refund_id ORDER BY created_at, amount))[
                                 1 + floor(random() * count(*))::int]
                             FROM tix.refunds WHERE order_id = o);
BEGIN
    CASE what
    WHEN 'order' THEN
        PERFORM pg_temp.order_for(session, pg_temp.one_of('A-4 A-5', 'A-6', 'B-1 B-2', 'B-3',
            'B-4 B-5 B-6', 'A-5 A-6', 'B-6'), buyer);
    WHEN 'begin' THEN PERFORM tix.tix_begin_payment(o);
    WHEN 'pay' THEN PERFORM pg_temp.event(n || 'c', 'captured', o,
        (SELECT total_amount FROM tix.orders WHERE order_id = o));
    WHEN 'again' THEN PERFORM tix.tix_payment_event('mock', n || 'again' || o, 'captured',
        n || o::text, o, pg_temp.some(o), 'EUR');
    WHEN 'fact' THEN PERFORM tix.tix_payment_event('mock', n || 'f' || o,
        pg_temp.one_of('authorized', 'failed', 'expired', 'voided', 'refunded', 'refund_failed'),
        'tx-' || o, o, pg_temp.some(o), 'EUR', jsonb_build_object('providerRefundId',
        pg_temp.one_of('r1', 'r2')));
    WHEN 'cancel order' THEN PERFORM tix.tix_cancel_order(o, buyer);
    WHEN 'cancel ticket' THEN PERFORM tix.tix_cancel_ticket((SELECT ticket_id FROM tix.tickets
        WHERE order_id = o AND status = 'valid' LIMIT 1), buyer);
    WHEN 'refund' THEN PERFORM tix.tix_request_refund(o, NULL, 'x', admin);
    WHEN 'goodwill' THEN PERFORM tix.tix_request_refund(o, pg_temp.some(o), 'x', admin);
    WHEN 'result' THEN PERFORM tix.tix_refund_result(refund, pg_temp.one_of('ok', 'ok', 'failed'));
    WHEN 'retry' THEN PERFORM tix.tix_retry_refund(refund, admin);
    WHEN 'dispute' THEN PERFORM pg_temp.event(n || 'd', pg_temp.one_of('dispute_opened',
        'dispute_won', 'dispute_lost'), o, pg_temp.some(o), dispute => pg_temp.one_of('a', 'b'));
    END CASE;
    RETURN what;
EXCEPTION WHEN SQLSTATE 'TX001' OR SQLSTATE 'TX002' OR SQLSTATE 'TX008' OR SQLSTATE 'TX010'
    OR SQLSTATE 'P0002' OR SQLSTATE '22023' THEN
    RETURN what || ' refused';
END $$;
-- Balances that are not what the rows say; money that is neither a ticket's nor owed (law O5).
CREATE FUNCTION pg_temp.wrong(buyer uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s: captured %s, back %s, tickets %s, balance %s, should be %s',
        w.order_id, w.status, w.came, w.back, w.tickets, w.balance, w.should), E'\n')
    FROM (
        SELECT o.order_id, o.status,
            (SELECT coalesce(sum(amount), 0) FROM tix.payments p
             WHERE p.order_id = o.order_id AND p.status = 'succeeded') AS came,
            (SELECT coalesce(sum(amount), 0) FROM tix.refunds r
             WHERE r.order_id = o.order_id AND r.status <> 'failed' AND NOT goodwill) AS back,
            (SELECT coalesce(sum(price_amount), 0) FROM tix.tickets t
             WHERE t.order_id = o.order_id AND t.status IN ('valid', 'used')) AS tickets,
            (SELECT coalesce(sum(amount), 0) FROM tix.ledger l
             WHERE l.order_id = o.order_id) AS balance,
            (SELECT coalesce(sum(amount), 0) FROM tix.payments p
             WHERE p.order_id = o.order_id AND p.status = 'succeeded')
            - (SELECT coalesce(sum(amount), 0) FROM tix.refunds r
               WHERE r.order_id = o.order_id AND r.status = 'succeeded')
            - (SELECT coalesce(sum(amount), 0) FROM tix.disputes d
               WHERE d.order_id = o.order_id AND d.status <> 'won') AS should,
            EXISTS (SELECT FROM tix.refunds r
                    WHERE r.order_id = o.order_id AND r.status = 'failed')
            OR EXISTS (SELECT FROM tix.disputes d WHERE d.order_id = o.order_id) AS in_hand
        FROM tix.orders o WHERE o.user_id = buyer) w
    WHERE w.balance <> w.should OR NOT w.in_hand AND w.came - w.back <> w.tickets
$$;
CREATE TEMP TABLE history (seed double precision, n int, what text);
CREATE FUNCTION pg_temp.history(seed double precision, session uuid, admin uuid, steps int)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    buyer CONSTANT uuid := gen_random_uuid();
    o uuid;
    wrong text;
BEGIN
    PERFORM setseed(seed);
    FOR n IN 1 .. steps LOOP
        o := (SELECT (array_agg(k.order_id ORDER BY k.created_at DESC))[
                  1 + floor(random() * least(count(*), 4))::int]
              FROM tix.orders k WHERE k.user_id = buyer);
        INSERT INTO history SELECT seed, n, pg_temp.step(session, admin, buyer,
            coalesce(o, pg_temp.order_for(session, 'A-7 A-8', buyer)), n);
        wrong := coalesce(pg_temp.wrong(buyer),
            (SELECT string_agg(a::text, E'\n') FROM tix.audit_money() a));
        IF wrong IS NOT NULL THEN
            RETURN format('seed %s, step %s (%s): %s', seed, n,
                (SELECT string_agg(h.what, ', ' ORDER BY h.n) FROM history h
                 WHERE h.seed = history.seed), wrong);
        END IF;
    END LOOP;
    PERFORM tix.release_order_seats(k.order_id, buyer) FROM tix.orders k WHERE k.user_id = buyer;
    PERFORM tix.refund_order(k.order_id, 'the end', admin) FROM tix.orders k
    WHERE k.user_id = buyer AND k.status IN ('completed', 'partially_refunded');
    RETURN NULL;
END $$;
-- Each in a transaction of its own: what a history leaves is free at its end.
SELECT format('SELECT is(pg_temp.history(%s, %L, %L, 150), NULL, %L)', round(i / 10.0, 1),
    :'session', :'admin',
    format('after each of 150 steps of seed %s all agrees', round(i / 10.0, 1)))
FROM generate_series(1, 6) i \gexec
SELECT is(count(DISTINCT what), 12::bigint, 'and everything happened') FROM history
WHERE what NOT LIKE '%refused';
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT * FROM finish();
