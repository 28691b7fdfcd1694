#!/usr/bin/env bash
# Runs the test files against the stack of the environment, one after the other; run.sh starts it.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$lane/../stack/lib.sh"
copy=$build/npm/lane
work=$(mktemp -d)
prism_pid=
total=0
failed=0

clean_up() {
    if [[ -n $prism_pid ]]; then kill "$prism_pid" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap clean_up EXIT

# What is run, in this order: what harms the stack least comes first.
files=(edge document types api_auth api_account api_external api_seats api_locks api_orders
    api_order_changes api_tickets api_catalogue api_back_office api_queue api_transfers api_check_in
    api_box_office prism matrix roles owners idempotency tokens external accounts webhooks limits
    gateways bots crowd malformed fields queue waiting_page live news storm dripping refunds linepay
    stripe stripe_faults outgoing outage life logs kills pool_of_two)

# Prints the names of what is here but not in the list, or the other way round.
check_list() {
    local file name
    for file in "$lane"/*.test.mjs; do
        name=$(basename "$file" .test.mjs)
        [[ " ${files[*]} " == *" $name "* ]] || die "$name.test.mjs is in no list" "See suite.sh"
    done
}

# run_file NAME [LABEL]: one line with the result; the whole output when something failed.
run_file() {
    local label=${2:-$1} start=${EPOCHREALTIME/./} count status=0
    timeout -k 5 "${TIX_FILE_SECONDS:-150}" node \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$work/tap" \
        "$copy/$1.test.mjs" >"$work/spec" 2>&1 </dev/null || status=$?
    count=$(sed -n 's/^# tests \([0-9]*\)$/\1/p' "$work/tap" | tail -n 1)
    total=$((total + ${count:-0}))
    if ((status == 0)) && ((${count:-0} > 0)); then
        printf 'ok      %-28s %4d tests %6d ms\n' "$label" "$count" \
            $(((${EPOCHREALTIME/./} - start) / 1000))
        # What a test has measured.
        sed -n 's/^# Diagnostic: /        /p' "$work/tap"
        return
    fi
    printf 'not ok  %s (exit status %d)\n' "$label" "$status"
    sed -n '/failing tests:/,$p' "$work/spec" >"$work/failing"
    head -n "${TIX_TAIL:-150}" "$work/failing"
    [[ -s $work/failing ]] || tail -n 40 "$work/spec"
    failed=$((failed + 1))
}

api_files() {
    local file
    for file in "$lane"/api_*.test.mjs; do basename "$file" .test.mjs; done
}

# The buyer's journey through a proxy that compares both directions with the OpenAPI document.
run_prism() {
    local port=$((20000 + RANDOM % 12000)) name
    while port_in_use "$port"; do port=$((port + 1)); done
    node "$build/npm/node_modules/.bin/prism" proxy "$root/gateway/openapi.yaml" "$TIX_URL" \
        --errors --host 127.0.0.1 --port "$port" >"$work/prism.log" 2>&1 </dev/null &
    prism_pid=$!
    retry 120 port_in_use "$port" || {
        cat "$work/prism.log"
        die "prism does not start"
    }
    for name in $(api_files); do
        TIX_TEST_URL=http://127.0.0.1:$port run_file "$name" "$name, validated"
    done
    if grep -qiE 'violation' "$work/prism.log"; then
        say "not ok  the proxy saw violations"
        grep -iE 'violation' "$work/prism.log" | tail -n 20
        failed=$((failed + 1))
    fi
    kill "$prism_pid" 2>/dev/null || true
    wait "$prism_pid" 2>/dev/null || true
    prism_pid=
}

pool_pid() { awk '$1 == "pgbouncer" && $2 == "up" { print $3 }' "$TIX_RUN/stack/status"; }
pool_is_new() { [[ -n $(pool_pid) && $(pool_pid) != "$1" ]]; }
edge_is_ready() { curl -fsS -o /dev/null -m 2 "$TIX_URL/readyz" 2>/dev/null; }
pool_connections() {
    psql -XAtq -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tix_gateway'"
}

# The same through a PgBouncer that has two connections to the server.
run_pool_of_two() {
    local old name
    old=$(pool_pid)
    printf '%s\n' 'default_pool_size = 2' 'min_pool_size = 0' 'reserve_pool_size = 0' \
        'max_db_connections = 2' >>"$TIX_RUN/pgbouncer/local.ini"
    kill "$old"
    retry 15 pool_is_new "$old" || die "PgBouncer did not start again"
    retry 15 edge_is_ready || die "the stack is not ready with a pool of two"
    for name in $(api_files); do run_file "$name" "$name, pool of two"; done
    if (($(pool_connections) > 2)); then
        say "not ok  the pool has $(pool_connections) connections, not two"
        failed=$((failed + 1))
    fi
}

check_list
"$build/bin/tix-import" "$root/test/plans/hall-serpentine.json" >/dev/null
wanted=("$@")
if ((!$#)); then wanted=("${files[@]}"); fi
for name in "${wanted[@]}"; do
    case $name in
        prism) run_prism ;;
        pool_of_two) run_pool_of_two ;;
        *)
            [[ -f $copy/$name.test.mjs ]] || die "there is no $name.test.mjs"
            run_file "$name"
            ;;
    esac
done
say "$total tests"
((failed == 0))
