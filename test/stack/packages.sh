#!/usr/bin/env bash
# packages.sh [PACKAGE…]: installs the Debian packages that tix needs, or those named, as far as
# they are missing; does nothing when none is. Who is not root runs it by sudo: packages.sh --root.
# TIX_SYSTEM names a directory that stands for / in the tests.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/test/stack/fit.sh"
source "$root/test/stack/apt.sh"

packages=(
    "postgresql-$pg_major" "postgresql-server-dev-$pg_major"
    "postgresql-$pg_major-cron" "postgresql-$pg_major-pgtap" "postgresql-$pg_major-plpgsql-check"
    libtap-parser-sourcehandler-pgtap-perl libipc-run-perl
    make g++ libpq-dev libssl-dev nlohmann-json3-dev zlib1g-dev libgtest-dev
    clang-14 libclang-rt-14-dev clang-format-14
    libcpp-httplib-dev libspdlog-dev libtomlplusplus-dev libsodium-dev libqrencode-dev
    prometheus-cpp-dev
    nginx-light libnginx-mod-nchan pgbouncer openssl curl wrk
)
# The black-box clients want Node 18 or later; it may come from elsewhere than Debian.
node_major_min=18
system=${TIX_SYSTEM:-}
lists=$system/var/lib/apt/lists
updates=$system/var/lib/dpkg/updates
# Debian would create and start a cluster "main"; tix never needs one. While the file is there, an
# installation runs or was killed; it names the services that are new.
drop_in=$system/etc/postgresql-common/createcluster.d/tix-no-main-cluster.conf
new_mark='# tix installs packages. New services, which are not to start by themselves:'
policy=$system/usr/sbin/policy-rc.d
policy_mark='# tix installs packages: no service starts meanwhile.'
# Debian's nginx makes it at its first start as root; nchan wants it even where it is not used.
nginx_body=$system/var/lib/nginx/body

node_is_enough() {
    local version
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [[ ${version%%.*} =~ ^[0-9]+$ ]] && ((${version%%.*} >= node_major_min))
}

find_missing() {
    local name state
    missing=()
    for name in "${packages[@]}"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=absent
        [[ $state == installed ]] || missing+=("$name")
    done
}

nothing_missing() { ((!${#missing[@]})) && [[ -d $nginx_body || -n $named ]]; }

need_system() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        die "this is not a Debian system" "tix is built and tested with the packages of Debian 12."
    [[ $(getconf LONG_BIT) == 64 ]] ||
        die "this system has words of $(getconf LONG_BIT) bits" "tix needs a 64-bit system."
}

# Becomes root by sudo, which loses the environment: the names of the packages go along.
become_root() {
    local by_hand=("$root/test/stack/packages.sh" "$@") proxies=() name
    if nothing_missing && ! sudo -n true 2>/dev/null; then
        say "An installation was killed; put right what it left as root: ${by_hand[*]}"
        exit 0
    fi
    need_room_for_packages
    command -v sudo >/dev/null ||
        die "packages are missing, you are not root and there is no sudo" \
            "Run as root: ${by_hand[*]}"
    if ! sudo -n true 2>/dev/null; then
        (: </dev/tty) 2>/dev/null ||
            die "packages are missing, and sudo wants a password but has no terminal" \
                "Run as root: ${by_hand[*]}"
        say "sudo may ask for your password, to install ${#missing[@]} Debian packages."
        sudo -v || die "sudo refuses you" "Run as root: ${by_hand[*]}"
    fi
    for name in http_proxy https_proxy no_proxy; do
        if [[ -n ${!name:-} ]]; then proxies+=("$name=${!name}"); fi
    done
    exec sudo env "${proxies[@]}" "$root/test/stack/packages.sh" --root "$@"
}

need_room_for_packages() {
    need_room "the installation of ${#missing[@]} packages" "$system/usr/lib/none" \
        $((room_for_packages * ${#missing[@]} / ${#packages[@]})) \
        "Make room there (apt-get clean); TIX_ROOM_PACKAGES=0 tries anyway."
}

# Without the mode, lists that could not be had are no failure.
renew_lists() { apt -o APT::Update::Error-Mode=any update; }

# True when the package lists are absent or older than a day.
lists_are_stale() {
    [[ -z $(find "$lists" -maxdepth 1 -type f -name '*_Packages*' -mmin -1440 2>/dev/null |
        head -n 1) ]]
}

# Debian starts a service as soon as it is installed; tix runs its own copies on its own ports.
# A policy that is there already is somebody's decision, and stays. What a killed run noted holds.
forbid_services() {
    local name new=()
    if [[ ! -e $drop_in ]]; then
        for name in nginx pgbouncer; do
            [[ -x $system/usr/sbin/$name ]] || new+=("$name")
        done
        mkdir -p "${drop_in%/*}"
        printf '%s %s\ncreate_main_cluster = false\n' "$new_mark" "${new[*]}" >"$drop_in"
    fi
    if [[ ! -e $policy && ! -L $policy ]]; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
        chmod 755 "$policy"
    fi
}

# Takes back what was forbidden, by this run or by one that was killed; a service that came with it
# does not start at the next boot either, whatever starts the machine.
allow_all() {
    local name
    [[ -e $drop_in ]] || return 0
    for name in $(sed -n "s/^$new_mark//p" "$drop_in"); do
        deb-systemd-helper disable "$name.service" >/dev/null 2>&1 || true
        update-rc.d "$name" disable >/dev/null 2>&1 || true
    done
    if grep -qsxF "$policy_mark" "$policy"; then rm -f "$policy"; fi
    rm -f "$drop_in"
    rmdir "${drop_in%/*}" 2>/dev/null || true
}

finish() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP # a second Ctrl-C does not leave half of it behind
    allow_all
    # Root may do this in somebody else's checkout, who builds there afterwards.
    if ((EUID == 0)); then
        chown --reference="$root" "$build" "$build/log" "${log%.log}".* 2>/dev/null || true
    fi
    exit "$status"
}

install_missing() {
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    if lists_are_stale; then
        renew_lists || say "The package lists could not be renewed; trying with those at hand"
    fi
    apt install --no-install-recommends "${missing[@]}" && return
    renew_lists && apt install --no-install-recommends "${missing[@]}" || explain_apt
}

need_system
by_root=
if [[ ${1:-} == --root ]]; then
    by_root=yes
    shift
fi
named=${1:-}
if [[ -n $named ]]; then
    packages=("$@")
elif ! node_is_enough; then
    packages+=(nodejs npm)
fi
find_missing
if nothing_missing && [[ ! -e $drop_in ]]; then exit 0; fi
if ((EUID != 0)) && [[ -z $by_root ]]; then become_root "$@"; fi
need_room_for_packages
need_own_build
log=$build/log/apt.log
mkdir -p "$build/log"
# Whoever waits here finds the work done.
exec 9<"$system/var/lib/dpkg"
flock -n 9 || { say "Another installation for tix is at work; waiting for it" && flock 9; }
trap finish EXIT
trap 'exit 143' TERM HUP
find_missing
if ((${#missing[@]})); then
    forbid_services
    finish_interrupted
    install_missing
    say "Packages installed."
fi
[[ -n $named || -d $nginx_body ]] || install -d -m 700 -o www-data "$nginx_body"
