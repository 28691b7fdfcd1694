#!/usr/bin/env bash
# Checks what must survive crashes, restarts and bad settings: proves *.pl, each with servers of its
# own, and planted.sh, which shows that planted bugs are caught. `run.sh FILE.pl…` runs only those;
# TIX_PREFIX names another private PostgreSQL to test.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$lane/../stack/lib.sh"
forget_pg_environment
need_server_packages
"$lane/../stack/prefix.sh"
TIX_POINTS=1 "$lane/../stack/prefix.sh"
locate_prefix
# The server whose tix has stop points; a planted bug is in both.
points=$(readlink -m "$build/pg$pg_major-points")
if [[ -n ${TIX_PREFIX:-} ]]; then
    pg_bin=$TIX_PREFIX/usr/lib/postgresql/$pg_major/bin
    points=$TIX_PREFIX
fi

# The server's user may not enter the checkout: the tests run from a copy.
work=$(server_dir tap)
tear_down() {
    local status=$? cluster pid
    for cluster in "$work"/tmp_check/*/pgdata; do
        for pid in $(server_pids "$cluster"); do
            kill -9 "$pid" 2>/dev/null || true
        done
        retry 5 no_server_process "$cluster" || true
    done
    rm -rf "$work"
    exit "$status"
}
# The library of a made-up next version: the objects of this one, but for the version.
make_next() {
    cp -R --preserve=mode,timestamps "$build/extension" "$work/next"
    rm "$work/next/src/pg/version.o" "$work/next/tix.so"
    make -C "$work/next" PG_CONFIG="$system_bin/pg_config" TIX_VERSION=1.1 tix.so \
        >"$work/next.log" 2>&1 || {
        show_tail "$work/next.log"
        die "the library of the next version cannot be built"
    }
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/lane" "$work/lib"
cp "$lane"/*.pl "$lane"/lib/*.pm "$lane/../regress/seats.sql" \
    "$root/docs/your-tables.md" "$work/lane/"
mv "$work"/lane/*.pm "$work/lib/"
cp -R "$lane/../../sql" "$work/sql"
gcc -shared -fPIC -O1 -Wall -o "$work/faults.so" "$lane/lib/faults.c" -ldl

tests=("$@")
if ((!$#)); then
    for file in "$lane"/*.pl; do
        tests+=("$(basename "$file")")
    done
fi
if grep -qs TIX_NEXT_LIBRARY "${tests[@]/#/$lane/}"; then make_next; fi
chmod -R a+rX "$work"
test_dir=$(dirname "$(readlink -f "$("$pg_bin/pg_config" --pgxs)")")/../test
as_server "$pg_bin/initdb" -D "$work/template" -A trust -N >"$work/template.log"
status=0
as_server env -C "$work" PATH="$pg_bin:$PATH" PG_REGRESS="$test_dir/regress/pg_regress" \
    TESTDIR="$work" TESTDATADIR="$work/tmp_check" TESTLOGDIR="$work/tmp_check/log" \
    TMPDIR="$work" TIX_SEATS="$work/lane/seats.sql" TIX_YOUR_TABLES="$work/lane/your-tables.md" \
    PG_TEST_TIMEOUT_DEFAULT=60 LC_ALL=C TIX_POINTS_HOME="$points/usr/lib/postgresql/$pg_major" \
    TIX_FAULTS_LIBRARY="$work/faults.so" TIX_NEXT_LIBRARY="$work/next/tix.so" \
    TIX_TEMPLATE="$work/template" TIX_SQL="$work/sql" \
    prove --jobs "${TIX_JOBS:-2}" --timer -I "$test_dir/perl" -I "$work/lib" \
    "${tests[@]/#/$work/lane/}" || status=$?
if ((status)); then
    mkdir -p "$build/log"
    rm -rf "$build/log/tap"
    cp -r "$work/tmp_check/log" "$build/log/tap" 2>/dev/null || true
    say "The logs of the servers are in .build/log/tap"
fi
if ((!$# && status == 0)); then
    "$lane/planted.sh" || status=$?
fi
exit "$status"
