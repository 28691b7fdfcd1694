// The line format of server-sent events.
#include "http/event_stream.hpp"

#include <utility>

namespace tix::buyers::http {

void EventStream::take(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t stop = bytes.find('\n');
        line_.append(bytes.substr(0, stop));
        if (stop == std::string_view::npos) return;
        bytes.remove_prefix(stop + 1);
        if (!line_.empty() && line_.back() == '\r') line_.pop_back();
        take_line(line_);
        line_.clear();
    }
}

void EventStream::take_line(std::string_view line) {
    if (line.empty()) {
        if (!id_.empty()) last_id_ = std::exchange(id_, {});
        if (!event_.data.empty()) whole_.push_back(std::move(event_));
        event_ = {};
        return;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == line.npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (name == "data") {
        if (!event_.data.empty()) event_.data += '\n';
        event_.data += value;
    } else if (name == "event") {
        event_.name = value;
    } else if (name == "id") {
        id_ = value;
    }
}

bool EventStream::next(StreamEvent& event) {
    if (whole_.empty()) return false;
    event = std::move(whole_.front());
    whole_.pop_front();
    return true;
}

void EventStream::restart() {
    line_.clear();
    id_.clear();
    event_ = {};
}

}  // namespace tix::buyers::http
