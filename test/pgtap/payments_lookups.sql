-- Lookups of the gateway: a payment by its provider's transaction, where its buyer was sent, and
-- which refunds of it are booked.
\ir fixture.psql
SELECT plan(15);
SELECT pg_temp.order_for(:'session', 'A-1', :'ann') AS o \gset
SELECT payment_id AS p FROM tix_begin_payment(:'o') \gset
SELECT is_empty(format('SELECT * FROM tix_payment_action(%L)', :'p'),
    'nobody was sent anywhere yet');
SELECT is_empty($$SELECT * FROM tix_payment_of_transaction('mock', '2018082512345678910')$$,
    'a transaction nobody told of has no payment');
SELECT is(tix_payment_action_required(:'p', 'https://pay.example/1', now() + interval '20 min',
    '2018082512345678910'), 'requires_action', 'the buyer is sent to the provider');
SELECT results_eq(format('SELECT * FROM tix_payment_action(%L)', :'p'),
    $$VALUES ('2018082512345678910', 'https://pay.example/1')$$, 'and can be sent there again');
SELECT results_eq($$SELECT * FROM tix_payment_of_transaction('mock', '2018082512345678910')$$,
    format($$VALUES ('mock', '2018082512345678910', %L::uuid, %L::uuid, 'requires_action',
        1000::bigint, 'EUR')$$, :'p', :'o'), 'the payment is found, with all one has to know');
SELECT is_empty(format('SELECT * FROM tix_payment_of_transaction(%s)', arguments),
    format('nothing is found for %s', arguments))
FROM (VALUES ($$'linepay', '2018082512345678910'$$), ($$'mock', '2018082512345678911'$$),
             ($$'mock', ''$$), ($$'mock', NULL$$), ($$NULL, '2018082512345678910'$$)) v (arguments);
SELECT is(tix_provider_refunds(:'p'), '{}', 'no refund is booked');
SELECT result FROM tix_payment_event('mock', 'e1' || :'o', 'captured', '2018082512345678910', :'o',
    1000, 'EUR') \g /dev/null
SELECT results_eq(format('SELECT redirect_url FROM tix_payment_action(%L)', :'p'),
    $$VALUES ('https://pay.example/1')$$, 'the first answer stays, whatever became of the payment');
SELECT owe_money(:'o', NULL, 300, 'test', NULL, true) AS r \gset
SELECT tix_refund_result(:'r', 'ok', '2018082512345678911') \g /dev/null
SELECT is(tix_provider_refunds(:'p'), '{2018082512345678911}', 'one that is booked has its name');
SELECT is(tix_provider_refunds(:'o'), '{}', 'a payment that is none has none');
UPDATE payments SET provider = 'linepay' WHERE payment_id = :'p';
SELECT owe_money(:'o', NULL, 200, 'test', NULL, true) AS r \gset
SELECT count(*) FROM tix_refunds_due(1000) \g /dev/null
SELECT ok(next_try_at > clock_timestamp() + interval '85 s', 'a provider that takes no idempotency '
    'key is not asked by two at a time') FROM refunds WHERE refund_id = :'r';
SELECT * FROM finish();
