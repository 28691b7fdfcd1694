-- Promotions: find a code, take a use of it, give the use back when the order comes to nothing.
-- Requires tix >= 1.0
--
-- Plans: as in sql/orders/functions.sql.
-- Locking: the row of the promotion is the counter; it is locked last, after the order's row, until
-- the end of the transaction, so of two that want the last use the second waits for the first.

DROP FUNCTION IF EXISTS tix.promotion_of_code(uuid, text);
CREATE FUNCTION tix.promotion_of_code(event_id uuid, code text) RETURNS tix.promotions
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    meant tix.promotions;
BEGIN
    SELECT * INTO meant FROM promotions p
    WHERE p.event_id = promotion_of_code.event_id
      AND upper(p.code) = upper(left(promotion_of_code.code, 65));
    IF NOT FOUND OR clock_timestamp() < meant.valid_from
       OR clock_timestamp() >= meant.valid_until THEN
        RAISE EXCEPTION 'promotion code does not exist or is not valid now'
            USING ERRCODE = '22023', HINT = 'Check the code, or order without it.';
    END IF;
    RETURN meant;
END $$;
COMMENT ON FUNCTION tix.promotion_of_code(uuid, text) IS
    'Internal: the promotion of an event that a code names, whatever its case. Error 22023: there '
    'is none, or not at this time.';

DROP FUNCTION IF EXISTS tix.check_promotion(tix.promotions, tix.order_line[]);
CREATE FUNCTION tix.check_promotion(code tix.promotions, lines tix.order_line[]) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    discount bigint;
    base bigint;
BEGIN
    SELECT sum(l.discount_amount), sum(l.base_amount) INTO discount, base FROM unnest(lines) l;
    IF code.currency <> lines[1].currency OR base < code.min_amount OR discount = 0 THEN
        RAISE EXCEPTION 'promotion does not apply to this order' USING ERRCODE = '22023',
            DETAIL = CASE WHEN code.currency <> lines[1].currency THEN 'It is in '
                                                                      || code.currency || '.'
                          WHEN base < code.min_amount
                              THEN format('The seats cost %s, it asks for %s.', base,
                                          code.min_amount)
                          ELSE 'It takes nothing off these seats.' END,
            HINT = 'Choose other seats or tariffs, or order without it.';
    END IF;
    RETURN discount;
END $$;
COMMENT ON FUNCTION tix.check_promotion(tix.promotions, tix.order_line[]) IS
    'Internal: what the promotion takes off the lines of a new order, in minor units. Error 22023: '
    'currency, minimum, or nothing.';

DROP FUNCTION IF EXISTS tix.take_promotion(uuid, uuid, bigint);
CREATE FUNCTION tix.take_promotion(promotion_id uuid, order_id uuid, discount_amount bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    discount CONSTANT bigint := take_promotion.discount_amount;
    used_before CONSTANT boolean := EXISTS (
        SELECT FROM promotion_uses u WHERE u.order_id = take_promotion.order_id);
    buyer CONSTANT uuid := (SELECT o.user_id FROM orders o
                            WHERE o.order_id = take_promotion.order_id);
    user_max int;
BEGIN
    UPDATE promotions p SET uses = p.uses + (NOT used_before)::int,
                            spent_amount = p.spent_amount + discount
    WHERE p.promotion_id = take_promotion.promotion_id
      AND (used_before OR p.max_uses IS NULL OR p.uses < p.max_uses)
      AND (p.budget_amount IS NULL OR discount <= p.budget_amount - p.spent_amount)
    RETURNING p.max_uses_per_user INTO user_max;
    -- The counter is locked: whoever used the code before has committed.
    IF NOT FOUND OR NOT used_before AND user_max <= (
        SELECT count(*) FROM promotion_uses u
        WHERE u.promotion_id = take_promotion.promotion_id AND u.user_id = buyer
          AND u.given_back_at IS NULL) THEN
        RAISE EXCEPTION 'promotion is used up' USING ERRCODE = 'TX005',
            HINT = 'Order without it, or retry later: an order that is not paid gives its use '
                   'back.';
    END IF;
    INSERT INTO promotion_uses AS u (order_id, promotion_id, user_id, discount_amount)
    VALUES (take_promotion.order_id, take_promotion.promotion_id, buyer, discount)
    ON CONFLICT (order_id) DO UPDATE
    SET discount_amount = u.discount_amount + excluded.discount_amount;
END $$;
COMMENT ON FUNCTION tix.take_promotion(uuid, uuid, bigint) IS
    'Internal: counts the use of a promotion by an order, once, and what it takes off. Error '
    'TX005: a cap or the budget would be exceeded.';

DROP FUNCTION IF EXISTS tix.shrink_promotion(uuid, bigint);
CREATE FUNCTION tix.shrink_promotion(order_id uuid, discount_amount bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    used uuid;
BEGIN
    UPDATE promotion_uses u
    SET discount_amount = u.discount_amount - shrink_promotion.discount_amount
    WHERE u.order_id = shrink_promotion.order_id RETURNING u.promotion_id INTO used;
    UPDATE promotions p SET spent_amount = p.spent_amount - shrink_promotion.discount_amount
    WHERE p.promotion_id = used;
END $$;
COMMENT ON FUNCTION tix.shrink_promotion(uuid, bigint) IS
    'Internal: gives the discount of lines that left an unpaid order back to the budget.';

DROP TRIGGER IF EXISTS orders_promotion ON tix.orders;
DROP FUNCTION IF EXISTS tix.count_promotion();
CREATE FUNCTION tix.count_promotion() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    counted CONSTANT int := CASE WHEN NEW.status = 'completed' THEN 1 ELSE -1 END;
    discount bigint;
BEGIN
    UPDATE promotion_uses u
    SET given_back_at = CASE WHEN counted < 0 THEN clock_timestamp() END
    WHERE u.order_id = NEW.order_id AND (u.given_back_at IS NULL) = (counted < 0)
    RETURNING u.discount_amount INTO discount;
    IF FOUND THEN
        UPDATE promotions p SET uses = p.uses + counted,
                                spent_amount = p.spent_amount + counted * discount
        WHERE p.promotion_id = NEW.promotion_id;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.count_promotion() IS
    'Trigger: an order that expires, fails or is cancelled gives its use of a promotion back; when '
    'late money completes it, it takes the use again, beyond the caps if need be.';
CREATE TRIGGER orders_promotion AFTER UPDATE OF status ON tix.orders
    FOR EACH ROW WHEN (NEW.promotion_id IS NOT NULL AND OLD.status <> NEW.status
                       AND NEW.status IN ('expired', 'failed', 'cancelled', 'completed'))
    EXECUTE FUNCTION tix.count_promotion();

REVOKE ALL ON FUNCTION
    tix.promotion_of_code, tix.check_promotion, tix.take_promotion, tix.shrink_promotion,
    tix.count_promotion FROM PUBLIC;
