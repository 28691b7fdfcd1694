// Draws the progress of the sale.
#include "progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "picture.hpp"

namespace tix::buyers {
namespace {

constexpr std::int64_t kRedrawMs = 200;
constexpr std::int64_t kLineMs = 2000;
constexpr std::int64_t kRateWindowMs = 3000;
constexpr int kBarCells = 20;
constexpr int kBarCellsMin = 6;
constexpr int kTextColumns = 74;
// A line that is too long for the terminal is cut there, or it could not be redrawn.
constexpr char kRedraw[] = "\r\033[?7l";
constexpr char kDrawn[] = "\033[K\033[?7h";

int bar_cells() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kBarCells;
    return std::clamp(size.ws_col - kTextColumns, kBarCellsMin, kBarCells);
}

}  // namespace

Progress::Progress() : terminal_(isatty(STDOUT_FILENO) == 1) {}

void Progress::show(const Sale& sale) {
    const std::int64_t now_ms = sale.elapsed_ms();
    if (now_ms < next_ms_) return;
    next_ms_ = now_ms + (terminal_ ? kRedrawMs : kLineMs);
    past_.emplace_back(now_ms, sale.crowd().market.count(Look::kSold));
    while (past_.size() > 2 && past_[1].first < now_ms - kRateWindowMs)
        past_.pop_front();
    draw(sale);
}

void Progress::finish(const Sale& sale) {
    next_ms_ = 0;
    show(sale);
    if (terminal_) std::printf("\n");
}

void Progress::draw(const Sale& sale) const {
    const Market& market = sale.crowd().market;
    const std::size_t sold = market.count(Look::kSold);
    const auto [since_ms, sold_then] = past_.front();
    const auto [now_ms, sold_now] = past_.back();
    const double rate = now_ms > since_ms ? 1000.0 * static_cast<double>(sold_now - sold_then) /
                                                static_cast<double>(now_ms - since_ms)
                                          : 0.0;
    std::string bar;
    const auto cells = static_cast<std::size_t>(bar_cells());
    for (std::size_t i = 0; i < cells; ++i)
        bar += i < sold * cells / market.capacity() ? "█" : "░";
    const auto refusals = static_cast<long long>(sale.crowd().statistics.refusals());
    std::printf("%s%s %5.1f %%  sold %s  held %s  free %s  %.0f/s  refused %s  %lld s%s",
                terminal_ ? kRedraw : "", bar.c_str(),
                100.0 * static_cast<double>(sold) / static_cast<double>(market.capacity()),
                grouped(static_cast<long long>(sold)).c_str(),
                grouped(static_cast<long long>(market.count(Look::kHeld))).c_str(),
                grouped(static_cast<long long>(market.count(Look::kFree))).c_str(), rate,
                grouped(refusals).c_str(), static_cast<long long>(now_ms / 1000),
                terminal_ ? kDrawn : "\n");
    std::fflush(stdout);
}

}  // namespace tix::buyers
