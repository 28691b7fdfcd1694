// The bytes of a plan file, plain or gzip, read in pieces, counted, hashed and limited.
//
// Memory: one buffer of kChunkBytes. Failure: next() answers end of input and refusal() says why.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../crypto/sha256.hpp"
#include "plan.hpp"

namespace tix::plan {

class Source {
public:
    // Takes the file named `path`; a failure to open or a file that is too large is a refusal.
    explicit Source(const std::string& path);
    // Takes bytes in memory (never gunzipped).
    static Source of_text(std::string text);

    Source(Source&&) noexcept = default;

    bool at_end();  // reads the next piece when the present one is used up
    char peek() const { return buffer_[next_]; }
    void advance();

    std::size_t bytes() const { return bytes_; }  // taken so far
    std::size_t line() const { return line_; }    // of the next byte, from 1
    bool saw_nul() const { return nul_; }         // among the bytes taken
    bool opened() const { return opened_; }
    const std::optional<Refusal>& refusal() const { return refusal_; }
    // SHA-256 of every byte read, in hex, with `salt` after them. Call once, at the end.
    std::string sha256(const std::string& salt);

private:
    Source();
    void refill();
    void refuse(Refusal refusal);

    std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
    crypto::Sha256 digest_;
    std::vector<char> buffer_;
    std::size_t next_ = 0;
    std::size_t filled_ = 0;
    std::size_t read_ = 0;  // bytes read from the file, after gunzip
    std::size_t bytes_ = 0;
    std::size_t line_ = 1;
    bool nul_ = false;
    bool opened_ = false;
    bool exhausted_ = false;
    std::optional<Refusal> refusal_;
};

}  // namespace tix::plan
