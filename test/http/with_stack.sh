#!/usr/bin/env bash
# with_stack.sh CMD…: runs CMD against a throw-away stack, from database to edge, and always tears
# that down. Its environment is that of .run/env, with TIX_RUN on top. The logs of a failure are
# kept in .build/log/http.
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")/../stack" && pwd -P)
source "$stack/lib.sh"
(($#)) || die "with_stack.sh needs a command to run"

tear_down() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    forget_pg_environment
    if ((status != 0)) && [[ -d $TIX_RUN/log ]]; then
        rm -rf "$build/log/http"
        cp -R "$TIX_RUN/log" "$build/log/http"
        say "The logs of the stack are kept in .build/log/http" >&2
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
mkdir -p "$build/log"
run_dir=$(server_dir run)
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export TIX_RUN=$run_dir TIX_STACK=whole
if ! TIX_PORT=auto "$stack/up.sh" >"$run_dir/up.out" 2>&1; then
    cat "$run_dir/up.out" >&2
    exit 1
fi
source "$run_dir/env"
"$@"
