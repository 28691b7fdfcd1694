-- The keys that sign: ticket codes, and whatever else is checked without asking the database.

CREATE TABLE tix.signing_keys (
    purpose text NOT NULL CHECK (purpose ~ '^[a-z][a-z_]{0,31}$'),
    key_id smallint NOT NULL CHECK (key_id BETWEEN 1 AND 255),
    seed bytea CHECK (octet_length(seed) = 32),
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    active_from timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz,
    revoked_at timestamptz CHECK (retired_at IS NOT NULL OR revoked_at IS NULL),
    PRIMARY KEY (purpose, key_id),
    CHECK ((seed IS NULL) = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX signing_keys_active ON tix.signing_keys (purpose) WHERE retired_at IS NULL;
COMMENT ON TABLE tix.signing_keys IS
    'Ed25519 keys (RFC 8032). One of each purpose signs; retired ones verify what they signed '
    'until they are revoked. Read by the functions of tix_owner alone; a dump contains the seeds '
    'that sign, so keep it as secret as they are.';
COMMENT ON COLUMN tix.signing_keys.key_id IS 'One byte of every code: 1 to 255, never used again.';
COMMENT ON COLUMN tix.signing_keys.seed IS 'The private key; NULL when it signs no more.';
