#!/usr/bin/env bash
# inside.sh PLACE VERSIONS LANES: makes a system for each version and runs the lanes in it, as the
# first process of its namespaces; started by run.sh.
set -euo pipefail
matrix=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$matrix/../stack/lib.sh"
source "$matrix/../stack/chroot.sh"
place=$1
versions=$2
lanes=$3
declare -A suites=([15]=bookworm [17]=trixie [18]=sid)
cxxflags='-O1 -g'
port=auto
patience=5400
failed=()

# test_version N: the lanes on a fresh system with PostgreSQL N; its logs come back when one fails.
test_version() {
    local version=$1 base=$place/$1
    say "PostgreSQL $version: making a fresh Debian (${suites[$version]})"
    make_system "${suites[$version]}" "$base" "postgresql-$version" \
        "postgresql-server-dev-$version" "postgresql-$version-cron" "postgresql-$version-pgtap" \
        "postgresql-$version-plpgsql-check" \
        libtap-parser-sourcehandler-pgtap-perl libipc-run-perl g++ libpq-dev libssl-dev \
        zlib1g-dev libcpp-httplib-dev libbrotli-dev procps openssl >"$place/$version.log" 2>&1 || {
        show_tail "$place/$version.log"
        die "a Debian with PostgreSQL $version could not be made" \
            "Is the package source reachable?"
    }
    enter_system "$base"
    give_checkout stranger
    as stranger "test/run.sh $lanes" || {
        failed+=("$version")
        mkdir -p "$build/log/matrix-$version"
        as stranger 'tar -C .build/log -c .' | tar -x -C "$build/log/matrix-$version"
    }
    as stranger test/matrix/httplib.sh || failed+=("$version (cpp-httplib)")
    umount -l "$base/dev/pts" "$base/dev/shm" "$base/dev" "$base/proc" 2>/dev/null || true
    rm -rf --one-file-system "$base"
}

take_checkout "$place/checkout"
for version in $versions; do test_version "$version"; done
((${#failed[@]} == 0)) ||
    die "the lanes failed on PostgreSQL ${failed[*]}" "The logs are in .build/log/matrix-*"
say "the lanes pass on PostgreSQL $versions"
