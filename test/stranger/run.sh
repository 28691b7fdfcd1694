#!/usr/bin/env bash
# Does what README.md tells a stranger to do, on a fresh Debian 12 in a chroot: runs into every
# stumbling block, then the two commands, as root and as a user with sudo, and looks for what they
# leave behind. Needs root or sudo. SHORT=1 leaves out the demo and the tests.
set -euo pipefail
stranger=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stranger/../stack/lib.sh"
source "$stranger/../stack/namespaces.sh"

become_root_for "make stranger" "$stranger/run.sh" SHORT="${SHORT:-}"
in_namespaces stranger "${TIX_ROOM_STRANGER:-6000}" "$stranger/inside.sh"
