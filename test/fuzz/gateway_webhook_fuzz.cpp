// Signatures of webhooks: a header passes if and only if one of its codes is that of the body, at a
// time that is near enough.
#include "dice.hpp"
#include "providers/signature.hpp"
#include "webhooks/signature.hpp"

namespace {

using namespace tix::gateway;
using tix::fuzz::require;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tix::fuzz::Dice dice(data, size);
    const std::uint8_t way = dice.byte();
    const std::int64_t time = kNow + dice.number<std::uint16_t>() - 32768;
    const std::string before = dice.text(60), after = dice.text(60), body = dice.rest();
    const std::string good = sign(body, kSecret, time);
    std::string why;
    const auto verifies = [&](const std::string& header, const std::string& of = {}) {
        return verify_signature(header, of, kSecret, kNow, why);
    };
    const bool is_near = time >= kNow - 300 && time <= kNow + 300;
    require(verifies(good, body) == is_near, "what was signed passes while it is fresh");
    require(!verifies(before + after, body), "no signature is guessed");
    require(!verifies(good, body + "x"), "another body has another signature");
    require(!verify_signature(good, body, "another secret", kNow, why), "so has another secret");
    std::string changed = good;
    const std::size_t at = way % good.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << way % 7));
    if (verifies(changed, body)) require(false, "a changed header passes");
    // Other schemes beside ours are ignored; what is malformed spoils the whole.
    if (verifies(before + "," + good + "," + after, body))
        require(is_near, "whatever stands around it, the time counts");
    const std::string outgoing =
        webhook_signature({"whsec_" + std::string(44, 'A')}, before, time, body);
    require(outgoing.size() == 47 && outgoing.starts_with("v1,"), "ours has one form");
    return 0;
}
