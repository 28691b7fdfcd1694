// The promises of traces: what is no traceparent is none, and what goes on is what came.
#include "pipeline/trace.hpp"

#include <gtest/gtest.h>

#include "db/trace.hpp"

namespace tix::gateway {
namespace {

constexpr char kGood[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, a_good_one_is_kept_as_it_is) {
    EXPECT_EQ(checked_traceparent(kGood), kGood);
    EXPECT_EQ(trace_id(kGood), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(Traceparent, of_a_later_version_the_part_that_is_known_counts) {
    const std::string later = "cc" + std::string(kGood).substr(2);
    EXPECT_EQ(checked_traceparent(later), kGood);
    EXPECT_EQ(checked_traceparent(later + "-what.comes'*/"), kGood);
    EXPECT_EQ(checked_traceparent(later + "x"), "");
}

TEST(Traceparent, what_is_malformed_is_none) {
    for (const char* bad : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e473'-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736*/0f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g"})
        EXPECT_EQ(checked_traceparent(bad), "") << bad;
}

TEST(Traced, a_thread_says_for_whom_it_works_while_it_does) {
    EXPECT_EQ(Traced::comment(), "");
    {
        const Traced traced("a.b_c-1", "");
        EXPECT_EQ(Traced::comment(), " /*requestId='a.b_c-1'*/");
    }
    {
        const Traced traced("r", kGood);
        EXPECT_EQ(Traced::comment(), " /*requestId='r',traceparent='" + std::string(kGood) + "'*/");
    }
    EXPECT_EQ(Traced::comment(), "");
}

}  // namespace
}  // namespace tix::gateway
