# The service PostgreSQL; see services.sh.
# shellcheck disable=SC2034 # read by services.sh through the service's name
postgres_exe='*/bin/postgres*'
postgres_dir=$data
postgres_offset=0
postgres_stop='INT:60 QUIT:10'

# A new postmaster must not meet the backends of a killed one, nor its lock files.
postgres_clear() {
    retry 10 no_server_process "$data" || {
        say "backends of the killed server are still there: $(server_pids "$data" | tr '\n' ' ')"
        return 1
    }
    rm -f "$data/postmaster.pid"
    if [[ -s $run/socket_dir ]]; then
        rm -f "$(<"$run/socket_dir")/.s.PGSQL.$base_port"{,.lock}
    fi
}

postgres_run() { exec_as_server "$pg_bin/postgres" -D "$data"; }

postgres_ready() {
    "$pg_bin/pg_isready" -q -t 1 -h "$(<"$run/socket_dir")" -p "$base_port" -U postgres -d tix
}

postgres_health() { postgres_ready; }
