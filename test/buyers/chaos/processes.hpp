// What /proc says about other processes.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tix::buyers::chaos {

struct Process {
    pid_t pid = 0;
    pid_t parent = 0;
    std::string title;  // the command line; programs such as PostgreSQL write there what they do
};

// Whether it runs; one that only waits for its parent to notice its death does not.
bool lives(pid_t pid);

// The living children of a process.
std::vector<Process> children_of(pid_t parent);

}  // namespace tix::buyers::chaos
