#!/bin/sh
# Makes what docker-compose.yml reads as secrets, in the folder given: whatever is there stays. Run by `make secrets`.
# The folder is its owner's alone; the files in it can be read by the users of the containers, which Docker leaves no other way to.
set -eu
folder=${1:?say where to put them}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

password() { openssl rand -base64 18; }

if [ ! -e "$folder/grafana-admin-password" ]; then
    password >"$folder/grafana-admin-password"
    echo "$folder/grafana-admin-password: the password of Grafana's admin"
fi
if [ ! -e "$folder/token.key" ]; then
    openssl rand -hex 32 >"$folder/token.key"
    echo "$folder/token.key: the key of the gateway's tokens. Keep a copy: with another key every account is a new one"
fi
if [ ! -e "$folder/desk-key.pem" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj "/CN=localhost" \
        -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -keyout "$folder/desk-key.pem" -out "$folder/desk-certificate.pem" 2>/dev/null
    echo "$folder/desk-certificate.pem: the desk's certificate, signed by itself, for a year. Put your own in its place"
fi
if [ ! -e "$folder/desk-users.toml" ]; then
    first=$(password)
    printf '%s\n' "$first" | goldenhour desk-user add manager --role MANAGER --password-stdin --users "$folder/desk-users.toml" >/dev/null
    echo "$folder/desk-users.toml: who may sign in at the desk. The first is manager, with the password $first"
fi
chmod 644 "$folder"/*
