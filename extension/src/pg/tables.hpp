// What the two halves of reading a session share: texts found by their bytes, lists that grow.
#pragma once

#include "glue.hpp"

namespace tix::pg {

// A list in the memory context in which it was made; a million seats are more than palloc gives.
template <class T>
struct Growing {
    T* at;
    u32 n, room;

    static Growing make(u32 room) {
        return {static_cast<T*>(MemoryContextAllocHuge(CurrentMemoryContext, sizeof(T) * room)), 0,
                room};
    }
    // Room for `more` elements at the end, not yet counted.
    T* end(u32 more = 1) {
        if (room - n < more) {
            room = Max(room * 2, n + more);
            at = static_cast<T*>(repalloc_huge(at, sizeof(T) * room));
        }
        return at + n;
    }
    T& add() {
        T* last = end();
        n++;
        return *last;
    }
};

// Texts with a number each: open addressing, at most half full. The bytes are the caller's, at an
// offset from a base that may move.
struct TextTable {
    struct Entry {
        u32 hash;
        u32 size;  // kNone: empty
        u32 at;
        u32 value;
    };
    static constexpr u32 kNone = 0xFFFFFFFFu;
    Entry* entry;
    u32 slots, used;

    static TextTable make(u32 slots) {  // a power of two
        TextTable t = {};
        t.clear(slots);
        return t;
    }
    // The value of a text, or kNone.
    u32 find(const char* base, Text text) const {
        const Entry& e = *look(base, text, static_cast<u32>(hash_text(text, 0)));
        return e.size == kNone ? kNone : e.value;
    }
    // Adds a text that is not there yet.
    void add(const char* base, u32 at, u32 size, u32 value) {
        const u32 hash = static_cast<u32>(hash_text({base + at, size}, 0));
        *empty(hash) = {hash, size, at, value};
        if (++used * 2 > slots) grow();
    }

private:
    const Entry* look(const char* base, Text text, u32 hash) const {
        for (u32 i = hash & (slots - 1);; i = (i + 1) & (slots - 1)) {
            const Entry& e = entry[i];
            if (e.size == kNone || (e.hash == hash && e.size == text.size &&
                                    memcmp(base + e.at, text.data, text.size) == 0))
                return &e;
        }
    }
    Entry* empty(u32 hash) const {
        u32 i = hash & (slots - 1);
        while (entry[i].size != kNone)
            i = (i + 1) & (slots - 1);
        return &entry[i];
    }
    void grow() {
        Entry* old = entry;
        const u32 n = slots;
        clear(slots * 2);
        for (u32 i = 0; i < n; i++)
            if (old[i].size != kNone) *empty(old[i].hash) = old[i];
        pfree(old);
    }
    void clear(u32 n) {
        slots = n;
        entry = static_cast<Entry*>(
            MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Entry) * u64{n}));
        memset(entry, 0xFF, sizeof(Entry) * u64{n});
    }
};

// Reads the live holds of the session into `t`; `labels` are its seats in t->layout.strings.
void read_holds(TableSession* t, const TextTable& labels, int64 wall_offset, AsOf as_of);

}  // namespace tix::pg
