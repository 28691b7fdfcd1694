#!/usr/bin/env bash
# Starts the private stack in .run (or $TIX_RUN): PostgreSQL with a migrated database "tix", the
# pool, the gateway, its payment provider and the edge, under a supervisor; to run it again is safe.
# TIX_STACK=database starts PostgreSQL alone, without the supervisor.
# TIX_PORT chooses the port of PostgreSQL (default 28432; "auto" tries free ones at random); the
# others follow it: pool, gateway, edge, mock provider, publisher.
# TIX_SETTINGS names a file whose lines are added to postgresql.conf.
# TIX_BIN names another folder with the gateway's programs than .build/bin.
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
source "$stack/fit.sh"
source "$stack/services.sh"
source "$stack/cluster.sh"
source "$stack/configure.sh"
source "$stack/gateway_toml.sh"
source "$stack/accounts.sh"
source "$stack/start.sh"
forget_pg_environment

started=
phase=
declare -A account_ids=()
programs=${TIX_BIN:-$build/bin}
case ${TIX_STACK:-whole} in
    whole) whole=yes wanted_ports=$ports ;;
    database) whole='' wanted_ports=1 ;;
    *) die "TIX_STACK=$TIX_STACK is no stack" "Leave it out, or say TIX_STACK=database" ;;
esac

# Undoes a half-done start: a server that this run started does not outlive its failure.
undo() {
    local status=$?
    trap - EXIT INT TERM
    if ((status != 0)) && [[ -n $phase ]]; then
        rm -rf "$run/data.new" "$run/password.new"
        if [[ -n $started || -n $(postmaster_pid "$data") || -n $(supervisor_pid) ]]; then
            "$stack/down.sh" >&2 || true
        fi
    fi
    exit "$status"
}

# Whether the server was started under the name that its directory has now.
has_not_moved() { grep -qF "TIX_DATA=$(quote "$data") " "$env_file"; }

# The port in .run/env, where a restart goes again.
old_port() { sed -n 's/.* PGPORT=\([0-9]*\) .*/\1/p' "$env_file"; }

say_up() {
    local env=${run_link#"$root/"}/env
    if [[ -n $whole ]]; then
        say "The stack is up at http://127.0.0.1:$((port + 3)). To use it: . $env; make status"
    else
        say "The server is up on port $port. To use it: . $env && psql"
    fi
}

alone
need_server_packages
"$stack/prefix.sh"
locate_prefix
if [[ -n $whole ]]; then need_programs; fi
trap undo EXIT
trap 'exit 143' TERM

if [[ -n $(postmaster_pid "$data") && -f $env_file ]]; then
    if cmp -s "$prefix/tix-installed" "$run/library" && has_not_moved && stack_is_current; then
        port=$(old_port)
        make_database
        if [[ -n $whole ]]; then
            await_stack
            make_accounts
            say "The stack is already running at http://127.0.0.1:$((port + 3)); nothing to start."
        else
            say "The server is already running on port $PGPORT; nothing to start."
        fi
        exit 0
    fi
    say "What runs is not the whole of what was built: starting it anew"
    TIX_PORT=${TIX_PORT:-$(old_port)}
    "$stack/down.sh"
elif something_runs; then
    "$stack/down.sh"
fi

check_port
need_room "the run in $run" "$run" "$room_for_run" \
    "Make room, or run elsewhere: ${TIX_COMMAND:-make up} TIX_RUN=/elsewhere"
need_tmp
need_shm
need_memory
check_old_run
mkdir -p "$run/log"
own_by_server "$run" "$run/log"
phase=start
make_data
choose_socket_dir
if [[ -n $whole ]]; then
    start_stack
else
    start_server
    write_env
    make_database
fi
say_up
