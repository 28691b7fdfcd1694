-- What the lines of an order cost: price of the seat, tariff, discount, fees and taxes.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql. Money is whole minor units; what is a part of an amount is
-- computed exactly and rounded half up, once for each line. A sum out of range is 22003.

DROP FUNCTION IF EXISTS tix.prices_of_seats(uuid, text[]);
CREATE FUNCTION tix.prices_of_seats(session_id uuid, seat_ids text[])
RETURNS TABLE (seat_id text, amount bigint, currency text, category text, category_id uuid)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.seat_id, p.price_amount, p.price_currency, s.category, p.category_id
        -- Each seat is probed by its whole key: as one scan with ANY, a session newer than the
        -- statistics is read from end to end. OFFSET keeps the probe a probe.
        FROM sessions e CROSS JOIN unnest(prices_of_seats.seat_ids) w (seat_id)
        CROSS JOIN LATERAL (
            SELECT k.seat_id, k.category, k.area_id FROM seats k
            WHERE k.session_id = prices_of_seats.session_id AND k.seat_id = w.seat_id
            OFFSET 0) s
        LEFT JOIN LATERAL (
            SELECT c.price_amount, c.price_currency, c.category_id
            FROM price_categories c
            WHERE c.event_id = e.event_id
              AND (c.categories = '{}' OR s.category = ANY (c.categories))
              AND (c.area_ids = '{}' OR s.area_id = ANY (c.area_ids))
            ORDER BY (c.area_ids <> '{}')::int * 2 + (c.categories <> '{}')::int DESC,
                     c.price_amount
            LIMIT 1) p ON true
        WHERE e.session_id = prices_of_seats.session_id;
END $$;
COMMENT ON FUNCTION tix.prices_of_seats(uuid, text[]) IS
    'Internal: the price of each seat in minor units and the price category it comes from; NULL '
    'where none is set. category: of the seat.';

DROP FUNCTION IF EXISTS tix.permille_of(bigint, numeric);
CREATE FUNCTION tix.permille_of(whole bigint, permille numeric) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN round(whole * permille * 0.001);
END $$;
COMMENT ON FUNCTION tix.permille_of(bigint, numeric) IS
    'Internal: thousandths of an amount of 0 or more, exact, rounded half up to the minor unit.';

DROP FUNCTION IF EXISTS tix.check_items(jsonb, text[]);
CREATE FUNCTION tix.check_items(items jsonb, seats text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    items_bytes_max CONSTANT int := 65536;
    attendee_bytes_max CONSTANT int := 4096;
    fault text;
BEGIN
    IF items IS NULL THEN
        RETURN;
    ELSIF jsonb_typeof(items) <> 'array' THEN
        fault := 'they are not an array';
    ELSIF octet_length(items::text) > items_bytes_max THEN
        fault := format('they have more than %s bytes', items_bytes_max);
    ELSE
        SELECT min(f.fault) INTO fault
        FROM jsonb_array_elements(items) i (item)
        CROSS JOIN LATERAL (SELECT CASE
            WHEN jsonb_typeof(item) <> 'object' THEN 'an item is not an object'
            WHEN item - '{seatId,tariff,attendee}'::text[] <> '{}'
                THEN 'an item has more than seatId, tariff and attendee'
            WHEN jsonb_typeof(item->'seatId') IS DISTINCT FROM 'string'
                 OR item->>'seatId' <> ALL (seats)
                THEN 'a seatId is not a seat of these locks'
            WHEN coalesce(jsonb_typeof(item->'tariff'), 'null') NOT IN ('null', 'string')
                THEN 'a tariff is not a text'
            WHEN coalesce(jsonb_typeof(item->'attendee'), 'null') = 'null' THEN NULL
            WHEN jsonb_typeof(item->'attendee') <> 'object'
                 OR jsonb_typeof(item->'attendee'->'name') IS DISTINCT FROM 'string'
                 OR item->'attendee'->>'name' = ''
                THEN 'an attendee is not an object with a name'
            WHEN octet_length((item->'attendee')::text) > attendee_bytes_max
                THEN format('an attendee has more than %s bytes', attendee_bytes_max)
            END) f (fault);
        IF fault IS NULL AND EXISTS (SELECT FROM jsonb_array_elements(items) i (item)
                                     GROUP BY item->>'seatId' HAVING count(*) > 1) THEN
            fault := 'a seat comes twice';
        END IF;
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'items of an order are wrong: %', fault USING ERRCODE = '22023',
            HINT = 'Give [{"seatId", "tariff", "attendee": {"name"}}], each seat once.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_items(jsonb, text[]) IS
    'Internal: what a caller says about the seats of an order: an array of at most 64 kB of '
    '{seatId, tariff, attendee {name, …} of at most 4 kB}, about these seats, each once; NULL: '
    'nothing. Error 22023.';

DROP FUNCTION IF EXISTS tix.lines_by_tariff(uuid, text[], bigint[], jsonb);
CREATE FUNCTION tix.lines_by_tariff(
    session_id uuid, seats text[], locks bigint[], items jsonb)
RETURNS TABLE (seat_id text, lock_id bigint, category text, tariff text, attendee jsonb,
               base_amount bigint, currency text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    event CONSTANT uuid := (SELECT s.event_id FROM sessions s
                            WHERE s.session_id = lines_by_tariff.session_id);
BEGIN
    RETURN QUERY
        SELECT w.seat_id, w.lock_id, p.category, coalesce(i.item->>'tariff', 'standard'),
               nullif(i.item->'attendee', 'null'),
               CASE WHEN coalesce(i.item->>'tariff', 'standard') = 'standard' THEN p.amount
                    ELSE coalesce(t.amount, permille_of(p.amount, t.permille)) END,
               coalesce(t.currency, p.currency)
        FROM unnest(seats, locks) AS w (seat_id, lock_id)
        JOIN prices_of_seats(lines_by_tariff.session_id, seats) p ON p.seat_id = w.seat_id
        LEFT JOIN jsonb_array_elements(items) AS i (item) ON i.item->>'seatId' = w.seat_id
        LEFT JOIN LATERAL (
            SELECT k.amount, k.currency, k.permille FROM tariffs k
            WHERE k.event_id = event AND k.name = i.item->>'tariff'
              AND (k.category_id IS NULL OR k.category_id = p.category_id)
            ORDER BY k.category_id NULLS LAST LIMIT 1) t ON true;
END $$;
COMMENT ON FUNCTION tix.lines_by_tariff(uuid, text[], bigint[], jsonb) IS
    'Internal: seats with what items says of them, at the price of their tariff; base_amount is '
    'NULL when there is no such tariff or no price.';

DROP FUNCTION IF EXISTS tix.charges_of_line(uuid, text, text, bigint, text);
CREATE FUNCTION tix.charges_of_line(
    event_id uuid, category text, tariff text, net_amount bigint, currency text,
    OUT fee_amount bigint, OUT tax_amount bigint, OUT charges jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule tix.charge_rules;
    share bigint;
BEGIN
    fee_amount := 0;
    tax_amount := 0;
    IF net_amount = 0 THEN RETURN; END IF;
    -- Fees come first: taxes are on them, too.
    FOR rule IN SELECT * FROM charge_rules r
                WHERE r.event_id = charges_of_line.event_id
                  AND (r.categories = '{}' OR charges_of_line.category = ANY (r.categories))
                  AND (r.tariffs = '{}' OR charges_of_line.tariff = ANY (r.tariffs))
                ORDER BY r.kind, r.name LOOP
        IF rule.currency <> charges_of_line.currency THEN
            RAISE EXCEPTION 'a % of the event is in %, its prices are in %', rule.kind,
                rule.currency, charges_of_line.currency USING ERRCODE = '55000',
                HINT = 'Set it in the currency of the prices with tix_set_charge().';
        END IF;
        share := CASE
            WHEN rule.amount IS NOT NULL THEN rule.amount
            WHEN rule.kind = 'fee' THEN permille_of(net_amount, rule.permille)
            WHEN NOT rule.included THEN permille_of(net_amount + fee_amount, rule.permille)
            -- x / (1000 + x), half up, without a quotient that was rounded before
            ELSE div(2 * (net_amount + fee_amount) * rule.permille + 1000 + rule.permille,
                     2 * (1000 + rule.permille)) END;
        IF rule.kind = 'fee' THEN
            fee_amount := fee_amount + share;
        ELSIF NOT rule.included THEN
            tax_amount := tax_amount + share;
        END IF;
        charges := coalesce(charges, '[]') || jsonb_build_object(
            'kind', rule.kind, 'name', rule.name, 'amount', share, 'included', rule.included);
    END LOOP;
END $$;
COMMENT ON FUNCTION tix.charges_of_line(uuid, text, text, bigint, text) IS
    'Internal: fees and taxes of a line that costs net_amount (base less discount), by '
    'charge_rules; the sums leave included taxes out, charges lists all. Errors: 55000 a fixed '
    'amount in another currency, 22003 out of range.';

DROP FUNCTION IF EXISTS
    tix.price_lines(uuid, text[], bigint[], jsonb, tix.promotions, bigint, boolean);
CREATE FUNCTION tix.price_lines(
    session_id uuid, seats text[], locks bigint[], items jsonb, code tix.promotions,
    allowance bigint, complimentary boolean DEFAULT false) RETURNS tix.order_line[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    event CONSTANT uuid := (SELECT s.event_id FROM sessions s
                            WHERE s.session_id = price_lines.session_id);
    lines tix.order_line[];
    wrong record;
BEGIN
    PERFORM check_items(items, seats);
    WITH base AS (
        SELECT b.*, coalesce((code.tariffs = '{}' OR b.tariff = ANY (code.tariffs))
                         AND (code.categories = '{}' OR b.category = ANY (code.categories)),
                             false) AS reduced
        FROM lines_by_tariff(price_lines.session_id, seats, locks, items) b),
    summed AS (
        SELECT b.*, sum(b.base_amount) OVER (PARTITION BY b.reduced) AS whole,
               sum(b.base_amount) OVER (PARTITION BY b.reduced ORDER BY b.seat_id) AS so_far
        FROM base b),
    net AS (
        -- A fixed amount is shared in proportion to the base; the shares add up exactly.
        SELECT s.*, CASE
            WHEN complimentary THEN s.base_amount
            WHEN NOT s.reduced OR s.whole = 0 THEN 0
            WHEN code.permille IS NOT NULL THEN permille_of(s.base_amount, code.permille)
            ELSE div(least(allowance, s.whole) * s.so_far, s.whole)
                 - div(least(allowance, s.whole) * (s.so_far - s.base_amount), s.whole)
            END::bigint AS discount
        FROM summed s)
    SELECT array_agg(ROW(n.seat_id, n.lock_id, n.tariff, n.attendee, n.base_amount, c.fee_amount,
                         c.tax_amount, n.discount,
                         n.base_amount - n.discount + c.fee_amount + c.tax_amount, n.currency,
                         c.charges)::tix.order_line ORDER BY n.seat_id)
    INTO lines
    FROM net n CROSS JOIN LATERAL charges_of_line(
        event, n.category, n.tariff, n.base_amount - n.discount, n.currency) c;

    SELECT l.seat_id, l.tariff, l.base_amount IS NULL AND l.tariff <> 'standard' AS unknown
    INTO wrong FROM unnest(lines) l
    WHERE l.base_amount IS NULL OR l.currency IS DISTINCT FROM lines[1].currency
    ORDER BY 3 DESC LIMIT 1;
    IF wrong.unknown THEN
        RAISE EXCEPTION 'seat % has no tariff "%"', wrong.seat_id, wrong.tariff
            USING ERRCODE = '22023', HINT = 'The tariffs are set with tix_set_tariff().';
    ELSIF wrong.seat_id IS NOT NULL THEN
        RAISE EXCEPTION 'seats of an order must have prices in one currency'
            USING ERRCODE = '55000', HINT = 'Set the prices with tix_set_price().';
    END IF;
    RETURN lines;
END $$;
COMMENT ON FUNCTION
    tix.price_lines(uuid, text[], bigint[], jsonb, tix.promotions, bigint, boolean) IS
    'Internal: the lines of seats as they are ordered now, by seat. code: a promotion or NULL; '
    'allowance: what a fixed one may still take off, in minor units; complimentary: nothing is to '
    'be paid. Errors: 22003 out of range, 22023 items or tariff, 55000 no price or several '
    'currencies.';

DROP FUNCTION IF EXISTS tix.price_order(uuid, text[], bigint[], jsonb, text);
CREATE FUNCTION tix.price_order(
    session_id uuid, seats text[], locks bigint[], items jsonb, promo text)
RETURNS tix.priced_order
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    priced tix.priced_order;
    code tix.promotions;
BEGIN
    IF promo IS NOT NULL THEN
        code := promotion_of_code((SELECT s.event_id FROM sessions s
                                   WHERE s.session_id = price_order.session_id), promo);
    END IF;
    priced.lines := price_lines(session_id, seats, locks, items, code, code.amount);
    priced.currency := priced.lines[1].currency;
    SELECT sum(l.price_amount) INTO priced.total_amount FROM unnest(priced.lines) l;
    IF promo IS NOT NULL THEN
        priced.promotion_id := code.promotion_id;
        priced.discount_amount := check_promotion(code, priced.lines);
    END IF;
    RETURN priced;
END $$;
COMMENT ON FUNCTION tix.price_order(uuid, text[], bigint[], jsonb, text) IS
    'Internal: the lines of a new order, with its promotion. Errors: as price_lines(), '
    'promotion_of_code() and check_promotion().';

DROP FUNCTION IF EXISTS tix.insert_lines(uuid, tix.priced_order);
CREATE FUNCTION tix.insert_lines(order_id uuid, priced tix.priced_order) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    inserted int;
BEGIN
    INSERT INTO order_items (order_id, lock_id, seat_id, price_amount, price_currency, tariff,
                             attendee, base_amount, fee_amount, tax_amount, discount_amount)
    SELECT insert_lines.order_id, l.lock_id, l.seat_id, l.price_amount, l.currency, l.tariff,
           l.attendee, l.base_amount, l.fee_amount, l.tax_amount, l.discount_amount
    FROM unnest(priced.lines) l ON CONFLICT (lock_id, seat_id) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    IF inserted < cardinality(priced.lines) THEN
        RAISE EXCEPTION 'lock already belongs to an order' USING ERRCODE = 'TX010',
            HINT = 'Pay or cancel the order that exists.';
    END IF;
    INSERT INTO order_item_charges (order_item_id, kind, name, amount, included)
    SELECT i.order_item_id, c.kind, c.name, c.amount, c.included
    FROM unnest(priced.lines) l
    JOIN order_items i ON i.order_id = insert_lines.order_id AND i.seat_id = l.seat_id
    CROSS JOIN jsonb_to_recordset(l.charges)
        AS c (kind text, name text, amount bigint, included boolean)
    WHERE l.charges IS NOT NULL;
    IF priced.promotion_id IS NOT NULL THEN
        PERFORM take_promotion(priced.promotion_id, insert_lines.order_id,
                               priced.discount_amount);
    END IF;
END $$;
COMMENT ON FUNCTION tix.insert_lines(uuid, tix.priced_order) IS
    'Internal: writes lines with their charges into an order and counts the use of its promotion. '
    'Errors: TX010 a lock is in an order already, TX005 the promotion is used up.';

REVOKE ALL ON FUNCTION
    tix.prices_of_seats, tix.permille_of, tix.check_items, tix.lines_by_tariff,
    tix.charges_of_line, tix.price_lines, tix.price_order, tix.insert_lines FROM PUBLIC;
