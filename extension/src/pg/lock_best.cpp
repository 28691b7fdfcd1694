// tix_lock_best: the best block of seats that is free.
//
// Locking. One area at a time: search and grant are one core call under its partition lock, so what
// was found is what is taken. A party over several areas is found and taken under all their locks.

#include "idempotency.hpp"
#include "lock_tidied.hpp"

namespace tix::pg {

namespace {

struct BestArgs {
    Uuid session, owner;
    u32 quantity, tier_max;
    TextList areas, categories;  // n = 0: any
    u32 accessible;
    LockTerms terms;
};

struct BestOutcome {
    HoldAnswer hold;
    u32 tier = 0;
};

// One search of a session. The caller has the directory lock.
struct Search {
    // The arrays are left as they are: `areas` says how much of them is in use.
    Search(const BestCall& c, const LockCall& l, Reason* r, const u64* wanted)
        : call(c), lock(l), reason(r), order(*c.block, wanted, c.random) {}

    const BestCall call;
    const LockCall lock;
    Reason* const reason;
    AreaOrder order;
    BestTotals totals;
    u32 areas = 0;  // of the order, those that have something
    u16 area[kAreasPerSessionMax];
    u8 next[kAreasPerSessionMax];  // the tier to ask area[i] for

    BestBlock take(u32 i, u32 tier, BestOutcome* out);
    bool take_anywhere(BestOutcome* out);
    BestOutcome run(u32 tier_max);
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

// Asks one area for this tier and takes what it finds.
BestBlock Search::take(u32 i, u32 tier, BestOutcome* out) {
    PartitionSet searched;
    searched.add(arena().partition_of(call.block->area(area[i]).home));
    BestBlock best;
    out->hold = with_tidied(searched, lock.owner, [&](const Access& a) {
        best = best_in_area(call, area[i], tier);
        TIX_POINT(best_found);
        return best.tier > 0 ? lock_seats(a, lock, reason) : HoldAnswer{};
    });
    out->tier = best.tier;
    next[i] = static_cast<u8>(best.next);
    return best;
}

// Tier 5 over the nearest areas that have enough together.
bool Search::take_anywhere(BestOutcome* out) {
    for (u32 n = 2, more = areas > 1; more; n *= 2) {
        more = n < areas;
        if (!more) n = areas;
        PartitionSet searched;
        for (u32 i = 0; i < n; i++)
            searched.add(arena().partition_of(call.block->area(area[i]).home));
        bool found = false;
        out->hold = with_tidied(searched, lock.owner, [&](const Access& a) {
            found = best_anywhere(call, area, n);
            return found ? lock_seats(a, lock, reason) : HoldAnswer{};
        });
        out->tier = kTierMax;
        if (found) return true;
    }
    return false;
}

// Worse tiers only when no area has a better one, and only of areas that may have it.
BestOutcome Search::run(u32 tier_max) {
    BestOutcome out;
    const u32 first = call.avoid_orphans || tier_max == 1 ? 1 : 2;
    for (u32 i = 0; i < order.size(); i++) {
        area[areas] = order[i];
        const BestBlock best = take(areas, first, &out);
        if (best.tier > 0) return out;
        totals.add(best.totals);
        areas += best.next > 0;
    }
    for (u32 tier = first + 1; tier <= tier_max; tier++)
        for (u32 i = 0; i < areas; i++)
            if (next[i] <= tier && take(i, tier, &out).tier > 0) return out;
    if (tier_max == kTierMax && take_anywhere(&out)) return out;
    out = {};
    out.hold.reason = best_refusal(call, totals);
    return out;
}

BestOutcome search(SessionBlock* block, const BestArgs& s, const SeatBuffers& buffer) {
    u64 areas[kAreasPerSessionMax / 64] = {};
    u64 categories[kCategoriesPerSessionMax / 64] = {};
    choose_areas(*block, s.areas, areas);
    choose_categories(*block, s.categories, categories);
    const Caller caller = caller_of(s.terms, s.session, s.owner);
    BestOutcome closed;
    closed.hold.reason = sale_closed(*block, caller);
    const bool presale = closed.hold.reason == Reason::not_on_sale && s.terms.channels.n > 0;
    if (closed.hold.reason != Reason::none && !presale) return closed;
    const BestCall call = {block,
                           s.quantity,
                           s.accessible,
                           s.terms.avoid_orphans,
                           s.categories.n > 0 ? categories : nullptr,
                           pg_prng_uint64(&pg_global_prng_state),
                           buffer.seat,
                           caller,
                           presale};
    LockCall lock = {block,       buffer.seat,           s.quantity, s.owner,
                     s.terms.ttl, database_generation(), 0};
    lock.caller = call.caller;
    Search search(call, lock, buffer.reason, areas);
    return search.run(s.tier_max);
}

Answer lock_best(const BestArgs& s) {
    const SeatBuffers buffer = seat_buffers(static_cast<int>(s.quantity));
    xact_log();
    SessionBlock* block = nullptr;
    const Found found = open_session(s.session, settings.load_wait_ms, &block);
    if (found == Found::failed) raise_load_failure(s.session);
    if (found != Found::ready) return refusal(not_open(found));
    block->last_used.store(session_asked_at(), std::memory_order_relaxed);
    const BestOutcome out = search(block, s, buffer);
    close_session();
    return chosen_seats(*block, out.hold, buffer.seat, s.quantity, out.tier);
}

KeyedRequest keyed(const BestArgs& s) {
    RequestHash hash('b');
    hash.add(s.session).add(i64{s.quantity}).add(i64{s.tier_max}).add(s.areas).add(s.categories);
    hash.add(i64{s.accessible}).add(s.terms);
    return {s.owner, s.terms.idempotency_key, hash.value()};
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
    const int32 quantity = quantity_arg(fcinfo, 1);
    const int32 tier_max = PG_ARGISNULL(7) ? static_cast<int>(kTierDefault) : PG_GETARG_INT32(7);
    const int32 accessible = PG_ARGISNULL(5) ? 0 : PG_GETARG_INT32(5);
    if (accessible < 0 || accessible > quantity)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("accessible must be between 0 and quantity")));
    if (tier_max < 1 || tier_max > static_cast<int>(kTierMax))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("max_tier must be between 1 and %u", kTierMax)));
    const BestArgs s = {uuid_arg(PG_GETARG_DATUM(0)),
                        uuid_arg(PG_GETARG_DATUM(2)),
                        static_cast<u32>(quantity),
                        static_cast<u32>(tier_max),
                        optional_list(fcinfo, 3, "areas", kAreasPerSessionMax),
                        optional_list(fcinfo, 4, "categories", kCategoriesPerSessionMax),
                        static_cast<u32>(accessible),
                        lock_terms(fcinfo, {8, 9, 6, 10})};
    if (quantity > settings.max_seats_per_lock)
        return answer_row(fcinfo, refusal(Reason::too_many));
    return answer_row(fcinfo, answer_once(s, [&] { return lock_best(s); }));
}
