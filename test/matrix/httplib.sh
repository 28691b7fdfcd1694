#!/usr/bin/env bash
# Compiles what the gateway says to cpp-httplib against the header of this system: its interface has
# changed between the releases of Debian, and the gateway is meant for all of them. With a folder it
# takes the header in there instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../gateway"
options=()
if (($#)); then options=(-isystem "$1"); fi
version=$(sed -n 's/^#define CPPHTTPLIB_VERSION "\(.*\)"/\1/p' "${1:-/usr/include}/httplib.h")
for file in http/*.cpp; do
    g++ -std=c++20 -fsyntax-only -Wall -Wextra -Werror "${options[@]}" \
        -DCPPHTTPLIB_OPENSSL_SUPPORT -DCPPHTTPLIB_ZLIB_SUPPORT -DCPPHTTPLIB_BROTLI_SUPPORT "$file"
done
echo "gateway/http is at home with cpp-httplib $version"
