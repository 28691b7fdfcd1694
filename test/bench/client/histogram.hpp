// A histogram of times: buckets a 64th of a power of two wide, so a quantile is within 1.6 %.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace tix::bench {

class Histogram {
public:
    void add(std::uint64_t ns) { count_[index(ns)]++; }
    void add(const Histogram& other) {
        for (std::size_t i = 0; i < count_.size(); i++)
            count_[i] += other.count_[i];
    }
    // The upper end, in ns, of the bucket with the given share of all times below or in it.
    std::uint64_t quantile(double share) const {
        std::uint64_t total = 0, seen = 0;
        for (const std::uint64_t n : count_)
            total += n;
        for (std::size_t i = 0; i < count_.size(); i++) {
            seen += count_[i];
            if (seen > 0 && static_cast<double>(seen) >= share * static_cast<double>(total))
                return upper(i);
        }
        return 0;
    }

private:
    static constexpr unsigned kBits = 6;

    static std::size_t index(std::uint64_t ns) {
        const unsigned width = static_cast<unsigned>(std::bit_width(ns));
        if (width <= kBits + 1) return ns;
        const unsigned shift = width - kBits - 1;
        return (std::size_t{shift} << kBits) + (ns >> shift);
    }
    static std::uint64_t upper(std::size_t i) {
        if (i < 2u << kBits) return i;
        const std::size_t shift = (i >> kBits) - 1;
        const std::uint64_t top = i - (shift << kBits);
        return ((top + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - kBits + 1) << kBits> count_ = {};
};

}  // namespace tix::bench
