-- What the gateway asks on behalf of staff: the database knows who may, and says so to nobody else.
\ir fixture.psql
SELECT plan(41);
CREATE FUNCTION pg_temp.staff(role text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE u uuid := tix.tix_register_user(gen_random_uuid() || '@example.org', '$x');
BEGIN
    PERFORM tix.tix_set_user_role(u, role);
    RETURN u;
END $$;
SELECT pg_temp.staff('admin') AS admin, pg_temp.staff('organizer') AS rival,
       pg_temp.staff('box_office') AS desk, pg_temp.staff('gate') AS gate \gset
SELECT pg_temp.paid(:'session', 'A-1 A-2', :'ann') AS o \gset
SELECT ticket_id AS t FROM tickets WHERE order_id = :'o' AND seat_id = 'A-1' \gset

-- Nobody else.
SELECT throws_ok(format(act, :'o', who, :'t', :'session'), 'P0002', NULL, what || ' for ' || whom)
FROM (VALUES ('SELECT FROM tix_get_order_for(%1$L, %2$L)', 'no order is read'),
             ('SELECT FROM tix_reseat_order_for(%1$L, %2$L, ''{"A-1": "A-3"}'', ''x'', ''k'')',
              'no seat is moved'),
             ('SELECT FROM tix_refund_order_for(%1$L, %2$L, NULL, ''x'', ''k'')',
              'no money is paid back'),
             ('SELECT tix_block_ticket_for(%3$L, %2$L, ''x'')', 'no ticket is blocked'),
             ('SELECT FROM tix_mass_refund_of(%4$L, %2$L)', 'no progress is told')) a (act, what),
     (VALUES (:'rival', 'another organizer'), (:'gate', 'a gate'), (:'ann', 'the buyer'))
         w (who, whom);
SELECT throws_ok(format('SELECT tix_carry_on_mass_refunds(%L, 1)', who), 'P0002', NULL,
    'no step is made for ' || whom)
FROM (VALUES (:'desk', 'the box office'), (:'rival', 'an organizer'), (NULL, 'nobody'))
    w (who, whom);
SELECT throws_ok(format('SELECT tix_refund_order_for(%L, %L, NULL, ''x'', NULL)', :'o', :'desk'),
    'P0002', NULL, 'the box office owes no money back');

-- Gates.
CREATE FUNCTION pg_temp.at_gate(act text, who uuid, session uuid, gate uuid) RETURNS text
LANGUAGE sql AS $$ SELECT format(act, who, session, gate) $$;
SELECT tix_add_gate(venue_id, 'North') AS north FROM events WHERE event_id = :'event' \gset
SELECT tix_set_entry_rule(:'north', :'session') \g /dev/null
CREATE TEMP TABLE acts (act text, what text);
INSERT INTO acts VALUES
    ('SELECT FROM tix.tix_check_in_for(%L, ''x'', %3$L, ''in'', NULL, NULL, NULL, false)',
     'a scan'),
    ('SELECT FROM tix.tix_upload_check_ins_for(%L, ''d'', ''[{"code": "x"}]'', NULL)', 'an upload'),
    ('SELECT FROM tix.tix_check_in_manifest_for(%L, %2$L, %3$L, NULL, 10)', 'a manifest'),
    ('SELECT FROM tix.tix_revocations_for(%L, %2$L, 0, 10)', 'a feed');
SELECT throws_ok(pg_temp.at_gate(act, who, :'session', :'north'), 'P0002', 'gate does not exist',
    what || ' is not for ' || whom)
FROM acts, (VALUES (:'desk'::uuid, 'the box office'), (gen_random_uuid(), 'a stranger'))
    w (who, whom);
SELECT lives_ok(pg_temp.at_gate(act, :'gate', :'session', :'north'), what || ' is for a gate')
FROM acts;

-- Who may.
SET ROLE tix_gateway;
SELECT buyer_id AS seen_buyer, status AS seen_status
FROM tix.tix_get_order_for(:'o', :'desk') \gset
SELECT * FROM tix.tix_reseat_order_for(:'o', :'desk', '{"A-1": "A-3"}', 'x', 'k') \gset move_
SELECT * FROM tix.tix_reseat_order_for(:'o', :'desk', '{"A-1": "A-3"}', 'x', 'k') \gset remove_
SELECT * FROM tix.tix_refund_order_for(:'o', :'admin', 300, 'x', 'k') \gset back_
SELECT * FROM tix.tix_refund_order_for(:'o', :'admin', 300, 'x', 'k') \gset reback_
SELECT tix.tix_block_ticket_for(:'t', :'desk', 'stolen') AS blocked \gset
SELECT tix.tix_cancel_session(:'session', 'fire', :'admin') AS mass \gset
-- Others that were begun before come first.
SELECT sum(tix.tix_carry_on_mass_refunds(:'admin', 1000)) > 0 AS handled
FROM generate_series(1, 20) \gset
SELECT mass_refund_id AS seen_mass, done || '/' || total AS seen_done
FROM tix.tix_mass_refund_of(:'session', :'desk') \gset
RESET ROLE;
SELECT is(:'seen_buyer' || :'seen_status', :'ann' || 'completed', 'the box office reads the order');
SELECT is(:'move_replayed' || :'remove_replayed', 'ft', 'and moves a seat once');
SELECT is(pg_temp.state(:'session', 'A-1'), 'free', 'from where it was');
SELECT is(:'back_replayed' || :'reback_replayed', 'ft', 'an admin owes money once');
SELECT is(:'reback_refund_id'::uuid, :'back_refund_id'::uuid, 'and is told of it twice');
SELECT is(:'blocked'::text, 't', 'a ticket is blocked');
SELECT is((SELECT detail->>'actor' FROM audit_log
    WHERE act = 'block_ticket' AND detail->>'ticketId' = :'t'), :'desk'::text, 'by whom is kept');
SELECT is((SELECT tix_block_ticket(:'t', NULL)), true, 'an operator lets it in again');
SELECT is((SELECT detail ? 'actor' FROM audit_log
    WHERE act = 'unblock_ticket' AND detail->>'ticketId' = :'t'), false, 'on nobody''s behalf');
SELECT is(:'handled' || ' ' || :'seen_done', 't 1/1', 'a mass refund is carried on and told of');
SELECT * FROM finish();
