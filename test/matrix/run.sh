#!/usr/bin/env bash
# Builds and tests the extension and the schema on every PostgreSQL they promise to work with, each
# on a fresh Debian of the release that has it, in a chroot: `make matrix`. Needs root or sudo.
#
#   VERSIONS="15 17 18"   the versions to test
#   LANES="regress isolation tap pgtap"   the lanes of test/ to run on each
set -euo pipefail
matrix=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$matrix/../stack/lib.sh"
source "$matrix/../stack/namespaces.sh"

versions=${VERSIONS:-15 17 18}
lanes=${LANES:-regress isolation tap pgtap}
for version in $versions; do
    [[ $version =~ ^(15|17|18)$ ]] ||
        die "PostgreSQL $version is not in the matrix" "VERSIONS are some of: 15 17 18"
done
for lane in $lanes; do
    [[ -f $matrix/../$lane/run.sh ]] || die "there is no lane $lane" "See the folders of test/."
done
become_root_for "make matrix" "$matrix/run.sh" VERSIONS="$versions" LANES="$lanes"
in_namespaces matrix "${TIX_ROOM_MATRIX:-5000}" "$matrix/inside.sh" "$versions" "$lanes"
