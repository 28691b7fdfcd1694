#!/usr/bin/env bash
# Tests the private stack's own scripts: every start and stop leaves things as it promises; first
# those of PostgreSQL alone, then the stumbling blocks (package_tests.sh, block_tests.sh), then
# those of the whole stack (whole_tests.sh).
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
source "$stack/check.sh"
forget_pg_environment
"$stack/prefix.sh"
locate_prefix
listener=

finish() {
    if [[ -n $listener ]]; then kill "$listener" 2>/dev/null || true; fi
    "$stack/down.sh" >/dev/null 2>&1 || true
    rm -rf "$work" "$TIX_RUN"
}

up() { TIX_PORT=${1:-auto} "$stack/up.sh"; }
down() { "$stack/down.sh"; }
answers() { (source "$TIX_RUN/env" && [[ $(psql -XAtc "$1") == "$2" ]]); }
shared_memory() { { ipcs -m | awk '{ print $2 }'; ls /dev/shm; } | sort; }
kill_server() {
    kill -9 "$(as_server head -n 1 "$TIX_RUN/data/postmaster.pid")"
    (data=$TIX_RUN/data && retry 10 no_server_process "$data")
}
nothing_left() {
    local data=$TIX_RUN/data
    no_server_process "$data" && [[ ! -e $TIX_RUN/socket && ! -e $TIX_RUN/env ]] &&
        ! as_server test -e "$data/postmaster.pid"
}
no_own_memory() {
    local id
    for id in "${own_memory[@]}"; do
        if shared_memory | grep -x "$id"; then return 1; fi
    done
}
# Remembers the shared memory that the running server holds.
note_memory() {
    local pid=$1
    mapfile -t own_memory < <(
        as_server awk 'NR == 7 { print $2 }' "$TIX_RUN/data/postmaster.pid"
        grep -o 'PostgreSQL\.[0-9]*' "/proc/$pid/maps" | sort -u
    )
}
interrupted_start() {
    local pid
    TIX_PORT=auto setsid "$stack/up.sh" >"$work/said" 2>&1 &
    pid=$!
    sleep "$1"
    kill -TERM -- "-$pid" 2>/dev/null || true
    # A start that was faster than the signal is a start, and goes down as one.
    if wait "$pid"; then "$stack/down.sh"; fi
    no_server_process "$TIX_RUN/data" && [[ ! -e $TIX_RUN/data.new ]]
}

work=$(mktemp -d)
TIX_RUN=$(server_dir stack)
export TIX_RUN TIX_STACK=database
own_memory=()
trap finish EXIT

check "down without a server says so" says "No server is running" down
check "up starts a server" up
check "the database is migrated and on the search path" \
    answers "SELECT current_setting('search_path') || current_setting('data_checksums')" \
    "tix, publicon"
check "up again starts nothing" says "already running" up
note_memory "$(postmaster_pid "$TIX_RUN/data")"
check "down stops the server" down
check "down leaves no process, socket or env" nothing_left
check "down leaves no shared memory" no_own_memory
check "down again says so" says "No server is running" down

check "up starts the same cluster again" up
note_memory "$(postmaster_pid "$TIX_RUN/data")"
check "the postmaster can be killed" kill_server
check "up repairs a killed server" up
check "the repaired server answers" answers "SELECT 1" 1
note_memory "$(postmaster_pid "$TIX_RUN/data")"
check "the repaired postmaster can be killed" kill_server
check "down cleans up after a killed server" down
check "nothing is left of the killed server" nothing_left
check "no shared memory is left of the killed server" no_own_memory

check "a port out of range is refused" refuses "is not a port" up 99999
# A port in use behind three that are not: a stack from there meets no other.
taken=31504
while port_in_use "$taken" || port_in_use "$((taken - 1))" || port_in_use "$((taken - 2))" ||
    port_in_use "$((taken - 3))"; do
    taken=$((taken + 1))
done
perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1",
    LocalPort => $ARGV[0], Listen => 64, ReuseAddr => 1) or die; sleep 600' "$taken" &
listener=$!
retry 5 port_in_use "$taken"
check "a port in use is one clear line" refuses "port $taken is in use" up "$taken"

for delay in 0.1 0.3 0.5; do
    check "a start interrupted after $delay s leaves nothing" \
        interrupted_start "$delay"
done
say "$(printf '0%.0s' {1..64})  engine.sql" >"$TIX_RUN/schema"
check "data of an earlier state of tix is explained" refuses "by an earlier state of tix" up
say 14 | as_server tee "$TIX_RUN/data/PG_VERSION" >/dev/null
check "data of another version is explained" refuses "was made by PostgreSQL 14" up
as_server rm -rf "$TIX_RUN/data"
as_server mkdir "$TIX_RUN/data.new"
check "a half-made cluster is made anew" up
check "and goes down" down

source "$stack/package_tests.sh"
source "$stack/block_tests.sh"
"$stack/tools.sh"
source "$stack/whole_tests.sh"
((failures == 0))
