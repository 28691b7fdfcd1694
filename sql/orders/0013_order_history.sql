-- What happened to an order, and what repeated requests to change one were answered.

CREATE TABLE tix.order_history (
    order_id uuid NOT NULL,
    entry_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    from_status text NOT NULL,
    to_status text NOT NULL,
    cause text NOT NULL,
    actor text NOT NULL,
    detail jsonb,
    PRIMARY KEY (order_id, entry_id)
);
COMMENT ON TABLE tix.order_history IS
    'Every change of an order, written by the trigger of its state and by what changes its items; '
    'append-only. That it was created is in orders.created_at.';
COMMENT ON COLUMN tix.order_history.to_status IS
    'As from_status when the items changed and the state did not.';
COMMENT ON COLUMN tix.order_history.actor IS
    'Id of the user who asked for it, else the database role that did it.';
COMMENT ON COLUMN tix.order_history.detail IS 'What changed in the items: seats and amounts.';

ALTER TABLE tix.orders ADD COLUMN changed_by text, ADD COLUMN changed_why text;
COMMENT ON COLUMN tix.orders.changed_by IS
    'An UPDATE of the status says here who asked for it; the trigger moves it to order_history.';
COMMENT ON COLUMN tix.orders.changed_why IS
    'Likewise the cause, when it is not the one of order_transitions.';

CREATE TABLE tix.order_answers (
    user_id uuid NOT NULL,
    act text NOT NULL,
    idempotency_key text NOT NULL,
    request jsonb NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_id, act, idempotency_key)
);
COMMENT ON TABLE tix.order_answers IS
    'Requests to change an order that carried an idempotency key, with their answer, for 24 '
    'hours; those to create one are kept in tix.orders.';
COMMENT ON COLUMN tix.order_answers.user_id IS 'Who asked: the buyer or the person of the house.';
CREATE INDEX order_answers_at ON tix.order_answers (answered_at);
