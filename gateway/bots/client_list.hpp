// A list of clients: users by their id, networks by address or prefix ("192.0.2.0/24").
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tix::gateway {

class ClientList {
public:
    // False, and nothing is added, when the text names neither a user nor a network.
    bool add(std::string_view text);
    // Whether the list names the address, a network it is in, or the user ("": nobody).
    bool names(std::string_view address, std::string_view user) const;
    std::size_t size() const;

private:
    // IPv4 in its IPv6 form, so that both are one.
    using Address = std::array<unsigned char, 16>;

    std::unordered_set<std::string> users_;
    std::map<int, std::set<Address>> networks_;  // by bits of 128
};

}  // namespace tix::gateway
