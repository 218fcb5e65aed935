#!/usr/bin/env bash
# Runs every fuzz target under libFuzzer:  scripts/fuzz.sh [SECONDS per target, default 20]
# Needs the nightly compiler; installs cargo-fuzz where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../fuzz/libfuzzer"
seconds=${1:-20}
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
for target in targets/*.rs; do
    name=$(basename "$target" .rs)
    printf 'fuzz.sh: %s, %s s\n' "$name" "$seconds" >&2
    found=$(mktemp -d "${TMPDIR:-/tmp}/dukou-fuzz.XXXXXX")
    cargo +nightly fuzz run --fuzz-dir . --target-dir ../../target/fuzz "$name" "$found" "../corpus/$name" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=2048
    rm -rf "$found"
done
