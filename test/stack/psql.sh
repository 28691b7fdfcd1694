#!/usr/bin/env bash
# Opens psql on the private server; arguments are passed on.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
locate_run
[[ -r $env_file ]] || die "the server is not running, or not yours" "Start it with: make up"
source "$env_file"
exec psql "$@"
