#!/usr/bin/env bash
# Plants bugs in a copy of the extension, one at a time, and shows that the history of a short run
# gives each away; part of `run.sh long`. `planted.sh NAME…` plants only those.
# A bug that cannot be planted because the code has changed is an error, as is one that is missed.
set -euo pipefail
lane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$lane/../stack/lib.sh"
source "$lane/../stack/plant.sh"
forget_pg_environment
"$lane/../stack/prefix.sh"
locate_prefix
work=$(server_dir planted)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
found=0
missed=0
rounds=3
only=" $* "

# Puts back what the last bug changed; what is compiled from it is compiled again.
restore() {
    local file
    for file in "${changed[@]}"; do
        cp "$root/extension/src/$file" "$work/extension/src/$file"
    done
    changed=()
}

# hunt NAME: runs until the bug shows, at most $rounds times; the log of the last run is kept.
hunt() {
    local round status
    for ((round = 1; round <= rounds; round++)); do
        status=0
        TIX_SEED=$((round * 77)) TIX_PREFIX=$work/prefix "$lane/run.sh" 7 3000 \
            >"$work/$1.log" 2>&1 || status=$?
        if ((status)); then
            grep -q '^law ' "$work/$1.log" || {
                show_tail "$work/$1.log"
                die "the run broke down with the planted bug $1 instead of being judged"
            }
            return 0
        fi
    done
    return 1
}

# plant NAME FILE OLD NEW [FILE OLD NEW…]: builds the bug and expects a law to be broken.
plant() {
    local name=$1
    shift
    if [[ $only != "  " && $only != *" $name "* ]]; then return; fi
    restore
    while (($#)); do
        changed+=("$1")
        replace "$work/extension/src/$1" "$2" "$3"
        shift 3
    done
    build_planted "$name" "$work" "$work/$name.log"
    if hunt "$name"; then
        say "found   $name: $(grep -m 1 '^law ' "$work/$name.log")"
        found=$((found + 1))
    else
        say "MISSED  $name"
        missed=$((missed + 1))
    fi
}

changed=()
mkdir "$work/prefix"
cp -a "$prefix/usr" "$work/prefix/"
cp -a "$root/extension" "$work/extension"

plant owner_not_compared \
    core/engine.cpp " h->owner != owner ||" ""
plant token_not_compared \
    core/lock.cpp "call.into == h.lock_id" "true"
plant sweeper_frees_confirming \
    core/hold.hpp "return h.state != SeatState::confirming && " "return "
plant rebuild_skips_an_area \
    pg/loader.cpp "const TableHold& h = t.hold[i];" \
    "const TableHold& h = t.hold[i]; if (b.area_of(h.seat[0]).first_seat == 0) continue;"
plant generation_not_raised \
    pg/loader.cpp "THEN 1 ELSE" "THEN 0 ELSE" \
    pg/loader.cpp "max(lock_id) >> 47, 0) + 1" "max(lock_id) >> 47, 0) + 0"
plant grant_not_undone \
    core/xact.cpp "hold_end(arena, *h, SeatState::free,
                     (h->flags & kListed) != 0 ? list_until(*b, now, now) : 0);
            return nullptr;" "return h;"
plant commit_ignores_deadline \
    core/xact.cpp "if (h != nullptr && !hold_overdue(*h, now)) continue;" "continue;"
plant gate_opens_before_restore \
    pg/loader.cpp "restore_holds(*b, t);
        judge_by(*b, rules);
        publish(room);" "judge_by(*b, rules);
        publish(room);
        pg_usleep(20000);
        restore_holds(*b, t);"
plant partial_release_frees_all \
    core/engine.cpp "if (n_wanted == 0)" "if (n_wanted < kNoSeat)"
plant expires_one_second_early \
    core/hold.hpp "h.deadline <= now" "h.deadline - 1000000 <= now"
plant extension_not_journalled \
    pg/token_functions.cpp "journal_write(journal_row('e'," \
    "if (false) journal_write(journal_row('e',"
plant release_not_journalled \
    pg/token_functions.cpp "if (list.n > 0) journal_release" "if (false) journal_release"
plant guard_ignores_held \
    core/lock.cpp "LockCall call{&b, &seat, 1, owner, 0, generation, 0};" \
    "if (slot.state == SeatState::held) hold_drop_seat(a.arena, b.hold(slot.head), seat,
        SeatState::free);
    LockCall call{&b, &seat, 1, owner, 0, generation, 0};"
plant release_at_statement \
    core/lock.cpp "case SeatState::held:
        case SeatState::blocked:
            return" "case SeatState::held:
        case SeatState::blocked:
            if (pending_release(slot)) {
                hold_drop_seat(a.arena, call.block->hold(slot.head), seat, SeatState::free);
                s->available++;
                return Reason::none;
            }
            return"
plant release_not_undone \
    core/xact.cpp "kPendingRelease, e.op == Op::unrelease" "kPendingRelease, true"
plant extension_not_undone \
    core/xact.cpp "hold_set_deadline(arena, *h, e.value);" ""
plant rebuild_forgets_tickets \
    pg/tables.cpp "d->sold.add() = r.flag(kSold);" "d->sold.add() = false;"
plant rebuild_starts_clocks_anew \
    pg/live_holds.cpp "h->spec.deadline = e.expires_at - r.wall_offset;" \
    "h->spec.deadline = r.now + (e.expires_at - e.at);"
((missed == 0)) || die "$missed planted bugs were not found"
say "$found planted bugs found"
