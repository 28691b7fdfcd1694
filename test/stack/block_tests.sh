# The tests of what a stranger stumbles over before anything starts; sourced by run.sh.

# A pg_config and a psql of somebody else, first in the path.
foreign=$work/foreign
mkdir "$foreign"
for name in pg_config psql postgres initdb; do
    printf '#!/bin/sh\necho "foreign %s" >&2\nexit 1\n' "$name" >"$foreign/$name"
    chmod 755 "$foreign/$name"
done

# As from a shell whose settings are not ours to choose.
oddly() {
    env -u HOME -u TIX_CALLER -u LC_ALL CDPATH=.:/ TMPDIR=/nowhere LANG=xx_YY.UTF-8 \
        LANGUAGE=de PGPORT=1 PGDATABASE=nowhere PGSERVICE=none "$@"
}
odd_start() { (umask 077 && oddly PATH="$foreign:/usr/bin:/bin" TIX_PORT=auto make -C "$root" up); }
odd_stop() { oddly PATH="$foreign:/usr/bin:/bin" make -C "$root" down; }

# Two at once: one does it, the other says so, and both end.
two_starts() {
    local first status=0
    rm -f "$TIX_RUN/stack/alone"
    up >"$work/first" 2>&1 &
    first=$!
    retry 20 test -s "$TIX_RUN/stack/alone"
    refuses "another make up or make demo is at work here (process " up || status=1
    wait "$first" && return "$status"
}

# A start that is killed with all it called, when the line shows; a daemon of its own lives on.
killed_start() {
    local pid line=$1
    TIX_PORT=auto setsid "$stack/up.sh" >"$work/said" 2>&1 &
    pid=$!
    retry 30 grep -qF "$line" "$work/said"
    kill -9 -- "-$pid"
    if wait "$pid"; then return 1; fi
}


# What a killed make left: a whole object stays, half of one and a lone list of headers go.
half_made_goes() (
    source "$stack/making.sh"
    build=$work/half-made
    mkdir "$build"
    touch -d '1 minute ago' "$build/making"
    say 'int x;' | gcc -x c -c -o "$build/whole.o" -
    touch "$build"/{whole,half,lone}.d
    head -c 200 "$build/whole.o" >"$build/half.o"
    forget_half_made
    [[ $(cd "$build" && ls) == $'making\nwhole.d\nwhole.o' ]] || { ls "$build" && return 1; }
)

foreign_run() {
    mkdir -p "$work/other/data"
    if ((EUID == 0)); then chown -R nobody "$work/other"; else return 0; fi
    refuses "belongs to user nobody" env TIX_RUN="$work/other" "$stack/up.sh" &&
        refuses "belongs to user nobody" env TIX_RUN="$work/other" "$stack/down.sh"
}

# A PostgreSQL of somebody else, which the shell's environment names: it keeps its port, and nobody
# comes near its databases.
another_postgresql() (
    other=$((taken + 7))
    while port_in_use "$other"; do other=$((other + 1)); done
    dir=$(server_dir another)
    trap 'as_server "$system_bin/pg_ctl" stop -m fast -D "$dir/data"; rm -rf "$dir"' EXIT
    as_server "$system_bin/initdb" -D "$dir/data" -U postgres --auth=trust --no-sync >"$work/initdb"
    as_server "$system_bin/pg_ctl" start -w -D "$dir/data" -l "$dir/data/log" \
        -o "-p $other -c unix_socket_directories= -c listen_addresses=127.0.0.1" </dev/null
    export PGHOST=127.0.0.1 PGPORT=$other PGUSER=postgres PGDATABASE=postgres
    refuses "port $other is in use" up "$other" && up && down &&
        [[ $("$system_bin/psql" -XAtc 'SELECT count(*) FROM pg_database, pg_stat_activity
             WHERE backend_type = $$client backend$$') == 3 ]]
)

moved_run() {
    local old=$TIX_RUN new=$TIX_RUN.moved status=0
    mv "$old" "$new"
    TIX_RUN=$new up && TIX_RUN=$new "$stack/status.sh" || status=1
    TIX_RUN=$new "$stack/down.sh" || status=1
    mv "$new" "$old"
    return "$status"
}

check "a small disk is one line" refuses "the disk is too small: the run in $TIX_RUN needs" \
    env TIX_ROOM_RUN=999999999 "$stack/up.sh"
check "a full /tmp is one line" refuses "is full: 999999999 MB" \
    env TIX_ROOM_TMP=999999999 "$stack/up.sh"
check "a small /dev/shm is one line" refuses "/dev/shm is too small" \
    env TIX_ROOM_SHM=999999999 "$stack/up.sh"
check "little memory is one line" refuses "memory is short" env TIX_MEMORY=999999999 "$stack/up.sh"
check "the run of another user is one line" foreign_run
check "what a killed build left by halves is made anew" half_made_goes
check "an odd environment does no harm" odd_start
check "nor at the end" odd_stop
check "another PostgreSQL keeps its port and its peace" another_postgresql
check "of two starts at once one gives way" two_starts
check "a run that was moved is taken over" moved_run
check "the hint about a port says what was said" \
    refuses "Choose another: make up SQL=1 TIX_PORT=$((taken + 1))" \
    env -u MAKEFLAGS make -C "$root" up SQL=1 TIX_PORT="$taken"
for line in "Creating a database cluster" applied; do
    as_server rm -rf "$TIX_RUN/data"
    check "a start is killed after '$line'" killed_start "$line"
    check "the next carries on" up
    check "and goes down" down
done
