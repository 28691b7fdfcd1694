// The command line of tix-import: exit status, what goes where, no database needed to check a plan.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace {

const std::string kPlans = TIX_PLANS;
const std::string kScratch = TIX_SCRATCH;

struct Outcome {
    int status;
    std::string output;
};

// Runs tix-import with a database that cannot be reached; stdout and stderr together.
Outcome run(const std::string& arguments) {
    const std::string command = "PGHOST='" + kScratch + "/nowhere' PGPORT=1 '" +
                                std::string(TIX_IMPORT) + "' " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    std::string output;
    std::array<char, 4096> piece = {};
    while (const std::size_t got = fread(piece.data(), 1, piece.size(), pipe))
        output.append(piece.data(), got);
    const int status = pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

bool has(const Outcome& outcome, const std::string& words) {
    return outcome.output.find(words) != std::string::npos;
}

TEST(CommandLine, ValidatesWithoutADatabase) {
    const Outcome outcome = run("--validate '" + kPlans + "/stadium-metalist.json.gz'");
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_TRUE(has(outcome, "39616 seats")) << outcome.output;
    EXPECT_TRUE(has(outcome, "58 zones"));
}

TEST(CommandLine, DumpsOneLineForEachSeat) {
    const Outcome outcome = run("--dump '" + kPlans + "/hall-serpentine.json'");
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 681 + 1);
    EXPECT_TRUE(has(outcome,
                    "\n0\tLinkerBlock-1-1\tLinkerBlock\tLinker Block\t1\t1\t1\t60\t60\t"
                    "Parkett\tf\n"));
}

TEST(CommandLine, RefusedPlanListsEveryDuplicateAndExitsOne) {
    const std::string file = "'" + kPlans + "/as-found/arena-seatmap-canvas.json'";
    const Outcome outcome = run("--validate " + file);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1 + 1 + 126 + 1);
    EXPECT_TRUE(has(outcome, "HINT:  Correct the ids in the plan, or import with --by-uuid."));
    EXPECT_EQ(run("--validate --by-uuid " + file).status, 0);
}

TEST(CommandLine, HundredMegabytesAreRefusedInTwoLinesAndADetail) {
    const std::string path = kScratch + "/huge.json";
    FILE* file = fopen(path.c_str(), "wb");
    ASSERT_EQ(ftruncate(fileno(file), 100'000'000), 0);
    fclose(file);
    const Outcome outcome = run("--validate '" + path + "'");
    std::remove(path.c_str());
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(has(outcome, "tix-import: error: plan is larger than 64 MiB\n")) << outcome.output;
    EXPECT_TRUE(has(outcome, "HINT:  "));
}

TEST(CommandLine, WrongUsageExitsTwo) {
    EXPECT_EQ(run("").status, 2);
    EXPECT_EQ(run("a b").status, 2);
    EXPECT_TRUE(has(run("--colour x"), "unknown option --colour"));
    EXPECT_TRUE(has(run("--venue"), "--venue needs a value"));
    EXPECT_EQ(run("--validate /nonexistent.json").status, 2);
    EXPECT_TRUE(has(run("--validate /"), "it is a directory"));
    EXPECT_EQ(run("--help").status, 0);
}

TEST(CommandLine, UnreachableDatabaseExitsThreeWithAHint) {
    const Outcome outcome = run("'" + kPlans + "/hall-serpentine.json'");
    EXPECT_EQ(outcome.status, 3);
    EXPECT_TRUE(has(outcome, "HINT:  Start the server with \"make up\"")) << outcome.output;
}

}  // namespace
