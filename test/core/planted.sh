#!/usr/bin/env bash
# Plants bugs in copies of the core, one at a time, and shows that the tests find each.
#
# Needs the plain build of the tests; only the core is compiled again. A bug that cannot be planted
# because the code has changed is an error, as is one that no test finds.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
core=$here/../../extension/src/core
build=$here/../../.build/test/core
work=$build/planted

# name | file | what to do to it (sed)
bugs=(
    "no owner compare|engine.cpp|s/ h->owner != owner \|\|//"
    "expiry ignores the pin|hold.hpp|s/ \(h.flags & kPinned\) == 0 &&//"
    "sweeper frees confirming seats|hold.hpp|s/return h.state != SeatState::confirming && /return /"
    "overdue one microsecond late|hold.hpp|s/h.deadline <= now/h.deadline < now/"
    "release is not undone|xact.cpp|s/kPendingRelease, e.op == Op::unrelease/0, true/"
    "versions are not given again|xact.cpp|s/h->version = e.version;//"
    "what stays has no version|engine.cpp|s/if \(o != kNoSeat\) h.version\+\+;//"
    "raise is not undone|xact.cpp|s/hold_set_deadline\(arena, \*h, e.value\);//"
    "rollback skips a seat|hold.cpp|/^void hold_end/,/^}/s/while (\(o != kNoSeat\))/if \1/"
    "commit does not check the tokens|xact.cpp|s/h != nullptr && !hold_overdue\(\*h, now\)/true/"
    "counters are not decremented|hold.cpp|s/count\[static_cast<u32>\(s.state\)\]--;//"
    "tokens do not grow|engine.cpp|s/sequence.fetch_add\(1/sequence.fetch_add(0/"
    "a bucket loses its fraction|rate_limit.cpp|s/ \+ e.remainder;/;/"
    "a full table forgets busy keys|rate_limit.cpp|s/e.full\(now\) && \(best/(best/"
    "a bucket never refills|rate_limit.cpp|s/\(e.full\(now\)\) return 0/(e.full(0)) return 0/"
    "another's pending free is used|lock.cpp|s/ && slot.next == a.log->writer//"
    "viewers are not told|hold.cpp|s/ring_publish\(.*//"
    "lost changes are kept quiet|ring.cpp|s/raise_to\(h.ring_lost, seq\);//"
    "a limit is not judged|lock.cpp|s/if \(per_user > 0 &&/if (per_user < 0 \&\&/"
    "what was given back stays counted|xact.cpp|s/owner_unlink\(\*b, e.seat\);//"
    "a channel opens too early|rules.cpp|s/caller.wall < c.from/false/"
    "a token reaches a block|engine.cpp|s/ house \|\|//"
    "rules count at once|xact.cpp|s/if \(op == Op::rule\)/& b.rules[seat] = value; &/"
    "single seats left alone|best_strip.cpp|s/b.joined & \(lonely_left .*;/0;/"
    "a run ends at its word|best_strip.hpp|s/ \| word\(i \+ 1\) << \(64 - low\)//"
    "free seats are not noted|hold.cpp|s/note_state\(b, seat, state\);//"
    "an aisle does not part neighbours|best_rows.cpp|s/position == .*position \+ 1\)/position > 0)/"
    "rows across an aisle are adjacent|best_rows.cpp|s/kRowApart = 3.0f/kRowApart = 9.0f/"
    "worse rows are as good|best_strip.hpp|s/key >> kRankShift == .*kRankShift\)/key < ~u64{0})/"
    "anybody gets accessible places|best_strip.cpp|s/bits\[i\].free & .*;/bits[i].free;/"
    "somebody sits alone|best_pieces.cpp|s/seats < least_ \|\| //;s/if \(least_ == 2\)/if (false)/"
    "general admission gives held places|best_pieces.cpp|s/wanted\(bits\[word\].free & ~/wanted(~/"
    "overdue seats stay taken|best.cpp|s/Sweep sweep = wheel_sweep\(.*/Sweep sweep;/"
    "the orphan rule has no excuse|orphan.cpp|s/ && better_in_row\(c\)//"
    "orphans to the left are missed|orphan.cpp|s/if \(c.joined\(o\) && .* return o - 1;//"
    "a dropped extension leaves holds|forget.cpp|s/end_settled_holds\(arena, \*arena.*//"
    "a waiting room lets everybody in|rules.cpp|s/ && !caller.admitted/ \&\& false/"
    "what lapses is anybody's|hold.cpp|s/listed = lapses_to_list\(.*\);/listed = false;/"
    "nobody must have looked|lock.cpp|s/overdue \? lapses_to_list\(.*\) :/overdue ? false :/"
    "what is released is anybody's|xact.cpp|s/(blocked \? 0 :) list_until\(.*now\)/\1 0/"
    "seats are kept beyond the sale|hold.cpp|s/since \+ grace < end \? (.*) : end/\1/"
    "an offer undone is anybody's|xact.cpp|s/\(h->flags & kListed\) != 0 \?/false ?/"
    "losers are counted twice|lock.cpp|s/note_call\(a, partition, Latency::lost\);/& &/"
)

# suite FOLDER: runs the tests built there; what they say goes to FOLDER/log.
suite() {
    TIX_MODEL_STEPS=20000 timeout 60 "$1/core_test" --gtest_filter=-Threads.* --gtest_brief=1 \
        >"$1/log" 2>&1
}

# finders LOG: the first test that failed, and how many more did.
finders() {
    sed -n 's/^\[  FAILED  \] \([A-Za-z]*\.[a-z_0-9]*\) (.*/\1/p' "$1" | awk '
        NR == 1 { printf "%s", $1 }
        END { if (NR > 1) printf " and %d more", NR - 1; if (NR == 0) printf "a crash" }'
}

# plant INDEX: a copy of the core with the bug, tested; prints one line.
plant() {
    local name file edit copy=$work/$1
    IFS='|' read -r name file edit <<<"${bugs[$1]//\\|/$'\x01'}"
    edit=${edit//$'\x01'/\\|}
    rm -rf "$copy"
    mkdir -p "$copy/core"
    cp "$core"/*.{hpp,cpp,def} "$copy/core/"
    sed -E -i "$edit" "$copy/core/$file"
    if cmp -s "$core/$file" "$copy/core/$file"; then
        printf 'FAILED  %-34s cannot be planted in %s\n' "$name" "$file"
        return 1
    fi
    if ! make -s -C "$here" FLAVOUR=planted CORE="$copy/core" OUT="$copy" \
        TESTED="$build/plain" >"$copy/log" 2>&1; then
        printf 'FAILED  %-34s does not compile\n' "$name"
        return 1
    fi
    if suite "$copy"; then
        printf 'FAILED  %-34s no test found it\n' "$name"
        return 1
    fi
    printf 'found   %-34s by %s\n' "$name" "$(finders "$copy/log")"
}

if (($#)); then
    plant "$1"
    exit
fi
mkdir -p "$work"
if ! suite "$build/plain"; then
    printf 'FAILED  the tests fail without a planted bug\n'
    exit 1
fi
status=0
printf '%s\n' "${!bugs[@]}" | xargs -P 2 -n 1 "${BASH_SOURCE[0]}" || status=1
((status == 0)) || exit 1
printf '%d planted bugs found\n' "${#bugs[@]}"
