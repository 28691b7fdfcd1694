// The engine's side of what an organiser does to a session: blocks, channels, rules, force release.
//
// The SQL functions of the extension write the tables first and then call these, in one
// transaction. Locking. The session's advisory lock shared, until the transaction ends: a load
// either sees the rows or finds the change in memory.

#include "lock_answer.hpp"

namespace tix::pg {

namespace {

// The seats a call names, found in a loaded session. The directory lock is held shared.
struct NamedSeats {
    SessionBlock* block;
    TextList list;
    u32 n;
    Ordinal* seat;
    Reason* reason;
    Ordinal* out;
    u32 n_out;
    PartitionSet set;
};

[[noreturn]] void raise_unknown_seat(const Text& label) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("seat \"%.*s\" is unknown in this session", static_cast<int>(label.size),
                           label.data)));
    pg_unreachable();
}

NamedSeats open_named_seats(FunctionCallInfo fcinfo, int arg) {
    NamedSeats s = {};
    s.list = text_list_arg(fcinfo, arg, "seat_ids", settings.max_xact_changes);
    if (s.list.text == nullptr) raise_log_full();
    s.seat = static_cast<Ordinal*>(palloc(sizeof(Ordinal) * s.list.n));
    s.out = static_cast<Ordinal*>(palloc(sizeof(Ordinal) * s.list.n));
    s.reason = static_cast<Reason*>(palloc0(sizeof(Reason) * s.list.n));
    s.block = enter_session(uuid_arg(PG_GETARG_DATUM(0)));
    for (int i = 0; i < s.list.n; i++) {
        s.seat[i] = session_find(*s.block, s.list.text[i]);
        if (s.seat[i] == kNoSeat) {
            close_session();
            raise_unknown_seat(s.list.text[i]);
        }
        s.set.add(seat_partition(arena(), *s.block, s.seat[i]));
    }
    s.n = static_cast<u32>(s.list.n);
    return s;
}

// The transaction's log pins the block: labels stay where they are.
Datum put_labels(FunctionCallInfo fcinfo, const NamedSeats& s) {
    ReturnSetInfo* rows = begin_rows(fcinfo);
    for (u32 i = 0; i < s.n_out; i++) {
        const Text label = s.block->label(s.out[i]);
        Datum value = PointerGetDatum(cstring_to_text_with_len(label.data, label.size));
        bool null = false;
        put_row(rows, &value, &null);
    }
    return Datum(0);
}

void require_applied(const HoldAnswer& h, const NamedSeats& s) {
    if (h.status == Status::log_full) raise_log_full();
    if (h.status == Status::ok) return;
    u32 i = 0;
    while (i + 1 < s.n && s.reason[i] == Reason::none)
        i++;
    raise_seat_unavailable(s.list.text[i],
                           reason_name(h.status == Status::busy ? Reason::busy : s.reason[i]));
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_apply_block) {
    require_writable("tix_block_seats()");
    require_arguments(fcinfo, 3, "tix_block_seats()");
    NamedSeats s = open_named_seats(fcinfo, 1);
    const Micros deadline = arena_deadline(PG_GETARG_TIMESTAMPTZ(2));
    const HoldAnswer h = with_partitions(s.set, [&](const Access& a) {
        return block_seats(a, *s.block, s.seat, s.n, deadline, database_generation(), s.reason,
                           s.out, &s.n_out);
    });
    close_session();
    require_applied(h, s);
    announce_changes();
    return put_labels(fcinfo, s);
}

TIX_FUNCTION(tix_apply_unblock) {
    require_writable("tix_unblock_seats()");
    require_arguments(fcinfo, 2, "tix_unblock_seats()");
    NamedSeats s = open_named_seats(fcinfo, 1);
    const HoldAnswer h = with_partitions(s.set, [&](const Access& a) {
        return unblock_seats(a, *s.block, s.seat, s.n, s.out, &s.n_out);
    });
    close_session();
    require_applied(h, s);
    return put_labels(fcinfo, s);
}

TIX_FUNCTION(tix_apply_release) {
    require_writable("tix_force_release()");
    require_arguments(fcinfo, 2, "tix_force_release()");
    NamedSeats s = open_named_seats(fcinfo, 1);
    auto* ended = static_cast<HoldAnswer*>(palloc(sizeof(HoldAnswer) * s.n));
    HoldAnswer h;
    for (u32 i = 0; i < s.n && h.status == Status::ok; i++) {
        PartitionSet one;
        one.add(seat_partition(arena(), *s.block, s.seat[i]));
        h = with_partitions(one,
                            [&](const Access& a) { return force_release(a, *s.block, s.seat[i]); });
        if (h.status != Status::ok) s.reason[i] = Reason::busy;
        if (h.status != Status::ok || h.lock_id == 0) continue;
        ended[s.n_out] = h;
        s.out[s.n_out++] = s.seat[i];
    }
    close_session();
    require_applied(h, s);
    for (u32 i = 0; i < s.n_out; i++)
        journal_release(ended[i], *s.block, s.out + i, 1);
    return put_labels(fcinfo, s);
}

TIX_FUNCTION(tix_apply_channel) {
    require_writable("tix_set_channel()");
    require_arguments(fcinfo, 5, "tix_set_channel()");
    text* key = PG_GETARG_TEXT_PP(1);
    const Text name = {VARDATA_ANY(key), static_cast<u32>(VARSIZE_ANY_EXHDR(key))};
    if (name.size == 0 || name.size > kChannelKeyBytesMax)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("key of a channel must have 1 to %u bytes", kChannelKeyBytesMax)));
    NamedSeats s = {};
    if (ARR_NDIM(PG_GETARG_ARRAYTYPE_P(2)) == 0)
        s.block = enter_session(uuid_arg(PG_GETARG_DATUM(0)));
    else
        s = open_named_seats(fcinfo, 2);
    const PartitionSet all = s.block->partitions;
    lock_partitions(all, LW_EXCLUSIVE);
    const Status done = set_channel(access_to(all), *s.block, name, PG_GETARG_TIMESTAMPTZ(3),
                                    PG_GETARG_TIMESTAMPTZ(4), s.seat, s.n);
    unlock_partitions(all);
    close_session();
    if (done == Status::log_full) raise_log_full();
    if (done == Status::no_memory)
        raise_detail(Error::limit_exceeded,
                     psprintf("{\"channelsPerSession\":%u}", kChannelsPerSessionMax));
    PG_RETURN_VOID();
}

namespace tix::pg {

namespace {

constexpr int kSessionLocksMax = 64;

// Until this transaction ends, nobody loads the session with the rules of before. The locks of one
// transaction are few: who writes the rules of many sessions, as a restore does, keeps all loads of
// the database waiting instead.
void keep_from_loading(const Uuid& session) {
    static LocalTransactionId counted_in = InvalidLocalTransactionId;
    static int counted = 0;
    const LocalTransactionId now = TIX_LOCAL_XID;
    counted = counted_in == now ? counted + 1 : 1;
    counted_in = now;
    if (counted <= kSessionLocksMax)
        advisory_lock(session, ShareLock);
    else
        advisory_lock(kEverySession, RowExclusiveLock);
}

// A block that is in memory stays there while the transaction lists the change.
bool set_rules_in_memory(const Uuid& session, const i64* value) {
    LWLockAcquire(directory_lock(), LW_SHARED);
    const DirEntry* e = directory_find(arena(), MyDatabaseId, session);
    const bool loaded = e != nullptr && e->state == DirState::ready;
    for (u32 i = 0; i < kRules && loaded; i++)
        (void)set_rule(access_to({}), *arena().ref<SessionBlock>(e->block), static_cast<Rule>(i),
                       value[i]);
    LWLockRelease(directory_lock());
    return loaded;
}

}  // namespace

}  // namespace tix::pg

// Rules of a session that is not in memory are read when it is loaded.
TIX_FUNCTION(tix_apply_rules) {
    // A dump restored without the engine: whoever loads the session later reads the table.
    if (shared == nullptr) PG_RETURN_VOID();
    require_writable("rules of a sale");
    require_arguments(fcinfo, 8, "tix_apply_rules()");
    const Uuid session = uuid_arg(PG_GETARG_DATUM(0));
    const i64 value[kRules] = {PG_GETARG_TIMESTAMPTZ(1),
                               PG_GETARG_TIMESTAMPTZ(2),
                               PG_GETARG_INT32(3),
                               PG_GETARG_INT32(4),
                               PG_GETARG_INT32(5),
                               PG_GETARG_BOOL(6),
                               PG_GETARG_INT32(7) * Micros{1000000},
                               arena_deadline(PG_GETARG_TIMESTAMPTZ(2))};
    if (!xact_log().room(kRules)) raise_log_full();
    if (set_rules_in_memory(session, value)) PG_RETURN_VOID();
    keep_from_loading(session);
    (void)set_rules_in_memory(session, value);
    PG_RETURN_VOID();
}
