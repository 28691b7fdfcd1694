// Whether the SQL of the extension and this library are of one version.
//
// Every script that installs or updates the extension makes functions, so what was found holds
// until a function changes. The library of a later version keeps the entry points of earlier SQL:
// ALTER EXTENSION UPDATE and pg_restore need them; called before the update, they say what to do.

#include "glue.hpp"

namespace tix::pg {

bool version_known = false;

namespace {

void forget(Datum, int, uint32) {
    version_known = false;
}

// The version of extension tix in this database; null when its functions are there without it.
const char* installed_version() {
    const Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
                CStringGetDatum("tix"));
    const SysScanDesc scan =
        systable_beginscan(extensions, ExtensionNameIndexId, true, nullptr, 1, &key);
    const HeapTuple found = systable_getnext(scan);
    const char* version = nullptr;
    if (HeapTupleIsValid(found)) {
        bool null;
        const Datum value =
            heap_getattr(found, Anum_pg_extension_extversion, RelationGetDescr(extensions), &null);
        if (!null) version = TextDatumGetCString(value);
    }
    systable_endscan(scan);
    table_close(extensions, AccessShareLock);
    return version;
}

}  // namespace

void look_up_version() {
    const char* installed = installed_version();
    if (installed != nullptr && strcmp(installed, TIX_VERSION) != 0)
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                 errmsg("extension tix is of version %s, its library of version " TIX_VERSION,
                        installed),
                 errhint("Run ALTER EXTENSION tix UPDATE; if that is done, restart the server so "
                         "that it loads the library of the same version.")));
    version_known = true;
}

void install_version_callbacks() {
    CacheRegisterSyscacheCallback(PROCOID, forget, Datum(0));
}

}  // namespace tix::pg
