# Runs apt-get quietly, with progress and patience, and says in one line why it failed; meant to be
# sourced by packages.sh. Uses its variable log.
source "$root/test/stack/progress.sh"

apt_status=
# How long another package manager is waited for, in seconds.
apt_patience=${TIX_APT_PATIENCE:-600}

# From the last line of APT::Status-Fd: KIND:PACKAGE:PERCENT:WORDS.
apt_measure() {
    local kind package percent words
    IFS=: read -r kind package percent words < <(tail -n 1 "$apt_status" 2>/dev/null) || return 0
    case $kind in
        dlstatus) say "${percent%.*} 100 downloading" ;;
        pmstatus) say "${percent%.*} 100 $words" ;;
    esac
}

# The status goes to a file, not down a pipe: apt-get outlives who watches it.
apt_get() {
    env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o APT::Status-Fd=6 "$@" \
        </dev/null >"$log" 2>&1 6>"$apt_status" 9>&-
}

apt_is_busy() {
    grep -qE 'Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock' "$log"
}

# apt ARGUMENT…: apt-get, which waits while another package manager is at work.
apt() {
    local deadline=$((SECONDS + apt_patience)) told=
    apt_status=${log%.log}.status
    until with_progress apt_measure apt_get "$@"; do
        apt_is_busy && ((SECONDS < deadline)) || return 1
        if [[ -z $told ]]; then
            say "Another package manager is at work; waiting for it to end"
            told=yes
        fi
        sleep 2
    done
}

# What a killed installation left half done is brought to its end first.
finish_interrupted() {
    if [[ -n $(dpkg --audit 2>/dev/null) || -n $(find "$updates" -type f 2>/dev/null) ]]; then
        say "An earlier installation was interrupted; finishing it"
        DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null >"$log" 2>&1 || true
        apt install --fix-broken || true
    fi
}

system_name() {
    local name
    name=$(sed -n 's/^PRETTY_NAME=//p' "$system/etc/os-release" 2>/dev/null | tr -d '"') || true
    say "${name:-not a Debian system}"
}

# Dies with the reason for which apt-get failed last.
explain_apt() {
    local why again="then say the same again; it carries on"
    why=$(sed -n -e 's/^[EW]: *//p' "$log" | cut -c 1-160 | head -n 1)
    if apt_is_busy; then
        die "another package manager has been at work for $apt_patience s" \
            "Wait for it or end it, $again."
    elif grep -qE 'No space left|enough free space' "$log"; then
        die "the disk is too small for the packages: ${why:-no space left}" \
            "Make room (apt-get clean), $again."
    elif grep -qE '[Rr]esolv|[Cc]onnect|unreachable|timed out' "$log"; then
        die "the package source is unreachable: $why" \
            "Check the network or the proxy (http_proxy, /etc/apt/apt.conf.d), $again."
    elif grep -qE 'Unable to locate|no installation candidate|has no .*candidate' "$log"; then
        die "the package source lacks what tix needs: $why" \
            "tix wants Debian 12, its section main, in /etc/apt; this is $(system_name)."
    elif grep -qE ' 404 |Release file|not signed|NO_PUBKEY|expired|Hash Sum|not valid' "$log"; then
        die "the package source is stale or wrong: $why" \
            "Mend /etc/apt/sources.list or /etc/apt/sources.list.d, $again."
    else
        show_tail "$log"
        die "the packages could not be installed: ${why:-see the log}" \
            "See $log, then run as root: apt-get install ${missing[*]}"
    fi
}
