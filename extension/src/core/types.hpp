// The vocabulary of the core: identifiers, states, statuses and the limits they obey.
//
// The core is handed memory and a clock reading and returns a status. It sees no PostgreSQL,
// allocates nothing, reads no clock, does no I/O and cannot throw.
#pragma once

#ifdef POSTGRES_H
#error "the core must not see PostgreSQL: include core headers before pg.hpp, or not at all"
#endif

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tix::core {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

// Microseconds on CLOCK_BOOTTIME; the caller reads the clock.
using Micros = i64;
// A seat of a session: dense, from 0, in the order the seat loader returned it.
using Ordinal = u32;
// An arena offset in units of 64 bytes; 0 is "none" (the arena header lives there).
using Ref = u32;

constexpr Ordinal kNoSeat = 0xFFFFFFFFu;
constexpr Ref kNoRef = 0;
constexpr u32 kLine = 64;

constexpr u32 kPartitionsMin = 1;
constexpr u32 kPartitionsDefault = 64;
constexpr u32 kPartitionsMax = 128;
constexpr u32 kSeatsPerSessionMax = 1000000;
constexpr u32 kAreasPerSessionMax = 4096;
constexpr u32 kCategoriesPerSessionMax = 1024;
constexpr u32 kChannelsPerSessionMax = 32;
constexpr u32 kChannelKeyBytesMax = 43;
constexpr u32 kSeatIdBytesMax = 64;
constexpr u32 kSeatsPerLockMax = 1000;
constexpr u32 kDatabasesMax = 64;
constexpr u32 kXactChangesMax = 65535;  // Hold::pending counts them in 16 bits
// Journalled changes of one hold after which it can only be released or sold: Hold::version has 16
// bits, and a release of every seat by itself, two rows each, must still fit.
constexpr u32 kHoldVersionsMax = 63000;

struct Uuid {
    u64 hi = 0;
    u64 lo = 0;
    friend bool operator==(const Uuid&, const Uuid&) = default;
};

struct Text {
    const char* data = nullptr;
    u32 size = 0;
};

enum class SeatState : u8 { free, held, confirming, sold, blocked };
constexpr u32 kSeatStates = 5;

// Reasons a lock call gives back; the names are the frozen strings of the contract.
enum class Reason : u8 {
    none,
#define TIX_REASON(name, http, error) name,
#include "errors.def"
};

// What a core call answers. Everything but `ok` leaves the arena as it was.
enum class Status : u8 {
    ok,
    need_partitions,  // call again holding the partition locks in `need` as well
    refused,          // contention or a rule: see the reason
    lost,             // the token is unknown, overdue or another's
    busy,             // another transaction has uncommitted changes on this hold
    log_full,         // the transaction lists as many changes as it may
    no_memory,
};

// A set of partitions; partition locks are always taken in ascending order.
struct PartitionSet {
    u64 word[2] = {0, 0};

    void add(u32 p) { word[p >> 6] |= u64{1} << (p & 63); }
    bool has(u32 p) const { return (word[p >> 6] >> (p & 63)) & 1; }
    bool empty() const { return (word[0] | word[1]) == 0; }
    bool covers(const PartitionSet& o) const {
        return (o.word[0] & ~word[0]) == 0 && (o.word[1] & ~word[1]) == 0;
    }
    void merge(const PartitionSet& o) {
        word[0] |= o.word[0];
        word[1] |= o.word[1];
    }
};

// lock_id = generation (16 bits) | sequence (40 bits) | home slot (7 bits): positive, strictly
// increasing, never reused. The home slot is a hash of the hold's first area, independent of
// tix.partitions, so a token finds its partition without a global index. Frozen: it is stored.
struct Token {
    static constexpr u32 kHomeBits = 7;
    static constexpr u32 kSequenceBits = 40;
    static constexpr u32 kGenerationMax = 0xFFFF;

    static u64 make(u32 generation, u64 sequence, u32 home) {
        return (u64{generation} << (kHomeBits + kSequenceBits)) | (sequence << kHomeBits) | home;
    }
    static u32 home(u64 token) { return token & ((1u << kHomeBits) - 1); }
    static u32 generation(u64 token) { return static_cast<u32>(token >> 47) & kGenerationMax; }
};

inline u64 mix64(u64 x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
}

// FNV-1a, finished with mix64. Frozen: the home slot of a stored token depends on it.
inline u64 hash_text(Text t, u64 seed) {
    u64 h = 0xcbf29ce484222325ULL ^ seed;
    for (u32 i = 0; i < t.size; i++)
        h = (h ^ static_cast<u8>(t.data[i])) * 0x100000001b3ULL;
    return mix64(h);
}

inline u32 home_slot(const Uuid& session, Text area) {
    return hash_text(area, mix64(session.hi ^ mix64(session.lo))) & 127;
}

}  // namespace tix::core
