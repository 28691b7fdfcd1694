-- What organizers set for their events: tariffs, charges, promotions, quotas, terms and gates; and
-- all of it in one document.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_set_tariff_as(uuid, uuid, text, bigint, text, numeric, uuid);
CREATE FUNCTION tix.tix_set_tariff_as(
    actor uuid, event_id uuid, name text, amount_minor bigint DEFAULT NULL,
    currency text DEFAULT NULL, permille numeric DEFAULT NULL, category_id uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM own_event(actor, event_id);
    made := tix_set_tariff(event_id, name, amount_minor, currency, permille, category_id);
    PERFORM log_act(actor, 'set_tariff', event_id::text, jsonb_build_object(
        'name', name, 'amount', amount_minor, 'permille', permille));
    RETURN made;
END $$;
COMMENT ON FUNCTION tix.tix_set_tariff_as(uuid, uuid, text, bigint, text, numeric, uuid) IS
    'tix_set_tariff() for the organizer of the event or an admin. Errors: P0002 not the actor''s, '
    'or no such category of it, 22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_drop_tariff_as(uuid, uuid, uuid);
CREATE FUNCTION tix.tix_drop_tariff_as(actor uuid, event_id uuid, tariff_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_event(actor, tix_drop_tariff_as.event_id);
    PERFORM log_act(actor, 'drop_tariff', t.event_id::text, jsonb_build_object('name', t.name))
    FROM tariffs t WHERE t.tariff_id = tix_drop_tariff_as.tariff_id
                     AND t.event_id = tix_drop_tariff_as.event_id;
    RETURN FOUND AND tix_drop_tariff(tix_drop_tariff_as.tariff_id);
END $$;
COMMENT ON FUNCTION tix.tix_drop_tariff_as(uuid, uuid, uuid) IS
    'tix_drop_tariff() for the organizer of the event or an admin; false when the event has no '
    'such tariff. Error P0002: not the actor''s event.';

DROP FUNCTION IF EXISTS tix.tix_set_charge_as(
    uuid, uuid, text, text, bigint, text, numeric, boolean, text[], text[]);
CREATE FUNCTION tix.tix_set_charge_as(
    actor uuid, event_id uuid, kind text, name text, amount_minor bigint DEFAULT NULL,
    currency text DEFAULT NULL, permille numeric DEFAULT NULL, included boolean DEFAULT false,
    categories text[] DEFAULT '{}', tariffs text[] DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM own_event(actor, event_id);
    made := tix_set_charge(event_id, kind, name, amount_minor, currency, permille, included,
                           categories, tariffs);
    PERFORM log_act(actor, 'set_charge', event_id::text, jsonb_build_object(
        'kind', kind, 'name', name, 'amount', amount_minor, 'permille', permille));
    RETURN made;
END $$;
COMMENT ON FUNCTION tix.tix_set_charge_as(
    uuid, uuid, text, text, bigint, text, numeric, boolean, text[], text[]) IS
    'tix_set_charge() for the organizer of the event or an admin. Errors: P0002 not the actor''s, '
    '22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_drop_charge_as(uuid, uuid, uuid);
CREATE FUNCTION tix.tix_drop_charge_as(actor uuid, event_id uuid, rule_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_event(actor, tix_drop_charge_as.event_id);
    PERFORM log_act(actor, 'drop_charge', r.event_id::text,
                    jsonb_build_object('kind', r.kind, 'name', r.name))
    FROM charge_rules r WHERE r.rule_id = tix_drop_charge_as.rule_id
                          AND r.event_id = tix_drop_charge_as.event_id;
    RETURN FOUND AND tix_drop_charge(tix_drop_charge_as.rule_id);
END $$;
COMMENT ON FUNCTION tix.tix_drop_charge_as(uuid, uuid, uuid) IS
    'tix_drop_charge() for the organizer of the event or an admin; false when the event has no '
    'such rule. Error P0002: not the actor''s event.';

DROP FUNCTION IF EXISTS tix.tix_set_promotion_as(
    uuid, uuid, text, text, bigint, numeric, timestamptz, timestamptz, int, int, bigint, bigint,
    text[], text[]);
CREATE FUNCTION tix.tix_set_promotion_as(
    actor uuid, event_id uuid, code text, currency text, amount_minor bigint DEFAULT NULL,
    permille numeric DEFAULT NULL, valid_from timestamptz DEFAULT NULL,
    valid_until timestamptz DEFAULT NULL, max_uses int DEFAULT NULL,
    max_uses_per_user int DEFAULT NULL, budget_minor bigint DEFAULT NULL,
    min_minor bigint DEFAULT 0, tariffs text[] DEFAULT '{}', categories text[] DEFAULT '{}')
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM own_event(actor, event_id);
    made := tix_set_promotion(event_id, code, currency, amount_minor, permille, valid_from,
                              valid_until, max_uses, max_uses_per_user, budget_minor, min_minor,
                              tariffs, categories);
    PERFORM log_act(actor, 'set_promotion', event_id::text, jsonb_build_object(
        'promotionId', made, 'amount', amount_minor, 'permille', permille, 'until', valid_until));
    RETURN made;
END $$;
COMMENT ON FUNCTION tix.tix_set_promotion_as(
    uuid, uuid, text, text, bigint, numeric, timestamptz, timestamptz, int, int, bigint, bigint,
    text[], text[]) IS
    'tix_set_promotion() for the organizer of the event or an admin; the audit row does not have '
    'the code. Errors: P0002 not the actor''s, 22023 as there.';

DROP FUNCTION IF EXISTS tix.tix_list_promotions_as(uuid, uuid, uuid, int);
CREATE FUNCTION tix.tix_list_promotions_as(
    actor uuid, event_id uuid, after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (promotion_id uuid, document jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_event(actor, tix_list_promotions_as.event_id);
    RETURN QUERY
        SELECT p.promotion_id, jsonb_build_object(
            'promotionId', p.promotion_id, 'code', p.code, 'currency', p.currency,
            'price', price_as_told(p.amount, p.currency), 'permille', trim_scale(p.permille),
            'validFrom', rfc3339(nullif(p.valid_from, '-infinity')),
            'validUntil', rfc3339(nullif(p.valid_until, 'infinity')),
            'maxUses', p.max_uses, 'maxUsesPerUser', p.max_uses_per_user,
            'budget', price_as_told(p.budget_amount, p.currency),
            'minimum', price_as_told(p.min_amount, p.currency),
            'tariffs', p.tariffs, 'categories', p.categories, 'uses', p.uses,
            'spent', price_as_told(p.spent_amount, p.currency))
        FROM promotions p
        WHERE p.event_id = tix_list_promotions_as.event_id
          AND (after IS NULL OR p.promotion_id > after)
        ORDER BY p.promotion_id LIMIT page_size(max_rows);
END $$;
COMMENT ON FUNCTION tix.tix_list_promotions_as(uuid, uuid, uuid, int) IS
    'The promotions of an event, by id, max_rows (1 to 100) from behind "after", for its organizer '
    'or an admin: {promotionId, code, currency, price or permille, validFrom, validUntil, maxUses, '
    'maxUsesPerUser, budget, minimum, tariffs, categories, uses, spent}, money as {minor, '
    'currency}. Errors: P0002 not the actor''s, 22023 max_rows.';

DROP FUNCTION IF EXISTS tix.tix_set_quota_as(uuid, uuid, uuid, int);
CREATE FUNCTION tix.tix_set_quota_as(actor uuid, event_id uuid, category_id uuid, quota int)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_event(actor, tix_set_quota_as.event_id);
    IF NOT EXISTS (SELECT FROM price_categories c
                   WHERE c.category_id = tix_set_quota_as.category_id
                     AND c.event_id = tix_set_quota_as.event_id) THEN
        RAISE EXCEPTION 'price category does not exist' USING ERRCODE = 'P0002',
            HINT = 'tix_get_event_as() lists those of the event.';
    END IF;
    PERFORM tix_set_quota(tix_set_quota_as.category_id, tix_set_quota_as.quota);
    PERFORM log_act(actor, 'set_quota', tix_set_quota_as.event_id::text, jsonb_build_object(
        'categoryId', tix_set_quota_as.category_id, 'quota', tix_set_quota_as.quota));
END $$;
COMMENT ON FUNCTION tix.tix_set_quota_as(uuid, uuid, uuid, int) IS
    'tix_set_quota() for the organizer of the event or an admin. Errors: P0002 not the actor''s, '
    'or no such price category of it, 22023 and TX010 as there.';

DROP FUNCTION IF EXISTS tix.tix_set_cancellation_terms_as(uuid, uuid, interval, numeric, bigint);
CREATE FUNCTION tix.tix_set_cancellation_terms_as(
    actor uuid, event_id uuid, until_before_start interval DEFAULT '0',
    kept_permille numeric DEFAULT 0, kept_minor bigint DEFAULT 0) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
BEGIN
    PERFORM own_event(actor, event_id);
    PERFORM tix_set_cancellation_terms(event_id, until_before_start, kept_permille, kept_minor);
    PERFORM log_act(actor, 'set_cancellation_terms', event_id::text, jsonb_build_object(
        'untilBeforeStart', until_before_start, 'keptPermille', kept_permille,
        'keptMinor', kept_minor));
END $$;
COMMENT ON FUNCTION tix.tix_set_cancellation_terms_as(uuid, uuid, interval, numeric, bigint) IS
    'tix_set_cancellation_terms() for the organizer of the event or an admin. Errors: P0002 not '
    'the actor''s, 22023 as there.';

DROP FUNCTION IF EXISTS tix.price_as_told(bigint, text);
CREATE FUNCTION tix.price_as_told(amount bigint, currency text) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('minor', amount, 'currency', currency)
$$;
COMMENT ON FUNCTION tix.price_as_told(bigint, text) IS
    'Internal: money in a document for the gateway, which writes it as a decimal; NULL: none.';

DROP FUNCTION IF EXISTS tix.prices_as_told(uuid);
CREATE FUNCTION tix.prices_as_told(event_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN jsonb_build_object(
        'prices', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'categoryId', p.category_id, 'categories', p.categories, 'areaIds', p.area_ids,
                'price', price_as_told(p.price_amount, p.price_currency), 'quota', p.quota,
                'taken', q.taken) ORDER BY p.area_ids, p.categories), '[]')
            FROM price_categories p
            LEFT JOIN tix_list_quotas(prices_as_told.event_id) q USING (category_id)
            WHERE p.event_id = prices_as_told.event_id),
        'tariffs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'tariffId', t.tariff_id, 'name', t.name, 'categoryId', t.category_id,
                'price', price_as_told(t.amount, t.currency),
                'permille', trim_scale(t.permille)) ORDER BY t.name, t.category_id), '[]')
            FROM tariffs t WHERE t.event_id = prices_as_told.event_id),
        'charges', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'chargeId', r.rule_id, 'kind', r.kind, 'name', r.name,
                'price', price_as_told(r.amount, r.currency),
                'permille', trim_scale(r.permille), 'included', r.included,
                'categories', r.categories, 'tariffs', r.tariffs) ORDER BY r.kind, r.name), '[]')
            FROM charge_rules r WHERE r.event_id = prices_as_told.event_id),
        'cancellationTerms', (SELECT jsonb_build_object(
                'untilBeforeStartSeconds', extract(epoch FROM c.until_before_start)::bigint,
                'keptPermille', trim_scale(c.kept_permille), 'keptMinor', c.kept_amount)
            FROM cancellation_terms c WHERE c.event_id = prices_as_told.event_id));
END $$;
COMMENT ON FUNCTION tix.prices_as_told(uuid) IS
    'Internal: the half of tix_get_event_as() that is about money.';

DROP FUNCTION IF EXISTS tix.tix_get_event_as(uuid, uuid);
CREATE FUNCTION tix.tix_get_event_as(actor uuid, event_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
BEGIN
    PERFORM own_event(actor, tix_get_event_as.event_id);
    RETURN (
        SELECT jsonb_build_object(
            'eventId', e.event_id, 'name', e.name, 'description', e.description,
            'status', e.status, 'organizerId', e.organizer_id, 'venueId', v.venue_id,
            'venueName', v.name,
            'sessions', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'sessionId', s.session_id, 'seatMapId', s.seat_map_id, 'status', s.status,
                    'startTime', rfc3339(s.start_time), 'endTime', rfc3339(s.end_time),
                    'saleStartTime', rfc3339(s.sale_start_time),
                    'saleEndTime', rfc3339(s.sale_end_time))
                    ORDER BY s.start_time, s.session_id), '[]')
                FROM sessions s WHERE s.event_id = e.event_id)) || prices_as_told(e.event_id)
        FROM events e JOIN venues v USING (venue_id)
        WHERE e.event_id = tix_get_event_as.event_id);
END $$;
COMMENT ON FUNCTION tix.tix_get_event_as(uuid, uuid) IS
    'All that was set for an event, drafts and quotas included, for its organizer or an admin: an '
    'object with sessions, prices, tariffs, charges and cancellationTerms (NULL: none), money as '
    '{minor, currency}. Error P0002: not the actor''s.';

DROP FUNCTION IF EXISTS tix.tix_list_events_as(uuid, uuid, int);
CREATE FUNCTION tix.tix_list_events_as(
    actor uuid, after uuid DEFAULT NULL, max_rows int DEFAULT 20)
RETURNS TABLE (event_id uuid, document jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 20
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    has CONSTANT text := role_of_actor(actor, '{organizer,admin}');
BEGIN
    RETURN QUERY
        SELECT e.event_id, jsonb_build_object(
            'eventId', e.event_id, 'name', e.name, 'status', e.status,
            'organizerId', e.organizer_id, 'venueId', v.venue_id, 'venueName', v.name,
            'sessions', (SELECT count(*) FROM sessions s WHERE s.event_id = e.event_id))
        FROM events e JOIN venues v USING (venue_id)
        WHERE (has = 'admin' OR e.organizer_id = actor)
          AND (after IS NULL OR (e.name, e.event_id) >
                                (SELECT a.name, a.event_id FROM events a WHERE a.event_id = after))
        ORDER BY e.name, e.event_id LIMIT page_size(max_rows);
END $$;
COMMENT ON FUNCTION tix.tix_list_events_as(uuid, uuid, int) IS
    'The events of an organizer, or all for an admin, drafts included, by name, max_rows (1 to '
    '100) from behind the event "after". Errors: P0002 neither organizer nor admin, 22023 '
    'max_rows.';

REVOKE ALL ON FUNCTION
    tix.tix_set_tariff_as, tix.tix_drop_tariff_as, tix.tix_set_charge_as, tix.tix_drop_charge_as,
    tix.tix_set_promotion_as, tix.tix_list_promotions_as, tix.tix_set_quota_as,
    tix.tix_set_cancellation_terms_as, tix.price_as_told, tix.prices_as_told,
    tix.tix_get_event_as, tix.tix_list_events_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_set_tariff_as, tix.tix_drop_tariff_as, tix.tix_set_charge_as, tix.tix_drop_charge_as,
    tix.tix_set_promotion_as, tix.tix_list_promotions_as, tix.tix_set_quota_as,
    tix.tix_set_cancellation_terms_as, tix.tix_get_event_as, tix.tix_list_events_as TO tix_app;
