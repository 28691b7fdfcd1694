// Takes a stream of server-sent events apart, however it is split on the way.
#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace tix::buyers::http {

struct StreamEvent {
    std::string name;
    std::string data;
};

class EventStream {
public:
    void take(std::string_view bytes);
    // Moves the next whole event out; false when there is none yet.
    bool next(StreamEvent& event);
    // A half event is forgotten, as the connection that brought it.
    void restart();
    const std::string& last_id() const { return last_id_; }

private:
    void take_line(std::string_view line);

    std::string line_;
    std::string last_id_;
    std::string id_;
    StreamEvent event_;
    std::deque<StreamEvent> whole_;
};

}  // namespace tix::buyers::http
