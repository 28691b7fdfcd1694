// The rule of the stream: older than the picture → ignored, next → applied, a gap → read anew.
#include "http/feed.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "http/token.hpp"

namespace tix::buyers::http {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds kReopen{500};

std::int64_t sequence_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size())
        throw std::runtime_error("\"" + std::string(text) + "\" is no sequence number");
    return number;
}

float coordinate(const Json& seat, const char* name) {
    const auto found = seat.find(name);
    return found != seat.end() && found->is_number() ? found->get<float>() : 0.0F;
}

}  // namespace

Feed::Feed(Crowd& crowd, const Server& server, int epoll, std::uint32_t stream_address,
           std::uint32_t reader_address)
    : crowd_(crowd),
      server_(server),
      epoll_(epoll),
      stream_address_(stream_address),
      reader_address_(reader_address) {}

void Feed::tick(std::int64_t now_ms) {
    const auto now = Clock::now();
    now_ms_ = now_ms;
    if (stream_.state() == Link::State::kClosed && now >= stream_opens_ &&
        !stream_.open(epoll_, kStreamTag, server_, stream_address_))
        stream_lost("the edge refuses connections");
    if (!wants_picture_ || !listens_ || now < reader_asks_) return;
    if (reader_.state() == Link::State::kOpen && !reader_.answer_is_due()) return ask_for_map();
    if (reader_.state() == Link::State::kClosed)
        reader_.open(epoll_, kReaderTag, server_, reader_address_);
}

void Feed::ready(std::uint64_t tag, std::uint32_t events) {
    if (tag == kStreamTag) {
        stream_ready(events);
    } else {
        reader_ready(events);
    }
}

void Feed::stream_ready(std::uint32_t events) {
    const Link::News news = stream_.ready(events);
    if (news == Link::News::kOpened) {
        std::string fields = "Accept: text/event-stream\r\n";
        if (!events_.last_id().empty()) fields += "Last-Event-ID: " + events_.last_id() + "\r\n";
        const Request request{.path = "/v1/sessions/" + crowd_.session_id + "/stream",
                              .fields = fields};
        if (!stream_.send(request.print(server_.authority))) stream_lost("the stream ended");
        return;
    }
    Response& answer = stream_.response();
    if (answer.status != 0 && answer.status != 200) {
        events_ = {};  // the edge may not know the id we want to go on from
        return stream_lost("the stream answers " + std::to_string(answer.status));
    }
    listens_ = listens_ || answer.status == 200;
    events_.take(std::exchange(answer.body, {}));
    for (StreamEvent event; events_.next(event);) {
        ++crowd_.statistics.traffic.stream_messages;
        waiting_.push_back(std::move(event));
    }
    apply_waiting();
    if (news != Link::News::kNothing) stream_lost("the stream ended");
}

void Feed::stream_lost(const std::string& why) {
    ++crowd_.statistics.traffic.stream_reconnects;
    trouble_ = why;
    stream_.close();
    events_.restart();
    stream_opens_ = Clock::now() + kReopen;
}

void Feed::ask_for_map() {
    const std::string path = "/v1/sessions/" + crowd_.session_id + "/seats";
    const Request request{.path = path,
                          .fields = has_seats() ? "Accept: application/octet-stream\r\n"
                                                : "Accept: application/json\r\n"};
    if (!reader_.send(request.print(server_.authority))) reader_.close();
}

void Feed::reader_ready(std::uint32_t events) {
    const Link::News news = reader_.ready(events);
    if (news == Link::News::kOpened && wants_picture_) ask_for_map();
    if (news == Link::News::kAnswered) read_answer(reader_.response());
    if (news == Link::News::kLost) {
        reader_.close();
        reader_asks_ = Clock::now() + kReopen;
    }
}

void Feed::read_answer(Response& answer) {
    if (answer.status == 200) {
        if (has_seats()) {
            load_map(answer);
        } else {
            load_seats(answer.body);
        }
        wants_picture_ = false;
        apply_waiting();
    } else {
        trouble_ = "the seats answer " + std::to_string(answer.status);
        reader_asks_ = Clock::now() + kReopen;
    }
    if (answer.closes) reader_.close();
}

void Feed::load_seats(const std::string& body) {
    const Json data = Json::parse(body).at("data");
    for (const Json& seat : data.at("seats")) {
        if (seat.at("ordinal").get<std::size_t>() != crowd_.market.capacity())
            throw std::runtime_error("the seats are not listed in the order of their ordinals");
        crowd_.market.add({seat.at("seatId"), seat.at("areaId"), seat.at("row"),
                           coordinate(seat, "x"), coordinate(seat, "y"),
                           look_of(seat.at("state").get<std::string>()), -1});
    }
    if (!has_seats()) throw std::runtime_error("the session has no seats");
    crowd_.market.rank();
    sequence_ = sequence_of(data.at("seq").get<std::string>());
}

void Feed::load_map(const Response& answer) {
    std::string_view tag = answer.etag;
    if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"')
        throw std::runtime_error("the seat map has no ETag");
    tag = tag.substr(1, tag.size() - 2);
    if (answer.body.size() != (crowd_.market.capacity() + 3) / 4)
        throw std::runtime_error("the seat map has " + std::to_string(answer.body.size()) +
                                 " bytes");
    sequence_ = sequence_of(tag);
    crowd_.market.set_all(answer.body, now_ms_);
}

void Feed::apply_waiting() {
    while (!wants_picture_ && !waiting_.empty()) {
        const StreamEvent event = std::move(waiting_.front());
        waiting_.pop_front();
        apply(event);
    }
}

void Feed::apply(const StreamEvent& event) {
    const Json message = Json::parse(event.data);
    const std::int64_t sequence = sequence_of(message.at("seq").get<std::string>());
    const bool resync = event.name == "resync";
    if (sequence <= sequence_) return;
    if (resync || sequence_of(message.at("prev").get<std::string>()) > sequence_) {
        ++resyncs_;
        wants_picture_ = true;
        return;
    }
    for (const Json& change : message.at("changes"))
        crowd_.market.set(change.at(0).get<std::size_t>(),
                          static_cast<Look>(change.at(1).get<unsigned>() & 3), now_ms_);
    sequence_ = sequence;
}

}  // namespace tix::buyers::http
