#!/usr/bin/env bash
# inside.sh PLACE: the test proper, as the first process of its namespaces; started by run.sh.
set -euo pipefail
stranger=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$stranger/../stack/lib.sh"
source "$stranger/../stack/check.sh"
source "$stranger/../stack/chroot.sh"
source "$stranger/left.sh"
place=$1
work=$place/work
# The bars, in seconds: the first demo installs and builds.
demo_max=${TIX_DEMO_MAX:-600}
test_max=${TIX_TEST_MAX:-900}
short=${SHORT:-}
cxxflags='-O2 -g'
if [[ -n $short ]]; then cxxflags=-O0; fi
port=$((30000 + RANDOM % 300 * 8))
while port_in_use "$port"; do port=$((port + 8)); done

# within SECONDS USER COMMAND: it succeeds, in time; says how long it took.
within() {
    local max=$1 start=$SECONDS status=0
    shift
    as "$@" || status=$?
    say "$2 took $((SECONDS - start)) s; at most $max are allowed"
    ((status == 0 && SECONDS - start <= max))
}

nothing_left_of() { as "$1" 'make down && make clean' && nothing_left; }

begin() {
    mkdir "$work"
    take_checkout "$place/checkout"
    say "Making a fresh Debian 12"
    make_system bookworm "$place/base" >"$place/base.log" 2>&1 || {
        show_tail "$place/base.log"
        die "debootstrap failed" "Is the package source reachable?"
    }
    if [[ -n $short ]]; then say force-unsafe-io >"$place/base/etc/dpkg/dpkg.cfg.d/in-haste"; fi
    [[ -n $short ]] || cp -a "$place/base" "$place/root"
}

user_with_sudo() {
    enter_system "$place/base"
    give_checkout stranger
    give_checkout guest
    remember_paths
    source "$stranger/blocks.sh"
    check "its stack is well" as stranger 'make status'
    check "root does not meddle with it" refuses "belongs to user stranger" \
        as root 'make -C ~stranger/tix up'
    if [[ -z $short ]]; then
        check "a user with sudo: make demo" within "$demo_max" stranger 'make demo'
        check "a user with sudo: make test" within "$test_max" stranger 'make test'
        check "a user without sudo, with the packages there: make up" \
            as guest 'make up TIX_PORT=auto'
        check "and make clean" as guest 'make down && make clean'
    fi
    check "what root built there is one line" refuses "belongs to root" \
        as stranger 'sudo touch .build/of-root && make up'
    check "and a way on" as stranger 'make down && sudo make clean && make status; test ! -e .build'
    check "nothing is left" nothing_left
}

root_alone() {
    enter_system "$place/root"
    give_checkout root
    remember_paths
    check "root: make demo, with installation" within "$demo_max" root 'make demo'
    check "root: make test" within "$test_max" root 'make test'
    check "root: make demo again" within "$demo_max" root 'make demo'
    check "root: make test again" within "$test_max" root 'make test'
    check "nothing starts by itself" nothing_starts
    check "nothing is left after make down and make clean" nothing_left_of root
}

begin
if [[ -z $short ]]; then root_alone; fi
user_with_sudo
say "$failures promises broken"
((failures == 0))
