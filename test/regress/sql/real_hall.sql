-- Best available in a real hall: one numbering snakes through the house and repeats, so whoever
-- believes the printed numbers seats people apart.
\set hall `cat "$PG_ABS_SRCDIR/../plans/hall-serpentine.json"`
UPDATE latest SET n = n + 1;
CREATE TEMP TABLE place AS
SELECT z.n AS z, r.n AS r, s.n AS s, zone ->> 'zone_id' AS area, line ->> 'row_number' AS line,
       seat ->> 'seat_guid' AS seat_id, seat ->> 'category' = 'Rollstuhl' AS accessible,
       (zone #>> '{position,x}')::real + (line #>> '{position,x}')::real
           + (seat #>> '{position,x}')::real AS x,
       (zone #>> '{position,y}')::real + (line #>> '{position,y}')::real
           + (seat #>> '{position,y}')::real AS y
FROM jsonb_array_elements(:'hall'::jsonb -> 'zones') WITH ORDINALITY z (zone, n),
    jsonb_array_elements(zone -> 'rows') WITH ORDINALITY r (line, n),
    jsonb_array_elements(line -> 'seats') WITH ORDINALITY s (seat, n);
-- As tix-import does it: a gap of more than a seat and a half parts neighbours.
INSERT INTO house
SELECT it(), row_number() OVER (ORDER BY z, r, s) - 1, seat_id, area, line,
       s + sum(gap) OVER (PARTITION BY z, r ORDER BY s), 'any', accessible, x, y
FROM (SELECT *, coalesce((abs(x - lag(x) OVER (PARTITION BY z, r ORDER BY s)) > 39)::int, 0) AS gap
      FROM place) p;
SELECT seats FROM tix_load_session(it());

-- Parties of three until there is nothing at all.
CREATE TEMP TABLE party (n int, tier int, reason text, seat_ids text[]);
CREATE FUNCTION pg_temp.sell(worst int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    got tix.tix_lock_result;
BEGIN
    LOOP
        SELECT * INTO got FROM tix_lock_best(it(), 3, gen_random_uuid(), max_tier => worst);
        INSERT INTO party SELECT count(*), got.tier, got.reason, got.seats FROM party;
        EXIT WHEN NOT got.ok;
    END LOOP;
END $$;
SELECT pg_temp.sell(2), pg_temp.sell(3), pg_temp.sell(5);
CREATE TEMP VIEW spread AS
SELECT p.n, p.tier, count(DISTINCT h.area_id) AS areas, count(DISTINCT h.row_label) AS lines,
       max(h.x) - min(h.x) AS width, max(h.y) - min(h.y) AS depth
FROM party p JOIN house h ON h.session_id = it() AND h.seat_id = ANY (p.seat_ids)
GROUP BY p.n, p.tier;

-- Neighbours sit in one row side by side, columns are above each other.
SELECT * FROM spread WHERE tier < 3 AND (areas > 1 OR lines > 1 OR width > 60 OR depth > 1);
SELECT * FROM spread WHERE tier = 3 AND (areas > 1 OR lines <> 2 OR width > 40);
-- More than half of the 225 parties sit in tier 1 (150 to 165), and nobody gets a wheelchair place.
SELECT count(*) > 120 AS most FROM party WHERE tier = 1;
SELECT count(*) FILTER (WHERE tier = 3) > 0 AS some_in_columns, max(tier) AS worst FROM party;
SELECT count(*) FROM house WHERE session_id = it() AND accessible
    AND seat_id IN (SELECT unnest(seat_ids) FROM party);
SELECT reason FROM party WHERE reason IS NOT NULL ORDER BY n;
SELECT state, accessible, count(*) FROM tix_seats(it()) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM tix_arena_audit();
