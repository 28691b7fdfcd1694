// Idempotency keys: a repeated request is answered by the stored answer of the first.
#pragma once

#include "lock_answer.hpp"

namespace tix::pg {

// What makes two requests the same request: all that was asked for, as asked.
class RequestHash {
public:
    explicit RequestHash(char function) { add(&function, 1); }
    RequestHash& add(const void* bytes, u32 size) {
        hash_ = hash_bytes_extended(static_cast<const unsigned char*>(bytes),
                                    static_cast<int>(size), hash_ ^ size);
        return *this;
    }
    RequestHash& add(const Uuid& u) { return add(&u, sizeof u); }
    RequestHash& add(i64 number) { return add(&number, sizeof number); }
    RequestHash& add(const TextList& list) {
        add(i64{list.n});
        for (int i = 0; i < list.n; i++)
            add(list.text[i].data, list.text[i].size);
        return *this;
    }
    RequestHash& add(const LockTerms& terms) {
        return add(terms.ttl_asked).add(terms.channels).add(i64{terms.avoid_orphans});
    }
    i64 value() const { return static_cast<i64>(hash_); }

private:
    u64 hash_ = 0;
};

struct KeyedRequest {
    Uuid owner;
    Text key;
    i64 hash;
};

enum class KeyState {
    fresh,     // ours until the transaction ends, or key_drop
    stored,    // the same request was granted: its answer
    busy,      // another transaction is at work on it
    conflict,  // another request was granted under this key
};

// Never waits.
KeyState key_claim(const KeyedRequest& request, Answer* stored);
// After a claim that was `fresh`: stores a grant in the caller's transaction, forgets a refusal.
void key_keep(const KeyedRequest& request, const Answer& granted);
void key_drop(const KeyedRequest& request);

// For callers that have no row to say it with: TX009.
[[noreturn]] Answer raise_key_conflict();

// Runs `call` under the request's key, or `conflict` when the key is another request's.
template <class Conflict, class Call>
Answer with_key(const KeyedRequest& request, Conflict conflict, Call call) {
    Answer stored;
    switch (key_claim(request, &stored)) {
        case KeyState::stored:
            return stored;
        case KeyState::busy:
            return refusal(Reason::busy);
        case KeyState::conflict:
            return conflict();
        case KeyState::fresh:
            break;
    }
    const Answer a = call();
    if (a.reason == Reason::none)
        key_keep(request, a);
    else
        key_drop(request);
    return a;
}

// Runs `call` for a request that may have a key; raises TX009 when the key is another request's.
template <class Request, class Call>
Answer answer_once(const Request& request, Call call) {
    if (request.terms.idempotency_key.data == nullptr) return call();
    return with_key(keyed(request), raise_key_conflict, call);
}

}  // namespace tix::pg
