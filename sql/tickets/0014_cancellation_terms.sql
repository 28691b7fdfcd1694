-- What the house keeps when a buyer gives a paid seat back.

CREATE TABLE tix.cancellation_terms (
    event_id uuid PRIMARY KEY REFERENCES tix.events,
    until_before_start interval NOT NULL DEFAULT '0' CHECK (until_before_start >= '0'),
    kept_permille numeric(7, 3) NOT NULL DEFAULT 0 CHECK (kept_permille BETWEEN 0 AND 1000),
    kept_amount bigint NOT NULL DEFAULT 0 CHECK (kept_amount >= 0)
);
COMMENT ON TABLE tix.cancellation_terms IS
    'Until when a buyer may cancel seats of an event that are paid, and what of each price is '
    'kept: permille of it, rounded half up, plus an amount, and never more than the price. An '
    'event without a row is cancelled until it starts, and all is paid back.';
COMMENT ON COLUMN tix.cancellation_terms.until_before_start IS
    'How long before its session starts a seat can be cancelled last.';
COMMENT ON COLUMN tix.cancellation_terms.kept_amount IS 'Minor units of the price''s currency.';
