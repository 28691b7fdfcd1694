// POSTs to the edge's private listener.
#include "publisher.hpp"

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

bool Publisher::send(const std::string& session_id, const char* event, const std::string& data) {
    const auto answer =
        client_->post("/" + session_id, data, "application/json", {{"X-EventSource-Event", event}});
    const bool taken =
        answer && answer->status >= 200 && answer->status < 300 && client_->connections() == seen_;
    if (!taken) connected_ = false;
    return taken;
}

}  // namespace tix::gateway
