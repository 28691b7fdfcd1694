// The waiting page: plain HTML that reloads itself, for browsers without scripts, in the reader's
// language. Nothing but escaped text of others gets into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tix::gateway {

enum class Language { kEnglish, kChinese, kUkrainian };

// The language wanted most that there is, by Accept-Language (RFC 9110 section 12.5.4); English
// when there is none, or the field cannot be read.
Language language_of(std::string_view accept_language);
std::string_view language_tag(Language language);

// For text and for attributes in double quotes.
std::string html_escaped(std::string_view text);

// The value of a cookie (RFC 6265), empty when it is missing; the first of several.
std::string_view cookie(std::string_view header, std::string_view name);

enum class PageKind {
    kStranger,  // has no place
    kWaiting,
    kBeforeDraw,  // joined, and the places are not drawn yet
    kPaused,
    kCalled,
    kAdmitted,
    kLapsed,
    kClosed,
    kBadToken,
    kNoRoom,  // the session has no waiting room
    kUnavailable,
};

struct WaitingPage {
    PageKind kind = PageKind::kStranger;
    std::string event_name;             // empty: not known
    std::int64_t waiting = 0;           // of kStranger: how many wait
    std::int64_t ahead = 0;             // of kWaiting and kPaused
    std::optional<std::int64_t> eta_s;  // of kWaiting; of kBeforeDraw: until the draw
    std::int64_t claim_within_s = 0;    // of kCalled
    std::string admitted_until;         // of kAdmitted: RFC 3339
    std::int64_t reload_s = 0;          // 0: it does not reload
    std::string entrance;               // where seats are chosen
};

std::string waiting_page(const WaitingPage& page, Language language);

}  // namespace tix::gateway
