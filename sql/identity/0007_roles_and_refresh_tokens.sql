-- What a user may do, and the refresh tokens by which a user stays signed in.

ALTER TABLE tix.users ADD COLUMN role text NOT NULL DEFAULT 'buyer'
    CHECK (role IN ('buyer', 'organizer', 'box_office', 'gate', 'admin'));
COMMENT ON COLUMN tix.users.role IS
    'What the user may do. Registering makes a buyer; only an operator makes anything else, with '
    'tix_set_user_role().';
COMMENT ON COLUMN tix.users.password_hash IS
    'PHC string of the password hash ($argon2id$...), never the password; NULL: cannot sign in.';

CREATE TABLE tix.refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id uuid NOT NULL REFERENCES tix.users ON DELETE CASCADE,
    family uuid NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    used_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE tix.refresh_tokens IS
    'Refresh tokens, each good for one use: it is replaced by the next of its family. A used one '
    'that comes back was stolen, or its successor was: the whole family is revoked.';
COMMENT ON COLUMN tix.refresh_tokens.token_hash IS 'SHA-256 of the token, never the token.';
COMMENT ON COLUMN tix.refresh_tokens.family IS 'One per sign-in.';
COMMENT ON COLUMN tix.refresh_tokens.used_at IS 'When it was exchanged for its successor.';
CREATE INDEX refresh_tokens_family ON tix.refresh_tokens (family);
CREATE INDEX refresh_tokens_user_id ON tix.refresh_tokens (user_id);
