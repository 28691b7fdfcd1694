// spdlog's console logger with a pattern of its own and the event printed as JSON.
#include "log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace tix::gateway {
namespace {

constexpr std::chrono::seconds kFlushEvery{1};

void write(spdlog::level::level_enum level, std::string_view event, const Json& fields) {
    spdlog::logger* const logger = spdlog::default_logger_raw();
    if (!logger->should_log(level)) return;
    std::string line = "\"event\":" + Json(event).dump();
    const std::string members = fields.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (members.size() > 2) line += "," + members.substr(1, members.size() - 2);
    logger->log(level, line);
}

spdlog::level::level_enum parsed_level(const std::string& level) {
    const auto parsed = spdlog::level::from_str(level);
    if (parsed == spdlog::level::off)
        throw std::invalid_argument("setting log.level must be error, warn, info or debug");
    return parsed;
}

}  // namespace

void set_log_level(const std::string& level) {
    spdlog::default_logger_raw()->set_level(parsed_level(level));
}

void open_log(const std::string& level) {
    const auto parsed = parsed_level(level);
    auto logger = spdlog::stdout_logger_mt("tix-gateway");
    logger->set_pattern(R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                        spdlog::pattern_time_type::utc);
    logger->set_level(parsed);
    logger->flush_on(spdlog::level::warn);
    spdlog::set_default_logger(std::move(logger));
    spdlog::flush_every(kFlushEvery);
}

void log_info(std::string_view event, const Json& fields) {
    write(spdlog::level::info, event, fields);
}
void log_warn(std::string_view event, const Json& fields) {
    write(spdlog::level::warn, event, fields);
}
void log_error(std::string_view event, const Json& fields) {
    write(spdlog::level::err, event, fields);
}
void flush_log() {
    spdlog::default_logger_raw()->flush();
}

}  // namespace tix::gateway
