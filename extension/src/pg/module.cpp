// The library's entry: settings, shared memory, workers and callbacks.

#include "loader.hpp"
#include "rate_limit.hpp"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    using namespace tix::pg;
    // Loaded by a call, not by shared_preload_libraries: calls answer TX012.
    if (!process_shared_preload_libraries_in_progress) return;
    define_settings();
    install_shmem_hooks();
    install_rate_limits();
    install_drop_hook();  // its callback runs after the transaction's, which lets go of blocks
    install_xact_callbacks();
    install_admission_callbacks();
    install_journal_callbacks();
    install_version_callbacks();
    register_expiry_workers();
    install_points();
}
