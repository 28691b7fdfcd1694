#!/usr/bin/env bash
# import.sh FILE.json[.gz]: imports a seating plan into the private server.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
plan=${1:-}
[[ -n $plan ]] || die "which plan?" "Say: make import PLAN=file.json[.gz]"
[[ -r $plan ]] || die "cannot read the plan '$plan'"
locate_run
[[ -r $env_file ]] || die "the server is not running, or not yours" "Start it with: make up"
source "$env_file"
exec "$build/bin/tix-import" "$plan"
