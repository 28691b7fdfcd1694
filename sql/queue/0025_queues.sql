-- Waiting rooms: queues, who joined them, whose turn it is, and who was let in.
--
-- A join is one row and one number of a sequence: no row is changed by everybody. Sequences cannot
-- be made by a function without dynamic SQL, so there is a pool of them.

CREATE TABLE tix.queue_keys (
    key_id smallint PRIMARY KEY CHECK (key_id > 0),
    secret bytea NOT NULL CHECK (octet_length(secret) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tix.queue_keys IS
    'HMAC-SHA-256 keys of queue tokens. The highest makes new tokens; those of any key here are '
    'good.';
INSERT INTO tix.queue_keys (key_id, secret)
VALUES (1, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                  || uuid_send(gen_random_uuid())));

DO $$
BEGIN
    FOR i IN 1 .. 32 LOOP
        EXECUTE format('CREATE SEQUENCE tix.queue_counter_%s', i);
    END LOOP;
END $$;

CREATE TABLE tix.queues (
    queue_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES tix.sessions,
    mode text NOT NULL CHECK (mode IN ('fifo', 'random')),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paused', 'closed')),
    opens_at timestamptz NOT NULL,
    rate double precision NOT NULL CHECK (rate > 0 AND rate <= 100000),
    max_active int NOT NULL CHECK (max_active BETWEEN 1 AND 1000000),
    grace interval NOT NULL,
    admission_ttl interval NOT NULL,
    max_length int NOT NULL CHECK (max_length BETWEEN 1 AND 100000000),
    target_p99_ms int NOT NULL CHECK (target_p99_ms BETWEEN 1 AND 60000),
    counter regclass NOT NULL,
    counter_base bigint NOT NULL,
    seed bytea NOT NULL CHECK (octet_length(seed) = 32),
    drawn int CHECK (drawn >= 0),
    serving bigint NOT NULL DEFAULT 0,
    lapsed bigint NOT NULL DEFAULT 0 CHECK (lapsed <= serving),
    credit double precision NOT NULL DEFAULT 0,
    rate_now double precision NOT NULL CHECK (rate_now > 0 AND rate_now <= rate),
    pace double precision NOT NULL DEFAULT 0,
    active int NOT NULL DEFAULT 0,
    outstanding int NOT NULL DEFAULT 0,
    stepped_at timestamptz,
    judged_at timestamptz,
    lock_calls bigint NOT NULL DEFAULT 0,
    slow_calls bigint NOT NULL DEFAULT 0,
    reported_p99_ms int,
    reported_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX queues_open_session ON tix.queues (session_id) WHERE state <> 'closed';
CREATE UNIQUE INDEX queues_open_counter ON tix.queues (counter) WHERE state <> 'closed';
CREATE INDEX queues_session_id ON tix.queues (session_id);
COMMENT ON TABLE tix.queues IS
    'Waiting rooms, one a session at a time. Places are called in order: those up to serving have '
    'been, those up to lapsed were not claimed within grace.';
COMMENT ON COLUMN tix.queues.rate IS 'Places called in a second at most, without pressure.';
COMMENT ON COLUMN tix.queues.rate_now IS 'The rate that the pressure on the engine allows.';
COMMENT ON COLUMN tix.queues.counter IS
    'Sequence that numbers the joins, from counter_base + 1 on.';
COMMENT ON COLUMN tix.queues.seed IS
    'Of the draw in mode random; published when the draw is over, its SHA-256 from the beginning.';
COMMENT ON COLUMN tix.queues.drawn IS
    'How many had joined at opens_at, among whom the places were drawn; NULL before.';
COMMENT ON COLUMN tix.queues.credit IS 'Places that may be called and were not, at most 5 seconds.';
COMMENT ON COLUMN tix.queues.pace IS 'Places called in a second, smoothed over 30 s.';
COMMENT ON COLUMN tix.queues.lock_calls IS
    'The engine''s counter of lock calls at the last judgement of its latency; slow_calls: of '
    'those that took target_p99_ms or longer.';

CREATE TABLE tix.queue_entries (
    queue_id int NOT NULL,  -- no foreign key: every join would lock the one row of its queue
    join_no bigint NOT NULL CHECK (join_no > 0),
    user_id uuid NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (queue_id, join_no),
    UNIQUE (queue_id, user_id)
);
COMMENT ON TABLE tix.queue_entries IS
    'Who joined a queue, numbered in the order of joining. A number without a row was rolled back, '
    'or its user joined again.';

CREATE TABLE tix.queue_calls (
    queue_id int NOT NULL REFERENCES tix.queues ON DELETE CASCADE,
    upto bigint NOT NULL,
    called_at timestamptz NOT NULL,
    PRIMARY KEY (queue_id, upto)
);
COMMENT ON TABLE tix.queue_calls IS
    'When the places up to upto were called, kept while they can be claimed.';

CREATE TABLE tix.queue_admissions (
    admission_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    queue_id int NOT NULL,
    join_no bigint NOT NULL,
    place bigint NOT NULL,
    user_id uuid NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended text CHECK (ended IN ('finished', 'given_up')),
    UNIQUE (queue_id, join_no),
    CHECK ((ended IS NULL) = (ended_at IS NULL))
);
CREATE INDEX queue_admissions_place ON tix.queue_admissions (queue_id, place);
CREATE INDEX queue_admissions_active ON tix.queue_admissions (queue_id, expires_at)
    WHERE ended_at IS NULL;
COMMENT ON TABLE tix.queue_admissions IS
    'Who was let in until when. Active: not ended, and expires_at is to come.';
