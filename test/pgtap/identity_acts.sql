-- Privileged acts: roles, suspensions and sign-outs, each with its row in a log that only grows.
\ir fixture.psql
SELECT plan(54);
SELECT tix_register_user('kim-' || :'plan' || '@example.org', '$x', 'Kim') AS kim,
       tix_register_user('boss-' || :'plan' || '@example.org', '$x') AS boss \gset
CREATE FUNCTION pg_temp.acts(whom uuid) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', act, detail->>'from', detail->>'to'), ', '
                               ORDER BY audit_id), '')
    FROM tix.audit_log WHERE detail->>'subject' = $1::text $$;
SELECT tix_set_user_role(:'kim', 'gate', :'boss') \g /dev/null
SELECT is(pg_temp.acts(:'kim'), 'set_user_role buyer gate', 'a role that is given leaves a row');
SELECT is((SELECT detail->>'actor' FROM audit_log WHERE detail->>'subject' = :'kim'), :'boss',
    'with the user who decided it');
SELECT is((SELECT actor::text FROM audit_log WHERE detail->>'subject' = :'kim'), session_user::text,
    'and the database user who did it');
SELECT tix_set_user_role(:'kim', 'gate') \g /dev/null
SELECT is(pg_temp.acts(:'kim'), 'set_user_role buyer gate', 'given again it is no act');
SELECT throws_ok(format('SELECT tix_set_user_role(%L, %L)', who, what), state, NULL,
    format('role %s is not given to %s', coalesce(what, 'NULL'), why))
FROM (VALUES (NULL, 'gate', 'P0002', 'nobody'), (:'ann', 'gate', 'P0002', 'a stranger'),
             (:'kim', NULL, '22023', 'anybody'), (:'kim', 'Gate', '22023', 'anybody'),
             (:'kim', '', '22023', 'anybody')) v (who, what, state, why);

-- Suspended and back; either way every sign-in ends.
SELECT tix_issue_refresh_token(:'kim', sha256((n || :'plan')::bytea), '1 day')
FROM generate_series(1, 3) n \g /dev/null
SELECT throws_ok(format('SELECT tix_set_user_status(%L, %L, %L)', who, what, reason), state, NULL,
    why || ' is refused')
FROM (VALUES (NULL, 'suspended', 'x', 'P0002', 'nobody'),
             (:'ann', 'suspended', 'x', 'P0002', 'a stranger'),
             (:'kim', NULL, 'x', '22023', 'no status'), (:'kim', 'closed', 'x', '22023', 'closing'),
             (:'kim', 'gone', 'x', '22023', 'another status'),
             (:'kim', 'suspended', NULL, '22023', 'no reason'),
             (:'kim', 'suspended', '', '22023', 'an empty reason'),
             (:'kim', 'suspended', repeat('x', 1001), '22023', 'a reason without end'),
             (:'kim', 'suspended', repeat('x', 10000000), '22023', 'ten megabytes of it'))
    v (who, what, reason, state, why);
SELECT is((SELECT status FROM users WHERE user_id = :'kim'), 'active', 'and changes nothing');
SELECT tix_set_user_status(:'kim', 'suspended', 'bots', :'boss') \g /dev/null
SELECT is(pg_temp.acts(:'kim'), 'set_user_role buyer gate, set_user_status active suspended',
    'a suspension leaves a row');
SELECT is((SELECT detail->>'reason' FROM audit_log WHERE act = 'set_user_status'
    AND detail->>'subject' = :'kim'), 'bots', 'with its reason');
SELECT is_empty(format('SELECT FROM refresh_tokens WHERE user_id = %L AND revoked_at IS NULL',
    :'kim'), 'and ends every sign-in');
SELECT tix_set_user_status(:'kim', 'suspended', 'again') \g /dev/null
SELECT is((SELECT count(*) FROM audit_log WHERE act = 'set_user_status'
    AND detail->>'subject' = :'kim'), 1::bigint, 'suspending again is no act');
SELECT lives_ok(format('SELECT tix_set_user_status(%L, ''active'', ''appeal'')', :'kim'),
    'who is suspended may come back');
SELECT is_empty(format('SELECT * FROM tix_rotate_refresh_token(%L, %L, ''1 day'')',
    sha256((1 || :'plan')::bytea), sha256((9 || :'plan')::bytea)), 'but not by an old token');

-- Signing out everywhere.
SELECT tix_issue_refresh_token(:'kim', sha256((n || :'plan')::bytea), '1 day')
FROM generate_series(11, 13) n \g /dev/null
SELECT * FROM tix_rotate_refresh_token(sha256((11 || :'plan')::bytea),
    sha256((21 || :'plan')::bytea), '1 day') \g /dev/null
SELECT tix_issue_refresh_token(:'boss', sha256((31 || :'plan')::bytea), '1 day') \g /dev/null
SELECT is(tix_sign_out_everywhere(:'kim'), 3, 'every device is signed out, counted once');
SELECT is(tix_sign_out_everywhere(:'kim'), 0, 'once');
SELECT is(tix_sign_out_everywhere(NULL) + tix_sign_out_everywhere(:'ann'), 0, 'nobody is not');
SELECT is((SELECT count(*) FROM tix_rotate_refresh_token(sha256((31 || :'plan')::bytea),
    sha256((32 || :'plan')::bytea), '1 day')), 1::bigint, 'nor is anybody else');
SELECT is_empty(format('SELECT * FROM tix_rotate_refresh_token(%L, %L, ''1 day'')',
    sha256((21 || :'plan')::bytea), sha256((22 || :'plan')::bytea)), 'a successor is dead, too');

-- A token that is being exchanged meanwhile does not escape.
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
SELECT tix_issue_refresh_token(:'kim', sha256((41 || :'plan')::bytea), '1 day') \g /dev/null
BEGIN;
SELECT * FROM tix_rotate_refresh_token(sha256((41 || :'plan')::bytea),
    sha256((42 || :'plan')::bytea), '1 day') \g /dev/null
SELECT dblink_send_query('other', format('SELECT tix.tix_sign_out_everywhere(%L)', :'kim'))
\g /dev/null
SELECT pg_sleep(0.2) \g /dev/null
SELECT dblink_is_busy('other') AS waits \gset
COMMIT;
SELECT is(:waits, 1, 'signing out waits for an exchange');
SELECT is((SELECT ended FROM dblink_get_result('other') AS t (ended int)), 1, 'then ends it');
SELECT is_empty(format('SELECT * FROM tix_rotate_refresh_token(%L, %L, ''1 day'')',
    sha256((42 || :'plan')::bytea), sha256((43 || :'plan')::bytea)), 'with its successor');
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;

-- Tokens nobody comes back with.
UPDATE refresh_tokens SET issued_at = now() - interval '2 days', expires_at = now() - interval '1 s'
WHERE user_id = :'kim';
SELECT count(*) AS old FROM refresh_tokens WHERE user_id = :'kim' \gset
SELECT is(tix_prune_refresh_tokens(2), 2, 'expired tokens are forgotten, so many at most');
SELECT is(tix_prune_refresh_tokens(), :old - 2, 'and the rest');
SELECT is((SELECT count(*) FROM refresh_tokens WHERE user_id = :'boss'), 2::bigint,
    'live ones are not');
SELECT throws_ok(format('SELECT tix_prune_refresh_tokens(%L)', bad), '22023', NULL,
    format('%s tokens are none', coalesce(bad::text, 'NULL')))
FROM (VALUES (0), (-1), (NULL)) v (bad);

-- The log.
SELECT is((SELECT detail->>'subject' FROM tix_list_acts(max_rows => 1)), :'kim',
    'the newest act comes first');
SELECT is_empty('SELECT * FROM tix_list_acts(1)', 'before the first there is none');
SELECT throws_ok(format('SELECT * FROM tix_list_acts(NULL, %L)', bad), '22023', NULL,
    format('a page of %s acts is refused', coalesce(bad::text, 'NULL')))
FROM (VALUES (0), (1001), (NULL)) v (bad);
SELECT throws_ok(format('SELECT log_act(NULL, %L, %L, %L)', act, subject, detail), '22023', NULL,
    what) FROM (VALUES (NULL, 'x', '{}', 'an act has a name'), ('x', NULL, '{}', 'and a subject'),
    ('x', 'x', to_json(repeat('x', 70000))::text, 'and no novel')) v (act, subject, detail, what);
SELECT throws_ok(command, '42501', NULL, 'not even the owner of the schema may ' || command)
FROM unnest(ARRAY['UPDATE tix.audit_log SET act = ''x''', 'DELETE FROM tix.audit_log',
                  'TRUNCATE tix.audit_log']) command, set_config('role', 'tix_owner', false);
RESET ROLE;
SELECT throws_ok(command, '55000', NULL, 'nor may the superuser ' || command)
FROM unnest(ARRAY['UPDATE tix.audit_log SET act = ''x''', 'DELETE FROM tix.audit_log',
                  'TRUNCATE tix.audit_log']) command;
SET session_replication_role = replica;
SELECT throws_ok('DELETE FROM tix.audit_log', '55000', NULL, 'not even as a replication role');
RESET session_replication_role;
SELECT * FROM finish();
