// The end of the run: the figures for people, and the same as JSON.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "options.hpp"
#include "proof.hpp"
#include "sale.hpp"
#include "timeline.hpp"

namespace tix::buyers {

struct Outcome {
    const Sale& sale;
    const Proof& proof;
    std::vector<std::string> faults;
    std::int64_t selling_ms = 0;
    const Options& options;
    const Timeline& timeline;
};

// What became of the kills of one kind of victim.
struct Recovery {
    std::size_t kills = 0;
    std::size_t never_back = 0;
    std::int64_t median_ms = 0;  // of those that came back
    std::int64_t max_ms = 0;
    std::int64_t goal_ms = 0;
    std::size_t late = 0;  // came back after more than the goal
};

// By victim; empty when nothing was killed.
std::map<std::string, Recovery> recoveries(const std::vector<Incident>& incidents);

void print_report(const Outcome& outcome);
// Returns false when the file cannot be written.
bool write_json(const Outcome& outcome, const std::string& file);

}  // namespace tix::buyers
