# The tests of the whole stack under its supervisor; sourced by run.sh, whose functions it uses.

export TIX_STACK=whole
source "$stack/services.sh"
locate_run
# How long a service may be away after a kill -9, in ms.
away_max=1000
postgres_away_max=5000

state_of() { service_state "$1" | cut -d' ' -f1; }
pid_of() { service_state "$1" | cut -d' ' -f2; }
is_up() { [[ $(state_of "$1") == up && $(pid_of "$1") != "$2" ]]; }
is_ready() { answers_http "$TIX_URL/readyz"; }
back() { is_up "$1" "$2" && is_ready; }

# Kills a service and waits until another process does its work and the whole is ready again.
comes_back() {
    local name=$1 max=$2 old start away
    old=$(pid_of "$name")
    start=${EPOCHREALTIME/[.,]/}
    kill -9 "$old"
    retry 20 back "$name" "$old" || { cat "$run/log/supervisor.log"; return 1; }
    away=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
    say "$name was away for $away ms"
    ((away <= max))
}

restarts_are() { [[ $(service_state "$1" | cut -d' ' -f3) == "$2" ]]; }

kill_supervisor() {
    local pid
    pid=$(supervisor_pid)
    kill -9 "$pid"
    retry 5 no_supervisor
}

nothing_of_the_stack() {
    local name offset
    for name in "${services[@]}"; do
        service_gone "$name" || { say "$name: $(service_pids "$name")"; return 1; }
    done
    for ((offset = 0; offset < ports; offset++)); do
        if port_in_use "$((base_port + offset))"; then say "port $offset"; return 1; fi
    done
    no_supervisor && [[ ! -e $keep/status ]] && nothing_left
}

# The ids of all processes of the stack, in order.
all_pids() { for name in "${services[@]}"; do pid_of "$name"; done; }

other_processes() { ! same_processes; }
same_processes() { [[ $(all_pids) == "$before" ]]; }

secrets_are_closed() {
    [[ $(stat -c %a "$secrets") == 700 && $(stat -c %U "$secrets") == "$(server_user)" ]] &&
        [[ -z $(find "$secrets" -type f ! -perm 600) && $(stat -c %a "$TIX_RUN/env") == 600 ]] &&
        ! grep -rqF -f "$secrets/database" "$run/log" "$run/gateway" "$run/pgbouncer"
}

runs_as_server() {
    local name pid
    for name in "${services[@]}"; do
        for pid in $(service_pids "$name"); do
            [[ $(stat -c %U "/proc/$pid") == "$(server_user)" ]] || return 1
        done
    done
}

accounts_have_roles() {
    local wanted='admin,box_office,buyer,gate,organizer'
    answers "SELECT string_agg(role, ',' ORDER BY role) FROM tix.users
             WHERE email LIKE '%@tix.example'" "$wanted" &&
        [[ -n $TIX_BUYER_ID && -n $TIX_ADMIN_PASSWORD && -n $TIX_BOX_OFFICE_EMAIL ]]
}

pool_answers() {
    [[ $(PGPASSWORD=$(<"$secrets/database") psql -XAtq -h 127.0.0.1 -p "$TIX_POOL_PORT" \
        -U tix_gateway -c "SELECT session_user") == tix_gateway ]]
}

no_pool_without_password() {
    ! PGPASSWORD=wrong psql -XAtqw -h 127.0.0.1 -p "$TIX_POOL_PORT" -U tix_gateway -c 'SELECT 1'
}

# A message published for a session arrives at who resumes before it.
stream_resumes() {
    local session=$1 first stream
    stream=(curl -sN -m 2 -H 'Accept: text/event-stream' "$TIX_URL/v1/sessions/$1/stream")
    publish "$session" '{"prev":"1","seq":"2"}' && publish "$session" '{"prev":"2","seq":"3"}'
    "${stream[@]}" >"$work/stream" || true
    grep -q '"seq":"3"' "$work/stream" || { cat "$work/stream"; return 1; }
    publish "$session" '{"prev":"3","seq":"4"}'
    first=$(sed -n 's/^id: //p' "$work/stream" | head -n 1)
    "${stream[@]}" -H "Last-Event-ID: $first" >"$work/stream" || true
    grep -q '"seq":"4"' "$work/stream" && ! grep -q '"seq":"3"' "$work/stream"
}

publish() {
    curl -fsS -o /dev/null -H 'X-EventSource-Event: changes' -d "$2" "$TIX_PUBLISH_URL/$1"
}

# A session that the public sees, straight from the tables.
make_session() {
    local plan=$stack/../plans/hall-serpentine.json map
    map=$("$build/bin/tix-import" "$plan" 2>/dev/null | sed -n 's/^seat_map_id=//p')
    psql -XAtq -v ON_ERROR_STOP=1 -v map="$map" <<'SQL'
SELECT tix.tix_create_event('Winterreise', :'map') AS event \gset
SELECT tix.tix_set_price(:'event', NULL, 4500, 'EUR') AS price \gset
SELECT tix.tix_create_session(:'event', :'map', now() + interval '7 days') AS session \gset
SELECT seats FROM tix.tix_open_session(:'session') \gset
\echo :session
SQL
}

problem_while_away() {
    local name=$1 code=$2 pid answer
    pid=$(pid_of "$name")
    kill -STOP "$pid"
    answer=$(curl -s -m 20 -w '\n%{http_code} %{content_type}' "$TIX_URL/readyz") || true
    kill -CONT "$pid"
    say "$answer"
    [[ $answer == *"503 application/problem+json"* && $answer == *"\"code\":\"$code\""* ]]
}

# The terminal of the one who said up closes.
survives_hangup() {
    local leader
    TIX_PORT=auto setsid bash -c '"$0"; sleep 60' "$stack/up.sh" >"$work/said" 2>&1 &
    leader=$!
    retry 60 grep -q 'The stack is up' "$work/said" || { cat "$work/said"; return 1; }
    kill -HUP -- "-$leader"
    wait "$leader" || true
    sleep 0.5
    locate_services
    source "$TIX_RUN/env"
    [[ -n $(supervisor_pid) ]] && "$stack/status.sh"
}

check "any of the ports in use is one clear line" \
    refuses "port $taken is in use" up "$((taken - 3))"

check "status without a stack says so" says "The stack is not running" "$stack/status.sh"
check "up starts the whole stack" up
locate_services
source "$TIX_RUN/env" || true
check "status shows that all is well" "$stack/status.sh"
before=$(all_pids)
check "up again starts nothing" says "already running" up
check "and leaves every process alone" same_processes
check "the stack is ready through the edge" is_ready
check "secrets are for the services only" secrets_are_closed
check "no service runs as root" runs_as_server
check "every role has its account" accounts_have_roles
check "the pool takes the gateway's password" pool_answers
check "the pool takes no other" no_pool_without_password
check "the edge reads a request in one way or not at all" \
    perl "$stack/edge_requests.pl" "$((base_port + 3))"
session=$(make_session) || session=
check "a stream goes on where it was cut" stream_resumes "$session"
check "a session that is not there has no stream" \
    says '"code":"not_found"' curl -s -m 2 -H 'Accept: text/event-stream' \
    "$TIX_URL/v1/sessions/00000000-0000-4000-8000-000000000404/stream"
check "a silent gateway is a problem that says when to retry" problem_while_away gateway unavailable

for name in edge gateway mock pgbouncer; do
    check "$name comes back from kill -9" comes_back "$name" "$away_max"
done
check "postgres comes back from kill -9" comes_back postgres "$postgres_away_max"
check "the restarts are counted" restarts_are gateway 1
check "status is well again" "$stack/status.sh"
check "the supervisor can be killed" kill_supervisor
check "status says that it is dead" refuses "The supervisor is dead" "$stack/status.sh"
before=$(all_pids)
check "up recovers from a killed supervisor" up
check "with other processes" other_processes
locate_services
check "all is well after that" "$stack/status.sh"
check "the supervisor can be killed again" kill_supervisor
check "down ends what a killed supervisor left" down
check "and nothing of it is left" nothing_of_the_stack
check "up starts the whole stack again" up
locate_services
check "down stops it" down
check "down leaves no process, port, socket or status" nothing_of_the_stack
check "a start can be killed half-way" killed_start "postgres is up"
check "the next carries on" up
locate_services
check "all is well after that, too" "$stack/status.sh"
check "and it goes down" down
check "a terminal that closes takes nothing with it" survives_hangup
