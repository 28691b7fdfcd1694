-- On what terms an event is sold: tariffs, fees and taxes, and giving seats back; for everybody.
-- Requires tix >= 1.0

DROP FUNCTION IF EXISTS tix.tix_event_terms(uuid);
CREATE FUNCTION tix.tix_event_terms(
    event_id uuid, OUT tariffs jsonb, OUT charges jsonb, OUT cancellation jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    event CONSTANT uuid := tix_event_terms.event_id;
BEGIN
    IF NOT EXISTS (SELECT FROM sessions s WHERE s.event_id = event AND s.status <> 'draft') THEN
        RETURN;
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'name', t.name, 'categories', coalesce(c.categories, '{}'),
               'areaIds', coalesce(c.area_ids, '{}'), 'amount', t.amount, 'currency', t.currency,
               'permille', trim_scale(t.permille)::text)
               ORDER BY t.name, c.area_ids NULLS FIRST, c.categories), '[]')
    INTO tariffs FROM tariffs t LEFT JOIN price_categories c USING (category_id)
    WHERE t.event_id = event;
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'kind', r.kind, 'name', r.name, 'amount', r.amount, 'currency', r.currency,
               'permille', trim_scale(r.permille)::text, 'included', r.included,
               'categories', r.categories, 'tariffs', r.tariffs) ORDER BY r.kind, r.name), '[]')
    INTO charges FROM charge_rules r WHERE r.event_id = event;
    SELECT jsonb_build_object(
               'untilSecondsBeforeStart',
               extract(epoch FROM coalesce(max(k.until_before_start), '0'))::bigint,
               'keptPermille', trim_scale(coalesce(max(k.kept_permille), 0))::text,
               'keptAmount', coalesce(max(k.kept_amount), 0),
               'currency', (SELECT min(p.price_currency) FROM price_categories p
                            WHERE p.event_id = event))
    INTO cancellation FROM cancellation_terms k WHERE k.event_id = event;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION tix.tix_event_terms(uuid) IS
    'The terms of an event: tariffs besides "standard" [{name, categories, areaIds (of the price '
    'it replaces; empty: all), amount (minor units) and currency, or permille of the price}], the '
    'row with the narrower areaIds or categories wins; charges [{kind fee or tax, name, amount and '
    'currency, or permille, included, categories, tariffs (empty: all)}]; cancellation '
    '{untilSecondsBeforeStart, keptPermille and keptAmount (minor units of currency) of each '
    'price}. permille is a decimal in text. No row for an unknown event or one with drafts only.';

REVOKE ALL ON FUNCTION tix.tix_event_terms FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_event_terms TO tix_app;
