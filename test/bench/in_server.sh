# What calls take inside the server, by its own clock; meant to be sourced by measure.sh. A line of
# the results has microseconds where the load client's lines have a rate.

# note GROUP ROUND SYSTEM MICROSECONDS
note() { printf '%s 1 %s %s %s 0\n' "$1" "$2" "$3" "$4" >>"$work/turns"; }

# The stadium of 39 616 seats, a quarter sold and an eighth held, as the engine and as tables know
# it. Both must tell the same of every seat.
prepare_map() {
    stadium=$(session_of 39616 8025 0)
    load_session "$stadium"
    sql "TRUNCATE bench.seats_ranked, bench.holds_plain, bench.tickets_plain"
    sql "INSERT INTO bench.seats_ranked SELECT '$stadium', s.ordinal, s.seat_id, NULL, '-infinity'
            FROM tix.tix_seats('$stadium') s;
        INSERT INTO bench.tickets_plain SELECT '$stadium', s.seat_id
            FROM tix.tix_seats('$stadium') s WHERE s.state = 'sold'"
    sql "SELECT count(l.ok) FROM (SELECT seat_id, ordinal FROM tix.tix_seats('$stadium')
            WHERE state = 'free' ORDER BY ordinal LIMIT 4952) s,
        LATERAL tix.tix_lock_seats('$stadium', ARRAY[s.seat_id], '$holder', '30 min') l" >/dev/null
    sql "INSERT INTO bench.holds_plain SELECT '$stadium', s.seat_id, '$holder', 'infinity'
            FROM tix.tix_seats('$stadium') s WHERE s.state = 'held'"
    sql "VACUUM ANALYZE bench.seats_ranked, bench.holds_plain, bench.tickets_plain"
    [[ $(sql "SELECT bench.states_by_join('$stadium') = (
        SELECT string_agg(((get_byte(m.states, i / 4) >> (i % 4 * 2)) & 3)::text, '' ORDER BY i)
        FROM tix.tix_seat_map('$stadium') m, generate_series(0, 39615) i)") == t ]] ||
        die "the map and the join tell different states"
}

measure_map() {
    local round
    prepare_map
    for ((round = 1; round <= ROUNDS; round++)); do
        note map "$round" join "$(sql "SELECT bench.time_join('$stadium', 3)")"
        note map "$round" tix "$(sql "SELECT bench.time_map('$stadium', 100)")"
    done
}

# Fills are scattered (80NN) or from the best seat on (90NN), as bench.load_seats sells them.
measure_best() {
    local round fill fills=(8000 8050 8090 8099 9050 9090 9099)
    for fill in "${fills[@]}"; do load_session "$(session_of 39616 "$fill" 1)"; done
    for ((round = 1; round <= ROUNDS; round++)); do
        for fill in "${fills[@]}"; do
            note fill "$round" "$fill" \
                "$(sql "CALL bench.time_best('$(session_of 39616 "$fill" 1)', 100, NULL)")"
        done
    done
}

# What 10 000 lost races in one transaction leave behind: "<bytes of WAL> <transaction ids>".
traces_of_losing() {
    sql "BEGIN;
        EXPLAIN (ANALYZE, WAL, TIMING off, COSTS off, SUMMARY off, FORMAT json)
            SELECT t.ok FROM generate_series(1, 10000) i,
                LATERAL tix.tix_lock_seats('$walked', ARRAY['$walked_seats'], '$buyer',
                    make_interval(secs => i)) t;
        SELECT 'xids: ' || count(pg_current_xact_id_if_assigned());
        COMMIT" | awk -F: '
            /WAL Bytes/ { gsub(/[ ,]/, "", $2); if ($2 + 0 > bytes) bytes = $2 + 0 }
            /^xids/ { xids = $2 + 0 }
            END { print bytes + 0, xids }'
}
