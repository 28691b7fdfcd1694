// Reads the answers of an HTTP/1.1 server, however they are split on the way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tix::buyers::http {

struct Response {
    int status = 0;
    int retry_after_s = -1;
    bool replayed = false;  // Idempotency-Replayed: true
    bool closes = false;    // the server ends the connection after this answer
    std::string etag;
    std::string body;
};

class ResponseReader {
public:
    enum class State { kHead, kBody, kDone, kBroken };

    // Takes what has come. The body grows while the state is kBody and may be taken away early.
    State take(std::string_view bytes);
    // The connection ended: done if that is how the answer ends, else broken.
    State end();
    void reset() { *this = ResponseReader(); }

    State state() const { return state_; }
    Response& response() { return response_; }

private:
    enum class Framing { kLength, kChunkSize, kChunk, kChunkEnd, kTrailer, kToTheEnd };

    void take_head(std::string_view& bytes);
    void read_head(std::string_view head);
    void read_field(std::string_view name, std::string_view value);
    void begin_body();
    void take_body(std::string_view& bytes);
    void take_data(std::string_view& bytes, State after, Framing next);
    void take_line(std::string_view& bytes);

    State state_ = State::kHead;
    Framing framing_ = Framing::kToTheEnd;
    bool has_length_ = false;
    bool chunked_ = false;
    std::size_t left_ = 0;  // bytes of the body, or of the chunk, still to come
    std::string line_;      // the head, or a line of the chunked framing, as far as it has come
    Response response_;
};

}  // namespace tix::buyers::http
