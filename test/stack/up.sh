#!/usr/bin/env bash
# Starts the private server in .run (or $TIX_RUN) with a migrated database "tix"; running it again
# is safe. TIX_PORT chooses the port (default 28432; "auto" tries free ones at random).
# TIX_SETTINGS names a file whose lines are added to postgresql.conf.
set -euo pipefail
stack=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stack/lib.sh"
forget_pg_environment

port_first=20000
port_last=32767
default_port=28432
started=
phase=

# Undoes a half-done start: a server that this run started does not outlive its failure.
undo() {
    local status=$?
    trap - EXIT INT TERM
    if ((status != 0)) && [[ -n $phase ]]; then
        rm -rf "$run/data.new" "$run/password.new"
        if [[ -n $started || -n $(postmaster_pid "$data") ]]; then
            "$stack/down.sh" >&2 || true
        fi
    fi
    exit "$status"
}

check_port() {
    if [[ ${TIX_PORT:-} == auto ]]; then return; fi
    port=${TIX_PORT:-$default_port}
    [[ $port =~ ^[0-9]{4,5}$ ]] && ((10#$port >= 1024 && 10#$port <= port_last)) ||
        die "TIX_PORT=$port is not a port from 1024 to $port_last"
    if port_in_use "$port"; then port_taken; fi
}

port_taken() { die "port $port is in use" "Choose another: TIX_PORT=$((port + 1)) make up"; }

# A random port that nobody listens on.
pick_port() {
    port=$((port_first + RANDOM % (port_last - port_first + 1)))
    while port_in_use "$port"; do port=$((port_first + RANDOM % (port_last - port_first + 1))); done
}

# What is left of an earlier server either serves, is put right, or is explained.
check_old_run() {
    local owner version
    [[ -e $data ]] || return 0
    owner=$(stat -c %U "$data")
    [[ $owner == "$(server_user)" ]] ||
        die "$data belongs to user $owner" "Run 'make down clean' as the user who made it."
    version=$(as_server cat "$data/PG_VERSION" 2>/dev/null) || version=
    [[ $version == "$pg_major" ]] ||
        die "$data was made by PostgreSQL ${version:-(unknown version)}, not by $pg_major" \
            "It holds nothing you need? Then run 'make clean'."
    if as_server test -e "$data/postmaster.pid"; then
        say "The server did not stop cleanly; waiting for what is left of it"
        retry 10 no_server_process "$data" ||
            die "server processes are left without their postmaster:" \
                "$(server_pids "$data" | tr '\n' ' ')- end them, then run this again."
        as_server rm -f "$data/postmaster.pid"
        forget_sockets
    fi
}

# A new data directory becomes visible only when it is whole.
make_data() {
    [[ ! -e $data ]] || return 0
    say "Creating a database cluster"
    rm -rf "$run/data.new"
    head -c 24 /dev/urandom | base64 | tr -d '/+=' >"$run/password.new"
    if ((EUID == 0)); then chown postgres: "$run/password.new"; fi
    chmod 600 "$run/password.new"
    as_server "$pg_bin/initdb" -D "$run/data.new" -U postgres --encoding=UTF8 \
        --locale=C.UTF-8 --data-checksums --no-sync --auth-local=trust \
        --auth-host=scram-sha-256 --pwfile="$run/password.new" >"$run/log/initdb.log" 2>&1 || {
        show_tail "$run/log/initdb.log"
        die "initdb failed" "Its output is in $run/log/initdb.log"
    }
    mv "$run/password.new" "$run/password"
    mv "$run/data.new" "$data"
}

# Socket paths hold at most 107 bytes and libpq splits PGHOST at commas.
choose_socket_dir() {
    local here=$run/socket
    if [[ $here =~ ^[A-Za-z0-9/._\ -]+$ ]] && ((${#here} <= 85)); then
        socket_dir=$here
        mkdir -p "$socket_dir"
    else
        socket_dir=$(mktemp -d /tmp/tix-XXXXXX)
    fi
    if ((EUID == 0)); then chown postgres: "$socket_dir"; fi
    chmod 700 "$socket_dir"
    say "$socket_dir" >"$run/socket_dir"
}

write_conf() {
    local include="include 'tix.conf'"
    {
        say "# Settings of the private server; written anew by test/stack/up.sh at each start."
        say "port = $port"
        say "listen_addresses = '127.0.0.1'"
        say "unix_socket_directories = '\"$socket_dir\"'"
        say "cron.host = '$socket_dir'"
        cat "$stack/server.conf"
        if [[ -n ${TIX_SETTINGS:-} ]]; then cat "$TIX_SETTINGS"; fi
    } | as_server tee "$data/tix.conf" >/dev/null
    as_server grep -qxF "$include" "$data/postgresql.conf" ||
        say "$include" | as_server tee -a "$data/postgresql.conf" >/dev/null
}

# Returns 1 when the port was taken in the meantime; any other failure ends the script.
start_once() {
    local old_size=0 since
    write_conf
    if [[ -e $server_log ]]; then old_size=$(stat -c %s "$server_log"); fi
    started=yes
    if as_server "$pg_bin/pg_ctl" start -w -t 120 -D "$data" -l "$server_log" \
        </dev/null >/dev/null 2>&1; then
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
        start_once || port_taken
        return
    fi
    for attempt in 1 2 3 4 5 6 7 8; do
        pick_port
        if start_once; then return; fi
    done
    die "no free port from $port_first to $port_last after $attempt attempts"
}

# The file that makes any client find the server, in the syntax of every POSIX shell.
write_env() {
    local new=$run/env.new
    {
        say "# How to reach the private server: source this, then psql just works."
        say "export PGHOST=$(quote "$socket_dir") PGPORT=$port PGDATABASE=tix PGUSER=postgres"
        say "export PGPASSWORD=$(quote "$(cat "$run/password")")"
        say "export TIX_DATA=$(quote "$data") TIX_LOG=$(quote "$server_log")"
        say "unset PGHOSTADDR PGSERVICE PGOPTIONS"
        say "tix_bin=$(quote "$pg_bin")"
        say 'case ":$PATH:" in *":$tix_bin:"*) ;; *) export PATH="$tix_bin:$PATH" ;; esac'
    } >"$new"
    if ((EUID == 0)); then chown postgres: "$new"; fi
    chmod 600 "$new"
    mv "$new" "$env_file"
}

# Creates the database once and lets the migrations bring it up to date.
make_database() {
    source "$env_file"
    if [[ -z $(psql -XAtq -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'tix'") ]]; then
        psql -Xq -d postgres -c 'CREATE DATABASE tix'
    fi
    psql -Xq -c 'ALTER DATABASE tix SET search_path = tix, public'
    if [[ ${TIX_MIGRATE:-yes} != no ]]; then
        [[ -f $root/sql/migrate ]] || die "sql/migrate is missing from the checkout"
        "$root/sql/migrate" || die "the migrations failed" "The server's log is $server_log"
    fi
}

need_server_packages
"$stack/prefix.sh"
locate_run
trap undo EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ -n $(postmaster_pid "$data") && -f $env_file ]]; then
    if cmp -s "$prefix/tix-installed" "$run/library"; then
        make_database
        say "The server is already running on port $PGPORT; nothing to start."
        exit 0
    fi
    say "The extension changed: restarting the server"
    TIX_PORT=${TIX_PORT:-$(sed -n 's/.* PGPORT=\([0-9]*\) .*/\1/p' "$env_file")}
    "$stack/down.sh"
elif [[ -n $(postmaster_pid "$data") ]]; then
    "$stack/down.sh"
fi

check_port
check_old_run
home_for "$run_link"
locate_run
mkdir -p "$run/log"
if ((EUID == 0)); then chown postgres: "$run" "$run/log"; fi
phase=start
make_data
choose_socket_dir
start_server
write_env
make_database
say "The server is up on port $port. To use it: . ${run_link#"$root/"}/env && psql"
