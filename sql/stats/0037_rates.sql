-- What the statistics of the last minute are read by.

CREATE INDEX orders_created_at ON tix.orders USING brin (created_at)
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX orders_unsettled ON tix.orders (status)
    WHERE status IN ('in_doubt', 'paid_unfulfilled');
CREATE INDEX payment_alarms_raised_at ON tix.payment_alarms (raised_at);
