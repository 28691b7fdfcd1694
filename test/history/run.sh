#!/usr/bin/env bash
# Judges the history of a live server whose processes are killed: backends, expiry workers, loaders
# and the postmaster, by kill -9, while clients hold, sell and free seats. The laws are
#   1  tokens are granted in the order of real time
#   2  nobody is given a seat before its last hold or sale can have ended
#   3  an acknowledged hold is there until its deadline, over every restart, with its seats
#   4  no token is accepted from anybody else, after its deadline, or after its end
#   5  a seat is sold once at a time, and no acknowledged ticket is missing or made up
#   6  tokens grow over restarts
#   7  in the end the arena agrees with itself, the tables and the journal
# `run.sh`: the checker's own tests, then a short run. `run.sh long`: 220 kills and 100 000
# statements at least, and planted bugs. `run.sh KILLS STATEMENTS`: one run.
# TIX_SEED repeats the dice; TIX_PREFIX names another private PostgreSQL to test. The files of a
# run that fails are kept in .build/log/history.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$lane/../stack/lib.sh"
forget_pg_environment
seed=${TIX_SEED:-$((RANDOM * 32768 + RANDOM))}

# Removes the files of the run; says what the verdict was before.
tear_down() {
    local status=$? pid
    trap - EXIT
    for pid in $(server_pids "$work/data"); do
        kill -9 "$pid" 2>/dev/null || true
    done
    retry 5 no_server_process "$work/data" || true
    if ((status)); then
        rm -rf "$build/log/history"
        mkdir -p "$build/log"
        cp -R "$work/logs" "$build/log/history"
        say "The run with TIX_SEED=$seed failed; its files are in .build/log/history"
    fi
    rm -rf "$work" "$socket"
    exit "$status"
}

make_cluster() {
    as_server "$pg_bin/initdb" -D "$work/data" -U postgres --encoding=UTF8 --locale=C.UTF-8 \
        --data-checksums --no-sync --auth=trust >"$work/logs/initdb.log" 2>&1
    as_server tee -a "$work/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$socket'
shared_preload_libraries = 'tix'
shared_buffers = 16MB
fsync = off
synchronous_commit = on
restart_after_crash = on
max_worker_processes = 16
tix.memory = 8MB
CONF
}

make_schema() {
    local conf="$pg_bin/pg_ctl -s -w -D $work/data -l $work/logs/server.log"
    as_server $conf start
    as_server "$pg_bin/psql" -Xq -h "$socket" -U postgres -d postgres -c 'CREATE DATABASE history'
    as_server "$pg_bin/psql" -Xq -h "$socket" -U postgres -d history -v ON_ERROR_STOP=1 \
        -f "$work/seats.sql" -c "SELECT make_session(1, 3, 4, 5), make_session(2, 2, 3, 5),
        make_session(3, 1, 2, 10)" >/dev/null
    as_server $conf stop
}

# one_run KILLS STATEMENTS: the load, then the verdict.
one_run() {
    work=$(server_dir history)
    socket=$(as_server mktemp -d /tmp/tix-history-XXXXXX)
    trap tear_down EXIT
    as_server mkdir "$work/logs"
    cp "$built/tix-history-load" "$lane/../regress/seats.sql" "$work/"
    chmod a+rx "$work"/*
    make_cluster
    make_schema
    local status=0
    as_server "$work/tix-history-load" bin="$pg_bin" data="$work/data" socket="$socket" \
        logs="$work/logs" server_log="$work/logs/server.log" seed="$seed" kills="$1" \
        statements="$2" seconds_max="$(($1 * 5 + 60))" || status=$?
    "$built/tix-history-check" "$work/logs" || status=$?
    return "$status"
}

need_server_packages
"$lane/../stack/prefix.sh"
locate_prefix
if [[ -n ${TIX_PREFIX:-} ]]; then
    pg_bin=$TIX_PREFIX/usr/lib/postgresql/$pg_major/bin
fi
make -s -j2 -C "$lane"
built=$build/test/history
case ${1:-short} in
    short)
        "$built/checker_test" --gtest_brief=1
        one_run 7 3000
        ;;
    long)
        "$built/checker_test" --gtest_brief=1
        "$lane/planted.sh"
        one_run 220 100000
        ;;
    *) one_run "$1" "$2" ;;
esac
