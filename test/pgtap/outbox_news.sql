-- News: every change of an order, payment, refund and ticket is told once, to whom it concerns.
\ir fixture.psql
SELECT plan(14);
CREATE FUNCTION pg_temp.told(since text, who uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(type || ' ' || version, ', ' ORDER BY type, version)
    FROM tix.tix_news($1) WHERE user_id = $2
$$;
SELECT next_cursor AS begun FROM tix_news()
ORDER BY string_to_array(next_cursor, '-')::bigint[] DESC LIMIT 1 \gset

SELECT is((SELECT count(*) FROM tix_news(:'begun')), 0::bigint, 'behind the last there is nothing');
SELECT pg_temp.order_for(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT is(pg_temp.told(:'begun', :'ann'), 'order.created 1', 'an order is news to its buyer');
SELECT is((SELECT version FROM tix_get_order(:'o', :'ann')), 1, 'and has its version');
SELECT is(pg_temp.told(:'begun', :'bob'), NULL, 'and none to anybody else');
SELECT payment_id AS p FROM tix_begin_payment(:'o') \gset
SELECT tix_payment_event('mock', 'c' || :'o', 'captured', 't' || :'o', :'o', 2000, 'EUR')
\g /dev/null
SELECT is(pg_temp.told(:'begun', :'ann'), 'order.completed 3, order.created 1, '
    'order.payment_pending 2, payment.created 1, payment.succeeded 2, ticket.issued 1, '
    'ticket.issued 1', 'so is its payment, and so are its tickets');
SELECT is((SELECT version FROM tix_list_orders(:'ann') WHERE order_id = :'o'), 3,
    'an order in a list has the version of its last event');
SELECT is_empty(format('SELECT FROM tix_news(%L) WHERE order_id <> %L', :'begun', :'o'),
    'all of it says of which order it is');
SELECT is_empty(format('SELECT FROM tix_news(%L) WHERE type LIKE ''seat.%%''', :'begun'),
    'what concerns nobody in particular is no news');

SELECT ticket_id AS k FROM tickets WHERE order_id = :'o' AND seat_id = 'A-1' \gset
SELECT next_cursor AS sold FROM tix_news(:'begun')
ORDER BY string_to_array(next_cursor, '-')::bigint[] DESC LIMIT 1 \gset
UPDATE tickets SET user_id = :'bob' WHERE ticket_id = :'k';
SELECT is(pg_temp.told(:'sold', :'ann') || '; ' || pg_temp.told(:'sold', :'bob'),
    'ticket.transferred 2; ticket.transferred 2', 'a transfer is news to both');
SELECT tix_cancel_ticket(t.ticket_id, :'ann') AS r FROM tickets t
WHERE t.order_id = :'o' AND t.seat_id = 'A-2' \gset
SELECT is(pg_temp.told(:'sold', :'ann'), 'order.partially_refunded 4, refund.requested 1, '
    'ticket.cancelled 2, ticket.transferred 2', 'money owed is news to who paid');

SELECT is((SELECT count(*) FROM tix_news() WHERE user_id IS NULL), 1::bigint,
    'who has no cursor is given one first');
SELECT is((SELECT count(*) FROM tix_news() n WHERE n.order_id = :'o'),
    (SELECT count(*) FROM tix_news(:'begun') n WHERE n.order_id = :'o'),
    'and is told the last minute again');
SELECT is((SELECT count(*) FROM tix_news(recent_outbox('0 s', 100))), 0::bigint,
    'an age of nothing is the end');
SELECT throws_ok(format('SELECT * FROM tix_news(%L)', bad), '22023', NULL, 'no cursor: ' || bad)
FROM unnest(ARRAY['x']) bad;
SELECT * FROM finish();
