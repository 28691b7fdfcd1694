# Writes the gateway's configuration for the private stack; meant to be sourced by up.sh.

# Quotes for TOML's basic strings.
toml_quote() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

secret_file() { toml_quote "$secrets/$1"; }

# The partner's key set, as an issuer publishes it: the last 32 bytes of the public key are its x.
write_partner_jwks() {
    local x
    x=$(openssl pkey -in "$secrets/jwt_partner.pem" -pubout -outform DER | tail -c 32 |
        base64 -w 0 | tr '+/' '-_' | tr -d '=')
    own_file "$run/gateway/partner.jwks.json" 644 <<EOT
{"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "partner", "x": "$x"}]}
EOT
}

write_gateway_toml() {
    write_partner_jwks
    own_file "$run/gateway/gateway.toml" 600 <<EOT
# The gateway of the private stack; written by test/stack/up.sh. All else has its default.

[server]
port = $((port + 2))
socket = $(toml_quote "$socket_dir/gateway.sock")
threads = $gateway_threads

[database]
port = $((port + 1))
password_file = $(secret_file database)

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

# Its ID tokens are changed for ours. The tests turn the keys of the set over.
[[auth.issuers]]
issuer = "https://partner.tix.example"
audiences = ["tix-web", "tix-app"]
algorithms = ["RS256", "PS256", "ES256", "EdDSA"]
jwks_file = $(toml_quote "$run/gateway/partner.jwks.json")

[bots]
mode = "${TIX_BOTS:-on}"

[feed]
publish_url = "http://127.0.0.1:$((port + 5))/publish"

[payments.mock]
url = "http://127.0.0.1:$((port + 4))"
secret_file = $(secret_file webhook)

[webhooks]
trusted = ["127.0.0.1:$((port + 6))"]
EOT
}
