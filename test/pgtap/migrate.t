#!/usr/bin/env bash
# sql/migrate: applies once, does nothing twice, and refuses history that was changed.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
work=$(mktemp -d)
database=tix_migrate_test
psql -X -q -d postgres -c "DROP DATABASE IF EXISTS $database" -c "CREATE DATABASE $database"
trap 'rm -rf "$work"; psql -X -q -d postgres -c "DROP DATABASE IF EXISTS $database"' EXIT
cp -R "$here/../../sql" "$work/sql"
export PGDATABASE=$database
number=0

check() {  # check NAME COMMAND...: one line of TAP
    local name=$1
    number=$((number + 1))
    shift
    if "$@"; then echo "ok $number - $name"; else echo "not ok $number - $name"; fi
}
run() { "$work/sql/migrate" > "$work/out" 2>&1; }
fails() { ! run; }
says() { grep -q -- "$1" "$work/out" || { sed 's/^/# /' "$work/out"; return 1; }; }
value() { [ "$(psql -X -q -A -t -c "$1")" = "$2" ]; }

echo 1..20
check "an empty database is migrated" run
check "and it says how much was applied" says "files applied"
before=$(psql -X -q -A -t -c "SELECT md5(string_agg(m::text, ' ' ORDER BY file))
    FROM tix.migrations m")
check "a second run succeeds" run
check "it says that there is nothing to do" says "nothing to do"
check "and changes nothing" value "SELECT md5(string_agg(m::text, ' ' ORDER BY file))
    FROM tix.migrations m" "$before"
echo "-- one more line" >> "$work/sql/catalog/functions.sql"
check "a changed repeatable file is applied again" run
check "alone" says "1 files applied"
echo "-- one more line" >> "$work/sql/catalog/0001_venues.sql"
check "a changed numbered file is refused" fails
check "by name" says "migration catalog/0001_venues.sql was changed after it had been applied"
check "with advice" says "new numbered file"
cp "$here/../../sql/catalog/0001_venues.sql" "$work/sql/catalog/"
mv "$work/sql/tickets/0006_tickets.sql" "$work/"
check "a missing numbered file is refused" fails
mv "$work/0006_tickets.sql" "$work/sql/tickets/"
printf -- '-- Fails half-way.\nCREATE TABLE tix.half ();\nSELECT 1 / 0;\n' \
    > "$work/sql/jobs/0999_half.sql"
check "a file that fails stops the run" fails
check "and changes nothing" value "SELECT to_regclass('tix.half') IS NULL" t
rm "$work/sql/jobs/0999_half.sql"
cp "$work/sql/catalog/0001_venues.sql" "$work/sql/catalog/0002_again.sql"
check "a number used twice is refused" fails
rm "$work/sql/catalog/0002_again.sql"
mkdir "$work/sql/forgotten"
check "an unknown context is refused" fails
rmdir "$work/sql/forgotten"
sed -i 's/^-- Requires tix >= 1.0$/-- Requires tix >= 99.0/' "$work/sql/audit/functions.sql"
check "a file for a newer library is refused" fails
check "by version" says "needs tix 99.0"
cp "$here/../../sql/audit/functions.sql" "$work/sql/audit/"
psql -X -q -c "SELECT tix.tix_uninstall()" > /dev/null
"$work/sql/migrate" > "$work/out" 2>&1
check "after tix_uninstall() it brings the guards back" value "SELECT count(*) FROM pg_trigger
    WHERE tgrelid = 'tix.tickets'::regclass AND tgfoid = 'tix.tix_ticket_guard'::regproc" 2
printf -- '-- First.\nCREATE TABLE tix.early ();\n' > "$work/sql/jobs/0901_early.sql"
printf -- '-- Second.\nALTER TABLE tix.early ADD COLUMN later int;\n' \
    > "$work/sql/catalog/0902_later.sql"
check "numbered files of any contexts are applied" run
check "in the order of their numbers" [ "$(grep '^applied .*/09' "$work/out" | xargs)" = \
    "applied jobs/0901_early.sql applied catalog/0902_later.sql" ]
