#!/usr/bin/env bash
# Lets strangers' bytes in everywhere they are decoded: each fuzzer first takes its corpus
# (corpus/NAME), then what it thinks of for some seconds.
# `run.sh SECONDS [NAME…]`: so long each (default 5), only those named; `run.sh long [NAME…]`: a
# million inputs each. Inputs that reach further are left in .build/test/fuzz/found/NAME, an input
# that breaks a promise in .build/log/fuzz.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
built=$lane/../../.build/test/fuzz
broken=$lane/../../.build/log/fuzz
bound=-max_total_time=${1:-5}
if [[ ${1:-} == long ]]; then bound=-runs=1000000; fi
shift || true
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1

make -s -j2 -C "$lane"
names=("$@")
if ((!$#)); then
    for file in "$lane"/*_fuzz.cpp; do
        names+=("$(basename "$file" _fuzz.cpp)")
    done
fi
rm -rf "$broken"
for name in "${names[@]}"; do
    mkdir -p "$built/found/$name" "$broken"
    log=$built/$name.log
    if ! "$built/${name}_fuzz" "$bound" -max_len=4096 -timeout=20 \
        -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$broken/$name-" \
        "$built/found/$name" "$lane/corpus/$name" >"$log" 2>&1; then
        tail -n 40 "$log"
        printf 'FAILED  %s: the input is in .build/log/fuzz\n' "$name"
        exit 1
    fi
    printf 'sound   %-14s %s inputs\n' "$name" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
done
