// Where a test may stop the engine between two steps of one change; nothing in a release.
#pragma once

#ifdef TIX_POINTS

namespace tix::core {

enum class Step { group_half_held, ring_claimed, sale_half_kept, undo_half_done };

// Set by the glue; called with every lock of the change held.
inline void (*on_step)(Step) = nullptr;

}  // namespace tix::core

#define TIX_STEP(name) \
    if (::tix::core::on_step) ::tix::core::on_step(::tix::core::Step::name)

#else

#define TIX_STEP(name) static_cast<void>(0)

#endif
