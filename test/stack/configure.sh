# Writes the secrets and the local configuration of the private stack; meant to be sourced by up.sh.
# The configurations themselves are the shipped ones, copied: the services' user may not be able to
# read the checkout.

accounts=(buyer organizer box_office gate admin)
# One number for the gateway and for the edge, which must not open more connections than that.
gateway_threads=${TIX_GATEWAY_THREADS:-400}

# own_file PATH MODE: gives PATH, made beside itself by standard input, in one step to the services.
own_file() {
    (umask 077 && cat >"$1.new")
    chmod "$2" "$1.new"
    own_by_server "$1.new"
    mv "$1.new" "$1"
}

# secret NAME CMD…: what CMD prints becomes that secret, unless there is one.
secret() {
    local file=$secrets/$1
    shift
    [[ -s $file ]] || "$@" | own_file "$file" 600
}

# Random letters and digits without a line end, so that every reader sees the same bytes.
random_text() { head -c "$1" /dev/urandom | base64 -w 0 | tr '+/' 'ab' | tr -d '='; }

# Made once; they outlive `make down`, so that tokens, tickets and accounts do too.
make_secrets() {
    local account
    mkdir -p "$secrets"
    chmod 700 "$secrets"
    own_by_server "$secrets"
    secret jwt_main random_text 48
    # A private stack may be asked for any identity; production has no such key.
    secret jwt_demo random_text 48
    # An identity provider of somebody else: it signs, the gateway has the public half.
    secret jwt_partner.pem openssl genpkey -algorithm ed25519
    secret jwt_partner.pub openssl pkey -in "$secrets/jwt_partner.pem" -pubout
    # The edge's TLS: a certificate that nobody vouches for, for a demo on one's own machine.
    secret edge_tls.key openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    secret edge_tls.pem openssl req -x509 -new -key "$secrets/edge_tls.key" -days 3650 \
        -subj '/CN=tix on this machine' -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1'
    secret webhook random_text 48
    secret database random_text 24
    for account in "${accounts[@]}"; do secret "account_$account" random_text 18; done
}

make_places() {
    local name
    mkdir -p "$run"/{bin,pgbouncer,mock,gateway,log,stack} "$run"/edge/{conf/local,static,tmp}
    for name in pgbouncer mock gateway edge edge/tmp; do own_by_server "$run/$name"; done
    own_by_server "$run/log"
    say "$port" >"$keep/port"
}

copy_programs() {
    install -m 755 "$programs/tix-gateway" "$programs/tix-mock-provider" "$run/bin/"
}

# Quotes for PgBouncer's connection strings.
ini_quote() { printf "'%s'" "${1//\'/\'\'}"; }

write_pgbouncer() {
    own_file "$run/pgbouncer/pgbouncer.ini" 644 <"$root/pgbouncer/pgbouncer.ini"
    own_file "$run/pgbouncer/local.ini" 600 <<EOT
; The private stack's addresses; written by test/stack/up.sh. Names are relative to this directory.
[databases]
tix = host=$(ini_quote "$socket_dir") port=$port dbname=tix
%include pgbouncer.ini
listen_addr = 127.0.0.1
listen_port = $((port + 1))
unix_socket_dir = $socket_dir
auth_file = userlist.txt
EOT
}

# listen_tls ADDRESS: with HTTP/2, in the words of this nginx: they changed with 1.25.1.
listen_tls() {
    local version
    version=$(/usr/sbin/nginx -v 2>&1)
    version=${version##*/}
    if [[ $(printf '%s\n' 1.25.1 "${version%% *}" | sort -V | head -n 1) == 1.25.1 ]]; then
        say "listen $1 ssl default_server backlog=4096; http2 on;"
    else
        say "listen $1 ssl http2 default_server backlog=4096;"
    fi
}

write_edge() {
    local from=$root/gateway/edge to=$run/edge open_files
    open_files=$(ulimit -Hn)
    [[ $open_files =~ ^[0-9]+$ ]] && ((open_files < 20000)) || open_files=20000
    rm -rf "$to/static.new" "$to"/conf/*.conf
    install -m 644 "$from"/*.conf "$to/conf/"
    cp -R "$from/static" "$to/static.new"
    chmod -R a+rX "$to/static.new"
    rm -rf "$to/static"
    mv "$to/static.new" "$to/static"
    say "worker_rlimit_nofile $open_files;" >"$to/conf/local/main.conf"
    # Of the gateway's threads, 32 are for idle connections (16 for each worker of the edge) and 4
    # for those who ask it directly; the rest may be busy at once.
    cat >"$to/conf/local/upstream.conf" <<EOT
server "unix:$socket_dir/gateway.sock" max_conns=$((gateway_threads - 36));
keepalive 16;
EOT
    # Tests and the demo come from few addresses; README.md says what suits the net.
    say "limit_req_zone \$edge_prefix zone=edge_rate:8m rate=${TIX_EDGE_RATE:-50000}r/s;" \
        >"$to/conf/local/http.conf"
    say '# "https://shop.example" $http_origin;' >"$to/conf/local/origins.conf"
    printf '%s\n' 'allow 127.0.0.0/8;' 'deny all;' >"$to/conf/local/ops.conf"
    cat >"$to/conf/local/server.conf" <<EOT
listen 127.0.0.1:$((port + 3)) default_server backlog=4096;
$(listen_tls "127.0.0.1:$((port + 7))")
ssl_certificate "$secrets/edge_tls.pem";
ssl_certificate_key "$secrets/edge_tls.key";
limit_req zone=edge_rate burst=${TIX_EDGE_BURST:-10000} nodelay;
limit_conn edge_requests ${TIX_EDGE_REQUESTS:-256};
limit_conn edge_streams ${TIX_EDGE_STREAMS:-12000};
access_log ../log/edge-access.log edge buffer=32k flush=1s;
EOT
    say "listen 127.0.0.1:$((port + 5));" >"$to/conf/local/publisher.conf"
}

# The pool's clients prove their password to the server too, over the socket as over TCP.
ask_gateway_for_password() {
    local rule='local all tix_gateway scram-sha-256' hba=$data/pg_hba.conf
    as_server grep -qxF "$rule" "$hba" && return
    { say "$rule"; as_server cat "$hba"; } | as_server tee "$hba.new" >/dev/null
    as_server chmod 600 "$hba.new"
    as_server mv "$hba.new" "$hba"
}

# Gives the gateway's role its password and the pool the secret that stands for it. The secret
# stays the same as long as the password does: a login through a running pool goes on.
set_database_password() {
    local password line
    password=$(<"$secrets/database")
    if ! PGPASSWORD=$password PGUSER=tix_gateway psql -XAtq -w -c 'SELECT 1' >/dev/null 2>&1; then
        psql -Xq -v ON_ERROR_STOP=1 >/dev/null <<EOT || die "role tix_gateway has no password"
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET password_encryption = 'scram-sha-256';
ALTER ROLE tix_gateway PASSWORD '$password';
EOT
    fi
    line=$(psql -XAtq -c "SELECT format('\"%s\" \"%s\"', rolname, rolpassword) FROM pg_authid
                          WHERE rolname = 'tix_gateway' AND rolpassword LIKE 'SCRAM-SHA-256%'")
    [[ -n $line ]] || die "the migrations made no role tix_gateway with a password"
    say "$line" | own_file "$run/pgbouncer/userlist.txt" 600
}
