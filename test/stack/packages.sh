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
)
lists=/var/lib/apt/lists
drop_in=/etc/postgresql-common/createcluster.d/tix-no-main-cluster.conf

missing_packages() {
    local name state
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
    "${as_root[@]}" mkdir -p "${drop_in%/*}"
    printf 'create_main_cluster = false\n' | "${as_root[@]}" tee "$drop_in" >/dev/null
    trap allow_main_cluster EXIT
}

allow_main_cluster() {
    "${as_root[@]}" rm -f "$drop_in"
    "${as_root[@]}" rmdir "${drop_in%/*}" 2>/dev/null || true
}

command -v dpkg-query >/dev/null ||
    die "this is not a Debian system" "tix is built and tested with the packages of Debian 12."
mapfile -t missing < <(missing_packages)
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
    if [[ -t 0 ]] && command -v sudo >/dev/null; then
        as_root=(sudo)
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        die "packages are missing and there is neither root nor sudo to install them" \
            "Run as root: apt-get install ${missing[*]}"
    fi
fi

mkdir -p "$build/log"
log=$build/log/apt.log
: >"$log"
say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
if lists_are_stale; then
    apt update || say "The package lists could not be renewed; trying with those at hand."
fi
if [[ " ${missing[*]} " == *" postgresql-$pg_major "* ]]; then
    forbid_main_cluster
fi
if ! apt install --no-install-recommends "${missing[@]}"; then
    apt update && apt install --no-install-recommends "${missing[@]}" || {
        show_tail "$log"
        die "the packages could not be installed" \
            "See $log, then run as root: apt-get install ${missing[*]}"
    }
fi
say "Packages installed."
