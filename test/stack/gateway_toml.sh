# Writes the gateway's configuration for the private stack; meant to be sourced by up.sh.

# Quotes for TOML's basic strings.
toml_quote() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

secret_file() { toml_quote "$secrets/$1"; }

write_gateway_toml() {
    own_file "$run/gateway/gateway.toml" 600 <<EOT
# The gateway of the private stack; written by test/stack/up.sh.

[server]
host = "127.0.0.1"
port = $((port + 2))
threads = $gateway_threads
body_max_bytes = 65536
keep_alive_s = 75
read_timeout_s = 10
drain_s = 10
trusted_proxies = ["127.0.0.1"]

[database]
host = "127.0.0.1"
port = $((port + 1))
name = "tix"
user = "tix_gateway"
password_file = $(secret_file database)
pool_size = 24
acquire_ms = 2000
waiters_max = 400
statement_ms = 10000

[auth]
issuer = "tix"
audience = "tix"
access_ttl_s = 900
refresh_ttl_s = 2592000
signing_key = "main"
password_concurrency = 2
password_waiters_max = 64

[[auth.keys]]
kid = "main"
alg = "HS256"
secret_file = $(secret_file jwt_main)

# The tests and the demo mint tokens of any identity with it: a production configuration has no
# such key.
[[auth.keys]]
kid = "demo"
alg = "HS256"
secret_file = $(secret_file jwt_demo)

# Tokens of another issuer are taken by its public key alone.
[[auth.keys]]
kid = "partner"
alg = "EdDSA"
public_key_file = $(secret_file jwt_partner.pub)

[limits]
auth_per_minute = 10
lock_per_minute = 60
order_per_minute = 10
pay_per_minute = 10
other_per_minute = 300
prefix_factor = 10
ipv4_prefix = 32
ipv6_prefix = 64
keys_max = 100000

[feed]
publish_url = "http://127.0.0.1:$((port + 5))/publish"
wait_ms = 1000
batch_ms = 100
long_polls_max = 32

[payments.mock]
url = "http://127.0.0.1:$((port + 4))"
secret_file = $(secret_file webhook)

[tickets]
key_id = 1
private_key_file = $(secret_file ticket.pem)

[log]
level = "info"
EOT
}
