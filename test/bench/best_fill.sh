#!/usr/bin/env bash
# Measures one call of best available and of general admission, in the server, on a real stadium of
# 39 616 seats, at several fills: microseconds a call, the least and the median of ROUNDS (50)
# rounds of 20 calls in one transaction each, journal and all. The last line of a fill is a call
# that finds out at once that its seat is unknown: what a call costs before it searches.
#
# random: that share of the seats, anywhere. checkered: every second seat, so that no two neighbours
# are left and the whole house is searched in vain.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [[ ${1:-} != inside ]]; then
    exec "$bench/../stack/with_server.sh" "$bench/best_fill.sh" inside
fi
"$bench/../../.build/bin/tix-import" --venue=Stadium \
    "$bench/../plans/stadium-metalist.json.gz" >"$TIX_RUN/import.out"
map=$(sed -n 's/^seat_map_id=//p' "$TIX_RUN/import.out")
psql -XAtq -v ON_ERROR_STOP=1 -v map="$map" -v calls="${ROUNDS:-50}" <<'SQL'
SET search_path = tix, public;
SET tix.max_seats_per_lock = 1000;
CREATE TABLE took (least float8, median float8, ok bigint, tiers text);
CREATE PROCEDURE fill(it uuid, seats text[]) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 0 .. cardinality(seats) / 4 LOOP
        PERFORM tix_lock_seats(it, seats[i * 4 + 1 : i * 4 + 4], gen_random_uuid(), '25 min')
        WHERE cardinality(seats) > i * 4;
        IF i % 500 = 0 THEN COMMIT; END IF;
    END LOOP;
END $$;
CREATE PROCEDURE measure(it uuid, call text, n int) LANGUAGE plpgsql AS $$
DECLARE
    me uuid := gen_random_uuid();
    before timestamptz;
    us float8[];
    oks bigint;
    tiers text;
BEGIN
    EXECUTE format('PREPARE twenty(uuid, uuid) AS SELECT count(*) FILTER (WHERE r.ok), '
        'string_agg(DISTINCT r.tier::text, '','') FROM generate_series(1, 20) i, '
        'LATERAL %s r', call);
    FOR i IN 1 .. n LOOP
        before := clock_timestamp();
        EXECUTE format('EXECUTE twenty(%L, %L)', it, me) INTO oks, tiers;
        us := us || extract(epoch FROM clock_timestamp() - before)::float8 * 5e4;
        ROLLBACK;
    END LOOP;
    DEALLOCATE twenty;
    INSERT INTO took SELECT min(u), percentile_cont(0.5) WITHIN GROUP (ORDER BY u), oks, tiers
    FROM unnest(us) u;
END $$;
CREATE PROCEDURE report(fill text, it uuid, n int) LANGUAGE plpgsql AS $$
DECLARE
    call text;
    line text;
    area text := (SELECT area_id FROM seats WHERE session_id = it GROUP BY 1 ORDER BY count(*) DESC
                  LIMIT 1);
BEGIN
    FOREACH call IN ARRAY ARRAY['tix_lock_best($1, 4, $2, ',
            'tix_lock_best($1, 4, $2, max_tier => 5, ', 'tix_lock_best($1, 8, $2, max_tier => 5, ',
            format('tix_lock_area($1, %L, 4, $2, ', area), 'tix_lock_seat($1, ''none'', $2, '] LOOP
        TRUNCATE took;
        COMMIT;
        CALL measure(it, call || 'ttl => make_interval(secs => 60 + i))', n);
        SELECT format('%-12s %-42s %6s us, median %6s, %2s of 20 ok, tier %s',
            fill, call || '…)', round(least::numeric, 1), round(median::numeric, 1), ok, tiers)
        INTO line FROM took;
        RAISE INFO '%', line;
    END LOOP;
END $$;
SELECT tix_create_event('Match', :'map') AS event \gset
SELECT count(tix_set_price(:'event', ARRAY[category], 100, 'UAH')) AS priced
FROM (SELECT DISTINCT category FROM seat_map_seats WHERE seat_map_id = :'map') d \gset
SELECT tix_create_session(:'event', :'map', now() + interval '30 days') AS session \gset
SELECT seats FROM tix_open_session(:'session') \gset
CALL report('empty', :'session', :calls);
CREATE TEMP TABLE dice AS SELECT seat_id, row_number() OVER (ORDER BY random()) / 39616.0 AS r
FROM seats WHERE session_id = :'session';
SELECT array_agg(seat_id) AS some FROM dice WHERE r <= 0.5 \gset
CALL fill(:'session', :'some');
CALL report('random 50 %', :'session', :calls);
SELECT array_agg(seat_id) AS some FROM dice WHERE r > 0.5 AND r <= 0.9 \gset
CALL fill(:'session', :'some');
CALL report('random 90 %', :'session', :calls);
SELECT array_agg(seat_id) AS some FROM dice WHERE r > 0.9 AND r <= 0.99 \gset
CALL fill(:'session', :'some');
CALL report('random 99 %', :'session', :calls);
SELECT array_agg(seat_id) AS some FROM dice WHERE r > 0.99 \gset
CALL fill(:'session', :'some');
CALL report('full', :'session', :calls);
SELECT tix_create_session(:'event', :'map', now() + interval '31 days') AS session \gset
SELECT seats FROM tix_open_session(:'session') \gset
SELECT array_agg(seat_id) AS some FROM seats WHERE session_id = :'session' AND ordinal % 2 = 0 \gset
CALL fill(:'session', :'some');
CALL report('checkered', :'session', :calls);
SQL
