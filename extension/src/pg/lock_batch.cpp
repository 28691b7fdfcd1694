// tix_lock_batch: many independent requests in one round trip and one transaction.
//
// Locking. The directory lock is taken once for all requests of a session; then each partition
// once, in ascending order, with those of the owners, for the requests whose seats are all in it. A
// request over several partitions runs alone, between those before and those after it. So two
// requests that could want the same seat meet in the order in which they were given, and the first
// wins. Failure. Nothing is written before every seat of the batch is decided; then the journal
// gets all rows at once.

#include "lock_request.hpp"

namespace tix::pg {

namespace {

// Core calls under one partition lock come to at most this many seats, so that nobody waits long.
constexpr int kSeatsAtOnce = 256;

struct Item {
    BatchRequest request;
    bool decided;  // there is an answer
    Answer answer;
    HoldAnswer hold;
    PartitionSet set;  // of its seats and its owner
    u32 partition;     // of all its seats, kMany or kNone
    Item* next;        // of the same partition
};
constexpr u32 kMany = ~0u;
constexpr u32 kNone = kMany - 1;  // a seat was not found

struct Batch {
    Item* item;
    int n;
};

// The items of one session, in order, and the wall clock when their turn came.
struct Share {
    SessionBlock* block;
    Item** item;
    int n;
    TimestampTz wall;
};

u32 only_partition(const PartitionSet& set) {
    const int bits = __builtin_popcountll(set.word[0]) + __builtin_popcountll(set.word[1]);
    if (bits != 1) return kMany;
    return set.word[0] != 0 ? static_cast<u32>(__builtin_ctzll(set.word[0]))
                            : 64 + static_cast<u32>(__builtin_ctzll(set.word[1]));
}

void decide(Item* item, const Answer& answer) {
    item->answer = answer;
    item->decided = true;
}

// The locks for as many items of a list as are taken at once.
PartitionSet locks_at_once(const Item* list) {
    PartitionSet set;
    for (int seats = 0; list != nullptr && seats < kSeatsAtOnce; list = list->next) {
        set.merge(list->set);
        seats += list->request.seats.list.n;
    }
    return set;
}

HoldAnswer run_alone(const Share& share, const Item* item, const PartitionSet& set) {
    return with_partitions(set, [&](const Access& a) {
        return take_seats(a, share.block, item->request.seats, share.wall);
    });
}

// Takes the seats of the items in the list, all of one partition, in order.
void run_partition(const Share& share, Item* list) {
    while (list != nullptr) {
        const PartitionSet set = locks_at_once(list);
        lock_partitions(set, LW_EXCLUSIVE);
        const Access access = access_to(set);
        int seats = 0;
        for (; list != nullptr && seats < kSeatsAtOnce; list = list->next) {
            list->hold = take_seats(access, share.block, list->request.seats, share.wall);
            if (list->hold.status == Status::need_partitions) break;
            seats += list->request.seats.list.n;
        }
        unlock_partitions(set);
        if (list == nullptr || list->hold.status != Status::need_partitions) continue;
        PartitionSet more = set;
        more.merge(list->hold.need);
        list->hold = run_alone(share, list, more);
        list = list->next;
    }
}

// Sorts the items, each of one partition, by partition, and runs them.
void run_sorted(const Share& share, int from, int until) {
    Item* first[kPartitionsMax];
    Item* last[kPartitionsMax];
    PartitionSet used;
    for (int i = from; i < until; i++) {
        Item* item = share.item[i];
        const u32 p = item->partition;
        if (p == kNone) continue;
        if (used.has(p))
            last[p]->next = item;
        else
            first[p] = item;
        last[p] = item;
        item->next = nullptr;
        used.add(p);
    }
    for (int w = 0; w < 2; w++)
        for (u64 left = used.word[w]; left != 0; left &= left - 1)
            run_partition(share, first[w * 64 + __builtin_ctzll(left)]);
}

// Finds the seats of all items, step by step.
void find_all(const Share& share) {
    SessionBlock& block = *share.block;
    Item** const end = share.item + share.n;
    for (Item** it = share.item; it < end; it++)
        hash_seats(block, (*it)->request.seats);
    for (Item** it = share.item; it < end; it++) {
        guess_seats(block, (*it)->request.seats);
        owner_ask(block, (*it)->request.seats.owner);
    }
    for (Item** it = share.item; it < end; it++)
        ask_seats(block, (*it)->request.seats);
    for (Item** at = share.item; at < end; at++) {
        Item* it = *at;
        it->hold.reason = settle_seats(block, it->request.seats, &it->set);
        it->partition = it->hold.reason == Reason::none ? only_partition(it->set) : kNone;
        it->set.add(owner_partition(arena(), it->request.seats.owner));
    }
}

// Decides the items of one session. Waits for it to load until `deadline`.
void run_session(Item** item, int n, Micros deadline) {
    SessionBlock* block = nullptr;
    const Micros now = arena_now();
    const int wait_ms = deadline > now ? static_cast<int>((deadline - now) / 1000) : 0;
    const Found found = open_session(item[0]->request.seats.session, wait_ms, &block);
    if (found != Found::ready) {
        for (int i = 0; i < n; i++)
            decide(item[i], refusal(not_open(found)));
        return;
    }
    block->last_used.store(now, std::memory_order_relaxed);
    const Share share = {block, item, n, GetCurrentTimestamp()};
    find_all(share);
    for (int i = 0; i < n;) {
        const int from = i;
        while (i < n && item[i]->partition != kMany)
            i++;
        run_sorted(share, from, i);
        if (i < n) item[i]->hold = run_alone(share, item[i], item[i]->set);
        i++;
    }
    close_session();
}

int by_session(const void* left, const void* right) {
    const Item* a = *static_cast<Item* const*>(left);
    const Item* b = *static_cast<Item* const*>(right);
    const Uuid& s = a->request.seats.session;
    const Uuid& t = b->request.seats.session;
    if (s.hi != t.hi) return s.hi < t.hi ? -1 : 1;
    if (s.lo != t.lo) return s.lo < t.lo ? -1 : 1;
    return a < b ? -1 : 1;
}

// Makes the core calls of items without a key.
void run(Item** item, int n, Micros deadline) {
    qsort(item, n, sizeof(Item*), by_session);
    for (int from = 0, i = 1; from < n; i++) {
        if (i < n && item[i]->request.seats.session == item[from]->request.seats.session) continue;
        run_session(item + from, i - from, deadline);
        from = i;
    }
}

// Turns what the core answered into answers and writes the journal.
void finish(Item** item, int n) {
    auto* row = static_cast<JournalRow*>(palloc(sizeof(JournalRow) * n));
    int rows = 0;
    for (int i = 0; i < n; i++) {
        if (item[i]->decided) continue;
        const HoldAnswer& h = item[i]->hold;
        decide(item[i], listed_answer(item[i]->request.seats, h, 0));
        if (h.journal != Journal::none) row[rows++] = grant_row(h, item[i]->answer.seats);
    }
    if (rows == 0) return;
    announce_changes();
    journal_write(row, rows);
}

void run_keyed(Item* item, Micros deadline) {
    const auto conflict = [] {
        return malformed_answer({"idempotencyKey", 14}, "a new key for a new request");
    };
    decide(item, with_key(keyed(item->request.seats), conflict, [&] {
               run(&item, 1, deadline);
               finish(&item, 1);
               return item->answer;
           }));
}

// Decides every item. One with a key is decided between those before and those after it.
void run_batch(const Batch& batch) {
    auto** item = static_cast<Item**>(palloc(sizeof(Item*) * batch.n));
    xact_log();
    const Micros deadline = arena_now() + static_cast<Micros>(settings.load_wait_ms) * 1000;
    int n = 0, done = 0;
    for (int i = 0; i < batch.n; i++) {
        Item* it = &batch.item[i];
        if (it->decided) continue;
        if (it->request.seats.terms.idempotency_key.data == nullptr) {
            item[n++] = it;
            continue;
        }
        run(item + done, n - done, deadline);
        run_keyed(it, deadline);
        done = n;
    }
    run(item + done, n - done, deadline);
    finish(item, n);
}

[[noreturn]] void raise_not_objects() {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("requests must be an array of at least one JSON object")));
    pg_unreachable();
}

Batch make_batch(int n) {
    if (n > settings.max_batch_requests)
        raise_detail(Error::limit_exceeded,
                     psprintf("{\"setting\":\"tix.max_batch_requests\",\"value\":%d}",
                              settings.max_batch_requests));
    return {static_cast<Item*>(palloc(sizeof(Item) * n)), n};
}

Batch read_batch(Jsonb* requests) {
    if (!JB_ROOT_IS_ARRAY(requests) || JB_ROOT_IS_SCALAR(requests) || JB_ROOT_COUNT(requests) == 0)
        raise_not_objects();
    const Batch batch = make_batch(static_cast<int>(JB_ROOT_COUNT(requests)));
    Item* item = batch.item;
    const LockTerms standard = standard_terms();
    KnownTtl ttl = {nullptr, 0};
    JsonbIterator* it = JsonbIteratorInit(&requests->root);
    JsonbIteratorToken token;
    JsonbValue v;
    int n = 0;
    while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE) {
        if (token != WJB_ELEM) continue;
        if (v.type != jbvBinary || !JsonContainerIsObject(v.val.binary.data)) raise_not_objects();
        item[n] = Item{};
        BatchRequest& request = item[n].request;
        request.seats.terms = standard;
        read_request(v.val.binary.data, &ttl, &request);
        if (request.bad.data != nullptr)
            decide(&item[n], malformed_answer(request.bad, request.expected));
        else if (request.seats.list.text == nullptr)
            decide(&item[n], refusal(Reason::too_many));
        n++;
    }
    return batch;
}

// One seat a request: the i-th elements of the arrays belong together.
Batch read_arrays(FunctionCallInfo fcinfo) {
    const UuidList session = uuid_list_arg(fcinfo, 0, "session_ids");
    const TextList seat = text_list_arg(fcinfo, 1, "seat_ids", PG_INT32_MAX);
    const UuidList owner = uuid_list_arg(fcinfo, 2, "user_ids");
    if (session.n != seat.n || owner.n != seat.n)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("session_ids, seat_ids and user_ids must have as many elements each"),
                 errdetail("They have %d, %d and %d.", session.n, seat.n, owner.n)));
    const Batch batch = make_batch(seat.n);
    const LockTerms terms = lock_terms(fcinfo, {3, -1, -1, -1});
    const SeatBuffers buffer = seat_buffers(seat.n);
    for (int i = 0; i < batch.n; i++) {
        Item& item = batch.item[i];
        item = Item{};
        item.request.seats = {session[i], owner[i], {&seat.text[i], 1}, terms, 0, buffer.from(i)};
    }
    return batch;
}

Datum answer_batch(FunctionCallInfo fcinfo, const Batch& batch) {
    run_batch(batch);
    ReturnSetInfo* rows = begin_rows(fcinfo);
    const TimestampTz epoch = wall_time(0);
    for (int i = 0; i < batch.n; i++) {
        Datum values[kAnswerColumns];
        bool nulls[kAnswerColumns];
        answer_values(batch.item[i].answer, epoch, values, nulls);
        put_row(rows, values, nulls);
    }
    return Datum(0);
}

}  // namespace

}  // namespace tix::pg

using namespace tix::pg;

TIX_FUNCTION(tix_lock_batch) {
    require_writable("tix_lock_batch()");
    require_arguments(fcinfo, 1, "tix_lock_batch()");
    return answer_batch(fcinfo, read_batch(PG_GETARG_JSONB_P(0)));
}

TIX_FUNCTION(tix_lock_batch_arrays) {
    require_writable("tix_lock_batch()");
    return answer_batch(fcinfo, read_arrays(fcinfo));
}
