// Any 64 bits as a token, in every call that takes one: only the tokens that were granted do
// anything, and only for their owner. A token gives back what it was made of.
#include "dice.hpp"
#include "fixture.hpp"

namespace {

using namespace tix::test;
using tix::fuzz::Dice;
using tix::fuzz::require;

void check_parts(u64 token) {
    const u32 home = Token::home(token), generation = Token::generation(token);
    require(home < 128 && generation <= Token::kGenerationMax, "parts are in their bounds");
    const u64 sequence = token >> Token::kHomeBits & ((u64{1} << Token::kSequenceBits) - 1);
    require(Token::make(generation, sequence, home) == (token & ((u64{1} << 63) - 1)),
            "a token is its parts");
}

HoldAnswer call(World& w, Dice& dice, u64 token, const Uuid& user) {
    switch (dice.byte() % 6) {
        case 0:
            return w.extend(w.a, token, user, 60 * kSecond);
        case 1:
            return w.hand_over(w.a, token, user, 60 * kSecond);
        case 2:
            return w.release(w.a, token, user, {0});
        case 3:
            return w.confirm(w.a, token, user);
        case 4:
            return w.lock(w.a, {7}, user, kSecond, token == 0 ? 1 : token);
        default:
            return lock_get(w.access(w.a, w.all()), token, user);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World w;
    Dice dice(data, size);
    w.format();
    w.block = w.load(w.layout, {5, 5});
    w.a.log.size = 0;
    w.a.log.partitions = {};
    const u64 own = w.lock(w.a, {0, 1}, kAnn).lock_id;
    require(w.commit(w.a) == 0, "the hold is committed");
    while (!dice.over()) {
        u64 token = dice.number<u64>();
        if (token % 4 == 0) token = own ^ (u64{1} << (token / 4 % 64));
        if (token % 4 == 1) token = own;
        check_parts(token);
        const Uuid user = dice.byte() % 2 == 0 ? kAnn : kBob;
        const HoldAnswer h = call(w, dice, token, user);
        if (token != own || !(user == kAnn))
            require(h.status == Status::lost, "a token that is not one's own does nothing");
        w.abort(w.a);
        require(w.states().substr(0, 3) == "hhf" && w.audit().empty(), "the seats are as before");
    }
    return 0;
}
