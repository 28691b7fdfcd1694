-- Outgoing webhooks: who wants to be told of which events, and what became of each delivery.

CREATE TABLE tix.webhook_endpoints (
    endpoint_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    url text NOT NULL CHECK (octet_length(url) <= 2000),
    types text[] NOT NULL,
    description text NOT NULL DEFAULT '',
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text,
    dead_in_a_row int NOT NULL DEFAULT 0 CHECK (dead_in_a_row >= 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    wants_since timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tix.webhook_endpoints IS 'Where events are posted to. Secrets are elsewhere.';
COMMENT ON COLUMN tix.webhook_endpoints.types IS 'Event types: "order.created", "order.*" or "*".';
COMMENT ON COLUMN tix.webhook_endpoints.dead_in_a_row IS
    'Deliveries given up since the last one that succeeded.';
COMMENT ON COLUMN tix.webhook_endpoints.wants_since IS
    'It is told of events from then on: since it was made, or last enabled.';

CREATE TABLE tix.webhook_secrets (
    endpoint_id uuid PRIMARY KEY REFERENCES tix.webhook_endpoints ON DELETE CASCADE,
    secret text NOT NULL CHECK (secret ~ '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$'),
    former_secret text,
    former_until timestamptz
);
COMMENT ON TABLE tix.webhook_secrets IS
    'What deliveries are signed with (Standard Webhooks: "whsec_" and base64). Read by '
    'tix_webhooks_due() alone; shown to the operator once, when it is made.';
COMMENT ON COLUMN tix.webhook_secrets.former_secret IS
    'The secret before, with which deliveries are signed as well until former_until.';

CREATE TABLE tix.webhook_deliveries (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES tix.webhook_endpoints ON DELETE CASCADE,
    event_id bigint NOT NULL,
    type text NOT NULL,
    body text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'dead')),
    attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_status int,
    last_detail text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    UNIQUE (endpoint_id, event_id)
);
COMMENT ON TABLE tix.webhook_deliveries IS
    'Events to tell an endpoint, each once; told until it answers 2xx, or given up.';
COMMENT ON COLUMN tix.webhook_deliveries.body IS
    'JSON text, the same bytes in every attempt; longer than the event is kept.';
COMMENT ON COLUMN tix.webhook_deliveries.attempts IS 'How often somebody was told to post it.';
COMMENT ON COLUMN tix.webhook_deliveries.last_status IS
    'HTTP status of the last answer; NULL: there was none.';
CREATE INDEX webhook_deliveries_due ON tix.webhook_deliveries (next_try_at)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_ended ON tix.webhook_deliveries (ended_at)
    WHERE status <> 'pending';

CREATE TABLE tix.webhook_settings (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    delays interval[] NOT NULL DEFAULT
        '{5 s,5 min,30 min,2 h,5 h,10 h,14 h,20 h,24 h}'
        CHECK (cardinality(delays) BETWEEN 1 AND 50 AND array_position(delays, NULL) IS NULL),
    jitter real NOT NULL DEFAULT 0.2 CHECK (jitter BETWEEN 0 AND 1),
    answer_s int NOT NULL DEFAULT 60 CHECK (answer_s BETWEEN 1 AND 3600),
    dead_max int NOT NULL DEFAULT 5 CHECK (dead_max > 0),
    keep_days int NOT NULL DEFAULT 30 CHECK (keep_days BETWEEN 1 AND 3650),
    cursor text
);
COMMENT ON TABLE tix.webhook_settings IS 'How deliveries are retried; one row.';
COMMENT ON COLUMN tix.webhook_settings.delays IS
    'Pause after each attempt that failed (the schedule of Standard Webhooks); one attempt more '
    'than there are pauses, then the delivery is dead.';
COMMENT ON COLUMN tix.webhook_settings.jitter IS
    'A pause is longer by a random part of itself, at most this one.';
COMMENT ON COLUMN tix.webhook_settings.answer_s IS
    'Seconds after which an attempt without tix_webhook_result() counts as failed.';
COMMENT ON COLUMN tix.webhook_settings.dead_max IS
    'Deliveries dead in a row that disable an endpoint.';
COMMENT ON COLUMN tix.webhook_settings.keep_days IS 'Days that ended deliveries are kept.';
COMMENT ON COLUMN tix.webhook_settings.cursor IS 'Up to where the outbox was handed out.';
INSERT INTO tix.webhook_settings DEFAULT VALUES;
