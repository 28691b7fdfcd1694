// What the buyers record of a sale over time, and that the file of figures holds it.
#include "timeline.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "report.hpp"

namespace tix::buyers {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSeats = 1000;
constexpr std::int64_t kTickMs = 100;

// A sale whose clock the test moves: a seat is sold at each tick, and one request is answered.
class FakeSale : public Sale {
public:
    FakeSale() {
        for (std::size_t i = 0; i < kSeats; ++i)
            crowd_.market.add({"seat", "area", "row", static_cast<float>(i % 40),
                               static_cast<float>(i / 40), Look::kFree, -1});
    }
    void go_to(std::int64_t ms) { began_ = Clock::now() - milliseconds(ms); }
    void tick(std::int64_t ms) {
        go_to(ms);
        crowd_.market.set(static_cast<std::size_t>(ms / kTickMs) % kSeats, Look::kSold, ms);
        crowd_.statistics.took(Step::kBest, std::chrono::microseconds(1000 + ms));
        ++crowd_.statistics.refused[ms % 1000 == 0 ? "held" : "sold"];
    }
    Ending run(const volatile bool&, const std::function<void()>&) override {
        return Ending::kSoldOut;
    }
    const Crowd& crowd() const override { return crowd_; }
    std::uint64_t resyncs() const override { return 0; }
    std::uint64_t unique_violations() const override { return 0; }
    std::vector<std::string> faults() const override { return {}; }
    const std::vector<Incident>& incidents() const override { return incidents_; }

    std::vector<Incident> incidents_;

private:
    Crowd crowd_;
};

Timeline watched(FakeSale& sale, std::int64_t until_ms) {
    Timeline timeline;
    for (std::int64_t ms = 0; ms < until_ms; ms += kTickMs) {
        sale.tick(ms);
        timeline.sample(sale);
    }
    timeline.finish(sale);
    return timeline;
}

std::uint64_t calls(const Timeline& timeline) {
    std::uint64_t sum = 0;
    for (const Timeline::Interval& interval : timeline.intervals())
        for (const auto& [step, histogram] : interval.steps)
            sum += histogram.count();
    return sum;
}

TEST(Timeline, TakesAPointEachQuarterOfASecondAndTheLast) {
    FakeSale sale;
    const Timeline timeline = watched(sale, 10000);
    const auto& points = timeline.points();
    EXPECT_GE(points.size(), 35U);
    EXPECT_LE(points.size(), 42U);
    EXPECT_EQ(points.back().sold, 100U);
    EXPECT_EQ(points.back().free, kSeats - 100);
    EXPECT_EQ(points.back().requests, 100U);
    EXPECT_EQ(points.back().refused.at("held"), 10U);
}

TEST(Timeline, StaysBoundedHoweverLongTheSale) {
    FakeSale sale;
    const Timeline timeline = watched(sale, 3600 * 1000);
    const auto& points = timeline.points();
    EXPECT_LE(points.size(), 601U);
    EXPECT_GE(points.size(), 200U);
    EXPECT_LE(timeline.intervals().size(), 120U);
    EXPECT_EQ(points.back().requests, 36000U);
    for (std::size_t i = 1; i < points.size(); ++i) {
        EXPECT_LE(points[i - 1].at_ms, points[i].at_ms);
        EXPECT_LE(points[i - 1].requests, points[i].requests);
    }
}

TEST(Timeline, IntervalsFollowEachOtherAndLoseNoCall) {
    for (const std::int64_t seconds : {1, 30, 119, 121, 500}) {
        FakeSale sale;
        const Timeline timeline = watched(sale, seconds * 1000);
        EXPECT_EQ(calls(timeline), static_cast<std::uint64_t>(seconds) * 10) << seconds;
        std::int64_t until_ms = 0;
        for (const Timeline::Interval& interval : timeline.intervals()) {
            EXPECT_EQ(interval.from_ms, until_ms);
            until_ms = interval.until_ms;
        }
    }
}

TEST(Timeline, AnIntervalKnowsOnlyItsOwnLatencies) {
    FakeSale sale;
    const Timeline timeline = watched(sale, 20000);
    for (const Timeline::Interval& interval : timeline.intervals()) {
        const auto found = interval.steps.find(Step::kBest);
        if (found == interval.steps.end()) continue;
        const auto p50_ms = static_cast<std::int64_t>(found->second.percentile_us(50)) - 1000;
        EXPECT_GE(p50_ms, interval.from_ms - kTickMs);
        EXPECT_LE(p50_ms, interval.until_ms * 104 / 100 + kTickMs);
    }
}

TEST(Recoveries, CountEachVictimAndWhoNeverCameBack) {
    const auto all = recoveries({{100, "gateway", 1, 200, 300},
                                 {200, "gateway", 2, 200, 100},
                                 {300, "gateway", 3, 200, 200},
                                 {400, "gateway", 4, 200, -1},
                                 {500, "edge", 5, 200, -1}});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all.at("gateway").kills, 4U);
    EXPECT_EQ(all.at("gateway").median_ms, 200);
    EXPECT_EQ(all.at("gateway").max_ms, 300);
    EXPECT_EQ(all.at("gateway").goal_ms, 200);
    EXPECT_EQ(all.at("gateway").late, 1U);
    EXPECT_EQ(all.at("gateway").never_back, 1U);
    EXPECT_EQ(all.at("edge").never_back, 1U);
    EXPECT_EQ(all.at("edge").max_ms, 0);
    EXPECT_TRUE(recoveries({}).empty());
}

TEST(Report, SaysWhatWasKilledAndWhereTheMoneyIs) {
    FakeSale sale;
    const Timeline timeline = watched(sale, 1000);
    sale.incidents_ = {{2000, "gateway", 11, 1000, 1300}, {5000, "postmaster", 12, 5000, -1}};
    Proof proof;
    proof.money_captured = 123456750;
    proof.money_of_completed = 123456000;
    proof.money_owed = 750;
    proof.currency = "UAH";
    const Options options;
    testing::internal::CaptureStdout();
    print_report({sale, proof, {}, 1000, options, timeline});
    const std::string report = testing::internal::GetCapturedStdout();
    for (const char* words : {"gateway                  1      1 300 ms      1 300 ms    1 000 ms  "
                              "         1           0\n",
                              "postmaster               1             -             -    5 000 ms  "
                              "         0           1\n",
                              "holds lost       0\n",
                              "1 234 567.50 UAH = 1 234 560.00 completed + 0.00 refunded + 7.50 "
                              "owed\n"})
        EXPECT_NE(report.find(words), std::string::npos) << words << "\nis not in\n" << report;
}

// The page's tests read the file that this one leaves.
TEST(Json, IsWrittenForThePage) {
    const char* file = std::getenv("TIX_REPORT_JSON");
    ASSERT_NE(file, nullptr) << "run.sh names the file";
    FakeSale sale;
    const Timeline timeline = watched(sale, 20000);
    sale.incidents_ = {{2000, "gateway", 11, 1000, 300}, {5000, "postmaster", 12, 5000, -1}};
    Options options;
    options.seed = UINT64_MAX;
    Proof proof;
    proof.sold = proof.tickets = 200;
    proof.currency = "UAH";
    const Outcome outcome{sale, proof, {"a \"quoted\" \\ fault"}, 20000, options, timeline};
    ASSERT_TRUE(write_json(outcome, file));
    EXPECT_FALSE(write_json(outcome, "no/such/folder/demo.json"));
}

}  // namespace
}  // namespace tix::buyers
