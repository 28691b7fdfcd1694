#!/usr/bin/env bash
# Measures lock calls against their yardsticks on a throw-away server: `make bench`.
#
#   ROUNDS=15        rounds of each group; every system has its turn in every round
#   ROUND_SECONDS=2  length of a turn  (bash keeps the name SECONDS for itself)
#   CLIENTS=8        connections of pgbench
#   HTTP_CLIENTS=64  connections of wrk
#   GROUPS_ONLY=     names of the groups to measure: lost memory journal async http recovery
#                    (default: all)
#
# A turn is one run of pgbench with prepared statements: a script of test/bench/load on fresh
# connections. Systems of a group alternate in one run, so whatever else the machine does falls on
# all of them, and only ratios of one round are compared. The server has the shipped settings; what
# a group changes is named in its title. The group http has a whole stack of its own, from the edge
# to the database, and wrk for its client.
#
# Bars that are missed are reported, not punished: the exit status tells only whether it ran.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"

for option in ROUNDS ROUND_SECONDS CLIENTS HTTP_CLIENTS; do
    [[ ${!option:-1} =~ ^[1-9][0-9]{0,3}$ ]] ||
        die "$option=${!option} is not a count from 1 to 9999"
done
export ROUNDS=${ROUNDS:-15} ROUND_SECONDS=${ROUND_SECONDS:-2} CLIENTS=${CLIENTS:-8}
export HTTP_CLIENTS=${HTTP_CLIENTS:-64}
export GROUPS_ONLY=${GROUPS_ONLY:-lost memory journal async http recovery}

# Builds the yardsticks and installs them beside tix in the private copy of PostgreSQL. They are
# built in a copy, for PGXS finds no sources in a path with a space.
install_yardsticks() {
    local log=$build/log/bench.log target
    mkdir -p "$build/log" "$build/bench"
    cp -p "$bench"/tix_bench/* "$build/bench/"
    for target in all install; do
        make -C "$build/bench" \
            PG_CONFIG="$system_bin/pg_config" DESTDIR="$prefix" "$target" >>"$log" 2>&1 || {
            show_tail "$log"
            die "the yardsticks could not be built" "The whole output is in .build/log/bench.log"
        }
    done
    chmod -R a+rX "$prefix"
}

# Builds the gateway with the one more route that the locks are compared with.
build_yardstick_gateway() {
    local log=$build/log/bench.log
    command -v wrk >/dev/null || die "wrk is not installed" "Run: test/stack/packages.sh"
    make -C "$bench/http" >>"$log" 2>&1 || {
        show_tail "$log"
        die "the yardstick gateway could not be built" "The whole output is in .build/log/bench.log"
    }
}

need_server_packages
"$bench/../stack/prefix.sh"
locate_prefix
install_yardsticks
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' "tix.seat_loader = 'bench.load_seats'" >"$work/settings"
chmod -R a+rX "$work"
: >"$work/turns"
: >"$work/counters"
if [[ " $GROUPS_ONLY " =~ \ (lost|memory|journal|async)\  ]]; then
    # Nothing of the schema is measured, so the database is left without it.
    TIX_SETTINGS=$work/settings TIX_MIGRATE=no "$bench/../stack/with_server.sh" \
        "$bench/measure.sh" "$work"
fi
if [[ " $GROUPS_ONLY " == *" http "* ]]; then
    build_yardstick_gateway
    : >"$work/turns"
    TIX_SETTINGS=$work/settings TIX_STACK=whole TIX_BIN=$build/bench/bin \
        TIX_EDGE_REQUESTS=$((HTTP_CLIENTS + 64)) "$bench/../stack/with_server.sh" \
        "$bench/http/measure.sh" "$work"
    say ""
    say "$HTTP_CLIENTS clients, $ROUNDS rounds, turns of $ROUND_SECONDS s, $(nproc) processors"
    perl "$bench/report.pl" "$work/turns" /dev/null
fi
if [[ " $GROUPS_ONLY " == *" recovery "* ]]; then
    say ""
    "$bench/recovery.sh"
fi
