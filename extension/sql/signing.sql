-- Signatures and message codes for the functions of the schema; part of tix 1.0.

CREATE FUNCTION @extschema@.tix_ed25519_sign(seed bytea, message bytea) RETURNS bytea
AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.tix_ed25519_sign(bytea, bytea) IS
    'Internal: the Ed25519 signature (RFC 8032; 64 bytes) of a message by the private key, which '
    'is a seed of 32 random bytes. Error 22023: another length.';

CREATE FUNCTION @extschema@.tix_ed25519_verify(public_key bytea, message bytea, signature bytea)
RETURNS boolean
AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.tix_ed25519_verify(bytea, bytea, bytea) IS
    'Internal: whether the owner of a public key (32 bytes) signed (64 bytes) this message, by '
    'Ed25519 (RFC 8032). Error 22023: another length.';

CREATE FUNCTION @extschema@.tix_ed25519_public_key(seed bytea) RETURNS bytea
AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.tix_ed25519_public_key(bytea) IS
    'Internal: the public key (32 bytes) that belongs to an Ed25519 seed. Error 22023: another '
    'length.';

CREATE FUNCTION @extschema@.tix_hmac_sha256(key bytea, message bytea) RETURNS bytea
AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.tix_hmac_sha256(bytea, bytea) IS
    'Internal: HMAC-SHA-256 (RFC 2104; 32 bytes) of a message under a key of any length.';

-- Privileges --------------------------------------------------------------------------------------

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
