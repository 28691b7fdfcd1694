#!/usr/bin/env bash
# Executes the README: its tours against expected output, its settings table against pg_settings,
# its errors table against errors.def; and compares the gateway's settings table with the gateway.
# Of docs/dba.md it executes every query, and compares what the journal's table is made with.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
readme=$root/README.md

# sql_blocks FILE: prints the ```sql blocks, in order.
sql_blocks() { awk '/^```sql$/ {on = 1; next} /^```$/ {on = 0} on' "$1"; }

tour() {
    "$root/.build/bin/tix-import" "$root/test/plans/hall-serpentine.json" >/dev/null 2>&1
    sql_blocks "$readme" | psql -X -q -v ON_ERROR_STOP=1 -f -
}

# Prints the ```sh blocks of the chapter on HTTP, in order.
sh_blocks() {
    awk '/^## / {chapter = /over HTTP/} chapter && /^```sh$/ {on = 1; next} /^```$/ {on = 0} on' \
        "$readme"
}

# What differs from run to run gets a name.
anonymous() {
    sed -E -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<uuid>/g' \
        -e 's/"requestId":"[^"]*"/"requestId":"<id>"/g' -e 's/TX1\.[A-Za-z0-9_-]+/<code>/g' \
        -e 's/"lockId":"[0-9]+"/"lockId":"<lock>"/g' \
        -e 's/"seatId":"[^"]*"/"seatId":"<seat>"/g' -e 's/("seatIds":)\[[^]]*\]/\1[<seats>]/g' \
        -e 's/[0-9-]{10}T[0-9:.]+Z/<time>/g'
}

# The tour starts where the reader stands: in a folder with .run.
tour_http() {
    local folder
    folder=$(mktemp -d)
    ln -s "$TIX_RUN" "$folder/.run"
    (cd "$folder" && sh_blocks | bash -eu 2>&1 && head -c 5 ticket.svg && echo) | anonymous
    rm -rf "$folder"
}

# name|default|min|max|context of every setting, as the server knows them.
settings_of_server() {
    psql -X -A -t -c "SELECT name, boot_val, coalesce(unit, ''), coalesce(min_val, ''),
        coalesce(max_val, ''), CASE context WHEN 'postmaster' THEN 'restart' WHEN 'sighup' THEN
        'reload' WHEN 'superuser' THEN 'superuser' ELSE 'session' END
        FROM pg_settings WHERE name LIKE 'tix.%' ORDER BY name"
}

settings_of_readme() {
    local cell='\([^|]*\)'
    sed -n "s/^| \`\(tix\.[a-z_]*\)\` | $cell | $cell| $cell| $cell | .*/\1|\2|\3|\4|\5/p" \
        "$readme" | awk -F'|' -v OFS='|' '{
            gsub(/ /, "", $3); gsub(/ /, "", $4)
            split($4, bound, "–"); print $1, $2, $3, bound[1], bound[2], $5}'
}

errors_of_readme() { sed -n 's/^| \(TX[0-9]*\) |.*/\1/p' "$readme"; }

# In the database that the tours have filled.
dba_queries() { sql_blocks "$root/docs/dba.md" | psql -X -q -v ON_ERROR_STOP=1 -f -; }

# The storage parameters of tix.holds, as made and as described.
parameters_of_journal() {
    psql -X -A -t -c "SELECT split_part(o, '=', 1) FROM pg_class, unnest(reloptions) o
        WHERE oid = 'tix.holds'::regclass ORDER BY 1"
}

parameters_of_guide() {
    sed -n 's/^| \(`autovacuum_.*`\) | .*/\1/p' "$root/docs/dba.md" | tr ',' '\n' |
        sed 's/…/autovacuum_vacuum/' | tr -d '` ' | sort
}

check() {  # check NAME EXPECTED ACTUAL: files must be the same
    if ! diff -u "$2" "$3"; then
        echo "not ok: $1"
        return 1
    fi
    echo "ok: $1"
}

inside() {
    local out
    out=$(mktemp -d)
    trap 'rm -rf "$out"' RETURN
    tour >"$out/tour" 2>&1 || { cat "$out/tour"; echo "not ok: the tour stopped"; return 1; }
    check "the README's SQL tour" "$here/tour.expected" "$out/tour"
    tour_http >"$out/http" 2>&1 || { cat "$out/http"; echo "not ok: the tour stopped"; return 1; }
    check "the README's HTTP tour" "$here/http.expected" "$out/http"
    "$root/.build/bin/tix-gateway" --settings >"$out/gateway"
    grep '^| `' "$root/gateway/README.md" | grep -F '.' | grep -v '/`' >"$out/gateway-readme"
    check "the gateway's settings table is the gateway's" "$out/gateway" "$out/gateway-readme"
    dba_queries >"$out/dba" 2>&1 || {
        cat "$out/dba"
        echo "not ok: a query of docs/dba.md"
        return 1
    }
    echo "ok: every query of docs/dba.md runs"
    parameters_of_journal >"$out/journal"
    parameters_of_guide >"$out/guide"
    check "docs/dba.md names the storage parameters of tix.holds" "$out/journal" "$out/guide"
    settings_of_server >"$out/server"
    settings_of_readme >"$out/readme"
    check "the settings table is pg_settings" "$out/server" "$out/readme"
    for code in $(errors_of_readme); do
        grep -q "TIX_ERROR(\"$code\"" "$root/extension/src/core/errors.def" || {
            echo "not ok: $code is not in errors.def"
            return 1
        }
    done
    echo "ok: every error of the README is in errors.def"
}

if [[ ${1:-} == --inside ]]; then
    inside
else
    TIX_STACK=whole "$root/test/stack/with_server.sh" "$here/run.sh" --inside
fi
