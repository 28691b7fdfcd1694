-- The second fence: a function that forgets whose row it is finds none of another's.
\ir fixture.psql
SELECT plan(19);
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o_ann,
       pg_temp.order_for(:'session', 'A-3', :'bob') AS o_bob \gset

-- Functions as they would be written by somebody who forgot.
CREATE FUNCTION tix.forgetful(user_id uuid, OUT mine bigint, OUT all_rows bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tix, pg_catalog, pg_temp
SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    SELECT count(*) FILTER (WHERE o.user_id = $1), count(*) INTO mine, all_rows FROM orders o;
END $$;
CREATE FUNCTION tix.thieving(user_id uuid, wanted uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tix, pg_catalog, pg_temp
SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
DECLARE
    changed bigint;
BEGIN
    PERFORM set_config('tix_rows.of', $1::text, true);
    UPDATE tickets t SET user_id = $1 WHERE t.order_id = $2;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
CREATE FUNCTION tix.forging(user_id uuid, other uuid, session uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tix, pg_catalog, pg_temp
SET tix_rows.of = 'nobody' AS $$
BEGIN
    PERFORM set_config('tix_rows.of', $1::text, true);
    INSERT INTO orders (user_id, session_id, total_amount, total_currency, provider, expires_at)
    VALUES ($2, $3, 0, 'EUR', 'mock', now());
END $$;
CREATE FUNCTION tix.undeclared() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*) FROM tickets) + (SELECT count(*) FROM users);
END $$;
ALTER FUNCTION tix.forgetful OWNER TO tix_owner;
ALTER FUNCTION tix.thieving OWNER TO tix_owner;
ALTER FUNCTION tix.forging OWNER TO tix_owner;
ALTER FUNCTION tix.undeclared OWNER TO tix_owner;

SELECT results_eq(format('SELECT mine, all_rows FROM tix.forgetful(%L)', :'ann'),
    'VALUES (1::bigint, 1::bigint)', 'who forgets to ask whose order it is finds her own');
SELECT results_eq(format('SELECT all_rows FROM tix.forgetful(%L)', gen_random_uuid()),
    'VALUES (0::bigint)', 'and a stranger''s are none');
SELECT is((SELECT all_rows FROM tix.forgetful(NULL)), 0::bigint, 'nor are nobody''s');
SELECT is(current_setting('tix_rows.of', true), '', 'a function leaves no one''s rows open');
SELECT is(tix.thieving(:'bob', :'o_ann'), 0::bigint, 'another''s tickets cannot be taken');
SELECT is((SELECT count(*) FROM tickets t WHERE t.order_id = :'o_ann' AND t.user_id = :'ann'),
    2::bigint, 'and are still hers');
SELECT throws_ok(format('SELECT tix.forging(%L, %L, %L)', :'bob', :'ann', :'session'), '42501',
    NULL, 'nor can an order be made in her name');
SELECT is(tix.undeclared(), 0::bigint, 'a function that does not say whose rows it means has none');
SET tix_rows.of = 'everyone';
SELECT is((SELECT all_rows FROM tix.forgetful(:'ann')), 1::bigint,
    'a caller''s setting does not widen it');
SELECT is((SELECT count(*) FROM tix_get_order(:'o_ann', :'bob')), 0::bigint,
    'another''s order does not exist');
RESET tix_rows.of;
SELECT is((SELECT count(*) FROM tix_get_order(:'o_ann', :'ann')), 1::bigint, 'one''s own does');
BEGIN;
SELECT count(*) AS seen FROM tix_list_orders(:'ann') \gset
SELECT is((SELECT count(*) FROM tix_list_orders(:'bob')), 1::bigint,
    'two users in one transaction do not share a fence');
SELECT is((SELECT all_rows FROM tix.forgetful(:'bob')), 1::bigint, 'whoever came first');
ROLLBACK;
SELECT is((SELECT created >= 0 FROM tix_stat_orders), true, 'statistics count everyone''s');

-- Nothing is forgotten.
DROP FUNCTION tix.forgetful, tix.thieving, tix.forging, tix.undeclared;
SELECT set_eq($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity$$,
    ARRAY['users', 'refresh_tokens', 'external_logins', 'orders', 'tickets', 'waitlist_entries',
          'queue_entries', 'queue_admissions'], 'these tables are fenced, for their owner too');
SELECT set_eq($$
    SELECT p.tablename FROM pg_policies p WHERE p.schemaname = 'tix' AND p.policyname = 'rows_of'
      AND p.permissive = 'PERMISSIVE' AND p.roles = '{public}' AND p.cmd = 'ALL'$$,
    $$SELECT c.relname FROM pg_class c
      WHERE c.relnamespace = 'tix'::regnamespace AND c.relrowsecurity$$, 'by one policy each');
SELECT is_empty($$SELECT * FROM pg_policies p WHERE p.schemaname = 'tix'
    AND p.policyname <> 'rows_of'$$, 'and no other policy opens them');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'tix'::regnamespace AND p.prosecdef
      AND p.proowner = 'tix_owner'::regrole
      AND p.prosrc ~ ('\m(FROM|JOIN|INTO|UPDATE) (tix\.)?(users|refresh_tokens|external_logins|'
                      'orders|tickets|waitlist_entries|queue_entries|queue_admissions)\M')
      AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c ~ '^tix_rows\.of=')$$,
    'every function that reads them says whose rows it means');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'tix'::regnamespace AND p.prosrc ~ 'tix_rows\.of'
      AND NOT ('tix_rows.of=nobody' = ANY (p.proconfig) AND p.proparallel = 'u')$$,
    'and one that narrows them begins with none and gives them back');
SELECT * FROM finish();
