// tix_lock_best: the best block of neighbouring seats that is free.
//
// Locking. One area at a time: search and grant are one core call under its partition lock, so what
// was found is what is taken.

#include "lock_answer.hpp"

namespace tix::pg {

namespace {

struct BestSearch {
    Uuid session, owner;
    u32 quantity, tier_max;
    TextList areas, categories;  // n = 0: any
    u32 accessible;
    LockTerms terms;
};

struct BestOutcome {
    HoldAnswer hold;
    u32 tier = 0;
    u32 free = 0, held = 0;
    Ordinal first = kNoSeat;
};

void choose_areas(SessionBlock& block, const TextList& wanted, u64* left) {
    if (wanted.n == 0)
        for (u32 i = 0; i < block.areas; i++)
            left[i >> 6] |= u64{1} << (i & 63);
    for (int i = 0; i < wanted.n; i++) {
        const int area = session_find_area(block, wanted.text[i]);
        if (area >= 0) left[area >> 6] |= u64{1} << (area & 63);
    }
}

void choose_categories(const SessionBlock& block, const TextList& wanted, u64* bits) {
    for (int i = 0; i < wanted.n; i++) {
        const int c = session_find_category(block, wanted.text[i]);
        if (c >= 0) bits[c >> 6] |= u64{1} << (c & 63);
    }
}

// Searches one area and takes the block it finds. The caller has the directory lock.
bool take_best_in_area(const BestSearch& s, const BestCall& call, u32 area, u32 tier_max,
                       Ordinal* seat, Reason* reason, BestOutcome* out) {
    PartitionSet set;
    set.add(arena().partition_of(call.block->area(area).home));
    set.add(owner_partition(arena(), s.owner));
    bool found = false;
    const u32 free = out->free, held = out->held;
    out->hold = with_partitions(set, [&](const Access& a) {
        const BestBlock best = best_in_area(a, call, area, tier_max);
        found = best.found;
        out->free = free + best.free;
        out->held = held + best.held;
        if (!best.found) return HoldAnswer{};
        out->tier = best.tier;
        out->first = best.first;
        for (u32 i = 0; i < s.quantity; i++)
            seat[i] = best.first + i;
        return lock_seats(a,
                          {call.block, seat, s.quantity, s.owner, s.terms.ttl,
                           database_generation(), 0, false, call.caller},
                          reason);
    });
    return found;
}

bool search_tier(const BestSearch& s, const BestCall& call, const u64* areas, u32 tier,
                 Ordinal* seat, Reason* reason, BestOutcome* out) {
    u64 left[kAreasPerSessionMax / 64];
    memcpy(left, areas, sizeof left);
    out->free = out->held = 0;
    for (;;) {
        const int area = best_next_area(*call.block, left, call.random);
        if (area < 0) return false;
        left[area >> 6] &= ~(u64{1} << (area & 63));
        if (take_best_in_area(s, call, static_cast<u32>(area), tier, seat, reason, out))
            return true;
    }
}

BestOutcome search(SessionBlock* block, const BestSearch& s, Ordinal* seat, Reason* reason) {
    u64 areas[kAreasPerSessionMax / 64] = {};
    u64 categories[kCategoriesPerSessionMax / 64] = {};
    choose_areas(*block, s.areas, areas);
    choose_categories(*block, s.categories, categories);
    const BestCall call = {block, s.quantity, s.categories.n > 0 ? categories : nullptr,
                           pg_prng_uint64(&pg_global_prng_state), caller_of(s.terms)};
    BestOutcome out;
    out.hold.reason = sale_closed(*block, call.caller);
    const bool presale = out.hold.reason == Reason::not_on_sale && s.terms.channels.n > 0;
    if (out.hold.reason != Reason::none && !presale) return out;
    for (u32 tier = 1; tier <= s.tier_max; tier++)
        if (search_tier(s, call, areas, tier, seat, reason, &out)) return out;
    out.hold.reason = out.free >= s.quantity              ? Reason::no_block
                      : out.free + out.held >= s.quantity ? Reason::held_out
                                                          : Reason::sold_out;
    return out;
}

Answer lock_best(const BestSearch& s) {
    const SeatBuffers buffer = seat_buffers(static_cast<int>(s.quantity));
    xact_log();
    SessionBlock* block = nullptr;
    const Found found = open_session(s.session, settings.load_wait_ms, &block);
    if (found == Found::failed) raise_load_failure(s.session);
    if (found != Found::ready) return refusal(not_open(found));
    block->last_used.store(arena_now(), std::memory_order_relaxed);
    const BestOutcome out = search(block, s, buffer.seat, buffer.reason);
    const bool granted = out.hold.status == Status::ok && out.hold.reason == Reason::none;
    close_session();
    if (out.hold.status == Status::log_full) raise_log_full();
    if (!granted) return refusal(out.hold.reason);
    announce_changes();
    Answer a;
    a.lock_id = out.hold.lock_id;
    a.deadline = out.hold.deadline;
    a.tier = static_cast<int>(out.tier);
    // The hold just made pins its block: the labels stay where they are.
    a.seats = PointerGetDatum(label_array(*block, buffer.seat, s.quantity));
    journal_grant(out.hold, a.seats);
    return a;
}

TextList optional_list(FunctionCallInfo fcinfo, int arg, const char* name, int n_max) {
    if (PG_ARGISNULL(arg)) return {nullptr, 0};
    const TextList list = text_list_arg(fcinfo, arg, name, n_max);
    if (list.text == nullptr)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("%s has %d elements, at most %d are possible", name, list.n, n_max)));
    return list;
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_lock_best) {
    require_writable("tix_lock_best()");
    require_arguments(fcinfo, 3, "tix_lock_best()");
    const int32 quantity = PG_GETARG_INT32(1);
    const int32 tier_max = PG_ARGISNULL(7) ? static_cast<int>(kTierMax) : PG_GETARG_INT32(7);
    const int32 accessible = PG_ARGISNULL(5) ? 0 : PG_GETARG_INT32(5);
    if (quantity < 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("quantity must be greater than zero")));
    if (accessible < 0 || accessible > quantity)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("accessible must be between 0 and quantity")));
    if (tier_max < 1 || tier_max > static_cast<int>(kTierMax))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("max_tier must be between 1 and %u", kTierMax)));
    const BestSearch s = {uuid_arg(PG_GETARG_DATUM(0)),
                          uuid_arg(PG_GETARG_DATUM(2)),
                          static_cast<u32>(quantity),
                          static_cast<u32>(tier_max),
                          optional_list(fcinfo, 3, "areas", kAreasPerSessionMax),
                          optional_list(fcinfo, 4, "categories", kCategoriesPerSessionMax),
                          static_cast<u32>(accessible),
                          lock_terms(fcinfo, {8, 9, 6, 10})};
    if (quantity > settings.max_seats_per_lock)
        return answer_row(fcinfo, refusal(Reason::too_many));
    return answer_row(fcinfo, lock_best(s));
}
