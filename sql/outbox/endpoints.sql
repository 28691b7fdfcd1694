-- Endpoints of outgoing webhooks: made, changed and listed by operators.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.check_webhook(text, text[], text);
CREATE FUNCTION tix.check_webhook(url text, types text[], description text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF url IS NULL OR octet_length(url) > 2000
       OR url !~ '^https?://[A-Za-z0-9.\-\[\]:]+(/[!-~]*)?$' OR url ~ '#' THEN
        RAISE EXCEPTION 'url of a webhook is malformed' USING ERRCODE = '22023',
            HINT = 'Use https://host[:port]/path in ASCII, without user, fragment or spaces, of at '
                   'most 2000 bytes.';
    ELSIF types IS NULL OR cardinality(types) NOT BETWEEN 1 AND 100
          OR array_position(types, NULL) IS NOT NULL
          OR EXISTS (SELECT FROM unnest(types) t
                     WHERE t !~ '^(\*|[a-z]{1,30}\.(\*|[a-z_]{1,40}))$') THEN
        RAISE EXCEPTION 'types of a webhook are malformed' USING ERRCODE = '22023',
            HINT = 'Name 1 to 100 event types: "order.completed", "order.*" or "*".';
    ELSIF description IS NULL OR octet_length(description) > 1000 THEN
        RAISE EXCEPTION 'description of a webhook must have at most 1000 bytes'
            USING ERRCODE = '22023';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_webhook(text, text[], text) IS
    'Internal: raises 22023 when an endpoint cannot be as described.';

DROP FUNCTION IF EXISTS tix.new_webhook_secret();
CREATE FUNCTION tix.new_webhook_secret() RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT 'whsec_' || encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
                              'base64')
$$;
COMMENT ON FUNCTION tix.new_webhook_secret() IS
    'Internal: a secret of 32 bytes, 244 of their bits random, as Standard Webhooks writes it.';

DROP FUNCTION IF EXISTS tix.skip_to_now();
CREATE FUNCTION tix.skip_to_now() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE webhook_settings s SET cursor = format('%s-%s-%s', outbox_epoch(),
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1, 999999999999999999)
    WHERE NOT EXISTS (SELECT FROM webhook_endpoints w WHERE w.enabled);
END $$;
COMMENT ON FUNCTION tix.skip_to_now() IS
    'Internal: where no endpoint is enabled, nobody wanted the events that have settled: the '
    'first that is need not wait until they were looked at.';

DROP FUNCTION IF EXISTS tix.tix_create_webhook(text, text[], text);
CREATE FUNCTION tix.tix_create_webhook(
    url text, types text[], description text DEFAULT '', OUT endpoint_id uuid, OUT secret text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_webhook(tix_create_webhook.url, tix_create_webhook.types,
                          tix_create_webhook.description);
    IF (SELECT count(*) FROM webhook_endpoints) >= 1000 THEN
        RAISE EXCEPTION 'there are 1000 webhooks already' USING ERRCODE = '54000',
            HINT = 'Delete one with tix_delete_webhook().';
    END IF;
    PERFORM skip_to_now();
    INSERT INTO webhook_endpoints (url, types, description)
    VALUES (tix_create_webhook.url, tix_create_webhook.types, tix_create_webhook.description)
    RETURNING webhook_endpoints.endpoint_id INTO endpoint_id;
    secret := new_webhook_secret();
    INSERT INTO webhook_secrets (endpoint_id, secret)
    VALUES (tix_create_webhook.endpoint_id, tix_create_webhook.secret);
END $$;
COMMENT ON FUNCTION tix.tix_create_webhook(text, text[], text) IS
    'Tells an endpoint (https://host/path) of the events from now on whose types are named '
    '("order.completed", "order.*", "*"; 1 to 100). Returns the secret that verifies their '
    'signatures (Standard Webhooks), which is never shown again. Errors: 22023 malformed, 54000 '
    'there are 1000 already.';

DROP FUNCTION IF EXISTS tix.tix_update_webhook(uuid, text, text[], text, boolean);
CREATE FUNCTION tix.tix_update_webhook(
    endpoint_id uuid, url text DEFAULT NULL, types text[] DEFAULT NULL,
    description text DEFAULT NULL, enabled boolean DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    known tix.webhook_endpoints;
BEGIN
    SELECT * INTO known FROM webhook_endpoints e
    WHERE e.endpoint_id = tix_update_webhook.endpoint_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'webhook does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_list_webhooks() has those that do.';
    END IF;
    known.url := coalesce(tix_update_webhook.url, known.url);
    known.types := coalesce(tix_update_webhook.types, known.types);
    known.description := coalesce(tix_update_webhook.description, known.description);
    PERFORM check_webhook(known.url, known.types, known.description);
    IF tix_update_webhook.enabled AND NOT known.enabled THEN
        PERFORM skip_to_now();
        known.wants_since := clock_timestamp();
        known.dead_in_a_row := 0;
        known.disabled_reason := NULL;
    ELSIF NOT tix_update_webhook.enabled AND known.enabled THEN
        known.disabled_reason := 'by an operator';
    END IF;
    known.enabled := coalesce(tix_update_webhook.enabled, known.enabled);
    UPDATE webhook_endpoints e
    SET url = known.url, types = known.types, description = known.description,
        enabled = known.enabled, wants_since = known.wants_since,
        dead_in_a_row = known.dead_in_a_row, disabled_reason = known.disabled_reason
    WHERE e.endpoint_id = known.endpoint_id;
END $$;
COMMENT ON FUNCTION tix.tix_update_webhook(uuid, text, text[], text, boolean) IS
    'Changes what is not NULL of an endpoint. Disabled, it is not told of what happens meanwhile, '
    'and what it was to be told already waits; enabling it again starts with a clean slate. '
    'Errors: P0002 unknown, 22023 malformed.';

DROP FUNCTION IF EXISTS tix.tix_rotate_webhook_secret(uuid, interval);
CREATE FUNCTION tix.tix_rotate_webhook_secret(
    endpoint_id uuid, both_for interval DEFAULT '24 hours') RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    fresh CONSTANT text := new_webhook_secret();
BEGIN
    IF both_for IS NULL OR both_for NOT BETWEEN '0' AND interval '30 days' THEN
        RAISE EXCEPTION 'both_for must be 0 to 30 days' USING ERRCODE = '22023';
    END IF;
    UPDATE webhook_secrets s
    SET former_secret = s.secret, former_until = clock_timestamp() + both_for, secret = fresh
    WHERE s.endpoint_id = tix_rotate_webhook_secret.endpoint_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'webhook does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_list_webhooks() has those that do.';
    END IF;
    RETURN fresh;
END $$;
COMMENT ON FUNCTION tix.tix_rotate_webhook_secret(uuid, interval) IS
    'Gives an endpoint a new secret and returns it, once. For both_for (0 to 30 days) deliveries '
    'have the signatures of the old one, too. Errors: P0002 unknown, 22023 both_for.';

DROP FUNCTION IF EXISTS tix.tix_delete_webhook(uuid);
CREATE FUNCTION tix.tix_delete_webhook(endpoint_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM webhook_endpoints e WHERE e.endpoint_id = tix_delete_webhook.endpoint_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'webhook does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_list_webhooks() has those that do.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_delete_webhook(uuid) IS
    'Forgets an endpoint with its secret and its deliveries. Error P0002: unknown.';

DROP FUNCTION IF EXISTS tix.tix_list_webhooks(uuid, int);
CREATE FUNCTION tix.tix_list_webhooks(after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (endpoint_id uuid, url text, types text[], description text, enabled boolean,
               disabled_reason text, dead_in_a_row int, created_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT e.endpoint_id, e.url, e.types, e.description, e.enabled, e.disabled_reason,
               e.dead_in_a_row, e.created_at
        FROM webhook_endpoints e WHERE $1 IS NULL OR e.endpoint_id > $1
        ORDER BY e.endpoint_id LIMIT page_size($2);
END $$;
COMMENT ON FUNCTION tix.tix_list_webhooks(uuid, int) IS
    'Endpoints by id, max_rows (1 to 100) from behind "after" (NULL: the first), without their '
    'secrets. Error 22023: max_rows.';

REVOKE ALL ON FUNCTION
    tix.check_webhook, tix.new_webhook_secret, tix.skip_to_now, tix.tix_create_webhook,
    tix.tix_update_webhook, tix.tix_rotate_webhook_secret, tix.tix_delete_webhook,
    tix.tix_list_webhooks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_create_webhook, tix.tix_update_webhook, tix.tix_rotate_webhook_secret,
    tix.tix_delete_webhook, tix.tix_list_webhooks TO tix_admin;
