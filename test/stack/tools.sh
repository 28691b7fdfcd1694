#!/usr/bin/env bash
# Builds the command-line tools and the gateway's programs into .build/bin.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/test/stack/making.sh"
make_part "Building the tools" tools -C "$root/gateway"
