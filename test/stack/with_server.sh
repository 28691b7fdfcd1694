#!/usr/bin/env bash
# with_server.sh CMD…: runs CMD against a throw-away server and always tears that down.
# The server has the migrations applied and a free port; its environment is that of .run/env,
# with TIX_RUN on top, so that CMD may stop and start it with down.sh and up.sh.
# It is PostgreSQL alone, and with TIX_STACK=whole everything up to the edge.
# TIX_SETTINGS names a file with more settings; TIX_MIGRATE=no leaves the database empty.
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
(($#)) || die "with_server.sh needs a command to run"

tear_down() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    forget_pg_environment
    if ((status != 0)) && [[ -d $TIX_RUN/log ]]; then
        rm -rf "$build/log/server"
        mkdir -p "$build/log"
        cp -R "$TIX_RUN/log" "$build/log/server"
        say "The logs of the server are kept in .build/log/server" >&2
    fi
    TIX_RUN=$run_dir "$stack/down.sh" >"$run_dir/down.out" 2>&1 || {
        cat "$run_dir/down.out" >&2
        ((status)) || status=1
    }
    rm -rf "$run_dir"
    exit "$status"
}

need_server_packages
"$stack/prefix.sh"
run_dir=$(server_dir run)
trap tear_down EXIT
trap 'exit 143' TERM
export TIX_RUN=$run_dir TIX_STACK=${TIX_STACK:-database}
if ! TIX_PORT=auto "$stack/up.sh" >"$run_dir/up.out" 2>&1; then
    cat "$run_dir/up.out" >&2
    exit 1
fi
source "$run_dir/env"
"$@"
