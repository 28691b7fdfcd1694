# What up, down, status and the supervisor share about the services of the private stack; meant to
# be sourced after lib.sh and locate_run. Each service is one file in services/ that defines
#   NAME_exe     its program, as a pattern for /proc/PID/exe; with its directory, how it is known
#   NAME_dir     the directory it runs in, its own alone
#   NAME_offset  its port, counted from TIX_PORT
#   NAME_stop    how to end it: SIGNAL:SECONDS, one after the other until it is gone
#   NAME_clear   puts away what a killed one left; runs before each start
#   NAME_run     becomes the program, in the foreground
#   NAME_needs   whether it may start at all (optional)
#   NAME_ready   whether it takes work; quick, the supervisor waits for it
#   NAME_health  whether it does its work; what `make status` asks

# In the order of their start; they are stopped in the reverse order.
services=(postgres pgbouncer mock gateway edge)
# One each; the edge's private listener; who receives webhooks in the tests; the edge's TLS.
ports=8

locate_services() {
    local name
    base_port=$(cat "$keep/port" 2>/dev/null) || base_port=
    for name in "${services[@]}"; do
        # shellcheck disable=SC1090 # one file a service
        source "$root/test/stack/services/$name.sh"
    done
}

service_port() {
    local offset=${1}_offset
    say "$((base_port + ${!offset}))"
}

# service_pids NAME: its processes, those that lost their parent included.
service_pids() {
    local dir=${1}_dir exe=${1}_exe
    processes_in "${!dir}" "${!exe}"
}

service_gone() { [[ -z $(service_pids "$1") ]]; }

# Prints the processes of a service that are no children of another one of it.
service_roots() {
    local pid parent pids
    pids=" $(service_pids "$1" | tr '\n' ' ')"
    for pid in $pids; do
        parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null) || continue
        [[ $pids == *" $parent "* ]] || say "$pid"
    done
}

# signal_each SIGNAL: sends it to the processes whose ids come in. The shell's own kill does it: a
# bare Debian has no other.
signal_each() {
    local pid
    while read -r pid; do kill "-$1" "$pid" 2>/dev/null || true; done
}

# stop_service NAME: ends it as its file says; 1 when something of it is left.
stop_service() {
    local stop=${1}_stop step
    for step in ${!stop}; do
        if service_gone "$1"; then return 0; fi
        service_roots "$1" | signal_each "${step%:*}"
        if retry "${step#*:}" service_gone "$1"; then return 0; fi
    done
    service_gone "$1"
}

# Prints the process id of the living supervisor, or nothing: who holds the lock lives.
supervisor_pid() {
    if [[ -e $keep/lock ]] && ! flock -n "$keep/lock" true; then
        cat "$keep/supervisor.pid" 2>/dev/null || true
    fi
}

no_supervisor() { [[ -z $(supervisor_pid) ]]; }

# service_state NAME: state, pid, restarts and the time since, as the supervisor sees them.
service_state() {
    awk -v name="$1" '$1 == name { print $2, $3, $4, $5 }' "$keep/status" 2>/dev/null
}

answers_http() { curl -fsS -o /dev/null -m 2 "$1" 2>/dev/null; }
