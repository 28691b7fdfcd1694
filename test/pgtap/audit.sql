-- Audit: silent when all is well, and finds what was changed behind the guards.
\ir fixture.psql
SELECT plan(12);
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT is_empty('SELECT * FROM tix_audit()', 'a sale leaves nothing to report');
SET ROLE tix_monitor;
SELECT count(*) AS seen_by_monitor FROM tix.tix_audit() \gset
RESET ROLE;
SELECT is(:'seen_by_monitor'::text, '0', 'the monitor may run it');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT throws_ok('SELECT * FROM tix_audit()', '25001', NULL, 'an old snapshot is refused');
ROLLBACK;

-- S3: a ticket behind the guard; a sold seat without its ticket.
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
VALUES (gen_random_uuid(), :'session', 'B-1', :'bob', 0, 'EUR');
ALTER TABLE tickets ENABLE ALWAYS TRIGGER ticket_guard;
SELECT set_eq('SELECT law, subject FROM tix_audit() WHERE law = ''S3''', $$VALUES ('S3', 'B-1')$$,
    'a ticket whose seat was never sold is found');
SELECT is((SELECT count(*) FROM tix_audit() WHERE law = 'O2'), 1::bigint,
    'and so is a ticket without an order');
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
DELETE FROM tickets WHERE session_id = :'session' AND seat_id = 'B-1';
UPDATE tickets SET status = 'cancelled' WHERE session_id = :'session' AND seat_id = 'A-1';
ALTER TABLE tickets ENABLE ALWAYS TRIGGER ticket_guard;
SELECT is((SELECT detail FROM tix_audit() WHERE law = 'S3' AND subject = 'A-1'),
    'engine says sold, the tables have no ticket', 'a sold seat without a ticket is found');
SELECT is((SELECT detail FROM tix_audit() WHERE law = 'O2' AND subject = :'o'),
    'completed: item A-1 has 0 tickets', 'a completed order without its ticket is found');
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
UPDATE tickets SET status = 'valid' WHERE session_id = :'session' AND seat_id = 'A-1';

-- S2: the same seat twice, past guard and index.
BEGIN;
DROP INDEX tickets_one_per_seat;
INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency)
VALUES (:'o', :'session', 'A-1', :'bob', 0, 'EUR');
SELECT is((SELECT count(*) FROM tix_audit() WHERE law = 'S2' AND subject = 'A-1'), 1::bigint,
    'a seat sold twice is found');
ROLLBACK;
ALTER TABLE tickets ENABLE ALWAYS TRIGGER ticket_guard;

-- O3: an order ended by hand keeps its seats, or its tickets.
SELECT pg_temp.order_for(:'session', 'B-5', :'ann') AS ended \gset
UPDATE orders SET status = 'expired' WHERE order_id = :'ended';
SELECT is((SELECT count(*) FROM tix_audit() WHERE law = 'O3' AND subject = :'ended'), 1::bigint,
    'an ended order with a live hold is found');
SELECT release_order_seats(:'ended', :'ann') \g /dev/null
SET session_replication_role = replica;
UPDATE orders SET status = 'cancelled' WHERE order_id = :'o';
RESET session_replication_role;
SELECT is((SELECT count(*) FROM tix_audit() WHERE law = 'O3' AND subject = :'o'), 2::bigint,
    'a cancelled order with tickets is found');
SET session_replication_role = replica;
UPDATE orders SET status = 'completed' WHERE order_id = :'o';
RESET session_replication_role;
SELECT is_empty('SELECT * FROM tix_audit()', 'repaired, nothing is left to report');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'arena and tables agree');
SELECT * FROM finish();
