// A file of a test, gone when the test is over.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace tix::gateway {

class ScratchFile {
public:
    explicit ScratchFile(const std::string& bytes) {
        static int count = 0;
        name_ = testing::TempDir() + "tix_gateway_test_" + std::to_string(getpid()) + "_" +
                std::to_string(++count);
        std::ofstream(name_, std::ios::binary) << bytes;
    }
    ~ScratchFile() { std::remove(name_.c_str()); }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    const std::string& name() const { return name_; }

private:
    std::string name_;
};

}  // namespace tix::gateway
