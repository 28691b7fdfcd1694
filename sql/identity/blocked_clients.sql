-- The block list of all gateways: operators write it, gateways read it.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.client_name(text);
CREATE FUNCTION tix.client_name(client text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF client ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RETURN lower(client);
    END IF;
    RETURN network(client::inet)::text;
EXCEPTION WHEN invalid_text_representation OR null_value_not_allowed THEN
    RAISE EXCEPTION 'client is neither a user''s id nor an address nor a prefix'
        USING ERRCODE = '22023', HINT = 'Give a uuid, 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64.';
END $$;
COMMENT ON FUNCTION tix.client_name(text) IS
    'Internal: a user''s id in lower case, or an address or prefix as a cidr. Error 22023: it is '
    'neither.';

DROP FUNCTION IF EXISTS tix.tix_block_client(text, text, timestamptz, uuid);
CREATE FUNCTION tix.tix_block_client(client text, reason text,
    blocked_until timestamptz DEFAULT NULL, actor uuid DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    named text := client_name(client);
BEGIN
    IF named IS NULL OR reason IS NULL OR char_length(reason) NOT BETWEEN 1 AND 500
       OR blocked_until <= clock_timestamp() THEN
        RAISE EXCEPTION 'a block needs a client, a reason and an end that is to come'
            USING ERRCODE = '22023', HINT = 'The reason may have 500 characters.';
    END IF;
    INSERT INTO blocked_clients AS b (client, reason, blocked_until)
    VALUES (named, tix_block_client.reason, tix_block_client.blocked_until)
    ON CONFLICT ON CONSTRAINT blocked_clients_pkey DO UPDATE SET reason = excluded.reason,
        blocked_until = excluded.blocked_until, blocked_at = clock_timestamp();
    PERFORM log_act(actor, 'block_client', named, jsonb_build_object(
        'reason', tix_block_client.reason, 'until', tix_block_client.blocked_until));
    RETURN named;
END $$;
COMMENT ON FUNCTION tix.tix_block_client(text, text, timestamptz, uuid) IS
    'Has every gateway refuse a client within seconds: a user (uuid), an address or a prefix '
    '(text), until blocked_until (NULL: for good), with a reason of 1 to 500 characters. Blocking '
    'again replaces reason and end. actor: the user on whose behalf, for the audit. Returns the '
    'client as it is listed. Error 22023: neither user nor network, no reason, or an end that is '
    'past.';

DROP FUNCTION IF EXISTS tix.tix_unblock_client(text, uuid);
CREATE FUNCTION tix.tix_unblock_client(client text, actor uuid DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    named text := client_name(client);
BEGIN
    DELETE FROM blocked_clients b WHERE b.client = named;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM log_act(actor, 'unblock_client', named);
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.tix_unblock_client(text, uuid) IS
    'Takes a client off the block list; false when it was not on it. Error 22023 as '
    'tix_block_client().';

DROP FUNCTION IF EXISTS tix.tix_blocked_clients();
CREATE FUNCTION tix.tix_blocked_clients()
RETURNS TABLE (client text, reason text, blocked_until timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT b.client, b.reason, b.blocked_until FROM blocked_clients b
    WHERE b.blocked_until IS NULL OR b.blocked_until > clock_timestamp()
    ORDER BY b.blocked_at DESC, b.client LIMIT 100000
$$;
COMMENT ON FUNCTION tix.tix_blocked_clients() IS
    'Who is blocked now, at most the 100000 that were blocked last: the client (a user''s id or a '
    'cidr), why, and until when (NULL: for good).';

REVOKE ALL ON FUNCTION tix.client_name, tix.tix_block_client, tix.tix_unblock_client,
    tix.tix_blocked_clients FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_block_client, tix.tix_unblock_client TO tix_admin;
GRANT EXECUTE ON FUNCTION tix.tix_blocked_clients TO tix_app, tix_admin;
