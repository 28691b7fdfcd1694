-- Personal data: in one place, masked for support, given out whole, and forgotten without money
-- being lost.
\ir fixture.psql
SELECT plan(61);
SELECT tix_register_user('ida-' || :'plan' || '@example.org', '$argon2id$x', 'Ida B') AS ida,
       tix_register_user('boss-' || :'plan' || '@example.org', '$x') AS boss \gset
UPDATE users SET phone_number = '+4912345678' WHERE user_id = :'ida';
SELECT tix_link_external(:'ida', 'https://idp.example.org/' || :'plan', 'ida') \g /dev/null
SELECT tix_issue_refresh_token(:'ida', sha256(('ida' || :'plan')::bytea), '1 day') \g /dev/null
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ida') AS o,
       pg_temp.order_for(:'session', 'A-3', :'ida') AS open,
       pg_temp.paid(:'session', 'B-1', :'bob') AS other \gset
UPDATE order_items SET attendee = '{"name": "Ida''s mother"}' WHERE order_id = :'o';
UPDATE provider_events SET payload = '{"billing": {"name": "Ida B"}}' WHERE order_id = :'o';

-- One place. A column that sounds like a person is in this list, and in export and erasure.
SELECT set_eq($$
    SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
      AND NOT a.attisdropped
      AND a.attname ~ '(mail|phone|name|attendee|address|holder|payload|subject|hash)'
      AND NOT (a.attname = 'name' AND c.relname IN ('venues', 'seat_maps', 'events', 'tariffs',
               'charge_rules', 'order_item_charges', 'gates'))
      AND NOT (a.attname ~ '^(content|code)_hash' OR c.relname ~ '^events_outbox')$$,
    ARRAY['users.email', 'users.phone_number', 'users.display_name', 'users.password_hash',
          'external_logins.subject', 'refresh_tokens.token_hash', 'ticket_offers.token_hash',
          'order_items.attendee', 'provider_events.payload', 'venues.address',
          'seat_map_seats.area_name'],
    'personal data is where it is known to be');
SELECT set_eq($$
    SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
      AND a.attname = 'user_id'$$,
    ARRAY['users', 'external_logins', 'refresh_tokens', 'holds', 'idempotency_keys', 'orders',
          'payment_answers', 'tickets', 'queue_entries', 'queue_admissions', 'waitlist_entries',
          'promotion_uses', 'order_answers'],
    'and a user is named by the tables that are given out');

-- Masked.
GRANT USAGE ON SCHEMA public TO tix_admin, tix_monitor;
SET ROLE tix_admin;
SELECT is((SELECT email FROM tix.users_masked WHERE user_id = :'ida'), 'i***@example.org',
    'support sees one letter of an address and where it is');
SELECT is((SELECT phone_number FROM tix.users_masked WHERE user_id = :'ida'), '***78',
    'two digits of a number');
SELECT is((SELECT display_name FROM tix.users_masked WHERE user_id = :'ida'), 'I***',
    'one letter of a name');
SELECT is((SELECT (has_password, external_logins, role, status)::text
    FROM tix.users_masked WHERE user_id = :'ida'), '(t,1,buyer,active)', 'and how she signs in');
SELECT is((SELECT (phone_number, display_name)::text FROM tix.users_masked
    WHERE user_id = :'boss'), '(,)', 'what is not there is not masked');
CREATE FUNCTION pg_temp.spy(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    IF $1 = $2 THEN RAISE EXCEPTION 'seen'; END IF;
    RETURN true;
END $$;
SELECT lives_ok(format($$SELECT * FROM tix.users_masked WHERE pg_temp.spy(email, %L)$$,
    'ida-' || :'plan' || '@example.org'), 'a condition sees no more');
SELECT throws_ok('SELECT * FROM tix.users', '42501', NULL, 'support does not read the users');
SELECT throws_ok('UPDATE tix.users_masked SET status = ''active''', '42501', NULL,
    'nor change them');
RESET ROLE;
SET ROLE tix_monitor;
SELECT throws_ok('SELECT * FROM tix.users_masked', '42501', NULL, 'the monitor sees nobody');
RESET ROLE;

-- Given out.
SELECT tix_export_user(:'ida', :'boss') AS all \gset
SELECT set_eq(format('SELECT jsonb_object_keys(%L::jsonb)', :'all'), ARRAY[
    'users', 'external_logins', 'refresh_tokens', 'holds', 'orders', 'order_items', 'payments',
    'provider_events', 'tickets', 'audit_log'], 'every table with rows about her is given out');
SELECT is((:'all'::jsonb #>> '{users,0,email}'), 'ida-' || :'plan' || '@example.org',
    'the export has the address');
SELECT is((:'all'::jsonb #>> '{users,0,phone_number}'), '+4912345678', 'the number');
SELECT is(jsonb_array_length(:'all'::jsonb -> 'orders'), 2, 'every order');
SELECT is(jsonb_array_length(:'all'::jsonb -> 'order_items'), 3, 'every item');
SELECT is((:'all'::jsonb -> 'order_items')::text ~ 'Ida''s mother', true, 'who will come');
SELECT is(jsonb_array_length(:'all'::jsonb -> 'payments'), 1, 'payments');
SELECT is((:'all'::jsonb #>> '{provider_events,0,payload,billing,name}'), 'Ida B',
    'what the provider knew');
SELECT is(jsonb_array_length(:'all'::jsonb -> 'tickets'), 2, 'tickets');
SELECT is(jsonb_array_length(:'all'::jsonb -> 'refresh_tokens'), 1, 'sign-ins');
SELECT is(:'all'::jsonb #>> '{external_logins,0,subject}', 'ida', 'external logins');
SELECT cmp_ok(jsonb_array_length(:'all'::jsonb -> 'holds'), '>=', 2, 'holds');
SELECT is(:'all'::jsonb #>> '{audit_log,0,act}', 'export_user', 'and that it was given out');
SELECT ok(:'all' !~ 'argon2id', 'but no password hash');
SELECT ok(:'all' !~ 'token_hash', 'nor that of a token');
SELECT ok(:'all' !~ :'bob' AND :'all' !~ :'other', 'and nothing of anybody else');
SELECT is((SELECT detail->>'actor' FROM audit_log WHERE act = 'export_user'
    AND detail->>'subject' = :'ida'), :'boss', 'the log has who asked');
SELECT throws_ok(format('SELECT tix_export_user(%L)', who), 'P0002', NULL,
    'nothing is known of ' || what)
FROM (VALUES (NULL, 'nobody'), (:'ann', 'who never registered')) v (who, what);

-- Forgotten.
SELECT throws_ok(format('SELECT tix_erase_user(%L, %L)', who, reason), state, NULL,
    'erasing ' || what || ' is refused')
FROM (VALUES (NULL, 'x', 'P0002', 'nobody'), (:'ann', 'x', 'P0002', 'a stranger'),
             (:'ida', NULL, '22023', 'without a reason'), (:'ida', '', '22023', 'for an empty one'),
             (:'ida', repeat('x', 1001), '22023', 'for a long one')) v (who, reason, state, what);
CREATE FUNCTION pg_temp.attempt(who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found jsonb;
BEGIN
    PERFORM tix.tix_erase_user(who, 'asked');
    RETURN 'erased';
EXCEPTION WHEN SQLSTATE 'TX010' THEN
    GET STACKED DIAGNOSTICS found = PG_EXCEPTION_DETAIL;
    RETURN found->>'orderId';
END $$;
SELECT is(pg_temp.attempt(:'ida'), :'open', 'an unpaid order keeps its buyer');
SELECT FROM tix_begin_payment(:'open');
SELECT is(pg_temp.attempt(:'ida'), :'open', 'so does one that is being paid');
UPDATE orders SET status = 'in_doubt' WHERE order_id = :'open';
SELECT is(pg_temp.attempt(:'ida'), :'open', 'or may have been');
UPDATE orders SET status = 'expired' WHERE order_id = :'open';
SELECT release_order_seats(:'open', :'ida') \g /dev/null
SELECT tix_cancel_ticket(ticket_id, :'ida') AS back FROM tickets
WHERE order_id = :'o' AND seat_id = 'A-1' \gset
SELECT is(pg_temp.attempt(:'ida'), :'o', 'and one whose money is on its way back');
SELECT is((SELECT status FROM users WHERE user_id = :'ida'), 'active', 'refused, nothing changed');
SELECT tix_payment_event('mock', 'back-' || :'o', 'refunded', 'tx-' || :'o', :'o', 1000, 'EUR')
\g /dev/null
SELECT ok(tix_erase_user(:'ida', 'asked by letter', :'boss'), 'then she is forgotten');
SELECT is((SELECT (email, phone_number, display_name, password_hash, role, status)::text
    FROM users WHERE user_id = :'ida'),
    format('(erased-%s@erased.invalid,,,,buyer,closed)', :'ida'), 'the user names nobody');
SELECT is_empty(format('SELECT FROM external_logins WHERE user_id = %L', :'ida'),
    'her logins are gone');
SELECT is_empty(format('SELECT FROM refresh_tokens WHERE user_id = %L', :'ida'),
    'so are her tokens');
SELECT is_empty(format('SELECT FROM order_items WHERE order_id = %L AND attendee IS NOT NULL',
    :'o'), 'and who would come');
SELECT is((SELECT count(*) FROM provider_events WHERE order_id = :'o'
    AND payload <> '{"erased": true}'), 0::bigint, 'and what the provider told');
SELECT is((SELECT string_agg(amount::text, ' ') FROM payments WHERE order_id = :'o'), '2000',
    'the money stays');
SELECT is((SELECT count(*) FROM tickets WHERE order_id = :'o'), 2::bigint, 'the tickets, too');
SELECT is((SELECT status FROM refunds WHERE refund_id = :'back'), 'succeeded', 'and the refund');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'no law is broken');
SELECT ok(tix_export_user(:'ida')::text !~ 'Ida|4912345678|ida-', 'nothing of her is left');
SELECT is((SELECT detail - 'subject' FROM audit_log WHERE act = 'erase_user'
    AND detail->>'subject' = :'ida'), jsonb_build_object('actor', :'boss', 'reason',
    'asked by letter'), 'but that she was forgotten');
SELECT ok(NOT tix_erase_user(:'ida', 'again'), 'which happens once');
SELECT is_empty(format('SELECT * FROM tix_get_credentials(%L)',
    'ida-' || :'plan' || '@example.org'), 'nobody signs in by her address');
SELECT throws_ok(format('SELECT tix_issue_refresh_token(%L, %L, ''1 day'')', :'ida',
    sha256('x')), 'P0002', NULL, 'nor by her id');
SELECT throws_ok(format('SELECT tix_set_user_status(%L, ''active'', ''x'')', :'ida'), 'P0002',
    NULL, 'and she does not come back');
SELECT throws_ok(format('UPDATE users SET display_name = ''Ida'' WHERE user_id = %L', :'ida'),
    '23514', NULL, 'not even by hand');
SELECT lives_ok(format('SELECT tix_register_user(%L, ''$x'')', 'ida-' || :'plan' || '@example.org'),
    'her address is free for who has it now');
REVOKE USAGE ON SCHEMA public FROM tix_admin, tix_monitor;

-- Forgotten while a token is being exchanged: neither waits for ever, and the successor goes, too.
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
SELECT tix_register_user('leo-' || :'plan' || '@example.org', '$x') AS leo \gset
SELECT tix_issue_refresh_token(:'leo', sha256(('leo 1' || :'plan')::bytea), '1 day') \g /dev/null
BEGIN;
SELECT * FROM tix_rotate_refresh_token(sha256(('leo 1' || :'plan')::bytea),
    sha256(('leo 2' || :'plan')::bytea), '1 day') \g /dev/null
SELECT dblink_send_query('other', format('SELECT tix.tix_erase_user(%L, ''asked'')', :'leo'))
\g /dev/null
SELECT pg_sleep(0.2) \g /dev/null
SELECT dblink_is_busy('other') AS waits \gset
COMMIT;
SELECT is(:waits, 1, 'erasing waits for an exchange');
SELECT ok((SELECT erased FROM dblink_get_result('other') AS t (erased boolean)), 'then is done');
SELECT is_empty(format('SELECT FROM refresh_tokens WHERE user_id = %L', :'leo'),
    'and no successor stays behind');
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;
SELECT * FROM finish();
