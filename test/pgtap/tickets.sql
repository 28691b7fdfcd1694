-- Tickets: one valid ticket per seat, whoever writes the table, and a cancelled one frees its seat.
\ir fixture.psql
SELECT plan(45);
CREATE FUNCTION pg_temp.insert_ticket(session text, seat text, status text DEFAULT 'valid')
RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO tickets (order_id, session_id, seat_id, user_id, price_amount, '
                  'price_currency, status) VALUES (gen_random_uuid(), %L, %L, gen_random_uuid(), '
                  '0, ''EUR'', %L)', session, seat, status)
$$;
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgrelid = 'tix.tickets'::regclass
    AND tgfoid = 'tix.tix_ticket_guard'::regproc AND tgenabled = 'A'), 2::bigint,
    'the guards are always enabled');
SELECT index_is_unique('tix', 'tickets', 'tickets_one_per_seat', 'the index is unique');
SELECT is((SELECT pg_get_expr(indpred, indrelid) FROM pg_index
    WHERE indexrelid = 'tix.tickets_one_per_seat'::regclass),
    '(status = ANY (ARRAY[''valid''::text, ''used''::text]))', 'the index is of occupied seats');

SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT throws_ok(pg_temp.insert_ticket(:'session', 'A-1'), NULL, NULL,
    'a second ticket of a sold seat is refused');
SELECT pg_temp.hold(:'session', 'A-3', :'bob') AS bobs \gset
SELECT throws_ok(pg_temp.insert_ticket(:'session', 'A-3'), 'TX001', NULL,
    'a ticket of a seat somebody holds is refused, also to the DBA');
SET session_replication_role = replica;
SELECT throws_ok(pg_temp.insert_ticket(:'session', 'A-3'), 'TX001', NULL,
    'also to a replication role');
RESET session_replication_role;
SELECT throws_ok('TRUNCATE tickets', '0A000', NULL, 'tickets cannot be truncated');
SELECT throws_ok('TRUNCATE tickets CASCADE', '0A000', NULL, 'nor with what hangs on them');
SET session_replication_role = replica;
SELECT throws_ok('TRUNCATE tickets', '0A000', NULL, 'nor by a replication role');
SELECT throws_ok(format('UPDATE tickets SET seat_id = ''A-3'' WHERE session_id = %L '
    'AND seat_id = ''A-2''', :'session'), 'TX001', NULL, 'which moves no ticket to a held seat');
RESET session_replication_role;
SELECT throws_ok(format('UPDATE tickets SET seat_id = ''A-1'' WHERE session_id = %L '
    'AND seat_id = ''A-2''', :'session'), '23505', NULL, 'a ticket moves to no sold seat');
SELECT throws_ok(format('UPDATE tickets SET seat_id = ''Z-9'' WHERE session_id = %L '
    'AND seat_id = ''A-2''', :'session'), 'TX001', NULL, 'nor to one that does not exist');
SELECT throws_ok(pg_temp.insert_ticket(gen_random_uuid()::text, 'A-1'), '22023', NULL,
    'nor has a session that does not exist tickets');
SELECT is(pg_temp.state(:'session', 'A-1') || pg_temp.state(:'session', 'A-2')
    || pg_temp.state(:'session', 'A-3'), 'soldsoldheld', 'refused changes change no seat');
-- Behind the guard's back the index still holds.
BEGIN;
ALTER TABLE tickets DISABLE TRIGGER ticket_guard;
SELECT throws_ok(pg_temp.insert_ticket(:'session', 'A-1', status), '23505', NULL,
    format('without the guard the index refuses a second %s ticket', status))
FROM unnest('{valid,used}'::text[]) status;
SELECT lives_ok(pg_temp.insert_ticket(:'session', 'A-1', status), format('but no %s one', status))
FROM unnest('{cancelled,refunded}'::text[]) status;
SELECT throws_ok(format('UPDATE tickets SET status = ''valid'' WHERE session_id = %L '
    'AND seat_id = ''A-1'' AND status = ''refunded''', :'session'), '23505', NULL,
    'until it is made valid');
ROLLBACK;
SELECT throws_ok(pg_temp.insert_ticket(:'session', 'A-6', 'lost'), '23514', NULL,
    'a ticket has one of four states');
SELECT lives_ok(pg_temp.insert_ticket(:'session', 'A-4', 'cancelled'),
    'a cancelled ticket occupies nothing');
SELECT is(pg_temp.state(:'session', 'A-4'), 'free', 'its seat is free');
SELECT lives_ok(pg_temp.insert_ticket(:'session', 'A-5'), 'a ticket of a free seat is possible');
SELECT is(pg_temp.state(:'session', 'A-5'), 'sold', 'and sells the seat');
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-5', :'bob')), 'sold', 'to nobody else');
DELETE FROM tickets WHERE session_id = :'session' AND seat_id = 'A-5';
SELECT is(pg_temp.state(:'session', 'A-5'), 'free', 'a deleted ticket frees its seat');

SELECT ticket_id AS t1 FROM tickets WHERE session_id = :'session' AND seat_id = 'A-1'
    AND status = 'valid' \gset
SELECT throws_ok(format('SELECT tix_cancel_ticket(%L, %L)', :'t1', :'bob'), 'P0002', NULL,
    'another''s ticket does not exist');
SELECT tix_cancel_ticket(:'t1', :'ann') AS refund \gset
SELECT is((SELECT amount FROM refunds WHERE refund_id = :'refund'), 1000::bigint,
    'cancelling a ticket owes its price');
SELECT is(pg_temp.status(:'o'), 'partially_refunded', 'the order is partially refunded');
SELECT is(pg_temp.state(:'session', 'A-1'), 'free', 'the seat is free');
SELECT throws_ok(format('SELECT tix_cancel_ticket(%L, %L)', :'t1', :'ann'), 'TX010', NULL,
    'a ticket is cancelled once');
SELECT isnt(pg_temp.paid(:'session', 'A-1', :'bob'), NULL, 'the seat is sold again');
SELECT is((SELECT count(*) FROM tickets WHERE session_id = :'session' AND seat_id = 'A-1'),
    2::bigint, 'and the cancelled ticket stays');
SELECT result AS first_back FROM tix_payment_event('mock', 'b1' || :'o', 'refunded', 'tx-' || :'o',
    :'o', 1000, 'EUR') \gset
SELECT tix_cancel_ticket(ticket_id, :'ann') FROM tickets
WHERE order_id = :'o' AND status = 'valid' \g /dev/null
SELECT result AS second_back FROM tix_payment_event('mock', 'b2' || :'o', 'refunded',
    'tx-' || :'o', :'o', 1000, 'EUR') \gset
SELECT is(pg_temp.status(:'o'), 'refunded', 'everything paid back: the order is refunded');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');

-- Reading.
SELECT pg_temp.paid(:'session', 'B-1 B-2 B-3', :'ann') AS trio \gset
SELECT ARRAY(SELECT ticket_id FROM tickets WHERE user_id = :'ann'
             ORDER BY issued_at DESC, ticket_id DESC) AS mine \gset
SELECT is(ARRAY(SELECT ticket_id FROM tix_list_tickets(:'ann')), :'mine'::uuid[],
    'buyers see their tickets, newest first');
SELECT is(ARRAY(SELECT ticket_id FROM tix_list_tickets(:'ann', NULL, 2))
    || ARRAY(SELECT ticket_id FROM tix_list_tickets(:'ann', (:'mine'::uuid[])[2], 100)),
    :'mine'::uuid[], 'a page goes on behind the page before');
SELECT results_eq(format('SELECT * FROM tix_get_ticket(%L, %L)', ticket_id, :'ann'),
    format('SELECT * FROM tix_list_tickets(%L) WHERE ticket_id = %L', :'ann', ticket_id),
    'one ticket is shown as in the list'), ticket_id AS one
FROM tickets WHERE order_id = :'trio' AND seat_id = 'B-1' \gset shown_
SELECT :'shown_results_eq';
SELECT is((SELECT order_id || seat_id || status || price_amount || price_currency
    FROM tix_get_ticket(:'shown_one', :'ann')), :'trio' || 'B-1valid2000EUR', 'with its price');
SELECT is_empty(format('SELECT * FROM tix_get_ticket(%L, %L)', :'shown_one', :'bob'),
    'another''s ticket is not shown');
SELECT is_empty(format('SELECT * FROM tix_list_tickets(%L, %L)', :'bob', :'shown_one'),
    'nor can a page begin behind it');
SELECT is((SELECT count(*) FROM tix_list_tickets(:'bob') WHERE order_id = :'trio'), 0::bigint,
    'nor is it in another''s list');
SELECT throws_ok(format('SELECT * FROM tix_list_tickets(%L, NULL, %L)', :'ann', n), '22023', NULL,
    format('a page of %s tickets is refused', coalesce(n::text, 'NULL')))
FROM unnest('{0,101,NULL}'::int[]) n;
SELECT * FROM finish();
