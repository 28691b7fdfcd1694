-- Whose is what: the checks behind all that organizers and admins do through the gateway.
-- Requires tix >= 1.0
--
-- A function whose name ends in _as does what the one without it does, on behalf of the user who is
-- its first argument. It asks here whether that user may, and leaves a row in the audit log. What
-- is another's does not exist: a gateway that errs about a user sells nothing and tells nothing.

DROP FUNCTION IF EXISTS tix.role_of_actor(uuid, text[]);
CREATE FUNCTION tix.role_of_actor(actor uuid, allowed text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    has text;
BEGIN
    SELECT u.role INTO has FROM users u
    WHERE u.user_id = actor AND u.status = 'active' AND u.role = ANY (allowed);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is nothing of the kind for this user' USING ERRCODE = 'P0002',
            HINT = format('It is for users who are active and %s.',
                          array_to_string(allowed, ' or '));
    END IF;
    RETURN has;
END $$;
COMMENT ON FUNCTION tix.role_of_actor(uuid, text[]) IS
    'Internal: the role of an active user, which is one of those allowed. Error P0002: it is not.';

DROP FUNCTION IF EXISTS tix.own_venue(uuid, uuid, boolean);
CREATE FUNCTION tix.own_venue(actor uuid, venue_id uuid, as_guest boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM venues v JOIN users u ON u.user_id = actor AND u.status = 'active'
        WHERE v.venue_id = own_venue.venue_id
          AND (u.role = 'admin' OR u.role = 'organizer' AND (v.organizer_id = u.user_id
               OR as_guest AND v.organizer_id IS NULL))) THEN
        RAISE EXCEPTION 'venue does not exist' USING ERRCODE = 'P0002',
            HINT = 'Only an admin or the organizer whose it is changes a venue.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.own_venue(uuid, uuid, boolean) IS
    'Internal. Error P0002: no such venue, or the actor is neither an active admin nor the active '
    'organizer whose it is; as_guest: any active organizer, when the venue is the house''s.';

DROP FUNCTION IF EXISTS tix.own_event(uuid, uuid);
CREATE FUNCTION tix.own_event(actor uuid, event_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM events e JOIN users u ON u.user_id = actor AND u.status = 'active'
        WHERE e.event_id = own_event.event_id
          AND (u.role = 'admin' OR u.role = 'organizer' AND e.organizer_id = u.user_id)) THEN
        RAISE EXCEPTION 'event does not exist' USING ERRCODE = 'P0002',
            HINT = 'Only an admin or its organizer sees it.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.own_event(uuid, uuid) IS
    'Internal. Error P0002: no such event, or the actor is neither an active admin nor its active '
    'organizer.';

DROP FUNCTION IF EXISTS tix.own_session(uuid, uuid);
CREATE FUNCTION tix.own_session(actor uuid, session_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM sessions s JOIN events e USING (event_id)
        JOIN users u ON u.user_id = actor AND u.status = 'active'
        WHERE s.session_id = own_session.session_id
          AND (u.role = 'admin' OR u.role = 'organizer' AND e.organizer_id = u.user_id)) THEN
        RAISE EXCEPTION 'session does not exist' USING ERRCODE = 'P0002',
            HINT = 'Only an admin or the organizer of its event sees it.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.own_session(uuid, uuid) IS
    'Internal. Error P0002: no such session, or the actor is neither an active admin nor the '
    'active organizer of its event.';

DROP FUNCTION IF EXISTS tix.check_reason(text);
CREATE FUNCTION tix.check_reason(reason text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF (octet_length(reason) BETWEEN 1 AND 1000) IS NOT TRUE THEN
        RAISE EXCEPTION 'a reason must be given' USING ERRCODE = '22023',
            HINT = 'It has 1 to 1000 bytes and is kept in the audit log.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_reason(text) IS
    'Internal. Error 22023: the reason of a privileged act has not 1 to 1000 bytes.';

DROP FUNCTION IF EXISTS tix.told_seats(text[]);
CREATE FUNCTION tix.told_seats(seats text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('count', cardinality(seats), 'seats', to_jsonb(seats[1:500]))
$$;
COMMENT ON FUNCTION tix.told_seats(text[]) IS
    'Internal: seats for a row of the audit log: how many, and the first 500 by name.';

REVOKE ALL ON FUNCTION
    tix.role_of_actor, tix.own_venue, tix.own_event, tix.own_session, tix.check_reason,
    tix.told_seats FROM PUBLIC;
