-- Privileges: every right on every object of the schema is in privileges.expected, so that a change
-- of any shows in a diff. TIX_KEEP=yes test/pgtap/run.sh privileges takes the new ones into it.
\ir fixture.psql
SELECT plan(14);
CREATE FUNCTION pg_temp.person(who oid) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN $1 = 0 THEN 'PUBLIC'
                ELSE (SELECT CASE WHEN r.rolsuper THEN 'superuser' ELSE r.rolname END
                      FROM pg_roles r WHERE r.oid = $1) END $$;
-- Who else than the owner may do what; "*": and pass it on.
CREATE FUNCTION pg_temp.rights(acl aclitem[], owner oid) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(g.who || '=' || g.what, ' ' ORDER BY g.who COLLATE "C"), '-')
    FROM (SELECT pg_temp.person(a.grantee) AS who, string_agg(lower(a.privilege_type)
                 || CASE WHEN a.is_grantable THEN '*' ELSE '' END, '+'
                 ORDER BY a.privilege_type) AS what
          FROM aclexplode($1) a WHERE a.grantee <> $2 GROUP BY a.grantee) g $$;
CREATE TEMP VIEW granted AS
    SELECT format('%s %s | %s%s | %s', o.kind, o.name, pg_temp.person(o.owner), o.extra,
                  pg_temp.rights(o.acl, o.owner)) AS line
    FROM (
        SELECT 'schema' AS kind, n.nspname::text AS name, n.nspowner AS owner, '' AS extra,
               coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl
        FROM pg_namespace n WHERE n.nspname = 'tix'
        UNION ALL
        SELECT CASE p.prokind WHEN 'f' THEN 'function' ELSE 'routine' END,
               p.oid::regprocedure::text, p.proowner,
               CASE WHEN p.prosecdef THEN ' definer' ELSE '' END,
               coalesce(p.proacl, acldefault('f', p.proowner))
        FROM pg_proc p WHERE p.pronamespace = 'tix'::regnamespace
        UNION ALL
        SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' WHEN 'm' THEN 'matview'
               WHEN 'f' THEN 'foreign' ELSE 'table' END, c.oid::regclass::text, c.relowner, '',
               coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
                                             c.relowner))
        FROM pg_class c WHERE c.relnamespace = 'tix'::regnamespace
          AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition
        UNION ALL
        SELECT 'column', a.attrelid::regclass || '.' || a.attname, c.relowner, '', a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'tix'::regnamespace AND a.attacl IS NOT NULL
        UNION ALL
        SELECT 'type', t.oid::regtype::text, t.typowner, '',
               coalesce(t.typacl, acldefault('T', t.typowner))
        FROM pg_type t WHERE t.typnamespace = 'tix'::regnamespace AND t.typelem = 0
          AND (t.typtype <> 'c' OR EXISTS (SELECT FROM pg_class c
                                           WHERE c.oid = t.typrelid AND c.relkind = 'c'))) o
    UNION ALL
    SELECT format('role %s | %s | member of %s', r.rolname, concat_ws(' ',
               CASE WHEN r.rolcanlogin THEN 'login' ELSE 'nologin' END,
               CASE WHEN r.rolsuper THEN 'super' END, CASE WHEN r.rolcreatedb THEN 'createdb' END,
               CASE WHEN r.rolcreaterole THEN 'createrole' END,
               CASE WHEN r.rolreplication THEN 'replication' END,
               CASE WHEN r.rolbypassrls THEN 'bypassrls' END),
               coalesce((SELECT string_agg(m.roleid::regrole::text, ' ' ORDER BY 1)
                         FROM pg_auth_members m WHERE m.member = r.oid), '-'))
    FROM pg_roles r WHERE r.rolname LIKE 'tix\_%'
    UNION ALL
    SELECT format('default %s | %s', d.defaclrole::regrole, d.defaclacl) FROM pg_default_acl d;

\getenv keep TIX_KEEP
SELECT :{?keep} AS is_kept \gset
\if :is_kept
SELECT line FROM granted ORDER BY line COLLATE "C" \g privileges.expected
\endif
\set expected `cat privileges.expected`
SELECT set_eq('SELECT line FROM granted',
    format('SELECT unnest(string_to_array(%L, E''\n''))', rtrim(:'expected', E'\n')),
    'every right is an expected one, and no expected one is missing');
SELECT is((SELECT count(*) FROM granted), (SELECT count(DISTINCT line) FROM granted),
    'no object hides behind another');

-- What no list of expected rights may ever come to contain.
SELECT is_empty($$SELECT line FROM granted WHERE line ~ 'PUBLIC=' AND line !~ '^type '$$,
    'PUBLIC has no right but to name types');
SELECT is_empty($$SELECT line FROM granted WHERE line ~ '[a-z]\*'$$, 'no right may be passed on');
SELECT is_empty($$SELECT line FROM granted WHERE line ~ 'tix_gateway=' $$,
    'the gateway has nothing but what the application has');
SELECT is_empty($$
    SELECT line FROM granted WHERE line ~ '^(table|column|sequence) '
      AND line ~ '(tix_app|tix_admin|tix_monitor|pg_monitor)='$$,
    'nobody but the owner reads or writes a table');
SELECT is_empty($$SELECT line FROM granted WHERE line ~ '^view ' AND line ~ 'tix_app='$$,
    'nor does the application read a view');
SELECT is_empty($$
    SELECT line FROM granted WHERE line ~ '^view ' AND line ~ '(insert|update|delete|truncate)'$$,
    'no view is written');
SELECT is_empty($$
    SELECT line FROM granted WHERE line ~ '^function ' AND line !~ '^function tix_'
      AND line !~ '\| -$'$$, 'what is internal is granted to nobody');
SELECT is_empty($$
    SELECT line FROM granted WHERE line ~ '^function ' AND line ~ '\| tix_owner \|'
      AND line !~ '\| -$'$$, 'what others may call of the schema runs as its owner');
SELECT is_empty($$SELECT line FROM granted WHERE line ~ '^role ' AND line ~
    '(super|createdb|createrole|replication|bypassrls)'$$,
    'no role of tix may do more than its own');
SELECT is_empty($$SELECT line FROM granted WHERE line ~ '^default '$$,
    'nothing is granted to come');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'tix'::regnamespace AND p.prosecdef AND p.proowner = 'tix_owner'::regrole
      AND has_function_privilege('tix_monitor', p.oid, 'EXECUTE')
      AND p.proname !~ '^tix_(stat_|audit|health|double_sell)'$$,
    'the monitor may watch and do nothing');
SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind = 'v'
      AND c.relowner = 'tix_owner'::regrole AND c.relname = 'users_masked'
      AND has_table_privilege('tix_monitor', c.oid, 'SELECT')$$, 'nor see who people are');
SELECT * FROM finish();
