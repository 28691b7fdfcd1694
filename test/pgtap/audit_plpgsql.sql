-- Every PL/pgSQL function of the schema, triggers included, is sound to plpgsql_check: names and
-- types are right on every path, also on those no test walks.
\ir fixture.psql
CREATE EXTENSION plpgsql_check SCHEMA public;
SELECT plan(2 + (SELECT count(*)::int FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'tix'::regnamespace AND l.lanname = 'plpgsql'));
-- A trigger function is checked for each table it serves; OID 0 for any other. Several OUT
-- parameters of which one is composite are meant so.
SELECT is(coalesce((
    SELECT string_agg(DISTINCT c, E'\n')
    FROM (SELECT t.tgrelid, max(t.tgoldtable) AS gone, max(t.tgnewtable) AS come
          FROM pg_trigger t WHERE t.tgfoid = p.oid GROUP BY t.tgrelid
          UNION ALL SELECT 0, NULL, NULL WHERE p.prorettype <> 'trigger'::regtype) r,
         public.plpgsql_check_function(p.oid, relid => r.tgrelid, fatal_errors => false,
             oldtable => r.gone::name, newtable => r.come::name,
             other_warnings => true, extra_warnings => true, performance_warnings => false,
             security_warnings => true) c
    WHERE c !~ 'composite OUT variable'), ''), '', p.oid::regprocedure::text)
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'tix'::regnamespace AND l.lanname = 'plpgsql'
ORDER BY p.oid::regprocedure::text;
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'tix'::regnamespace AND p.prorettype = 'trigger'::regtype
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid)$$,
    'every trigger function serves a table');
CREATE FUNCTION pg_temp.wrong() RETURNS int LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT nothing FROM tix.orders); END $$;
SELECT isnt_empty($$SELECT * FROM public.plpgsql_check_function('pg_temp.wrong()')$$,
    'a fault is found');
DROP EXTENSION plpgsql_check;
SELECT * FROM finish();
