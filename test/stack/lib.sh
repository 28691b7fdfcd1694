# Functions shared by the scripts that build and run the private server; meant to be sourced.
#
# Who runs what: PostgreSQL refuses root, so under root every server program runs as the user
# "postgres" of the Debian package; under anybody else, as oneself.
# Where: the private copy of PostgreSQL in .build/pg15 (or pg17, pg18), the server in .run (or
# $TIX_RUN). If the checkout is closed to the server's user, both are links into a directory under
# /var/tmp.

umask 022
unset CDPATH LANGUAGE
export LC_ALL=C.UTF-8
# The PostgreSQL that this release of Debian has.
case $(. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_CODENAME:-}") in
    trixie) pg_major=17 ;;
    forky | sid) pg_major=18 ;;
    *) pg_major=15 ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$root/.build
# With TIX_POINTS=1 everything is about a second copy, whose tix has the stop points of the tests.
variant=${TIX_POINTS:+-points}
prefix_link=$build/pg$pg_major$variant
system_bin=/usr/lib/postgresql/$pg_major/bin

# What the caller's shell may have set does not lead us astray: Debian's own PostgreSQL comes first.
if [[ -z ${TIX_CALLER:-} ]]; then
    export TIX_CALLER=$$ PATH=$system_bin:$PATH:/usr/sbin
fi
# npm keeps its downloads with what is built from them, not in the caller's home.
export npm_config_cache=$build/npm/cache

say() { printf '%s\n' "$*"; }

# die MESSAGE [HINT]: one line that says what is wrong, one that says what to do.
die() {
    printf 'tix: %s\n' "$1" >&2
    if [[ -n ${2:-} ]]; then printf '     %s\n' "$2" >&2; fi
    exit 1
}

# What Ctrl-C says, in the script that the user called; everything can be run again.
interrupted() {
    trap '' INT
    if [[ $TIX_CALLER == "$$" ]]; then
        printf '\ntix: interrupted; say the same again and it carries on\n' >&2
    fi
    exit 130
}
trap interrupted INT

show_tail() {
    if [[ -s $1 ]]; then
        tail -n "${2:-15}" "$1" | sed 's/^/    | /' >&2
    fi
}

# retry SECONDS CMD…: runs CMD every 0.1 s until it succeeds or the time is over.
retry() {
    local left=$(($1 * 10))
    shift
    until "$@"; do
        ((left-- > 0)) || return 1
        sleep 0.1
    done
}

# The PostgreSQL settings of the caller's shell must not leak into the private server.
forget_pg_environment() {
    unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGSERVICE \
        PGSERVICEFILE PGOPTIONS PGDATA PGSSLMODE PGTZ PGDATESTYLE PGCLIENTENCODING PGAPPNAME
}

server_user() { if ((EUID == 0)); then say postgres; else id -un; fi; }

# as_server CMD…: runs CMD as the server's user. Paths must be absolute: it starts in /.
as_server() {
    if ((EUID == 0)); then
        (cd / && exec runuser -u postgres -- "$@")
    else
        (cd / && exec "$@")
    fi
}

# A TMPDIR that the server's user cannot write in serves nobody.
open_to_write() { as_server test -d "$1" -a -w "$1"; }
if [[ -n ${TMPDIR:-} ]] && ! { [[ $TMPDIR == /* ]] && open_to_write "$TMPDIR" 2>/dev/null; }; then
    unset TMPDIR
fi

need_server_packages() {
    [[ -x $system_bin/postgres ]] ||
        die "PostgreSQL $pg_major is not installed" "Run: $root/test/stack/packages.sh"
}

# exec_as_server CMD…: becomes CMD as the server's user; the process id stays.
exec_as_server() {
    if ((EUID == 0)); then
        exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    fi
    exec "$@"
}

# own_by_server PATH…: gives what was just made to the server's user.
own_by_server() { if ((EUID == 0)); then chown postgres: "$@"; fi; }

open_to_server() { as_server test -r "$1/." -a -x "$1/."; }

# Prints the directory under /var/tmp that stands in for a closed checkout; made on first use.
shelter() {
    local dir
    dir=$(readlink "$build/shelter" 2>/dev/null) || dir=
    if [[ -z $dir || ! -d $dir || $(stat -c %u "$dir") != "$EUID" ]]; then
        dir=$(mktemp -d /var/tmp/tix-XXXXXX)
        chmod 755 "$dir"
        mkdir -p "$build"
        ln -sfn "$dir" "$build/shelter"
    fi
    say "$dir"
}

# home_for DIR: makes the directory DIR; where the server's user cannot go, behind a link.
home_for() {
    local target
    if [[ -d $1 ]]; then return; fi
    rm -f "$1" # a link whose target is gone
    mkdir -p "$(dirname "$1")"
    if open_to_server "$(dirname "$1")"; then
        mkdir "$1"
    else
        target=$(mktemp -d "$(shelter)/$(basename "$1" | tr -d .)-XXXXXX")
        chmod 755 "$target"
        ln -sfn "$target" "$1"
    fi
}

# server_dir NAME: prints a new, empty directory owned by the server's user, outside .run.
server_dir() {
    local parent=$build/tmp dir
    mkdir -p "$build"
    if ! open_to_server "$build"; then parent=$(shelter)/tmp; fi
    mkdir -p "$parent"
    dir=$(mktemp -d "$parent/$1-XXXXXX")
    if ((EUID == 0)); then chown postgres: "$dir"; fi
    chmod 755 "$dir"
    say "$dir"
}

# processes_in DIR PATTERN: the processes that run in that directory and whose program matches.
processes_in() {
    local pid cwd exe
    { find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*/cwd' -printf '%h %l\n' 2>/dev/null ||
        true; } | while read -r pid cwd; do
        [[ $cwd == "$1" ]] || continue
        exe=$(readlink "$pid/exe" 2>/dev/null) || continue
        # shellcheck disable=SC2053 # the right side is a pattern
        if [[ $exe == $2 ]]; then say "${pid#/proc/}"; fi
    done
}

# server_pids DATA: the server processes, orphans included, that run in that data directory.
server_pids() { processes_in "$1" '*/bin/postgres*'; }

# Prints the process id of the living postmaster of a data directory, or nothing.
postmaster_pid() {
    local pid living
    pid=$(as_server head -n 1 "$1/postmaster.pid" 2>/dev/null) || return 0
    [[ $pid =~ ^[0-9]+$ ]] || return 0
    living=$(server_pids "$1")
    if [[ $'\n'$living$'\n' == *$'\n'$pid$'\n'* ]]; then say "$pid"; fi
}

no_server_process() { [[ -z $(server_pids "$1") ]]; }

# Removes the socket and its lock that a killed server left; its number may live on as a zombie.
forget_sockets() {
    if [[ -s $run/socket_dir ]]; then
        rm -f "$(<"$run/socket_dir")"/.s.PGSQL.*
    fi
}

port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Quotes a word for any POSIX shell.
quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# Sets the names of what is in .build/pg15 and in the run directory. They lead past the links,
# which the server's user cannot follow; so call it again when a link was made.
locate_prefix() {
    prefix=$(readlink -m "$prefix_link")
    pg_bin=$prefix/usr/lib/postgresql/$pg_major/bin
}

locate_run() {
    locate_prefix
    run_link=${TIX_RUN:-$root/.run}
    [[ $run_link == /* ]] || run_link=$PWD/$run_link
    run=$(readlink -m "$run_link")
    data=$run/data
    server_log=$run/log/server.log
    env_file=$run/env
    secrets=$run/secrets
    keep=$run/stack
}
