-- Audit: silent when all is well, and finds what was changed behind the guards, of all and of late.
\ir fixture.psql
SELECT plan(76);
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT pg_temp.paid(:'session', 'A-3', :'bob') AS p \gset
-- The laws a run finds broken by what it is about, and whether it had to look at everything.
CREATE FUNCTION pg_temp.laws(subject text, recent interval DEFAULT NULL) RETURNS text LANGUAGE sql
AS $$ SELECT coalesce(string_agg(DISTINCT a.law, ' ' ORDER BY a.law), '')
      FROM tix.tix_audit(recent) a WHERE $1 IS NULL OR a.subject = $1 $$;
CREATE FUNCTION pg_temp.trusted() RETURNS boolean LANGUAGE sql
AS $$ SELECT EXISTS (SELECT FROM tix.audit_trust WHERE guards = tix.guards_seen()) $$;
CREATE FUNCTION pg_temp.by_hand(command text, way text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF way = 'replica' THEN
        SET LOCAL session_replication_role = replica;
        EXECUTE command;
        SET LOCAL session_replication_role = origin;
    ELSE
        ALTER TABLE tix.tickets DISABLE TRIGGER ALL;
        ALTER TABLE tix.orders DISABLE TRIGGER ALL;
        ALTER TABLE tix.order_items DISABLE TRIGGER ALL;
        ALTER TABLE tix.payments DISABLE TRIGGER ALL;
        ALTER TABLE tix.refunds DISABLE TRIGGER ALL;
        EXECUTE command;
        SET CONSTRAINTS ALL IMMEDIATE;
        ALTER TABLE tix.tickets ENABLE ALWAYS TRIGGER ticket_guard;
    END IF;
END $$;

SELECT is_empty('SELECT * FROM tix_audit()', 'a sale leaves nothing to report');
SELECT ok(pg_temp.trusted(), 'the guards are trusted from then on');
SELECT is_empty('SELECT * FROM tix_audit(''1 hour'')', 'nor does what was sold lately');
SET ROLE tix_monitor;
SELECT count(*) AS seen_by_monitor FROM tix.tix_audit() \gset
RESET ROLE;
SELECT is(:'seen_by_monitor'::text, '0', 'the monitor may run it');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT throws_ok('SELECT * FROM tix_audit()', '25001', NULL, 'an old snapshot is refused');
ROLLBACK;
SELECT throws_ok(format('SELECT * FROM tix_audit(%L)', bad), '22023', NULL,
    format('lately is not %s', bad)) FROM (VALUES ('0'), ('-1 day')) v (bad);
BEGIN READ ONLY;
SELECT is_empty('SELECT * FROM tix_audit()', 'it reads where nothing may be written');
ROLLBACK;

-- Each order law, by hand, in two ways past the triggers: both runs find it, and the quick one by
-- traces when a replication role left them, by looking at all when the triggers were away.
CREATE TEMP TABLE deed (n int GENERATED ALWAYS AS IDENTITY, command text, laws text, what text);
INSERT INTO deed (command, laws, what) VALUES
    ('UPDATE tix.orders SET status = ''cancelled'' WHERE order_id = %L', 'O3',
     'a cancelled order with tickets'),
    ('UPDATE tix.orders SET status = ''expired'' WHERE order_id = %L', 'O3',
     'an expired order with tickets'),
    ('UPDATE tix.orders SET status = ''failed'' WHERE order_id = %L', 'O3',
     'a failed order with tickets'),
    ('UPDATE tix.orders SET status = ''in_doubt'' WHERE order_id = %L', 'O2',
     'an order in doubt with tickets'),
    ('UPDATE tix.orders SET status = ''paid_unfulfilled'' WHERE order_id = %L', 'O2',
     'an unfulfilled order with tickets'),
    ('UPDATE tix.orders SET status = ''refunded'' WHERE order_id = %L', 'O2',
     'a refunded order with tickets'),
    ('DELETE FROM tix.order_items WHERE seat_id = ''A-1'' AND order_id = %L', 'O2 O5',
     'a ticket without an item'),
    ('UPDATE tix.order_items SET seat_id = ''A-9'' WHERE seat_id = ''A-1'' AND order_id = %L',
     'O2 O5', 'an item without a ticket'),
    ('UPDATE tix.order_items SET cancelled_at = now() WHERE seat_id = ''A-1'' AND order_id = %L',
     'O2', 'a cancelled item with a ticket'),
    ('UPDATE tix.order_items SET price_amount = 900, base_amount = 900 WHERE seat_id = ''A-1'' '
     'AND order_id = %L', 'O5', 'a price changed after it was paid'),
    ('UPDATE tix.order_items SET kept_amount = 1, cancelled_at = now() WHERE seat_id = ''A-1'' '
     'AND order_id = %L', 'O2 O5', 'a fee kept that nobody paid'),
    ('UPDATE tix.payments SET amount = amount + 1 WHERE order_id = %L', 'O5',
     'a payment of another amount'),
    ('UPDATE tix.payments SET currency = ''USD'', status = ''succeeded'' WHERE order_id = %L',
     'O5', 'a payment in another currency'),
    ('DELETE FROM tix.payments WHERE order_id = %L', 'O5', 'tickets nobody paid'),
    ('INSERT INTO tix.payments (order_id, amount, currency, provider, status)
        SELECT order_id, amount, currency, provider, status FROM tix.payments WHERE order_id = %L',
     'O5', 'money that came twice and is not owed back'),
    ('INSERT INTO tix.refunds (payment_id, order_id, amount, currency, reason)
        SELECT payment_id, order_id, amount, currency, ''x'' FROM tix.payments WHERE order_id = %L',
     'O4 O5', 'tickets and all of their money'),
    ('INSERT INTO tix.refunds (payment_id, order_id, order_item_id, amount, currency, reason)
        SELECT o.payment_id, o.order_id, order_item_id, 1000, ''EUR'', ''x''
        FROM tix.orders o JOIN tix.order_items USING (order_id)
        WHERE seat_id = ''A-1'' AND order_id = %L',
     'O4 O5', 'a ticket and its refund');
-- The whole run looks at the ledger and at what payments say of the order, too.
ALTER TABLE deed ADD COLUMN whole text;
UPDATE deed SET whole = concat_ws(' ', laws,
    CASE WHEN command ~ 'cancelled''|expired|failed|in_doubt' AND laws ~ '^O[23]$'
              AND command ~ '^UPDATE tix.orders' THEN 'O4'
         WHEN command ~ '^(UPDATE|DELETE FROM|INSERT INTO) tix.payments' THEN 'O8' END);
SELECT count(*) AS deeds FROM deed \gset
CREATE FUNCTION pg_temp.try(wanted int, way text, subject uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found_all text;
    found_recent text;
    traced boolean;
BEGIN
    BEGIN
        PERFORM pg_temp.by_hand((SELECT format(command, subject) FROM deed WHERE n = wanted), way);
        traced := pg_temp.trusted();
        found_recent := pg_temp.laws(subject::text, '1 hour');
        found_all := pg_temp.laws(subject::text);
        RAISE EXCEPTION 'undo' USING ERRCODE = 'TX999';
    EXCEPTION WHEN SQLSTATE 'TX999' THEN
        RETURN concat_ws(', ', found_all, found_recent, CASE WHEN traced THEN 'traced' END);
    END;
END $$;
-- A sale of an hour ago: nothing of it is recent but the deed.
SET session_replication_role = replica;
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
UPDATE tickets SET issued_at = now() - interval '2 days';
UPDATE payments SET processed_at = now() - interval '2 days';
UPDATE orders SET created_at = now() - interval '2 days', completed_at = now() - interval '2 days';
RESET session_replication_role;
ALTER TABLE tickets ENABLE ALWAYS TRIGGER ticket_guard;
DELETE FROM audit_traces;
SELECT is_empty('SELECT * FROM tix_audit()', 'old sales are in order');
SELECT is(pg_temp.try(n, 'replica', :'o'), concat_ws(', ', whole, laws, 'traced'),
    what || ', by a replication role') FROM deed ORDER BY n;
SELECT is(pg_temp.try(n, 'disabled', :'o'), concat_ws(', ', whole, whole),
    what || ', behind disabled triggers') FROM deed ORDER BY n;
SELECT is(:deeds, 17, 'every deed was tried');
SELECT is_empty('SELECT * FROM tix_audit()', 'undone, nothing is left to report');

-- O4 without a refund: the ticket is gone and the money was kept.
BEGIN;
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
UPDATE tickets SET status = 'cancelled' WHERE order_id = :'o';
SELECT is(pg_temp.laws(:'o', '1 minute'), 'O2 O4 O5', 'money without tickets or refund is found');
UPDATE tickets SET status = 'valid' WHERE order_id = :'o' AND seat_id = 'A-2';
SELECT is(pg_temp.laws(:'o', '1 minute'), 'O2 O5', 'and so is one of two tickets without');
ROLLBACK;
-- In normal mode, triggers and all.
BEGIN;
UPDATE tickets SET status = 'cancelled' WHERE order_id = :'p';
SELECT is(pg_temp.laws(:'p', '1 minute'), 'O2 O4 O5', 'a ticket cancelled by hand is found');
ROLLBACK;
BEGIN;
INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
VALUES (gen_random_uuid(), :'session', 'B-9', :'bob', 0, 'EUR') RETURNING order_id AS none \gset
SELECT is(pg_temp.laws(:'none', '1 minute'), 'O2', 'a ticket of no order is found');
ROLLBACK;
BEGIN;
UPDATE tickets SET order_id = :'p' WHERE order_id = :'o' AND seat_id = 'A-1';
SELECT is(pg_temp.laws(:'o', '1 minute') || ', ' || pg_temp.laws(:'p', '1 minute'), 'O2 O5, O2',
    'a ticket moved to another order is found in both');
ROLLBACK;

-- S3: a ticket behind the guard; a sold seat without its ticket.
SELECT pg_temp.hold(:'session', 'A-9', :'ann') \g /dev/null
SELECT throws_ok(format($$
    SET LOCAL session_replication_role = replica;
    INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
    VALUES (%L, %L, 'A-9', %L, 0, 'EUR')$$, :'o', :'session', :'bob'), 'TX001', NULL,
    'a replication role does not pass the guard');
BEGIN;
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
VALUES (gen_random_uuid(), :'session', 'B-1', :'bob', 0, 'EUR'),
       (gen_random_uuid(), :'session', 'nowhere', :'bob', 0, 'EUR');
SELECT is(pg_temp.laws('B-1', '1 minute') || pg_temp.laws('B-1'), 'S3S3',
    'a ticket whose seat was never sold is found');
SELECT is(pg_temp.laws('nowhere'), 'S3', 'and one whose seat is not in the house');
DELETE FROM tickets WHERE session_id = :'session' AND seat_id IN ('B-1', 'nowhere', 'A-1');
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE tickets ENABLE ALWAYS TRIGGER ticket_guard;
SELECT is((SELECT detail FROM tix_audit('1 minute') WHERE law = 'S3' AND subject = 'A-1'),
    'engine says sold, the tables have no ticket', 'a sold seat without a ticket is found');
SELECT is((SELECT count(*) FROM tix_audit() WHERE law = 'S3'), 1::bigint, 'and only that');
ROLLBACK;
BEGIN;
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
SELECT is(pg_temp.laws(NULL), '', 'a guard that is off and harmed nothing breaks no law');
SELECT ok(pg_temp.trusted(), 'it is known to be off');
ALTER TABLE tickets ENABLE ALWAYS TRIGGER ticket_guard;
SELECT ok(NOT pg_temp.trusted(), 'on again, the next audit looks at all');
ROLLBACK;

-- S2: the same seat twice, past guard and index.
SELECT is(tix_double_sell_total(), 0::bigint, 'no seat is sold twice');
BEGIN;
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
DROP INDEX tickets_one_per_seat;
SELECT is(pg_temp.laws('tickets_one_per_seat', '1 s'), 'S2', 'a missing index proves nothing');
INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency,
                     issued_at)
VALUES (:'o', :'session', 'A-1', :'bob', 0, 'EUR', '2020-01-01');
SELECT is(pg_temp.laws('A-1'), 'S2', 'a seat sold twice is found');
SELECT is(pg_temp.laws('A-1', '1 s'), 'S2', 'at once, however old it says it is');
SELECT is(pg_temp.laws(:'o'), 'O2 O5', 'and so is its order');
SELECT is(tix_double_sell_total(), 1::bigint, 'it is counted');
ROLLBACK;
BEGIN;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tickets_one_per_seat'::regclass;
SELECT is(pg_temp.laws(NULL, '1 s'), 'S2', 'an invalid index proves nothing');
ROLLBACK;
BEGIN;
DROP INDEX tickets_one_per_seat;
CREATE INDEX tickets_one_per_seat ON tickets (session_id, seat_id)
    WHERE status IN ('valid', 'used');
SELECT is(pg_temp.laws(NULL, '1 s'), 'S2', 'nor does one that is not unique');
ROLLBACK;
BEGIN;
DROP INDEX tickets_one_per_seat;
CREATE UNIQUE INDEX tickets_one_per_seat ON tickets (session_id, seat_id) WHERE status = 'valid';
SELECT is(pg_temp.laws(NULL, '1 s'), 'S2', 'nor one that overlooks used tickets');
ROLLBACK;

-- O3: an order ended by hand keeps its seats.
SELECT pg_temp.order_for(:'session', 'B-5', :'ann') AS ended \gset
UPDATE orders SET status = 'expired' WHERE order_id = :'ended';
SELECT is(pg_temp.laws(:'ended', '1 s'), 'O3', 'an ended order with a live hold is found');
SELECT release_order_seats(:'ended', :'ann') \g /dev/null
SELECT is_empty('SELECT * FROM tix_audit(''1 hour'')', 'released, nothing is left to report');

-- What is lawful although it looks odd.
SELECT tix_payment_event('mock', 'again-' || :'p', 'captured', 'again-' || :'p', :'p', 1000, 'EUR')
\g /dev/null
SELECT is(pg_temp.laws(NULL), '', 'money that came twice and is owed back is in order');
SELECT refund_id AS owed FROM refunds WHERE order_id = :'p' \gset
SELECT tix_refund_refused(:'owed', 'closed account') \g /dev/null
SELECT is(pg_temp.laws(NULL), '', 'and so is what the provider will never pay back');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'arena and tables agree');

-- Traces are kept for a day.
UPDATE audit_traces SET at = now() - interval '25 hours'
WHERE ctid = (SELECT min(ctid) FROM audit_traces);
SELECT is(tix_prune_traces(), 1, 'a trace is forgotten after a day');
SELECT throws_ok(format('SELECT tix_prune_traces(%L)', bad), '22023', NULL,
    format('at most %s are forgotten', coalesce(bad::text, 'NULL')))
FROM (VALUES (0), (-1), (NULL)) v (bad);
SELECT * FROM finish();
