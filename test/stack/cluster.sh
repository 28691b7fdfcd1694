# Makes and describes the private database cluster; meant to be sourced by up.sh.
# Uses its variables: port (the base port), wanted_ports (how many from there), started.

port_first=20000
port_last=32767
default_port=28432

check_port() {
    local last=$((port_last - wanted_ports + 1)) taken
    if [[ ${TIX_PORT:-} == auto ]]; then return; fi
    port=${TIX_PORT:-$default_port}
    [[ $port =~ ^[0-9]{4,5}$ ]] && ((10#$port >= 1024 && 10#$port <= last)) ||
        die "TIX_PORT=$port is not a port from 1024 to $last"
    if taken=$(first_port_in_use); then port_taken "$taken"; fi
}

port_taken() {
    local taken=$1
    while first_port_in_use >/dev/null; do port=$((port + wanted_ports)); done
    die "port $taken is in use" "Choose another: ${TIX_COMMAND:-make up} TIX_PORT=$port"
}

# Prints the first of the wanted ports that somebody listens on; 1 when all are free.
first_port_in_use() {
    local offset
    for ((offset = 0; offset < wanted_ports; offset++)); do
        if port_in_use "$((port + offset))"; then
            say "$((port + offset))"
            return 0
        fi
    done
    return 1
}

# A random port from which on nobody listens.
pick_port() {
    local span=$((port_last - wanted_ports + 2 - port_first))
    port=$((port_first + RANDOM % span))
    while first_port_in_use >/dev/null; do port=$((port_first + RANDOM % span)); done
}

# The scripts that made the extension's tables; a released one never changes again.
note_schema() { (cd "$root/extension/sql" && sha256sum -- *.sql) >"$run/schema"; }
made_from_this() { (cd "$root/extension/sql" && sha256sum --status -c "$run/schema" 2>/dev/null); }

# What is left of an earlier server either serves, is put right, or is explained.
check_old_run() {
    local version
    [[ -e $data ]] || return 0
    version=$(as_server cat "$data/PG_VERSION" 2>/dev/null) || version=
    [[ $version == "$pg_major" ]] ||
        die "$data was made by PostgreSQL ${version:-(unknown version)}, not by $pg_major" \
            "It holds nothing you need? Then run 'make clean'."
    if [[ -s $run/schema ]] && ! made_from_this; then
        die "$data was made by an earlier state of tix, whose tables were others" \
            "It holds nothing you need? Then run 'make clean'."
    fi
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
    own_by_server "$run/password.new"
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
    own_by_server "$socket_dir"
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
        if [[ -n $whole ]]; then stack_env; fi
        say 'case ":$PATH:" in *":$tix_bin:"*) ;; *) export PATH="$tix_bin:$PATH" ;; esac'
    } >"$new"
    own_by_server "$new"
    chmod 600 "$new"
    mv "$new" "$env_file"
}

# Creates the database once and lets the migrations bring it up to date.
make_database() {
    source "$env_file"
    if [[ -z $(psql -XAtq -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'tix'") ]]; then
        psql -Xq -d postgres -c 'CREATE DATABASE tix'
        note_schema
    fi
    psql -Xq -c 'ALTER DATABASE tix SET search_path = tix, public'
    if [[ ${TIX_MIGRATE:-yes} != no ]]; then
        [[ -f $root/sql/migrate ]] || die "sql/migrate is missing from the checkout"
        "$root/sql/migrate" || die "the migrations failed; the server's log is $server_log" \
            "Is the run an old one that holds nothing you need? Then run 'make clean'."
    fi
}
