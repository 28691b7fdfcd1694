-- A ticket changes hands or code without its seat: who had the old code can do nothing with it.
\ir fixture.psql
SELECT plan(76);
SELECT gen_random_uuid() AS cid, gen_random_uuid() AS order_of_none \gset
CREATE FUNCTION pg_temp.ticket(o uuid, seat text) RETURNS uuid LANGUAGE sql
AS $$ SELECT ticket_id FROM tix.tickets WHERE order_id = $1 AND seat_id = $2 $$;
CREATE FUNCTION pg_temp.reason(ticket uuid, code text) RETURNS text LANGUAGE sql
AS $$ SELECT reason FROM tix.tix_verify_ticket($1, $2) $$;
SELECT pg_temp.paid(:'session', 'A-1 A-2 A-3 A-4', :'ann') AS o \gset
SELECT pg_temp.ticket(:'o', 'A-1') AS t, pg_temp.ticket(:'o', 'A-2') AS t2,
       pg_temp.ticket(:'o', 'A-3') AS t3, pg_temp.ticket(:'o', 'A-4') AS t4 \gset
SELECT tix_ticket_code(:'t') AS anns \gset
SELECT seq AS seq_before FROM tix_seat_map(:'session') \gset

-- Given at once.
SELECT is(tix_transfer_ticket(:'t', :'ann', :'bob'), 2, 'a transfer makes issue 2');
SELECT tix_ticket_code(:'t', :'bob') AS bobs \gset
SELECT is(pg_temp.reason(:'t', :'anns'), 'revoked', 'the old code is revoked at once');
SELECT is(pg_temp.reason(:'t', :'bobs'), 'ok', 'the new owner''s is good');
SELECT is_empty(format('SELECT FROM tix_get_ticket(%L, %L)', :'t', :'ann'),
    'who gave it away has it no more');
SELECT is((SELECT seat_id || status FROM tix_get_ticket(:'t', :'bob')), 'A-1valid',
    'who got it does');
SELECT is(pg_temp.state(:'session', 'A-1'), 'sold', 'the seat is as it was');
SELECT is_empty(format('SELECT * FROM tix_changes(%s, %L)', :'seq_before', :'session'),
    'no viewer of the map is told anything');
SELECT is((SELECT array_agg(h.kind) FROM holds h WHERE h.session_id = :'session' AND h.kind = 'f'),
    NULL, 'nor is the journal');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'arena and tables agree');
SELECT results_eq(format('SELECT from_user, to_user, issue FROM ticket_transfers
    WHERE ticket_id = %L', :'t'), format('VALUES (%L::uuid, %L::uuid, 2)', :'ann', :'bob'),
    'who gave it to whom is kept');
SELECT is((SELECT user_id FROM orders WHERE order_id = :'o'), :'ann',
    'the order stays the buyer''s');
SELECT is(tix_transfer_ticket(:'t', :'bob', :'cid'), 3, 'it can be given on');
SELECT is(pg_temp.reason(:'t', :'bobs'), 'revoked', 'which revokes the second code as well');
SELECT is(tix_transfer_ticket(:'t', :'cid', :'ann'), 4, 'and back');
SELECT is(pg_temp.reason(:'t', :'anns'), 'revoked', 'but the first code stays revoked');

-- The limit counts who has a ticket, also after a restart of the session.
SELECT tix_transfer_ticket(:'t2', :'ann', :'bob') AS gone \gset
SELECT tix_set_limit(:'session', 'user', 4) \g /dev/null
CREATE FUNCTION pg_temp.room(session uuid, buyer uuid) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    seats CONSTANT text[] := '{B-1,B-2,B-3,B-4}';
    got tix.tix_lock_result;
BEGIN
    FOR n IN REVERSE 4..1 LOOP
        got := tix.tix_lock_seats(session, seats[1:n], buyer);
        IF got.ok THEN
            PERFORM tix.tix_release_seats(got.lock_id, buyer);
            RETURN n;
        END IF;
    END LOOP;
    RETURN 0;
END $$;
SELECT is(pg_temp.room(:'session', :'ann'), 1, 'who has given one of four away may have one more');
SELECT is(pg_temp.room(:'session', :'bob'), 3, 'who got it one less');
SELECT ok(tix_unload_session(:'session'), 'the session is read again');
SELECT is(pg_temp.room(:'session', :'ann'), 1, 'who gave has as much room as before');
SELECT is(pg_temp.room(:'session', :'bob'), 3, 'and so has who got');
SELECT tix_set_limit(:'session', 'user', 0) \g /dev/null

-- Refused.
SELECT tix_cancel_ticket(:'t3', :'ann') \g /dev/null
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L)', ticket, owner, target), state,
    NULL, what)
FROM (VALUES (NULL, :'ann', :'bob', '22023', 'no ticket is given'),
             (:'t', NULL, :'bob', '22023', 'nobody gives'),
             (:'t', :'ann', NULL, '22023', 'nobody gets'),
             (:'t', :'ann', :'ann', '22023', 'one gives to oneself'),
             (:'t', :'bob', :'cid', 'P0002', 'one gives what is another''s'),
             (:'order_of_none', :'ann', :'bob', 'P0002', 'one gives what is not'),
             (:'t3', :'ann', :'bob', 'TX010', 'one gives a cancelled ticket'))
    v (ticket, owner, target, state, what);
SELECT tix_register_user('gone-' || :'plan' || '@example.org', '$argon2id$x') AS gone \gset
UPDATE users SET status = 'suspended' WHERE user_id = :'gone';
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L)', :'t', :'ann', :'gone'), 'P0002',
    NULL, 'a suspended user gets no ticket');
UPDATE users SET status = 'active' WHERE user_id = :'gone';
UPDATE tickets SET status = 'used' WHERE ticket_id = :'t';
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L)', :'t', :'ann', :'bob'), 'TX010',
    NULL, 'a used ticket does not change hands');
UPDATE tickets SET status = 'valid' WHERE ticket_id = :'t';
SELECT tix_block_ticket(:'t', 'dispute') \g /dev/null
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L)', :'t', :'ann', :'bob'), 'TX010',
    NULL, 'nor does a blocked one');
SELECT tix_block_ticket(:'t', NULL) \g /dev/null
BEGIN;
UPDATE sessions SET start_time = now() - interval '3 h', end_time = now() - interval '1 h'
WHERE session_id = :'session';
SELECT throws_ok(format('SELECT tix_transfer_ticket(%L, %L, %L)', :'t', :'ann', :'bob'), 'TX010',
    NULL, 'nor does one of a session that is over');
ROLLBACK;
SELECT is((SELECT user_id || ' ' || issue FROM tickets WHERE ticket_id = :'t'), :'ann' || ' 4',
    'refused transfers change nothing');

-- Offered to whoever has the code.
SELECT * FROM tix_offer_ticket(:'t', :'ann') \gset first_
SELECT is(length(:'first_offer_code'), 43, 'an offer has a code of 43 characters');
SELECT is_empty(format('SELECT FROM ticket_offers f WHERE f::text LIKE %L',
    '%' || :'first_offer_code' || '%'), 'which the database does not keep');
SELECT * FROM tix_offer_ticket(:'t', :'ann', '1 hour') \gset offer_
SELECT ok(:'offer_expires_at' BETWEEN now() + interval '59 min' AND now() + interval '61 min',
    'it lasts as long as it was made for');
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'first_offer_code', :'bob'), 'TX010',
    NULL, 'a new offer ends the one before');
SELECT tix_ticket_code(:'t') AS shown \gset
SELECT is(pg_temp.reason(:'t', :'shown'), 'ok', 'an offered ticket stays good meanwhile');
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'offer_offer_code', :'ann'), '22023',
    NULL, 'nobody accepts one''s own offer');
SELECT is((SELECT a::text FROM tix_accept_ticket(:'offer_offer_code', :'cid') a),
    format('(%s,5)', :'t'), 'who brings the code gets the ticket');
SELECT is(pg_temp.reason(:'t', :'shown'), 'revoked', 'the code of before is revoked');
SELECT is((SELECT accepted_by FROM ticket_offers
    WHERE ticket_id = :'t' AND accepted_by IS NOT NULL), :'cid', 'who accepted is kept');
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'offer_offer_code', :'bob'), 'TX010',
    NULL, 'an offer is accepted once');
SELECT offer_code AS late FROM tix_offer_ticket(:'t', :'cid') \gset
UPDATE ticket_offers SET created_at = now() - interval '2 days', expires_at = now()
WHERE ticket_id = :'t' AND ended_at IS NULL;
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'late', :'bob'), 'TX010', NULL,
    'not after it has expired');
SELECT offer_code AS taken FROM tix_offer_ticket(:'t', :'cid') \gset
SELECT throws_ok(format('SELECT tix_withdraw_offer(%L, %L)', :'t', :'bob'), 'P0002', NULL,
    'nobody withdraws another''s offer');
SELECT ok(tix_withdraw_offer(:'t', :'cid'), 'one''s own is withdrawn');
SELECT ok(NOT tix_withdraw_offer(:'t', :'cid'), 'once');
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'taken', :'bob'), 'TX010', NULL,
    'and not accepted any more');
SELECT offer_code AS passed FROM tix_offer_ticket(:'t', :'cid') \gset
SELECT tix_transfer_ticket(:'t', :'cid', :'ann') AS back \gset
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'passed', :'bob'), 'TX010', NULL,
    'giving the ticket away ends its offer');
SELECT offer_code AS old FROM tix_offer_ticket(:'t', :'ann') \gset
SELECT tix_reissue_ticket(:'t', :'ann') AS reissued \gset
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'old', :'bob'), 'TX010', NULL,
    'and so does a new issue');
SELECT offer_code AS void FROM tix_offer_ticket(:'t4', :'ann') \gset
SELECT tix_cancel_ticket(:'t4', :'ann') \g /dev/null
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', :'void', :'bob'), 'TX010', NULL,
    'a cancelled ticket cannot be accepted');
SELECT throws_ok(format('SELECT tix_offer_ticket(%L, %L, %L)', ticket, owner, ttl), state, NULL,
    what)
FROM (VALUES (:'t', :'ann', NULL, '22023', 'an offer ends'),
             (:'t', :'ann', '0', '22023', 'not at once'),
             (:'t', :'ann', '-1 day', '22023', 'nor before'),
             (:'t', :'ann', '31 days', '22023', 'nor after a month'),
             (:'t', :'bob', '1 day', 'P0002', 'another''s ticket is not offered'),
             (:'t4', :'ann', '1 day', 'TX010', 'nor is a cancelled one'),
             (NULL, :'ann', '1 day', '22023', 'nor none')) v (ticket, owner, ttl, state, what);
SELECT throws_ok(format('SELECT tix_accept_ticket(%L, %L)', code, taker), state, NULL, what)
FROM (VALUES (NULL, :'bob', '22023', 'an offer has a code'), ('x', NULL, '22023', 'and a taker'),
             ('x', :'bob', 'P0002', 'it must exist'), ('', :'bob', 'P0002', 'and not be empty'),
             (repeat('x', 101), :'bob', '22023', 'nor long'),
             (repeat('x', 10000000), :'bob', '22023', 'nor endless')) v (code, taker, state, what);

-- A new code for the same owner.
SELECT tix_ticket_code(:'t', :'ann') AS mine \gset
SELECT is(:'mine'::text, :'reissued', 'a reissue returns the new code');
SELECT tix_reissue_ticket(:'t', NULL) AS again \gset
SELECT is(pg_temp.reason(:'t', :'reissued'), 'revoked', 'the box office can, too: the old is void');
SELECT is(pg_temp.reason(:'t', :'again'), 'ok', 'the new one good');
SELECT throws_ok(format('SELECT tix_reissue_ticket(%L, %L)', ticket, owner), state, NULL, what)
FROM (VALUES (:'t', :'bob', 'P0002', 'another''s ticket is not reissued'),
             (NULL, NULL, 'P0002', 'nor none'), (:'t4', :'ann', 'TX010', 'nor a cancelled one'))
    v (ticket, owner, state, what);
-- By hand, too.
UPDATE tickets SET user_id = :'bob' WHERE ticket_id = :'t';
SELECT is(pg_temp.reason(:'t', :'again'), 'revoked', 'a change of owner by hand revokes as well');
SELECT is((SELECT to_user FROM ticket_transfers WHERE ticket_id = :'t' ORDER BY issue DESC LIMIT 1),
    :'bob', 'and is kept');
SELECT throws_ok(format('UPDATE tickets SET issue = 1 WHERE ticket_id = %L', :'t'), '22023', NULL,
    'no issue comes back');
SELECT throws_ok(format('SELECT tix_block_ticket(%L, %L)', ticket, reason), state, NULL, what)
FROM (VALUES (:'t', '', '22023', 'a block has a reason'),
             (:'t', repeat('r', 1001), '22023', 'of some length'),
             (NULL, 'r', 'P0002', 'and a ticket')) v (ticket, reason, state, what);
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE session_id = %L', :'session'),
    'the audit is clean');
SELECT * FROM finish();
