#!/usr/bin/env bash
# Plants bugs in a copy of the rebuild and shows that the TAP tests find each; part of run.sh.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$lane/../stack/lib.sh"
forget_pg_environment
"$lane/../stack/prefix.sh"
locate_prefix
work=$(server_dir planted)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
missed=0

# replace FILE OLD NEW: changes the one place where OLD stands; anything else is an error.
replace() {
    OLD=$2 NEW=$3 perl -0pi -e '$n = s/\Q$ENV{OLD}\E/$ENV{NEW}/g; END { exit($n != 1) }' "$1" ||
        die "the planted bug does not apply: '$2' does not stand once in ${1##*/}"
}

# plant NAME TEST FILE OLD NEW [FILE OLD NEW…]: builds the bug and expects TEST to fail.
plant() {
    local name=$1 test=$2 log=$work/$1.log
    shift 2
    rm -rf "$work/extension"
    cp -a "$root/extension" "$work/extension"
    while (($#)); do
        replace "$work/extension/src/pg/$1" "$2" "$3"
        shift 3
    done
    if ! make -C "$work/extension" -j2 PG_CONFIG="$system_bin/pg_config" \
        DESTDIR="$work/prefix" install >"$log" 2>&1; then
        show_tail "$log"
        die "the planted bug $name cannot be built"
    fi
    chmod -R a+rX "$work/prefix"
    if TIX_PREFIX=$work/prefix "$lane/run.sh" "$test" >"$log" 2>&1; then
        say "MISSED  $name: $test passes"
        missed=$((missed + 1))
    elif ! grep -q 'Failed test' "$log"; then
        show_tail "$log"
        die "$test broke down with the planted bug $name instead of failing"
    else
        say "found   $name: $(grep -c 'Failed test' "$log") failures in $test"
    fi
}

mkdir "$work/prefix"
cp -a "$prefix/usr" "$work/prefix/"
plant releases_ignored clean_restart_keeps_holds.pl \
    tables.cpp "if (kind == 'r') drop(seats[i]);" ""
plant extensions_ignored clean_restart_keeps_holds.pl \
    tables.cpp "if (!null) f->expires =" "if (!null && f->expires == 0) f->expires ="
plant clock_not_clamped clean_restart_keeps_holds.pl \
    tables.cpp "Min(f->expires - wall, given)" "f->expires - wall + 0 * given"
plant generation_not_raised clean_restart_keeps_holds.pl \
    loader.cpp "THEN 1\"" "THEN 0\"" \
    loader.cpp "max(lock_id) >> 47, 0) + 1" "max(lock_id) >> 47, 0) + 0"
((missed == 0)) || die "$missed planted bugs were not found"
