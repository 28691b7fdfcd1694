-- Logins at other issuers (OpenID Connect), and what erasing a person leaves behind.

CREATE TABLE tix.external_logins (
    issuer text NOT NULL CHECK (octet_length(issuer) BETWEEN 1 AND 255),
    subject text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 255),
    user_id uuid NOT NULL REFERENCES tix.users ON DELETE CASCADE,
    linked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_login_at timestamptz,
    PRIMARY KEY (issuer, subject)
);
COMMENT ON TABLE tix.external_logins IS
    'Who signs in at another issuer: the pair names one user for ever; a user may have several.';
COMMENT ON COLUMN tix.external_logins.issuer IS 'Claim "iss" of the issuer''s tokens.';
COMMENT ON COLUMN tix.external_logins.subject IS
    'Claim "sub": at most 255 ASCII characters, and never given again to somebody else (OpenID '
    'Connect Core 1.0, section 2).';
CREATE INDEX external_logins_user_id ON tix.external_logins (user_id);

ALTER TABLE tix.users ADD COLUMN erased_at timestamptz,
    ADD CHECK (erased_at IS NULL OR (status = 'closed' AND password_hash IS NULL
                                     AND phone_number IS NULL AND display_name IS NULL));
COMMENT ON COLUMN tix.users.erased_at IS
    'When tix_erase_user() removed who this was; the row stays, because orders name its id.';

-- For tix_prune_refresh_tokens().
CREATE INDEX refresh_tokens_expires_at ON tix.refresh_tokens (expires_at);
