// The line that shows how the sale goes: redrawn on a terminal, else printed every two seconds.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "sale.hpp"

namespace tix::buyers {

class Progress {
public:
    Progress();
    void show(const Sale& sale);
    // Shows the last state and leaves the line.
    void finish(const Sale& sale);

private:
    void draw(const Sale& sale) const;

    bool terminal_;
    std::int64_t next_ms_ = 0;
    std::deque<std::pair<std::int64_t, std::size_t>> past_;  // time and seats sold until then
};

}  // namespace tix::buyers
