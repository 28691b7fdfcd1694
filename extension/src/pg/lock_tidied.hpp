// What the searches for free seats share: looking under the locks of the areas, tidied before.
#pragma once

#include "lock_answer.hpp"

namespace tix::pg {

// Runs a search and what it takes under the locks of the areas `searched` and of the owner, once
// every overdue hold in them is ended. One that reaches elsewhere – at least to its owner's
// partition – is ended by itself under its own locks, so that a search never collects the locks of
// everybody whose time is over.
template <class Call>
HoldAnswer with_tidied(const PartitionSet& searched, const Uuid& owner, Call call) {
    PartitionSet set = searched;
    set.add(owner_partition(arena(), owner));
    for (;;) {
        HoldAnswer stuck;
        const HoldAnswer answer = with_partitions(set, [&](const Access& a) {
            stuck = free_overdue(a, searched);
            return stuck.status == Status::ok ? call(a) : HoldAnswer{};
        });
        if (stuck.status == Status::ok) return answer;
        lock_partitions(stuck.need, LW_EXCLUSIVE);
        hold_expire(arena(), stuck.lock_id, arena_now(), stuck.need);
        unlock_partitions(stuck.need);
    }
}

}  // namespace tix::pg
