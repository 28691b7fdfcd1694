-- Identity: one user per address, tokens that are good once, and roles that own or may call no more
-- than they need.
\ir fixture.psql
SELECT plan(68);
SELECT lives_ok(format($$INSERT INTO users (email) VALUES ('Ann%s@example.org')$$, :'ann'),
    'a user needs an address only');
SELECT throws_ok(format($$INSERT INTO users (email) VALUES ('ann%s@EXAMPLE.org')$$, :'ann'),
    '23505', NULL, 'an address is unique whatever its case');
SELECT hasnt_role('tix_nobody', 'a role of another name is not made');
SELECT is((SELECT count(*) FROM pg_roles WHERE rolname IN
    ('tix_owner', 'tix_app', 'tix_admin', 'tix_monitor')
    AND NOT rolcanlogin AND NOT rolsuper), 4::bigint, 'the roles of the schema cannot log in');
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
      AND NOT coalesce(p.proconfig, '{}') @> ARRAY[
          CASE WHEN p.prosecdef AND p.proowner <> 'tix_owner'::regrole
               THEN 'search_path=pg_catalog, pg_temp'
               ELSE 'search_path=tix, pg_catalog, pg_temp' END]$$,
    'every function pins its search_path, the superuser''s without the schema of tix_owner');
SELECT is_empty($$
    SELECT p.proname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'tix'::regnamespace AND l.lanname IN ('sql', 'plpgsql')
      AND obj_description(p.oid, 'pg_proc') IS NULL$$, 'every function says what it does');
SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND c.relkind IN ('r', 'p')
      AND obj_description(c.oid, 'pg_class') IS NULL$$, 'every table says what it is');

-- The gateway's role.
SELECT is((SELECT (rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls)
    ::text FROM pg_roles WHERE rolname = 'tix_gateway'), '(t,f,f,f,f,f)',
    'the gateway may log in and is nothing special');
SELECT results_eq($$SELECT m.roleid::regrole::text FROM pg_auth_members m
    WHERE m.member = 'tix_gateway'::regrole$$, ARRAY['tix_app'], 'it is a member of tix_app only');
SELECT set_eq($$SELECT unnest(setconfig) FROM pg_db_role_setting
    WHERE setrole = 'tix_gateway'::regrole$$, ARRAY['search_path=tix', 'statement_timeout=10s',
    'idle_in_transaction_session_timeout=10s'], 'its statements end, and so do its transactions');
SELECT is_empty($$
    SELECT s.objid FROM pg_shdepend s WHERE s.refclassid = 'pg_authid'::regclass
      AND s.refobjid = 'tix_gateway'::regrole$$, 'it owns nothing and is granted nothing itself');
SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'tix'::regnamespace AND CASE WHEN c.relkind = 'S'
        THEN has_sequence_privilege('tix_gateway', c.oid, 'USAGE, SELECT, UPDATE')
        WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f') THEN has_any_column_privilege(
            'tix_gateway', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
          OR has_table_privilege('tix_gateway', c.oid, 'DELETE, TRUNCATE, TRIGGER') END$$,
    'the gateway has no right on any table');
SELECT is_empty($$
    SELECT c.relname FROM pg_class c CROSS JOIN aclexplode(c.relacl) a
    WHERE c.relnamespace = 'tix'::regnamespace AND a.grantee = 0$$, 'nor has PUBLIC');
SELECT is_empty($$
    SELECT n.nspname FROM pg_namespace n CROSS JOIN (VALUES ('tix_gateway'), ('public')) r (who)
    WHERE n.nspname !~ '^pg_(toast_)?temp_' AND has_schema_privilege(r.who, n.oid, 'CREATE')$$,
    'neither may create anything in any schema');
SELECT set_eq($$
    SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'tix'::regnamespace
      AND has_function_privilege('tix_gateway', p.oid, 'EXECUTE')$$,
    ARRAY['tix_lock_seat', 'tix_lock_seats', 'tix_lock_best', 'tix_lock_area', 'tix_extend_lock',
          'tix_lock_seat_strict', 'tix_lock_seats_strict', 'tix_lock_best_strict',
          'tix_lock_area_strict', 'tix_lock_batch', 'tix_extend_lock_strict', 'tix_lock_get',
          'tix_release_seats', 'tix_seat_status', 'tix_seats', 'tix_seat_map', 'tix_changes',
          'tix_availability', 'tix_rate_limit', 'tix_lock_was_replayed', 'tix_create_order',
          'tix_get_order', 'tix_list_orders', 'tix_cancel_order', 'tix_begin_payment',
          'tix_payment_event', 'tix_refunds_due', 'tix_refund_refused', 'tix_refund_result',
          'tix_rate_limits', 'tix_blocked_clients',
          'tix_payment_authorized', 'tix_payment_action_required', 'tix_order_payments',
          'tix_payment_begun', 'tix_payment_action', 'tix_payment_of_transaction',
          'tix_provider_refunds',
          'tix_payments_due', 'tix_refund_postponed_order', 'tix_cancel_ticket',
          'tix_list_tickets', 'tix_add_to_order', 'tix_complete_free_order',
          'tix_order_history', 'tix_cancel_items', 'tix_reseat_order', 'tix_join_queue',
          'tix_queue_position', 'tix_queue_status', 'tix_queue_step', 'tix_queue_report',
          'tix_claim_admission', 'tix_claim_place',
          'tix_queue_boards', 'tix_queue_poll_keys', 'tix_open_waiting_room',
          'tix_pause_waiting_room', 'tix_resume_waiting_room', 'tix_set_waiting_room_rate',
          'tix_close_waiting_room', 'tix_waiting_room_report', 'tix_use_admission',
          'tix_end_admission', 'tix_join_waitlist',
          'tix_leave_waitlist', 'tix_waitlist_position', 'tix_waitlist_step', 'tix_get_ticket',
          'tix_register_user', 'tix_verify_ticket', 'tix_ticket_code', 'tix_ticket_public_keys',
          'tix_transfer_ticket', 'tix_offer_ticket', 'tix_withdraw_offer', 'tix_accept_ticket',
          'tix_reissue_ticket', 'tix_add_gate_as', 'tix_apply_seat_map_as',
          'tix_block_seats_as', 'tix_close_gate_as', 'tix_close_venue_as',
          'tix_close_waitlist_as', 'tix_create_event_as', 'tix_create_session_as',
          'tix_create_venue_as', 'tix_create_webhook_as', 'tix_delete_webhook_as',
          'tix_drop_charge_as', 'tix_drop_tariff_as', 'tix_emergency_stop_as', 'tix_erase_own',
          'tix_export_own', 'tix_force_release_as', 'tix_get_event_as', 'tix_get_profile',
          'tix_get_session_as', 'tix_list_acts_as', 'tix_list_events_as', 'tix_list_gates_as',
          'tix_list_promotions_as', 'tix_list_users_as', 'tix_list_waitlist',
          'tix_list_webhook_deliveries_as', 'tix_list_webhooks_as', 'tix_load_session_as',
          'tix_open_waitlist_as', 'tix_pause_as', 'tix_remove_entry_rule_as', 'tix_resume_as',
          'tix_rotate_webhook_secret_as', 'tix_seat_map_diff_as',
          'tix_set_cancellation_terms_as', 'tix_set_channel_as', 'tix_set_charge_as',
          'tix_set_entry_rule_as', 'tix_set_limit_as', 'tix_set_price_as',
          'tix_set_promotion_as', 'tix_set_quota_as', 'tix_set_tariff_as',
          'tix_set_user_role_as', 'tix_set_user_status_as', 'tix_unblock_seats_as',
          'tix_update_event_as', 'tix_update_profile', 'tix_update_session_as',
          'tix_update_venue_as', 'tix_update_webhook_as', 'tix_upload_seat_map_as',
          'tix_webhook_retry_as', 'tix_revocations_for', 'tix_check_in_for',
          'tix_check_in_manifest_for', 'tix_upload_check_ins_for',
          'tix_get_credentials', 'tix_issue_refresh_token', 'tix_rotate_refresh_token',
          'tix_revoke_refresh_token', 'tix_list_venues', 'tix_get_venue', 'tix_list_events',
          'tix_get_event', 'tix_get_session', 'tix_open_sessions', 'tix_open_sale',
          'tix_close_sale', 'tix_sale_state', 'tix_health', 'tix_audit',
          'tix_double_sell_total', 'tix_login_external', 'tix_link_external',
          'tix_unlink_external', 'tix_list_external', 'tix_sign_out_everywhere',
          'tix_search_venues', 'tix_search_events', 'tix_list_sessions', 'tix_webhooks_due',
          'tix_webhook_result', 'tix_news', 'tix_event_terms', 'tix_list_refunds',
          'tix_cancel_items_for', 'tix_box_office_hold', 'tix_box_office_order',
          'tix_reseat_order_for', 'tix_get_order_for', 'tix_refund_order_for',
          'tix_block_ticket_for', 'tix_cancel_session', 'tix_postpone_session',
          'tix_mass_refund_of', 'tix_carry_on_mass_refunds'],
    'the gateway may call the listed functions only');
SET ROLE tix_gateway;
SELECT throws_ok('SELECT * FROM tix.orders', '42501', NULL, 'the gateway cannot read orders');
SELECT throws_ok(format('SELECT tix.tix_set_user_role(%L, ''admin'')', :'ann'), '42501', NULL,
    'the gateway cannot make an admin');
RESET ROLE;

-- Registering and signing in.
\set eve 'Eve' :plan '@example.org'
SELECT tix_register_user(' ' || :'eve' || E'\n', '$argon2id$x', '  ') AS eve_id \gset
SELECT results_eq(format('SELECT * FROM tix_get_credentials(%L)', upper(:'eve')),
    format($$VALUES (%L::uuid, %L, NULL::text, 'buyer', '$argon2id$x', 'active')$$, :'eve_id',
           :'eve'), 'who registers is a buyer, found by the address in any case, trimmed');
SELECT throws_ok(format('SELECT tix_register_user(%L, ''$x'')', lower(:'eve')), '23505',
    'e-mail address is taken', 'an address registers once');
SELECT is_empty('SELECT * FROM tix_get_credentials(''nobody@example.org'')',
    'an unknown address has no credentials');
SELECT throws_ok(format('SELECT tix_register_user(%L, ''$x'')', bad), '22023', NULL,
    format('the address %s is refused', coalesce(to_json(left(bad, 20))::text, 'NULL')))
FROM (VALUES (NULL), (''), ('no'), ('a@b@c'), ('@b'), ('a@'), ('a b@c'), (E'a@b\nc'),
             (repeat('a', 253) || '@b')) v (bad);
SELECT lives_ok(format('SELECT tix_register_user(%L, ''$x'', %L)',
    rpad(:'plan', 252, 'a') || '@b', repeat('n', 200)), 'an address may have 254 bytes');
SELECT throws_ok(format('SELECT tix_register_user(''new@example.org'', %L, %L)', hash, shown),
    '22023', NULL, what)
FROM (VALUES ('secret', NULL, 'a password in clear is refused'), (NULL, NULL, 'so is none'),
             ('$x', repeat('n', 201), 'so is a name without end'),
             ('$x', E'a\tb', 'and a name that cannot be printed')) v (hash, shown, what);
SELECT is_empty('SELECT * FROM tix_get_credentials(''new@example.org'')',
    'refused users leave nothing');
SELECT lives_ok(format('SELECT tix_set_user_role(%L, ''gate'')', :'eve_id'),
    'an operator gives a role');
SELECT is((SELECT role FROM tix_get_credentials(:'eve')), 'gate', 'the user has it');
SELECT throws_ok(format('SELECT tix_set_user_role(%L, %L)', :'eve_id', bad), '22023', NULL,
    format('role %s does not exist', coalesce(bad, 'NULL'))) FROM (VALUES (NULL), ('root')) v (bad);
SELECT throws_ok('SELECT tix_set_user_role(gen_random_uuid(), ''gate'')', 'P0002', NULL,
    'nobody else gets a role');

-- Staying signed in: token n is known by the hash of its number.
CREATE FUNCTION pg_temp.hash(n int, plan text) RETURNS bytea LANGUAGE sql
AS $$ SELECT sha256(convert_to(n || plan, 'UTF8')) $$;
CREATE FUNCTION pg_temp.rotate(old int, new int, plan text) RETURNS text LANGUAGE sql
AS $$ SELECT coalesce((SELECT user_id || role FROM tix.tix_rotate_refresh_token(
          pg_temp.hash(old, plan), pg_temp.hash(new, plan), '30 days')), 'no row') $$;
SELECT tix_issue_refresh_token(:'eve_id', pg_temp.hash(1, :'plan'), '30 days') AS ends \gset
SELECT is((SELECT expires_at FROM refresh_tokens WHERE user_id = :'eve_id'), :'ends',
    'signing in starts a family of tokens');
SELECT is(pg_temp.rotate(1, 2, :'plan'), :'eve_id' || 'gate', 'a token tells whose it is');
SELECT is(pg_temp.rotate(2, 3, :'plan'), :'eve_id' || 'gate', 'and so does its successor');
SELECT is(pg_temp.rotate(1, 4, :'plan'), 'no row', 'a token is good once');
SELECT is(pg_temp.rotate(3, 5, :'plan'), 'no row', 'using one twice ends its whole family');
SELECT is((SELECT count(*) FROM refresh_tokens WHERE user_id = :'eve_id'
    AND revoked_at IS NOT NULL), 3::bigint, 'whose every token is revoked');
SELECT tix_issue_refresh_token(:'eve_id', pg_temp.hash(n, :'plan'), '1 day')
FROM unnest('{11,21}'::int[]) n \g /dev/null
SELECT is(pg_temp.rotate(11, 12, :'plan'), :'eve_id' || 'gate', 'a new sign-in has a new family');
SELECT ok(tix_revoke_refresh_token(pg_temp.hash(11, :'plan')), 'signing out ends it');
SELECT ok(NOT tix_revoke_refresh_token(pg_temp.hash(12, :'plan')), 'once');
SELECT is(pg_temp.rotate(12, 13, :'plan'), 'no row', 'its last token is dead');
SELECT ok(NOT tix_revoke_refresh_token(pg_temp.hash(99, :'plan')), 'an unknown token ends nothing');
SELECT is(pg_temp.rotate(99, 98, :'plan'), 'no row', 'and is good for nothing');
UPDATE users SET status = 'suspended' WHERE user_id = :'eve_id';
SELECT is(pg_temp.rotate(21, 22, :'plan'), 'no row', 'a suspended user gets no token');
SELECT throws_ok(format('SELECT tix_issue_refresh_token(%L, %L, ''1 day'')', :'eve_id',
    pg_temp.hash(31, :'plan')), 'P0002', NULL, 'and starts no family');
UPDATE users SET status = 'active' WHERE user_id = :'eve_id';
SELECT is(pg_temp.rotate(21, 22, :'plan'), :'eve_id' || 'gate', 'other families live on');
UPDATE refresh_tokens SET issued_at = now() - interval '2 days', expires_at = now() - interval '1 s'
WHERE token_hash = pg_temp.hash(22, :'plan');
SELECT is(pg_temp.rotate(22, 23, :'plan'), 'no row', 'an expired token is dead');
SELECT tix_issue_refresh_token(:'eve_id', pg_temp.hash(41, :'plan'), '1 day') \g /dev/null
SELECT is_empty(format('SELECT FROM refresh_tokens WHERE token_hash = %L',
    pg_temp.hash(22, :'plan')), 'the next sign-in forgets it');
SELECT throws_ok(format('SELECT tix_rotate_refresh_token(%L, %L, %L)',
    pg_temp.hash(41, :'plan'), hash, ttl), '22023', NULL, what)
FROM (VALUES ('\x00'::bytea, '1 day', 'a hash has 32 bytes'), (NULL, '1 day', 'and is not NULL'),
             (pg_temp.hash(42, :'plan'), '0', 'a token lives for a while'),
             (pg_temp.hash(42, :'plan'), '367 days', 'not for ever'),
             (pg_temp.hash(42, :'plan'), NULL, 'and a known time')) v (hash, ttl, what);
SELECT is(pg_temp.rotate(41, 42, :'plan'), :'eve_id' || 'gate', 'refused calls change nothing');

-- Two requests with one token at once: the second waits for the first, then is a reuse.
CREATE EXTENSION dblink SCHEMA public;
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s',
                                     :'HOST', :'PORT', :'DBNAME', :'USER')) \g /dev/null
BEGIN;
SELECT pg_temp.rotate(42, 43, :'plan') \g /dev/null
SELECT dblink_send_query('other', format('SELECT user_id FROM tix.tix_rotate_refresh_token(%L, %L, '
    '''1 day'')', pg_temp.hash(42, :'plan'), pg_temp.hash(44, :'plan'))) \g /dev/null
SELECT pg_sleep(0.2) \g /dev/null
SELECT dblink_is_busy('other') AS waits \gset
COMMIT;
SELECT is(:waits, 1, 'a second request with a token waits for the first');
SELECT is_empty($$SELECT * FROM dblink_get_result('other') AS t (user_id uuid)$$,
    'and gets nothing');
SELECT is(pg_temp.rotate(43, 45, :'plan'), 'no row', 'the successor the first got is dead as well');
SELECT dblink_disconnect('other') \g /dev/null
DROP EXTENSION dblink;
SELECT * FROM finish();
