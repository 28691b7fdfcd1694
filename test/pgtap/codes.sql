-- Ticket codes: signed in the database, verified by anybody with the public key, and not forgeable.
\ir fixture.psql
SELECT plan(55);
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT ticket_id AS t FROM tickets WHERE order_id = :'o' AND seat_id = 'A-1' \gset
SELECT ticket_id AS t2 FROM tickets WHERE order_id = :'o' AND seat_id = 'A-2' \gset
SELECT tix_ticket_code(:'t', :'ann') AS code \gset
CREATE FUNCTION pg_temp.raw(code text) RETURNS bytea LANGUAGE sql
AS $$ SELECT tix.base64url_decode(substr($1, 5)) $$;
CREATE FUNCTION pg_temp.reason(ticket uuid, code text) RETURNS text LANGUAGE sql
AS $$ SELECT reason FROM tix.tix_verify_ticket($1, $2) $$;
SELECT is(length(:'code'), 140, 'a code has 140 characters');
SELECT alike(:'code'::text, 'TX1.%', 'and begins with TX1.');
SELECT is(octet_length(pg_temp.raw(:'code')), 102, 'it is 102 bytes');
SELECT is(get_byte(pg_temp.raw(:'code'), 0), 1, 'of version 1');
SELECT is(get_byte(pg_temp.raw(:'code'), 1)::smallint, (SELECT key_id FROM signing_keys
    WHERE purpose = 'ticket' AND retired_at IS NULL), 'with the id of the key');
SELECT is(substring(pg_temp.raw(:'code') FROM 3 FOR 16), uuid_send(:'session'), 'the session');
SELECT is(substring(pg_temp.raw(:'code') FROM 19 FOR 16), uuid_send(:'t'), 'the ticket');
SELECT is(substring(pg_temp.raw(:'code') FROM 35 FOR 4), '\x00000001'::bytea, 'the issue');
SELECT ok(tix_ed25519_verify(k.public_key, substring(pg_temp.raw(:'code') FROM 1 FOR 38),
    substring(pg_temp.raw(:'code') FROM 39)), 'and a signature that the public key verifies')
FROM tix_ticket_public_keys() k WHERE k.key_id = get_byte(pg_temp.raw(:'code'), 1);
SELECT is(tix_ticket_code(:'t'), :'code'::text, 'a trusted caller need not say whose it is');
SELECT is((SELECT code FROM tix_get_ticket(:'t', :'ann')), :'code', 'it is shown with the ticket');
SELECT set_eq(format('SELECT code FROM tix_list_tickets(%L)', :'ann'),
    ARRAY[:'code', tix_ticket_code(:'t2', :'ann')], 'and in the list');
SELECT throws_ok(format('SELECT tix_ticket_code(%L, %L)', :'t', :'bob'), 'P0002', NULL,
    'another''s ticket has no code for one');
SELECT throws_ok('SELECT tix_ticket_code(gen_random_uuid())', 'P0002', NULL, 'nor has no ticket');
SELECT throws_ok('SELECT tix_ticket_code(NULL)', 'P0002', NULL, 'nor has NULL');

-- OpenSSL's own tool verifies it with nothing but the public key.
\set code_file `mktemp -d`
SELECT encode(substring(pg_temp.raw(:'code') FROM 1 FOR 38), 'base64') AS body64,
       encode(substring(pg_temp.raw(:'code') FROM 39), 'base64') AS signature64,
       -- SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): a fixed head and the key.
       encode('\x302a300506032b6570032100'::bytea || public_key, 'base64') AS key64
FROM tix_ticket_public_keys() WHERE key_id = get_byte(pg_temp.raw(:'code'), 1) \gset
\setenv CODE_FILES :code_file
\setenv CODE_BODY :body64
\setenv CODE_SIGNATURE :signature64
\setenv CODE_KEY :key64
\! echo "$CODE_BODY" | base64 -d >"$CODE_FILES/body"
\! echo "$CODE_SIGNATURE" | base64 -d >"$CODE_FILES/signature"
\! echo "$CODE_KEY" | base64 -d >"$CODE_FILES/key"
\set verify 'cd "$CODE_FILES" && openssl pkeyutl -verify -rawin -in body '
\set verify :verify '-sigfile signature -pubin -keyform DER -inkey key 2>&1'
\setenv VERIFY :verify
\set offline `eval "$VERIFY"`
SELECT is(:'offline'::text, 'Signature Verified Successfully', 'openssl verifies a code offline');
\! printf x >>"$CODE_FILES/body"
\set forged `eval "$VERIFY"`
SELECT alike(:'forged'::text, '%Failure%', 'and refuses a body that is not the one signed');
\! rm -r "$CODE_FILES"

-- What a gate is told of a code.
SELECT results_eq(format('SELECT session_id, seat_id, reason FROM tix_verify_ticket(%L, %L)', :'t',
    :'code'), format('VALUES (%L::uuid, %L, %L)', :'session', 'A-1', 'ok'), 'the code is good');
SELECT is(pg_temp.reason(:'t2', :'code'), 'invalid', 'not for another ticket');
SELECT is_empty(format('SELECT * FROM tix_verify_ticket(gen_random_uuid(), %L)', :'code'),
    'nor for none');
SELECT is((SELECT count(*) FROM generate_series(0, 102 * 8 - 1) bit
    WHERE pg_temp.reason(:'t', 'TX1.' || base64url_encode(set_bit(pg_temp.raw(:'code'), bit,
        1 - get_bit(pg_temp.raw(:'code'), bit)))) <> 'invalid'), 0::bigint,
    'no bit of a code can be changed');
SELECT is(pg_temp.reason(:'t', bad), 'invalid', 'refused: ' || what)
FROM (VALUES ('', 'nothing'), ('TX1.', 'a head'), ('x', 'a letter'), (left(:'code', -1), 'less'),
             (:'code' || 'A', 'more'), (:'code' || E'\n', 'a line end'),
             (' ' || :'code', 'a space'),
             (lower(:'code'), 'lower case'), ('TX2.' || substr(:'code', 5), 'another version'),
             (rpad(:'code', 4096, 'A'), 'four thousand characters'),
             (repeat('é', 70), 'letters of more bytes than one')) v (bad, what);
SELECT throws_ok(format('SELECT * FROM tix_verify_ticket(%L, %L)', :'t', bad), '22023',
    'scanned code is missing or too long', what)
FROM (VALUES (NULL, 'no text is no scan'), (repeat('A', 4097), 'nor are 4097 bytes'),
             (repeat('A', 10000000), 'nor are ten million')) v (bad, what);
-- A code signed by a key of ours for a ticket of its own making is still no ticket.
SELECT is((SELECT verdict FROM read_ticket_code(ticket_code(:'session', gen_random_uuid(), 1))),
    'genuine', 'a genuine code');
SELECT is(pg_temp.reason(:'t', ticket_code(:'session', :'t', 2)), 'revoked',
    'is not good for an issue that is not the ticket''s');

-- Keys come and go.
SELECT tix_rotate_signing_key('ticket') AS key \gset
SELECT is(pg_temp.reason(:'t', :'code'), 'ok', 'a code of a retired key stays good');
SELECT tix_ticket_code(:'t') AS new_code \gset
SELECT isnt(:'new_code'::text, :'code', 'new codes are signed by the new key');
SELECT is(get_byte(pg_temp.raw(:'new_code'), 1), :key::int, 'and say so');
SELECT is(pg_temp.reason(:'t', :'new_code'), 'ok', 'both are good');
SELECT ok(tix_revoke_signing_key('ticket', get_byte(pg_temp.raw(:'code'), 1), 'stolen'), 'revoke');
SELECT is(pg_temp.reason(:'t', :'code'), 'revoked', 'a code of a revoked key is not');
SELECT is(pg_temp.reason(:'t', :'new_code'), 'ok', 'others are');
SELECT is_empty(format('SELECT FROM tix_ticket_public_keys() WHERE key_id = %s',
    get_byte(pg_temp.raw(:'code'), 1)), 'gates do not get the revoked key');
BEGIN;
DELETE FROM signing_keys WHERE purpose = 'ticket';
SELECT is(pg_temp.reason(:'t', :'new_code'), 'invalid', 'a key nobody knows verifies nothing');
SELECT throws_ok(format('SELECT tix_ticket_code(%L)', :'t'), '55000', NULL,
    'without a key there is no code');
ROLLBACK;

-- What else is wrong with a ticket.
UPDATE tickets SET status = 'used' WHERE ticket_id = :'t';
SELECT is(pg_temp.reason(:'t', :'new_code'), 'already_used', 'a used ticket says so');
UPDATE tickets SET status = 'valid' WHERE ticket_id = :'t';
BEGIN;
UPDATE events SET status = 'cancelled' WHERE event_id = :'event';
SELECT is(pg_temp.reason(:'t', :'new_code'), 'canceled', 'so does one of a cancelled event');
ROLLBACK;
BEGIN;
DELETE FROM order_transitions;
INSERT INTO order_transitions VALUES ('completed', 'failed', 'test');
UPDATE orders SET status = 'failed' WHERE order_id = :'o';
SELECT is(pg_temp.reason(:'t', :'new_code'), 'unpaid', 'one that is not paid');
ROLLBACK;
SELECT ok(tix_block_ticket(:'t', 'chargeback'), 'staff blocks a ticket');
SELECT is(pg_temp.reason(:'t', :'new_code'), 'blocked', 'a blocked one');
SELECT ok(tix_block_ticket(:'t', NULL), 'unblocked');
SELECT is(pg_temp.reason(:'t', :'new_code'), 'ok', 'it is good again');
SELECT tix_cancel_ticket(:'t', :'ann') \g /dev/null
SELECT is(pg_temp.reason(:'t', :'new_code'), 'canceled', 'and a cancelled one');
SELECT * FROM finish();
