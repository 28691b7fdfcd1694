// POSTs to the edge's private listener.
#include "publisher.hpp"

#include <charconv>
#include <string_view>

namespace tix::gateway {
namespace {

constexpr std::chrono::milliseconds kTimeout{2000};

}  // namespace

Publisher::Publisher(const std::string& url) {
    if (!url.empty()) client_ = std::make_unique<HttpClient>(url, kTimeout);
}

bool Publisher::renewed() {
    const auto answer = client_->get("/alive");
    const bool was_connected = connected_;
    connected_ = answer && answer->status == 200;
    if (!connected_) return false;
    const bool is_new = !was_connected || client_->connections() != seen_;
    seen_ = client_->connections();
    return is_new;
}

bool Publisher::send(const std::string& channel, const char* event, const std::string& data) {
    const auto answer =
        client_->post("/" + channel, data, "application/json", {{"X-EventSource-Event", event}});
    const bool taken =
        answer && answer->status >= 200 && answer->status < 300 && client_->connections() == seen_;
    if (!taken) connected_ = false;
    return taken;
}

int Publisher::subscribers() {
    constexpr std::string_view kLine = "subscribers: ";
    const auto answer = client_->get("/subscribers");
    if (!answer || answer->status != 200) return -1;
    const auto place = answer->body.find(kLine);
    if (place == std::string::npos) return -1;
    int count = -1;
    std::from_chars(answer->body.data() + place + kLine.size(),
                    answer->body.data() + answer->body.size(), count);
    return count;
}

}  // namespace tix::gateway
