// Idempotency keys: a repeated request is answered by the stored answer of the first.
//
// Key, effect and answer are rows of one transaction: they commit or roll back together.
// Locking. A transaction-level advisory lock for each key, only ever tried: whoever fails to get it
// and finds no stored answer says busy. Rolling back to a savepoint lets go of lock and row.
// Failure. The table is read and written as the engine, whatever the caller may do with it.

#include "idempotency.hpp"

namespace tix::pg {

namespace {

constexpr u16 kLockClass = 8;  // objsubid in pg_locks
// Columns of tix.idempotency_keys, from 1.
enum Column { kUser = 1, kKey, kRequest, kLockId, kExpiresAt, kSeats, kTier, kAt, kColumns = kAt };

LOCKTAG lock_tag(const KeyedRequest& r) {
    LOCKTAG tag;
    const u64 at = hash_text(r.key, mix64(r.owner.hi ^ mix64(r.owner.lo)));
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<uint32>(at >> 32), static_cast<uint32>(at),
                         kLockClass);
    return tag;
}

Relation open_keys(LOCKMODE mode) {
    const Oid schema = get_namespace_oid("tix", true);
    const Oid oid = OidIsValid(schema) ? get_relname_relid("idempotency_keys", schema) : InvalidOid;
    const Relation keys = OidIsValid(oid) ? table_open(oid, mode) : nullptr;
    if (keys == nullptr || RelationGetDescr(keys)->natts != kColumns ||
        !OidIsValid(RelationGetReplicaIndex(keys)))
        ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                        errmsg("tix.idempotency_keys cannot be used"),
                        errhint("Restore the table as extension tix creates it.")));
    return keys;
}

Datum key_text(const KeyedRequest& r) {
    return PointerGetDatum(cstring_to_text_with_len(r.key.data, static_cast<int>(r.key.size)));
}

// The stored answer, copied; false when the row is of another request.
bool read_answer(HeapTuple row, TupleDesc desc, i64 hash, Answer* out) {
    bool null;
    if (DatumGetInt64(heap_getattr(row, kRequest, desc, &null)) != hash) return false;
    out->lock_id = static_cast<u64>(DatumGetInt64(heap_getattr(row, kLockId, desc, &null)));
    out->expires_at = DatumGetTimestampTz(heap_getattr(row, kExpiresAt, desc, &null));
    const Datum seats = heap_getattr(row, kSeats, desc, &null);
    out->seats = PointerGetDatum(DatumGetArrayTypePCopy(seats));
    const Datum tier = heap_getattr(row, kTier, desc, &null);
    out->tier = null ? 0 : DatumGetInt16(tier);
    return true;
}

// What is stored under the key, by now: also by this very statement.
KeyState look_up(const KeyedRequest& r, Answer* stored) {
    const Relation keys = open_keys(AccessShareLock);
    ScanKeyData key[2];
    ScanKeyInit(&key[0], kUser, BTEqualStrategyNumber, F_UUID_EQ, uuid_datum(r.owner));
    ScanKeyInit(&key[1], kKey, BTEqualStrategyNumber, F_TEXTEQ, key_text(r));
    const SysScanDesc scan =
        systable_beginscan(keys, RelationGetReplicaIndex(keys), true, SnapshotSelf, 2, key);
    const HeapTuple row = systable_getnext(scan);
    KeyState state = KeyState::fresh;
    if (HeapTupleIsValid(row))
        state = read_answer(row, RelationGetDescr(keys), r.hash, stored) ? KeyState::stored
                                                                         : KeyState::conflict;
    systable_endscan(scan);
    table_close(keys, AccessShareLock);
    return state;
}

}  // namespace

KeyState key_claim(const KeyedRequest& request, Answer* stored) {
    const LOCKTAG tag = lock_tag(request);
    const bool mine = LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
    const KeyState state = look_up(request, stored);
    if (state != KeyState::fresh && mine) key_drop(request);
    return state == KeyState::fresh && !mine ? KeyState::busy : state;
}

void key_drop(const KeyedRequest& request) {
    const LOCKTAG tag = lock_tag(request);
    LockRelease(&tag, ExclusiveLock, false);
}

Answer raise_key_conflict() {
    raise(Error::idempotency_conflict);
}

void key_keep(const KeyedRequest& r, const Answer& a) {
    Datum values[kColumns];
    bool nulls[kColumns] = {};
    values[kUser - 1] = uuid_datum(r.owner);
    values[kKey - 1] = key_text(r);
    values[kRequest - 1] = Int64GetDatum(r.hash);
    values[kLockId - 1] = Int64GetDatum(static_cast<int64>(a.lock_id));
    values[kExpiresAt - 1] = TimestampTzGetDatum(wall_time(a.deadline));
    values[kSeats - 1] = a.seats;
    values[kTier - 1] = Int16GetDatum(static_cast<int16>(a.tier));
    values[kAt - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
    nulls[kTier - 1] = a.tier == 0;
    const Relation keys = open_keys(RowExclusiveLock);
    CatalogTupleInsert(keys, heap_form_tuple(RelationGetDescr(keys), values, nulls));
    table_close(keys, NoLock);
}

}  // namespace tix::pg
