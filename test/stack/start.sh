# Starts the server alone or the whole stack, and waits for it; meant to be sourced by up.sh.

# Returns 1 when the port was taken in the meantime; any other failure ends the script.
start_once() {
    local old_size=0 since
    write_conf
    if [[ -e $server_log ]]; then old_size=$(stat -c %s "$server_log"); fi
    started=yes
    if as_server "$pg_bin/pg_ctl" start -w -t 120 -D "$data" -l "$server_log" \
        </dev/null >/dev/null 2>&1 8>&-; then
        cp "$prefix/tix-installed" "$run/library"
        return 0
    fi
    started=
    since=$run/log/start.log
    tail -c "+$((old_size + 1))" "$server_log" >"$since" 2>/dev/null || true
    if grep -q 'Address already in use' "$since"; then return 1; fi
    show_tail "$since"
    die "the server did not start" "Its log is $server_log"
}

start_server() {
    local attempt
    if [[ ${TIX_PORT:-} != auto ]]; then
        say "Starting PostgreSQL $pg_major on port $port"
        start_once || port_taken "$port"
        return
    fi
    for attempt in 1 2 3 4 5 6 7 8; do
        pick_port
        if start_once; then return; fi
    done
    die "no free port from $port_first to $port_last after $attempt attempts"
}

need_programs() {
    local name
    for name in tix-gateway tix-mock-provider; do
        [[ -x $programs/$name ]] || die "$name is not built" "Run: make build"
    done
}

# Whether anything of this run lives, with or without a postmaster and a supervisor.
something_runs() {
    local name
    if [[ -n $(postmaster_pid "$data") || -n $(supervisor_pid) ]]; then return 0; fi
    locate_services
    for name in "${services[@]}"; do
        if [[ $name != postgres ]] && ! service_gone "$name"; then return 0; fi
    done
    return 1
}

# A checksum of everything that the running services were started from.
stack_checksum() {
    (
        cd "$root"
        find gateway/edge pgbouncer test/stack -type f -print0 | LC_ALL=C sort -z |
            xargs -0 sha256sum
        sha256sum "$programs/tix-gateway" "$programs/tix-mock-provider"
        say "$gateway_threads ${TIX_EDGE_REQUESTS:-} ${TIX_EDGE_STREAMS:-}"
        say "${TIX_EDGE_RATE:-} ${TIX_EDGE_BURST:-}"
    ) | sha256sum
}

# Whether the stack that runs is the one that would be started; a database alone always is.
stack_is_current() {
    if [[ -z $whole ]]; then return 0; fi
    [[ -n $(supervisor_pid) && $(stack_checksum) == "$(cat "$keep/checksum" 2>/dev/null)" ]]
}

# failed NAME WHY: shows the end of the culprit's log.
failed() {
    show_tail "$run/log/supervisor.log" 5
    show_tail "$run/log/$1.log" 15
    die "$1 $2" "Its log is $run/log/$1.log"
}

# Whether a service is up, or has died so often that it is no use to wait.
decided() {
    local state pid restarts since
    read -r state pid restarts since < <(service_state "$1") || return 1
    [[ $state == up ]] || ((restarts >= 4)) || [[ -z $(supervisor_pid) ]]
}

await_service() {
    local state rest
    retry "$2" decided "$1" || true
    read -r state rest < <(service_state "$1") || state=missing
    [[ $state == up && -n $(supervisor_pid) ]] || failed "$1" "does not start (${state:-nothing})"
    say "  $1 is up on port $(service_port "$1")"
}

# The gateway says by itself what keeps it from being ready; the edge passes it on.
edge_is_ready() { answers_http "http://127.0.0.1:$((port + 3))/readyz"; }

await_stack() {
    local name
    locate_services
    if retry 30 edge_is_ready; then return; fi
    for name in "${services[@]}"; do
        "${name}_health" || failed "$name" "does not answer as it should"
    done
    failed gateway "is not ready through the edge"
}

# The supervisor is the leader of a session of its own: it outlives this terminal.
start_supervisor() {
    started=yes
    setsid "$stack/supervise.sh" </dev/null >>"$run/log/supervisor.log" 2>&1 8>&- &
    disown
    retry 5 supervisor_lives || failed supervisor "did not start"
}

supervisor_lives() { [[ -n $(supervisor_pid) && -s $keep/status ]]; }

start_stack() {
    local name checksum
    if [[ ${TIX_PORT:-} == auto ]]; then pick_port; fi
    server_log=$run/log/postgres.log
    make_places
    locate_services
    make_secrets
    copy_programs
    write_pgbouncer
    write_edge
    write_gateway_toml
    write_conf
    ask_gateway_for_password
    rm -f "$run/pgbouncer/userlist.txt" "$keep/status" "$keep/checksum"
    checksum=$(stack_checksum)
    cp "$prefix/tix-installed" "$run/library"
    say "Starting the stack on ports $port to $((port + ports - 1))"
    start_supervisor
    await_service postgres 120
    write_env
    make_database
    set_database_password
    for name in "${services[@]:1}"; do await_service "$name" 30; done
    await_stack
    make_accounts
    write_env
    say "$checksum" >"$keep/checksum" # the last thing: a start that was killed has none
}
