# The stumbling blocks on the way to a first start, and killed runs in each phase; sourced by
# inside.sh. Leaves the stack of the user stranger running.

sources=$system/etc/apt/sources.list

# with_source SED CMD…: runs CMD while the package source is another one.
with_source() {
    local status=0
    cp "$sources" "$place/sources"
    rm -rf "$place/lists" && cp -R "$system/var/lib/apt/lists" "$place/lists"
    find "$system/var/lib/apt/lists" -type f -delete
    sed -i "$1" "$sources"
    shift
    "$@" || status=$?
    cp "$place/sources" "$sources"
    rm -rf "$system/var/lib/apt/lists" && mv "$place/lists" "$system/var/lib/apt/lists"
    return "$status"
}

# cut_short SIGNAL FILE PATTERN COUNT: starts make up, and ends it when FILE of .build has that many
# lines with the pattern; all its processes get the signal, as by the end of a machine or by Ctrl-C.
cut_short() {
    local file=$system/home/stranger/tix/.build/$2 job lines=0
    rm -f "$file"
    set -m
    as stranger 'make up' >"$work/cut" 2>&1 &
    job=$!
    set +m
    while ((lines < $4)) && kill -0 "$job" 2>/dev/null; do
        sleep 0.1
        lines=$(grep -cs -- "$3" "$file") || lines=0
    done
    kill_inhabitants "$1"
    if wait "$job" || ((lines < $4)) ||
        { [[ $1 == INT ]] && ! grep -qF 'interrupted; say the same again' "$work/cut"; }; then
        cat "$work/cut"
        return 1
    fi
}

in_small_place() {
    mkdir -p "$system/mnt"
    mount -t tmpfs -o size=50M,mode=1777 tmpfs "$system/mnt"
    refuses "the disk is too small: the run in /mnt/run" as stranger 'TIX_RUN=/mnt/run make up'
}

check "without root or sudo, one line says what to do" refuses "packages are missing" \
    as guest 'make up'
check "a package source that is unreachable is one line" \
    with_source 's#http[^ ]*#http://127.0.0.1:9/debian#' \
    refuses "the package source is unreachable" as stranger 'make up'
check "a package source that is stale is one line" with_source 's#bookworm#nonesuch#' \
    refuses "the package source is stale or wrong" as stranger 'make up'
check "a package source without the packages is one line" with_source 's#main#non-free-firmware#' \
    refuses "the package source lacks what tix needs" as stranger 'make up'
check "a disk too small for the packages is one line" \
    refuses "the disk is too small" as stranger 'TIX_ROOM_PACKAGES=99999999 make up'

check "an installation can be killed" cut_short KILL log/apt.status '^pmstatus:' 150
check "Ctrl-C ends the next one with one line" cut_short INT log/apt.status '^pmstatus:' 30
check "a build can be killed" cut_short KILL log/tools.log ' -c ' 6
check "Ctrl-C ends the next one with one line" cut_short INT log/tools.log ' -c ' 6
check "a disk too small for the run is one line" in_small_place
check "the next run carries on to the end" as stranger 'make up'
check "nothing starts by itself" nothing_starts
