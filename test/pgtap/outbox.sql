-- Outbox: every change of an order, payment, refund and ticket leaves one event in its transaction,
-- numbered by aggregate, and a reader's cursor skips none of them.
\ir fixture.psql
SELECT plan(93);
CREATE FUNCTION pg_temp.types(wanted uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(sequence || ' ' || type, ', ' ORDER BY event_id) FROM tix.events_outbox
    WHERE aggregate_id = $1 AND sequence IS NOT NULL
$$;
CREATE FUNCTION pg_temp.seats(session uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(type || ' ' || (payload->>'seatIds'), ', ' ORDER BY event_id)
    FROM tix.events_outbox WHERE aggregate_id = $1
$$;
CREATE FUNCTION pg_temp.now_at() RETURNS text LANGUAGE plpgsql AS $$
DECLARE at text; page text;
BEGIN
    LOOP
        SELECT next_cursor INTO page FROM tix.tix_read_outbox(at, 1000)
        OFFSET 999;
        EXIT WHEN NOT FOUND;
        at := page;
    END LOOP;
    RETURN coalesce((SELECT next_cursor FROM tix.tix_read_outbox(at, 1000)
                     ORDER BY split_part(next_cursor, '-', 2)::numeric DESC, event_id DESC LIMIT 1),
                    at, '1-0-0');
END $$;
SELECT tix_maintain_outbox() AS maintained \gset
SELECT pg_temp.now_at() AS begun \gset

-- A purchase.
SELECT pg_temp.order_for(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT is(pg_temp.types(:'o'), '1 order.created', 'a new order is an event');
SELECT is((SELECT payload FROM events_outbox WHERE aggregate_id = :'o'), jsonb_build_object(
    'orderId', :'o', 'sessionId', :'session', 'userId', :'ann', 'amount', 2000, 'currency', 'EUR'),
    'which says whose it is, where, and for how much');
SELECT payment_id AS p FROM tix_begin_payment(:'o') \gset
SELECT is(pg_temp.types(:'p'), '1 payment.created', 'a payment that begins is one');
UPDATE orders SET expires_at = expires_at WHERE order_id = :'o';
UPDATE payments SET method = 'card' WHERE payment_id = :'p';
SELECT is(pg_temp.types(:'o'), '1 order.created, 2 order.payment_pending',
    'a change that leaves the state is none');
SELECT tix_payment_event('mock', 'c' || :'o', 'captured', 't' || :'o', :'o', 2000, 'EUR')
\g /dev/null
SELECT is(pg_temp.types(:'p'), '1 payment.created, 2 payment.succeeded', 'money that arrives is');
SELECT is(pg_temp.types(:'o'), '1 order.created, 2 order.payment_pending, 3 order.completed',
    'events of an order are numbered without gaps');
SELECT is((SELECT event_sequence FROM orders WHERE order_id = :'o'), 3,
    'the order knows its last number');
SELECT is((SELECT payload->>'was' FROM events_outbox
    WHERE aggregate_id = :'o' AND sequence = 3), 'payment_pending', 'a change says from what');
SELECT is((SELECT count(*) FROM events_outbox e JOIN tickets t ON t.ticket_id = e.aggregate_id
    WHERE t.order_id = :'o' AND e.type = 'ticket.issued' AND e.sequence = 1), 2::bigint,
    'each ticket is issued once');
SELECT is(pg_temp.seats(:'session'), 'seat.sold ["A-1", "A-2"]', 'the seats of an order are sold');
SELECT is((SELECT count(*) FROM events_outbox WHERE payload->>'orderId' = :'o'), 8::bigint,
    'and that is all');
SELECT ok((SELECT (array_agg(type ORDER BY event_id))[1] = 'order.created'
    AND bool_and(occurred_at BETWEEN now() - interval '1 minute' AND clock_timestamp())
    FROM events_outbox WHERE payload->>'orderId' = :'o'), 'they tell when it happened');

-- What follows a purchase.
SELECT ticket_id AS k FROM tickets WHERE order_id = :'o' AND seat_id = 'A-1' \gset
SELECT ticket_id AS g FROM tickets WHERE order_id = :'o' AND seat_id = 'A-2' \gset
UPDATE tickets SET user_id = :'bob' WHERE ticket_id = :'g';
SELECT is(pg_temp.types(:'g'), '1 ticket.issued, 2 ticket.transferred', 'a ticket is transferred');
SELECT is((SELECT (payload->>'fromUserId') || (payload->>'userId') FROM events_outbox
    WHERE aggregate_id = :'g' AND sequence = 2), :'ann' || :'bob', 'from whom to whom');
UPDATE tickets SET status = 'used', used_at = now() WHERE ticket_id = :'g';
SELECT is(pg_temp.types(:'g'), '1 ticket.issued, 2 ticket.transferred, 3 ticket.used', 'and used');
UPDATE tickets SET status = 'valid', user_id = :'ann' WHERE ticket_id = :'g';
SELECT is((SELECT event_sequence FROM tickets WHERE ticket_id = :'g'), 5,
    'what changes owner and state at once is two events');
SELECT tix_cancel_ticket(:'k', :'ann') AS r \gset
SELECT is(pg_temp.types(:'k'), '1 ticket.issued, 2 ticket.cancelled', 'a ticket is cancelled');
SELECT is(pg_temp.seats(:'session'), 'seat.sold ["A-1", "A-2"], seat.freed ["A-1"]',
    'which frees its seat');
SELECT is(pg_temp.types(:'r'), '1 refund.requested', 'its money is owed');
SELECT tix_payment_event('mock', 'r' || :'o', 'refunded', 't' || :'o', :'o', 1000, 'EUR',
    jsonb_build_object('refundId', :'r')) \g /dev/null
SELECT is(pg_temp.types(:'r'), '1 refund.requested, 2 refund.succeeded', 'and paid back');
SELECT is((SELECT payload - 'refundId' - 'paymentId' FROM events_outbox
    WHERE aggregate_id = :'r' AND sequence = 2), jsonb_build_object('orderId', :'o', 'amount', 1000,
    'currency', 'EUR', 'was', 'requested'), 'in minor units of a currency');
SELECT pg_temp.order_for(:'session', 'B-1', :'ann') AS c \gset
SELECT tix_cancel_order(:'c', :'ann') AS seats \gset
SELECT is(pg_temp.types(:'c'), '1 order.created, 2 order.cancelled', 'an order is cancelled');

-- One transaction with what happened.
BEGIN;
SELECT pg_temp.order_for(:'session', 'B-2', :'ann') AS undone \gset
SELECT is(pg_temp.types(:'undone'), '1 order.created', 'an event is there at once');
SAVEPOINT s;
SELECT tix_begin_payment(:'undone') \g /dev/null
ROLLBACK TO s;
SELECT is(pg_temp.types(:'undone'), '1 order.created', 'and gone with its savepoint');
ROLLBACK;
SELECT is(pg_temp.types(:'undone'), NULL, 'or its transaction');
SELECT pg_temp.order_for(:'session', 'B-2', :'ann') AS illegal \gset
SELECT throws_ok(format('UPDATE orders SET status = ''refunded'' WHERE order_id = %L', :'illegal'),
    'TX010', NULL, 'a change that is refused');
SELECT is(pg_temp.types(:'illegal'), '1 order.created', 'is no event');
SELECT pg_temp.order_for(:'session', 'B-3', :'ann') AS more,
       pg_temp.order_for(:'session', 'B-4', :'bob') AS most \gset
BEGIN;
UPDATE orders SET status = 'cancelled' WHERE order_id IN (:'illegal', :'more', :'most');
SELECT is((SELECT count(DISTINCT aggregate_id) FROM events_outbox
    WHERE type = 'order.cancelled' AND payload->>'sessionId' = :'session'), 4::bigint,
    'a statement that changes many is an event for each');
ROLLBACK;

-- Reading.
CREATE FUNCTION pg_temp.page(since text, n int, types text[] DEFAULT NULL)
RETURNS TABLE (n bigint, type text, cursor text) LANGUAGE sql AS $$
    SELECT row_number() OVER (), type, next_cursor FROM tix.tix_read_outbox($1, $2, $3)
$$;
SELECT is((SELECT array_agg(type ORDER BY n) FROM pg_temp.page(:'begun', 3)),
    '{order.created,payment.created,order.payment_pending}', 'a page has the oldest, in order');
SELECT cursor AS third FROM pg_temp.page(:'begun', 3) WHERE n = 3 \gset
SELECT is((SELECT type FROM pg_temp.page(:'third', 1)), 'payment.succeeded', 'the next goes on');
SELECT is_empty(format('SELECT FROM tix_read_outbox(%L)', pg_temp.now_at()), 'the last is empty');
SELECT is((SELECT array_agg(DISTINCT type)
    FROM pg_temp.page(:'begun', 1000, '{refund.*,seat.sold}')),
    '{refund.requested,refund.succeeded,seat.sold}', 'types are named whole or by their beginning');
SELECT ok((SELECT count(*) FROM tix_read_outbox(:'begun', 1000, '{*}'))
    = (SELECT count(*) FROM tix_read_outbox(:'begun', 1000)), 'a star is all');
SELECT is_empty(format('SELECT FROM tix_read_outbox(%L, 1000, %L)', :'begun', '{}'),
    'no types are none');
SELECT results_eq(format('SELECT event_id FROM tix_read_outbox(%L, 1000)', :'begun'), format(
    'SELECT e.event_id FROM events_outbox e WHERE (e.xid, e.event_id) > (%L::xid8, %s)
     ORDER BY e.xid, e.event_id', split_part(:'begun', '-', 2), split_part(:'begun', '-', 3)),
    'all that was written is read');

-- Who commits late is not skipped.
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('late', format('host=%s port=%s dbname=%s user=%s options=-csearch_path=tix',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
SELECT pg_temp.now_at() AS before \gset
SELECT dblink_exec('late', 'BEGIN') \g /dev/null
SELECT dblink_exec('late', $$INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload)
    VALUES ('order', gen_random_uuid(), 'test.late', '{}')$$) \g /dev/null
INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload)
    VALUES ('order', gen_random_uuid(), 'test.early', '{}');
SELECT is_empty(format('SELECT FROM tix_read_outbox(%L)', :'before'),
    'what committed behind one that may still commit is not read yet');
SELECT ok((SELECT count(*) = 1 FROM events_outbox WHERE type = 'test.early'), 'though it is there');
SELECT dblink_exec('late', 'COMMIT') \g /dev/null
SELECT is((SELECT array_agg(type) FROM tix_read_outbox(:'before')), '{test.late,test.early}',
    'then both are, in one order for everybody');
SELECT pg_temp.now_at() AS before \gset
SELECT dblink_exec('late', 'BEGIN') \g /dev/null
SELECT dblink_exec('late', $$INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload)
    VALUES ('order', gen_random_uuid(), 'test.undone', '{}')$$) \g /dev/null
INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload)
    VALUES ('order', gen_random_uuid(), 'test.after', '{}');
SELECT dblink_exec('late', 'ROLLBACK') \g /dev/null
SELECT is((SELECT array_agg(type) FROM tix_read_outbox(:'before')), '{test.after}',
    'nobody waits for what was rolled back');
SELECT dblink_exec('late', 'BEGIN') \g /dev/null
SELECT * FROM dblink('late', 'SELECT count(*) FROM orders') AS t (n bigint) \g /dev/null
INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload)
    VALUES ('order', gen_random_uuid(), 'test.readers', '{}');
SELECT ok('test.readers' = ANY (SELECT type FROM tix_read_outbox(:'before')),
    'nor for a transaction that has only read');
SELECT dblink_exec('late', 'COMMIT') \g /dev/null

-- Bad input.
SELECT throws_ok(format('SELECT * FROM tix_read_outbox(NULL, %L)', n), '22023', NULL,
    format('%s rows are refused', coalesce(n::text, 'NULL')))
FROM (VALUES (0), (-1), (1001), (NULL)) v (n);
SELECT throws_ok(format('SELECT * FROM tix_read_outbox(%L)', c), '22023', NULL,
    format('cursor "%s" is refused', left(c, 30)))
FROM unnest(ARRAY['', 'x', '1-2', '1-2-3-4', '-1-2-3', '1-99999999999999999999-1', ' 1-2-3',
                  '1-9999999999999999999-1', '1-2-9999999999999999999', '1-1e3-1',
                  repeat('1', 100000)]) c;
SELECT throws_ok($$SELECT * FROM tix_read_outbox('999-1-1')$$, '22023', NULL,
    'a cursor of another cluster is refused');
SELECT throws_ok($$SELECT * FROM tix_read_outbox('1-9000000000000000000-1')$$, '22023', NULL,
    'and one of the future');
SELECT throws_ok('SELECT * FROM tix_read_outbox(NULL, 1, ARRAY[NULL])', '22023', NULL,
    'a type that is NULL is refused');
SELECT throws_ok('SELECT * FROM tix_read_outbox(NULL, 1, array_fill(''a''::text, ARRAY[101]))',
    '22023', NULL, 'and more than a hundred');

-- Append-only.
SELECT throws_ok('UPDATE events_outbox SET type = ''x''', '55000', NULL, 'events do not change');
SELECT throws_ok('UPDATE events_outbox SET xid = ''0'', payload = ''{"a": 1}''', '55000', NULL,
    'nor under a pretext');
SELECT throws_ok('TRUNCATE events_outbox', '55000', NULL, 'nor go all at once');

-- Partitions.
SELECT is((SELECT count(*) FROM generate_series(0, 3) n WHERE to_regclass('tix.events_outbox_'
    || to_char((now() AT TIME ZONE 'UTC')::date + n, 'YYYYMMDD')) IS NULL), 0::bigint,
    'today and three days ahead have partitions');
SELECT is((SELECT made FROM tix_maintain_outbox()), 0, 'which are made once');
INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload, occurred_at)
    VALUES ('order', gen_random_uuid(), 'test.day', '{}', now() + interval '5 days');
SELECT is((SELECT count(*) FROM events_outbox_default WHERE type = 'test.day'), 1::bigint,
    'an event of a day without one is kept all the same');
SELECT ok('test.day' = ANY (SELECT type FROM tix_read_outbox(:'before')), 'and read');
SELECT is((SELECT made FROM tix_maintain_outbox(days_ahead => 6)), 2,
    'that day gets none any more, the others do');
SELECT is((SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass('tix.events_outbox_'
    || to_char((now() AT TIME ZONE 'UTC')::date + 6, 'YYYYMMDD'))), 'tix_owner',
    'they belong to the owner of the schema');
SELECT is((SELECT count(*) FROM pg_inherits i JOIN pg_index x ON x.indrelid = i.inhrelid
    WHERE i.inhparent = 'events_outbox'::regclass), (SELECT count(*) FROM pg_inherits
    WHERE inhparent = 'events_outbox'::regclass), 'and have the index of readers');

-- Jobs wait for nobody.
SELECT dblink_exec('late', 'SET lock_timeout = 100') \g /dev/null
SELECT dblink_exec('late', 'BEGIN') \g /dev/null
SELECT dblink_exec('late', $$INSERT INTO events_outbox
    (aggregate_type, aggregate_id, type, payload, occurred_at)
    VALUES ('order', gen_random_uuid(), 'test.day', '{}', now() + interval '29 days')$$)
\g /dev/null
SELECT is((SELECT made FROM tix_maintain_outbox(days_ahead => 8)), 0,
    'no partition is made while the DEFAULT one is in use');
SELECT dblink_exec('late', 'COMMIT') \g /dev/null
SELECT is((SELECT made FROM tix_maintain_outbox(days_ahead => 8)), 2, 'but the next time');

-- Retention.
CREATE FUNCTION pg_temp.kept() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(type, ' ' ORDER BY event_id) FROM tix.events_outbox
    WHERE aggregate_type = 'old'
$$;
SELECT add_outbox_day((now() AT TIME ZONE 'UTC')::date - d) FROM unnest('{9,95}'::int[]) d
\g /dev/null
INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload, occurred_at)
SELECT 'old', gen_random_uuid(), t || d, '{}', now() - make_interval(days => d)
FROM unnest('{95,40,9,6}'::int[]) WITH ORDINALITY a (d, n),
     unnest('{seat.,ticket.,refund.}'::text[]) WITH ORDINALITY b (t, m) ORDER BY n, m;
SELECT is((SELECT pruned FROM tix_maintain_outbox(1)), 1, 'pruning is bounded');
SELECT isnt((SELECT pruned FROM tix_maintain_outbox()), 0, 'and goes on');
SELECT is(pg_temp.kept(), 'refund.40 ticket.9 refund.9 seat.6 ticket.6 refund.6',
    'seats are kept for 7 days, money for 90, the rest for 30');
SELECT is(to_regclass('tix.events_outbox_' || to_char((now() AT TIME ZONE 'UTC')::date - 95,
    'YYYYMMDD')), NULL, 'a day of which nothing is kept is dropped');
SELECT isnt(to_regclass('tix.events_outbox_' || to_char((now() AT TIME ZONE 'UTC')::date - 9,
    'YYYYMMDD')), NULL, 'another is not');
SELECT is((SELECT pruned FROM tix_maintain_outbox()), 0, 'nothing is pruned twice');
UPDATE outbox_retention SET keep_days = 5 WHERE type_prefix = 'seat.';
SELECT is((SELECT pruned FROM tix_maintain_outbox()), 1, 'what is kept is a setting');
UPDATE outbox_retention SET keep_days = 7 WHERE type_prefix = 'seat.';
SELECT add_outbox_day((now() AT TIME ZONE 'UTC')::date - 120) \g /dev/null
SELECT dblink_exec('late', 'BEGIN') \g /dev/null
SELECT dblink_exec('late', $$INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload)
    VALUES ('order', gen_random_uuid(), 'test.busy', '{}')$$) \g /dev/null
SELECT is((SELECT dropped FROM tix_maintain_outbox()), 0,
    'nothing is dropped while somebody buys');
SELECT dblink_exec('late', 'COMMIT') \g /dev/null
SELECT is((SELECT dropped FROM tix_maintain_outbox()), 1, 'but the next time');
SELECT dblink_disconnect('late') \g /dev/null
DROP EXTENSION dblink;
SELECT throws_ok(format('SELECT tix_maintain_outbox(%L, %L)', a, b), '22023', NULL,
    format('maintenance of %s rows and %s days is refused', coalesce(a::text, 'NULL'),
           coalesce(b::text, 'NULL')))
FROM (VALUES (0, 3), (-1, 3), (NULL, 3), (1, -1), (1, 31), (1, NULL)) v (a, b);

-- Restored into another cluster.
BEGIN;
UPDATE outbox_epoch SET system_identifier = 1;
SELECT is((SELECT count(*) FROM tix_read_outbox(NULL, 1000)), least(1000, (SELECT count(*)
    FROM events_outbox)), 'events of another cluster are all readable at once');
SELECT is((SELECT count(*) FROM events_outbox WHERE xid <> '0'), 0::bigint,
    'and older than any transaction of this one');
SELECT throws_ok(format('SELECT * FROM tix_read_outbox(%L)', :'begun'), '22023', NULL,
    'cursors from there are refused');
ROLLBACK;

-- The publication.
SELECT results_eq($$SELECT puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot
    FROM pg_publication WHERE pubname = 'tix_outbox'$$, 'VALUES (false, true, false, false, false,
    true)', 'inserts are published, as of one table');
SELECT results_eq($$SELECT tablename::text COLLATE "default" FROM pg_publication_tables
    WHERE pubname = 'tix_outbox'$$, ARRAY['events_outbox'], 'and of no other');

-- Who may.
SELECT is((SELECT string_agg(r.rolname, ' ' ORDER BY r.rolname) FROM pg_roles r
    WHERE r.rolname LIKE 'tix\_%' AND has_function_privilege(r.oid,
        'tix_read_outbox(text, int, text[])', 'EXECUTE')), 'tix_admin tix_owner',
    'operators read events');
SELECT is_empty($$SELECT r.rolname FROM pg_roles r, unnest('{events_outbox,events_outbox_default,
    outbox_retention,outbox_epoch}'::text[]) t
    WHERE r.rolname LIKE 'tix\_%' AND r.rolname <> 'tix_owner'
      AND has_table_privilege(r.oid, t, 'SELECT, INSERT, UPDATE, DELETE')$$,
    'and nobody the tables');
SELECT * FROM finish();
