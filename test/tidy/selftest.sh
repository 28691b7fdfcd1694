#!/usr/bin/env bash
# Plants each fault that the tidy rules know in a small tree and prints those that go unnoticed.
set -euo pipefail
tidy=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# catches WORDS FILE LINES [OPENING]: WORDS must be reported when FILE holds an opening comment
# (or OPENING) and then LINES.
catches() {
    local words=$1 file=$2 lines=$3 comment='//' report
    case $file in *.sh | *.md | *Makefile) comment='#' ;; *.sql) comment='--' ;; esac
    comment=${4:-$comment}
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/$(dirname "$file")"
    cp "$tidy/../../.clang-format" "$tree/"
    printf '%s This file is planted.\n%s\n' "$comment" "$lines" >"$tree/$file"
    report=$(bash "$tidy/run.sh" "$tree" 2>&1) || true
    grep -qF -- "$words" <<<"$report" ||
        printf 'tidy misses a planted fault in %s: %s\n' "$file" "$words"
}

core=extension/src/core/planted.cpp
glue=extension/src/pg/planted.cpp
catches 'only by extension/src/pg/pg.hpp' "$core" '#include "postgres.h"'
catches 'must not include "../pg/pg.hpp"' "$core" '#include "../pg/pg.hpp"'
catches 'must not include <mutex>' "$core" '#include <mutex>'
catches 'must not include <chrono>' "$core" '#include <chrono>'
catches 'allocates with new' "$core" 'int* p = new int;'
catches 'allocates: malloc' "$core" 'void* p = malloc(1);'
catches 'uses exceptions: throw' "$core" 'void f() { throw 1; }'
catches 'calls PostgreSQL: ereport' "$core" 'void f() { ereport(1); }'
catches 'come through pg.hpp' "$glue" '#include <unistd.h>'
catches 'must not include "storage/lwlock.h"' "$glue" '#include "storage/lwlock.h"'
catches 'a longjmp would leak' "$glue" 'std::string s;'
catches 'only by gateway/db' gateway/http/planted.cpp '#include <libpq-fe.h>'
catches 'only by gateway/crypto' gateway/plan/planted.cpp '#include <openssl/evp.h>'
catches 'only by gateway/plan' gateway/db/planted.cpp '#include <nlohmann/json.hpp>'
catches 'only by gateway/http' gateway/routes/planted.cpp '#include <httplib.h>'
catches 'only by gateway/crypto' gateway/auth/planted.cpp '#include <sodium.h>'
catches 'must not look into gateway/routes' gateway/db/planted.cpp '#include "../routes/routes.hpp"'
catches 'outside the gateway' gateway/db/planted.cpp '#include "../../sql/some.hpp"'
catches 'is no room' gateway/attic/planted.cpp '#include "other.hpp"'
catches 'no call of a tix function' gateway/routes/planted.cpp 'auto s = "DELETE FROM tix.orders";'
catches 'PQexec is not for' gateway/db/planted.cpp 'auto r = PQexec(c, s);'
catches 'more than 400 lines' sql/planted.sql "$(printf 'SELECT 1;\n%.0s' {1..400})"
catches 'columns wide' sql/planted.sql "SELECT '$(printf 'a%.0s' {1..100})';"
catches 'unfinished work' sql/planted.sql "-- TO""DO: later"
catches 'a path of one machine' docs/planted.md "See /ho""me/someone/notes."
catches 'broken link: absent.md' docs/planted.md '[a](absent.md)'
catches 'no heading #absent' docs/planted.md '[a](planted.md#absent)'
catches 'planted.cpp:2' "$core" 'int   f( );'
catches 'syntax error' planted.sh 'if true; then'
catches 'must be a comment' sql/planted.sql '' SELECT
catches 'no test produces this output' test/some/expected/planted.out ''
catches 'has no test/some/expected/planted.out' test/some/sql/planted.sql 'SELECT 1;'
