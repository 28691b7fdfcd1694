// tix-buyers: sells a session out to simulated buyers and proves that it went well.
#include <signal.h>

#include <cstdio>
#include <memory>

#include "http/http_sale.hpp"
#include "options.hpp"
#include "picture.hpp"
#include "progress.hpp"
#include "proof.hpp"
#include "report.hpp"
#include "sql/sql_sale.hpp"
#include "timeline.hpp"

namespace {

using namespace tix::buyers;

volatile bool interrupted = false;

// No SA_RESTART: the signal also ends the wait of the loop.
void stop_on(int signal_number) {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = true; };
    sigaction(signal_number, &action, nullptr);
}

std::unique_ptr<Sale> begin(const Options& options) {
    if (options.over_http()) return std::make_unique<http::HttpSale>(options);
    return std::make_unique<sql::SqlSale>(options);
}

int sell(const Options& options) {
    const auto begun = begin(options);
    Sale& sale = *begun;
    std::printf("%s buyers at a time want %s seats\n", grouped(options.connections).c_str(),
                grouped(static_cast<long long>(sale.crowd().market.capacity())).c_str());
    Progress progress;
    Timeline timeline;
    const Ending ending = sale.run(interrupted, [&] {
        progress.show(sale);
        timeline.sample(sale);
    });
    const std::int64_t selling_ms = sale.elapsed_ms();
    timeline.finish(sale);
    progress.finish(sale);
    if (ending == Ending::kInterrupted) {
        std::printf("Interrupted: the buyers have left.\n");
        return 130;
    }
    const Proof proof = prove(sale);
    const Outcome outcome{sale, proof, faults(sale, proof, ending), selling_ms, options, timeline};
    print_report(outcome);
    if (!options.json_file.empty() && !write_json(outcome, options.json_file)) {
        std::fprintf(stderr, "tix-buyers: error: could not write \"%s\"\n",
                     options.json_file.c_str());
        return 1;
    }
    return outcome.faults.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    const int status = read_options(argc, argv, options);
    if (status >= 0) return status;
    stop_on(SIGINT);
    stop_on(SIGTERM);
    try {
        return sell(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "\ntix-buyers: error: %s\n", error.what());
        return interrupted ? 130 : 1;
    }
}
