# Whether this checkout, this run directory and this machine are fit for what comes; each fault is
# one line and a way on. Meant to be sourced after lib.sh.

# Free space that is needed, in MB, with what is already there counted in; 0 asks for none.
room_for_packages=${TIX_ROOM_PACKAGES:-1700}
room_for_build=${TIX_ROOM_BUILD:-900}
room_for_run=${TIX_ROOM_RUN:-1500}
room_for_tmp=${TIX_ROOM_TMP:-200}
room_for_shm=${TIX_ROOM_SHM:-32}
# Memory that is needed, in MB: two compilers at once, then the server and the gateway.
memory_min=${TIX_MEMORY:-1200}

# need_room WHAT PLACE MB HINT: PLACE, which may not be there yet, can grow to MB.
need_room() {
    local what=$1 place=$2 wanted=$3 free taken mount
    taken=$(du -smx "$place" 2>/dev/null | cut -f 1) || true
    until [[ -d $place ]]; do place=$(dirname "$place"); done
    read -r free mount < <(df -mP "$place" | awk 'NR == 2 { print $4, $6 }')
    wanted=$((wanted - ${taken:-0}))
    ((wanted <= 0 || free >= wanted)) ||
        die "the disk is too small: $what needs $wanted MB on $mount, and $free MB are free" "$4"
}

need_tmp() {
    local tmp=${TMPDIR:-/tmp} free
    free=$(df -mP "$tmp" | awk 'NR == 2 { print $4 }')
    ((free >= room_for_tmp)) ||
        die "$tmp is full: $room_for_tmp MB are needed, and $free MB are free" \
            "Make room there, or use another: ${TIX_COMMAND:-make up} TMPDIR=/elsewhere"
}

# Parallel queries share memory there; containers like to make it small.
need_shm() {
    local free
    free=$(df -mP /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }') || return 0
    ((${free:-0} >= room_for_shm)) ||
        die "/dev/shm is too small: $room_for_shm MB are needed, and ${free:-0} MB are free" \
            "Enlarge it as root: mount -o remount,size=256M /dev/shm (docker: --shm-size=256m)"
}

need_memory() {
    local free limit
    free=$(awk '/^(MemAvailable|SwapFree):/ { kb += $2 }
                END { print int(kb / 1024) }' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null) || limit=max
    if [[ $limit =~ ^[0-9]+$ ]] && ((limit >> 20 < free)); then free=$((limit >> 20)); fi
    ((free >= memory_min)) ||
        die "memory is short: $memory_min MB are needed, and $free MB are available" \
            "End something, or try with what there is: ${TIX_COMMAND:-make up} TIX_MEMORY=$free"
}

# Everything in .build is ours to replace. Root may replace what anybody built.
need_own_build() {
    local file
    [[ -d $build || -w $root ]] ||
        die "$root is not yours to write in" "Clone it as $(id -un) and build there."
    ((EUID != 0)) && [[ -d $build ]] || return 0
    file=$(find "$build" ! -user "$EUID" -print -quit 2>/dev/null)
    [[ -z $file ]] ||
        die "$file belongs to $(stat -c %U "$file"), not to $(id -un)" \
            "Remove what the other built: sudo make clean. Then say the same again."
}

# The run directory is of the server's user, or of root half-made.
need_own_run() {
    local place owner
    for place in "$run" "$data"; do
        owner=$(stat -c %U "$place" 2>/dev/null) || continue
        [[ $owner == "$(server_user)" || $owner == "$(id -un)" ]] || {
            if [[ $owner == postgres ]]; then owner="root (postgres)"; fi
            die "$place belongs to user $owner" \
                "Run 'make down clean' as that user, or use another: TIX_RUN=/elsewhere."
        }
    done
}

# Makes the run directory and keeps it to oneself, with whom one calls, until one ends: one at a
# time starts the stack or sells in it. What is to outlive its starter must close descriptor 8.
alone() {
    locate_run
    need_own_run
    home_for "$run_link"
    locate_run
    if [[ ${TIX_ALONE:-} == "$run" ]]; then return; fi
    mkdir -p "$keep"
    exec 8>>"$keep/alone"
    flock -n 8 ||
        die "another make up or make demo is at work here (process $(cat "$keep/alone"))" \
            "Wait for it, or go elsewhere: ${TIX_COMMAND:-make up} TIX_RUN=/elsewhere TIX_PORT=auto"
    say "$$" >"$keep/alone"
    export TIX_ALONE=$run
}
