// Reads a plan file through zlib, which passes plain files unchanged.
#include "source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "limits.hpp"

namespace tix::plan {
namespace {

constexpr std::size_t kChunkBytes = 64UL * 1024;

Refusal too_large() {
    return {"plan is larger than " + std::to_string(kPlanBytesMax / 1024 / 1024) + " MiB",
            "The limit holds for the JSON text, after gunzip.",
            "Remove embedded images and vendor data, or split the venue into several plans."};
}

Refusal unreadable(const std::string& path, const std::string& why) {
    return {"could not read \"" + path + "\": " + why, "",
            "Name a readable .json or .json.gz file."};
}

}  // namespace

Source::Source() : file_(nullptr, gzclose_r), buffer_(kChunkBytes) {}

Source::Source(const std::string& path) : Source() {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        refuse(unreadable(path, std::strerror(errno)));
        return;
    }
    struct stat about = {};
    if (fstat(fd, &about) != 0 || S_ISDIR(about.st_mode)) {
        close(fd);
        refuse(unreadable(path, "it is a directory"));
        return;
    }
    opened_ = true;
    if (S_ISREG(about.st_mode) && static_cast<std::size_t>(about.st_size) > kPlanBytesMax) {
        close(fd);
        refuse(too_large());
        return;
    }
    file_.reset(gzdopen(fd, "rb"));
    if (!file_) {
        close(fd);
        refuse(unreadable(path, "out of memory"));
    }
}

Source Source::of_text(std::string text) {
    Source source;
    source.opened_ = true;
    source.exhausted_ = true;
    source.buffer_.assign(text.begin(), text.end());
    source.filled_ = source.read_ = text.size();
    source.digest_.update(text.data(), text.size());
    if (text.size() > kPlanBytesMax) source.refuse(too_large());
    return source;
}

void Source::refuse(Refusal refusal) {
    refusal_ = std::move(refusal);
    exhausted_ = true;
    next_ = filled_ = 0;
}

void Source::refill() {
    const int got = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
    int code = Z_OK;
    const char* why = gzerror(file_.get(), &code);
    if (got < 0 || code == Z_BUF_ERROR) {
        refuse({"plan could not be read after byte " + std::to_string(read_),
                code == Z_BUF_ERROR ? "The gzip data ends too early." : std::string(why),
                "Copy the file again; \"gzip -t\" tells whether it is whole."});
        return;
    }
    next_ = 0;
    filled_ = static_cast<std::size_t>(got);
    read_ += filled_;
    exhausted_ = filled_ == 0;
    if (read_ > kPlanBytesMax) {
        refuse(too_large());
        return;
    }
    digest_.update(buffer_.data(), filled_);
}

bool Source::at_end() {
    if (next_ < filled_) return false;
    if (!exhausted_) refill();
    return next_ >= filled_;
}

void Source::advance() {
    if (buffer_[next_] == '\n') ++line_;
    if (buffer_[next_] == '\0') nul_ = true;
    ++next_;
    ++bytes_;
}

std::string Source::sha256(const std::string& salt) {
    digest_.update(salt.data(), salt.size());
    return digest_.hex();
}

}  // namespace tix::plan
