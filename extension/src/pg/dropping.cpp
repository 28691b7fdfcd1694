// DROP EXTENSION and DROP DATABASE: when the drop commits, memory forgets what it had of them.
//
// The hook only remembers what is being dropped: a drop may still fail or be rolled back.
// Failure. The commit callback cannot fail: it takes locks and frees memory of the arena.

#include "glue.hpp"

namespace tix::pg {

namespace {

object_access_hook_type next_hook = nullptr;
Oid dropped_extension = InvalidOid;
Oid dropped_database = InvalidOid;

void on_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void* arg) {
    if (next_hook) next_hook(access, class_id, object_id, sub_id, arg);
    if (access != OAT_DROP) return;
    if (class_id == DatabaseRelationId) dropped_database = object_id;
    if (class_id != ExtensionRelationId) return;
    const char* name = get_extension_name(object_id);
    if (name != nullptr && strcmp(name, "tix") == 0) dropped_extension = object_id;
}

void forget() {
    const PartitionSet all = all_partitions();
    LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
    lock_partitions(all, LW_EXCLUSIVE);
    if (OidIsValid(dropped_extension)) (void)forget_sessions(arena(), MyDatabaseId);
    if (OidIsValid(dropped_database)) forget_database(arena(), dropped_database);
    unlock_partitions(all);
    LWLockRelease(directory_lock());
    announce_changes();
}

void on_xact(XactEvent event, void*) {
    if (!OidIsValid(dropped_extension) && !OidIsValid(dropped_database)) return;
    switch (event) {
        case XACT_EVENT_PRE_COMMIT:
            // A savepoint may have brought it back.
            if (get_extension_oid("tix", true) == dropped_extension) dropped_extension = InvalidOid;
            return;
        case XACT_EVENT_PRE_PREPARE:
            if (OidIsValid(dropped_extension))
                ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                                errmsg("cannot PREPARE a transaction that drops extension tix")));
            return;
        case XACT_EVENT_COMMIT:
            forget();
            break;
        case XACT_EVENT_ABORT:
            break;
        default:
            return;
    }
    dropped_extension = InvalidOid;
    dropped_database = InvalidOid;
}

}  // namespace

void install_drop_hook() {
    next_hook = object_access_hook;
    object_access_hook = on_access;
    RegisterXactCallback(on_xact, nullptr);
}

}  // namespace tix::pg
