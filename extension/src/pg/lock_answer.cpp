// The answer row of the lock functions, and the small checks they share.

#include "lock_answer.hpp"

namespace tix::pg {

Datum answer_row(FunctionCallInfo fcinfo, const Answer& a) {
    Datum values[7] = {
        BoolGetDatum(a.reason == Reason::none),
        a.reason == Reason::none ? Datum(0) : CStringGetTextDatum(reason_name(a.reason)),
        Int64GetDatum(static_cast<int64>(a.lock_id)),
        a.deadline ? TimestampTzGetDatum(wall_time(a.deadline)) : Datum(0),
        a.seats,
        JsonbPGetDatum(a.conflicts),
        Int16GetDatum(static_cast<int16>(a.tier)),
    };
    bool nulls[7] = {false,        a.reason == Reason::none, a.lock_id == 0, a.deadline == 0,
                     a.seats == 0, a.conflicts == nullptr,   a.tier == 0};
    return HeapTupleGetDatum(heap_form_tuple(result_desc(fcinfo), values, nulls));
}

Answer refusal(Reason reason) {
    Answer a;
    a.reason = reason;
    return a;
}

Reason not_open(Found found) {
    return found == Found::unknown ? Reason::unknown_session : Reason::rebuilding;
}

Micros lock_ttl_arg(FunctionCallInfo fcinfo, int arg) {
    const Micros ttl = ttl_arg(fcinfo, arg, settings.lock_ttl_s);
    const Micros cap = static_cast<Micros>(settings.lock_lifetime_max_s) * 1000000;
    return ttl < cap ? ttl : cap;
}

PartitionSet home_of(u64 lock_id) {
    PartitionSet set;
    set.add(arena().partition_of(Token::home(lock_id)));
    return set;
}

void raise_log_full() {
    raise_detail(
        Error::limit_exceeded,
        psprintf("{\"setting\":\"tix.max_xact_changes\",\"value\":%d}", settings.max_xact_changes));
}

void journal_grant(const HoldAnswer& h, Datum seats) {
    if (h.journal == Journal::none) return;
    journal_write({static_cast<char>(h.journal), h.lock_id, h.session, h.owner, h.version,
                   h.deadline, nullptr, seats});
}

}  // namespace tix::pg
