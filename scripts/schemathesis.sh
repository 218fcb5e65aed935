#!/usr/bin/env bash
# Calls the API with what its own description allows and forbids, as every role:
#   scripts/schemathesis.sh [EXAMPLES per operation, default 40] [SECONDS per role, default 120]
# Builds the demo, starts it on a free port of this machine, makes a token for
# each role, runs Schemathesis with every check as each of them and as nobody,
# and stops the server. With DUKOU_DATABASE_URL=postgres://…/empty the demo lies
# there, else in SQLite.
# Installs python3-venv where it is missing (Debian, as root or through sudo).
set -euo pipefail
cd "$(dirname "$0")/.."
examples=${1:-40}
seconds=${2:-120}
seed=${DUKOU_SCHEMATHESIS_SEED:-20260401}
# One version, so that a run says the same tomorrow.
version=4.32.5

say() { printf '%s\n' "schemathesis.sh: $*" >&2; }

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    say "installing python3-venv"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends python3-venv >&2
fi
root=$PWD
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
venv=$target/schemathesis
if ! "$venv/bin/schemathesis" --version 2>/dev/null | grep -qF "$version"; then
    say "installing schemathesis $version"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check "schemathesis==$version" >&2
fi

cargo build -q -p dukou
dukou=$target/debug/dukou

work=$(mktemp -d "${TMPDIR:-/tmp}/dukou-schemathesis.XXXXXX")
server=
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    server=
}
finish() {
    local status=$?
    trap - EXIT INT TERM
    stop
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts the demo and waits until it tells its address. Wrong tokens are part of
# the test, and so is their speed; both limits are set as any installation may.
start() {
    DUKOU_WRONG_TOKENS=1000000 DUKOU_ACCOUNT_CALLS=0 DUKOU_ADDRESS_CALLS=0 DUKOU_LOG=error "$dukou" demo --data "$work/data" --listen 127.0.0.1:0 \
        >"$work/address" 2>"$work/log" &
    server=$!
    for _ in $(seq 1200); do
        address=$(sed -n 's|^\(http://.*\)/$|\1|p' "$work/address")
        [ -z "$address" ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    say "the server does not start:"
    cat "$work/log" >&2
    exit 1
}

# The first start builds the data; tokens are made while nobody holds it.
start
roles=$(awk '/Ferry-demo/ { print $1 }' "$work/log")
[ -n "$roles" ] || { say "no people in the demo"; exit 1; }
stop
for role in $roles; do
    "$dukou" user token "$role" --scope '*' --days 1 --data "$work/data" >"$work/$role.token"
done
# Roles that nobody of the demo has are played by services.
owner=$(printf '%s\n' "$roles" | head -n 1)
for role in enterprise public; do
    id=$("$dukou" user service add "$role" --owner "$owner" --role "$role" --data "$work/data" | head -n 1)
    "$dukou" user service token "$id" --scope '*' --days 1 --data "$work/data" >"$work/$role.token"
    roles="$roles $role"
done
start
# Fewer calls than this per operation, and something kept them from being made.
operations=$("$venv/bin/python" - "$address/api/v1/openapi.json" <<'PYTHON'
import json, sys, urllib.request
paths = json.load(urllib.request.urlopen(sys.argv[1]))["paths"].values()
print(sum(method in ("get", "post") for path in paths for method in path))
PYTHON
)
[ "$operations" -gt 0 ] || { say "the description names no operation"; exit 1; }

failed=
for role in $roles nobody; do
    as=()
    [ "$role" = nobody ] || as=(--header "Authorization: Bearer $(cat "$work/$role.token")")
    report=$work/$role.txt
    status=0
    # What it keeps for its next run stays in the folder of this one.
    (cd "$work" && "$venv/bin/schemathesis" --config-file "$root/scripts/schemathesis.toml" run \
        "$address/api/v1/openapi.json" "${as[@]}" \
        --header "Accept-Language: en" --checks all --phases examples,coverage,fuzzing,stateful \
        --max-examples "$examples" --max-time "$seconds" --seed "$seed" \
        --continue-on-failure --warnings off --no-color) >"$report" 2>&1 || status=$?
    cases=$(sed -n 's/^ *\([0-9][0-9]* generated.*\)/\1/p' "$report" | head -n 1)
    cases=${cases:-0 generated}
    say "$role: $cases"
    if [ "$status" != 0 ] || [ "${cases%%[!0-9]*}" -lt $((operations * 10)) ]; then
        cat "$report" >&2
        failed=yes
    fi
done
if grep -q 'ERROR' "$work/log"; then
    say "the server's log:"
    grep 'ERROR' "$work/log" | head -n 20 >&2
    failed=yes
fi
[ -z "$failed" ] || exit 1
