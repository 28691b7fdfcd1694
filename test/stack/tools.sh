#!/usr/bin/env bash
# Builds the command-line tools into .build/bin.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
log=$build/log/tools.log
mkdir -p "$build/log"
exec 9>"$build/tools.lock"
flock 9
make_tools() { make -C "$root/gateway" "$@"; }

if make_tools -q >/dev/null 2>&1; then exit 0; fi
say "Building the tools"
make_tools -j2 >"$log" 2>&1 || {
    show_tail "$log" 30
    die "the tools could not be built" "The whole output is in .build/log/tools.log"
}
