-- The block list of the gateways: operators write it, gateways read it, and every change is noted.
\ir fixture.psql
SELECT plan(26);
\set mallory 'b0000000-0000-4000-8000-0000000000AA'

SET ROLE tix_admin;
SELECT is(tix.tix_block_client(given, 'a test'), listed, format('%s is listed as %s', given,
    listed))
FROM (VALUES (:'mallory', 'b0000000-0000-4000-8000-0000000000aa'), ('192.0.2.7', '192.0.2.7/32'),
             ('198.51.100.77/24', '198.51.100.0/24'), ('2001:DB8::1/32', '2001:db8::/32'),
             ('::1', '::1/128')) v (given, listed);
SELECT throws_ok(format('SELECT tix.tix_block_client(%L, ''a test'')', bad), '22023',
    'client is neither a user''s id nor an address nor a prefix', format('%s is nobody', bad))
FROM (VALUES ('bob'), (''), ('1.2.3.4/33'), ('1.2.3'), ('b0000000-0000')) v (bad);
SELECT throws_ok(format('SELECT tix.tix_block_client(%L, %L, %L)', client, reason, until), '22023',
    'a block needs a client, a reason and an end that is to come', what)
FROM (VALUES (NULL, 'why', NULL, 'nobody is not blocked'), ('192.0.2.8', NULL, NULL, 'a reason'),
             ('192.0.2.8', '', NULL, 'a reason that says something'),
             ('192.0.2.8', repeat('x', 501), NULL, 'a short one'),
             ('192.0.2.8', 'why', '2020-01-01', 'an end that is to come'))
    v (client, reason, until, what);
SELECT lives_ok($$SELECT tix.tix_block_client('203.0.113.0/24', repeat('x', 500), 'infinity')$$,
    'a reason may have 500 characters');
RESET ROLE;

SET ROLE tix_gateway;
SELECT set_eq('SELECT client FROM tix.tix_blocked_clients()',
    ARRAY['b0000000-0000-4000-8000-0000000000aa', '192.0.2.7/32', '198.51.100.0/24',
          '2001:db8::/32', '::1/128', '203.0.113.0/24'], 'the gateway reads who is blocked');
SELECT throws_ok($$SELECT tix.tix_block_client('192.0.2.9', 'x')$$, '42501', NULL,
    'and blocks nobody');
SELECT throws_ok($$SELECT tix.tix_unblock_client('192.0.2.7')$$, '42501', NULL,
    'nor frees anybody');
SELECT throws_ok('SELECT * FROM tix.blocked_clients', '42501', NULL, 'nor reads the table');
RESET ROLE;

SELECT is(tix_block_client('192.0.2.7', 'another reason', clock_timestamp() + '1 hour'),
    '192.0.2.7/32', 'blocking again is allowed');
SELECT results_eq($$SELECT reason, blocked_until IS NULL FROM tix_blocked_clients()
    WHERE client = '192.0.2.7/32'$$, $$VALUES ('another reason', false)$$,
    'and replaces reason and end');
UPDATE tix.blocked_clients SET blocked_until = clock_timestamp() WHERE client = '::1/128';
SELECT is_empty($$SELECT FROM tix_blocked_clients() WHERE client = '::1/128'$$,
    'a block ends at its end');
SELECT is(tix_unblock_client(upper(:'mallory'), :'ann'), true, 'a block is taken back');
SELECT is(tix_unblock_client(:'mallory'), false, 'once');
SELECT results_eq(format($$SELECT act, detail->>'actor' FROM audit_log
    WHERE detail->>'subject' = lower(%L) ORDER BY audit_id$$, :'mallory'), format($$VALUES
    ('block_client', NULL), ('unblock_client', %L)$$, :'ann'), 'both are noted, with the actor');
SELECT tix_unblock_client(client) FROM tix_blocked_clients() \g /dev/null
SELECT * FROM finish();
