-- Signing keys: one signs, those before verify until they are revoked, and nobody reads a seed.
\ir fixture.psql
SELECT plan(39);
SELECT is((SELECT count(*) FROM signing_keys WHERE purpose = 'ticket' AND seed IS NOT NULL),
    1::bigint, 'the migration makes the first key of tickets');
SELECT is(public_key, tix_ed25519_public_key(seed), 'its halves belong together')
FROM signing_keys WHERE purpose = 'ticket' AND seed IS NOT NULL;
SELECT is(tix_rotate_signing_key('test_' || 'x'), 1::smallint, 'a new purpose begins with key 1');
SELECT is(tix_rotate_signing_key('test_x'), 2::smallint, 'the next key has the next id');
SELECT results_eq($$SELECT key_id, seed IS NULL, retired_at IS NULL, revoked_at IS NULL
    FROM signing_keys WHERE purpose = 'test_x' ORDER BY 1$$,
    $$VALUES (1::smallint, true, false, true), (2::smallint, false, true, true)$$,
    'one key signs; of a retired one only the public half is kept');
SELECT isnt((SELECT public_key FROM signing_keys WHERE purpose = 'test_x' AND key_id = 1),
    (SELECT public_key FROM signing_keys WHERE purpose = 'test_x' AND key_id = 2),
    'two keys differ');
SELECT is((SELECT count(*) FROM audit_log WHERE act = 'rotate_signing_key'
    AND detail ->> 'purpose' = 'test_x'), 2::bigint, 'rotation leaves audit rows');
SELECT ok(tix_revoke_signing_key('test_x', 1, 'lost'), 'a retired key is revoked');
SELECT ok(NOT tix_revoke_signing_key('test_x', 1, 'lost'), 'once');
SELECT ok(tix_revoke_signing_key('test_x', 2, 'stolen'), 'so is one that signs');
SELECT results_eq($$SELECT key_id, retired_at IS NULL, revoked_at IS NULL
    FROM signing_keys WHERE purpose = 'test_x' ORDER BY 1$$,
    $$VALUES (1::smallint, false, false), (2::smallint, false, false), (3::smallint, true, true)$$,
    'and another signs in its place');
SELECT is((SELECT detail ->> 'reason' FROM audit_log WHERE act = 'revoke_signing_key'
    AND detail ->> 'keyId' = '2'), 'stolen', 'revocation leaves an audit row with its reason');
SELECT is((SELECT count(*) FROM audit_log WHERE detail::text ~ (
    SELECT encode(seed, 'hex') FROM signing_keys WHERE purpose = 'test_x' AND key_id = 3)),
    0::bigint, 'no seed is in the audit log');
SELECT throws_ok(format('SELECT tix_rotate_signing_key(%L)', bad), '22023', NULL,
    format('purpose %s is refused', coalesce(to_json(left(bad, 20))::text, 'NULL')))
FROM (VALUES (NULL), (''), ('A'), ('a b'), ('1'), (repeat('a', 33)), (repeat('a', 10000000)),
             ('a''; DROP')) v (bad);
SELECT throws_ok(format('SELECT tix_revoke_signing_key(%L, %L, %L)', purpose, id, reason),
    state, NULL, what)
FROM (VALUES (NULL, 1, 'r', '22023', 'a revoked key has a purpose'),
             ('test_x', NULL, 'r', '22023', 'and an id'),
             ('test_x', 3, NULL, '22023', 'it is revoked for a reason'),
             ('test_x', 3, '', '22023', 'that says something'),
             ('test_x', 3, repeat('r', 1001), '22023', 'in 1000 bytes'),
             ('test_x', 4, 'r', 'P0002', 'a key that is not cannot be revoked'),
             ('none', 1, 'r', 'P0002', 'nor one of another purpose'),
             ('test_x', -1, 'r', 'P0002', 'nor a negative one'))
    v (purpose, id, reason, state, what);
SELECT is((SELECT count(*) FROM signing_keys WHERE purpose = 'test_x' AND revoked_at IS NULL),
    1::bigint, 'refused calls change nothing');
INSERT INTO signing_keys (purpose, key_id, public_key, retired_at)
SELECT 'full', 255, public_key, now() FROM signing_keys WHERE purpose = 'test_x' AND key_id = 1;
SELECT throws_ok('SELECT tix_rotate_signing_key(''full'')', '54000', NULL,
    'no key id is used twice, so there are 255');
SELECT throws_ok($$UPDATE signing_keys SET retired_at = NULL WHERE purpose = 'test_x'
    AND key_id = 2$$, '23514', NULL, 'a retired key does not come back');
SELECT is_empty($$SELECT r.rolname FROM pg_roles r
    WHERE r.rolname IN ('tix_app', 'tix_gateway', 'tix_admin', 'tix_monitor', 'pg_monitor')
      AND has_table_privilege(r.oid, 'tix.signing_keys', 'SELECT, INSERT, UPDATE, DELETE')$$,
    'no role reads the keys');
SELECT set_eq($$SELECT r.rolname::text FROM pg_roles r
    WHERE has_function_privilege(r.oid, 'tix.tix_rotate_signing_key(text)', 'EXECUTE')
      AND NOT r.rolsuper AND r.rolname ~ '^tix_'$$, ARRAY['tix_owner', 'tix_admin'],
    'operators alone rotate them');
DELETE FROM signing_keys WHERE purpose IN ('test_x', 'full');

-- Base64url.
SELECT is(base64url_encode(sample), code, 'base64url of ' || code)
FROM (VALUES ('\x'::bytea, ''), ('\x66', 'Zg'), ('\xfbff', '-_8')) v (sample, code);
SELECT is((SELECT count(*) FROM generate_series(0, 300) n, LATERAL (SELECT decode(
        repeat(to_hex(160 + n % 90), n), 'hex') AS sample) s
    WHERE base64url_decode(base64url_encode(sample)) IS DISTINCT FROM sample
       OR base64url_encode(sample) ~ '[^A-Za-z0-9_-]'), 0::bigint,
    'any bytes come back, and are letters, digits, - and _ meanwhile');
SELECT is((SELECT array_agg(bad)
    FROM unnest('{Z,Zh,Zg=,Z g,Zg+,Zg/,"Zg\n","Zgé",AAAAA}'::text[]) bad
    WHERE base64url_decode(bad) IS NOT NULL), NULL, 'nothing else is taken for it');
SELECT * FROM finish();
