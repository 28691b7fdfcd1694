# Makes the five accounts of the private stack, one for each role; meant to be sourced by up.sh.

account_email() { say "${1//_/-}@tix.example"; }

# Prints the user id of an account, or nothing.
account_id() {
    psql -XAtq -v email="$(account_email "$1")" <<'SQL'
SELECT user_id FROM tix.users WHERE lower(email) = lower(:'email');
SQL
}

# register ACCOUNT ADDRESS: through the API, as anybody would. The address keeps the accounts out
# of each other's rate limit, and out of that of whoever comes next.
register() {
    local answer=$run/stack/register.out status body
    body="{\"email\":\"$(account_email "$1")\",\"password\":\"$(<"$secrets/account_$1")\","
    body+="\"displayName\":\"Demo ${1//_/ }\"}"
    status=$(printf '%s' "$body" | curl -sS -m 10 --interface "$2" -o "$answer" -w '%{http_code}' \
        -H 'Content-Type: application/json' --data-binary @- \
        "http://127.0.0.1:$((port + 3))/v1/auth/register" 2>&1) || true
    case $status in
        201 | 409) rm -f "$answer" ;;
        *)
            show_tail "$answer"
            die "the account $1 could not be registered: $status" "See $run/log/gateway.log"
            ;;
    esac
}

# Safe to repeat: an account that is there stays as it is.
make_accounts() {
    local account id address=1
    for account in "${accounts[@]}"; do
        id=$(account_id "$account")
        if [[ -z $id ]]; then
            register "$account" "127.28.0.$address"
            id=$(account_id "$account")
            [[ -n $id ]] || die "the account $account was registered and is not in tix.users"
        fi
        psql -XAtq -v ON_ERROR_STOP=1 -v id="$id" -v role="$account" >/dev/null <<'SQL'
SELECT tix.tix_set_user_role(:'id', :'role');
SQL
        account_ids[$account]=$id
        address=$((address + 1))
    done
}

# The part of .run/env that finds the whole stack.
stack_env() {
    local account name
    say "export TIX_TLS_URL=https://127.0.0.1:$((port + 7))"
    say "export TIX_CERTIFICATE=$(quote "$secrets/edge_tls.pem")"
    say "export TIX_URL=http://127.0.0.1:$((port + 3)) TIX_POOL_PORT=$((port + 1))"
    say "export TIX_GATEWAY_URL=http://127.0.0.1:$((port + 2))"
    say "export TIX_MOCK_URL=http://127.0.0.1:$((port + 4))"
    say "export TIX_PUBLISH_URL=http://127.0.0.1:$((port + 5))/publish"
    say "export TIX_DEMO_KEY_FILE=$(quote "$secrets/jwt_demo")"
    say "export TIX_PARTNER_KEY_FILE=$(quote "$secrets/jwt_partner.pem")"
    say "export TIX_PARTNER_JWKS_FILE=$(quote "$run/gateway/partner.jwks.json")"
    say "export TIX_WEBHOOK_SECRET_FILE=$(quote "$secrets/webhook")"
    for account in "${accounts[@]}"; do
        if [[ -z ${account_ids[$account]:-} ]]; then continue; fi
        name=TIX_${account^^}
        say "export ${name}_EMAIL=$(account_email "$account") ${name}_ID=${account_ids[$account]}"
        say "export ${name}_PASSWORD=$(quote "$(<"$secrets/account_$account")")"
    done
}
