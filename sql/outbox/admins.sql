-- Outgoing webhooks as admins make and watch them through the gateway.
-- Requires tix >= 1.0
--
-- The outbox is of the whole house, so organizers have no endpoints of their own.

DROP FUNCTION IF EXISTS tix.tix_create_webhook_as(uuid, text, text[], text);
CREATE FUNCTION tix.tix_create_webhook_as(
    actor uuid, url text, types text[], description text DEFAULT NULL, OUT endpoint_id uuid,
    OUT secret text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    SELECT w.endpoint_id, w.secret INTO endpoint_id, secret
    FROM tix_create_webhook(url, types, coalesce(description, '')) w;
    PERFORM log_act(actor, 'create_webhook', endpoint_id::text, jsonb_build_object('url', url));
END $$;
COMMENT ON FUNCTION tix.tix_create_webhook_as(uuid, text, text[], text) IS
    'tix_create_webhook() for an admin. A repetition makes a second endpoint with its own secret: '
    'the first secret is shown once, and no stored answer may keep it. Errors: P0002 no admin, '
    '22023 and 54000 as there.';

DROP FUNCTION IF EXISTS tix.tix_list_webhooks_as(uuid, uuid, int);
CREATE FUNCTION tix.tix_list_webhooks_as(
    actor uuid, after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (endpoint_id uuid, document jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    RETURN QUERY
        SELECT w.endpoint_id, jsonb_build_object(
            'endpointId', w.endpoint_id, 'url', w.url, 'types', w.types,
            'description', w.description, 'enabled', w.enabled,
            'disabledReason', w.disabled_reason, 'deadInARow', w.dead_in_a_row,
            'createdAt', rfc3339(w.created_at))
        FROM tix_list_webhooks(after, max_rows) w ORDER BY w.endpoint_id;
END $$;
COMMENT ON FUNCTION tix.tix_list_webhooks_as(uuid, uuid, int) IS
    'tix_list_webhooks() for an admin, as documents. Errors: P0002 no admin, 22023 max_rows.';

DROP FUNCTION IF EXISTS tix.tix_update_webhook_as(uuid, uuid, text, text[], text, boolean);
CREATE FUNCTION tix.tix_update_webhook_as(
    actor uuid, endpoint_id uuid, url text DEFAULT NULL, types text[] DEFAULT NULL,
    description text DEFAULT NULL, enabled boolean DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    PERFORM tix_update_webhook(endpoint_id, url, types, description, enabled);
    PERFORM log_act(actor, 'update_webhook', endpoint_id::text, jsonb_strip_nulls(
        jsonb_build_object('url', url, 'types', types, 'enabled', enabled)));
END $$;
COMMENT ON FUNCTION tix.tix_update_webhook_as(uuid, uuid, text, text[], text, boolean) IS
    'tix_update_webhook() for an admin. Errors: P0002 unknown or no admin, 22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_delete_webhook_as(uuid, uuid);
CREATE FUNCTION tix.tix_delete_webhook_as(actor uuid, endpoint_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    PERFORM tix_delete_webhook(endpoint_id);
    PERFORM log_act(actor, 'delete_webhook', endpoint_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_delete_webhook_as(uuid, uuid) IS
    'tix_delete_webhook() for an admin. Error P0002: unknown or no admin.';

DROP FUNCTION IF EXISTS tix.tix_rotate_webhook_secret_as(uuid, uuid, interval);
CREATE FUNCTION tix.tix_rotate_webhook_secret_as(
    actor uuid, endpoint_id uuid, both_for interval DEFAULT '24 hours') RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    fresh text;
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    fresh := tix_rotate_webhook_secret(endpoint_id, coalesce(both_for, interval '24 hours'));
    PERFORM log_act(actor, 'rotate_webhook_secret', endpoint_id::text);
    RETURN fresh;
END $$;
COMMENT ON FUNCTION tix.tix_rotate_webhook_secret_as(uuid, uuid, interval) IS
    'tix_rotate_webhook_secret() for an admin; NULL: 24 hours. Errors: P0002 unknown or no admin, '
    '22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_list_webhook_deliveries_as(uuid, uuid, text, bigint, int);
CREATE FUNCTION tix.tix_list_webhook_deliveries_as(
    actor uuid, endpoint_id uuid, only_status text DEFAULT NULL, before bigint DEFAULT NULL,
    max_rows int DEFAULT 20)
RETURNS TABLE (delivery_id bigint, document jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    IF NOT EXISTS (SELECT FROM webhook_endpoints e
                   WHERE e.endpoint_id = tix_list_webhook_deliveries_as.endpoint_id) THEN
        RAISE EXCEPTION 'webhook does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_list_webhooks() has those that do.';
    END IF;
    RETURN QUERY
        SELECT d.delivery_id, jsonb_build_object(
            'deliveryId', d.delivery_id::text, 'eventId', d.event_id::text, 'type', d.type,
            'status', d.status, 'attempts', d.attempts, 'nextTryAt', CASE
                WHEN d.status = 'pending' THEN rfc3339(d.next_try_at) END,
            'lastStatus', d.last_status, 'lastDetail', d.last_detail,
            'createdAt', rfc3339(d.created_at), 'endedAt', rfc3339(d.ended_at))
        FROM tix_list_webhook_deliveries(
            tix_list_webhook_deliveries_as.endpoint_id, only_status, before, max_rows) d
        ORDER BY d.delivery_id DESC;
END $$;
COMMENT ON FUNCTION tix.tix_list_webhook_deliveries_as(uuid, uuid, text, bigint, int) IS
    'tix_list_webhook_deliveries() for an admin, as documents. Errors: P0002 unknown or no admin, '
    '22023 max_rows.';

DROP FUNCTION IF EXISTS tix.tix_webhook_retry_as(uuid, bigint);
CREATE FUNCTION tix.tix_webhook_retry_as(actor uuid, delivery_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    PERFORM tix_webhook_retry(delivery_id);
    PERFORM log_act(actor, 'retry_webhook', delivery_id::text);
END $$;
COMMENT ON FUNCTION tix.tix_webhook_retry_as(uuid, bigint) IS
    'tix_webhook_retry() for an admin. Errors: P0002 unknown or no admin, TX010 it was delivered.';

REVOKE ALL ON FUNCTION
    tix.tix_create_webhook_as, tix.tix_list_webhooks_as, tix.tix_update_webhook_as,
    tix.tix_delete_webhook_as, tix.tix_rotate_webhook_secret_as,
    tix.tix_list_webhook_deliveries_as, tix.tix_webhook_retry_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_create_webhook_as, tix.tix_list_webhooks_as, tix.tix_update_webhook_as,
    tix.tix_delete_webhook_as, tix.tix_rotate_webhook_secret_as,
    tix.tix_list_webhook_deliveries_as, tix.tix_webhook_retry_as TO tix_app;
