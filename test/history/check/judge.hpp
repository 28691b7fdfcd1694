// The verdict on a run: every law that its history breaks.
#pragma once

#include "check/replay.hpp"

namespace tix::history {

struct Verdict {
    std::vector<Finding> findings;
    std::size_t statements = 0;
    std::size_t unanswered = 0;
    std::size_t grants = 0;
    std::size_t sales = 0;
    std::size_t seats = 0;
};

Verdict judge(const History& history);
// The finding's operations and the kills among them, by time, from zero.
std::string show(const Finding& finding, const History& history);

}  // namespace tix::history
