-- Sessions that do not take place as sold: what is paid back in bulk, and what buyers may ask for.

CREATE TABLE tix.mass_refunds (
    mass_refund_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid NOT NULL UNIQUE REFERENCES tix.sessions,
    reason text NOT NULL,
    actor uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);
COMMENT ON TABLE tix.mass_refunds IS
    'Cancelled sessions, whose orders are cancelled or paid back in steps.';

CREATE TABLE tix.mass_refund_orders (
    mass_refund_id uuid NOT NULL REFERENCES tix.mass_refunds,
    order_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
    detail text,
    PRIMARY KEY (mass_refund_id, order_id)
);
COMMENT ON TABLE tix.mass_refund_orders IS
    'Each order of a cancelled session: whether it is cancelled or its money owed back, and why '
    'not.';
CREATE INDEX mass_refund_orders_pending ON tix.mass_refund_orders (mass_refund_id)
    WHERE status = 'pending';

CREATE TABLE tix.postponements (
    session_id uuid NOT NULL REFERENCES tix.sessions,
    postponed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    old_start_time timestamptz NOT NULL,
    new_start_time timestamptz NOT NULL,
    refund_until timestamptz NOT NULL,
    reason text NOT NULL,
    actor uuid NOT NULL,
    PRIMARY KEY (session_id, postponed_at)
);
COMMENT ON TABLE tix.postponements IS
    'Sessions that were moved to another time, and until when their buyers may have the money '
    'back.';
