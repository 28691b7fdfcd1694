-- Promotions: codes that make an order cheaper, with caps that hold whoever asks at once.

CREATE TABLE tix.promotions (
    promotion_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL REFERENCES tix.events,
    code text NOT NULL CHECK (octet_length(code) BETWEEN 1 AND 64),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount bigint CHECK (amount > 0),
    permille numeric(7, 3) CHECK (permille > 0 AND permille <= 1000),
    valid_from timestamptz NOT NULL DEFAULT '-infinity',
    valid_until timestamptz NOT NULL DEFAULT 'infinity' CHECK (valid_until > valid_from),
    max_uses int CHECK (max_uses >= 0),
    max_uses_per_user int CHECK (max_uses_per_user >= 0),
    budget_amount bigint CHECK (budget_amount >= 0),
    min_amount bigint NOT NULL DEFAULT 0 CHECK (min_amount >= 0),
    tariffs text[] NOT NULL DEFAULT '{}',
    categories text[] NOT NULL DEFAULT '{}',
    uses int NOT NULL DEFAULT 0 CHECK (uses >= 0),
    spent_amount bigint NOT NULL DEFAULT 0 CHECK (spent_amount >= 0),
    CHECK ((amount IS NULL) <> (permille IS NULL))
);
CREATE UNIQUE INDEX promotions_code ON tix.promotions (event_id, upper(code));
COMMENT ON TABLE tix.promotions IS
    'Codes that take something off an order. A code counts whatever its case. Amounts are minor '
    'units of the currency.';
COMMENT ON COLUMN tix.promotions.amount IS
    'What the code takes off the lines it is for, together, in proportion to their base; never '
    'more than they cost. NULL when permille says it.';
COMMENT ON COLUMN tix.promotions.permille IS
    'Thousandths of the base of each line it is for, rounded half up line by line.';
COMMENT ON COLUMN tix.promotions.max_uses IS 'Orders that may use it; NULL: any number.';
COMMENT ON COLUMN tix.promotions.max_uses_per_user IS 'Orders of one user; NULL: any number.';
COMMENT ON COLUMN tix.promotions.budget_amount IS
    'All discounts together; an order that would go beyond is refused. NULL: no bound.';
COMMENT ON COLUMN tix.promotions.min_amount IS
    'The base of all lines of the order must be as much, when the order is made.';
COMMENT ON COLUMN tix.promotions.tariffs IS 'Tariffs it is for; empty: all.';
COMMENT ON COLUMN tix.promotions.categories IS 'Seat categories it is for; empty: all.';
COMMENT ON COLUMN tix.promotions.uses IS
    'Orders that use it now. An order that ends unpaid gives its use back; one that is refunded '
    'does not. Late money takes the use again, also beyond the caps: the price was promised.';
COMMENT ON COLUMN tix.promotions.spent_amount IS 'Sum of the discounts of these orders.';

CREATE TABLE tix.promotion_uses (
    order_id uuid PRIMARY KEY REFERENCES tix.orders,
    promotion_id uuid NOT NULL REFERENCES tix.promotions,
    user_id uuid NOT NULL,
    discount_amount bigint NOT NULL CHECK (discount_amount >= 0),
    given_back_at timestamptz
);
COMMENT ON TABLE tix.promotion_uses IS 'Which order used which code, and what it saved.';
COMMENT ON COLUMN tix.promotion_uses.given_back_at IS 'NULL while the use counts.';
CREATE INDEX promotion_uses_user_id ON tix.promotion_uses (promotion_id, user_id)
    WHERE given_back_at IS NULL;

ALTER TABLE tix.orders ADD COLUMN promotion_id uuid;
COMMENT ON COLUMN tix.orders.promotion_id IS 'The code that was used; NULL: none.';

CREATE TYPE tix.priced_order AS (
    total_amount bigint, currency text, lines tix.order_line[], promotion_id uuid,
    discount_amount bigint);
COMMENT ON TYPE tix.priced_order IS
    'The lines of an order on their way into it, with their sum and what a promotion took off.';
