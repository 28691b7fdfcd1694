-- Settlement: the provider's file against the ledger, and its fees into it.
-- Requires tix >= 1.0
--
-- Locking: the row of settlements alone; the ledger is only added to.

DROP FUNCTION IF EXISTS tix.parsed_settlement(jsonb);
CREATE FUNCTION tix.parsed_settlement(lines jsonb)
RETURNS TABLE (line int, kind text, transaction_id text, amount bigint, currency text, fee bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wrong bigint;
BEGIN
    IF jsonb_typeof(lines) IS DISTINCT FROM 'array' OR octet_length(lines::text) > 4194304
       OR jsonb_array_length(lines) NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'rows of a settlement must be an array of 1 to 10000 in at most 4 MB'
            USING ERRCODE = '22023', HINT = 'Import a larger file in parts with ids of their own.';
    END IF;
    -- A number with a point, or beyond 18 digits, is no amount in minor units.
    SELECT min(l.line) INTO wrong
    FROM jsonb_array_elements(lines) WITH ORDINALITY AS l (fields, line)
    WHERE (l.fields->>'kind' IN ('captured', 'refunded', 'chargeback', 'chargeback_reversed')
           AND octet_length(l.fields->>'transactionId') BETWEEN 1 AND 255
           AND l.fields->>'amount' ~ '^-?[1-9][0-9]{0,17}$'
           AND (l.fields->>'kind' IN ('refunded', 'chargeback')) = (l.fields->>'amount' ~ '^-')
           AND l.fields->>'currency' ~ '^[A-Z]{3}$'
           AND coalesce(l.fields->>'fee', '0') ~ '^[0-9]{1,18}$') IS NOT TRUE;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'row % of the settlement is malformed', wrong USING ERRCODE = '22023',
            HINT = 'A row has kind, transactionId, amount (minor units, signed), currency and fee.';
    END IF;
    RETURN QUERY
        SELECT l.line::int, l.fields->>'kind', l.fields->>'transactionId',
               (l.fields->>'amount')::bigint, l.fields->>'currency',
               coalesce(l.fields->>'fee', '0')::bigint
        FROM jsonb_array_elements(lines) WITH ORDINALITY AS l (fields, line);
END $$;
COMMENT ON FUNCTION tix.parsed_settlement(jsonb) IS
    'Internal: the rows of a settlement file. Error 22023: not an array of 1 to 10000 well-formed '
    'rows in at most 4 MB.';

DROP FUNCTION IF EXISTS
    tix.tix_import_settlement(text, text, jsonb, timestamptz, timestamptz);
CREATE FUNCTION tix.tix_import_settlement(
    provider text, settlement_id text, lines jsonb, covers_from timestamptz DEFAULT NULL,
    covers_until timestamptz DEFAULT NULL) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone'
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    via CONSTANT text := tix_import_settlement.provider;
    file CONSTANT text := tix_import_settlement.settlement_id;
    hash CONSTANT text := encode(sha256(convert_to(
        concat_ws(' ', covers_from, covers_until, lines), 'UTF8')), 'hex');
    known text;
    imported int;
BEGIN
    IF NOT EXISTS (SELECT FROM payment_providers p WHERE p.provider = via) THEN
        RAISE EXCEPTION 'payment provider % is unknown', coalesce(via, 'NULL')
            USING ERRCODE = '22023', HINT = 'The providers are listed in tix.payment_providers.';
    ELSIF file IS NULL OR file = '' OR octet_length(file) > 255 OR covers_from >= covers_until
          OR (covers_from IS NULL) <> (covers_until IS NULL) THEN
        RAISE EXCEPTION 'a settlement has an id of 1 to 255 bytes and covers a time or none'
            USING ERRCODE = '22023', HINT = 'Pass both ends of the time it covers, or neither.';
    END IF;
    INSERT INTO settlements (provider, settlement_id, covers_from, covers_until, content_hash)
    VALUES (via, file, covers_from, covers_until, hash) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        known := (SELECT s.content_hash FROM settlements s
                  WHERE s.provider = via AND s.settlement_id = file);
        IF known <> hash THEN
            RAISE EXCEPTION 'settlement % was imported with other rows', file
                USING ERRCODE = 'TX009', HINT = 'Give a corrected file an id of its own.';
        END IF;
        RETURN 0;
    END IF;
    INSERT INTO settlement_lines (provider, settlement_id, line, kind, provider_transaction_id,
                                  payment_id, amount, currency, fee)
    SELECT via, file, l.line, l.kind, l.transaction_id, p.payment_id, l.amount, l.currency, l.fee
    FROM parsed_settlement(lines) l
    LEFT JOIN payments p ON p.provider = via AND p.provider_transaction_id = l.transaction_id;
    GET DIAGNOSTICS imported = ROW_COUNT;
    INSERT INTO ledger (order_id, payment_id, kind, amount, currency)
    SELECT p.order_id, p.payment_id, 'provider_fee', -l.fee, l.currency
    FROM settlement_lines l JOIN payments p USING (payment_id)
    WHERE l.provider = via AND l.settlement_id = file AND l.fee > 0 ORDER BY l.line;
    RETURN imported;
END $$;
COMMENT ON FUNCTION tix.tix_import_settlement(text, text, jsonb, timestamptz, timestamptz) IS
    'Keeps a provider''s settlement file and books its fees; returns the rows imported, 0 when '
    'the same file was imported before. lines: 1 to 10000 of {kind: captured, refunded, '
    'chargeback or chargeback_reversed; transactionId; amount: minor units, negative for refunded '
    'and chargeback; currency; fee: minor units, 0 or more}, at most 4 MB. covers_from, '
    'covers_until: the time of which it tells every movement. Errors: 22023 provider, id, times '
    'or rows; TX009 the id was imported with other rows.';

DROP FUNCTION IF EXISTS tix.tix_settlement_differences(text, text);
CREATE FUNCTION tix.tix_settlement_differences(provider text, settlement_id text)
RETURNS TABLE (difference text, kind text, provider_transaction_id text, payment_id uuid,
               order_id uuid, currency text, settled bigint, booked bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    file tix.settlements;
BEGIN
    SELECT * INTO file FROM settlements s
    WHERE s.provider = tix_settlement_differences.provider
      AND s.settlement_id = tix_settlement_differences.settlement_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'settlement does not exist' USING ERRCODE = 'P0002',
            HINT = 'Import it with tix_import_settlement().';
    END IF;
    RETURN QUERY
        SELECT 'unknown here', l.kind, l.provider_transaction_id, NULL::uuid, NULL::uuid,
               l.currency, l.amount, 0::bigint
        FROM settlement_lines l
        WHERE l.provider = file.provider AND l.settlement_id = file.settlement_id
          AND l.payment_id IS NULL;
    RETURN QUERY
        WITH asked AS (
            SELECT l.payment_id, l.kind, l.currency FROM settlement_lines l
            WHERE l.provider = file.provider AND l.settlement_id = file.settlement_id
            UNION
            SELECT e.payment_id, e.kind, e.currency
            FROM ledger e JOIN payments p USING (payment_id)
            WHERE p.provider = file.provider AND e.at >= file.covers_from
              AND e.at < file.covers_until
              AND e.kind IN ('captured', 'refunded', 'chargeback', 'chargeback_reversed')),
        summed AS (
            SELECT a.*, coalesce(s.amount, 0)::bigint AS settled,
                   coalesce(b.amount, 0)::bigint AS booked
            FROM asked a
            CROSS JOIN LATERAL (
                SELECT sum(l.amount) AS amount FROM settlement_lines l
                WHERE l.payment_id = a.payment_id AND l.kind = a.kind
                  AND l.currency = a.currency) s
            JOIN payments p USING (payment_id)
            CROSS JOIN LATERAL (
                SELECT sum(e.amount) AS amount FROM ledger e
                WHERE e.order_id = p.order_id AND e.payment_id = a.payment_id
                  AND e.kind = a.kind AND e.currency = a.currency
                  AND (file.covers_until IS NULL OR e.at < file.covers_until)) b)
        SELECT CASE 0 WHEN d.booked THEN 'missing here' WHEN d.settled THEN 'missing there'
                    ELSE 'amount differs' END,
               d.kind, p.provider_transaction_id, d.payment_id, p.order_id, d.currency,
               d.settled, d.booked
        FROM summed d JOIN payments p USING (payment_id) WHERE d.settled <> d.booked
        ORDER BY 3, 2;
END $$;
COMMENT ON FUNCTION tix.tix_settlement_differences(text, text) IS
    'Where a settlement file and the ledger disagree, by payment, kind and currency, in minor '
    'units: unknown here (no such transaction), missing here (settled, not booked), missing there '
    '(booked in the time the file covers, in no file), amount differs; what other files of the '
    'provider settled counts. No row when they agree. Error P0002: unknown settlement.';

REVOKE ALL ON FUNCTION
    tix.parsed_settlement, tix.tix_import_settlement, tix.tix_settlement_differences FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tix.tix_import_settlement, tix.tix_settlement_differences TO tix_admin;
