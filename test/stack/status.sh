#!/usr/bin/env bash
# Prints what the services of the private stack do; exit status 0 only when all of them serve.
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
source "$stack/services.sh"
forget_pg_environment
locate_run
locate_services

# age SECONDS: in the two largest units.
age() {
    local s=$1
    if ((s >= 86400)); then
        say "$((s / 86400)) d $((s % 86400 / 3600)) h"
    elif ((s >= 3600)); then
        say "$((s / 3600)) h $((s % 3600 / 60)) min"
    elif ((s >= 60)); then
        say "$((s / 60)) min $((s % 60)) s"
    else
        say "$s s"
    fi
}

address_of() {
    case $1 in
        postgres) say "127.0.0.1:$base_port, $(cat "$run/socket_dir" 2>/dev/null)" ;;
        pgbouncer) say "127.0.0.1:$(service_port "$1")" ;;
        *) say "http://127.0.0.1:$(service_port "$1")" ;;
    esac
}

row() { printf '%-10s %-11s %7s  %-12s %8s  %-8s %s\n' "$@"; }

lives() { [[ $'\n'$(service_pids "$1")$'\n' == *$'\n'$2$'\n'* ]]; }

# The supervisor writes at each change; whether the process lives and serves is asked now.
print_service() {
    local state=unknown pid='-' restarts=- since=0 health=failing up=-
    read -r state pid restarts since < <(service_state "$1") || true
    if lives "$1" "$pid"; then
        up=$(age $((EPOCHSECONDS - since)))
    else
        pid=-
        if [[ $state == up ]]; then state=dead; fi
    fi
    if "${1}_health"; then health=ok; fi
    row "$1" "$state" "$pid" "$up" "$restarts" "$health" "$(address_of "$1")"
    [[ $state == up && $health == ok ]]
}

if [[ -z $base_port ]]; then
    if [[ -n $(postmaster_pid "$data") ]]; then
        say "PostgreSQL runs alone, as process $(postmaster_pid "$data"); see .run/env."
        exit 0
    fi
    say "The stack is not running. Start it with: make up"
    exit 1
fi
status=0
if [[ -z $(supervisor_pid) ]]; then
    say "The supervisor is dead: what died stays dead. Put it right with: make up"
    status=1
fi
row SERVICE STATE PID UP RESTARTS HEALTH ADDRESS
for name in "${services[@]}"; do print_service "$name" || status=1; done
exit "$status"
