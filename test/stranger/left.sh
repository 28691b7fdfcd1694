# What a system has more than before; sourced by inside.sh.

# What an installation writes beside the packages' own files.
by_packages='^(etc/(alternatives|rc.\.d|init\.d|ssl/certs|systemd|pam\.d|ld\.so\.cache|[^/]*-$)'
by_packages+='|etc/(\.pwd\.lock|apt/apt\.conf\.d|ca-certificates\.conf|default|inputrc|locale\.gen)'
by_packages+='|etc/(networks|nginx/.*-enabled|postgresql-common|python3|ssl/private)'
by_packages+='|run/(adduser|lock|motd|postgresql|sudo|systemd)'
by_packages+='|var/(lib/(dpkg|apt|systemd|ucf|pam|python|nginx|postgresql|shells\.state)|cache|log)'
by_packages+='|var/www|usr/((lib|share)/python3|local/(lib/python|share/ca-certificates)'
by_packages+='|bin/pg_config\.libpq-dev))'
# What apt leaves when it is killed.
by_packages+='|^tmp/apt-dpkg-install-'

# Prints all paths of the system; the other mounts are left out, and the links of alternatives.
paths() {
    (cd "$system" && find . -xdev -mindepth 1 ! -lname '/etc/alternatives/*' -printf '%P\n') |
        LC_ALL=C sort
}

# The packages' own paths, by the names that the directories have after Debian's merge.
paths_of_packages() {
    cat "$system"/var/lib/dpkg/info/*.list |
        sed -E -e 's#^/##' -e 's#^(bin|sbin|lib|lib32|lib64|libx32)/#usr/\1/#' | LC_ALL=C sort -u
}

remember_paths() { paths >"$place/paths"; }

# No file, process, port or shared memory is more than there was; prints what is.
nothing_left() {
    local offset count=0
    while IFS= read -r line; do
        say "left: /$line"
        count=$((count + 1))
    done < <(LC_ALL=C comm -13 "$place/paths" <(paths) |
        LC_ALL=C comm -23 - <(paths_of_packages) | grep -vE "$by_packages")
    while IFS= read -r line; do
        say "left: $line"
        count=$((count + 1))
    done < <(
        for pid in $(inhabitants); do say "process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"; done
        find "$system/dev/shm" -mindepth 1
        ipcs -m | awk '$2 ~ /^[0-9]+$/ { print "System V shared memory " $2 }'
        for ((offset = 0; offset < 6; offset++)); do
            if port_in_use $((port + offset)); then say "port $((port + offset))"; fi
        done
    )
    ((count == 0))
}

# Nothing that came with the packages starts by itself, now or at the next boot.
nothing_starts() {
    local name
    [[ ! -e $system/usr/sbin/policy-rc.d && ! -e $system/etc/postgresql-common/createcluster.d &&
        ! -e $system/etc/postgresql/15/main ]] || return 1
    for name in nginx pgbouncer; do
        if compgen -G "$system/etc/rc[2-5].d/S??$name" ||
            compgen -G "$system/etc/systemd/system/*.wants/$name.service"; then
            return 1
        fi
    done
}
