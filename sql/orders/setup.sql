-- What organisers set before they sell: tariffs, fees and taxes, promotions.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.check_event(uuid);
CREATE FUNCTION tix.check_event(event_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM events e WHERE e.event_id = check_event.event_id) THEN
        RAISE EXCEPTION 'event does not exist' USING ERRCODE = 'P0002',
            HINT = 'Create it with tix_create_event().';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_event(uuid) IS 'Internal. Error P0002: no such event.';

DROP FUNCTION IF EXISTS tix.check_price_rule(bigint, text, numeric);
CREATE FUNCTION tix.check_price_rule(amount bigint, currency text, permille numeric)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF (amount IS NULL) = (permille IS NULL) OR amount < 0 OR permille NOT BETWEEN 0 AND 1000
       OR permille <> round(permille, 3)
       OR (amount IS NOT NULL AND (currency ~ '^[A-Z]{3}$') IS NOT TRUE) THEN
        RAISE EXCEPTION 'rule must be an amount with its currency, or permille'
            USING ERRCODE = '22023', HINT = 'An amount is 0 or more minor units of an ISO 4217 '
                'currency; permille is 0 to 1000, with at most 3 decimals.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_price_rule(bigint, text, numeric) IS
    'Internal: either an amount of 0 or more with its currency, or 0 to 1000 permille. Error '
    '22023.';

DROP FUNCTION IF EXISTS tix.check_name(text);
CREATE FUNCTION tix.check_name(name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT coalesce(octet_length(name) BETWEEN 1 AND 64, false) THEN
        RAISE EXCEPTION 'name must have 1 to 64 bytes' USING ERRCODE = '22023',
            HINT = 'Choose a short name.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.check_name(text) IS 'Internal. Error 22023: not 1 to 64 bytes.';

DROP FUNCTION IF EXISTS tix.tix_set_tariff(uuid, text, bigint, text, numeric, uuid);
CREATE FUNCTION tix.tix_set_tariff(
    event_id uuid, name text, amount_minor bigint DEFAULT NULL, currency text DEFAULT NULL,
    permille numeric DEFAULT NULL, category_id uuid DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    made uuid;
BEGIN
    PERFORM check_event(event_id);
    PERFORM check_name(name);
    PERFORM check_price_rule(amount_minor, currency, permille);
    IF name = 'standard' THEN
        RAISE EXCEPTION 'tariff "standard" is the price of the seat' USING ERRCODE = '22023',
            HINT = 'Set it with tix_set_price().';
    ELSIF category_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM price_categories c
        WHERE c.category_id = tix_set_tariff.category_id
          AND c.event_id = tix_set_tariff.event_id) THEN
        RAISE EXCEPTION 'price category does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_set_price() returns its id.';
    END IF;
    INSERT INTO tariffs (event_id, name, category_id, amount, currency, permille)
    VALUES (event_id, name, category_id, amount_minor,
            CASE WHEN amount_minor IS NOT NULL THEN currency END, permille)
    ON CONFLICT ON CONSTRAINT tariffs_name DO UPDATE
    SET amount = excluded.amount, currency = excluded.currency, permille = excluded.permille
    RETURNING tariff_id INTO made;
    RETURN made;
END $$;
COMMENT ON FUNCTION tix.tix_set_tariff(uuid, text, bigint, text, numeric, uuid) IS
    'Sets a tariff of an event (name of 1 to 64 bytes, not "standard"): an amount in minor units '
    'of an ISO 4217 currency, or permille (0 to 1000, 3 decimals) of the seat''s price, rounded '
    'half up; for one price category or (NULL) all that have no row of their own. The same names '
    'again replace it; orders that exist keep their prices. Returns its id. Errors: 22023 name or '
    'rule, P0002 no such event or category of it.';

DROP FUNCTION IF EXISTS
    tix.tix_set_charge(uuid, text, text, bigint, text, numeric, boolean, text[], text[]);
CREATE FUNCTION tix.tix_set_charge(
    event_id uuid, kind text, name text, amount_minor bigint DEFAULT NULL,
    currency text DEFAULT NULL, permille numeric DEFAULT NULL, included boolean DEFAULT false,
    categories text[] DEFAULT '{}', tariffs text[] DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    made uuid;
BEGIN
    PERFORM check_event(event_id);
    PERFORM check_name(name);
    PERFORM check_price_rule(amount_minor, currency, permille);
    IF (kind IN ('fee', 'tax')) IS NOT TRUE OR included IS NULL
       OR included AND (kind = 'fee' OR permille IS NULL) THEN
        RAISE EXCEPTION 'kind must be "fee" or "tax", and only a tax in permille is included'
            USING ERRCODE = '22023', HINT = 'What is included is a part of the price.';
    END IF;
    INSERT INTO charge_rules AS r (event_id, kind, name, amount, currency, permille, included,
                                   categories, tariffs)
    VALUES (event_id, kind, name, amount_minor,
            CASE WHEN amount_minor IS NOT NULL THEN currency END, permille, included,
            coalesce(categories, '{}'), coalesce(tariffs, '{}'))
    ON CONFLICT ON CONSTRAINT charge_rules_name DO UPDATE
    SET amount = excluded.amount, currency = excluded.currency, permille = excluded.permille,
        included = excluded.included, categories = excluded.categories,
        tariffs = excluded.tariffs
    RETURNING r.rule_id INTO made;
    RETURN made;
END $$;
COMMENT ON FUNCTION
    tix.tix_set_charge(uuid, text, text, bigint, text, numeric, boolean, text[], text[]) IS
    'Sets a fee or tax of an event, for each line of an order of the named seat categories and '
    'tariffs (empty: all): an amount in minor units of an ISO 4217 currency, or permille (0 to '
    '1000, 3 decimals), a fee of base less discount, a tax of that plus fees, rounded half up line '
    'by line. included: the tax is in the price, and is shown. The same kind and name again '
    'replace it; orders that exist keep theirs. Returns its id. Errors: 22023 kind, name or rule, '
    'P0002 no such event.';

DROP FUNCTION IF EXISTS tix.tix_drop_tariff(uuid);
CREATE FUNCTION tix.tix_drop_tariff(tariff_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM tariffs t WHERE t.tariff_id = tix_drop_tariff.tariff_id;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION tix.tix_drop_tariff(uuid) IS
    'Ends a tariff: no new order has it. Returns whether there was one.';

DROP FUNCTION IF EXISTS tix.tix_drop_charge(uuid);
CREATE FUNCTION tix.tix_drop_charge(rule_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM charge_rules r WHERE r.rule_id = tix_drop_charge.rule_id;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION tix.tix_drop_charge(uuid) IS
    'Ends a fee or tax: no new order bears it. Returns whether there was one.';

DROP FUNCTION IF EXISTS
    tix.tix_set_promotion(uuid, text, text, bigint, numeric, timestamptz, timestamptz, int, int,
                          bigint, bigint, text[], text[]);
CREATE FUNCTION tix.tix_set_promotion(
    event_id uuid, code text, currency text, amount_minor bigint DEFAULT NULL,
    permille numeric DEFAULT NULL, valid_from timestamptz DEFAULT NULL,
    valid_until timestamptz DEFAULT NULL, max_uses int DEFAULT NULL,
    max_uses_per_user int DEFAULT NULL, budget_minor bigint DEFAULT NULL,
    min_minor bigint DEFAULT 0, tariffs text[] DEFAULT '{}', categories text[] DEFAULT '{}')
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    since CONSTANT timestamptz := coalesce(valid_from, '-infinity');
    until CONSTANT timestamptz := coalesce(valid_until, 'infinity');
    made uuid;
BEGIN
    PERFORM check_event(event_id);
    PERFORM check_name(code);
    PERFORM check_price_rule(amount_minor, currency, permille);
    IF coalesce(amount_minor, permille) = 0 OR until <= since OR max_uses < 0
       OR max_uses_per_user < 0 OR budget_minor < 0 OR coalesce(min_minor, 0) < 0
       OR (currency ~ '^[A-Z]{3}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'promotion cannot be set' USING ERRCODE = '22023',
            HINT = 'It takes something off, in a currency, ends after it begins, and its bounds '
                   'are 0 or more.';
    END IF;
    INSERT INTO promotions AS p (
        event_id, code, currency, amount, permille, valid_from, valid_until, max_uses,
        max_uses_per_user, budget_amount, min_amount, tariffs, categories)
    VALUES (event_id, code, currency, amount_minor, permille, since, until, max_uses,
            max_uses_per_user, budget_minor, coalesce(min_minor, 0), coalesce(tariffs, '{}'),
            coalesce(categories, '{}'))
    ON CONFLICT (event_id, upper(code)) DO UPDATE
    SET currency = excluded.currency, amount = excluded.amount, permille = excluded.permille,
        valid_from = excluded.valid_from, valid_until = excluded.valid_until,
        max_uses = excluded.max_uses, max_uses_per_user = excluded.max_uses_per_user,
        budget_amount = excluded.budget_amount, min_amount = excluded.min_amount,
        tariffs = excluded.tariffs, categories = excluded.categories
    RETURNING p.promotion_id INTO made;
    RETURN made;
END $$;
COMMENT ON FUNCTION
    tix.tix_set_promotion(uuid, text, text, bigint, numeric, timestamptz, timestamptz, int, int,
                          bigint, bigint, text[], text[]) IS
    'Sets a promotion code of an event (1 to 64 bytes, whatever its case): amount_minor off the '
    'order, shared over its lines, or permille (3 decimals) off each line. Bounds (NULL: none): '
    'valid_from, valid_until, orders in all and of one user, budget_minor for all discounts; '
    'min_minor is what the seats must cost; tariffs and seat categories (empty: all) say what it '
    'is for. All amounts in minor units of the ISO 4217 currency. The same code again replaces '
    'the rules and keeps the count. Returns its id. Errors: 22023 a bad rule, P0002 no such '
    'event.';

REVOKE ALL ON FUNCTION
    tix.check_event, tix.check_price_rule, tix.check_name, tix.tix_set_tariff,
    tix.tix_set_charge, tix.tix_drop_tariff, tix.tix_drop_charge,
    tix.tix_set_promotion FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_set_tariff, tix.tix_set_charge, tix.tix_drop_tariff, tix.tix_drop_charge,
    tix.tix_set_promotion TO tix_admin;
