// Reading the journal: the rows of holds whose deadline is still to come, and nothing else.
//
// By the index (session_id, expires_at) and without the planner, so that no statistics can make it
// read the rest. Rows without a deadline (sales without a hold, frees) are at the end of a
// session's range, where a comparison never arrives.

#include "journal.hpp"

namespace tix::pg {

namespace {

struct Reader {
    Relation journal, index;
    Snapshot snapshot;
    TupleTableSlot* slot;

    static Reader open(AsOf as_of) {
        Reader r = {};
        r.journal = open_journal(AccessShareLock);
        r.index = index_open(journal_index(r.journal), AccessShareLock);
        r.snapshot =
            RegisterSnapshot(as_of == AsOf::now ? GetLatestSnapshot() : GetActiveSnapshot());
        r.slot = table_slot_create(r.journal, nullptr);
        return r;
    }
    void close() const {
        ExecDropSingleTupleTableSlot(slot);
        UnregisterSnapshot(snapshot);
        index_close(index, AccessShareLock);
        table_close(journal, AccessShareLock);
    }
    IndexScanDesc scan(ScanKeyData* keys, int n) const {
        const IndexScanDesc scan = index_beginscan(journal, index, snapshot,
#if PG_VERSION_NUM >= 180000
                                                   nullptr,
#endif
                                                   n, 0);
        index_rescan(scan, keys, n, nullptr, 0);
        return scan;
    }
    IndexScanDesc scan_live(const Uuid& session, TimestampTz after) const {
        ScanKeyData key[2];
        ScanKeyInit(&key[0], 1, BTEqualStrategyNumber, F_UUID_EQ, uuid_datum(session));
        ScanKeyInit(&key[1], 2, BTGreaterStrategyNumber, F_TIMESTAMPTZ_GT,
                    TimestampTzGetDatum(after));
        return scan(key, 2);
    }
    // The next row in the order of the index; it is in `slot`.
    bool next(IndexScanDesc scan) const {
        return index_getnext_slot(scan, ForwardScanDirection, slot);
    }
    Datum column(int n, bool* null) const {
        return slot_getattr(slot, n, null);
    }

    bool next_session(const Uuid* last, Uuid* session) const {
        ScanKeyData key;
        if (last != nullptr)
            ScanKeyInit(&key, 1, BTGreaterStrategyNumber, F_UUID_GT, uuid_datum(*last));
        const IndexScanDesc rows = scan(&key, last != nullptr ? 1 : 0);
        bool null;
        const bool found = next(rows);
        if (found) *session = uuid_arg(column(kSession, &null));
        index_endscan(rows);
        return found;
    }
    bool has_live(const Uuid& session, TimestampTz after) const {
        const IndexScanDesc rows = scan_live(session, after);
        const bool found = next(rows);
        index_endscan(rows);
        return found;
    }
    TimestampTz time(int n) const {
        bool null;
        const Datum d = column(n, &null);
        return null ? 0 : DatumGetTimestampTz(d);
    }
    JournalEntry entry() const {
        JournalEntry e = {};
        bool null;
        e.lock_id = static_cast<u64>(DatumGetInt64(column(kLockId, &null)));
        e.version = static_cast<u16>(DatumGetInt32(column(kVersion, &null)));
        e.kind = DatumGetChar(column(kKind, &null));
        const Datum owner = column(kUser, &null);
        if (!null) e.owner = uuid_arg(owner);
        e.at = time(kAt);
        e.expires_at = time(kExpiresAt);
        e.acquired_at = time(kAcquiredAt);
        e.seats = DatumGetArrayTypeP(column(kSeats, &null));
        return e;
    }
};

}  // namespace

u32 journal_live_sessions(TimestampTz after, Uuid** sessions, AsOf as_of) {
    u32 n = 0, room = 16;
    *sessions = static_cast<Uuid*>(palloc(sizeof(Uuid) * room));
    const Reader reader = Reader::open(as_of);
    Uuid session;
    for (const Uuid* last = nullptr; reader.next_session(last, &session); last = &session) {
        CHECK_FOR_INTERRUPTS();
        if (!reader.has_live(session, after)) continue;
        if (n == room)
            *sessions = static_cast<Uuid*>(repalloc(*sessions, sizeof(Uuid) * (room *= 2)));
        (*sessions)[n++] = session;
    }
    reader.close();
    return n;
}

void journal_read(const Uuid& session, TimestampTz after,
                  void (*visit)(void* context, const JournalEntry& entry), void* context,
                  AsOf as_of) {
    const MemoryContext work =
        AllocSetContextCreate(CurrentMemoryContext, "tix journal row", ALLOCSET_DEFAULT_SIZES);
    const Reader reader = Reader::open(as_of);
    const IndexScanDesc rows = reader.scan_live(session, after);
    while (reader.next(rows)) {
        CHECK_FOR_INTERRUPTS();
        const MemoryContext old = MemoryContextSwitchTo(work);
        const JournalEntry e = reader.entry();
        MemoryContextSwitchTo(old);
        visit(context, e);
        MemoryContextReset(work);
    }
    index_endscan(rows);
    reader.close();
    MemoryContextDelete(work);
}

}  // namespace tix::pg
