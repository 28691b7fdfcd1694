-- Identity functions: register, sign in, stay signed in by refresh tokens, and give roles.
-- Requires tix >= 1.0
--
-- Locking: whoever changes the tokens of a family takes the family's advisory lock first, so that
-- a successor that is being made is not missed by whoever revokes the family.

DROP FUNCTION IF EXISTS tix.checked_email(text);
CREATE FUNCTION tix.checked_email(email text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    trimmed CONSTANT text := btrim(email, E' \t\r\n');
BEGIN
    IF trimmed IS NULL OR octet_length(trimmed) > 254
       OR trimmed !~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' THEN
        RAISE EXCEPTION 'e-mail address is not valid' USING ERRCODE = '22023',
            HINT = 'Give one address with one @ and no spaces, at most 254 bytes.';
    END IF;
    RETURN trimmed;
END $$;
COMMENT ON FUNCTION tix.checked_email(text) IS
    'Internal: the address without surrounding space. Error 22023: it cannot be one.';

DROP FUNCTION IF EXISTS tix.checked_name(text);
CREATE FUNCTION tix.checked_name(display_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    shown CONSTANT text := nullif(btrim(display_name), '');
BEGIN
    IF char_length(shown) > 200 OR shown ~ '[[:cntrl:]]' THEN
        RAISE EXCEPTION 'display name is not valid' USING ERRCODE = '22023',
            HINT = 'Give at most 200 printable characters.';
    END IF;
    RETURN shown;
END $$;
COMMENT ON FUNCTION tix.checked_name(text) IS
    'Internal: the name without surrounding space, NULL when empty. Error 22023: it cannot be one.';

DROP FUNCTION IF EXISTS tix.tix_register_user(text, text, text);
CREATE FUNCTION tix.tix_register_user(
    email text, password_hash text, display_name text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    address CONSTANT text := checked_email(email);
    shown CONSTANT text := checked_name(tix_register_user.display_name);
    created uuid;
BEGIN
    IF password_hash IS NULL OR password_hash !~ '^\$' OR octet_length(password_hash) > 512 THEN
        RAISE EXCEPTION 'password hash is not a PHC string' USING ERRCODE = '22023',
            HINT = 'Pass the hash ($argon2id$...), never the password.';
    END IF;
    INSERT INTO users (email, password_hash, display_name)
    VALUES (address, tix_register_user.password_hash, shown)
    ON CONFLICT (lower(email)) DO NOTHING RETURNING users.user_id INTO created;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'e-mail address is taken' USING ERRCODE = '23505',
            HINT = 'Sign in, or register another address.';
    END IF;
    RETURN created;
END $$;
COMMENT ON FUNCTION tix.tix_register_user(text, text, text) IS
    'Makes an active user with role buyer and returns the id. email: trimmed, at most 254 bytes, '
    'unique whatever its case; password_hash: PHC string; display_name: at most 200 characters, '
    'NULL or empty: none. Errors: 22023 malformed argument, 23505 the address is taken.';

DROP FUNCTION IF EXISTS tix.tix_get_credentials(text);
CREATE FUNCTION tix.tix_get_credentials(email text)
RETURNS TABLE (user_id uuid, email text, display_name text, role text, password_hash text,
               status text)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
    SELECT u.user_id, u.email, u.display_name, u.role, u.password_hash, u.status
    FROM users u WHERE lower(u.email) = lower(checked_email($1))
$$;
COMMENT ON FUNCTION tix.tix_get_credentials(text) IS
    'What is needed to sign in the user of an address (any case); no row when it is unknown. '
    'password_hash is NULL for a user who cannot sign in by password; refuse every status but '
    'active. Error 22023: malformed address.';

DROP FUNCTION IF EXISTS tix.expiry_of_token(bytea, interval);
CREATE FUNCTION tix.expiry_of_token(token_hash bytea, ttl interval) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF octet_length(token_hash) IS DISTINCT FROM 32 THEN
        RAISE EXCEPTION 'hash of a refresh token must have 32 bytes' USING ERRCODE = '22023',
            HINT = 'Pass the SHA-256 of the token, never the token.';
    ELSIF ttl IS NULL OR ttl < interval '1 second' OR ttl > interval '366 days' THEN
        RAISE EXCEPTION 'lifetime of a refresh token is out of range' USING ERRCODE = '22023',
            HINT = 'Give 1 second to 366 days.';
    END IF;
    RETURN clock_timestamp() + ttl;
END $$;
COMMENT ON FUNCTION tix.expiry_of_token(bytea, interval) IS
    'Internal: when a new refresh token expires. Error 22023: malformed hash or lifetime.';

DROP FUNCTION IF EXISTS tix.tix_issue_refresh_token(uuid, bytea, interval);
CREATE FUNCTION tix.tix_issue_refresh_token(user_id uuid, token_hash bytea, ttl interval)
RETURNS timestamptz
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    owner CONSTANT uuid := tix_issue_refresh_token.user_id;
    ends CONSTANT timestamptz := expiry_of_token(token_hash, ttl);
BEGIN
    DELETE FROM refresh_tokens t WHERE t.user_id = owner AND t.expires_at <= clock_timestamp();
    INSERT INTO refresh_tokens (token_hash, user_id, family, expires_at)
    SELECT tix_issue_refresh_token.token_hash, u.user_id, gen_random_uuid(), ends
    FROM users u WHERE u.user_id = owner AND u.status = 'active';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist or is not active' USING ERRCODE = 'P0002',
            HINT = 'Refuse the sign-in.';
    END IF;
    RETURN ends;
END $$;
COMMENT ON FUNCTION tix.tix_issue_refresh_token(uuid, bytea, interval) IS
    'Starts a family of refresh tokens for a user who signed in and returns when its first '
    'expires. token_hash: SHA-256 of a random token; ttl: 1 second to 366 days. Also drops the '
    'user''s expired tokens. Errors: 22023 malformed hash or lifetime, P0002 no active user, '
    '23505 the hash exists.';

DROP FUNCTION IF EXISTS tix.lock_token_family(bytea);
CREATE FUNCTION tix.lock_token_family(token_hash bytea) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    kin uuid;
BEGIN
    SELECT t.family INTO kin FROM refresh_tokens t
    WHERE t.token_hash = lock_token_family.token_hash;
    PERFORM pg_advisory_xact_lock(hashtextextended('tix refresh token ' || kin, 0));
    RETURN kin;
END $$;
COMMENT ON FUNCTION tix.lock_token_family(bytea) IS
    'Internal: the family of a token, locked until the transaction ends; NULL when unknown.';

DROP FUNCTION IF EXISTS tix.tix_rotate_refresh_token(bytea, bytea, interval);
CREATE FUNCTION tix.tix_rotate_refresh_token(token_hash bytea, new_hash bytea, ttl interval)
RETURNS TABLE (user_id uuid, email text, display_name text, role text, expires_at timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    ends CONSTANT timestamptz := expiry_of_token(new_hash, ttl);
    kin CONSTANT uuid := lock_token_family(token_hash);
BEGIN
    UPDATE refresh_tokens t SET used_at = clock_timestamp()
    FROM users u
    WHERE t.token_hash = tix_rotate_refresh_token.token_hash AND t.used_at IS NULL
      AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp()
      AND u.user_id = t.user_id AND u.status = 'active'
    RETURNING u.user_id, u.email, u.display_name, u.role
    INTO user_id, email, display_name, role;
    IF NOT FOUND THEN
        -- Raises nothing: the revocation has to be committed.
        UPDATE refresh_tokens t SET revoked_at = clock_timestamp()
        WHERE t.family = kin AND t.revoked_at IS NULL AND EXISTS (
            SELECT FROM refresh_tokens dead
            WHERE dead.token_hash = tix_rotate_refresh_token.token_hash
              AND dead.used_at IS NOT NULL);
        RETURN;
    END IF;
    INSERT INTO refresh_tokens (token_hash, user_id, family, expires_at)
    VALUES (new_hash, user_id, kin, ends);
    expires_at := ends;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION tix.tix_rotate_refresh_token(bytea, bytea, interval) IS
    'Exchanges a live refresh token for the next of its family and tells whose it is. Hashes are '
    'SHA-256; ttl of the new one 1 second to 366 days. No row: unknown, expired, revoked, or its '
    'user is not active; a token that was exchanged before also revokes its whole family (commit '
    'that). Errors: 22023 malformed hash or lifetime, 23505 the new hash exists.';

DROP FUNCTION IF EXISTS tix.tix_revoke_refresh_token(bytea);
CREATE FUNCTION tix.tix_revoke_refresh_token(token_hash bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    kin CONSTANT uuid := lock_token_family(token_hash);
BEGIN
    UPDATE refresh_tokens t SET revoked_at = clock_timestamp()
    WHERE t.family = kin AND t.revoked_at IS NULL;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION tix.tix_revoke_refresh_token(bytea) IS
    'Signs out: revokes the token''s whole family. false: unknown or revoked before.';

DROP FUNCTION IF EXISTS tix.lock_families_of(uuid);
CREATE FUNCTION tix.lock_families_of(user_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('tix refresh token ' || f.family, 0))
    FROM (SELECT DISTINCT t.family FROM refresh_tokens t
          WHERE t.user_id = lock_families_of.user_id ORDER BY t.family) f;
END $$;
COMMENT ON FUNCTION tix.lock_families_of(uuid) IS
    'Internal: locks every token family of a user until the transaction ends, in one order for '
    'all; a statement after it sees the successors that were being made.';

DROP FUNCTION IF EXISTS tix.tix_sign_out_everywhere(uuid);
CREATE FUNCTION tix.tix_sign_out_everywhere(user_id uuid) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
DECLARE
    ended int;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    PERFORM lock_families_of(tix_sign_out_everywhere.user_id);
    WITH gone AS (
        UPDATE refresh_tokens t SET revoked_at = clock_timestamp()
        WHERE t.user_id = tix_sign_out_everywhere.user_id AND t.revoked_at IS NULL
        RETURNING t.family)
    SELECT count(DISTINCT g.family) INTO ended FROM gone g;
    RETURN ended;
END $$;
COMMENT ON FUNCTION tix.tix_sign_out_everywhere(uuid) IS
    'Revokes every refresh token of a user, for a lost device or a new password; returns how many '
    'sign-ins ended, 0 for an unknown user. Access tokens live on until they expire.';

DROP FUNCTION IF EXISTS tix.tix_prune_refresh_tokens(int);
CREATE FUNCTION tix.tix_prune_refresh_tokens(max_rows int DEFAULT 10000) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();  -- the index takes no volatile condition
    pruned int;
BEGIN
    IF max_rows IS NULL OR max_rows <= 0 THEN
        RAISE EXCEPTION 'max_rows must be positive' USING ERRCODE = '22023',
            HINT = 'Give how many tokens to forget at most.';
    END IF;
    DELETE FROM refresh_tokens t WHERE t.ctid = ANY (ARRAY(
        SELECT old.ctid FROM refresh_tokens old WHERE old.expires_at <= moment
        ORDER BY old.expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION tix.tix_prune_refresh_tokens(int) IS
    'Forgets refresh tokens that have expired, the oldest first, at most max_rows (default 10000), '
    'of users who never signed in again; returns how many. Error 22023: max_rows is not positive.';

DROP FUNCTION IF EXISTS tix.tix_set_user_role(uuid, text);
DROP FUNCTION IF EXISTS tix.tix_set_user_role(uuid, text, uuid);
CREATE FUNCTION tix.tix_set_user_role(user_id uuid, role text, actor uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT text := tix_set_user_role.role;
    had text;
BEGIN
    IF wanted IS NULL
       OR wanted NOT IN ('buyer', 'organizer', 'box_office', 'gate', 'admin') THEN
        RAISE EXCEPTION 'role "%" does not exist', coalesce(wanted, 'NULL')
            USING ERRCODE = '22023',
                  HINT = 'Roles are buyer, organizer, box_office, gate and admin.';
    END IF;
    SELECT u.role INTO had FROM users u
    WHERE u.user_id = tix_set_user_role.user_id AND u.status <> 'closed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist' USING ERRCODE = 'P0002',
            HINT = 'Roles are given by user_id, not by address.';
    ELSIF had <> wanted THEN
        UPDATE users u SET role = wanted WHERE u.user_id = tix_set_user_role.user_id;
        PERFORM log_act(actor, 'set_user_role', tix_set_user_role.user_id::text,
                        jsonb_build_object('from', had, 'to', wanted));
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_set_user_role(uuid, text, uuid) IS
    'Gives a user the role buyer, organizer, box_office, gate or admin, from the next access token '
    'on, and leaves an audit row. actor: the user who decided it, NULL: an operator at the '
    'database. Errors: 22023 no such role, P0002 no such user, or closed.';

DROP FUNCTION IF EXISTS tix.tix_set_user_status(uuid, text, text, uuid);
CREATE FUNCTION tix.tix_set_user_status(
    user_id uuid, status text, reason text, actor uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    whom CONSTANT uuid := tix_set_user_status.user_id;
    wanted CONSTANT text := tix_set_user_status.status;
    had text;
BEGIN
    IF (wanted IN ('active', 'suspended') AND char_length(reason) BETWEEN 1 AND 1000)
       IS NOT TRUE THEN
        RAISE EXCEPTION 'status and reason must be given' USING ERRCODE = '22023',
            HINT = 'A status is active or suspended; a reason has 1 to 1000 characters.';
    END IF;
    PERFORM lock_families_of(whom);
    SELECT u.status INTO had FROM users u
    WHERE u.user_id = whom AND u.status <> 'closed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist' USING ERRCODE = 'P0002',
            HINT = 'A closed user stays closed.';
    ELSIF had <> wanted THEN
        UPDATE users u SET status = wanted WHERE u.user_id = whom;
        UPDATE refresh_tokens t SET revoked_at = clock_timestamp()
        WHERE t.user_id = whom AND t.revoked_at IS NULL;
        PERFORM log_act(actor, 'set_user_status', whom::text,
                        jsonb_build_object('from', had, 'to', wanted, 'reason', reason));
    END IF;
END $$;
COMMENT ON FUNCTION tix.tix_set_user_status(uuid, text, text, uuid) IS
    'Suspends a user, or makes a suspended one active; both end every sign-in and leave an audit '
    'row. reason: 1 to 1000 characters; actor as in tix_set_user_role(). Access tokens live on '
    'until they expire. Errors: 22023 status or reason, P0002 no such user, or closed.';

REVOKE ALL ON FUNCTION
    tix.checked_email, tix.checked_name, tix.tix_register_user, tix.tix_get_credentials,
    tix.expiry_of_token, tix.tix_issue_refresh_token, tix.lock_token_family,
    tix.tix_rotate_refresh_token, tix.tix_revoke_refresh_token, tix.lock_families_of,
    tix.tix_sign_out_everywhere, tix.tix_prune_refresh_tokens, tix.tix_set_user_role,
    tix.tix_set_user_status FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_register_user, tix.tix_get_credentials, tix.tix_issue_refresh_token,
    tix.tix_rotate_refresh_token, tix.tix_revoke_refresh_token,
    tix.tix_sign_out_everywhere TO tix_app;
GRANT EXECUTE ON FUNCTION
    tix.tix_sign_out_everywhere, tix.tix_prune_refresh_tokens, tix.tix_set_user_role,
    tix.tix_set_user_status TO tix_admin;
