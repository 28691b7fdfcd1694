-- Gates and their rules, as organizers set them.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_add_gate_as(uuid, uuid, text);
CREATE FUNCTION tix.tix_add_gate_as(actor uuid, venue_id uuid, name text) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM own_venue(actor, venue_id);
    made := tix_add_gate(venue_id, name);
    PERFORM log_act(actor, 'add_gate', venue_id::text, jsonb_build_object('gateId', made));
    RETURN made;
END $$;
COMMENT ON FUNCTION tix.tix_add_gate_as(uuid, uuid, text) IS
    'tix_add_gate() for the organizer whose venue it is or an admin. Errors: P0002 not the '
    'actor''s, 22023 the name.';

DROP FUNCTION IF EXISTS tix.tix_list_gates_as(uuid, uuid, uuid, int);
CREATE FUNCTION tix.tix_list_gates_as(
    actor uuid, venue_id uuid, after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (gate_id uuid, document jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_venue(actor, tix_list_gates_as.venue_id, true);
    RETURN QUERY
        SELECT g.gate_id, jsonb_build_object(
            'gateId', g.gate_id, 'name', g.name, 'closed', g.closed_at IS NOT NULL,
            'rules', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'sessionId', r.session_id, 'onDay', nullif(r.on_day, '-infinity'),
                    'timeZone', r.time_zone,
                    'opensBeforeSeconds', extract(epoch FROM r.opens_before)::bigint,
                    'closesAfterSeconds', extract(epoch FROM r.closes_after)::bigint,
                    'entriesMax', r.entries_max, 'entriesPer', r.entries_per,
                    'reentry', r.reentry) ORDER BY r.session_id, r.on_day), '[]')
                FROM entry_rules r JOIN sessions s USING (session_id)
                JOIN events e USING (event_id) JOIN users u ON u.user_id = actor
                WHERE r.gate_id = g.gate_id AND s.end_time > clock_timestamp()
                  AND (u.role = 'admin' OR e.organizer_id = actor)))
        FROM gates g
        WHERE g.venue_id = tix_list_gates_as.venue_id AND (after IS NULL OR g.gate_id > after)
        ORDER BY g.gate_id LIMIT page_size(max_rows);
END $$;
COMMENT ON FUNCTION tix.tix_list_gates_as(uuid, uuid, uuid, int) IS
    'The gates of a venue, by id, max_rows (1 to 100) from behind "after", with the rules of the '
    'actor''s sessions that are not over, for who may hold events there. Errors: P0002 not the '
    'actor''s, 22023 max_rows.';

DROP FUNCTION IF EXISTS tix.tix_close_gate_as(uuid, uuid);
CREATE FUNCTION tix.tix_close_gate_as(actor uuid, gate_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    closed boolean;
BEGIN
    PERFORM own_venue(actor, (SELECT g.venue_id FROM gates g
                              WHERE g.gate_id = tix_close_gate_as.gate_id));
    closed := tix_close_gate(tix_close_gate_as.gate_id);
    IF closed THEN PERFORM log_act(actor, 'close_gate', tix_close_gate_as.gate_id::text); END IF;
    RETURN closed;
END $$;
COMMENT ON FUNCTION tix.tix_close_gate_as(uuid, uuid) IS
    'tix_close_gate() for the organizer whose venue it is or an admin. Error P0002: not the '
    'actor''s.';

DROP FUNCTION IF EXISTS tix.tix_set_entry_rule_as(
    uuid, uuid, uuid, interval, interval, int, boolean, text, date, text);
CREATE FUNCTION tix.tix_set_entry_rule_as(
    actor uuid, gate_id uuid, session_id uuid, opens_before interval DEFAULT NULL,
    closes_after interval DEFAULT NULL, entries_max int DEFAULT NULL,
    reentry boolean DEFAULT NULL, entries_per text DEFAULT NULL, on_day date DEFAULT NULL,
    time_zone text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_session(actor, session_id);
    PERFORM tix_set_entry_rule(
        gate_id, session_id, coalesce(opens_before, '2 hours'), coalesce(closes_after, '0'),
        coalesce(entries_max, 1), coalesce(reentry, false), coalesce(entries_per, 'ticket'),
        on_day, coalesce(time_zone, 'UTC'));
    PERFORM log_act(actor, 'set_entry_rule', session_id::text,
                    jsonb_build_object('gateId', gate_id, 'onDay', on_day));
END $$;
COMMENT ON FUNCTION tix.tix_set_entry_rule_as(
    uuid, uuid, uuid, interval, interval, int, boolean, text, date, text) IS
    'tix_set_entry_rule() for the organizer of the session or an admin; NULL is the default there. '
    'Errors: P0002 not the actor''s, or no such gate of its venue, 22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_remove_entry_rule_as(uuid, uuid, uuid, date);
CREATE FUNCTION tix.tix_remove_entry_rule_as(
    actor uuid, gate_id uuid, session_id uuid, on_day date DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    removed boolean;
BEGIN
    PERFORM own_session(actor, session_id);
    removed := tix_remove_entry_rule(gate_id, session_id, on_day);
    IF removed THEN
        PERFORM log_act(actor, 'remove_entry_rule', session_id::text,
                        jsonb_build_object('gateId', gate_id, 'onDay', on_day));
    END IF;
    RETURN removed;
END $$;
COMMENT ON FUNCTION tix.tix_remove_entry_rule_as(uuid, uuid, uuid, date) IS
    'tix_remove_entry_rule() for the organizer of the session or an admin. Error P0002: not the '
    'actor''s.';

REVOKE ALL ON FUNCTION
    tix.tix_add_gate_as, tix.tix_list_gates_as, tix.tix_close_gate_as, tix.tix_set_entry_rule_as,
    tix.tix_remove_entry_rule_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_add_gate_as, tix.tix_list_gates_as, tix.tix_close_gate_as, tix.tix_set_entry_rule_as,
    tix.tix_remove_entry_rule_as TO tix_app;
