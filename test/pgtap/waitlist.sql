-- Waiting list: what is given back is nobody's to snatch, it is offered as a hold to the first
-- whose wish it meets, and who does not take it makes room for the next.
\ir fixture.psql
SELECT plan(89);
SELECT cron.unschedule('tix_waitlist_step') AS gone \gset
SELECT gen_random_uuid() AS cid, gen_random_uuid() AS dan, gen_random_uuid() AS eve,
       gen_random_uuid() AS fay \gset
CREATE FUNCTION pg_temp.standing(house uuid, who uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, ahead, nullif(array_to_string(
        ARRAY(SELECT unnest(seats) ORDER BY 1), ','), ''))
    FROM tix.tix_waitlist_position($1, $2) $$;
SELECT tix_create_session(:'event', :'map', now() + interval '8 days') AS gone \gset
UPDATE sessions SET status = 'cancelled' WHERE session_id = :'gone';

-- Bad input: a code, a hint, and no change.
CREATE FUNCTION pg_temp.refused(call text, code text, why text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    said text;
    tip text;
    before text := (SELECT md5(string_agg(e::text, '')) FROM tix.waitlist_entries e);
BEGIN
    BEGIN
        EXECUTE call;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS said = RETURNED_SQLSTATE, tip = PG_EXCEPTION_HINT;
    END;
    RETURN NEXT public.is(concat_ws(' ', said, CASE WHEN tip = '' THEN 'without a hint' END,
        CASE WHEN before IS DISTINCT FROM (SELECT md5(string_agg(e::text, ''))
                                           FROM tix.waitlist_entries e) THEN 'with a change' END),
        code, why);
END $$;
SELECT pg_temp.refused(format('SELECT tix_open_waitlist(%L, %s)', :'session', v.args), '22023',
    'open: ' || v.args) FROM (VALUES ('''-1 s'''), ('''2 days'''), ('offer_ttl => ''0'''),
    ('offer_ttl => ''-1 h'''), ('offer_ttl => ''2 days''')) v (args);
SELECT pg_temp.refused('SELECT tix_open_waitlist(NULL)', 'P0002', 'open: no session');
SELECT pg_temp.refused('SELECT tix_open_waitlist(gen_random_uuid())', 'P0002', 'open: unknown');
SELECT pg_temp.refused(format('SELECT tix_open_waitlist(%L)', :'gone'), 'TX010', 'open: cancelled');
SELECT pg_temp.refused('SELECT tix_close_waitlist(gen_random_uuid())', 'P0002', 'close: unknown');
SELECT pg_temp.refused(format('SELECT tix_join_waitlist(%L, NULL, 1, %L)', :'session', :'ann'),
    'P0002', 'join: there is no list');
SELECT pg_temp.refused('SELECT tix_waitlist_step(0)', '22023', 'step: nothing');
SELECT pg_temp.refused('SELECT tix_waitlist_step(NULL)', '22023', 'step: NULL');
SELECT tix_open_waitlist(:'session') AS o \gset
SELECT is((SELECT grace::text || ' ' || offer_ttl FROM waitlists WHERE session_id = :'session'),
    '00:05:00 00:15:00', 'the settings are the defaults');
SELECT pg_temp.refused(format('SELECT tix_join_waitlist(%L, %L, %s, %L)', :'session', v.wish, v.n,
    :'ann'), '22023', 'join: ' || v.why) FROM (VALUES
    ('{}', 'NULL', 'no quantity'), ('{}', '0', 'nothing'), ('{}', '-1', 'less'),
    ('{}', '21', 'too many'), ('[]', '1', 'an array'), ('1', '1', 'a number'),
    ('{"row": "A"}', '1', 'an unknown word'), ('{"area": 1}', '1', 'a wrong area'),
    ('{"category": ["std"]}', '1', 'a wrong category'), ('{"accessible": "yes"}', '1',
    'a wrong boolean'), (json_build_object('area', repeat(md5('x'), 400000))::text, '1',
    'ten megabytes')) v (wish, n, why);
SELECT pg_temp.refused(format('SELECT tix_join_waitlist(%L, NULL, 1, NULL)', :'session'), '22023',
    'join: no user');
SELECT pg_temp.refused('SELECT tix_join_waitlist(NULL, NULL, 1, gen_random_uuid())', 'P0002',
    'join: no session');
SELECT ok(NOT tix_leave_waitlist(:'session', :'ann'), 'who does not wait does not leave');
SELECT ok(NOT tix_leave_waitlist(NULL, NULL), 'nor does nobody');

-- The house is full: Bob has row A, the house row B.
SELECT pg_temp.hold(:'session', 'A-1 A-2 A-3 A-4 A-5', :'bob') AS lock,
       pg_temp.hold(:'session', 'A-6 A-7', :'bob') AS other \gset
SELECT tix_block_seats(:'session', ARRAY(SELECT 'B-' || i FROM generate_series(1, 9) i))
\g /dev/null
SELECT pg_temp.paid(:'session', 'A-8 A-9', :'bob') AS paid \gset
SELECT is((SELECT ahead FROM tix_join_waitlist(:'session', NULL, 2, :'ann')), 0::bigint,
    'the first has nobody ahead');
SELECT is((SELECT ahead FROM tix_join_waitlist(:'session', '{"category": "std"}', 1, :'cid')),
    1::bigint, 'the second one');
SELECT is((SELECT ahead FROM tix_join_waitlist(:'session', '{"area": "B"}', 1, :'dan')), 2::bigint,
    'the third two');
SELECT is((SELECT ahead FROM tix_join_waitlist(:'session', NULL, 2, :'ann')), 0::bigint,
    'joining again changes nothing');
SELECT is((SELECT count(*) FROM waitlist_entries WHERE session_id = :'session'), 3::bigint,
    'one entry each');
SELECT is(pg_temp.standing(:'session', :'dan'), 'waiting 2', 'each may look');
SELECT is(pg_temp.standing(:'session', :'eve'), NULL::text, 'who does not wait sees nothing');
SELECT is(tix_waitlist_step(), 0, 'there is nothing to offer');

-- No public window.
SELECT count(*) AS freed FROM tix_release_seats(:lock, :'bob', '{A-1}') \gset
SELECT is(pg_temp.state(:'session', 'A-1'), 'blocked', 'a released seat is kept');
SELECT is((SELECT reason FROM tix_lock_seat(:'session', 'A-1', :'eve')), 'blocked',
    'nobody locks it');
SELECT is((SELECT reason FROM tix_lock_best(:'session', 1, :'eve')), 'held_out',
    'nor finds it as the best');
SELECT is((SELECT count(*) FROM tix_check(:'session')), 0::bigint, 'memory and tables agree');
SELECT is(tix_waitlist_step(), 1, 'it is offered');
SELECT is(pg_temp.standing(:'session', :'cid'), 'offered A-1',
    'to the first whose wish it meets');
SELECT is(pg_temp.standing(:'session', :'ann'), 'waiting 0', 'who is passed over keeps the place');
SELECT is((SELECT h.user_id::text || ' ' || h.state FROM tix_stat_holds h JOIN waitlist_entries e
    USING (lock_id) WHERE e.user_id = :'cid'), :'cid' || ' held', 'as a real hold');
SELECT ok((SELECT expires_at FROM tix_waitlist_position(:'session', :'cid'))
    BETWEEN now() + '14 min' AND now() + '16 min', 'for offer_ttl');
SELECT is(tix_waitlist_step(), 0, 'once');
SELECT lock_id AS offer FROM tix_waitlist_position(:'session', :'cid') \gset
SELECT throws_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :offer, :'eve'), 'TX002', NULL,
    'nobody takes another''s offer');
SELECT lives_ok(format('SELECT tix_create_order(ARRAY[%s], %L)', :offer, :'cid'),
    'ordering is accepting');
SELECT is(pg_temp.standing(:'session', :'cid'), 'accepted A-1', 'which is seen at once');
SELECT ok(NOT tix_leave_waitlist(:'session', :'cid'), 'what is ordered is not declined');
SELECT is((SELECT status FROM waitlist_entries WHERE user_id = :'cid'), 'accepted', 'and recorded');

-- Declining and lapsing.
SELECT count(*) AS freed FROM tix_release_seats(:other, :'bob') \gset
SELECT is(tix_waitlist_step(), 1, 'two neighbours are offered');
SELECT is(pg_temp.standing(:'session', :'ann'), 'offered A-6,A-7', 'to who waits for two');
SELECT is((SELECT ahead FROM tix_join_waitlist(:'session', NULL, 1, :'ann')), NULL::bigint,
    'who has an offer keeps it');
SELECT lock_id AS offer FROM tix_waitlist_position(:'session', :'ann') \gset
SELECT ok(tix_leave_waitlist(:'session', :'ann'), 'she declines');
SELECT is(pg_temp.state(:'session', 'A-6'), 'blocked', 'the seats are kept for the next');
SELECT is((SELECT reason FROM tix_lock_get(:offer, :'ann')), 'expired', 'and hers no more');
SELECT ahead AS eve_ahead FROM tix_join_waitlist(:'session', '{"area": "A"}', 2, :'eve') \gset
SELECT tix_open_waitlist(:'session', '10 min', '1 s') AS o \gset
SELECT is(tix_waitlist_step(), 1, 'the next gets them');
SELECT is(pg_temp.standing(:'session', :'eve'), 'offered A-6,A-7', 'as said');
SELECT pg_sleep(1.1) AS wait \gset
SELECT is(pg_temp.standing(:'session', :'eve'), 'lapsed A-6,A-7', 'an offer lapses on time');
SELECT is((SELECT array_agg(DISTINCT reason) FROM unnest('{A-6,A-7}'::text[]) s,
    tix_lock_seat(:'session', s, :'fay')), '{blocked}', 'and is no public window');
SELECT ahead AS fay_ahead FROM tix_join_waitlist(:'session', NULL, 2, :'fay') \gset
SELECT is(tix_waitlist_step(), 1, 'it goes to the next');
SELECT is(pg_temp.standing(:'session', :'fay'), 'offered A-6,A-7', 'who joined meanwhile');
SELECT is((SELECT status FROM waitlist_entries WHERE user_id = :'eve'), 'lapsed', 'Eve''s is over');
SELECT is((SELECT ahead FROM tix_join_waitlist(:'session', NULL, 1, :'eve')), 1::bigint,
    'she may wait again, at the end');
SELECT is((SELECT ahead FROM tix_join_waitlist(:'session', NULL, 3, :'eve')), 1::bigint,
    'another wish is a new entry');
SELECT is((SELECT count(*) FROM waitlist_entries WHERE user_id = :'eve' AND status = 'left'),
    1::bigint, 'instead of the old one');
SELECT ok(tix_leave_waitlist(:'session', :'eve'), 'she leaves');
SELECT is(pg_temp.standing(:'session', :'eve'), NULL::text, 'and waits no more');

-- A refund, an offer rolled back, an admission, a limit, the house's seats.
SELECT tix_cancel_ticket(ticket_id, :'bob') FROM tickets
WHERE order_id = :'paid' AND seat_id = 'A-8' \g /dev/null
SELECT is(pg_temp.state(:'session', 'A-8'), 'blocked', 'a refunded seat is kept');
SELECT tix_open_queue(:'session') AS queue \gset
SELECT ahead FROM tix_join_waitlist(:'session', NULL, 1, :'cid') \gset
BEGIN;
SELECT is(tix_waitlist_step(), 1, 'an offer needs no admission');
ROLLBACK;
SELECT is(pg_temp.state(:'session', 'A-8'), 'blocked', 'rolled back it is kept again');
SELECT tix_close_queue(:'session') AS c \gset
SELECT tix_set_limit(:'session', 'user', 1) AS l \gset
SELECT is(tix_waitlist_step(), 0, 'who has as many as one may have gets no offer');
SELECT tix_set_limit(:'session', 'user', NULL) AS l \gset
SELECT tix_pause(:'session') AS p \gset
SELECT is(tix_waitlist_step(), 0, 'while the sale is paused there are none');
SELECT tix_resume(:'session') AS p \gset
SELECT is(tix_waitlist_step(), 1, 'then there are');
SELECT is(pg_temp.standing(:'session', :'dan'), 'waiting 0', 'the house''s seats are not offered');
SELECT tix_unblock_seats(:'session', '{B-3}') \g /dev/null
SELECT is(pg_temp.state(:'session', 'B-3'), 'free', 'what the house gives is everybody''s');
SELECT is(tix_waitlist_step(), 1, 'and who waits for it is offered it');
SELECT is(pg_temp.standing(:'session', :'dan'), 'offered B-3', 'in the area he wished');

-- After the grace, the end of the list and of the sale.
SELECT tix_open_waitlist(:'session', '1 s') AS o \gset
SELECT count(*) AS freed FROM tix_release_seats(:lock, :'bob', '{A-2}') \gset
SELECT is(pg_temp.state(:'session', 'A-2'), 'blocked', 'kept');
SELECT pg_sleep(1.1) AS wait \gset
SELECT is(pg_temp.state(:'session', 'A-2'), 'free', 'and free when the grace is over');
SELECT tix_open_waitlist(:'session', '0') AS o \gset
SELECT count(*) AS freed FROM tix_release_seats(:lock, :'bob', '{A-3}') \gset
SELECT is(pg_temp.state(:'session', 'A-3'), 'free', 'a grace of 0 keeps nothing');
SELECT tix_open_waitlist(:'session', '1 day') AS o \gset
UPDATE sessions SET sale_end_time = clock_timestamp() + interval '1 s'
WHERE session_id = :'session';
SELECT count(*) AS freed FROM tix_release_seats(:lock, :'bob', '{A-4}') \gset
SELECT is(pg_temp.state(:'session', 'A-4'), 'blocked', 'a day');
SELECT pg_sleep(1.1) AS wait \gset
SELECT is(pg_temp.state(:'session', 'A-4'), 'free', 'but not beyond the end of the sale');
SELECT is(tix_waitlist_step(), 0, 'after which nothing is offered');
SELECT pg_temp.refused(format('SELECT tix_join_waitlist(%L, NULL, 1, gen_random_uuid())',
    :'session'), 'TX006', 'and nobody joins');
UPDATE sessions SET sale_end_time = clock_timestamp() + interval '1 day'
WHERE session_id = :'session';
SELECT tix_close_waitlist(:'session') AS c \gset
SELECT count(*) AS freed FROM tix_release_seats(:lock, :'bob', '{A-5}') \gset
SELECT is(pg_temp.state(:'session', 'A-5'), 'free', 'without a list everything is as ever');
SELECT is((SELECT count(*) FROM tix_check(:'session')), 0::bigint, 'memory and tables agree');
SELECT is((SELECT count(*) FROM tix_audit() WHERE session_id = :'session'), 0::bigint,
    'and no law is broken');
SELECT tix_schedule_jobs() AS again \gset
SELECT * FROM finish();
