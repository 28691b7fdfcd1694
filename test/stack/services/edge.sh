# The service edge, nginx with nchan; see services.sh.
# shellcheck disable=SC2034 # read by services.sh through the service's name
edge_exe='*/nginx*'
edge_dir=$run/edge
edge_offset=3
# Streams never end by themselves: after a moment for the other requests, they are cut.
edge_stop='QUIT:1 TERM:6 KILL:3'

# The workers of a killed master serve on and keep the port; they are ended.
edge_clear() {
    service_pids edge | signal_each KILL
    retry 5 service_gone edge
}

edge_run() {
    exec_as_server /usr/sbin/nginx -p "$run/edge/" -c "$run/edge/conf/nginx.conf" -g 'daemon off;'
}

# The port alone says nothing: the workers of a killed master listen until they are ended.
edge_ready() {
    # shellcheck disable=SC2154 # the supervisor's
    [[ $(cat "$run/edge/nginx.pid" 2>/dev/null) == "${pid[edge]}" ]] &&
        port_in_use "$(service_port edge)"
}

edge_health() { answers_http "http://127.0.0.1:$(service_port edge)/robots.txt"; }
