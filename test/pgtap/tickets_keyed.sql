-- Acts on tickets under an idempotency key: the first answer again, one effect, and each key its
-- owner's; and the terms of an event.
\ir fixture.psql
SELECT plan(33);
SELECT pg_temp.paid(:'session', 'A-1 A-2 A-3 A-4', :'ann') AS o \gset
CREATE FUNCTION pg_temp.ticket(o uuid, seat text) RETURNS uuid LANGUAGE sql
AS $$ SELECT ticket_id FROM tix.tickets WHERE order_id = $1 AND seat_id = $2 $$;
SELECT pg_temp.ticket(:'o', 'A-1') AS t1, pg_temp.ticket(:'o', 'A-2') AS t2,
       pg_temp.ticket(:'o', 'A-3') AS t3, pg_temp.ticket(:'o', 'A-4') AS t4,
       gen_random_uuid() AS cid \gset

-- The same request again.
SET ROLE tix_gateway;
SELECT * FROM tix.tix_transfer_ticket(:'t1', :'ann', :'bob', 'k') \gset give_
SELECT * FROM tix.tix_transfer_ticket(:'t1', :'ann', :'bob', 'k') \gset again_
SELECT * FROM tix.tix_reissue_ticket(:'t2', :'ann', 'k') \gset code_
SELECT * FROM tix.tix_reissue_ticket(:'t2', :'ann', 'k') \gset recode_
SELECT * FROM tix.tix_cancel_ticket(:'t3', :'ann', 'ill', 'k') \gset gone_
SELECT * FROM tix.tix_cancel_ticket(:'t3', :'ann', 'ill', 'k') \gset regone_
SELECT offer_code AS offer FROM tix.tix_offer_ticket(:'t4', :'ann') \gset
SELECT * FROM tix.tix_accept_ticket(:'offer', :'bob', 'k') \gset mine_
SELECT * FROM tix.tix_accept_ticket(:'offer', :'bob', 'k') \gset remine_
RESET ROLE;
SELECT is(:'give_issue' || :'give_replayed', '2f', 'a ticket is given');
SELECT is(:'again_issue' || :'again_replayed', '2t', 'given again it is the answer of then');
SELECT is((SELECT issue FROM tickets WHERE ticket_id = :'t1'), 2, 'it was given once');
SELECT is(:'code_replayed' || :'recode_replayed', 'ft', 'a second new code is a replay');
SELECT is(:'recode_code'::text, :'code_code'::text, 'of the first');
SELECT is(tix_ticket_code(:'t2'), :'code_code'::text, 'which is still good');
SELECT is(:'gone_replayed' || :'regone_replayed', 'ft', 'a second cancellation is a replay');
SELECT is(:'regone_refund_id'::uuid, :'gone_refund_id'::uuid, 'with the refund of the first');
SELECT is((SELECT count(*) FROM tix_list_refunds(:'o', :'ann')), 1::bigint, 'which is the only');
SELECT is((SELECT amount || currency || status || seat_id FROM tix_list_refunds(:'o', :'ann')),
    '1000EURrequestedA-3', 'the buyer sees what is owed, and for which seat');
SELECT is_empty(format('SELECT * FROM tix_list_refunds(%L, %L)', :'o', :'bob'),
    'nobody else does');
SELECT is(:'mine_ticket_id' || :'mine_issue' || :'mine_replayed', :'t4' || '2f',
    'an offer is accepted');
SELECT is(:'remine_ticket_id' || :'remine_issue' || :'remine_replayed', :'t4' || '2t',
    'accepting again is a replay');
SELECT is_empty(format('SELECT FROM order_answers a WHERE a::text LIKE %L OR a::text LIKE %L',
    '%' || :'offer' || '%', '%' || :'code_code' || '%'), 'no code of an offer or ticket is kept');

-- Another request under the key, and another's key.
SELECT throws_ok(sql, 'TX009', NULL, what)
FROM (VALUES
    (format('SELECT tix_transfer_ticket(%L, %L, %L, %L)', :'t1', :'ann', :'cid', 'k'),
     'to another'),
    (format('SELECT tix_reissue_ticket(%L, %L, %L)', :'t1', :'ann', 'k'), 'of another ticket'),
    (format('SELECT tix_cancel_ticket(%L, %L, %L, %L)', :'t3', :'ann', 'well', 'k'), 'why else'),
    (format('SELECT tix_accept_ticket(%L, %L, %L)', 'x', :'bob', 'k'), 'another offer'))
    v (sql, what);
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L, %L)', :'t1', :'cid', :'bob', 'k'),
    'P0002', NULL, 'a key of one user gives nothing to another');
SELECT throws_ok(format('SELECT tix_reissue_ticket(%L, %L, %L)', :'t1', :'ann', 'new'), 'P0002',
    NULL, 'nor does a new one what is another''s by now');
SELECT throws_ok(format('SELECT tix_reissue_ticket(%L, NULL, %L)', :'t2', 'new'), '22023', NULL,
    'nobody has no ticket');
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L, %L)', :'t2', :'ann', :'bob', bad),
    '22023', NULL, 'a key of ' || length(bad) || ' bytes is none')
FROM (VALUES (''), (repeat('k', 256))) v (bad);
SELECT is((SELECT replayed FROM tix_transfer_ticket(:'t2', :'ann', :'bob', NULL)), false,
    'without a key there is no replay');
-- What failed is not kept.
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L, %L)', :'t3', :'ann', :'bob', 'f'),
    'TX010', NULL, 'a cancelled ticket is not given');
SELECT is((SELECT replayed FROM tix_transfer_ticket(:'t1', :'bob', :'ann', 'f')), false,
    'the same key does something else then');
-- A postponed order.
SELECT pg_temp.paid(:'session', 'B-1', :'ann') AS late \gset
INSERT INTO postponements (session_id, old_start_time, new_start_time, refund_until, reason, actor)
VALUES (:'session', now(), now(), now() + interval '1 day', 'flu', :'ann');
SELECT * FROM tix_refund_postponed_order(:'late', :'ann', 'p') \gset back_
SELECT * FROM tix_refund_postponed_order(:'late', :'ann', 'p') \gset reback_
SELECT is(:'back_replayed' || :'reback_replayed', 'ft', 'money is asked back once');
SELECT is(:'reback_refund_id'::uuid, :'back_refund_id'::uuid, 'and answered twice');

-- Terms.
SELECT is_empty('SELECT * FROM tix_event_terms(gen_random_uuid())', 'no event has no terms');
SELECT is((SELECT tariffs || charges || cancellation FROM tix_event_terms(:'event')),
    '[{"currency": "EUR", "keptAmount": 0, "keptPermille": "0", "untilSecondsBeforeStart": 0}]',
    'an event without rules adds nothing and keeps nothing');
SELECT tix_set_tariff(:'event', 'child', permille => 500.5, category_id => :'price_b') \g /dev/null
SELECT tix_set_charge(:'event', 'tax', 'VAT', permille => 70, included => true) \g /dev/null
SELECT tix_set_cancellation_terms(:'event', '1 day', 50, 100) \g /dev/null
SELECT is((SELECT tariffs FROM tix_event_terms(:'event')), '[{"name": "child", "amount": null,
    "areaIds": ["B"], "currency": null, "permille": "500.5", "categories": []}]',
    'a tariff says which price it replaces');
SELECT is((SELECT charges->0->>'permille' || (charges->0->>'included')
           FROM tix_event_terms(:'event')), '70true', 'a charge says whether it is included');
SELECT is((SELECT cancellation FROM tix_event_terms(:'event')), '{"currency": "EUR",
    "keptAmount": 100, "keptPermille": "50", "untilSecondsBeforeStart": 86400}',
    'and what is kept is said before it is kept');
SELECT * FROM finish();
