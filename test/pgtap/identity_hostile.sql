-- Hostile callers: whatever a role puts in front of the names of tix – tables, types, functions,
-- operators, casts – every function that runs as its owner answers as if it were not there.
\ir fixture.psql
SELECT plan(19);
SELECT tix_register_user('mia-' || :'plan' || '@example.org', '$argon2id$x') AS mia \gset

-- Every SECURITY DEFINER function, asked with NULLs and with values of its types. What a call did
-- is undone, and so is the search_path it met; its answer is kept: how many rows, or which error.
CREATE TEMP TABLE asked (n int GENERATED ALWAYS AS IDENTITY, id oid, command text);
CREATE TEMP TABLE answered (n int, place text, answer text);
CREATE FUNCTION pg_temp.sample(type oid, name text, session uuid, person uuid) RETURNS text
LANGUAGE sql AS $$ SELECT CASE type::regtype::text
    WHEN 'uuid' THEN quote_literal(CASE WHEN name = 'session_id' THEN session ELSE person END)
                     || '::pg_catalog.uuid'
    WHEN 'uuid[]' THEN quote_literal(ARRAY[person]) || '::pg_catalog.uuid[]'
    WHEN 'text' THEN CASE name WHEN 'seat_id' THEN '''A-5''' WHEN 'area_id' THEN '''A'''
                     WHEN 'provider' THEN '''mock''' WHEN 'email' THEN '''x@example.org'''
                     ELSE '''x''' END || '::pg_catalog.text'
    WHEN 'text[]' THEN '''{A-5}''::pg_catalog.text[]'
    WHEN 'bytea' THEN quote_literal(sha256('x')) || '::pg_catalog.bytea'
    WHEN 'jsonb' THEN '''{}''::pg_catalog.jsonb'
    WHEN 'boolean' THEN 'true'
    WHEN 'interval' THEN '''1 hour''::pg_catalog.interval'
    WHEN 'timestamp with time zone' THEN '''2030-01-01''::pg_catalog.timestamptz'
    WHEN 'bigint[]' THEN '''{1}''::pg_catalog.int8[]'
    WHEN 'bigint' THEN '1::pg_catalog.int8'
    WHEN 'integer' THEN '1::pg_catalog.int4'
    WHEN 'smallint' THEN '1::pg_catalog.int2'
    ELSE 'NULL' END $$;
INSERT INTO asked (id, command)
SELECT p.oid, format('SELECT pg_catalog.count(*) FROM tix.%I(%s) r', p.proname, (
    SELECT string_agg(CASE WHEN mode = 0 THEN 'NULL::' || CASE WHEN t.typelem <> 0
                                AND t.typcategory = 'A' THEN format('%s.%s', n.nspname, t.typname)
                                ELSE format('%I.%I', n.nspname, t.typname) END
                           ELSE pg_temp.sample(a.type, (p.proargnames)[a.i], :'session', :'mia')
                      END, ', ' ORDER BY a.i)
    FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (type, i)
    JOIN pg_type t ON t.oid = a.type JOIN pg_namespace n ON n.oid = t.typnamespace))
FROM pg_proc p CROSS JOIN generate_series(0, 1) mode
WHERE p.pronamespace = 'tix'::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype
  AND p.proname <> 'tix_health'  -- tells the time
ORDER BY 1, mode;
GRANT SELECT ON asked TO tix_app, tix_admin, tix_monitor;
GRANT SELECT, INSERT ON answered TO tix_app, tix_admin, tix_monitor;
CREATE PROCEDURE pg_temp.ask(place text, path text) LANGUAGE plpgsql AS $$
DECLARE
    c record;
    answer text;
BEGIN
    FOR c IN SELECT * FROM pg_temp.asked a
             WHERE pg_catalog.has_function_privilege(a.id, 'EXECUTE') ORDER BY a.n LOOP
        BEGIN
            PERFORM pg_catalog.set_config('search_path', path, true);
            EXECUTE c.command INTO answer;
            RAISE EXCEPTION '%', answer USING ERRCODE = 'TX998';
        EXCEPTION WHEN OTHERS THEN
            answer := SQLSTATE || ' ' || SQLERRM;
        END;
        INSERT INTO pg_temp.answered VALUES (c.n, place, answer);
    END LOOP;
END $$;
SELECT cmp_ok((SELECT count(DISTINCT id) FROM asked), '>=', 50::bigint,
    'there are functions to be asked');

SET ROLE tix_app;
CALL pg_temp.ask('at home', 'tix, pg_catalog');
RESET ROLE;
SET ROLE tix_admin;
CALL pg_temp.ask('at home', 'tix, pg_catalog');
RESET ROLE;
SELECT cmp_ok((SELECT count(*) FROM answered WHERE answer LIKE 'TX998%'), '>=', 30::bigint,
    'many of them answer');
SELECT is_empty($$
    SELECT a.command, b.answer
    FROM answered b JOIN asked a USING (n) JOIN pg_proc p ON p.oid = a.id
    WHERE p.proowner = 'tix_owner'::regrole
      AND b.answer !~ '^(TX|22|P0002|23505|25001|55P03|55000)'$$,
    'and no bad input is answered by an error of another class');

-- The traps. Each raises, or holds what must not be believed.
GRANT CREATE, USAGE ON SCHEMA public TO tix_app;
SET ROLE tix_app;
SELECT throws_ok('CREATE FUNCTION tix.trap() RETURNS int LANGUAGE sql AS ''SELECT 1''', '42501',
    NULL, 'nobody puts anything into the schema itself');
SELECT throws_ok('CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT', '42501', NULL,
    'nor changes how types of the system are cast');
SELECT throws_ok('CREATE OPERATOR pg_catalog.=== (LEFTARG = uuid, RIGHTARG = uuid, '
    'FUNCTION = pg_catalog.uuid_eq)', '42501', NULL, 'nor adds operators to it');
SELECT throws_ok($$
    CREATE FUNCTION public.trap() RETURNS int LANGUAGE internal AS 'pg_backend_pid'$$, '42501',
    NULL, 'nor calls the server''s own code by another name');
SELECT format('CREATE FUNCTION public.%I(%s, %s) RETURNS boolean LANGUAGE plpgsql AS $f$BEGIN
    RAISE EXCEPTION ''trapped by operator''; END$f$', 'trap_' || o.oid, o.oprleft::regtype,
    o.oprright::regtype),
    format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.%I)',
    o.oprname, o.oprleft::regtype, o.oprright::regtype, 'trap_' || o.oid)
FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace
  AND o.oprname IN ('=', '<>', '<', '>', '<=', '>=', '||', '->>', '->', '-', '+', '~', '!~', '@>')
  AND o.oprleft::regtype::text IN ('uuid', 'text', 'bigint', 'integer', 'jsonb', 'interval',
      'timestamp with time zone', 'boolean', 'bytea')
  AND o.oprright::regtype::text IN ('uuid', 'text', 'bigint', 'integer', 'jsonb', 'interval',
      'timestamp with time zone', 'boolean', 'bytea') \gexec
SELECT format('CREATE FUNCTION %s.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$BEGIN
    RAISE EXCEPTION ''trapped by %s''; END$f$', place, p.proname,
    pg_get_function_identity_arguments(p.oid), p.prorettype::regtype, p.proname)
FROM pg_proc p CROSS JOIN (VALUES ('public'), ('pg_temp')) v (place)
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND NOT p.proretset AND p.prokind = 'f'
  AND p.proname IN ('now', 'clock_timestamp', 'lower', 'upper', 'btrim', 'octet_length',
      'char_length', 'gen_random_uuid', 'hashtextextended', 'pg_try_advisory_xact_lock',
      'pg_advisory_xact_lock', 'current_setting', 'left', 'ceil', 'to_jsonb')
  AND p.prorettype <> 'anyelement'::regtype
  AND NOT (p.proargtypes::oid[] && ARRAY['anyelement'::regtype, '"any"'::regtype]::oid[]) \gexec
SELECT format('CREATE FUNCTION public.%I(%s) RETURNS int LANGUAGE plpgsql AS $f$BEGIN
    RAISE EXCEPTION ''trapped by %s''; END$f$', p.proname,
    pg_get_function_identity_arguments(p.oid), p.proname)
FROM pg_proc p WHERE p.pronamespace = 'tix'::regnamespace AND p.proname !~ '^tix_'
  AND p.prorettype <> 'trigger'::regtype
  AND p.proallargtypes IS NULL AND pg_get_function_identity_arguments(p.oid) !~ 'tix' \gexec
RESET ROLE;
SELECT cmp_ok((SELECT count(*) FROM pg_operator o WHERE o.oprnamespace = 'public'::regnamespace
    AND o.oprowner = 'tix_app'::regrole), '>=', 50::bigint,
    'operators look like those of the system');
SELECT cmp_ok((SELECT count(*) FROM pg_proc p WHERE p.proowner = 'tix_app'::regrole
    AND p.proname !~ '^trap_'), '>=', 30::bigint,
    'functions look like those of tix and the system');
-- The traps are real: whoever trusts the path walks into them.
CREATE FUNCTION pg_temp.naive(path text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', path, true);
    EXECUTE command INTO answer;
    RAISE EXCEPTION '%', answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END $$;
SELECT is(pg_temp.naive('public, pg_catalog', format('SELECT %L::pg_catalog.uuid = %L', :'mia',
    :'mia')), 'trapped by operator', 'an operator of public comes before that of the system');
SELECT is(pg_temp.naive('public, tix, pg_catalog', 'SELECT checked_email(''x@y'')'),
    'trapped by checked_email', 'and a function before that of tix');
SET ROLE tix_app;
SELECT format('CREATE TEMP TABLE %I (trap int)', c.relname) FROM pg_class c
WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind IN ('r', 'v') \gexec
RESET ROLE;
GRANT SELECT ON ALL TABLES IN SCHEMA pg_temp TO tix_admin;
SELECT cmp_ok((SELECT count(*) FROM pg_class c WHERE c.relnamespace = pg_my_temp_schema()
    AND c.relname IN ('orders', 'users', 'tickets', 'payments', 'refunds')), '=', 5::bigint,
    'tables look like those of tix');
SELECT is(pg_temp.naive('pg_temp, tix, pg_catalog', 'SELECT pg_catalog.count(email) FROM users'),
    'column "email" does not exist', 'and a table of the session');

-- A buyer, made ready before even the names of types are traps.
SELECT set_config('trap.session', :'session', false), set_config('trap.buyer', :'mia', false)
\g /dev/null
CREATE FUNCTION pg_temp.buy() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    house pg_catalog.uuid := pg_catalog.current_setting('trap.session');
    buyer pg_catalog.uuid := pg_catalog.current_setting('trap.buyer');
    lock pg_catalog.int8;
    made pg_catalog.uuid;
    sum pg_catalog.int8;
    said pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'public, pg_temp, tix, pg_catalog', true);
    SELECT lock_id INTO lock FROM tix.tix_lock_seat(house, 'B-7', buyer);
    SELECT order_id, total_amount INTO made, sum FROM tix.tix_create_order(ARRAY[lock], buyer);
    PERFORM FROM tix.tix_begin_payment(made);
    SELECT result INTO said
    FROM tix.tix_payment_event('mock', pg_catalog.concat('trap ', made), 'captured',
                               pg_catalog.concat('trap ', made), made, sum, 'EUR');
    PERFORM pg_catalog.set_config('search_path', 'tix, pg_catalog, public', true);
    RETURN said || sum;
END $$;
GRANT EXECUTE ON FUNCTION pg_temp.buy TO tix_app;
CREATE TEMP TABLE bought (answer text);
GRANT SELECT, INSERT ON bought TO tix_app;

-- Now the same questions, with the traps in front. From here to the end of the domains a name of a
-- type is one of them: whoever has temporary objects meets them before the system's.
SET ROLE tix_app;
SELECT format('CREATE DOMAIN pg_temp.%I AS int4 CHECK (VALUE = 42)', d)
FROM unnest('{uuid,text,jsonb,interval,timestamptz,int8,bool,bytea,tix_lock_result}'::text[]) d
\gexec
CALL pg_temp.ask('pg_temp', 'pg_temp, public, tix, pg_catalog');
CALL pg_temp.ask('public', 'public, pg_temp, tix, pg_catalog');
RESET ROLE;
SET ROLE tix_admin;
CALL pg_temp.ask('pg_temp', 'pg_temp, public, tix, pg_catalog');
CALL pg_temp.ask('public', 'public, pg_temp, tix, pg_catalog');
RESET ROLE;
SET ROLE tix_app;
INSERT INTO pg_temp.bought SELECT pg_temp.buy();
RESET ROLE;
DROP DOMAIN pg_temp.uuid, pg_temp.text, pg_temp.jsonb, pg_temp."interval", pg_temp.timestamptz,
    pg_temp.int8, pg_temp.bool, pg_temp.bytea, pg_temp.tix_lock_result;
SELECT is((SELECT count(*) FROM answered WHERE place = 'pg_temp'),
    (SELECT count(*) FROM answered WHERE place = 'at home'), 'all were asked again');
SELECT is_empty($$SELECT n, place, answer FROM answered WHERE answer ~ 'trapped'$$,
    'nobody walks into a trap');
SELECT is_empty($$
    SELECT a.command, h.answer, b.place, b.answer FROM answered h JOIN answered b USING (n)
    JOIN asked a USING (n)
    WHERE h.place = 'at home' AND b.place <> 'at home' AND h.answer <> b.answer
      AND NOT EXISTS (SELECT FROM answered o WHERE o.n = h.n AND o.place = 'at home'
                                               AND o.answer = b.answer)$$,
    'and every answer is the same');

SELECT is((SELECT answer FROM bought), 'applied2000', 'a purchase between the traps is a purchase');
SELECT is((SELECT count(*) FROM tix.tickets WHERE user_id = :'mia' AND status = 'valid'), 1::bigint,
    'with its ticket');
SELECT is_empty('SELECT * FROM tix.tix_audit()', 'and all is well');
-- Not DROP OWNED: that would take the role's rights as well.
SELECT format('DROP FUNCTION %s CASCADE', p.oid::regprocedure) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = 'tix_app'::regrole \gexec
REVOKE CREATE, USAGE ON SCHEMA public FROM tix_app;
SELECT * FROM finish();
