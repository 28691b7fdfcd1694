-- People: an admin sees them masked and never changes their own role, and everybody owns their own
-- account: sees it, changes it, takes it away and has it forgotten.
\ir fixture.psql
SELECT plan(34);
SELECT tix_register_user('ada' || :'plan' || '@example.org', '$x', 'Ada') AS ada,
       tix_register_user('mia' || :'plan' || '@example.org', '$x', 'Mia') AS mia \gset
UPDATE users SET role = 'admin' WHERE user_id = :'ada';

-- One's own profile.
SELECT is(tix_get_profile(:'mia')->>'displayName', 'Mia', 'a profile is there');
SELECT ok(NOT tix_get_profile(:'mia')::text LIKE '%$x%', 'without the hash of the password');
SELECT is(tix_update_profile(:'mia', phone_number => ' +49 30 1 ')->>'phoneNumber', '+49 30 1',
    'what is named changes');
SELECT is(tix_get_profile(:'mia')->>'displayName', 'Mia', 'what is not named stays');
SELECT is(tix_update_profile(:'mia', '')->'displayName', 'null', 'the empty text removes it');
SELECT throws_ok(format('SELECT tix_update_profile(%L, %L, %L)', :'mia', shown, dialled), '22023',
    NULL, what)
FROM (VALUES (NULL, '12', 'a number has digits enough'), (NULL, 'call me', 'and nothing else'),
             (NULL, repeat('1', 33), 'nor too many'),
             (repeat('n', 201), NULL, 'a name has an end')) v (shown, dialled, what);
SELECT throws_ok(format('SELECT %s(%L)', f, gen_random_uuid()), 'P0002', NULL, f || ': unknown')
FROM unnest('{tix_get_profile,tix_update_profile,tix_export_own}'::text[]) f;
UPDATE users SET status = 'suspended' WHERE user_id = :'mia';
SELECT throws_ok(format('SELECT tix_update_profile(%L, ''X'')', :'mia'), 'P0002', NULL,
    'who is suspended changes nothing');
SELECT throws_ok(format('SELECT tix_erase_own(%L, %L)', :'mia', 'mia' || :'plan'
    || '@example.org'), 'P0002', NULL, 'and does not vanish');
UPDATE users SET status = 'active' WHERE user_id = :'mia';
SELECT is(tix_export_own(:'mia')->'users'->0->>'email', 'mia' || :'plan' || '@example.org',
    'all about a person is given to that person');

-- Admins.
SELECT results_eq(format('SELECT user_id, document->>''email'' FROM tix_list_users_as(%L, %L)',
    :'ada', upper('mia' || :'plan' || '@example.org')),
    format('VALUES (%L::uuid, ''m***@example.org'')', :'mia'),
    'an admin finds a user by the whole address, and sees a part of it');
SELECT is_empty(format('SELECT FROM tix_list_users_as(%L, ''mia'')', :'ada'), 'not by a part');
SELECT ok((SELECT bool_and(document->>'role' = 'admin') FROM tix_list_users_as(:'ada',
    only_role => 'admin', max_rows => 100)), 'those of a role are listed');
SELECT is((SELECT count(*) FROM tix_list_users_as(:'ada', max_rows => 1)), 1::bigint,
    'a page is as long as asked for');
SELECT ok((SELECT bool_and(user_id > :'mia') FROM tix_list_users_as(:'ada', after => :'mia',
    max_rows => 100)) IS NOT FALSE, 'and begins behind the last one');
SELECT throws_ok(format('SELECT FROM %s(%L, max_rows => %s)', f, :'ada', n), '22023', NULL,
    format('%s: no page of %s', f, n))
FROM unnest('{tix_list_users_as,tix_list_acts_as}'::text[]) f, unnest('{0,101}'::int[]) n;
SELECT throws_ok(format('SELECT %s', call), 'TX010', NULL, 'not one''s own: ' || call)
FROM unnest(ARRAY[format('tix_set_user_role_as(%1$L, %1$L, ''buyer'')', :'ada'),
    format('tix_set_user_status_as(%1$L, %1$L, ''suspended'', ''x'')', :'ada')]) call;
SELECT lives_ok(format('SELECT tix_set_user_role_as(%L, %L, ''organizer'')', :'ada', :'mia'),
    'somebody else''s');
SELECT results_eq(format('SELECT document->>''act'', document->>''actor'', document->>''subject'','
    ' document->''detail'' FROM tix_list_acts_as(%L, max_rows => 1)', :'ada'),
    format('VALUES (''set_user_role'', %L, %L, ''{"to": "organizer", "from": "buyer"}''::jsonb)',
           :'ada', :'mia'), 'who did what to whom is in the log');

-- Being forgotten.
SELECT throws_ok(format('SELECT tix_erase_own(%L, %L)', :'mia', bad), '22023', NULL,
    'not by the address ' || coalesce(bad, 'NULL'))
FROM unnest(ARRAY[NULL, '', 'ada' || :'plan' || '@example.org']) bad;
SELECT throws_ok(format('SELECT tix_erase_own(%L, %L)', :'ada', 'ada' || :'plan'
    || '@example.org'), 'TX010', NULL, 'an admin stays');
SELECT ok(tix_erase_own(:'mia', upper(' mia' || :'plan' || '@example.org')),
    'by one''s own, in any case');
SELECT throws_ok(format('SELECT tix_get_profile(%L)', :'mia'), 'P0002', NULL,
    'then there is nobody');
SELECT * FROM finish();
