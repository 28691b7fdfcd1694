// Whom the killer finds: a fake stack of this test's own children.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "chaos/processes.hpp"
#include "chaos/stack.hpp"

namespace tix::buyers::chaos {
namespace {

// Sleeps under a name of its own, with children that do the same, until it is killed.
pid_t sleeper(const char* name, const std::vector<const char*>& children = {}) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const char* child : children)
        sleeper(child);
    execl("/bin/sleep", name, "60", nullptr);
    _exit(1);
}

class ChaosTest : public testing::Test {
protected:
    ChaosTest() {
        std::filesystem::create_directories(run_ + "/stack");
        random_.seed(1);
    }
    ~ChaosTest() override {
        for (const pid_t pid : started_) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, 0);
        }
        std::filesystem::remove_all(run_);
    }
    pid_t start(const char* name, const std::vector<const char*>& children = {}) {
        started_.push_back(sleeper(name, children));
        for (int i = 0; i < 500 && children_of(started_.back()).size() < children.size(); ++i)
            usleep(10000);
        return started_.back();
    }
    void status(const std::string& lines) { std::ofstream(run_ + "/stack/status") << lines; }
    Target aim(Victim victim) { return Stack(run_).aim(victim, random_); }

    std::string run_ = testing::TempDir() + "tix-chaos-" + std::to_string(getpid());
    std::vector<pid_t> started_;
    Random random_;
};

TEST_F(ChaosTest, AProcessThatOnlyWaitsToBeMournedDoesNotLive) {
    const pid_t pid = start("victim");
    EXPECT_TRUE(lives(pid));
    kill(pid, SIGKILL);
    for (int i = 0; i < 500 && lives(pid); ++i)
        usleep(10000);
    EXPECT_EQ(kill(pid, 0), 0) << "it is still there as a zombie";
    EXPECT_FALSE(lives(pid));
}

TEST_F(ChaosTest, AServiceIsAimedAtOnlyWhileItIsUp) {
    const pid_t pid = start("tix-gateway");
    status("gateway up " + std::to_string(pid) + " 0 1\n");
    EXPECT_EQ(aim(Victim::kGateway).killed, std::vector<pid_t>{pid});
    EXPECT_TRUE(aim(Victim::kPgBouncer).killed.empty());
    status("gateway restarting - 1 1\n");
    EXPECT_TRUE(aim(Victim::kGateway).killed.empty());
    std::filesystem::remove(run_ + "/stack/status");
    EXPECT_TRUE(aim(Victim::kGateway).killed.empty());
}

TEST_F(ChaosTest, TheEdgeDiesWithItsWorkers) {
    const pid_t pid = start("nginx", {"worker one", "worker two"});
    status("edge up " + std::to_string(pid) + " 0 1\n");
    const Target target = aim(Victim::kEdge);
    EXPECT_EQ(target.killed.size(), 3U);
    EXPECT_EQ(target.end, target.killed);
}

TEST_F(ChaosTest, OfTheServerOneDiesAndEverySessionMustEnd) {
    const pid_t pid = start(
        "postgres", {"postgres: tix: tix_gateway tix one", "postgres: tix: tix_gateway tix two",
                     "postgres: tix: tix expiry 1", "postgres: tix: walwriter"});
    status("postgres up " + std::to_string(pid) + " 0 1\n");
    const std::vector<Process> children = children_of(pid);
    const auto title_of = [&](pid_t child) {
        const auto found = std::find_if(children.begin(), children.end(),
                                        [&](const Process& p) { return p.pid == child; });
        return found == children.end() ? std::string() : found->title;
    };
    const Target backend = aim(Victim::kBackend);
    ASSERT_EQ(backend.killed.size(), 1U);
    EXPECT_NE(title_of(backend.killed[0]).find("tix_gateway"), std::string::npos);
    EXPECT_EQ(backend.end.size(), 3U) << "both sessions, and the victim once more";
    const Target worker = aim(Victim::kExpiryWorker);
    ASSERT_EQ(worker.killed.size(), 1U);
    EXPECT_NE(title_of(worker.killed[0]).find("tix expiry"), std::string::npos);
    EXPECT_EQ(aim(Victim::kPostmaster).killed, std::vector<pid_t>{pid});
}

TEST_F(ChaosTest, AServerThatHasOnlyJustComeBackIsSpared) {
    const pid_t pid = start("postgres", {"postgres: tix: tix expiry 1"});
    status("postgres up " + std::to_string(pid) + " 0 1\n");
    EXPECT_TRUE(aim(Victim::kBackend).killed.empty());
    EXPECT_TRUE(aim(Victim::kPostmaster).killed.empty());
}

}  // namespace
}  // namespace tix::buyers::chaos
