// The ticket guard: no row enters or leaves tix.tickets without the engine knowing.
//
// An INSERT needs the seat: confirming by this transaction, or free and then confirming. A DELETE,
// or a status that no longer occupies the seat, frees it at commit; another user_id makes it that
// user's. TRUNCATE is refused. Locking.
// The session is in memory first; then its advisory lock shared, until the transaction ends, so
// that no load reads tickets in between.

#include "glue.hpp"

namespace tix::pg {

namespace {

struct Ticket {
    bool occupies;
    Uuid session, user;
    const char* seat;
};

Datum uuid_column(HeapTuple t, TupleDesc desc, const char* name, bool* null) {
    const int n = SPI_fnumber(desc, name);
    *null = true;
    if (n > 0 && SPI_gettypeid(desc, n) != UUIDOID)
        ereport(ERROR,
                (errcode(ERRCODE_DATATYPE_MISMATCH),
                 errmsg("column \"%s\" of a table with the ticket guard must be uuid", name)));
    return n > 0 ? heap_getattr(t, n, desc, null) : Datum(0);
}

bool occupies(HeapTuple t, TupleDesc desc) {
    const int n = SPI_fnumber(desc, "status");
    if (n <= 0) return true;
    const char* status = SPI_getvalue(t, desc, n);
    return status != nullptr && (strcmp(status, "valid") == 0 || strcmp(status, "used") == 0);
}

Ticket read_ticket(HeapTuple t, TupleDesc desc) {
    Ticket ticket = {};
    ticket.occupies = occupies(t, desc);
    if (!ticket.occupies) return ticket;
    bool null;
    const Datum session = uuid_column(t, desc, "session_id", &null);
    const int seat = SPI_fnumber(desc, "seat_id");
    const char* label = seat > 0 ? SPI_getvalue(t, desc, seat) : nullptr;
    if (null || label == nullptr)
        ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
                        errmsg("a ticket needs session_id and seat_id")));
    ticket.session = uuid_arg(session);
    ticket.seat = label;
    const Datum user = uuid_column(t, desc, "user_id", &null);
    if (!null) ticket.user = uuid_arg(user);
    return ticket;
}

bool same_seat(const Ticket& a, const Ticket& b) {
    return a.session == b.session && strcmp(a.seat, b.seat) == 0;
}

[[noreturn]] void refuse(const Ticket& t, const char* reason) {
    raise_seat_unavailable({t.seat, static_cast<u32>(strlen(t.seat))}, reason);
}

void insert_ticket(const Ticket& t) {
    SessionBlock* b = enter_session(t.session);
    const Ordinal o = session_find(*b, {t.seat, static_cast<u32>(strlen(t.seat))});
    HoldAnswer h;
    PartitionSet set;
    if (o != kNoSeat) set.add(seat_partition(arena(), *b, o));
    while (o != kNoSeat) {
        lock_partitions(set, LW_EXCLUSIVE);
        h = ticket_insert(access_to(set), *b, o, t.user, database_generation());
        unlock_partitions(set);
        if (h.status != Status::need_partitions) break;
        set.merge(h.need);
    }
    close_session();
    if (o == kNoSeat) refuse(t, "unknown_seat");
    if (h.status == Status::log_full) raise(Error::limit_exceeded);
    if (h.status != Status::ok) refuse(t, reason_name(h.reason));
    note_confirming();
    if (h.journal == Journal::none) return;
    TIX_POINT(ticket_insert_unjournaled);
    const Text label = {t.seat, static_cast<u32>(strlen(t.seat))};
    journal_write({'s', h.lock_id, t.session, t.user, h.version, 0, 0, nullptr,
                   PointerGetDatum(text_array(&label, 1))});
}

void remove_ticket(const Ticket& t) {
    SessionBlock* b = nullptr;
    const Found found = open_session(t.session, settings.load_timeout_ms, &b);
    if (found == Found::ready) close_session();
    if (found == Found::unknown) return;  // its seats are gone: there is nothing to free
    b = enter_session(t.session);
    const Ordinal o = session_find(*b, {t.seat, static_cast<u32>(strlen(t.seat))});
    Status done = Status::ok;
    if (o != kNoSeat) {
        PartitionSet set;
        set.add(seat_partition(arena(), *b, o));
        lock_partitions(set, LW_EXCLUSIVE);
        done = ticket_remove(access_to(set), *b, o);
        unlock_partitions(set);
    }
    close_session();
    if (done == Status::log_full) raise(Error::limit_exceeded);
    if (done != Status::ok) refuse(t, "busy");
    if (o == kNoSeat) return;
    TIX_POINT(ticket_remove_unjournaled);
    const Text label = {t.seat, static_cast<u32>(strlen(t.seat))};
    journal_write(
        {'f', 0, t.session, {}, 0, 0, 0, nullptr, PointerGetDatum(text_array(&label, 1))});
}

void change_owner(const Ticket& t) {
    SessionBlock* b = enter_session(t.session);
    const Ordinal o = session_find(*b, {t.seat, static_cast<u32>(strlen(t.seat))});
    Status done = Status::ok;
    if (o != kNoSeat) {
        PartitionSet set;
        set.add(seat_partition(arena(), *b, o));
        lock_partitions(set, LW_EXCLUSIVE);
        done = ticket_owner(access_to(set), *b, o, t.user);
        unlock_partitions(set);
    }
    close_session();
    if (done == Status::log_full) raise(Error::limit_exceeded);
    const Text label = {t.seat, static_cast<u32>(strlen(t.seat))};
    if (o == kNoSeat) return;
    journal_write(
        {'s', 0, t.session, t.user, 0, 0, 0, nullptr, PointerGetDatum(text_array(&label, 1))});
}

}  // namespace

}  // namespace tix::pg

TIX_FUNCTION(tix_ticket_guard) {
    using namespace tix::pg;
    if (!CALLED_AS_TRIGGER(fcinfo)) elog(ERROR, "tix_ticket_guard() must be called as a trigger");
    require_writable("ticket changes");
    const auto* t = reinterpret_cast<TriggerData*>(fcinfo->context);
    const TupleDesc desc = RelationGetDescr(t->tg_relation);
    if (TRIGGER_FIRED_BY_TRUNCATE(t->tg_event))
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("cannot truncate \"%s\": tickets hold seats",
                               RelationGetRelationName(t->tg_relation)),
                        errhint("Use DELETE, which frees the seats.")));
    if (!TRIGGER_FIRED_FOR_ROW(t->tg_event) || TRIGGER_FIRED_BEFORE(t->tg_event))
        elog(ERROR, "tix_ticket_guard() must be fired after each row");
    Ticket before = {}, after = {};
    if (TRIGGER_FIRED_BY_INSERT(t->tg_event)) {
        after = read_ticket(t->tg_trigtuple, desc);
    } else {
        before = read_ticket(t->tg_trigtuple, desc);
        if (TRIGGER_FIRED_BY_UPDATE(t->tg_event)) after = read_ticket(t->tg_newtuple, desc);
    }
    if (before.occupies && after.occupies && same_seat(before, after)) {
        if (before.user != after.user) change_owner(after);
        return Datum(0);
    }
    if (before.occupies) remove_ticket(before);
    if (after.occupies) insert_ticket(after);
    return Datum(0);
}
