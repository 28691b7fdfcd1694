#!/usr/bin/env bash
# Installs the Debian packages that tix needs and that are missing; does nothing when none is.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

packages=(
    "postgresql-$pg_major" "postgresql-server-dev-$pg_major"
    "postgresql-$pg_major-cron" "postgresql-$pg_major-pgtap"
    libtap-parser-sourcehandler-pgtap-perl libipc-run-perl
    make g++ libpq-dev libssl-dev nlohmann-json3-dev zlib1g-dev libgtest-dev
    clang-14 libclang-rt-14-dev clang-format-14
    libcpp-httplib-dev libspdlog-dev libtomlplusplus-dev libsodium-dev libqrencode-dev
    prometheus-cpp-dev
    nginx-light libnginx-mod-nchan pgbouncer openssl curl wrk
)
# The black-box clients want Node 18 or later; it may come from elsewhere than Debian.
node_major_min=18
lists=/var/lib/apt/lists
drop_in=/etc/postgresql-common/createcluster.d/tix-no-main-cluster.conf
policy=/usr/sbin/policy-rc.d
policy_mark='# tix installs packages: no service starts meanwhile.'
# Debian's nginx makes it at its first start as root; nchan wants it even where it is not used.
nginx_body=/var/lib/nginx/body

node_is_enough() {
    local version
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [[ ${version%%.*} =~ ^[0-9]+$ ]] && ((${version%%.*} >= node_major_min))
}

missing_packages() {
    local name state
    node_is_enough || packages+=(nodejs npm)
    for name in "${packages[@]}"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=absent
        [[ $state == installed ]] || printf '%s\n' "$name"
    done
}

# True when the package lists are absent or older than a day.
lists_are_stale() {
    [[ -z $(find "$lists" -maxdepth 1 -type f -name '*_Packages*' -mmin -1440 2>/dev/null |
        head -n 1) ]]
}

# Runs apt-get quietly; its output is kept for a failure.
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
        -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}

# Debian would create and start a cluster "main"; tix never needs one.
forbid_main_cluster() {
    our_drop_in=yes
    "${as_root[@]}" mkdir -p "${drop_in%/*}"
    printf 'create_main_cluster = false\n' | "${as_root[@]}" tee "$drop_in" >/dev/null
}

# Debian starts a service as soon as it is installed; tix runs its own copies on its own ports.
# A policy that is there already is somebody's decision, and stays; unless a killed run left it.
forbid_services() {
    local unit
    if [[ ! -e $policy && ! -L $policy ]] || grep -qsxF "$policy_mark" "$policy"; then
        our_policy=yes
        printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" |
            "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
    fi
    for unit in nginx pgbouncer; do
        command -v "$unit" >/dev/null || [[ -x /usr/sbin/$unit ]] || new_units+=("$unit.service")
    done
}

# Takes back what was forbidden; a service that came with this installation does not start at the
# next boot either.
allow_all() {
    local status=$? unit
    trap - EXIT
    trap '' INT TERM HUP # a second Ctrl-C does not leave half of it behind
    if [[ -n $our_drop_in ]]; then
        "${as_root[@]}" rm -f "$drop_in"
        "${as_root[@]}" rmdir "${drop_in%/*}" 2>/dev/null || true
    fi
    if command -v systemctl >/dev/null; then
        for unit in "${new_units[@]}"; do
            "${as_root[@]}" systemctl disable "$unit" >>"$log" 2>&1 || true
        done
    fi
    if [[ -n $our_policy ]]; then "${as_root[@]}" rm -f "$policy"; fi
    exit "$status"
}

make_nginx_body() {
    [[ -d $nginx_body ]] || "${as_root[@]}" install -d -m 700 -o www-data "$nginx_body"
}

command -v dpkg-query >/dev/null ||
    die "this is not a Debian system" "tix is built and tested with the packages of Debian 12."
mapfile -t missing < <(missing_packages)
if ((!${#missing[@]})) && [[ -d $nginx_body ]]; then exit 0; fi

our_drop_in=
our_policy=
new_units=()
as_root=()
if ((EUID != 0)); then
    if [[ -t 0 ]] && command -v sudo >/dev/null; then
        as_root=(sudo)
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        die "packages are missing and there is neither root nor sudo to install them" \
            "Run as root: $root/test/stack/packages.sh  (it installs ${missing[*]})"
    fi
fi
if ((!${#missing[@]})); then
    make_nginx_body
    exit 0
fi

mkdir -p "$build/log"
log=$build/log/apt.log
: >"$log"
# Root may do this in somebody else's checkout, who builds there afterwards.
if ((EUID == 0)); then chown --reference="$root" "$build" "$build/log" "$log"; fi
say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
if lists_are_stale; then
    apt update || say "The package lists could not be renewed; trying with those at hand."
fi
trap allow_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [[ " ${missing[*]} " == *" postgresql-$pg_major "* ]]; then
    forbid_main_cluster
fi
forbid_services
if ! apt install --no-install-recommends "${missing[@]}"; then
    apt update && apt install --no-install-recommends "${missing[@]}" || {
        show_tail "$log"
        die "the packages could not be installed" \
            "See $log, then run as root: apt-get install ${missing[*]}"
    }
fi
make_nginx_body
say "Packages installed."
