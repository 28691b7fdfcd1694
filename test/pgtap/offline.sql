-- Gates without a net: what they take along, and what comes of the scans they bring back.
\ir fixture.psql
SELECT plan(65);
CREATE FUNCTION pg_temp.code(o uuid, seat text) RETURNS text LANGUAGE sql AS $$
    SELECT tix.tix_ticket_code(ticket_id) FROM tix.tickets WHERE order_id = $1 AND seat_id = $2
$$;
SELECT venue_id AS venue FROM events WHERE event_id = :'event' \gset
SELECT tix_add_gate(:'venue', 'West') AS west \gset
SELECT tix_add_gate(:'venue', 'East') AS east \gset
SELECT pg_temp.paid(:'session', 'A-1 A-2 A-3 A-4 A-5 A-6 A-7', :'ann') AS o \gset
SELECT pg_temp.paid(:'session', 'B-1 B-2 B-3 B-4', :'bob') AS p \gset
SELECT tix_cancel_ticket(ticket_id, :'bob') FROM tickets
WHERE order_id = :'p' AND seat_id = 'B-3' \g /dev/null
UPDATE sessions SET start_time = now() - interval '1 hour', end_time = now() + interval '2 hours'
WHERE session_id = :'session';
SELECT tix_set_entry_rule(:'west', :'session', '1 day') \g /dev/null
SELECT tix_set_entry_rule(:'east', :'session', '1 day') \g /dev/null
SELECT pg_temp.code(:'o', 'A-1') AS a1, pg_temp.code(:'o', 'A-2') AS a2,
       pg_temp.code(:'o', 'A-3') AS a3, pg_temp.code(:'o', 'A-4') AS a4,
       pg_temp.code(:'o', 'A-5') AS a5, pg_temp.code(:'o', 'A-6') AS a6,
       pg_temp.code(:'o', 'A-7') AS a7, pg_temp.code(:'p', 'B-1') AS b1 \gset
-- A scan as a device keeps it: minutes ago.
CREATE FUNCTION pg_temp.kept(code text, gate uuid, nonce text, minutes float,
    more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('code', $1, 'gate', $2, 'nonce', $3,
        'at', now() - make_interval(secs => $4 * 60)) || $5
$$;
CREATE FUNCTION pg_temp.told(device text, scans jsonb[]) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(coalesce(reason, status) ORDER BY ordinal)
    FROM tix.tix_upload_check_ins($1, to_jsonb($2))
$$;

-- The manifest.
SELECT tix_reissue_ticket(ticket_id, NULL) AS b2 FROM tickets
WHERE order_id = :'p' AND seat_id = 'B-2' \gset
SELECT tix_block_ticket(ticket_id, 'x') FROM tickets
WHERE order_id = :'p' AND seat_id = 'B-4' \g /dev/null
UPDATE tickets SET status = 'used' WHERE order_id = :'p' AND seat_id = 'B-1';
SELECT * FROM tix_check_in_manifest(:'session', :'west') \gset m_
SELECT is((SELECT string_agg(e ->> 'seatId', ' ' ORDER BY n)
    FROM jsonb_array_elements(:'m_tickets'::jsonb) WITH ORDINALITY t (e, n)),
    'A-1 A-2 A-3 A-4 A-5 A-6 A-7 B-1 B-2 B-4', 'the manifest lists the tickets that are good');
SELECT is(:'m_tickets'::jsonb -> 8, (SELECT jsonb_build_object('ticketId', ticket_id, 'issue', 2,
    'seatId', 'B-2', 'used', false, 'blocked', false) FROM tickets
    WHERE order_id = :'p' AND seat_id = 'B-2'), 'with their issue');
SELECT is(:'m_tickets'::jsonb -> 9 -> 'blocked', 'true', 'whether they are blocked');
SELECT is(:'m_tickets'::jsonb -> 7 -> 'used', 'true', 'and used');
SELECT is(:'m_revocations_seq'::bigint, 2::bigint, 'and where the revocations stand');
SELECT is((SELECT count(*) FROM jsonb_array_elements(:'m_public_keys'::jsonb) k
    JOIN tix_ticket_public_keys() p ON p.key_id = (k ->> 'keyId')::int
     AND p.public_key = base64url_decode(k ->> 'publicKey')),
    (SELECT count(*) FROM tix_ticket_public_keys()), 'the public keys are in it');
SELECT is(:'m_rules'::jsonb, (SELECT jsonb_build_array(jsonb_build_object('onDay', NULL, 'timeZone',
    'UTC', 'opensAt', start_time - interval '1 day', 'closesAt', end_time, 'entriesMax', 1,
    'entriesPer', 'ticket', 'reentry', false)) FROM sessions WHERE session_id = :'session'),
    'and the rules of the gate');
SELECT is((SELECT next FROM tix_check_in_manifest(:'session', :'west')), NULL, 'all on one page');
SELECT is((WITH RECURSIVE page AS (
        SELECT 1 AS n, m.* FROM tix_check_in_manifest(:'session', :'west', NULL, 3) m
        UNION ALL
        SELECT n + 1, m.* FROM page p, tix_check_in_manifest(:'session', :'west', p.next, 3) m
        WHERE p.next IS NOT NULL)
    SELECT string_agg(jsonb_array_length(tickets)::text, ' ' ORDER BY n) FROM page), '3 3 3 1',
    'or on many');
SELECT is((SELECT jsonb_agg(t ORDER BY n, k) FROM (WITH RECURSIVE page AS (
        SELECT 1 AS n, m.* FROM tix_check_in_manifest(:'session', :'west', NULL, 5) m
        UNION ALL
        SELECT n + 1, m.* FROM page p, tix_check_in_manifest(:'session', :'west', p.next, 5) m
        WHERE p.next IS NOT NULL)
    SELECT n, k, t FROM page, jsonb_array_elements(tickets) WITH ORDINALITY t (t, k)) l),
    :'m_tickets'::jsonb, 'the pages are the whole');
SELECT throws_ok(format('SELECT tix_check_in_manifest(%L, %L, %L, %L)', house, gate, since, n),
    state, NULL, what)
FROM (VALUES (:'session', :'west', NULL, NULL, '22023', 'a page has rows'),
             (:'session', :'west', NULL, 0, '22023', 'at least one'),
             (:'session', :'west', NULL, 5001, '22023', 'at most 5000'),
             (:'session', :'west', repeat('s', 10000000), 1, '22023', 'since is a seat'),
             (NULL, :'west', NULL, 1, 'P0002', 'a manifest is of a session'),
             (:'session', NULL, NULL, 1, 'P0002', 'and of a gate'),
             (:'west', :'session', NULL, 1, 'P0002', 'that belong together'))
    v (house, gate, since, n, state, what);

-- One gate.
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'a1', :'west', '1', 30),
    pg_temp.kept(:'a1', :'west', '2', 29), pg_temp.kept('junk', :'west', '3', 28),
    pg_temp.kept(:'b1', :'west', '4', 27, '{"admitted": false, "reason": "blocked"}')]),
    '{ok,already_used,invalid,blocked}', 'scans are told as they would have been');
SELECT is((SELECT used_at FROM tickets WHERE order_id = :'o' AND seat_id = 'A-1'),
    (SELECT at FROM check_ins WHERE device = 'w1' AND nonce = '1'), 'the ticket was used then');
SELECT results_eq($$SELECT status, reason, offline FROM check_ins WHERE device = 'w1'
    ORDER BY nonce$$, $$VALUES ('ok', NULL::text, true),
      ('error', 'already_used', true), ('error', 'invalid', true),
      ('error', 'blocked', true)$$, 'and logged');
SELECT is(ARRAY(SELECT coalesce(reason, status) || replayed FROM tix_upload_check_ins('w1',
    jsonb_build_array(pg_temp.kept(:'a1', :'west', '1', 30), pg_temp.kept('junk', :'west', '3', 28),
                      pg_temp.kept(:'a2', :'west', '5', 20))) ORDER BY ordinal),
    '{oktrue,invalidtrue,okfalse}', 'an upload may be repeated, and go on');
SELECT is((SELECT count(*) FROM check_ins WHERE device = 'w1'), 5::bigint,
    'nothing is logged twice');
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'a3', :'west', '1', 10)]), '{nonce_used}',
    'a nonce of another scan is told');
SELECT is((SELECT status FROM tickets WHERE order_id = :'o' AND seat_id = 'A-3'), 'valid',
    'and that scan changes nothing');

-- Two gates that did not know of each other: the earlier scan is kept, whoever tells first.
SELECT results_eq(format($$SELECT status, reason, conflicts FROM tix_upload_check_ins('e1', %L)$$,
    jsonb_build_array(pg_temp.kept(:'a1', :'east', '1', 20))),
    format($$VALUES ('error', 'already_used', jsonb_build_array(jsonb_build_object('kept', false,
    'checkInId', %L, 'gate', %L, 'device', 'w1', 'at', %L::timestamptz)))$$,
    check_in_id, :'west', at), 'the later of two is lost, and told which other there was')
FROM check_ins WHERE device = 'w1' AND nonce = '1';
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'a3', :'west', '6', 10)]), '{ok}',
    'a later scan,');
SELECT results_eq(format($$SELECT status, conflicts -> 0 ->> 'kept', conflicts -> 0 ->> 'device'
    FROM tix_upload_check_ins('e1', %L)$$,
    jsonb_build_array(pg_temp.kept(:'a3', :'east', '2', 15))), $$VALUES ('ok', 'true', 'w1')$$,
    'told first, loses to the earlier one that is told after it');
SELECT results_eq($$SELECT k.device, k.nonce, l.device, l.nonce
    FROM check_in_conflicts f JOIN check_ins k ON k.check_in_id = f.kept_id
    JOIN check_ins l ON l.check_in_id = f.lost_id
    WHERE l.device IN ('w1', 'e1') ORDER BY f.lost_id$$,
    $$VALUES ('w1', '1', 'w1', '2'), ('w1', '1', 'e1', '1'), ('e1', '2', 'w1', '6')$$,
    'each conflict is kept for a person to look at');
SELECT is((SELECT used_at FROM tickets WHERE order_id = :'o' AND seat_id = 'A-3'),
    (SELECT at FROM check_ins WHERE device = 'e1' AND nonce = '2'), 'the ticket was used then');
SELECT is(pg_temp.told('n1', ARRAY[pg_temp.kept(:'a3', :'east', '1', 12)]), '{already_used}',
    'a third is lost to the one that is kept');
SELECT is((SELECT coalesce(reason, status) FROM tix_check_in(:'a3', :'east')), 'already_used',
    'and nobody else comes in online');
SELECT is((SELECT jsonb_array_length(conflicts) FROM tix_upload_check_ins('e1', jsonb_build_array(
    pg_temp.kept(:'a3', :'east', '2', 15)))), 2, 'told again, all its conflicts are named');
SELECT is((SELECT coalesce(reason, status) FROM tix_check_in(:'a4', :'east')), 'ok',
    'online first,');
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'a4', :'west', '7', 5)]), '{ok}',
    'then an earlier scan offline: both were let in');
SELECT is((SELECT count(*) FROM check_in_conflicts f JOIN tickets t USING (ticket_id)
    WHERE t.order_id = :'o' AND t.seat_id = 'A-4'), 1::bigint, 'which is a conflict, too');
SELECT is_empty($$SELECT ticket_id FROM check_ins c
    WHERE c.status = 'ok' AND c.direction = 'in' AND c.offline
      AND NOT EXISTS (SELECT FROM check_in_conflicts f WHERE f.lost_id = c.check_in_id)
    GROUP BY 1 HAVING count(*) > 1$$, 'conflicts apart, no ticket was admitted twice');
-- In one upload the order of the array does not matter.
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'a5', :'west', '8', 5),
    pg_temp.kept(:'a5', :'west', '9', 6)]), '{already_used,ok}',
    'the earlier of one upload is kept');
-- Re-entry.
SELECT tix_set_entry_rule(:'west', :'session', '1 day', entries_max => 2, reentry => true)
\g /dev/null
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'a6', :'west', '10', 50),
    pg_temp.kept(:'a6', :'west', '12', 30), pg_temp.kept(:'a6', :'west', '14', 10)]),
    '{ok,already_used,already_used}', 'without the way out nobody comes in again');
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'a7', :'west', '20', 50),
    pg_temp.kept(:'a7', :'west', '21', 40, '{"direction": "out"}'),
    pg_temp.kept(:'a7', :'west', '22', 30),
    pg_temp.kept(:'a7', :'west', '23', 20, '{"direction": "out"}'),
    pg_temp.kept(:'a7', :'west', '24', 10)]), '{ok,ok,ok,ok,already_used}',
    'with it they do, as often as the rule says');
SELECT results_eq(format($$SELECT status, conflicts -> 0 ->> 'kept' FROM tix_upload_check_ins('s1',
    %L)$$, jsonb_build_array(pg_temp.kept(:'a7', :'west', '1', 60))), $$VALUES ('ok', 'true')$$,
    'an entry before all others takes the place of the one after it');
SELECT is((SELECT l.nonce FROM check_in_conflicts f JOIN check_ins l ON l.check_in_id = f.lost_id
    JOIN check_ins k ON k.check_in_id = f.kept_id WHERE k.device = 's1'), '20', 'which is lost');

-- Clocks.
SELECT pg_temp.paid(:'session', 'B-5 B-6 B-7 B-8', :'bob') AS q \gset
SELECT pg_temp.code(:'q', 'B-5') AS b5, pg_temp.code(:'q', 'B-6') AS b6,
       pg_temp.code(:'q', 'B-7') AS b7 \gset
SELECT results_eq(format($$SELECT corrected, scanned_at FROM tix_upload_check_ins('c1', %L)$$,
    jsonb_build_array(pg_temp.kept(:'b5', :'west', '1', 10))),
    format('VALUES (false, %L::timestamptz)', now() - interval '10 minutes'),
    'a clock is believed');
SELECT ok((SELECT corrected AND scanned_at <= clock_timestamp() FROM tix_upload_check_ins('c1',
    jsonb_build_array(pg_temp.kept(:'b5', :'west', '2', -600)))), 'not in the future');
SELECT ok((SELECT corrected AND scanned_at > now() - interval '7 days 1 minute'
    FROM tix_upload_check_ins('c1',
    jsonb_build_array(pg_temp.kept(:'b5', :'west', '3', 60 * 24 * 9)))),
    'nor more than a week ago');
SELECT ok((SELECT corrected
        AND abs(extract(epoch FROM scanned_at - (now() - interval '10 min'))) < 5
    FROM tix_upload_check_ins('c1', jsonb_build_array(pg_temp.kept(:'b6', :'west', '4', 70)),
    now() - interval '1 hour')), 'a clock that is an hour slow is put right');
SELECT ok((SELECT NOT corrected FROM tix_upload_check_ins('c1',
    jsonb_build_array(pg_temp.kept(:'b6', :'west', '5', 70)), clock_timestamp() - interval '3 s')),
    'one that is right to five seconds is left alone');
SELECT ok((SELECT claimed_at < at - interval '59 min' FROM check_ins WHERE device = 'c1'
    AND nonce = '4'), 'what was claimed is kept');

-- Force.
SELECT is(pg_temp.told('w1', ARRAY[pg_temp.kept(:'b5', :'west', '30', 1, '{"force": true}')]),
    '{ok}', 'staff at an offline gate may force');
SELECT is((SELECT detail ->> 'overridden' FROM audit_log WHERE act = 'force_check_in'
    AND detail ->> 'device' = 'w1'), 'already_used', 'which is audited');

-- Bad input: the upload, or one scan of it.
SELECT throws_ok(format('SELECT * FROM tix_upload_check_ins(%L, %L, %L)', device, scans, sent),
    '22023', NULL, what)
FROM (VALUES (NULL, '[]', NULL, 'an upload has a device'), ('', '[]', NULL, 'with a name'),
             (repeat('d', 256), '[]', NULL, 'not a long one'), ('w1', NULL, NULL, 'and scans'),
             ('w1', '{}', NULL, 'in an array'), ('w1', '"x"', NULL, 'not a text'),
             ('w1', jsonb_build_array(repeat('x', 10000000))::text, NULL, 'of at most a megabyte'),
             ('w1', (SELECT jsonb_agg('{}'::jsonb)::text FROM generate_series(1, 1001)), NULL,
              'and a thousand'),
             ('w1', '[]', 'infinity', 'and a clock that shows a time'))
    v (device, scans, sent, what);
SELECT is_empty('SELECT * FROM tix_upload_check_ins(''w1'', ''[]'')', 'no scans, no answers');
SELECT is((SELECT reason || replayed FROM tix_upload_check_ins('fresh', '[{"code": "x"}]')),
    'malformedfalse', 'an upload of one malformed scan is answered');
SELECT is((SELECT array_agg(DISTINCT reason) || (count(malformed) || ' said why')::text
    FROM tix_upload_check_ins('bad', jsonb_build_array(NULL, 1, '[]'::jsonb, '{}'::jsonb,
        '{"code": 5}'::jsonb, pg_temp.kept(:'b7', NULL, '1', 1),
        pg_temp.kept(:'b7', :'session', '2', 1), pg_temp.kept(NULL, :'west', '3', 1),
        pg_temp.kept(repeat('x', 5000), :'west', '4', 1), pg_temp.kept(:'b7', :'west', NULL, 1),
        pg_temp.kept(:'b7', :'west', '5', 1, '{"at": "noon?"}'),
        pg_temp.kept(:'b7', :'west', '6', 1, '{"at": null}'),
        pg_temp.kept(:'b7', :'west', '7', 1, '{"direction": "up"}'),
        pg_temp.kept(:'b7', :'west', '8', 1, '{"gate": "West"}'),
        pg_temp.kept(:'b7', :'west', '9', 1, '{"force": "maybe"}'),
        pg_temp.kept(:'b7', :'west', '10', 1, '{"admitted": []}'),
        pg_temp.kept(:'b7', :'west', '11', 1, '{"admitted": false, "reason": "rain"}'),
        pg_temp.kept(:'b7', :'west', repeat('n', 256), 1)))), ARRAY['malformed', '18 said why'],
    'a scan that cannot be read is told so, with the reason');
SELECT is((SELECT count(*) FROM check_ins WHERE device = 'bad'), 0::bigint, 'and not logged');
SELECT is((SELECT status FROM tickets WHERE order_id = :'q' AND seat_id = 'B-7'), 'valid',
    'nor does it use a ticket');
SELECT is(pg_temp.told('bad', ARRAY['{}', pg_temp.kept(:'b7', :'west', '20', 1)]),
    '{malformed,ok}', 'the others of its upload count');
SELECT throws_ok('INSERT INTO check_in_conflicts VALUES (-1, -2, gen_random_uuid())', '23503', NULL,
    'a conflict is of scans in the log');
SELECT * FROM finish();
