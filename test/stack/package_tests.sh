# The tests of the installation, with a package manager that only pretends; sourced by run.sh.
# The pretended system is $fake/system; what its apt-get does is in $fake/plan, a line for a call.

fake=$work/fake
mkdir -p "$fake/bin" "$fake/system"/{etc/postgresql-common,usr/sbin} \
    "$fake/system"/var/lib/{dpkg/updates,apt/lists,nginx/body}
: >"$fake/plan"

fake_program() {
    { say '#!/bin/bash'; say "fake=$(quote "$fake")"; cat; } >"$fake/bin/$1"
    chmod 755 "$fake/bin/$1"
}
fake_program dpkg-query <<'EOT'
[[ -e $fake/installed ]] && printf installed
EOT
fake_program dpkg <<'EOT'
echo "dpkg $*" >>"$fake/calls"
if [[ $1 == --audit ]]; then cat "$fake/audit" 2>/dev/null; else rm -f "$fake/audit"; fi
true
EOT
# A line of the plan is what the call prints before it fails; without one it does its work.
fake_program apt-get <<'EOT'
echo "apt-get $*" >>"$fake/calls"
said=$(head -n 1 "$fake/plan")
sed -i 1d "$fake/plan"
if [[ $said == hang ]]; then sleep 600; fi
if [[ -n $said && $said != ok ]]; then echo "$said" >&2; exit 100; fi
printf 'pmstatus:some:50.0:Unpacking some\n' >&6
case " $* " in
    *' install '*)
        touch "$fake/installed"
        grep -c . "$fake/system/usr/sbin/policy-rc.d" >"$fake/policy"
        ;;
esac
EOT
for name in deb-systemd-helper update-rc.d; do
    fake_program "$name" <<<'echo "${0##*/} $*" >>"$fake/calls"'
done
# A sudo that lets everybody pass, and one that wants a password.
fake_program sudo <<'EOT'
if [[ -e $fake/sudo_asks ]]; then echo 'sudo: a password is required' >&2; exit 1; fi
[[ $1 != -n ]] || shift
"$@"
EOT
# A checkout that the server's user can enter and write in, who stands for somebody without root.
mkdir -p "$fake/tix/test"
cp -R "$stack" "$fake/tix/test/"
if ((EUID == 0)); then
    chmod 755 "$work"
    chown -R postgres: "$fake"
fi

# install_with PLAN: runs packages.sh on the pretended system; the plan's parts end with |.
install_with() {
    rm -f "$fake"/{installed,calls,policy}
    tr '|' '\n' <<<"$1" >"$fake/plan"
    pretend "$stack/packages.sh"
}
pretend() {
    env -u TIX_CALLER PATH="$fake/bin:$PATH" TIX_SYSTEM="$fake/system" TIX_APT_PATIENCE=1 \
        TIX_ROOM_PACKAGES=0 "$@"
}
called() { grep -qF -- "$1" "$fake/calls" || { cat "$fake/calls"; return 1; }; }
forbids_nothing() {
    [[ ! -e $fake/system/usr/sbin/policy-rc.d &&
        ! -e $fake/system/etc/postgresql-common/createcluster.d ]]
}

without_root() {
    local as_other=()
    if ((EUID == 0)); then as_other=(runuser -u postgres --); fi
    rm -f "$fake"/{installed,calls}
    pretend setsid -w "${as_other[@]}" "$fake/tix/test/stack/packages.sh" </dev/null
}

killed_installation() {
    local job
    rm -f "$fake/installed" "$fake/calls"
    say hang >"$fake/plan"
    touch "$fake/system/var/lib/apt/lists/some_Packages"
    set -m
    pretend "$stack/packages.sh" &
    job=$!
    set +m
    retry 5 called install
    kill -9 -- "-$job"
    wait "$job" || true
    ! forbids_nothing
}

check "packages are installed, and services forbidden meanwhile" install_with ''
check "that is over when they are" forbids_nothing
check "and no new service starts by itself" called "deb-systemd-helper disable pgbouncer.service"
rm "$fake/calls"
check "with all packages there, nothing is done" pretend "$stack/packages.sh"
check "really nothing" test ! -e "$fake/calls"
check "an unreachable source is one line" \
    refuses "the package source is unreachable: Temporary failure resolving" \
    install_with 'E: Temporary failure resolving|E: x|E: Temporary failure resolving|'
check "that, too, leaves nothing forbidden" forbids_nothing
check "stale lists are renewed" install_with 'ok|E: Failed to fetch a.deb  404  Not Found|ok|ok'
check "a stale source is one line" refuses "the package source is stale" \
    install_with 'ok|E: x|E: The repository does not have a Release file.|'
check "another release is one line" refuses "the package source lacks what tix needs" \
    install_with 'ok|E: x|ok|E: Unable to locate package postgresql-15'
check "a full disk is one line" refuses "the disk is too small for the packages" \
    install_with "ok|E: x|ok|E: You don't have enough free space in /var/cache/apt/archives/."
check "another package manager is waited for" says "Another package manager is at work" \
    install_with 'ok|E: Could not get lock /var/lib/dpkg/lock. It is held by process 1|ok'
check "but not for ever" refuses "another package manager has been at work" \
    install_with "$(printf 'E: Could not get lock /var/lib/dpkg/lock|%.0s' {1..9})"
check "with sudo nobody needs to be root" without_root
touch "$fake/sudo_asks"
check "a sudo that wants a password and cannot ask is one line" \
    refuses "sudo wants a password but has no terminal" without_root
rm "$fake/sudo_asks"
mv "$fake/bin/sudo" "$fake/bin/no-sudo"
if ! command -v sudo >/dev/null; then
    check "no sudo at all is one line" refuses "there is no sudo" without_root
fi
mv "$fake/bin/no-sudo" "$fake/bin/sudo"

say half >"$fake/audit"
check "an interrupted installation is finished first" says "was interrupted; finishing it" \
    install_with ''
check "by dpkg itself" called "dpkg --configure -a"
check "an installation can be killed" killed_installation
touch "$fake/installed"
check "the next run puts right what it left" pretend "$stack/packages.sh"
check "so that nothing stays forbidden" forbids_nothing
check "no new service of the killed one starts" called "update-rc.d nginx disable"
