-- Identity: one user per address, and roles that own or may call no more than they need.
\ir fixture.psql
SELECT plan(12);
SELECT lives_ok(format($$INSERT INTO users (email) VALUES ('Ann%s@example.org')$$, :'ann'),
    'a user needs an address only');
SELECT throws_ok(format($$INSERT INTO users (email) VALUES ('ann%s@EXAMPLE.org')$$, :'ann'),
    '23505', NULL, 'an address is unique whatever its case');
SELECT hasnt_role('tix_nobody', 'a role of another name is not made');
SELECT is((SELECT count(*) FROM pg_roles WHERE rolname IN ('tix_owner', 'tix_app', 'tix_monitor')
    AND NOT rolcanlogin AND NOT rolsuper), 3::bigint, 'the roles cannot log in');
SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind IN ('r', 'p')
      AND c.relowner <> 'tix_owner'::regrole
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')$$,
    'tix_owner owns every table of the schema');
SELECT is_empty($$
    SELECT p.proname FROM pg_proc p
    WHERE p.pronamespace = 'tix'::regnamespace
      AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0))$$,
    'no function may be called by PUBLIC');
SELECT is_empty($$
    SELECT p.proname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'tix'::regnamespace AND l.lanname IN ('sql', 'plpgsql')
      AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=tix, pg_catalog, pg_temp']$$,
    'every function pins its search_path');
SELECT is_empty($$
    SELECT p.proname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'tix'::regnamespace AND l.lanname IN ('sql', 'plpgsql')
      AND obj_description(p.oid, 'pg_proc') IS NULL$$, 'every function says what it does');
SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind IN ('r', 'p')
      AND obj_description(c.oid, 'pg_class') IS NULL$$, 'every table says what it is');
SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind IN ('r', 'p')
      AND has_table_privilege('tix_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')$$,
    'the gateway has no right on any table');
SELECT set_eq($$
    SELECT p.proname::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'tix'::regnamespace AND l.lanname IN ('sql', 'plpgsql')
      AND has_function_privilege('tix_app', p.oid, 'EXECUTE')$$,
    ARRAY['tix_create_order', 'tix_get_order', 'tix_cancel_order', 'tix_begin_payment',
          'tix_payment_event', 'tix_cancel_ticket', 'tix_audit'],
    'the gateway may call the listed functions only');
SET ROLE tix_app;
SELECT throws_ok('SELECT * FROM tix.orders', '42501', NULL, 'the gateway cannot read orders');
RESET ROLE;
SELECT * FROM finish();
