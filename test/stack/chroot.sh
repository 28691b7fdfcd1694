# Makes fresh systems and runs commands in them; meant to be sourced, in namespaces.sh's namespaces.
# Uses the caller's variables: place, the directory for all of it, system, the root of the system
# in use, port and cxxflags.

# Prints where this machine's packages come from, or nothing: then debootstrap knows.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Component: main' 2>/dev/null |
        grep -v security | head -n 1
}

# What this machine needs to reach the net, a fresh one there needs too.
lend_network() {
    local file
    cp -L /etc/resolv.conf "$1/etc/resolv.conf"
    say "127.0.0.1 localhost $(uname -n)" >"$1/etc/hosts"
    for file in $(grep -ls '^ *Acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/*); do
        cp "$file" "$1/etc/apt/apt.conf.d/"
    done
    cp "${NODE_EXTRA_CA_CERTS:-/dev/null}" "$1/etc/lent-certificates"
    for file in http_proxy https_proxy no_proxy; do
        if [[ -n ${!file:-} ]]; then say "$file=${!file}"; fi
    done >"$1/etc/lent-environment"
    if [[ -s $1/etc/lent-certificates ]]; then
        say "NODE_EXTRA_CA_CERTS=/etc/lent-certificates" >>"$1/etc/lent-environment"
    fi
}

# make_system SUITE DIR PACKAGE…: Debian's minimum of that release with the packages, and two users:
# stranger may use sudo, guest may not.
make_system() {
    local suite=$1 dir=$2 user
    shift 2
    debootstrap --variant=minbase "$suite" "$dir" $(mirror)
    lend_network "$dir"
    mount -t proc proc "$dir/proc" # packages of newer releases want it when they are set up
    chroot "$dir" apt-get -qq update
    DEBIAN_FRONTEND=noninteractive chroot "$dir" \
        apt-get -qq -y install --no-install-recommends git make sudo "$@"
    umount "$dir/proc"
    for user in stranger guest; do chroot "$dir" useradd -m -s /bin/bash "$user"; done
    say 'stranger ALL=(ALL) NOPASSWD: ALL' >"$dir/etc/sudoers.d/stranger"
    rm -rf "$dir"/var/cache/apt/archives/*.deb
}

# The checkout as it is now: what git tracks or would track.
take_checkout() {
    local git=(git -c safe.directory='*' -C "$root")
    mkdir "$1"
    "${git[@]}" ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            if [[ -e $root/$file ]]; then printf '%s\0' "$file"; fi
        done | tar -C "$root" --null -T - -c | tar -x -C "$1"
    if [[ -d $root/.git ]]; then cp -R "$root/.git" "$1/.git"; fi
}

# give_checkout USER: a fresh copy in its home.
give_checkout() {
    local home
    home=$(chroot "$system" sh -c "echo ~$1")
    cp -R "$place/checkout" "$system$home/tix"
    chroot "$system" chown -R "$1:" "$home/tix"
}

# enter_system DIR: gives it its devices and makes it the one in use.
enter_system() {
    local node
    system=$1
    mount -t proc proc "$system/proc"
    mount -t tmpfs -o mode=755 tmpfs "$system/dev"
    for node in null zero full random urandom tty; do
        : >"$system/dev/$node"
        mount --bind "/dev/$node" "$system/dev/$node"
    done
    ln -s /proc/self/fd "$system/dev/fd"
    mkdir "$system/dev/shm" "$system/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$system/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$system/dev/pts"
    ln -s pts/ptmx "$system/dev/ptmx"
}

# as USER COMMAND: runs the shell command in the user's checkout, in a bare environment.
as() {
    local user=$1 lent
    mapfile -t lent <"$system/etc/lent-environment"
    timeout -k 10 "${patience:-1200}" chroot "$system" runuser -u "$user" -- env -i "${lent[@]}" \
        USER="$user" SHELL=/bin/bash TERM=dumb TIX_PORT="$port" CXXFLAGS="$cxxflags" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c "export HOME=~; cd ~/tix; $2" </dev/null
}

# The processes that live in the system.
inhabitants() {
    local pid
    for pid in /proc/[0-9]*; do
        if [[ $(readlink "$pid/root") == "$system" ]]; then say "${pid#/proc/}"; fi
    done
}

kill_inhabitants() {
    local pid
    for pid in $(inhabitants); do kill "-$1" "$pid" 2>/dev/null || true; done
}
