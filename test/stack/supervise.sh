#!/usr/bin/env bash
# The supervisor of the private stack: starts the services in order, starts a dead one again at once
# and stops them all, last first, when it is told to (TERM). up.sh starts it; it ends with down.sh.
#
# A service is its child, so its death is known at once. The state of all is in $keep/status, what
# happened in log/supervisor.log. Killed itself, it leaves its services running: down.sh and up.sh
# know them by their program and directory and end them.
set -uo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
source "$stack/services.sh"

# Pauses before another start, in ms: none, unless it dies within its first second again and again.
young=1000
pause_first=100
pause_last=5000

declare -A pid=() state=() restarts=() since=() begun=() due=() pause=() served=()
stopping=

now_ms() {
    local now=${EPOCHREALTIME/[.,]/}
    say "${now%???}"
}
note() { printf '%(%FT%T)T.%s %s\n' -1 "${EPOCHREALTIME: -6:3}" "$*"; }

# One line a service: name, state, pid, restarts, seconds since 1970 of the last change.
write_status() {
    local name
    for name in "${services[@]}"; do
        say "$name ${state[$name]} ${pid[$name]:--} ${restarts[$name]} ${since[$name]}"
    done >"$keep/status.new"
    mv "$keep/status.new" "$keep/status"
}

turn() {
    state[$1]=$2
    since[$1]=$EPOCHSECONDS
    write_status
}

# The body of the child that becomes the service.
become() {
    local dir=${1}_dir
    exec 9>&- </dev/null >>"$run/log/$1.log" 2>&1
    trap - TERM INT HUP
    "${1}_clear" || exit 1
    cd "${!dir}" || exit 1
    "${1}_run"
}

start() {
    become "$1" &
    pid[$1]=$!
    begun[$1]=$(now_ms)
    note "$1: started as ${pid[$1]}"
    turn "$1" starting
}

# A service is dead: when will it start again?
mourn() {
    local now age
    now=$(now_ms)
    age=$((now - begun[$1]))
    if ((age >= young)); then
        pause[$1]=0
    else
        pause[$1]=$((pause[$1] ? pause[$1] * 2 : pause_first))
        ((pause[$1] <= pause_last)) || pause[$1]=$pause_last
    fi
    due[$1]=$((now + pause[$1]))
    restarts[$1]=$((restarts[$1] + 1))
    note "$1: ${pid[$1]} died after $age ms; starting again in ${pause[$1]} ms"
    pid[$1]=
    turn "$1" restarting
}

may_start() { ! declare -F "${1}_needs" >/dev/null || "${1}_needs"; }

# Takes each service one step on; a first start waits for all services before it.
advance() {
    local name blocked=
    for name in "${services[@]}"; do
        if [[ -n ${pid[$name]} ]] && ! kill -0 "${pid[$name]}" 2>/dev/null; then mourn "$name"; fi
        case ${state[$name]} in
            waiting) if [[ -z $blocked ]] && may_start "$name"; then start "$name"; fi ;;
            restarting) if (($(now_ms) >= due[$name])); then start "$name"; fi ;;
            starting)
                if "${name}_ready" && kill -0 "${pid[$name]}" 2>/dev/null; then
                    note "$name: up after $(($(now_ms) - begun[$name])) ms"
                    served[$name]=yes
                    turn "$name" up
                fi
                ;;
        esac
        [[ -n ${served[$name]} ]] || blocked=yes
    done
}

all_up() {
    local name
    for name in "${services[@]}"; do [[ ${state[$name]} == up ]] || return 1; done
}

# Sleeps until a child dies, a signal comes or it is time to look again.
doze() {
    local ticker
    if all_up; then sleep 1 9>&- & else sleep 0.05 9>&- & fi
    ticker=$!
    wait -n
    kill "$ticker" 2>/dev/null && wait "$ticker"
} 2>/dev/null

stop_all() {
    local i name
    for ((i = ${#services[@]} - 1; i >= 0; i--)); do
        name=${services[i]}
        turn "$name" stopping
        # A child that has not become its program yet is no process of the service.
        if [[ -n ${pid[$name]} ]] && service_gone "$name"; then
            kill -KILL "${pid[$name]}" 2>/dev/null
        fi
        if stop_service "$name"; then
            pid[$name]=
            note "$name: stopped"
            turn "$name" stopped
        else
            note "$name: does not end: $(service_pids "$name" | tr '\n' ' ')"
        fi
    done
}

forget_pg_environment
locate_run
locate_services
ulimit -n "$(ulimit -Hn)" 2>/dev/null
exec 9>>"$keep/lock"
# One that has just put away its process id may still be on its way out.
flock -w 3 9 || die "another supervisor runs this stack" "Stop it with: make down"
trap 'stopping=yes' TERM INT
trap '' HUP
say "$$" >"$keep/supervisor.pid"
for name in "${services[@]}"; do
    state[$name]=waiting pid[$name]='' restarts[$name]=0 since[$name]=$EPOCHSECONDS
    pause[$name]=0 served[$name]=''
done
write_status
note "supervisor: $$ watches ${services[*]}"
until [[ -n $stopping ]]; do
    advance
    doze
done
note "supervisor: stopping"
stop_all
note "supervisor: done"
rm -f "$keep/supervisor.pid"
