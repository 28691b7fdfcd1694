# The service mock, the payment provider that pretends; see services.sh.
# shellcheck disable=SC2034 # read by services.sh through the service's name
mock_exe='*/tix-mock-provider*'
mock_dir=$run/mock
mock_offset=4
mock_stop='TERM:3 KILL:3'

mock_clear() { :; }

mock_run() {
    exec_as_server "$run/bin/tix-mock-provider" --port="$(service_port mock)" \
        --webhook-url="http://127.0.0.1:$(service_port edge)/webhook/mock" \
        --secret-file="$secrets/webhook"
}

mock_ready() { port_in_use "$(service_port mock)"; }

mock_health() { answers_http "http://127.0.0.1:$(service_port mock)/healthz"; }
