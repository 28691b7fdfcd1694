-- Check-in: who may come in, when, how often; and every scan is kept, whatever it came to.
\ir fixture.psql
SELECT plan(115);
CREATE FUNCTION pg_temp.code(o uuid, seat text) RETURNS text LANGUAGE sql AS $$
    SELECT tix.tix_ticket_code(ticket_id) FROM tix.tickets WHERE order_id = $1 AND seat_id = $2
$$;
-- What the gate is told, in one word: ok or the reason.
CREATE FUNCTION pg_temp.scan(code text, gate uuid, way text DEFAULT 'in', nonce text DEFAULT NULL,
    force boolean DEFAULT false) RETURNS text LANGUAGE sql
AS $$ SELECT coalesce(reason, status) FROM tix.tix_check_in($1, $2, $3, NULL, $4, 'd1', $5) $$;
CREATE FUNCTION pg_temp.start_in(session uuid, span interval) RETURNS void LANGUAGE sql
AS $$ UPDATE tix.sessions SET start_time = now() + $2, end_time = now() + $2 + interval '3 hours'
      WHERE session_id = $1 $$;
SELECT venue_id AS venue FROM events WHERE event_id = :'event' \gset
SELECT tix_add_gate(:'venue', ' North ') AS north \gset
SELECT tix_add_gate(:'venue', 'South') AS south \gset
SELECT pg_temp.paid(:'session', 'A-1 A-2 A-3 A-4 A-5 A-6 A-7 A-8 A-9', :'ann') AS o \gset
SELECT pg_temp.paid(:'session', 'B-1 B-2 B-3 B-4 B-5', :'bob') AS p \gset
SELECT pg_temp.start_in(:'session', '1 hour') \g /dev/null
SELECT pg_temp.code(:'o', 'A-1') AS c1, pg_temp.code(:'o', 'A-2') AS c2,
       pg_temp.code(:'o', 'A-3') AS c3, pg_temp.code(:'o', 'A-4') AS c4,
       pg_temp.code(:'o', 'A-5') AS c5, pg_temp.code(:'o', 'A-6') AS c6,
       pg_temp.code(:'o', 'A-7') AS c7, pg_temp.code(:'o', 'A-8') AS c8,
       pg_temp.code(:'p', 'B-1') AS b1, pg_temp.code(:'p', 'B-2') AS b2,
       pg_temp.code(:'p', 'B-3') AS b3 \gset

-- Gates.
SELECT is((SELECT name FROM gates WHERE gate_id = :'north'), 'North', 'a gate has a name');
SELECT is(tix_add_gate(:'venue', 'North'), :'north'::uuid, 'a gate is made once');
SELECT is(pg_temp.scan(:'c1', :'north'), 'wrong_session', 'without a rule it lets nobody in');
SELECT lives_ok(format('SELECT tix_set_entry_rule(%L, %L)', :'north', :'session'),
    'a rule lets a session in');

-- Once.
SELECT results_eq(format($$SELECT status, reason, replayed, overridden, session_id, seat_id,
    area_id, row_label, seat_number FROM tix_check_in(%L, %L)$$, :'c1', :'north'),
    format($$VALUES ('ok', NULL::text, false, NULL::text, %L::uuid, 'A-1', 'A', '1', '1')$$,
    :'session'), 'a good code lets in, to its seat');
SELECT is((SELECT status FROM tickets WHERE order_id = :'o' AND seat_id = 'A-1'), 'used',
    'its ticket is used');
SELECT ok((SELECT used_at > now() - interval '1 minute' FROM tickets
    WHERE order_id = :'o' AND seat_id = 'A-1'), 'from now on');
SELECT is(pg_temp.scan(:'c1', :'north'), 'already_used', 'a second scan does not let in');
SELECT is(pg_temp.scan(:'c1', :'north', 'out'), 'ok', 'who is inside may leave');
SELECT is(pg_temp.scan(:'c1', :'north'), 'already_used', 'and does not come back');
SELECT is(pg_temp.state(:'session', 'A-1'), 'sold', 'the seat stays sold');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'session'), 'the engine saw no change');
SELECT is_empty(format('SELECT * FROM tix_revocations(%L)', :'session'), 'nothing is revoked');

-- Why not.
SELECT is(pg_temp.scan(bad, :'north'), 'invalid', 'invalid: ' || what)
FROM (VALUES ('', 'nothing'), ('https://example.org/menu', 'something else'),
             (overlay(:'c2' PLACING CASE substr(:'c2', 80, 1) WHEN 'A' THEN 'B' ELSE 'A' END
                      FROM 80), 'a code with another letter'),
             (left(:'c2', 139), 'a torn code'), (rpad('', 4096, 'x'), 'a long text'))
    v (bad, what);
SELECT is(pg_temp.scan(ticket_code(:'session', gen_random_uuid(), 1), :'north'), 'invalid',
    'invalid: a signature over no ticket');
SELECT tix_reissue_ticket(ticket_id, NULL) AS c2_new FROM tickets
WHERE order_id = :'o' AND seat_id = 'A-2' \gset
SELECT is(pg_temp.scan(:'c2', :'north'), 'revoked', 'revoked: the code before a reissue');
SELECT is(pg_temp.scan(:'c2_new', :'north'), 'ok', 'not the one after');
SELECT tix_cancel_ticket(ticket_id, :'ann') FROM tickets
WHERE order_id = :'o' AND seat_id = 'A-3' \g /dev/null
SELECT is(pg_temp.scan(:'c3', :'north'), 'canceled', 'canceled: the ticket');
SELECT is(pg_temp.scan(:'c4', :'south'), 'wrong_session', 'wrong_session: another gate');
SELECT tix_block_ticket(ticket_id, 'stolen card') FROM tickets
WHERE order_id = :'o' AND seat_id = 'A-4' \g /dev/null
SELECT is(pg_temp.scan(:'c4', :'north'), 'blocked', 'blocked: by staff');
BEGIN;
UPDATE events SET status = 'cancelled' WHERE event_id = :'event';
SELECT is(pg_temp.scan(:'c5', :'north'), 'canceled', 'canceled: the event');
ROLLBACK;
BEGIN;
UPDATE sessions SET status = 'cancelled' WHERE session_id = :'session';
SELECT is(pg_temp.scan(:'c5', :'north'), 'canceled', 'canceled: the session');
ROLLBACK;
BEGIN;
DELETE FROM order_transitions;
INSERT INTO order_transitions VALUES ('partially_refunded', 'failed', 'test');
UPDATE orders SET status = 'failed' WHERE order_id = :'o';
SELECT is(pg_temp.scan(:'c5', :'north'), 'unpaid', 'unpaid: the order has failed');
ROLLBACK;
BEGIN;
SELECT pg_temp.start_in(:'session', '2 hours 1 minute') \g /dev/null
SELECT is(pg_temp.scan(:'c5', :'north'), 'invalid_time', 'invalid_time: the gate is not open yet');
SELECT pg_temp.start_in(:'session', '1 hour 59 minutes') \g /dev/null
SELECT is(pg_temp.scan(:'c5', :'north'), 'ok', 'two hours before it is');
SELECT pg_temp.start_in(:'session', '-181 minutes') \g /dev/null
SELECT is(pg_temp.scan(:'c6', :'north'), 'invalid_time', 'invalid_time: the session is over');
SELECT is(pg_temp.scan(:'c5', :'north', 'out'), 'ok', 'who is inside may still leave');
SELECT tix_set_entry_rule(:'north', :'session', closes_after => '5 minutes') \g /dev/null
SELECT is(pg_temp.scan(:'c6', :'north'), 'ok', 'as long after as the rule says');
ROLLBACK;

-- Times of the device.
BEGIN;
SELECT is((SELECT scanned_at FROM tix_check_in(:'c5', :'north', 'out',
    now() - interval '1 minute')), now() - interval '1 minute',
    'the clock of the gate is believed');
SELECT ok((SELECT scanned_at BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp()
    FROM tix_check_in(:'c5', :'north', 'out', future)), format('not up to %s', future))
FROM unnest(ARRAY[now() + interval '1 year', 'infinity']) future;
SELECT ok((SELECT scanned_at BETWEEN now() - interval '5 minutes' AND now() - interval '4 minutes'
    FROM tix_check_in(:'c5', :'north', 'out', past)), format('nor back to %s', past))
FROM unnest(ARRAY[now() - interval '1 year', '-infinity']) past;
SELECT is((SELECT count(*) FROM check_ins WHERE claimed_at IN ('infinity', '-infinity')), 2::bigint,
    'what it claimed is kept');
ROLLBACK;

-- The same nonce, the same answer.
SELECT is(pg_temp.scan(:'c5', :'north', 'in', 'n1'), 'ok', 'a scan with a nonce');
SELECT results_eq(format($$SELECT status, reason, replayed FROM tix_check_in(%L, %L,
    nonce => 'n1', device => 'd1')$$, :'c5', :'north'), $$VALUES ('ok', NULL::text, true)$$,
    'told again it is the same one');
SELECT is((SELECT count(*) FROM check_ins WHERE nonce = 'n1' AND device = 'd1'), 1::bigint,
    'and logged once');
SELECT is(pg_temp.scan(:'c5', :'north', 'in', 'n2'), 'already_used',
    'with another nonce it is not');
SELECT is(pg_temp.scan(:'c5', :'north', 'in', 'n2'), 'already_used', 'a refusal stays one');
SELECT tix_block_ticket(ticket_id, NULL) FROM tickets
WHERE order_id = :'o' AND seat_id = 'A-4' \g /dev/null
SELECT throws_ok(format('SELECT pg_temp.scan(%L, %L, ''in'', ''n1'')', :'c6', :'north'), 'TX009',
    NULL, 'a nonce is of one code');
SELECT throws_ok(format('SELECT pg_temp.scan(%L, %L, ''out'', ''n1'')', :'c5', :'north'), 'TX009',
    NULL, 'of one direction');
SELECT throws_ok(format('SELECT pg_temp.scan(%L, %L, ''in'', ''n1'')', :'c5', :'south'), 'TX009',
    NULL, 'and of one gate');
SELECT is((SELECT replayed FROM tix_check_in(:'c5', :'north', nonce => 'n1', device => 'd2')),
    false, 'another device has nonces of its own');
SELECT is(pg_temp.scan('junk', :'north', 'in', 'n3') || pg_temp.scan('junk', :'north', 'in', 'n3'),
    'invalidinvalid', 'an invalid scan is told once as well');
SELECT throws_ok(format('SELECT pg_temp.scan(''trash'', %L, ''in'', ''n3'')', :'north'), 'TX009',
    NULL, 'its nonce is used, too');

-- Again after going out.
SELECT tix_set_entry_rule(:'south', :'session', entries_max => 3, reentry => true) \g /dev/null
SELECT is(ARRAY(SELECT pg_temp.scan(:'b1', :'south', way) FROM unnest(
    '{in,in,out,in,out,in,out,in}'::text[]) WITH ORDINALITY w (way, n) ORDER BY n),
    '{ok,already_used,ok,ok,ok,ok,ok,already_used}',
    'with re-entry a ticket comes in again after it went out, three times in all');
SELECT is(pg_temp.scan(:'b2', :'north') || pg_temp.scan(:'b2', :'south'), 'okalready_used',
    'who came in at one gate is inside for all');
SELECT is(pg_temp.scan(:'b2', :'south', 'out') || pg_temp.scan(:'b2', :'north'), 'okalready_used',
    'each gate has its own rule');
SELECT is(pg_temp.scan(:'b2', :'south'), 'ok', 'another gate another');
-- A pass for days.
BEGIN;
UPDATE sessions SET start_time = now() - interval '2 days', end_time = now() + interval '1 day'
WHERE session_id = :'session';
SELECT tix_set_entry_rule(:'north', :'session', entries_per => 'day', time_zone => 'Asia/Tokyo')
\g /dev/null
SELECT is(pg_temp.scan(:'b3', :'north') || pg_temp.scan(:'b3', :'north'), 'okalready_used',
    'once a day');
INSERT INTO check_ins (at, gate_id, device, direction, code_hash, ticket_id, session_id, status)
SELECT (date_trunc('day', now() AT TIME ZONE 'Asia/Tokyo') - interval '1 minute')
       AT TIME ZONE 'Asia/Tokyo', :'north', '', 'in', '', ticket_id, session_id, 'ok'
FROM tickets WHERE order_id = :'o' AND seat_id = 'A-7';
SELECT is(pg_temp.scan(:'c7', :'north') || pg_temp.scan(:'c7', :'north'), 'okalready_used',
    'who came in a minute before midnight may come in again on the next day');
SELECT tix_set_entry_rule(:'north', :'session', on_day => (now() AT TIME ZONE 'Asia/Tokyo')::date,
    time_zone => 'Asia/Tokyo', entries_max => 9, reentry => true) \g /dev/null
SELECT is(pg_temp.scan(:'b3', :'north', 'out') || pg_temp.scan(:'b3', :'north'), 'okok',
    'a day with its own rule follows that');
SELECT ok(tix_remove_entry_rule(:'north', :'session', (now() AT TIME ZONE 'Asia/Tokyo')::date),
    'until it is taken back');
SELECT is(pg_temp.scan(:'b3', :'north', 'out') || pg_temp.scan(:'b3', :'north'), 'okalready_used',
    'then it is a day like others');
SELECT tix_remove_entry_rule(:'north', :'session') \g /dev/null
SELECT tix_set_entry_rule(:'north', :'session', on_day => '2020-02-29') \g /dev/null
SELECT is(pg_temp.scan(:'c8', :'north'), 'invalid_time', 'a gate of one day is closed on others');
ROLLBACK;

-- Force.
SELECT is(pg_temp.scan(:'c5', :'north', force => true), 'ok', 'staff lets in a used ticket');
SELECT results_eq(format($$SELECT detail ->> 'overridden', detail ->> 'device', session_id
    FROM audit_log WHERE act = 'force_check_in' AND detail ->> 'gateId' = %L$$, :'north'),
    format($$VALUES ('already_used', 'd1', %L::uuid)$$, :'session'), 'which leaves an audit row');
SELECT is((SELECT overridden FROM tix_check_in(:'c4', :'north', force => true)), NULL,
    'force that is not needed is none');
SELECT tix_block_ticket(ticket_id, 'stolen card') FROM tickets
WHERE order_id = :'o' AND seat_id = 'A-6' \g /dev/null
SELECT tix_close_gate(:'south') \g /dev/null
SELECT tix_add_gate(:'venue', 'East') AS east \gset
SELECT is((SELECT status || overridden FROM tix_check_in(:'c6', :'east', force => true)),
    'okblocked,wrong_session', 'all that was overridden is told');
SELECT is((SELECT count(*) FROM audit_log WHERE act = 'force_check_in'
    AND session_id = :'session'), 2::bigint, 'one audit row for each force');
SELECT is(pg_temp.scan(code, :'north', force => true), reason, 'force does not help: ' || reason)
FROM (VALUES ('junk', 'invalid'), (:'c2', 'revoked'), (:'c3', 'canceled')) v (code, reason);

-- The log.
SELECT is((SELECT count(*) FROM check_ins WHERE gate_id IN (:'north', :'south', :'east')
    AND status = 'error' AND reason = 'invalid' AND code IS NOT NULL AND ticket_id IS NULL),
    7::bigint, 'what was no code of ours is logged with its text');
SELECT is((SELECT max(length(code)) FROM check_ins), 200, 'or the beginning of it');
SELECT is((SELECT count(*) FROM check_ins WHERE code LIKE 'TX1.%' AND length(code) = 140
    AND (SELECT verdict FROM read_ticket_code(code)) <> 'invalid'), 0::bigint,
    'no good code can be read in the log');
SELECT throws_ok(what, 'TX010', NULL, 'the log is append-only: ' || left(what, 8))
FROM unnest(ARRAY['UPDATE check_ins SET status = ''ok''', 'DELETE FROM check_ins',
    'TRUNCATE check_ins CASCADE', 'UPDATE check_in_conflicts SET found_at = now()',
    'DELETE FROM check_in_conflicts', 'TRUNCATE check_in_conflicts']) what;
-- O9: as often as the rule of one entry allows, force apart.
SELECT is_empty(format($$SELECT ticket_id FROM check_ins c JOIN tickets t USING (ticket_id)
    WHERE t.session_id = %L AND c.status = 'ok' AND c.direction = 'in'
      AND c.overridden IS NULL AND t.seat_id LIKE 'A-%%'
      AND NOT EXISTS (SELECT FROM check_in_conflicts f WHERE f.lost_id = c.check_in_id)
    GROUP BY 1 HAVING count(*) > 1$$, :'session'), 'no ticket was admitted twice');

-- Bad input.
SELECT throws_ok(format('SELECT * FROM tix_check_in(%L, %L, %L, NULL, %L, %L)', code, gate, way,
    nonce, device), state, NULL, what)
FROM (VALUES (NULL, :'north', 'in', NULL, NULL, '22023', 'a scan has a text'),
             (repeat('x', 4097), :'north', 'in', NULL, NULL, '22023', 'of at most 4096 bytes'),
             (repeat('x', 10000000), :'north', 'in', NULL, NULL, '22023', 'not ten million'),
             (:'c8', NULL, 'in', NULL, NULL, 'P0002', 'and a gate'),
             (:'c8', :'venue', 'in', NULL, NULL, 'P0002', 'that exists'),
             (:'c8', :'south', 'in', NULL, NULL, 'P0002', 'and is not closed'),
             (:'c8', :'north', NULL, NULL, NULL, '22023', 'and a direction'),
             (:'c8', :'north', 'up', NULL, NULL, '22023', 'in or out'),
             (:'c8', :'north', 'in', '', NULL, '22023', 'an empty nonce is none'),
             (:'c8', :'north', 'in', repeat('n', 256), NULL, '22023', 'nor is a long one'),
             (:'c8', :'north', 'in', NULL, repeat('d', 256), '22023', 'nor a device'))
    v (code, gate, way, nonce, device, state, what);
SELECT is((SELECT status FROM tickets WHERE order_id = :'o' AND seat_id = 'A-8'), 'valid',
    'refused calls use no ticket');
SELECT throws_ok(format('SELECT tix_add_gate(%L, %L)', house, name), state, NULL, what)
FROM (VALUES (NULL, 'x', '22023', 'a gate has a venue'), (:'venue', NULL, '22023', 'and a name'),
             (:'venue', ' ', '22023', 'of letters'),
             (:'venue', repeat('x', 201), '22023', 'not many'),
             (:'north', 'x', 'P0002', 'its venue exists')) v (house, name, state, what);
SELECT throws_ok(format('SELECT tix_set_entry_rule(%L, %L, %s)', :'north', :'session', bad),
    '22023', NULL, 'a rule is refused: ' || bad)
FROM unnest(ARRAY['opens_before => NULL', 'opens_before => ''-1 s''',
    'opens_before => ''367 days''', 'closes_after => ''-1 s''', 'closes_after => NULL',
    'entries_max => 0, reentry => true', 'entries_max => 1001, reentry => true',
    'entries_max => 2', 'entries_max => NULL',
    'reentry => NULL', 'entries_per => ''week''', 'entries_per => NULL', 'on_day => ''infinity''',
    'time_zone => ''Mars/Base''', 'time_zone => NULL']) bad;
SELECT throws_ok(format('SELECT tix_set_entry_rule(%L, %L)', gate, house), 'P0002', NULL, what)
FROM (VALUES (NULL, :'session', 'a rule has a gate'), (:'north', NULL, 'and a session'),
             (:'session', :'north', 'both exist')) v (gate, house, what);
SELECT ok(NOT tix_remove_entry_rule(:'east', :'session'), 'no rule cannot be removed');
SELECT ok(NOT tix_close_gate(:'south'), 'a closed gate cannot be closed');
SELECT is_empty(format('SELECT * FROM tix_audit() WHERE law <> ''O2'' AND session_id = %L',
    :'session'), 'the audit is clean');
SELECT * FROM finish();
