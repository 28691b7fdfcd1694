#!/usr/bin/env bash
# Measures lock calls against their yardsticks on a throw-away server: `make bench`.
#
#   ROUNDS=15        rounds of each group; every system has its turn in every round
#   ROUND_SECONDS=2  length of a turn  (bash keeps the name SECONDS for itself)
#   CLIENTS=8        connections of pgbench
#   GROUPS_ONLY=     names of the groups to measure: lost memory journal async (default: all)
#
# A turn is one run of pgbench with prepared statements: a script of test/bench/load on fresh
# connections. Systems of a group alternate in one run, so whatever else the machine does falls on
# all of them, and only ratios of one round are compared. The server has the shipped settings; what
# a group changes is named in its title.
#
# Bars that are missed are reported, not punished: the exit status tells only whether it ran.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"

for option in ROUNDS ROUND_SECONDS CLIENTS; do
    [[ ${!option:-1} =~ ^[1-9][0-9]{0,3}$ ]] ||
        die "$option=${!option} is not a count from 1 to 9999"
done
export ROUNDS=${ROUNDS:-15} ROUND_SECONDS=${ROUND_SECONDS:-2} CLIENTS=${CLIENTS:-8}
export GROUPS_ONLY=${GROUPS_ONLY:-lost memory journal async}

# Builds the yardsticks and installs them beside tix in the private copy of PostgreSQL.
install_yardsticks() {
    local log=$build/log/bench.log target
    mkdir -p "$build/log" "$build/bench"
    for target in all install; do
        make -C "$build/bench" -f "$bench/tix_bench/Makefile" \
            PG_CONFIG="$system_bin/pg_config" DESTDIR="$prefix" "$target" >>"$log" 2>&1 || {
            show_tail "$log"
            die "the yardsticks could not be built" "The whole output is in .build/log/bench.log"
        }
    done
    chmod -R a+rX "$prefix"
}

need_server_packages
"$bench/../stack/prefix.sh"
locate_prefix
install_yardsticks
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' "tix.seat_loader = 'bench.load_seats'" >"$work/settings"
chmod -R a+rX "$work"
# Nothing of the schema is measured, so the database is left without it.
TIX_SETTINGS=$work/settings TIX_MIGRATE=no "$bench/../stack/with_server.sh" "$bench/measure.sh" \
    "$work"
