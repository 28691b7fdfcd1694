// The answer row of the lock functions, and the small checks they share.

#include "lock_answer.hpp"

namespace tix::pg {

namespace {

TextList channels_arg(FunctionCallInfo fcinfo, int arg) {
    if (PG_ARGISNULL(arg) || ARR_NDIM(PG_GETARG_ARRAYTYPE_P(arg)) == 0) return {nullptr, 0};
    const TextList keys = text_list_arg(fcinfo, arg, "channels", kChannelsPerSessionMax);
    if (keys.text == nullptr)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("channels has %d elements, at most %u are possible", keys.n,
                               kChannelsPerSessionMax)));
    return keys;
}

bool orphans_arg(FunctionCallInfo fcinfo, int arg) {
    const char* word = PG_ARGISNULL(arg) ? "NULL" : text_to_cstring(PG_GETARG_TEXT_PP(arg));
    if (strcmp(word, "avoid") == 0) return true;
    if (strcmp(word, "allow") != 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("orphans must be \"allow\" or \"avoid\", not \"%s\"", word)));
    return false;
}

Text key_arg(FunctionCallInfo fcinfo, int arg) {
    if (PG_ARGISNULL(arg)) return {nullptr, 0};
    text* key = PG_GETARG_TEXT_PP(arg);
    const Text t = {VARDATA_ANY(key), static_cast<u32>(VARSIZE_ANY_EXHDR(key))};
    if (t.size == 0 || t.size > kIdempotencyKeyBytesMax)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("idempotency_key must have 1 to %u bytes", kIdempotencyKeyBytesMax)));
    return t;
}

}  // namespace

void answer_values(const Answer& a, TimestampTz epoch, Datum* values, bool* nulls) {
    const bool ok = a.reason == Reason::none;
    values[0] = BoolGetDatum(ok);
    values[1] = ok ? Datum(0) : CStringGetTextDatum(reason_name(a.reason));
    values[2] = Int64GetDatum(static_cast<int64>(a.lock_id));
    values[3] = TimestampTzGetDatum(a.expires_at != 0 ? a.expires_at : epoch + a.deadline);
    values[4] = a.seats;
    values[5] = JsonbPGetDatum(a.conflicts);
    values[6] = Int16GetDatum(static_cast<int16>(a.tier));
    nulls[0] = false;
    nulls[1] = ok;
    nulls[2] = a.lock_id == 0;
    nulls[3] = a.deadline == 0 && a.expires_at == 0;
    nulls[4] = a.seats == 0;
    nulls[5] = a.conflicts == nullptr;
    nulls[6] = a.tier == 0;
}

Datum answer_row(FunctionCallInfo fcinfo, const Answer& a) {
    Datum values[kAnswerColumns];
    bool nulls[kAnswerColumns];
    answer_values(a, a.deadline ? wall_time(0) : 0, values, nulls);
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

Micros capped_ttl(Micros ttl) {
    const Micros cap = static_cast<Micros>(settings.lock_lifetime_max_s) * 1000000;
    return ttl < cap ? ttl : cap;
}

LockTerms standard_terms() {
    const Micros ttl = static_cast<Micros>(settings.lock_ttl_s) * 1000000;
    return {capped_ttl(ttl), 0, {nullptr, 0}, false, {nullptr, 0}};
}

int32 quantity_arg(FunctionCallInfo fcinfo, int arg) {
    const int32 quantity = PG_GETARG_INT32(arg);
    if (quantity < 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("quantity must be greater than zero")));
    return quantity;
}

LockTerms lock_terms(FunctionCallInfo fcinfo, const LockArgs& args) {
    LockTerms terms = standard_terms();
    const Micros ttl = ttl_arg(fcinfo, args.ttl, settings.lock_ttl_s);
    terms.ttl = capped_ttl(ttl);
    if (!PG_ARGISNULL(args.ttl)) terms.ttl_asked = ttl;
    if (args.channels >= 0) terms.channels = channels_arg(fcinfo, args.channels);
    if (args.orphans >= 0) terms.avoid_orphans = orphans_arg(fcinfo, args.orphans);
    if (args.idempotency_key >= 0) terms.idempotency_key = key_arg(fcinfo, args.idempotency_key);
    return terms;
}

PartitionSet home_of(u64 lock_id, const Uuid& owner) {
    PartitionSet set;
    set.add(arena().partition_of(Token::home(lock_id)));
    set.add(owner_partition(arena(), owner));
    return set;
}

void raise_log_full() {
    raise_detail(
        Error::limit_exceeded,
        psprintf("{\"setting\":\"tix.max_xact_changes\",\"value\":%d}", settings.max_xact_changes));
}

namespace {

// The seats of this transaction's own hold that it keeps. Its log pins the block.
struct OwnSeats {
    const SessionBlock* block;
    u32 n;
    Ordinal seat[kSeatsPerLockMax];
};

OwnSeats own_seats(const HoldAnswer& h) {
    OwnSeats own;
    const PartitionSet home = home_of(h.lock_id, h.owner);
    lock_partitions(home, LW_SHARED);
    const Access a = access_to(home);
    const Hold* hold = hold_find(a.arena, h.lock_id);
    own.n = hold == nullptr ? 0 : lock_seat_list(a, h.lock_id, own.seat);
    own.block = hold == nullptr ? nullptr : &hold_block(a.arena, *hold);
    unlock_partitions(home);
    return own;
}

Datum own_labels(const OwnSeats& own) {
    return PointerGetDatum(own.n == 0 ? text_array(nullptr, 0)
                                      : label_array(*own.block, own.seat, own.n));
}

}  // namespace

void journal_release(const HoldAnswer& h, const SessionBlock& block, const Ordinal* seat, u32 n) {
    const OwnSeats stay = own_seats(h);
    JournalRow row[2] = {journal_row('r', h, PointerGetDatum(label_array(block, seat, n)))};
    if (stay.n > 0) {
        row[1] = journal_row('e', h, own_labels(stay));
        row[1].version++;
    }
    journal_write(row, stay.n > 0 ? 2 : 1);
}

JournalRow grant_row(const HoldAnswer& h, Datum seats) {
    const char kind = static_cast<char>(h.journal);
    return journal_row(kind, h, h.journal == Journal::add ? own_labels(own_seats(h)) : seats);
}

void journal_grant(const HoldAnswer& h, Datum seats) {
    if (h.journal == Journal::none) return;
    TIX_POINT(grant_unjournaled);
    journal_write(grant_row(h, seats));
}

Answer chosen_seats(const SessionBlock& block, const HoldAnswer& h, const Ordinal* seat, u32 n,
                    u32 tier) {
    if (h.status == Status::log_full) raise_log_full();
    announce_changes();  // a search frees overdue seats even if it finds nothing
    if (h.lock_id == 0) return refusal(h.reason);
    Answer a;
    a.lock_id = h.lock_id;
    a.deadline = h.deadline;
    a.tier = static_cast<int>(tier);
    a.seats = PointerGetDatum(label_array(block, seat, n));
    journal_grant(h, a.seats);
    return a;
}

}  // namespace tix::pg
