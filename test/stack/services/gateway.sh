# The service tix-gateway; see services.sh.
# shellcheck disable=SC2034 # read by services.sh through the service's name
gateway_exe='*/tix-gateway*'
gateway_dir=$run/gateway
gateway_offset=2
# It drains for 10 s before it ends.
gateway_stop='TERM:14 KILL:3'

gateway_clear() { :; }

gateway_run() { exec_as_server "$run/bin/tix-gateway" --config="$run/gateway/gateway.toml"; }

gateway_ready() { port_in_use "$(service_port gateway)"; }

gateway_health() { answers_http "http://127.0.0.1:$(service_port gateway)/readyz"; }
