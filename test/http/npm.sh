#!/usr/bin/env bash
# Installs the locked npm packages of this lane into .build/npm; does nothing when they are there.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$lane/../stack/lib.sh"
npm_dir=$build/npm
log=$build/log/npm.log

command -v node >/dev/null && command -v npm >/dev/null ||
    die "node and npm are not installed" "Run: test/stack/packages.sh"
node -e 'const [a, b] = process.versions.node.split(".").map(Number);
         process.exit(a > 18 || (a === 18 && b >= 19) ? 0 : 1)' ||
    die "node $(node --version) is too old" "The HTTP tests need node 18.19 or later."
mkdir -p "$npm_dir" "$build/log"
exec 9>"$npm_dir/lock"
flock 9
# The copy of the lock file is the last thing written: if it is the same, all is there.
if cmp -s "$lane/package-lock.json" "$npm_dir/installed"; then exit 0; fi

say "Installing the npm packages of the HTTP tests into .build/npm"
rm -f "$npm_dir/installed"
cp "$lane/package.json" "$lane/package-lock.json" "$npm_dir/"
(cd "$npm_dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$log" 2>&1 || {
    show_tail "$log"
    die "the npm packages could not be installed" \
        "They come from the registry that npm is set to; the whole output is in .build/log/npm.log"
}
cp "$lane/package-lock.json" "$npm_dir/installed"
