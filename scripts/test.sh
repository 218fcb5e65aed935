#!/usr/bin/env bash
# Runs every test on SQLite, PostgreSQL and in a real browser.
# Needs Rust and Debian; installs what is missing (as root or through sudo).
# Arguments go to the test command:  scripts/test.sh -p dukou-store
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "test.sh: $*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "this needs root: $*"
        exit 1
    fi
}

# Where Debian keeps the server programs; they are not on PATH.
postgres_bin() {
    local newest
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
    if [ -x "$newest" ]; then
        dirname "$newest"
    elif command -v pg_ctl >/dev/null && command -v initdb >/dev/null; then
        dirname "$(command -v pg_ctl)"
    fi
}

first_of() {
    local name
    for name in "$@"; do
        if command -v "$name"; then return 0; fi
    done
    return 1
}

missing=()
[ -n "$(postgres_bin)" ] || missing+=(postgresql)
first_of chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
if ! fc-list :lang=zh family 2>/dev/null | grep -q .; then missing+=(fontconfig fonts-noto-cjk); fi
command -v cc >/dev/null || missing+=(build-essential)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
if [ "${#missing[@]}" -gt 0 ]; then
    say "installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

bin=$(postgres_bin)
[ -n "$bin" ] || { say "PostgreSQL's initdb and pg_ctl were not found"; exit 1; }

# The server refuses to run as root: it then runs as the user Debian made for it.
cluster=$(mktemp -d "${TMPDIR:-/tmp}/dukou-test.XXXXXX")
chmod 0711 "$cluster"
if [ "$(id -u)" = 0 ]; then
    chown postgres: "$cluster"
    as_server() { (cd "$cluster" && setpriv --reuid=postgres --regid=postgres --init-groups "$@"); }
else
    as_server() { (cd "$cluster" && "$@"); }
fi

finish() {
    local status=$?
    trap - EXIT INT TERM
    if [ -f "$cluster/data/postmaster.pid" ]; then
        as_server "$bin/pg_ctl" -D "$cluster/data" -m immediate -w stop >/dev/null 2>&1 || true
    fi
    rm -rf "$cluster"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as_server "$bin/initdb" -D "$cluster/data" -U dukou -A trust -E UTF8 --locale=C -N >/dev/null

# A free port is only known free until somebody takes it, so a start may be tried again.
port=
for _ in 1 2 3 4 5 6 7 8 9 10; do
    try=$((20000 + RANDOM % 20000))
    if as_server "$bin/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w -o "-p $try -k $cluster \
        -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off \
        -c synchronous_commit=off -c full_page_writes=off" start >/dev/null; then
        port=$try
        break
    fi
done
[ -n "$port" ] || { say "PostgreSQL does not start:"; cat "$cluster/log" >&2; exit 1; }
say "PostgreSQL $("$bin/postgres" --version | awk '{print $3}') on port $port"

export DUKOU_TEST_DATABASE_URL="postgres://dukou@127.0.0.1:$port/postgres"
export DUKOU_REQUIRE_POSTGRES=1
export DUKOU_REQUIRE_BROWSER=1
export DUKOU_REQUIRE_PYTHON=1

# Where small disks can be mounted, a test that needs one must not be skipped.
disk=$(mktemp -d "${TMPDIR:-/tmp}/dukou-disk.XXXXXX")
if mount -t tmpfs -o size=1m tmpfs "$disk" 2>/dev/null; then
    umount "$disk"
    export DUKOU_REQUIRE_FAULTS=1
fi
rmdir "$disk"

# axe-core looks for what keeps people out of a page. It comes inside a Python
# package; one version, so that it finds the same tomorrow.
axe=target/axe-0.1.8
if ! ls "$axe"/lib/*/site-packages/axe_playwright_python/axe.min.js >/dev/null 2>&1; then
    say "installing axe-core"
    python3 -m venv --clear "$axe"
    "$axe/bin/pip" install -q --disable-pip-version-check --no-deps axe-playwright-python==0.1.8 >&2
fi
DUKOU_AXE=$(ls "$PWD/$axe"/lib/*/site-packages/axe_playwright_python/axe.min.js)
export DUKOU_AXE DUKOU_REQUIRE_AXE=1

all=
[ "$#" -gt 0 ] || { all=yes; set -- --workspace; }
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --no-fail-fast "$@"
    # Examples in the docs, unless the arguments choose other targets.
    docs=yes
    for word in "$@"; do
        case "$word" in
            --test | --test=* | --tests | --lib | --bin | --bin=* | --bins | --bench | --bench=* | \
                --benches | --example | --example=* | --examples | --all-targets | \
                -E* | --filterset | --filterset=* | --) docs= ;;
        esac
    done
    # The program itself has no library, and cargo calls that an error.
    [ "$*" != "-p dukou" ] || docs=
    [ -z "$docs" ] || cargo test --doc "$@"
    run() { cargo nextest run --no-fail-fast "$@"; }
else
    cargo test --no-fail-fast "$@"
    run() { cargo test --no-fail-fast "$@"; }
fi

# The pages once more, on PostgreSQL: forms, rights, and one case driven in Chromium.
if [ -n "$all" ]; then
    DUKOU_WEB_ENGINE=postgres run -p dukou-web --test web
fi
