# Runs a script as root in namespaces of its own, with a directory for the systems it makes: when it
# ends, however it ends, so does all in it. Meant to be sourced after lib.sh.
source "$root/test/stack/fit.sh"

# become_root_for TARGET SCRIPT VARIABLE=VALUE…: who is not root starts over by sudo.
become_root_for() {
    local target=$1 script=$2
    shift 2
    if ((EUID == 0)); then return; fi
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
        die "a chroot needs root, and there is no sudo that works without a password" \
            "Run as root: $target"
    exec sudo env "$@" "$script"
}

remove_place() {
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

# remove_old_places NAME: a place whose lock is free belongs to a run that was killed.
remove_old_places() {
    local old
    for old in /var/tmp/tix-"$1"-*; do
        if [[ -d $old ]] && flock -n "$old" true; then rm -rf --one-file-system "$old"; fi
    done
}

# in_namespaces NAME MB SCRIPT ARGUMENT…: runs SCRIPT PLACE ARGUMENT…, which may fill MB in PLACE.
in_namespaces() {
    local name=$1 room=$2 script=$3
    shift 3
    "$root/test/stack/packages.sh" debootstrap git
    remove_old_places "$name"
    need_room "the test in /var/tmp" "/var/tmp/tix-$name" "$room" "Make room there."
    place=$(mktemp -d "/var/tmp/tix-$name-XXXXXX")
    chmod 755 "$place"
    exec 9<"$place"
    flock 9
    trap remove_place EXIT
    trap 'exit 143' TERM HUP
    unshare --mount --pid --ipc --fork --kill-child true 2>/dev/null ||
        die "this machine allows no namespaces of one's own" \
            "A container must be privileged for this (docker: --privileged)."
    set -m # a job of its own takes Ctrl-C as a terminal's programs do
    unshare --mount --pid --ipc --fork --kill-child --mount-proc \
        bash "$script" "$place" "$@" 9<&- </dev/null &
    child=$!
    set +m
    wait "$child"
}
