-- Venues: made, changed, closed and found.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.check_venue(text, text, jsonb);
CREATE FUNCTION tix.check_venue(name text, time_zone text, address jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL OR btrim(name) = '' OR octet_length(name) > 500 THEN
        RAISE EXCEPTION 'a venue needs a name of at most 500 bytes' USING ERRCODE = '22023';
    ELSIF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = check_venue.time_zone
                      AND (z.name ~ '^[A-Z][A-Za-z_]+/' AND z.name !~ '^(posix|right)/'
                           OR z.name = 'UTC')) THEN
        RAISE EXCEPTION 'time zone of a venue is unknown' USING ERRCODE = '22023',
            HINT = 'Use a name of the IANA database, such as Europe/Berlin.';
    ELSIF jsonb_typeof(address) IS DISTINCT FROM 'object'
          OR octet_length(address::text) > 65536 THEN
        RAISE EXCEPTION 'address of a venue must be a JSON object of at most 64 kB'
            USING ERRCODE = '22023';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_venue(text, text, jsonb) IS
    'Internal: raises 22023 when a venue cannot be as described.';

DROP FUNCTION IF EXISTS tix.tix_create_venue(text, text, jsonb);
CREATE FUNCTION tix.tix_create_venue(
    name text, time_zone text DEFAULT 'UTC', address jsonb DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    created uuid;
BEGIN
    PERFORM check_venue(tix_create_venue.name, tix_create_venue.time_zone,
                        tix_create_venue.address);
    INSERT INTO venues (name, time_zone, address)
    VALUES (tix_create_venue.name, tix_create_venue.time_zone, tix_create_venue.address)
    ON CONFLICT (name) DO NOTHING RETURNING venue_id INTO created;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a venue of this name exists' USING ERRCODE = '22023',
            HINT = 'Change it with tix_update_venue().';
    END IF;
    RETURN created;
END $$;
COMMENT ON FUNCTION tix.tix_create_venue(text, text, jsonb) IS
    'Creates a venue in an IANA time zone and returns its id. Error 22023: no name, or one that is '
    'in use, an unknown zone, an address that is no JSON object of at most 64 kB.';

DROP FUNCTION IF EXISTS tix.tix_update_venue(uuid, text, text, jsonb);
CREATE FUNCTION tix.tix_update_venue(
    venue_id uuid, name text DEFAULT NULL, time_zone text DEFAULT NULL,
    address jsonb DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.venues;
BEGIN
    SELECT * INTO known FROM venues v WHERE v.venue_id = tix_update_venue.venue_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'venue does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_search_venues() finds those that do.';
    END IF;
    known.name := coalesce(tix_update_venue.name, known.name);
    known.time_zone := coalesce(tix_update_venue.time_zone, known.time_zone);
    known.address := coalesce(tix_update_venue.address, known.address);
    PERFORM check_venue(known.name, known.time_zone, known.address);
    IF EXISTS (SELECT FROM venues v
               WHERE v.name = known.name AND v.venue_id <> known.venue_id) THEN
        RAISE EXCEPTION 'a venue of this name exists' USING ERRCODE = '22023',
            HINT = 'Choose another name.';
    END IF;
    UPDATE venues v
    SET name = known.name, time_zone = known.time_zone, address = known.address
    WHERE v.venue_id = known.venue_id;
END $$;
COMMENT ON FUNCTION tix.tix_update_venue(uuid, text, text, jsonb) IS
    'Changes what is not NULL of a venue. The moments of its sessions stay, another time zone only '
    'shows them otherwise. Errors: P0002 unknown, 22023 as tix_create_venue().';

DROP FUNCTION IF EXISTS tix.tix_close_venue(uuid);
CREATE FUNCTION tix.tix_close_venue(venue_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM venues v WHERE v.venue_id = tix_close_venue.venue_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'venue does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_search_venues() finds those that do.';
    ELSIF EXISTS (SELECT FROM sessions s JOIN events e USING (event_id)
                  WHERE e.venue_id = tix_close_venue.venue_id AND s.status = 'on_sale'
                    AND s.end_time > clock_timestamp()) THEN
        RAISE EXCEPTION 'venue has sessions on sale' USING ERRCODE = 'TX010',
            HINT = 'Close or cancel them first.';
    END IF;
    UPDATE venues v SET status = 'closed' WHERE v.venue_id = tix_close_venue.venue_id;
END $$;
COMMENT ON FUNCTION tix.tix_close_venue(uuid) IS
    'Closes a venue: it is no longer listed or found; what happened there stays. Closing again '
    'changes nothing. Errors: P0002 unknown, TX010 a session to come is on sale.';

DROP FUNCTION IF EXISTS tix.words_wanted(text);
CREATE FUNCTION tix.words_wanted(words text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    found text[];
BEGIN
    IF octet_length(words) > 200 THEN
        RAISE EXCEPTION 'words to search for must have at most 200 bytes' USING ERRCODE = '22023';
    END IF;
    found := ARRAY(SELECT w FROM regexp_split_to_table(words, '[^[:alnum:]]+') w WHERE w <> '');
    RETURN (SELECT to_tsquery('simple', string_agg(quote_literal(w) || ':*', ' & '))
            FROM unnest(found) w);
END $$;
COMMENT ON FUNCTION tix.words_wanted(text) IS
    'Internal: text with the words, or words that begin so, all of them; NULL: no word was given. '
    'Error 22023: more than 200 bytes.';

DROP FUNCTION IF EXISTS tix.tix_search_venues(text, uuid, int);
CREATE FUNCTION tix.tix_search_venues(
    words text DEFAULT NULL, after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (venue_id uuid, name text, capacity int, time_zone text, address jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT tsquery := words_wanted($1);
BEGIN
    RETURN QUERY
        SELECT v.venue_id, v.name, v.capacity, v.time_zone, v.address FROM venues v
        WHERE v.status = 'active' AND (wanted IS NULL OR to_tsvector('simple', v.name) @@ wanted)
          AND ($2 IS NULL OR v.name > (SELECT a.name FROM venues a WHERE a.venue_id = $2))
        ORDER BY v.name LIMIT page_size($3);
END $$;
COMMENT ON FUNCTION tix.tix_search_venues(text, uuid, int) IS
    'Active venues whose name has all the words, or words that begin so (NULL: all venues), by '
    'name, max_rows (1 to 100) from behind the venue "after". Error 22023: max_rows, or words of '
    'more than 200 bytes.';

REVOKE ALL ON FUNCTION
    tix.check_venue, tix.tix_create_venue, tix.tix_update_venue, tix.tix_close_venue,
    tix.words_wanted, tix.tix_search_venues FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_create_venue, tix.tix_update_venue, tix.tix_close_venue TO tix_admin;
GRANT EXECUTE ON FUNCTION tix.tix_search_venues TO tix_app;
