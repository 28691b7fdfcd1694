-- Gates and their rules: whom a door lets in, and when.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_add_gate(uuid, text);
CREATE FUNCTION tix.tix_add_gate(venue_id uuid, name text) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    added uuid;
BEGIN
    IF $1 IS NULL OR btrim($2) = '' OR $2 IS NULL OR char_length($2) > 200 THEN
        RAISE EXCEPTION 'venue or name of a gate is missing' USING ERRCODE = '22023',
            HINT = 'Give a venue and a name of at most 200 characters.';
    ELSIF NOT EXISTS (SELECT FROM venues v WHERE v.venue_id = $1) THEN
        RAISE EXCEPTION 'venue does not exist' USING ERRCODE = 'P0002',
            HINT = 'The venues are listed by tix_list_venues().';
    END IF;
    INSERT INTO gates AS g (venue_id, name) VALUES ($1, btrim($2))
    ON CONFLICT (venue_id, name) DO UPDATE SET closed_at = NULL RETURNING g.gate_id INTO added;
    RETURN added;
END $$;
COMMENT ON FUNCTION tix.tix_add_gate(uuid, text) IS
    'For organisers: makes a gate of a venue and returns it; one of that name that was closed is '
    'opened again. It lets nobody in before tix_set_entry_rule(). Errors: 22023 no name, or one '
    'over 200 characters, P0002 unknown venue.';

DROP FUNCTION IF EXISTS tix.tix_close_gate(uuid);
CREATE FUNCTION tix.tix_close_gate(gate_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE gates g SET closed_at = clock_timestamp() WHERE g.gate_id = $1 AND g.closed_at IS NULL;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION tix.tix_close_gate(uuid) IS
    'For organisers: a gate scans no more. False when it does not exist or is closed.';

DROP FUNCTION IF EXISTS tix.tix_set_entry_rule(
    uuid, uuid, interval, interval, int, boolean, text, date, text);
CREATE FUNCTION tix.tix_set_entry_rule(
    gate_id uuid, session_id uuid, opens_before interval DEFAULT '2 hours',
    closes_after interval DEFAULT '0', entries_max int DEFAULT 1, reentry boolean DEFAULT false,
    entries_per text DEFAULT 'ticket', on_day date DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    day CONSTANT date := coalesce(tix_set_entry_rule.on_day, '-infinity');
    span_max CONSTANT interval := interval '366 days';
BEGIN
    IF opens_before IS NULL OR opens_before NOT BETWEEN '0' AND span_max
       OR closes_after IS NULL OR closes_after NOT BETWEEN '0' AND span_max
       OR entries_max IS NULL OR entries_max NOT BETWEEN 1 AND 1000 OR reentry IS NULL
       OR entries_per IS NULL OR entries_per NOT IN ('ticket', 'day')
       OR (entries_max > 1 AND NOT reentry) OR day = 'infinity' THEN
        RAISE EXCEPTION 'rule of a gate is not valid' USING ERRCODE = '22023',
            HINT = 'Times are 0 to 366 days, entries 1 to 1000 per "ticket" or "day", more than '
                   'one only with reentry.';
    ELSIF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = tix_set_entry_rule.time_zone)
    THEN
        RAISE EXCEPTION 'time zone is unknown' USING ERRCODE = '22023',
            HINT = 'Give a name of the IANA database, such as Europe/Berlin.';
    ELSIF NOT EXISTS (SELECT FROM gates g JOIN events e USING (venue_id) JOIN sessions s
                          ON s.event_id = e.event_id
                      WHERE g.gate_id = $1 AND s.session_id = $2) THEN
        RAISE EXCEPTION 'gate or session does not exist, or not at one venue'
            USING ERRCODE = 'P0002', HINT = 'A gate lets in to the sessions of its venue.';
    END IF;
    INSERT INTO entry_rules AS r (gate_id, session_id, on_day, time_zone, opens_before,
                                  closes_after, entries_max, entries_per, reentry)
    VALUES ($1, $2, day, tix_set_entry_rule.time_zone, tix_set_entry_rule.opens_before,
            tix_set_entry_rule.closes_after, tix_set_entry_rule.entries_max,
            tix_set_entry_rule.entries_per, tix_set_entry_rule.reentry)
    ON CONFLICT ON CONSTRAINT entry_rules_pkey DO UPDATE SET
        time_zone = excluded.time_zone, opens_before = excluded.opens_before,
        closes_after = excluded.closes_after, entries_max = excluded.entries_max,
        entries_per = excluded.entries_per, reentry = excluded.reentry;
END $$;
COMMENT ON FUNCTION tix.tix_set_entry_rule(
    uuid, uuid, interval, interval, int, boolean, text, date, text) IS
    'For organisers: whom a gate lets in to a session: from opens_before its start (2 hours) until '
    'closes_after its end (0), each ticket entries_max times (1 to 1000; 1) per ticket or per day, '
    'again only after it was scanned out, and only with reentry. on_day: the rule of that day '
    'alone, in time_zone (IANA name; UTC); NULL: of every day without its own. Errors: 22023 an '
    'argument out of range, P0002 unknown gate or session, or not at one venue.';

DROP FUNCTION IF EXISTS tix.tix_remove_entry_rule(uuid, uuid, date);
CREATE FUNCTION tix.tix_remove_entry_rule(
    gate_id uuid, session_id uuid, on_day date DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM entry_rules r WHERE r.gate_id = $1 AND r.session_id = $2
                                AND r.on_day = coalesce($3, '-infinity');
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION tix.tix_remove_entry_rule(uuid, uuid, date) IS
    'For organisers: takes a rule of tix_set_entry_rule() back; false when there is none.';

DROP FUNCTION IF EXISTS tix.entry_rule_at(uuid, uuid, timestamptz);
CREATE FUNCTION tix.entry_rule_at(gate_id uuid, session_id uuid, at timestamptz)
RETURNS tix.entry_rules
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule tix.entry_rules;
BEGIN
    SELECT * INTO rule FROM entry_rules r
    WHERE r.gate_id = $1 AND r.session_id = $2
      AND r.on_day IN ('-infinity', ($3 AT TIME ZONE r.time_zone)::date)
    ORDER BY r.on_day DESC LIMIT 1;
    RETURN rule;
END $$;
COMMENT ON FUNCTION tix.entry_rule_at(uuid, uuid, timestamptz) IS
    'Internal: the rule of a gate for a session at a time, all NULL when there is none.';

REVOKE ALL ON FUNCTION tix.tix_add_gate, tix.tix_close_gate, tix.tix_set_entry_rule,
    tix.tix_remove_entry_rule, tix.entry_rule_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_add_gate, tix.tix_close_gate, tix.tix_set_entry_rule,
    tix.tix_remove_entry_rule TO tix_admin;
