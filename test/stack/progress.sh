# Shows how far a long step is: on a terminal one line that is redrawn each second, else a line
# every ten seconds. Meant to be sourced after lib.sh.

# show_progress MEASURE: shows until it is killed or its caller is dead. MEASURE is a function that
# prints "DONE TOTAL WORDS", or nothing while it does not know.
show_progress() {
    local seconds=0 idle done total words line
    exec {idle}<> <(:) # nobody writes to it: reading from it is a sleep that leaves no process
    while kill -0 "$$" 2>/dev/null; do
        read -rt 1 -u "$idle" || true
        seconds=$((seconds + 1))
        if [[ ! -t 1 ]] && ((seconds % 10)); then continue; fi
        read -r done total words < <("$1") || total=0
        printf -v line '%3d:%02d' $((seconds / 60)) $((seconds % 60))
        if ((total > 0)); then
            printf -v line '%s  %3d %%  %s' "$line" $((done * 100 / total)) "$words"
        fi
        if [[ -t 1 ]]; then printf '\r\033[K%.78s' "$line"; else say "$line"; fi
    done
}

# with_progress MEASURE CMD…: runs CMD, whose status it returns, and shows how far it is. What CMD
# prints is its own affair.
with_progress() (
    show_progress "$1" 2>/dev/null &
    shower=$!
    start=$SECONDS
    shift
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'kill "$shower" 2>/dev/null; wait; if [[ -t 1 ]]; then printf "\r\033[K"; fi' EXIT
    "$@" || exit
    if ((SECONDS - start >= 10)); then say "  done in $((SECONDS - start)) s"; fi
)
