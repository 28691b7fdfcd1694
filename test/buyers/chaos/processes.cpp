// Reads /proc/PID/stat and /proc/PID/cmdline.
#include "chaos/processes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>

namespace tix::buyers::chaos {
namespace {

struct Stat {
    char state = 'X';
    pid_t parent = 0;
};

// Empty when the process has gone meanwhile: a stream would throw then.
std::string contents(const std::string& file) {
    std::string text;
    const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) return text;
    char bytes[4096];
    for (ssize_t n = 0; (n = read(opened, bytes, sizeof bytes)) > 0;)
        text.append(bytes, static_cast<std::size_t>(n));
    close(opened);
    return text;
}

// "PID (program) STATE PARENT …": the program may hold anything, so the last bracket counts.
Stat read_stat(pid_t pid) {
    const std::string text = contents("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t bracket = text.rfind(')');
    Stat stat;
    if (bracket == std::string::npos) return stat;
    int parent = 0;
    if (std::sscanf(text.c_str() + bracket + 1, " %c %d", &stat.state, &parent) == 2)
        stat.parent = parent;
    return stat;
}

bool runs(const Stat& stat) {
    return stat.state != 'X' && stat.state != 'Z';
}

}  // namespace

bool lives(pid_t pid) {
    return runs(read_stat(pid));
}

std::vector<Process> children_of(pid_t parent) {
    std::vector<Process> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc() || stop != name.data() + name.size()) continue;
        const Stat stat = read_stat(pid);
        if (!runs(stat) || stat.parent != parent) continue;
        std::string title = contents("/proc/" + name + "/cmdline");
        std::replace(title.begin(), title.end(), '\0', ' ');
        found.push_back({pid, stat.parent, std::move(title)});
    }
    return found;
}

}  // namespace tix::buyers::chaos
