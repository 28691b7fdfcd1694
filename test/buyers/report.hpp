// The end of the run: the figures for people, and the same as JSON.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"
#include "proof.hpp"
#include "sale.hpp"

namespace tix::buyers {

struct Outcome {
    const Sale& sale;
    const Proof& proof;
    std::vector<std::string> faults;
    std::int64_t selling_ms = 0;
    const Options& options;
};

void print_report(const Outcome& outcome);
// Returns false when the file cannot be written.
bool write_json(const Outcome& outcome, const std::string& file);

}  // namespace tix::buyers
