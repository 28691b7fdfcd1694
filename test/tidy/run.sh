#!/usr/bin/env bash
# Checks the habits of the code that a machine can check; one line for each fault.
# `run.sh DIR [--self-test]` checks another tree; selftest.pl uses that for its planted faults.
set -euo pipefail
tidy=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=${1:-$tidy/../..}
cd "$top"
clang_format=${CLANG_FORMAT:-clang-format-14}
faults=0

fault() {
    printf '%s\n' "$1"
    faults=$((faults + 1))
}

# The files of the tree: what git tracks or would track, else everything but the build output.
list_files() {
    if [[ -e .git ]] && command -v git >/dev/null; then
        git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                if [[ -f $file ]]; then printf '%s\0' "$file"; fi
            done
    else
        find . \( -name .git -o -name .build -o -name .run \) -prune -o -type f \
            ! -name '*.[od]' ! -name '*.so' ! -name '*.bc' -printf '%P\0'
    fi
}

check_layout() {
    local file line text sources=()
    command -v "$clang_format" >/dev/null || {
        fault "$clang_format is not installed: run test/stack/packages.sh"
        return
    }
    for file in "$@"; do
        if [[ $file =~ \.(cpp|hpp|cc|h|c)$ ]]; then sources+=("$file"); fi
    done
    ((${#sources[@]})) || return 0
    text=$("$clang_format" --dry-run -Werror "${sources[@]}" 2>&1) && return
    # The first fault of each file.
    while IFS= read -r line; do
        fault "$line"
    done < <(grep -E '^[^ ]+:[0-9]+:|^[^ :]+: ' <<<"${text:-$clang_format: failed}" |
        sed 's/ \[-Wclang.*//' | sort -t: -u -k1,1)
}

check_scripts() {
    local file text first
    for file in "$@"; do
        read -r first <"$file" 2>/dev/null || true
        [[ $file == *.sh || ${first//$'\0'/} =~ ^#!.*bash ]] || continue
        text=$(bash -n "$file" 2>&1) || fault "$(head -n 1 <<<"$text")"
        [[ ! $first =~ ^#! ]] || grep -qE '^set -e?uo pipefail' "$file" ||
            fault "$file: a script must say: set -euo pipefail"
    done
}

mapfile -d '' -t files < <(list_files 2>/dev/null)
((${#files[@]})) || fault "no files found in $top"
while IFS= read -r line; do
    fault "$line"
done < <(perl "$tidy/rules.pl" "${@:2}" "${files[@]}" 2>&1 || echo "rules.pl did not finish")
check_layout "${files[@]}"
check_scripts "${files[@]}" 2>/dev/null
if [[ -f test/run.sh ]]; then
    while IFS= read -r line; do fault "$line"; done < <(bash test/run.sh --orphans 2>&1)
fi
if (($# == 0)); then
    while IFS= read -r line; do fault "$line"; done < <(perl "$tidy/selftest.pl" 2>&1)
fi
if ((faults)); then
    printf 'To mend the layout of C++ files: %s -i FILE…\n' "$clang_format"
    printf '%d faults in %d files\n' "$faults" "${#files[@]}"
    exit 1
fi
printf '%d files are tidy\n' "${#files[@]}"
