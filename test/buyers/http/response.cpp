// The reader as a state machine over bytes.
#include "http/response.hpp"

#include <algorithm>
#include <charconv>

namespace tix::buyers::http {
namespace {

constexpr std::size_t kHeadMax = 64 * 1024;
constexpr std::size_t kLineMax = 4096;
constexpr std::size_t kBodyReserveMax = 1024 * 1024;

bool is_like(std::string_view a, std::string_view lower) {
    return a.size() == lower.size() &&
           std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
               return (x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x) == y;
           });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

template <typename Number>
bool parse(std::string_view text, Number& number, int base = 10) {
    const auto [stop, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc() && stop != text.data();
}

}  // namespace

ResponseReader::State ResponseReader::take(std::string_view bytes) {
    while (!bytes.empty() && state_ == State::kHead)
        take_head(bytes);
    while (!bytes.empty() && state_ == State::kBody)
        take_body(bytes);
    // Nobody here sends a second request before the first answer.
    if (!bytes.empty()) state_ = State::kBroken;
    return state_;
}

ResponseReader::State ResponseReader::end() {
    const bool whole = state_ == State::kBody && framing_ == Framing::kToTheEnd;
    state_ = whole ? State::kDone : State::kBroken;
    return state_;
}

void ResponseReader::take_head(std::string_view& bytes) {
    const std::size_t before = line_.size();
    line_.append(bytes);
    const std::size_t stop = line_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (stop == std::string::npos) {
        bytes = {};
        if (line_.size() > kHeadMax) state_ = State::kBroken;
        return;
    }
    bytes.remove_prefix(stop + 4 - before);
    read_head(std::string_view(line_).substr(0, stop));
    line_.clear();
    if (state_ == State::kBroken) return;
    if (response_.status < 200) {  // an interim answer; the real one follows
        response_ = {};
    } else {
        begin_body();
    }
}

void ResponseReader::read_head(std::string_view head) {
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    if (head.substr(0, kVersion.size()) != kVersion ||
        !parse(head.substr(kVersion.size(), 3), response_.status) || response_.status < 100) {
        state_ = State::kBroken;
        return;
    }
    for (std::size_t at = head.find('\n'); at != std::string_view::npos;) {
        const std::size_t next = head.find('\n', at + 1);
        const std::string_view line = head.substr(at + 1, next - at - 1);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos)
            read_field(line.substr(0, colon), trimmed(line.substr(colon + 1)));
        at = next;
    }
}

void ResponseReader::read_field(std::string_view name, std::string_view value) {
    if (is_like(name, "content-length")) {
        has_length_ = parse(value, left_);
        if (!has_length_) state_ = State::kBroken;
    } else if (is_like(name, "transfer-encoding")) {
        chunked_ = is_like(value, "chunked");
    } else if (is_like(name, "connection")) {
        response_.closes = is_like(value, "close");
    } else if (is_like(name, "retry-after")) {
        parse(value, response_.retry_after_s);
    } else if (is_like(name, "etag")) {
        response_.etag = value;
    } else if (is_like(name, "idempotency-replayed")) {
        response_.replayed = is_like(value, "true");
    }
}

void ResponseReader::begin_body() {
    state_ = State::kBody;
    if (response_.status == 204 || response_.status == 304) {
        state_ = State::kDone;
    } else if (chunked_) {
        framing_ = Framing::kChunkSize;
    } else if (has_length_) {
        framing_ = Framing::kLength;
        response_.body.reserve(std::min(left_, kBodyReserveMax));
        if (left_ == 0) state_ = State::kDone;
    } else {
        framing_ = Framing::kToTheEnd;
        response_.closes = true;
    }
}

void ResponseReader::take_body(std::string_view& bytes) {
    switch (framing_) {
        case Framing::kLength:
            return take_data(bytes, State::kDone, Framing::kLength);
        case Framing::kChunk:
            return take_data(bytes, State::kBody, Framing::kChunkEnd);
        case Framing::kToTheEnd:
            response_.body.append(bytes);
            bytes = {};
            return;
        case Framing::kChunkSize:
        case Framing::kChunkEnd:
        case Framing::kTrailer:
            return take_line(bytes);
    }
}

void ResponseReader::take_data(std::string_view& bytes, State after, Framing next) {
    const std::size_t count = std::min(left_, bytes.size());
    response_.body.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    left_ -= count;
    if (left_ > 0) return;
    state_ = after;
    framing_ = next;
}

// A line of the chunked framing: a size, the end of a chunk, or a trailer.
void ResponseReader::take_line(std::string_view& bytes) {
    const std::size_t stop = bytes.find('\n');
    line_.append(bytes.substr(0, stop));
    bytes.remove_prefix(stop == std::string_view::npos ? bytes.size() : stop + 1);
    if (stop == std::string_view::npos) {
        if (line_.size() > kLineMax) state_ = State::kBroken;
        return;
    }
    const std::string_view line = trimmed(line_);
    if (framing_ == Framing::kChunkSize) {
        if (!parse(line, left_, 16)) {
            state_ = State::kBroken;
        } else {
            framing_ = left_ == 0 ? Framing::kTrailer : Framing::kChunk;
        }
    } else if (!line.empty() && framing_ == Framing::kChunkEnd) {
        state_ = State::kBroken;
    } else if (framing_ == Framing::kChunkEnd) {
        framing_ = Framing::kChunkSize;
    } else if (line.empty()) {
        state_ = State::kDone;
    }
    line_.clear();
}

}  // namespace tix::buyers::http
