# Starts and ends the Redis servers of the benchmark; meant to be sourced by measure.sh.
#
# Debian's redis-tools carries the server's program without its service: it is redis-check-rdb,
# which serves when it is called redis-server. One server for each way of keeping data, each with a
# unix socket only; all settings but those named are as shipped.

redis_modes=(none everysec always)
redis_pids=()

redis_socket() { say "$PGHOST/redis-$1.sock"; }

# start_redis DIR: DIR is of the server's user.
start_redis() {
    local mode keeping
    as_server ln -sf "$(command -v redis-check-rdb)" "$1/redis-server"
    for mode in "${redis_modes[@]}"; do
        keeping=(--appendonly yes --appendfsync "$mode")
        if [[ $mode == none ]]; then keeping=(--appendonly no); fi
        as_server mkdir "$1/$mode"
        (cd / && exec_as_server "$1/redis-server" --port 0 --unixsocket "$(redis_socket "$mode")" \
            --dir "$1/$mode" --logfile "$1/$mode/log" --save '' --daemonize no \
            "${keeping[@]}") </dev/null >/dev/null 2>&1 &
        redis_pids+=($!)
        retry 10 redis_answers "$mode" || {
            show_tail "$1/$mode/log"
            die "redis-server did not start"
        }
    done
}

redis_answers() { redis-cli -s "$(redis_socket "$1")" ping >/dev/null 2>&1; }

redis_version() { redis-cli --version | awk '{ print $2 }'; }

stop_redis() {
    if ((${#redis_pids[@]})); then
        kill "${redis_pids[@]}" 2>/dev/null || true
        wait "${redis_pids[@]}" 2>/dev/null || true
    fi
    redis_pids=()
}
