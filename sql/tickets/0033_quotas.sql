-- Quotas of price categories: how many seats of each are sold or in live orders.

CREATE INDEX price_categories_quota ON tix.price_categories (event_id) WHERE quota IS NOT NULL;
COMMENT ON COLUMN tix.price_categories.quota IS
    'Seats that may be sold in the category, over all sessions of the event; NULL: any number.';

CREATE TABLE tix.quota_counts (
    category_id uuid PRIMARY KEY REFERENCES tix.price_categories,
    taken bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE tix.quota_counts IS
    'Seats taken of each quota, before what quota_returns gives back. An order of seats with a '
    'quota locks the rows of its categories, in their order, until it commits.';
CREATE TABLE tix.quota_returns (
    return_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id uuid NOT NULL,
    seats int NOT NULL
);
COMMENT ON TABLE tix.quota_returns IS
    'Seats given back to quotas and not yet subtracted; negative: taken again by late money. Who '
    'gives back waits for nobody; who finds a quota used up subtracts.';
CREATE INDEX quota_returns_category_id ON tix.quota_returns (category_id);
CREATE TABLE tix.quota_items (
    order_id uuid NOT NULL,
    seat_id text NOT NULL,
    category_id uuid NOT NULL,
    live boolean NOT NULL DEFAULT true,
    PRIMARY KEY (order_id, seat_id)
);
COMMENT ON TABLE tix.quota_items IS
    'Seats of orders that count on a quota; live while they do.';
