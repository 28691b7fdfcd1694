// Whom the waiting room let in: pairs of session and user, for one transaction.
//
// tix_pass_queue() adds a pair when the schema has checked an admission; the lock functions look
// here only for whether the caller is one of them, and the core judges that with the other rules.
// Memory. A fixed list of this process, forgotten when the transaction ends, and with a savepoint
// what was added in it: an admission that is rolled back admits nobody.

#include "glue.hpp"

namespace tix::pg {

namespace {

constexpr u32 kAdmittedMax = 64;

struct Admitted {
    Uuid session, owner;
    SubTransactionId since;
};

Admitted admitted[kAdmittedMax];
u32 n_admitted = 0;

void on_xact(XactEvent event, void*) {
    const bool ends =
        event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE;
    if (ends) n_admitted = 0;
}

void on_subxact(SubXactEvent event, SubTransactionId mine, SubTransactionId, void*) {
    if (event != SUBXACT_EVENT_ABORT_SUB) return;
    while (n_admitted > 0 && admitted[n_admitted - 1].since >= mine)
        n_admitted--;
}

}  // namespace

bool is_admitted(const Uuid& session, const Uuid& owner) {
    for (u32 i = 0; i < n_admitted; i++)
        if (admitted[i].session == session && admitted[i].owner == owner) return true;
    return false;
}

void install_admission_callbacks() {
    RegisterXactCallback(on_xact, nullptr);
    RegisterSubXactCallback(on_subxact, nullptr);
}

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_pass_queue) {
    require_writable("tix_pass_queue()");
    require_arguments(fcinfo, 2, "tix_pass_queue()");
    const Uuid session = uuid_arg(PG_GETARG_DATUM(0));
    const Uuid owner = uuid_arg(PG_GETARG_DATUM(1));
    if (is_admitted(session, owner)) PG_RETURN_VOID();
    if (n_admitted == kAdmittedMax)
        raise_detail(Error::limit_exceeded,
                     psprintf("{\"admissionsPerTransaction\":%u}", kAdmittedMax));
    admitted[n_admitted++] = {session, owner, GetCurrentSubTransactionId()};
    PG_RETURN_VOID();
}
