-- Clients that no gateway serves.

CREATE TABLE tix.blocked_clients (
    client text PRIMARY KEY,
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    blocked_until timestamptz,
    blocked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tix.blocked_clients IS
    'Users, addresses and networks that no gateway serves; tix_block_client() adds and '
    'tix_unblock_client() removes, and both leave a row in tix.audit_log.';
COMMENT ON COLUMN tix.blocked_clients.client IS
    'The id of a user, or an address or a prefix as PostgreSQL prints a cidr.';
COMMENT ON COLUMN tix.blocked_clients.blocked_until IS 'NULL: until it is unblocked.';
