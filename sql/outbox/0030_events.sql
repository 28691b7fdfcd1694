-- The outbox: what happened to orders, payments, refunds and tickets, for whoever follows it.
--
-- Partitions: one a day (UTC), made ahead by tix_maintain_outbox(), and a DEFAULT one, so that a
-- missing partition never stops a sale. Beside a DEFAULT one, a partition is attached or dropped
-- under ACCESS EXCLUSIVE locks (of the default partition, or of the parent); the job asks for them
-- with NOWAIT and so never stands in a queue that buyers would have to join: it tries again later.
-- DETACH CONCURRENTLY, which a DEFAULT partition forbids, is not needed then. Nothing is lost
-- meanwhile: rows of a day without a partition are in the DEFAULT one, where readers and retention
-- find them like any others, and a day that has rows there gets no partition any more.
--
-- Commit order: numbers are taken before their transaction commits, so a reader that keeps the
-- highest number it saw would skip who committed late. Each row has its transaction's id, readers
-- order by (xid, event_id) and stop below the oldest transaction that still runs
-- (pg_snapshot_xmin): whatever is below has ended, and nothing can appear there any more.

CREATE SEQUENCE tix.events_outbox_event_id AS bigint;
CREATE TABLE tix.events_outbox (
    event_id bigint NOT NULL DEFAULT nextval('tix.events_outbox_event_id'),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    aggregate_type text NOT NULL,
    aggregate_id uuid NOT NULL,
    sequence int,
    type text NOT NULL,
    payload jsonb NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE tix.events_outbox IS
    'Events, append-only, written by triggers in the transaction that made them happen. Read it '
    'with tix_read_outbox() or through the publication tix_outbox. Payloads have ids and amounts '
    'in minor units, no personal data.';
COMMENT ON COLUMN tix.events_outbox.event_id IS
    'Unique. Of one aggregate, or one seat, the later event has the higher number.';
COMMENT ON COLUMN tix.events_outbox.xid IS
    'Transaction that wrote the event; 0 for those that came from another cluster.';
COMMENT ON COLUMN tix.events_outbox.aggregate_type IS
    'order, payment, refund, ticket or session.';
COMMENT ON COLUMN tix.events_outbox.sequence IS
    'Number of the event in its aggregate, from 1 without gaps. NULL for seat.*, whose aggregate '
    'is the session: many sell in it at once, and nobody waits for a common number.';
CREATE INDEX events_outbox_position ON tix.events_outbox (xid, event_id);
CREATE TABLE tix.events_outbox_default PARTITION OF tix.events_outbox DEFAULT;
COMMENT ON TABLE tix.events_outbox_default IS
    'Events of days that have no partition: normally none.';

CREATE TABLE tix.outbox_retention (
    type_prefix text PRIMARY KEY,
    keep_days int NOT NULL CHECK (keep_days BETWEEN 1 AND 3650),
    pruned_until date
);
COMMENT ON TABLE tix.outbox_retention IS
    'How long events are kept, by the beginning of their type; the longest that fits decides.';
COMMENT ON COLUMN tix.outbox_retention.pruned_until IS
    'Days (UTC) before this one have no such events any more; NULL: none was looked at yet.';
INSERT INTO tix.outbox_retention (type_prefix, keep_days) VALUES
    ('seat.', 7), ('', 30), ('order.', 90), ('payment.', 90), ('refund.', 90);

CREATE TABLE tix.outbox_epoch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch int NOT NULL DEFAULT 1,
    system_identifier bigint NOT NULL
);
COMMENT ON TABLE tix.outbox_epoch IS
    'The cluster whose transaction ids the events have. Data that was restored into another one '
    'begins a new epoch, in which cursors of the old are refused.';
INSERT INTO tix.outbox_epoch (system_identifier)
SELECT s.system_identifier FROM pg_control_system() s;

ALTER TABLE tix.orders ADD COLUMN event_sequence int NOT NULL DEFAULT 1;
ALTER TABLE tix.payments ADD COLUMN event_sequence int NOT NULL DEFAULT 1;
ALTER TABLE tix.refunds ADD COLUMN event_sequence int NOT NULL DEFAULT 1;
ALTER TABLE tix.tickets ADD COLUMN event_sequence int NOT NULL DEFAULT 1;
COMMENT ON COLUMN tix.orders.event_sequence IS 'Number of its last event in the outbox.';
COMMENT ON COLUMN tix.payments.event_sequence IS 'Number of its last event in the outbox.';
COMMENT ON COLUMN tix.refunds.event_sequence IS 'Number of its last event in the outbox.';
COMMENT ON COLUMN tix.tickets.event_sequence IS 'Number of its last event in the outbox.';

-- Inserts only: retention is no event, and a table without a key could publish nothing else. A
-- publication needs CREATE on the database to be made, and belongs to who migrates.
RESET ROLE;
SET LOCAL client_min_messages = error;  -- wal_level may be raised later
CREATE PUBLICATION tix_outbox FOR TABLE tix.events_outbox
    WITH (publish = 'insert', publish_via_partition_root = true);
COMMENT ON PUBLICATION tix_outbox IS
    'Events of tix.events_outbox as they commit, for logical replication (wal_level = logical).';
SET LOCAL client_min_messages = warning;
