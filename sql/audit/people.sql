-- People: what admins do with users, what users do with their own account, and the log of acts.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_list_acts_as(uuid, bigint, int);
CREATE FUNCTION tix.tix_list_acts_as(
    actor uuid, before bigint DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (audit_id bigint, document jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM role_of_actor(tix_list_acts_as.actor, '{admin}');
    RETURN QUERY
        SELECT l.audit_id, jsonb_build_object(
            'actId', l.audit_id::text, 'at', rfc3339(l.at), 'act', l.act,
            'databaseUser', l.actor, 'actor', l.detail->'actor',
            'subject', coalesce(l.detail->>'subject', l.session_id::text),
            'detail', l.detail - '{actor,subject}'::text[])
        FROM tix_list_acts(tix_list_acts_as.before, page_size(max_rows)) l
        ORDER BY l.audit_id DESC;
END $$;
COMMENT ON FUNCTION tix.tix_list_acts_as(uuid, bigint, int) IS
    'tix_list_acts() for an admin, as documents {actId, at, act, databaseUser, actor, subject, '
    'detail}, 1 to 100. Errors: P0002 no admin, 22023 max_rows.';

DROP FUNCTION IF EXISTS tix.user_as_told(tix.users);
CREATE FUNCTION tix.user_as_told(u tix.users) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN jsonb_build_object(
        'userId', u.user_id, 'email', u.email, 'displayName', u.display_name,
        'phoneNumber', u.phone_number, 'role', u.role, 'status', u.status,
        'hasPassword', u.password_hash IS NOT NULL, 'createdAt', rfc3339(u.created_at));
END $$;
COMMENT ON FUNCTION tix.user_as_told(tix.users) IS 'Internal: a user as the user sees it.';

DROP FUNCTION IF EXISTS tix.tix_list_users_as(uuid, text, text, uuid, int);
CREATE FUNCTION tix.tix_list_users_as(
    actor uuid, only_email text DEFAULT NULL, only_role text DEFAULT NULL,
    after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (user_id uuid, document jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    RETURN QUERY
        SELECT m.user_id, jsonb_build_object(
            'userId', m.user_id, 'email', m.email, 'displayName', m.display_name,
            'phoneNumber', m.phone_number, 'role', m.role, 'status', m.status,
            'hasPassword', m.has_password, 'createdAt', rfc3339(m.created_at))
        FROM (SELECT u.user_id AS id FROM users u
              WHERE (only_email IS NULL OR lower(u.email) = lower(btrim(only_email)))
                AND (only_role IS NULL OR u.role = only_role)
                AND (after IS NULL OR u.user_id > after)
              ORDER BY u.user_id LIMIT page_size(max_rows)) page
        JOIN users_masked m ON m.user_id = page.id ORDER BY m.user_id;
END $$;
COMMENT ON FUNCTION tix.tix_list_users_as(uuid, text, text, uuid, int) IS
    'Users for an admin, masked as in tix.users_masked, by id, max_rows (1 to 100) from behind '
    '"after": the one of an address (any case; NULL: all), those of a role (NULL: all). Errors: '
    'P0002 no admin, 22023 max_rows.';

DROP FUNCTION IF EXISTS tix.need_other(uuid, uuid);
CREATE FUNCTION tix.need_other(actor uuid, user_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM role_of_actor(actor, '{admin}');
    IF user_id = actor THEN
        RAISE EXCEPTION 'nobody changes their own role or status' USING ERRCODE = 'TX010',
            HINT = 'Another admin does: so there is always one left.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.need_other(uuid, uuid) IS
    'Internal. Errors: P0002 the actor is no active admin, TX010 it is the user.';

DROP FUNCTION IF EXISTS tix.tix_set_user_role_as(uuid, uuid, text);
CREATE FUNCTION tix.tix_set_user_role_as(actor uuid, user_id uuid, role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM need_other(actor, user_id);
    PERFORM tix_set_user_role(user_id, role, actor);
END $$;
COMMENT ON FUNCTION tix.tix_set_user_role_as(uuid, uuid, text) IS
    'tix_set_user_role() for an admin, of anybody else. Errors: P0002 unknown, closed or no admin, '
    '22023 no such role, TX010 the actor''s own.';

DROP FUNCTION IF EXISTS tix.tix_set_user_status_as(uuid, uuid, text, text);
CREATE FUNCTION tix.tix_set_user_status_as(actor uuid, user_id uuid, status text, reason text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM need_other(actor, user_id);
    PERFORM tix_set_user_status(user_id, status, reason, actor);
END $$;
COMMENT ON FUNCTION tix.tix_set_user_status_as(uuid, uuid, text, text) IS
    'tix_set_user_status() for an admin, of anybody else. Errors: P0002 unknown, closed or no '
    'admin, 22023 as there, TX010 the actor''s own.';

DROP FUNCTION IF EXISTS tix.tix_get_profile(uuid);
CREATE FUNCTION tix.tix_get_profile(user_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    mine tix.users;
BEGIN
    SELECT * INTO mine FROM users u
    WHERE u.user_id = tix_get_profile.user_id AND u.erased_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist' USING ERRCODE = 'P0002',
            HINT = 'Ids of another system have no profile here.';
    END IF;
    RETURN user_as_told(mine);
END $$;
COMMENT ON FUNCTION tix.tix_get_profile(uuid) IS
    'A user''s own profile: {userId, email, displayName, phoneNumber, role, status, hasPassword, '
    'createdAt}. Error P0002: unknown or erased.';

DROP FUNCTION IF EXISTS tix.tix_update_profile(uuid, text, text);
CREATE FUNCTION tix.tix_update_profile(
    user_id uuid, display_name text DEFAULT NULL, phone_number text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    shown CONSTANT text := checked_name(tix_update_profile.display_name);
    dialled CONSTANT text := nullif(btrim(tix_update_profile.phone_number), '');
    mine tix.users;
BEGIN
    IF dialled !~ '^\+?[0-9][0-9 ()/.-]{2,30}$' THEN
        RAISE EXCEPTION 'phone number is not valid' USING ERRCODE = '22023',
            HINT = 'Give 3 to 32 digits, with + before the country and spaces if you like.';
    END IF;
    UPDATE users u
    SET display_name = CASE WHEN tix_update_profile.display_name IS NULL THEN u.display_name
                            ELSE shown END,
        phone_number = CASE WHEN tix_update_profile.phone_number IS NULL THEN u.phone_number
                            ELSE dialled END
    WHERE u.user_id = tix_update_profile.user_id AND u.status = 'active' RETURNING * INTO mine;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist or is not active' USING ERRCODE = 'P0002',
            HINT = 'Sign in again.';
    END IF;
    RETURN user_as_told(mine);
END $$;
COMMENT ON FUNCTION tix.tix_update_profile(uuid, text, text) IS
    'Changes what is not NULL of a user''s own profile, the empty text removes it; returns it as '
    'tix_get_profile(). Errors: 22023 a name over 200 characters, no phone number; P0002 no active '
    'user.';

DROP FUNCTION IF EXISTS tix.tix_export_own(uuid);
CREATE FUNCTION tix.tix_export_own(user_id uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    RETURN tix_export_user(user_id, user_id);
END $$;
COMMENT ON FUNCTION tix.tix_export_own(uuid) IS
    'tix_export_user() for the user who asks. Error P0002: no such user.';

DROP FUNCTION IF EXISTS tix.tix_erase_own(uuid, text);
CREATE FUNCTION tix.tix_erase_own(user_id uuid, email text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    mine tix.users;
BEGIN
    SELECT * INTO mine FROM users u
    WHERE u.user_id = tix_erase_own.user_id AND u.status = 'active';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist or is not active' USING ERRCODE = 'P0002',
            HINT = 'Sign in again.';
    ELSIF lower(mine.email) IS DISTINCT FROM lower(btrim(tix_erase_own.email)) THEN
        RAISE EXCEPTION 'e-mail address is not that of the account' USING ERRCODE = '22023',
            HINT = 'Give the address of the account that is to be erased for ever.';
    ELSIF mine.role = 'admin' THEN
        RAISE EXCEPTION 'an admin does not erase the own account' USING ERRCODE = 'TX010',
            HINT = 'Another admin takes the role away first: so there is always one left.';
    END IF;
    RETURN tix_erase_user(mine.user_id, 'asked for by the person', mine.user_id);
END $$;
COMMENT ON FUNCTION tix.tix_erase_own(uuid, text) IS
    'tix_erase_user() for the user who asks and who gives the address of the account, so that it '
    'is no slip. Errors: P0002 no active user, 22023 another address, TX010 an admin, or as there.';

REVOKE ALL ON FUNCTION
    tix.tix_list_acts_as, tix.user_as_told, tix.tix_list_users_as, tix.need_other,
    tix.tix_set_user_role_as, tix.tix_set_user_status_as, tix.tix_get_profile,
    tix.tix_update_profile, tix.tix_export_own, tix.tix_erase_own FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_list_acts_as, tix.tix_list_users_as, tix.tix_set_user_role_as,
    tix.tix_set_user_status_as, tix.tix_get_profile, tix.tix_update_profile, tix.tix_export_own,
    tix.tix_erase_own TO tix_app;
