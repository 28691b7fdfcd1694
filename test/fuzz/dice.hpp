// Reads a fuzzer's bytes as numbers and texts; what is used up reads as zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace tix::fuzz {

class Dice {
public:
    Dice(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

    bool over() const { return left_ == 0; }
    std::uint8_t byte() {
        if (left_ == 0) return 0;
        left_--;
        return *data_++;
    }
    template <class Number>
    Number number() {
        Number n = 0;
        for (std::size_t i = 0; i < sizeof n; i++)
            n = static_cast<Number>(std::uint64_t{n} << 8 | byte());
        return n;
    }
    // Its first byte says how long it is.
    std::string text(std::size_t most) {
        std::string text;
        for (std::size_t n = byte() % (most + 1); n > 0 && left_ > 0; n--)
            text += static_cast<char>(byte());
        return text;
    }
    std::string rest() {
        std::string text(reinterpret_cast<const char*>(data_), left_);
        left_ = 0;
        return text;
    }

private:
    const std::uint8_t* data_;
    std::size_t left_;
};

// Ends the run when a promise is broken; the fuzzer then keeps the input.
inline void require(bool kept, const char* promise) {
    if (kept) return;
    std::fprintf(stderr, "broken: %s\n", promise);
    std::abort();
}

}  // namespace tix::fuzz
