# Builds a part of the checkout with make, quietly and with progress; meant to be sourced after
# lib.sh. What was built stays, so that an interrupted build carries on.
source "$root/test/stack/progress.sh"
source "$root/test/stack/fit.sh"

# The number of the part's objects that were begun, of those there are to make.
objects_made() {
    local done
    done=$(grep -c -- ' -c ' "$making_log") || true
    say "$done $making_total $done of $making_total files"
}

# A make that was killed may have left half a file: of what is younger than its mark, only what is
# whole stays.
forget_half_made() {
    local file
    [[ -e $build/making ]] || return 0
    find "$build" -newer "$build/making" -type f \
        \( -name '*.[aod]' -o -name '*.so' -o -path "$build/bin/*" \) |
        while IFS= read -r file; do
            if [[ $file == *.d ]]; then
                [[ -e ${file%.d}.o ]] || rm -f "$file"
            elif ! size "$file" >/dev/null 2>&1; then
                rm -f "$file" "${file%.o}.d"
            fi
        done
}

# A compiler that is killed leaves its files where they go with the rest.
run_make() { TMPDIR=$build/tmp make -j2 "$@" >"$making_log" 2>&1; }

# make_part TITLE NAME ARGUMENT…: says TITLE and runs make with the arguments, if there is anything
# to do; its output goes to .build/log/NAME.log.
make_part() {
    local title=$1 name=$2 making_log=$build/log/$2.log making_total status=0
    shift 2
    need_own_build
    mkdir -p "$build/log" "$build/tmp"
    exec 7>"$build/make.lock"
    flock -n 7 || { say "Another build is at work here; waiting for it" && flock 7; }
    forget_half_made
    if make -q "$@" >/dev/null 2>&1; then
        rm -f "$build/making"
        exec 7>&-
        return
    fi
    need_room "the build in $build" "$build" "$room_for_build" \
        "Make room, or clone to a larger disk; TIX_ROOM_BUILD=0 tries anyway."
    need_memory
    say "$title"
    making_total=$(make -n "$@" 2>/dev/null | grep -c -- ' -c ') || true
    touch "$build/making"
    with_progress objects_made run_make "$@" || status=$?
    ((status == 0)) || {
        show_tail "$making_log" 30
        die "$name could not be built" \
            "The whole output is in .build/log/$name.log; what is built is kept."
    }
    rm -f "$build/making"
    exec 7>&-
}
