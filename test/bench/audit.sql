-- 1 000 000 tickets, set-based: SESSIONS performances of 40 000 seats, all sold, in orders of four,
-- each paid; every hundredth order was paid back and its seats sold again. No engine took part.
\set ON_ERROR_STOP 1
SET session_replication_role = replica;
ALTER TABLE tix.tickets DISABLE TRIGGER ticket_guard;

SELECT seat_map_id AS map
FROM tix.tix_import_begin('Bench', 'Bench', 1000, 1000, 'audit', '{}') \gset
INSERT INTO tix.seat_map_seats
SELECT :'map', i, format('%s-%s-%s', i / 1000, i / 50 % 20 + 1, i % 50 + 1), 'Block ' || i / 1000,
    (i / 50 % 20 + 1)::text, 'stand', (i % 50 + 1)::text, i % 50, i % 50 * 10, i / 50 * 10,
    'std', false
FROM generate_series(0, 39999) i;
SELECT tix.tix_import_finish(:'map') AS seats \gset
SELECT tix.tix_create_event('Audit', :'map') AS event \gset
SELECT tix.tix_set_price(:'event', NULL, 2500, 'EUR') AS price \gset
CREATE TEMP TABLE house AS
SELECT i AS house,
    tix.tix_create_session(:'event', :'map', now() + i * interval '1 day') AS session_id
FROM generate_series(1, :sessions) i;
UPDATE tix.sessions SET status = 'on_sale', opened_at = now();

CREATE TEMP TABLE sale AS
SELECT gen_random_uuid() AS order_id, gen_random_uuid() AS payment_id, gen_random_uuid() AS user_id,
    h.session_id, h.house, n, false AS refunded
FROM house h, generate_series(0, 9999) n;
INSERT INTO sale
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), session_id, house, n, true
FROM sale WHERE n % 100 = 0;
INSERT INTO tix.orders (order_id, user_id, session_id, total_amount, total_currency, status,
    provider, payment_id, expires_at, created_at, completed_at)
SELECT order_id, user_id, session_id, 10000, 'EUR',
    CASE WHEN refunded THEN 'refunded' ELSE 'completed' END, 'mock', payment_id,
    now() - interval '1 hour', now() - interval '2 hours', now() - interval '2 hours'
FROM sale;
INSERT INTO tix.order_items (order_id, lock_id, seat_id, price_amount, price_currency)
SELECT order_id, house * 100000 + n + refunded::int * 50000,
    format('%s-%s-%s', i / 1000, i / 50 % 20 + 1, i % 50 + 1), 2500, 'EUR'
FROM sale, generate_series(n * 4, n * 4 + 3) i;
INSERT INTO tix.tickets (order_id, session_id, seat_id, user_id, price_amount, price_currency,
    status, issued_at)
SELECT s.order_id, s.session_id, i.seat_id, s.user_id, 2500, 'EUR',
    CASE WHEN s.refunded THEN 'refunded' ELSE 'valid' END, now() - interval '2 hours'
FROM sale s JOIN tix.order_items i USING (order_id);
INSERT INTO tix.payments (payment_id, order_id, amount, currency, provider, provider_transaction_id,
    status, processed_at)
SELECT payment_id, order_id, 10000, 'EUR', 'mock', payment_id, 'succeeded',
    now() - interval '2 hours'
FROM sale;
INSERT INTO tix.refunds (payment_id, order_id, order_item_id, amount, currency, reason, status,
    processed_at)
SELECT s.payment_id, s.order_id, i.order_item_id, 2500, 'EUR', 'cancelled', 'succeeded',
    now() - interval '1 hour'
FROM sale s JOIN tix.order_items i USING (order_id) WHERE s.refunded;
ALTER TABLE tix.tickets ENABLE ALWAYS TRIGGER ticket_guard;
INSERT INTO tix.ledger (order_id, payment_id, kind, amount, currency)
SELECT order_id, payment_id, 'captured', amount, currency FROM tix.payments
WHERE status = 'succeeded';
INSERT INTO tix.ledger (order_id, payment_id, refund_id, kind, amount, currency)
SELECT order_id, payment_id, refund_id, 'refunded', -amount, currency FROM tix.refunds
WHERE status = 'succeeded';
RESET session_replication_role;
DELETE FROM tix.audit_traces;
VACUUM ANALYZE tix.orders, tix.order_items, tix.tickets, tix.payments, tix.refunds, tix.ledger,
    tix.seats, tix.audit_traces;
