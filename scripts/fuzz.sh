#!/usr/bin/env bash
# Runs fuzz targets under libFuzzer:  scripts/fuzz.sh [SECONDS per target, default 20] [TARGET …]
# Any stable compiler does. DUKOU_FUZZ_SANITIZER=address looks for memory errors as
# well and needs the nightly compiler. Installs cargo-fuzz where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../fuzz/libfuzzer"
seconds=${1:-20}
[ "$#" = 0 ] || shift
sanitizer=${DUKOU_FUZZ_SANITIZER:-none}
toolchain=()
[ "$sanitizer" = none ] || toolchain=(+nightly)

# One C++ file of libFuzzer is compiled.
if ! command -v c++ >/dev/null; then
    printf 'fuzz.sh: installing build-essential\n' >&2
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends build-essential >&2
fi
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --version 0.13.2 --locked

target=$(cargo metadata --manifest-path ../Cargo.toml --format-version 1 --no-deps |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/fuzz
if [ "$#" = 0 ]; then
    for file in targets/*.rs; do set -- "$@" "$(basename "$file" .rs)"; done
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/dukou-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT
# What targets write lies there as well, and goes with it.
export TMPDIR=$work
cd "$work"
root=$OLDPWD
for name in "$@"; do
    printf 'fuzz.sh: %s, %s s\n' "$name" "$seconds" >&2
    # What it finds worth keeping is dropped; what stops a target stays in artifacts/.
    mkdir -p "$work/found/$name"
    (cd "$root" && cargo "${toolchain[@]}" fuzz run --fuzz-dir . --sanitizer "$sanitizer" \
        --target-dir "$target" "$name" "$work/found/$name" "../corpus/$name" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1)
done
