# The service PgBouncer, the connection pool; see services.sh.
# shellcheck disable=SC2034 # read by services.sh through the service's name
pgbouncer_exe='*/pgbouncer*'
pgbouncer_dir=$run/pgbouncer
pgbouncer_offset=1
pgbouncer_stop='TERM:3 KILL:3'

# Its auth file comes out of the migrated database.
pgbouncer_needs() { [[ -s $run/pgbouncer/userlist.txt ]]; }

pgbouncer_clear() { rm -f "$(<"$run/socket_dir")/.s.PGSQL.$(service_port pgbouncer)"; }

pgbouncer_run() { exec_as_server /usr/sbin/pgbouncer local.ini; }

pgbouncer_ready() { port_in_use "$(service_port pgbouncer)"; }

# Goes all the way: as the gateway's role, through the pool, to the database.
pgbouncer_health() {
    [[ $(PGPASSWORD=$(<"$secrets/database") PGCONNECT_TIMEOUT=2 timeout 3 \
        "$pg_bin/psql" -XAtq -h 127.0.0.1 -p "$(service_port pgbouncer)" -U tix_gateway -d tix \
        -c 'SELECT 1' 2>/dev/null) == 1 ]]
}
