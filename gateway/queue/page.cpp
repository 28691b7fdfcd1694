// One paragraph for each thing there is to say.
#include "page.hpp"

#include <algorithm>

#include "words.hpp"

namespace tix::gateway {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3600;
constexpr int kWeightOne = 1000;
constexpr std::size_t kRangesMax = 32;

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

// Cuts off and returns what stands before the next `mark`.
std::string_view next_part(std::string_view& text, char mark) {
    const std::string_view part = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return trimmed(part);
}

std::string lower(std::string_view text) {
    std::string small(text);
    for (char& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return small;
}

// "q=0.7" as thousandths; what is no weight is 0.
int weight_of(std::string_view parameter) {
    const std::string text = lower(parameter);
    if (!text.starts_with("q=") || text.size() < 3 || text.size() > 7) return 0;
    const std::string_view digits = std::string_view(text).substr(2);
    if ((digits[0] != '0' && digits[0] != '1') || (digits.size() > 1 && digits[1] != '.')) return 0;
    int thousandths = (digits[0] - '0') * kWeightOne;
    int unit = 100;
    for (const char c : digits.substr(std::min<std::size_t>(2, digits.size()))) {
        if (c < '0' || c > '9') return 0;
        thousandths += (c - '0') * unit;
        unit /= 10;
    }
    return thousandths <= kWeightOne ? thousandths : 0;
}

std::optional<Language> spoken(const std::string& range) {
    const std::string primary = range.substr(0, range.find('-'));
    if (primary == "en" || primary == "*") return Language::kEnglish;
    if (primary == "zh") return Language::kChinese;
    if (primary == "uk") return Language::kUkrainian;
    return std::nullopt;
}

std::string filled(std::string_view pattern, std::string_view value) {
    std::string text(pattern);
    const auto hole = text.find("{}");
    if (hole != std::string::npos) text.replace(hole, 2, value);
    return text;
}

std::string duration(const Words& words, std::int64_t seconds) {
    if (seconds < kMinute)
        return filled(words.seconds, std::to_string(std::max<std::int64_t>(seconds, 1)));
    if (seconds < kHour)
        return filled(words.minutes, std::to_string((seconds + kMinute - 1) / kMinute));
    const std::int64_t minutes = seconds % kHour / kMinute;
    std::string text = filled(words.hours, std::to_string(seconds / kHour));
    if (minutes > 0) text += " " + filled(words.minutes, std::to_string(minutes));
    return text;
}

std::string paragraph(std::string_view text) {
    return "<p>" + html_escaped(text) + "</p>\n";
}

std::string way(std::string_view target, std::string_view text) {
    return "<p><a href=\"" + html_escaped(target) + "\">" + html_escaped(text) + "</a></p>\n";
}

// "2026-11-21T22:59:03.123Z" as "2026-11-21 22:59".
std::string readable(std::string_view time) {
    std::string text(time.substr(0, 16));
    std::replace(text.begin(), text.end(), 'T', ' ');
    return text;
}

// What is new since the last reload comes first, as one sentence that is read out.
const char* status_of(PageKind kind, const Words& words) {
    switch (kind) {
        case PageKind::kStranger:
            return words.stranger;
        case PageKind::kWaiting:
            return words.waiting;
        case PageKind::kBeforeDraw:
            return words.before_draw;
        case PageKind::kPaused:
            return words.paused;
        case PageKind::kCalled:
            return words.called;
        case PageKind::kAdmitted:
            return words.admitted;
        case PageKind::kLapsed:
            return words.lapsed;
        case PageKind::kClosed:
            return words.closed;
        case PageKind::kBadToken:
            return words.bad_token;
        case PageKind::kNoRoom:
            return words.no_room;
        case PageKind::kUnavailable:
            break;
    }
    return words.unavailable;
}

std::string details(const WaitingPage& page, const Words& words) {
    switch (page.kind) {
        case PageKind::kStranger:
            return paragraph(filled(words.in_line, std::to_string(page.waiting))) +
                   way(page.entrance, words.to_shop);
        case PageKind::kWaiting:
        case PageKind::kPaused: {
            std::string text = paragraph(filled(words.ahead, std::to_string(page.ahead)));
            if (page.eta_s) text += paragraph(filled(words.eta, duration(words, *page.eta_s)));
            return text;
        }
        case PageKind::kBeforeDraw:
            return page.eta_s ? paragraph(filled(words.draw_in, duration(words, *page.eta_s))) : "";
        case PageKind::kCalled:
            return paragraph(filled(words.claim_within, duration(words, page.claim_within_s))) +
                   "<form method=\"post\"><button>" + html_escaped(words.claim) +
                   "</button></form>\n";
        case PageKind::kAdmitted:
            return paragraph(filled(words.admitted_until, readable(page.admitted_until))) +
                   way(page.entrance, words.enter);
        case PageKind::kUnavailable:
            return "";
        default:
            return way(page.entrance, words.to_shop);
    }
}

}  // namespace

Language language_of(std::string_view accept_language) {
    Language best = Language::kEnglish;
    int best_weight = 0;
    for (std::size_t n = 0; n < kRangesMax && !accept_language.empty(); ++n) {
        std::string_view entry = next_part(accept_language, ',');
        const auto language = spoken(lower(next_part(entry, ';')));
        const int weight = entry.empty() ? kWeightOne : weight_of(trimmed(entry));
        if (!language || weight <= best_weight) continue;
        best = *language;
        best_weight = weight;
    }
    return best;
}

std::string_view language_tag(Language language) {
    return words_of(language).tag;
}

std::string html_escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

std::string_view cookie(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        std::string_view pair = next_part(header, ';');
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return pair.substr(equals + 1);
    }
    return {};
}

std::string waiting_page(const WaitingPage& page, Language language) {
    const Words& words = words_of(language);
    const std::string name = html_escaped(page.event_name);
    std::string text = "<!doctype html>\n<html lang=\"" + std::string(words.tag) +
                       "\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"robots\" content=\"noindex\">\n";
    if (page.reload_s > 0)
        text += "<meta http-equiv=\"refresh\" content=\"" + std::to_string(page.reload_s) + "\">\n";
    text +=
        "<title>" + html_escaped(words.title) + (name.empty() ? "" : " – " + name) +
        "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<main>\n<h1>" +
        html_escaped(words.title) + "</h1>\n";
    if (!name.empty()) text += "<p><strong>" + name + "</strong></p>\n";
    text += "<p role=\"status\">" + html_escaped(status_of(page.kind, words)) + "</p>\n";
    text += details(page, words);
    if (page.reload_s > 0)
        text += paragraph(filled(words.reloads, duration(words, page.reload_s))) +
                way("?", words.reload);
    text += "</main>\n</body>\n</html>\n";
    return text;
}

}  // namespace tix::gateway
