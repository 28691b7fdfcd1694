-- Signing in at another issuer: logins, linking and unlinking.
-- Requires tix >= 1.0
--
-- The gateway checks the issuer's signature; these functions believe what it says. An address never
-- links by itself to a user who has it: whoever registered it first need not be its owner.

DROP FUNCTION IF EXISTS tix.check_external(text, text);
CREATE FUNCTION tix.check_external(issuer text, subject text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF (issuer ~ '^[!-~]{1,255}$' AND subject ~ '^[ -~]{1,255}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'issuer or subject of a login is not valid' USING ERRCODE = '22023',
            HINT = 'Pass the claims "iss" and "sub", 1 to 255 ASCII characters each.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_external(text, text) IS
    'Internal: error 22023 when these cannot be the claims "iss" and "sub" of a token.';

DROP FUNCTION IF EXISTS tix.tix_login_external(text, text, text, boolean, text);
CREATE FUNCTION tix.tix_login_external(
    issuer text, subject text, email text DEFAULT NULL, email_verified boolean DEFAULT false,
    display_name text DEFAULT NULL,
    OUT user_id uuid, OUT address text, OUT name text, OUT role text, OUT created boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    via CONSTANT text := tix_login_external.issuer;
    who CONSTANT text := tix_login_external.subject;
    known tix.users;
BEGIN
    PERFORM check_external(via, who);
    -- Two first logins at once make one user.
    PERFORM pg_advisory_xact_lock(hashtextextended(format('tix login %s %s', via, who), 0));
    UPDATE external_logins l SET last_login_at = clock_timestamp()
    FROM users u WHERE l.issuer = via AND l.subject = who AND u.user_id = l.user_id
    RETURNING u.* INTO known;
    created := NOT FOUND;
    IF created THEN
        IF email_verified IS NOT TRUE THEN
            RAISE EXCEPTION 'first login needs a verified e-mail address'
                USING ERRCODE = '22023', HINT = 'Ask the issuer for the scope "email".';
        END IF;
        INSERT INTO users (email, display_name)
        VALUES (checked_email(tix_login_external.email),
                checked_name(tix_login_external.display_name))
        ON CONFLICT (lower(email)) DO NOTHING RETURNING * INTO known;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'e-mail address is taken' USING ERRCODE = '23505',
                HINT = 'Sign in as that user and link this login.';
        END IF;
        INSERT INTO external_logins (issuer, subject, user_id, last_login_at)
        VALUES (via, who, known.user_id, clock_timestamp());
    ELSIF known.status <> 'active' THEN
        RAISE EXCEPTION 'user does not exist or is not active' USING ERRCODE = 'P0002',
            HINT = 'Only an operator can make the user active again.';
    END IF;
    user_id := known.user_id;
    address := known.email;
    name := known.display_name;
    role := known.role;
END $$;
COMMENT ON FUNCTION tix.tix_login_external(text, text, text, boolean, text) IS
    'Whom the claims "iss" and "sub" of a checked token name. The first login makes a buyer, with '
    'the verified address and at most 200 characters of name, and no password; created tells so. '
    'Errors: 22023 malformed claims, address or name, or the address of a first login is not '
    'verified; 23505 another user has the address (link instead); P0002 the user is suspended or '
    'closed.';

DROP FUNCTION IF EXISTS tix.tix_link_external(uuid, text, text);
CREATE FUNCTION tix.tix_link_external(user_id uuid, issuer text, subject text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    owner CONSTANT uuid := tix_link_external.user_id;
    has uuid;
BEGIN
    PERFORM check_external(issuer, subject);
    PERFORM FROM users u WHERE u.user_id = owner AND u.status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist or is not active' USING ERRCODE = 'P0002',
            HINT = 'Sign in again.';
    END IF;
    INSERT INTO external_logins (issuer, subject, user_id) VALUES ($2, $3, owner)
    ON CONFLICT (issuer, subject) DO NOTHING;
    IF FOUND THEN RETURN true; END IF;
    SELECT l.user_id INTO has FROM external_logins l WHERE l.issuer = $2 AND l.subject = $3;
    IF has IS DISTINCT FROM owner THEN
        RAISE EXCEPTION 'login is linked to another user' USING ERRCODE = '23505',
            HINT = 'Unlink it there first.';
    END IF;
    RETURN false;
END $$;
COMMENT ON FUNCTION tix.tix_link_external(uuid, text, text) IS
    'Lets a signed-in user also sign in by this issuer and subject, which the gateway has just '
    'checked. false: it did before. Errors: 22023 malformed claims, P0002 no active user, 23505 '
    'linked to another user.';

DROP FUNCTION IF EXISTS tix.tix_unlink_external(uuid, text, text);
CREATE FUNCTION tix.tix_unlink_external(user_id uuid, issuer text, subject text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
DECLARE
    owner CONSTANT uuid := tix_unlink_external.user_id;
    password text;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    PERFORM check_external(issuer, subject);
    -- Two unlinkings at once must not both believe in the other login.
    SELECT u.password_hash INTO password FROM users u WHERE u.user_id = owner FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM external_logins l
                   WHERE l.issuer = $2 AND l.subject = $3 AND l.user_id = owner) THEN
        RETURN false;
    ELSIF password IS NULL AND NOT EXISTS (
        SELECT FROM external_logins l
        WHERE l.user_id = owner AND (l.issuer, l.subject) <> ($2, $3)) THEN
        RAISE EXCEPTION 'login is the only way this user can sign in' USING ERRCODE = 'TX010',
            HINT = 'Set a password or link another login first.';
    END IF;
    DELETE FROM external_logins l WHERE l.issuer = $2 AND l.subject = $3;
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.tix_unlink_external(uuid, text, text) IS
    'Ends that a user signs in by this issuer and subject. false: the user has no such login. '
    'Errors: 22023 malformed claims, TX010 it is the user''s only way to sign in.';

DROP FUNCTION IF EXISTS tix.tix_list_external(uuid);
CREATE FUNCTION tix.tix_list_external(user_id uuid)
RETURNS TABLE (issuer text, subject text, linked_at timestamptz, last_login_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER ROWS 2
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    RETURN QUERY SELECT l.issuer, l.subject, l.linked_at, l.last_login_at
                 FROM external_logins l WHERE l.user_id = $1 ORDER BY l.linked_at, l.issuer;
END $$;
COMMENT ON FUNCTION tix.tix_list_external(uuid) IS
    'The external logins of a user, oldest first; no row for an unknown user.';

REVOKE ALL ON FUNCTION
    tix.check_external, tix.tix_login_external, tix.tix_link_external, tix.tix_unlink_external,
    tix.tix_list_external FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_login_external, tix.tix_link_external, tix.tix_unlink_external,
    tix.tix_list_external TO tix_app;
