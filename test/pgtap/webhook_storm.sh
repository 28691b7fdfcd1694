#!/usr/bin/env bash
# A storm of webhooks: each is delivered one to five times, all in random order, by 16 connections;
# then an SQL query that knows only what was sent says how each order must have ended.
# TIX_WEBHOOKS is how many (default 500), TIX_SEED what is drawn (default 1).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [[ ${1:-} != --in-server ]]; then
    exec "$here/../stack/with_server.sh" "$here/webhook_storm.sh" --in-server
fi
webhooks=${TIX_WEBHOOKS:-500}
seed=${TIX_SEED:-1}
connections=16
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PGOPTIONS="-c search_path=storm,tix,public -c client_min_messages=warning"
run() { psql -X -q -A -t -v ON_ERROR_STOP=1 -v webhooks="$webhooks" -v seed="$seed" "$@"; }

run -f "$here/webhook_storm.psql"
for ((client = 0; client < connections; client++)); do
    run -c "SELECT call FROM deliveries WHERE turn % $connections = $client ORDER BY turn" \
        >"$work/$client.psql"
done
started=$SECONDS
clients=()
for ((client = 0; client < connections; client++)); do
    run -f "$work/$client.psql" >"$work/$client.out" 2>&1 &
    clients+=($!)
done
for client in "${clients[@]}"; do
    wait "$client" || { tail -n 3 "$work"/*.out >&2; exit 1; }
done
run -c "SELECT count(DISTINCT event_id) || ' webhooks in ' || count(*) || ' deliveries to '
        || count(DISTINCT order_id) || ' orders, $((SECONDS - started)) s' FROM deliveries"
wrong=$(run -c "SELECT * FROM differing LIMIT 20")
if [[ -n $wrong ]]; then
    printf 'these ended otherwise than their webhooks say (seed %s):\n%s\n' "$seed" "$wrong" >&2
    exit 1
fi
broken=$(run -c "SELECT * FROM audit_money() UNION ALL SELECT * FROM tix_audit()")
[[ -z $broken ]] || { printf 'broken laws:\n%s\n' "$broken" >&2; exit 1; }
echo "every order ended as its webhooks say"
