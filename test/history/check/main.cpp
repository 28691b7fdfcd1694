// tix-history-check FOLDER [SLACK_MS]: judges the run that left its files there.
//
// SLACK_MS is how far a deadline may move over a restart, whose two clocks are read one after the
// other (default 150). Exit status: 0 sound, 1 a law is broken, 2 the files cannot be judged.
#include <cstdio>
#include <exception>

#include "check/judge.hpp"

namespace {

constexpr std::size_t kShownMax = 5;
constexpr tix::history::Micros kSlackMs = 150;

int run(const char* folder, tix::history::Micros slack_ms) {
    tix::history::History history = tix::history::read_history(folder);
    history.slack = slack_ms * 1000;
    const tix::history::Verdict verdict = tix::history::judge(history);
    std::printf(
        "%zu statements of %zu clients, %zu unanswered; %zu holds and %zu sales of %zu "
        "seats; %zu kills\n",
        verdict.statements, history.clients.size(), verdict.unanswered, verdict.grants,
        verdict.sales, verdict.seats, history.kills.size());
    for (std::size_t i = 0; i < verdict.findings.size() && i < kShownMax; i++)
        std::printf("%s", tix::history::show(verdict.findings[i], history).c_str());
    if (verdict.findings.size() > kShownMax)
        std::printf("... and %zu more\n", verdict.findings.size() - kShownMax);
    if (!verdict.findings.empty()) return 1;
    if (!history.finished) {
        std::printf("the run did not end: there are no final tables\n");
        return 2;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fprintf(stderr, "usage: tix-history-check FOLDER [SLACK_MS]\n");
        return 2;
    }
    try {
        return run(argv[1], argc == 3 ? std::stoll(argv[2]) : kSlackMs);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "tix-history-check: %s\n", e.what());
        return 2;
    }
}
