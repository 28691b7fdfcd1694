-- Users. Holds, orders and tickets name their owner by uuid and do not require a row here.

CREATE TABLE tix.users (
    user_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (email <> ''),
    phone_number text,
    display_name text,
    password_hash text,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email ON tix.users (lower(email));
COMMENT ON TABLE tix.users IS
    'People who may sign in. Ownership of a hold, order or ticket is a uuid argument: a box office '
    'or a foreign schema may use ids of its own.';
