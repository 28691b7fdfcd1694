#!/usr/bin/env bash
# Runs the lanes of tests: every folder here with a run.sh, or only those named as arguments.
# `run.sh --orphans` only checks that no folder is left out.
set -uo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
logs=$tests/../.build/log

# Folders that serve the lanes and are no lane themselves; some have a target of their own.
support=(bench buyers matrix plans stack stranger)
targets=(bench matrix stranger)

is_support() { [[ " ${support[*]} " == *" $1 "* ]]; }

# Prints the lanes; a folder that is neither a lane nor support is an orphan, and an error.
find_lanes() {
    local folder name status=0
    for folder in "$tests"/*/; do
        name=$(basename "$folder")
        if [[ -f $folder/run.sh && " ${targets[*]} " != *" $name "* ]]; then
            printf '%s\n' "$name"
        elif ! is_support "$name"; then
            printf 'test/%s has no run.sh: no lane runs its tests\n' "$name" >&2
            status=1
        fi
    done
    return "$status"
}

# run_lane NAME: one line with the result and the time; the tail of the log when it failed.
run_lane() {
    local name=$1 log=$logs/$1.log start=$SECONDS status=0
    printf '%-12s ' "$name"
    if [[ ! -f $tests/$name/run.sh ]]; then
        printf 'FAILED  there is no test/%s/run.sh\n' "$name"
        return 1
    fi
    bash "$tests/$name/run.sh" >"$log" 2>&1 </dev/null || status=$?
    if ((status == 0)); then
        printf 'passed %4d s\n' $((SECONDS - start))
        return 0
    fi
    printf 'FAILED %4d s  exit status %d, log in .build/log/%s.log\n' \
        $((SECONDS - start)) "$status" "$name"
    tail -n "${TIX_TAIL:-25}" "$log" | sed 's/^/    | /'
    return 1
}

if [[ ${1:-} == --orphans ]]; then
    find_lanes >/dev/null
    exit
fi

mkdir -p "$logs"
trap 'printf "\ninterrupted\n"; exit 130' INT TERM
passed=0
failed=0
lanes=("$@")
if ((!$#)); then
    mapfile -t lanes < <(find_lanes)
    find_lanes >/dev/null 2>&1 || failed=1
fi
for lane in "${lanes[@]}"; do
    if run_lane "$lane"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0 && passed > 0))
