# How the tests of the scripts check a promise; meant to be sourced after lib.sh. Wants a directory
# $work to write in, and counts in $failures.
failures=0

# check PROMISE CMD…: one line; what CMD printed follows when the promise is broken.
check() {
    local promise=$1 start=$SECONDS took=
    shift
    if "$@" >"$work/out" 2>&1; then
        if ((SECONDS - start >= 10)); then took=" ($((SECONDS - start)) s)"; fi
        say "ok      $promise$took"
    else
        say "not ok  $promise"
        show_tail "$work/out"
        failures=$((failures + 1))
    fi
}

# says TEXT CMD…: CMD prints the text, however it ends.
says() {
    local text=$1
    shift
    "$@" >"$work/said" 2>&1 || true
    grep -qF -- "$text" "$work/said" || { cat "$work/said"; return 1; }
}

# refuses TEXT CMD…: CMD fails and prints the text.
refuses() {
    local text=$1
    shift
    if "$@" >"$work/said" 2>&1; then return 1; fi
    grep -qF -- "$text" "$work/said" || { cat "$work/said"; return 1; }
}
