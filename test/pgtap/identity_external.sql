-- External logins: issuer and subject name one user for ever, an address never links by itself, and
-- nobody is locked out by unlinking.
\ir fixture.psql
SELECT plan(53);
\set idp 'https://idp.example.org/' :plan
\set mail 'max-' :plan '@example.org'
SELECT user_id AS max, created::text AS made, role, address
FROM tix_login_external(:'idp', 'sub 1', ' ' || :'mail', true, ' Max ') \gset
SELECT is(:'made' || ' ' || :'role' || ' ' || :'address', 'true buyer ' || :'mail',
    'the first login makes a buyer');
SELECT is((SELECT name FROM tix_login_external(:'idp', 'sub 1')), 'Max', 'with the name, trimmed');
SELECT is((SELECT (user_id, created)::text FROM tix_login_external(:'idp', 'sub 1')),
    format('(%s,f)', :'max'), 'the next finds the same user, without the address');
SELECT is((SELECT user_id FROM tix_login_external(:'idp', 'sub 1', 'other@example.org', true)),
    :'max', 'and whatever address the issuer knows now');
SELECT is((SELECT address FROM tix_login_external(:'idp', 'sub 1', 'other@example.org', true)),
    :'mail', 'which changes nothing');
SELECT is((SELECT password_hash FROM tix_get_credentials(:'mail')), NULL,
    'who came by an issuer has no password');
SELECT isnt((SELECT last_login_at FROM tix_list_external(:'max')), NULL, 'logins are noted');
SELECT throws_ok(format('SELECT * FROM tix_login_external(%L, ''sub 2'', %L, true)', :'idp',
    upper(:'mail')), '23505', 'e-mail address is taken', 'an address links to nobody by itself');
SELECT throws_ok(format('SELECT * FROM tix_login_external(%L, ''sub 2'', ''z@example.org'', %L)',
    :'idp', bad), '22023', 'first login needs a verified e-mail address',
    format('an address whose verification is %s makes no user', coalesce(bad::text, 'unknown')))
FROM (VALUES (false), (NULL)) v (bad);
SELECT throws_ok(format('SELECT * FROM tix_login_external(%L, %L, ''z@example.org'', true, ''Z'')',
    iss, sub), '22023', 'issuer or subject of a login is not valid', what)
FROM (VALUES (NULL, 's', 'an issuer is given'), ('i', NULL, 'a subject is given'),
             ('', 's', 'an issuer is not empty'), ('i', '', 'a subject is not empty'),
             (repeat('i', 256), 's', 'an issuer has an end'),
             ('i', repeat('s', 256), 'a subject has an end'),
             ('i i', 's', 'an issuer has no spaces'), (E'i\n', 's', 'nor lines'),
             ('i', E's\t', 'a subject is printable'), ('i', 'é', 'a subject is ASCII'))
    v (iss, sub, what);
SELECT throws_ok(format('SELECT * FROM tix_login_external(%L, ''sub 2'', %L, true, %L)', :'idp',
    mail, name), '22023', NULL, what)
FROM (VALUES (NULL, 'Z', 'a first login needs an address'), ('z', 'Z', 'that is one'),
             ('z@example.org', repeat('n', 201), 'a name has an end'),
             ('z@example.org', E'a\nb', 'a name is a line'),
             (repeat('a', 10000000) || '@b', 'Z', 'an address has not ten megabytes'))
    v (mail, name, what);
SELECT is_empty(format('SELECT FROM external_logins WHERE issuer = %L AND subject <> ''sub 1''',
    :'idp'), 'what was refused left no login');
SELECT is_empty('SELECT FROM users WHERE email = ''z@example.org''', 'and no user');

-- Linking.
SELECT tix_register_user('eva-' || :'plan' || '@example.org', '$x') AS eva \gset
SELECT ok(tix_link_external(:'eva', :'idp', 'sub 3'), 'a signed-in user links a login');
SELECT ok(NOT tix_link_external(:'eva', :'idp', 'sub 3'), 'again changes nothing');
SELECT is((SELECT user_id FROM tix_login_external(:'idp', 'sub 3')), :'eva', 'and comes in by it');
SELECT throws_ok(format('SELECT tix_link_external(%L, %L, ''sub 3'')', :'max', :'idp'), '23505',
    'login is linked to another user', 'nobody takes the login of another');
SELECT throws_ok(format('SELECT tix_link_external(%L, %L, ''sub 9'')', who, :'idp'), 'P0002', NULL,
    'nobody links nothing') FROM (VALUES (NULL), (gen_random_uuid()::text)) v (who);
SELECT throws_ok(format('SELECT tix_link_external(%L, %L, %L)', :'eva', iss, sub), '22023', NULL,
    'a malformed login links nothing')
FROM (VALUES (NULL, 's'), ('i', NULL), ('', '')) v (iss, sub);
SELECT is((SELECT count(*) FROM tix_list_external(:'eva')), 1::bigint, 'she has one login');
SELECT is_empty('SELECT * FROM tix_list_external(gen_random_uuid())', 'nobody has none');
SELECT is_empty('SELECT * FROM tix_list_external(NULL)', 'no more than who is not named');

-- Unlinking.
SELECT ok(NOT tix_unlink_external(:'eva', :'idp', 'sub 1'), 'another''s login is not ended');
SELECT is((SELECT user_id FROM tix_login_external(:'idp', 'sub 1')), :'max', 'but lives on');
SELECT throws_ok(format('SELECT tix_unlink_external(%L, %L, ''sub 1'')', :'max', :'idp'), 'TX010',
    'login is the only way this user can sign in', 'the only way in stays');
SELECT ok(tix_link_external(:'max', :'idp', 'sub 4') AND
          tix_unlink_external(:'max', :'idp', 'sub 1'), 'with a second, the first may go');
SELECT throws_ok(format('SELECT tix_unlink_external(%L, %L, ''sub 4'')', :'max', :'idp'), 'TX010',
    NULL, 'and the second is the only one then');
SELECT ok(tix_unlink_external(:'eva', :'idp', 'sub 3'), 'who has a password needs no login');
SELECT ok(NOT tix_unlink_external(:'eva', :'idp', 'sub 3'), 'it ends once');
SELECT ok(NOT tix_unlink_external(NULL, :'idp', 'sub 4'), 'nobody''s login does not end');
SELECT throws_ok(format('SELECT tix_unlink_external(%L, NULL, ''x'')', :'eva'), '22023', NULL,
    'nor a malformed one');

-- Suspended.
SELECT tix_set_user_status(:'max', 'suspended', 'test') \g /dev/null
SELECT throws_ok(format('SELECT * FROM tix_login_external(%L, ''sub 4'')', :'idp'), 'P0002',
    'user does not exist or is not active', 'who is suspended does not come in');
SELECT throws_ok(format('SELECT tix_link_external(%L, %L, ''sub 5'')', :'max', :'idp'), 'P0002',
    NULL, 'nor links another way');
SELECT tix_set_user_status(:'max', 'active', 'test') \g /dev/null
SELECT is((SELECT user_id FROM tix_login_external(:'idp', 'sub 4')), :'max', 'then does again');

-- Two first logins at once make one user.
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
\set twin 'twin-' :plan '@example.org'
BEGIN;
SELECT user_id AS twin_id FROM tix_login_external(:'idp', 'twin', :'twin', true) \gset
SELECT dblink_send_query('other', format('SELECT user_id FROM tix.tix_login_external(%L, ''twin'', '
    '%L, true)', :'idp', :'twin')) \g /dev/null
SELECT pg_sleep(0.2) \g /dev/null
SELECT dblink_is_busy('other') AS waits \gset
COMMIT;
SELECT is(:waits, 1, 'of two first logins the second waits');
SELECT is((SELECT user_id FROM dblink_get_result('other') AS t (user_id uuid)), :'twin_id',
    'and finds the user of the first');
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;
SELECT * FROM finish();
