-- Signing keys: made, rotated and revoked; and base64url, as codes are written.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.base64url_encode(bytea);
CREATE FUNCTION tix.base64url_encode(bytes bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN translate(encode(bytes, 'base64'), E'+/=\n', '-_');
END $$;
COMMENT ON FUNCTION tix.base64url_encode(bytea) IS
    'Internal: base64url without padding (RFC 4648 section 5).';

DROP FUNCTION IF EXISTS tix.base64url_decode(text);
CREATE FUNCTION tix.base64url_decode(code text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    bytes bytea;
BEGIN
    IF length(code) % 4 = 1 OR code !~ '^[A-Za-z0-9_-]*$' THEN
        RETURN NULL;
    END IF;
    bytes := decode(rpad(translate(code, '-_', '+/'), (length(code) + 3) / 4 * 4, '='), 'base64');
    RETURN CASE WHEN base64url_encode(bytes) = code THEN bytes END;
END $$;
COMMENT ON FUNCTION tix.base64url_decode(text) IS
    'Internal: what base64url_encode() wrote; NULL for anything that it would not have written.';

DROP FUNCTION IF EXISTS tix.tix_rotate_signing_key(text);
CREATE FUNCTION tix.tix_rotate_signing_key(purpose text) RETURNS smallint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT text := tix_rotate_signing_key.purpose;
    last int;
    fresh bytea;
BEGIN
    IF wanted IS NULL OR octet_length(wanted) > 32 OR wanted !~ '^[a-z][a-z_]*$' THEN
        RAISE EXCEPTION 'purpose of a signing key is not valid' USING ERRCODE = '22023',
            HINT = 'Give 1 to 32 lower-case letters or underscores, such as "ticket".';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('tix signing key ' || wanted, 0));
    last := coalesce((SELECT max(k.key_id) FROM signing_keys k WHERE k.purpose = wanted), 0);
    IF last = 255 THEN
        RAISE EXCEPTION 'no id is left for a key of purpose "%"', wanted USING ERRCODE = '54000',
            HINT = 'A code has one byte for it, and no id is used twice.';
    END IF;
    UPDATE signing_keys k SET retired_at = clock_timestamp(), seed = NULL
    WHERE k.purpose = wanted AND k.retired_at IS NULL;
    -- Each uuid has 122 bits from the operating system's generator.
    fresh := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                    || uuid_send(gen_random_uuid()));
    INSERT INTO signing_keys (purpose, key_id, seed, public_key)
    VALUES (wanted, last + 1, fresh, tix_ed25519_public_key(fresh));
    INSERT INTO audit_log (act, detail)
    VALUES ('rotate_signing_key', jsonb_build_object('purpose', wanted, 'keyId', last + 1));
    RETURN last + 1;
END $$;
COMMENT ON FUNCTION tix.tix_rotate_signing_key(text) IS
    'For operators: makes a new key for a purpose ("ticket"), which signs from COMMIT on, and '
    'forgets the private half of the one before; what that signed stays verifiable until it is '
    'revoked. Returns the new key''s id and leaves an audit row. Give offline gates the public '
    'keys anew. Errors: 22023 malformed purpose, 54000 all 255 ids are used.';

DROP FUNCTION IF EXISTS tix.tix_revoke_signing_key(text, int, text);
CREATE FUNCTION tix.tix_revoke_signing_key(purpose text, key_id int, reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT text := tix_revoke_signing_key.purpose;
    bad tix.signing_keys;
BEGIN
    IF wanted IS NULL OR tix_revoke_signing_key.key_id IS NULL
       OR coalesce(tix_revoke_signing_key.reason, '') = '' OR octet_length(reason) > 1000 THEN
        RAISE EXCEPTION 'purpose, key and reason must be given' USING ERRCODE = '22023',
            HINT = 'Give a reason of at most 1000 bytes: it is kept in the audit log.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('tix signing key ' || wanted, 0));
    SELECT * INTO bad FROM signing_keys k
    WHERE k.purpose = wanted AND k.key_id = tix_revoke_signing_key.key_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'signing key does not exist' USING ERRCODE = 'P0002',
            HINT = 'The keys are listed in tix.signing_keys.';
    ELSIF bad.revoked_at IS NOT NULL THEN
        RETURN false;
    ELSIF bad.retired_at IS NULL THEN
        PERFORM tix_rotate_signing_key(wanted);
    END IF;
    UPDATE signing_keys k SET revoked_at = clock_timestamp()
    WHERE k.purpose = wanted AND k.key_id = bad.key_id;
    INSERT INTO audit_log (act, detail)
    VALUES ('revoke_signing_key', jsonb_build_object(
        'purpose', wanted, 'keyId', bad.key_id, 'reason', reason));
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.tix_revoke_signing_key(text, int, text) IS
    'For operators: whatever this key signed is void from COMMIT on, as when its seed was stolen; '
    'a key that signs is rotated first. Tickets stay valid: their next code is signed by the new '
    'key. False when it was revoked before. Leaves an audit row. Errors: 22023 an argument is '
    'missing, P0002 unknown key.';

REVOKE ALL ON FUNCTION tix.base64url_encode, tix.base64url_decode, tix.tix_rotate_signing_key,
    tix.tix_revoke_signing_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_rotate_signing_key, tix.tix_revoke_signing_key TO tix_admin;
