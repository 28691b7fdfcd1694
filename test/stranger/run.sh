#!/usr/bin/env bash
# Does what README.md tells a stranger to do, on a fresh Debian 12 in a chroot: runs into every
# stumbling block, then the two commands, as root and as a user with sudo, and looks for what they
# leave behind. Needs root or sudo. SHORT=1 leaves out the demo and the tests.
# The chroot lives in namespaces of its own: when this ends, however it ends, so does all in it.
set -euo pipefail
stranger=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stranger/../stack/lib.sh"
source "$stranger/../stack/fit.sh"
room=${TIX_ROOM_STRANGER:-6000}

if ((EUID != 0)); then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
        die "a chroot needs root, and there is no sudo that works without a password" \
            "Run as root: make stranger"
    exec sudo env SHORT="${SHORT:-}" "$stranger/run.sh"
fi

clean_up() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    if [[ -n ${child:-} ]]; then
        kill -KILL "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    rm -rf --one-file-system "$place"
    exit "$status"
}

# A place whose lock is free belongs to a run that was killed.
remove_old_places() {
    local old
    for old in /var/tmp/tix-stranger-*; do
        if [[ -d $old ]] && flock -n "$old" true; then rm -rf --one-file-system "$old"; fi
    done
}

"$stranger/../stack/packages.sh" debootstrap git
remove_old_places
need_room "the test in /var/tmp" /var/tmp/tix-stranger "$room" "Make room there."
place=$(mktemp -d /var/tmp/tix-stranger-XXXXXX)
chmod 755 "$place"
exec 9<"$place"
flock 9
trap clean_up EXIT
trap 'exit 143' TERM HUP
unshare --mount --pid --ipc --fork --kill-child true 2>/dev/null ||
    die "this machine allows no namespaces of one's own" \
        "A container must be privileged for this (docker: --privileged)."
set -m # a job of its own takes Ctrl-C as a terminal's programs do
unshare --mount --pid --ipc --fork --kill-child --mount-proc \
    bash "$stranger/inside.sh" "$place" 9<&- </dev/null &
child=$!
set +m
wait "$child"
