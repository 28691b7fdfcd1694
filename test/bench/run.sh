#!/usr/bin/env bash
# Measures the engine against its yardsticks and its peers on throw-away servers: `make bench`.
#
#   ROUNDS=15         rounds of each group; every system has its turn in every round
#   ROUND_SECONDS=2   length of a turn  (bash keeps the name SECONDS for itself)
#   CLIENTS="1 8 32"  connections of the load client; groups with one number of them take 8
#   HTTP_CLIENTS=64   connections of wrk
#   GROUPS_ONLY=      names of the groups to measure (default: all but the last three)
#
# The groups, each with what tix is measured against:
#   lost memory journal async  an empty function, or one that only inserts the journal's row
#   four                       the same for groups of four seats
#   uniform hot                five plain-SQL designs; all win, or all want the same 100 seats
#   best                       best available of four against SKIP LOCKED
#   redis lua batch            Redis: SET, a script for four keys, pipelines of 32
#   map fill                   in the server: seat maps, best available by seats sold
#   scale                      locks by seats loaded
#   core                       the engine's core alone
#   http                       a whole stack, from the edge to the database, with wrk as client;
#                              OVERLOAD=yes: also what comes through at ten times the connections
#   recovery                   a killed backend among five million dead rows of the journal
#   expiry                     a hundred thousand overdue orders, while sales go on
#   purchase                   from hold to tickets, against plain SQL and Redis with plain SQL
#
# A turn is one run of test/bench/client with a statement of test/bench/load on fresh connections.
# Systems of a group alternate in one run, so whatever else the machine does falls on all of them,
# and only figures of one round are compared. What a group changes is named in its title.
#
# A run of all groups with at least 15 rounds of 2 seconds takes an hour and a half and writes its
# table and plots to docs/; any other only prints. Bars that are missed are reported, not punished:
# the exit status tells only whether it ran.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$bench/../stack/lib.sh"

for option in ROUNDS ROUND_SECONDS HTTP_CLIENTS; do
    [[ ${!option:-1} =~ ^[1-9][0-9]{0,3}$ ]] ||
        die "$option=${!option} is not a count from 1 to 9999"
done
[[ ${CLIENTS:-1} =~ ^[1-9][0-9]?(\ [1-9][0-9]?)*$ ]] ||
    die "CLIENTS=$CLIENTS is not a list of counts from 1 to 99"
all_clients="1 8 32"
all_groups="lost memory journal async four uniform hot best redis lua batch"
all_groups+=" map fill scale core http"
export ROUNDS=${ROUNDS:-15} ROUND_SECONDS=${ROUND_SECONDS:-2} CLIENTS=${CLIENTS:-$all_clients}
export HTTP_CLIENTS=${HTTP_CLIENTS:-64}
export GROUPS_ONLY=${GROUPS_ONLY:-$all_groups}
for group in $GROUPS_ONLY; do
    [[ " $all_groups recovery expiry purchase " == *" $group "* ]] ||
        die "$group is no group" "They are: $all_groups recovery expiry purchase"
done
log=$build/log/bench.log

asked_for() {
    local group
    for group; do
        if [[ " $GROUPS_ONLY " == *" $group "* ]]; then return 0; fi
    done
    return 1
}

# build_part WHAT MAKE-OPTION…
build_part() {
    local what=$1
    shift
    make "$@" >>"$log" 2>&1 || {
        show_tail "$log"
        die "$what could not be built" "The whole output is in .build/log/bench.log"
    }
}

# Builds the yardsticks and installs them beside tix in the private copy of PostgreSQL. They are
# built in a copy, for PGXS finds no sources in a path with a space.
install_yardsticks() {
    local target
    cp -p "$bench"/tix_bench/* "$build/bench/"
    for target in all install; do
        build_part "the yardsticks" -C "$build/bench" \
            PG_CONFIG="$system_bin/pg_config" DESTDIR="$prefix" "$target"
    done
    chmod -R a+rX "$prefix"
}

measure_on_server() {
    if asked_for redis lua batch; then "$bench/../stack/packages.sh" redis-tools; fi
    build_part "the load client" -C "$bench/client"
    # Nothing of the schema is measured, so the database is left without it.
    TIX_SETTINGS=$work/settings TIX_MIGRATE=no "$bench/../stack/with_server.sh" \
        "$bench/measure.sh" "$work"
}

measure_core() {
    local round pairs
    build_part "the core alone" -C "$bench/core"
    for ((round = 1; round <= ROUNDS; round++)); do
        printf 'core: round %d of %d\n' "$round" "$ROUNDS" >&2
        pairs=$("$build/bench/bin/core-alone" "$ROUND_SECONDS")
        say "core 1 $round pairs $pairs 0" >>"$work/turns"
    done
}

measure_http() {
    command -v wrk >/dev/null || die "wrk is not installed" "Run: test/stack/packages.sh"
    build_part "the yardstick gateway" -C "$bench/http"
    TIX_SETTINGS=$work/settings TIX_STACK=whole TIX_BIN=$build/bench/bin \
        TIX_EDGE_REQUESTS=$((HTTP_CLIENTS * 10 + 64)) "$bench/../stack/with_server.sh" \
        "$bench/http/measure.sh" "$work"
}

is_whole() {
    [[ $GROUPS_ONLY == "$all_groups" && $CLIENTS == "$all_clients" ]] &&
        ((ROUNDS >= 15 && ROUND_SECONDS >= 2))
}

need_server_packages
"$bench/../stack/prefix.sh"
locate_prefix
mkdir -p "$build/log" "$build/bench"
: >"$log"
install_yardsticks
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A million seats are loaded at once to see whether a lock notices.
printf '%s\n' "tix.seat_loader = 'bench.load_seats'" "tix.memory = 256" >"$work/settings"
chmod -R a+rX "$work"
: >"$work/turns"
: >"$work/facts"
load_before=$(</proc/loadavg)
if [[ $GROUPS_ONLY =~ [a-z] && ! $GROUPS_ONLY =~ ^(core|http|recovery|expiry|purchase|\ )+$ ]]; then
    measure_on_server
fi
if asked_for core; then measure_core; fi
if asked_for http; then measure_http; fi
printf 'Load average\t%s before, %s after\n' "${load_before%% *}" "$(cut -d' ' -f1 /proc/loadavg)" \
    >>"$work/facts"
cp "$work/turns" "$work/facts" "$build/bench/"
say ""
perl -I "$bench" "$bench/report.pl" text "$build/bench"
if is_whole; then
    perl -I "$bench" "$bench/report.pl" markdown "$build/bench" >"$root/docs/bench.md"
    perl -I "$bench" "$bench/plot.pl" "$build/bench" "$root/docs"
    say "The table and the plots are in docs/bench.md"
fi
if asked_for recovery; then "$bench/recovery.sh"; fi
if asked_for expiry; then "$bench/expiry.sh"; fi
if asked_for purchase; then "$bench/purchase.sh"; fi
