#!/usr/bin/env bash
# Stops the private stack, or what is left of one, and proves that no process, port, socket or
# shared memory of it is left.
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
source "$stack/fit.sh"
source "$stack/services.sh"
forget_pg_environment

# Prints the POSIX shared memory files that the server's processes have mapped.
posix_segments() {
    local pid
    for pid in $(server_pids "$data"); do
        grep -o '/dev/shm/PostgreSQL\.[0-9]*' "/proc/$pid/maps" 2>/dev/null || true
    done | sort -u
}

# Prints the id of the System V segment named in postmaster.pid.
sysv_segment() {
    as_server awk 'NR == 7 { print $2 }' "$data/postmaster.pid" 2>/dev/null || true
}

sysv_segment_exists() {
    [[ -n $1 ]] && ipcs -m 2>/dev/null | awk -v id="$1" '$2 == id { found = 1 } END { exit !found }'
}

# True when the cluster was never shut down, whatever became of its postmaster.pid.
crashed() {
    local state
    state=$(as_server env LC_ALL=C "$pg_bin/pg_controldata" -D "$data" 2>/dev/null |
        sed -n 's/^Database cluster state: *//p') || return 1
    [[ -n $state && $state != "shut down" ]]
}

stop_postmaster() {
    local mode
    say "Stopping the server"
    for mode in fast immediate; do
        if as_server "$pg_bin/pg_ctl" stop -w -t 60 -m "$mode" -D "$data" >/dev/null 2>&1; then
            return
        fi
        [[ -n $(postmaster_pid "$data") ]] || return 0
        say "The server did not stop within 60 seconds ($mode)"
    done
}

# After a kill -9 PostgreSQL itself frees the shared memory, when it recovers the cluster.
recover_killed_server() {
    say "The server was killed; recovering its data to free its shared memory"
    retry 10 no_server_process "$data" || return 0
    as_server rm -f "$data/postmaster.pid"
    as_server "$pg_bin/postgres" --single -D "$data" -c shared_preload_libraries= \
        template1 </dev/null >"$run/log/recovery.log" 2>&1 ||
        say "Recovery failed; see $run/log/recovery.log"
}

remove_socket_dir() {
    local dir
    dir=$(cat "$run/socket_dir" 2>/dev/null) || return 0
    if [[ -d $dir ]]; then
        rm -f "$dir/gateway.sock"* # a new gateway takes it over, so none removes it
        rmdir "$dir" 2>/dev/null || left+=("socket in $dir")
    fi
    rm -f "$run/socket_dir"
}

# Asks the supervisor to stop everything; it ends when all is stopped.
stop_supervisor() {
    local pid
    pid=$(supervisor_pid)
    [[ -n $pid ]] || return 0
    say "Stopping the stack"
    kill -TERM "$pid" 2>/dev/null || true
    retry 120 no_supervisor || {
        say "The supervisor $pid does not end; killing it"
        kill -KILL "$pid" 2>/dev/null || true
        retry 5 no_supervisor || left+=("supervisor $pid")
    }
}

# What a killed supervisor left running, last first; PostgreSQL has its own way below.
stop_services() {
    local i name
    for ((i = ${#services[@]} - 1; i > 0; i--)); do
        name=${services[i]}
        stop_service "$name" || left+=("$name $(service_pids "$name" | tr '\n' ' ')")
    done
}

# A port of ours that still answers belongs to something we lost sight of.
check_ports() {
    local offset
    [[ -n $base_port ]] || return 0
    for ((offset = 0; offset < ports; offset++)); do
        retry 2 port_free "$((base_port + offset))" || left+=("port $((base_port + offset))")
    done
    rm -f "$keep"/{port,status,checksum,supervisor.pid}
}

port_free() { ! port_in_use "$1"; }

locate_run
locate_services
left=()
if [[ ! -d $data ]]; then
    say "No server is running."
    exit 0
fi
need_own_run

# A server caught while it starts has processes before it has a postmaster.pid.
settled() { no_server_process "$data" || [[ -n $(postmaster_pid "$data") ]]; }
retry 5 settled || true

sysv=$(sysv_segment)
mapfile -t posix < <(posix_segments)
supervised=$(supervisor_pid)
stop_supervisor
stop_services
if [[ -n $(postmaster_pid "$data") ]]; then
    stop_postmaster
elif as_server test -e "$data/postmaster.pid" || crashed; then
    recover_killed_server
elif [[ -z $supervised ]]; then
    say "No server is running."
fi

retry 10 no_server_process "$data" || left+=("process $(server_pids "$data" | tr '\n' ' ')")
if sysv_segment_exists "$sysv"; then left+=("System V shared memory $sysv"); fi
for segment in "${posix[@]}"; do
    if [[ -e $segment ]]; then left+=("shared memory $segment"); fi
done
if no_server_process "$data"; then
    forget_sockets
    remove_socket_dir
fi
check_ports
rm -f "$env_file" "$run/library"
((${#left[@]} == 0)) || die "the server is down but left: ${left[*]}"
