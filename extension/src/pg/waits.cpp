// The names under which pg_stat_activity shows what a process of tix waits for.

#include "glue.hpp"

namespace tix::pg {

#if PG_VERSION_NUM >= 170000
uint32 wait_event(Wait wait) {
    static const char* const names[] = {"TixChanges", "TixSessionLoad"};
    static uint32 known[lengthof(names)];
    uint32& event = known[static_cast<int>(wait)];
    if (event == 0) event = WaitEventExtensionNew(names[static_cast<int>(wait)]);
    return event;
}
#else
uint32 wait_event(Wait) {
    return PG_WAIT_EXTENSION;
}
#endif

}  // namespace tix::pg
