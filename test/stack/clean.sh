#!/usr/bin/env bash
# Stops the private stack and removes everything that was built or run in this checkout.
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
source "$stack/fit.sh"
locate_run

need_own_build
# Root may remove what anybody made, unless it runs.
if [[ -d $data ]] && { ((EUID != 0)) || ! no_server_process "$data"; }; then "$stack/down.sh"; fi
# The links first, then what they point to; the target must be one of ours.
target=$(readlink "$build/shelter" 2>/dev/null) || target=
if [[ $target == /var/tmp/tix-* ]]; then rm -rf "$target"; fi
parts=(data data.new schema log socket env env.new library password password.new socket_dir
    demo.json demo.html secrets stack bin pgbouncer mock gateway edge)
for part in "${parts[@]}"; do
    rm -rf "${run:?}/$part"
done
rmdir "$run" 2>/dev/null || true
if [[ -L $run_link ]]; then rm -f "$run_link"; fi
[[ ! -e $run_link ]] ||
    die "$run holds files that are not ours" "Look into it and remove it yourself."
rm -rf "$build"
say "Clean."
