-- What a line of an order is made of: tariff, attendee, fees, taxes and discount.

CREATE TABLE tix.tariffs (
    tariff_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL REFERENCES tix.events,
    name text NOT NULL CHECK (name <> 'standard' AND octet_length(name) BETWEEN 1 AND 64),
    category_id uuid REFERENCES tix.price_categories ON DELETE CASCADE,
    amount bigint CHECK (amount >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    permille numeric(7, 3) CHECK (permille BETWEEN 0 AND 1000),
    CHECK ((amount IS NULL) <> (permille IS NULL) AND (amount IS NULL) = (currency IS NULL)),
    CONSTRAINT tariffs_name UNIQUE NULLS NOT DISTINCT (event_id, name, category_id)
);
COMMENT ON TABLE tix.tariffs IS
    'Prices other than "standard", which is the price of the seat: adult, child, concession, or '
    'any name. The row of the seat''s price category wins over the row without one.';
COMMENT ON COLUMN tix.tariffs.category_id IS 'NULL: seats of every price category.';
COMMENT ON COLUMN tix.tariffs.amount IS
    'The price in minor units of the currency; NULL when permille says it.';
COMMENT ON COLUMN tix.tariffs.permille IS
    'Thousandths of the price of the seat, rounded half up to the minor unit.';

CREATE TABLE tix.charge_rules (
    rule_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL REFERENCES tix.events,
    kind text NOT NULL CHECK (kind IN ('fee', 'tax')),
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 64),
    amount bigint CHECK (amount >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    permille numeric(7, 3) CHECK (permille BETWEEN 0 AND 1000),
    included boolean NOT NULL DEFAULT false CHECK (NOT included OR kind = 'tax'),
    categories text[] NOT NULL DEFAULT '{}',
    tariffs text[] NOT NULL DEFAULT '{}',
    CHECK ((amount IS NULL) <> (permille IS NULL) AND (amount IS NULL) = (currency IS NULL)),
    CHECK (NOT included OR amount IS NULL),
    CONSTRAINT charge_rules_name UNIQUE (event_id, kind, name)
);
COMMENT ON TABLE tix.charge_rules IS
    'Fees and taxes of an event, for each line of an order. A fee is an amount, or thousandths of '
    'base less discount; a tax is an amount, or thousandths of base less discount plus fees. Each '
    'is rounded half up to the minor unit, line by line. A line that costs nothing after its '
    'discount bears none.';
COMMENT ON COLUMN tix.charge_rules.included IS
    'The tax is a part of base and fees and is shown, not added: x permille of the net are '
    'x / (1000 + x) of what is paid.';
COMMENT ON COLUMN tix.charge_rules.categories IS 'Seat categories it is for; empty: all.';
COMMENT ON COLUMN tix.charge_rules.tariffs IS 'Tariffs it is for; empty: all.';

ALTER TABLE tix.order_items
    ADD COLUMN tariff text NOT NULL DEFAULT 'standard',
    ADD COLUMN attendee jsonb,
    ADD COLUMN base_amount bigint CHECK (base_amount >= 0),
    ADD COLUMN fee_amount bigint NOT NULL DEFAULT 0 CHECK (fee_amount >= 0),
    ADD COLUMN tax_amount bigint NOT NULL DEFAULT 0 CHECK (tax_amount >= 0),
    ADD COLUMN discount_amount bigint NOT NULL DEFAULT 0 CHECK (discount_amount >= 0),
    ADD COLUMN kept_amount bigint NOT NULL DEFAULT 0,
    ADD COLUMN cancelled_at timestamptz;
UPDATE tix.order_items SET base_amount = price_amount;
ALTER TABLE tix.order_items
    ADD CONSTRAINT order_items_sum
        CHECK (price_amount = base_amount + fee_amount + tax_amount - discount_amount),
    ADD CONSTRAINT order_items_kept
        CHECK (kept_amount BETWEEN 0 AND price_amount
               AND (kept_amount = 0 OR cancelled_at IS NOT NULL));
COMMENT ON COLUMN tix.order_items.price_amount IS
    'What the buyer pays for the seat, in minor units: base + fees + taxes - discount.';
COMMENT ON COLUMN tix.order_items.attendee IS
    'Who will sit there, as the buyer said: personal data. An object of at most 4 kB with a name.';
COMMENT ON COLUMN tix.order_items.base_amount IS
    'The price by the tariff, in minor units; NULL only in items no function of tix made.';
COMMENT ON COLUMN tix.order_items.tax_amount IS
    'Taxes that were added; those included are in order_item_charges.';
COMMENT ON COLUMN tix.order_items.kept_amount IS
    'What the house keeps of the price of a cancelled item, in minor units.';
COMMENT ON COLUMN tix.order_items.cancelled_at IS 'NULL while the item counts.';

CREATE TABLE tix.order_item_charges (
    order_item_id uuid NOT NULL REFERENCES tix.order_items ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('fee', 'tax')),
    name text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    included boolean NOT NULL,
    PRIMARY KEY (order_item_id, kind, name)
);
COMMENT ON TABLE tix.order_item_charges IS
    'The fees and taxes of a line, as they were when it was ordered, in minor units of its '
    'currency. Their sums, those included left out, are in the item.';

CREATE TYPE tix.order_line AS (
    seat_id text, lock_id bigint, tariff text, attendee jsonb, base_amount bigint,
    fee_amount bigint, tax_amount bigint, discount_amount bigint, price_amount bigint,
    currency text, charges jsonb);
COMMENT ON TYPE tix.order_line IS
    'A line on its way into order_items; charges: [{kind, name, amount, included}] or NULL.';

ALTER TABLE tix.orders ADD COLUMN first_answer jsonb;
COMMENT ON COLUMN tix.orders.first_answer IS
    'With an idempotency key, what else the order was asked for and what the first answer told, '
    'as the order may grow or shrink: [items, promo, total (minor units), [seat, ...]].';
UPDATE tix.orders o SET first_answer = jsonb_build_array(NULL, NULL, o.total_amount, to_jsonb(ARRAY(
    SELECT i.seat_id FROM tix.order_items i WHERE i.order_id = o.order_id ORDER BY i.seat_id)))
WHERE o.idempotency_key IS NOT NULL;
-- Keys are forgotten after 24 hours; a page of a buyer's orders is read by its key.
CREATE INDEX orders_keyed_at ON tix.orders (created_at) WHERE idempotency_key IS NOT NULL;
CREATE INDEX orders_user_page ON tix.orders (user_id, created_at DESC, order_id DESC);
DROP INDEX tix.orders_user_id;
