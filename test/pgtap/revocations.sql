-- Revocations: a feed without gaps, in the order of COMMIT, whoever made a code void.
\ir fixture.psql
SELECT plan(31);
CREATE FUNCTION pg_temp.ticket(o uuid, seat text) RETURNS uuid LANGUAGE sql
AS $$ SELECT ticket_id FROM tix.tickets WHERE order_id = $1 AND seat_id = $2 $$;
SELECT pg_temp.paid(:'session', 'A-1 A-2 A-3 A-4 A-5', :'ann') AS o \gset
SELECT pg_temp.ticket(:'o', 'A-1') AS t, pg_temp.ticket(:'o', 'A-2') AS t2,
       pg_temp.ticket(:'o', 'A-3') AS t3, pg_temp.ticket(:'o', 'A-4') AS t4,
       pg_temp.ticket(:'o', 'A-5') AS t5 \gset
SELECT is_empty(format('SELECT * FROM tix_revocations(%L)', :'session'), 'nothing is revoked yet');
SELECT tix_transfer_ticket(:'t', :'ann', :'bob') \g /dev/null
SELECT tix_reissue_ticket(:'t', :'bob') \g /dev/null
SELECT tix_cancel_ticket(:'t2', :'ann') \g /dev/null
DELETE FROM tickets WHERE ticket_id = :'t3';
SELECT results_eq(format('SELECT seq, ticket_id, issue, reason FROM tix_revocations(%L)',
    :'session'), format($$VALUES (1::bigint, %L::uuid, 1, 'transferred'),
    (2, %L, 2, 'reissued'), (3, %L, 1, 'canceled'), (4, %L, 1, 'deleted')$$, :'t', :'t', :'t2',
    :'t3'), 'each way to make a code void is told, with the issue it was');
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 2)), '{3,4}', 'the feed goes on');
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 1, 2)), '{2,3}', 'in pages');
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 4)), '{}', 'to its end');

-- What is no revocation.
UPDATE tickets SET status = 'used', used_at = now() WHERE ticket_id = :'t4';
UPDATE tickets SET blocked_reason = 'x' WHERE ticket_id = :'t4';
UPDATE tickets SET status = 'refunded' WHERE ticket_id = :'t2';
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 4)), '{}',
    'a used or blocked ticket keeps its code, a cancelled one has none to lose');
BEGIN;
SELECT tix_reissue_ticket(:'t', :'bob') \g /dev/null
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT tix_reissue_ticket(:'t', :'bob') \g /dev/null
ROLLBACK TO s;
COMMIT;
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 4)), '{}',
    'nor is what was rolled back');
SELECT is((SELECT last_seq FROM revocation_counters WHERE session_id = :'session'), 4::bigint,
    'which leaves no gap');
UPDATE tickets SET status = 'valid' WHERE ticket_id = :'t2';
SELECT is((SELECT issue FROM tickets WHERE ticket_id = :'t2'), 2,
    'a cancelled ticket that is made valid has another issue, for its code was revoked');
-- Moved to another session: the code names the old one.
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS other \gset
SELECT * FROM tix_open_session(:'other') \g /dev/null
UPDATE tickets SET session_id = :'other' WHERE ticket_id = :'t5';
SELECT results_eq(format('SELECT seq, ticket_id, issue, reason FROM tix_revocations(%L, 4)',
    :'session'), format($$VALUES (5::bigint, %L::uuid, 1, 'moved')$$, :'t5'),
    'a ticket that moves to another session is revoked in the one it leaves');
SELECT is_empty(format('SELECT * FROM tix_revocations(%L)', :'other'), 'not where it comes to');
SELECT tix_reissue_ticket(:'t5', :'ann') \g /dev/null
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'other')), '{1}', 'each session counts alone');
BEGIN;
UPDATE tickets SET issue = issue + 1 WHERE session_id = :'session' AND status = 'valid';
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 5)), '{}',
    'numbers are given at COMMIT');
COMMIT;
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 5)), '{6,7}', 'to each its own');
SELECT is((SELECT count(*) FROM ticket_revocations r WHERE r.session_id = :'session'),
    (SELECT max(seq) FROM ticket_revocations r WHERE r.session_id = :'session'), 'without gaps');

-- Two transactions: a reader that has seen n never finds anything below n later.
CREATE EXTENSION IF NOT EXISTS dblink SCHEMA public;
SELECT dblink_connect(name, format('host=%s port=%s dbname=%s user=%s', :'HOST', :'PORT',
    :'DBNAME', :'USER')) FROM unnest('{one,two}'::text[]) name \g /dev/null
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT dblink_exec('one', format('SET LOCAL search_path = tix; UPDATE tickets '
    'SET issue = issue + 1 WHERE ticket_id = %L', :'t')) \g /dev/null
-- SET CONSTRAINTS takes the number early, as a long COMMIT would.
SELECT dblink_exec('one', 'SET CONSTRAINTS ALL IMMEDIATE') \g /dev/null
SELECT dblink_send_query('two', format('UPDATE tix.tickets SET issue = issue + 1 '
    'WHERE ticket_id = %L', :'t2')) \g /dev/null
SELECT pg_sleep(0.3) \g /dev/null
SELECT is(dblink_is_busy('two'), 1, 'who comes second waits for the number before');
SELECT is(ARRAY(SELECT seq FROM tix_revocations(:'session', 7)), '{}', 'nothing is told yet');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT * FROM dblink_get_result('two') t (status text) \g /dev/null
SELECT * FROM dblink_get_result('two') t (status text) \g /dev/null
SELECT results_eq(format('SELECT seq, ticket_id FROM tix_revocations(%L, 7)', :'session'),
    format('VALUES (8::bigint, %L::uuid), (9, %L)', :'t', :'t2'), 'and both in order then');
SELECT dblink_disconnect(name) FROM unnest('{one,two}'::text[]) name \g /dev/null
DROP EXTENSION dblink;

-- The one who changes a ticket needs no right on the feed.
SELECT is_empty($$SELECT r.rolname, c.relname FROM pg_roles r, pg_class c
    WHERE r.rolname IN ('tix_app', 'tix_gateway', 'tix_admin', 'tix_monitor')
      AND c.oid IN ('tix.ticket_revocations'::regclass, 'tix.revocation_counters'::regclass,
                    'tix.ticket_offers'::regclass, 'tix.ticket_transfers'::regclass)
      AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')$$,
    'no role has a right on these tables');
SET ROLE tix_gateway;
SELECT isnt(tix_transfer_ticket(:'t', :'bob', :'ann'), NULL, 'yet the gateway transfers');
RESET ROLE;
SELECT is(ARRAY(SELECT reason FROM tix_revocations(:'session', 9)), '{transferred}',
    'and that is told');

-- Bad input.
SELECT throws_ok(format('SELECT * FROM tix_revocations(%L, %L, %L)', house, since, n), state, NULL,
    what)
FROM (VALUES (NULL, 0, 1, 'P0002', 'a feed is of a session'),
             (gen_random_uuid()::text, 0, 1, 'P0002', 'that exists'),
             (:'session', NULL, 1, '22023', 'since is a number'),
             (:'session', -1, 1, '22023', 'not negative'),
             (:'session', 11, 1, '22023', 'and not of the future'),
             (:'session', 9223372036854775807, 1, '22023', 'however far'),
             (:'session', 0, NULL, '22023', 'a page has rows'),
             (:'session', 0, 0, '22023', 'at least one'),
             (:'session', 0, 10001, '22023', 'and at most 10 000'))
    v (house, since, n, state, what);
SELECT is_empty(format('SELECT * FROM tix_audit()
    WHERE law NOT IN (''O2'', ''O4'') AND session_id = %L', :'session'),
    'the audit knows the rest');
SELECT * FROM finish();
