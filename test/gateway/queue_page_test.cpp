// The promises of the waiting page: in the reader's language, nothing unescaped, no scripts.
#include "queue/page.hpp"

#include <gtest/gtest.h>

#include "queue/words.hpp"

namespace tix::gateway {
namespace {

constexpr Language kAll[] = {Language::kEnglish, Language::kChinese, Language::kUkrainian};

TEST(AcceptLanguage, TheOneWantedMost) {
    const auto is = [](std::string_view field) {
        return std::string(language_tag(language_of(field)));
    };
    EXPECT_EQ(is(""), "en");
    EXPECT_EQ(is("uk"), "uk");
    EXPECT_EQ(is("uk-UA,uk;q=0.9,en;q=0.8"), "uk");
    EXPECT_EQ(is("zh-TW"), "zh-TW");
    EXPECT_EQ(is("zh-Hant-TW;q=0.9, en;q=0.5"), "zh-TW");
    EXPECT_EQ(is("en;q=0.5, ZH-tw;q=0.900"), "zh-TW");
    EXPECT_EQ(is("de, fr;q=0.9, uk;q=0.1"), "uk");
    EXPECT_EQ(is("de, fr"), "en");
    EXPECT_EQ(is("*"), "en");
    EXPECT_EQ(is("uk;q=0, en;q=0.1"), "en");
    EXPECT_EQ(is("uk;q=0"), "en");
    EXPECT_EQ(is(" uk ; q=1.0 "), "uk");
    EXPECT_EQ(is("uk;Q=0.3,zh;q=0.2"), "uk");
}

TEST(AcceptLanguage, RubbishIsEnglish) {
    for (const char* field : {",,,,", ";;;", "q=1", "uk;q=2", "uk;q=abc", "uk;q=", "uk;q=0.9999999",
                              "uk;q=-1", "ukrainian", "u", "\xff\xfe", "zhx-TW", "uk;q=1.5"})
        EXPECT_EQ(language_of(field), Language::kEnglish) << field;
    EXPECT_EQ(language_of(std::string(100000, ',') + "uk"), Language::kEnglish);
}

TEST(Cookie, IsFoundByItsWholeName) {
    EXPECT_EQ(cookie("tix_queue=a", "tix_queue"), "a");
    EXPECT_EQ(cookie("x=1; tix_queue=a; y=2", "tix_queue"), "a");
    EXPECT_EQ(cookie("tix_queue=a; tix_queue=b", "tix_queue"), "a");
    EXPECT_EQ(cookie("tix_queue=a=b", "tix_queue"), "a=b");
    for (const char* header :
         {"", "tix_queue", "tix_queues=a", "xtix_queue=a", "TIX_QUEUE=a", ";;=;"})
        EXPECT_EQ(cookie(header, "tix_queue"), "") << header;
}

TEST(WaitingPage, EscapesWhateverOthersWrote) {
    WaitingPage page;
    page.event_name = "<script>alert(\"1\")</script> & 'co'";
    page.entrance = "\"><script>";
    page.admitted_until = "2026-11-21T<b>:00:00Z";
    for (const PageKind kind :
         {PageKind::kStranger, PageKind::kAdmitted, PageKind::kLapsed, PageKind::kClosed}) {
        page.kind = kind;
        const std::string text = waiting_page(page, Language::kEnglish);
        EXPECT_EQ(text.find("<script"), std::string::npos);
        EXPECT_EQ(text.find("<b>"), std::string::npos);
        EXPECT_NE(text.find("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;"),
                  std::string::npos);
        EXPECT_NE(text.find("href=\"&quot;&gt;&lt;script&gt;\""), std::string::npos);
    }
}

TEST(WaitingPage, SaysWhatThereIsToSayInEveryLanguage) {
    for (const Language language : kAll) {
        const Words& words = words_of(language);
        WaitingPage page;
        page.kind = PageKind::kWaiting;
        page.ahead = 4711;
        page.eta_s = 3700;
        page.reload_s = 12;
        const std::string text = waiting_page(page, language);
        EXPECT_NE(text.find("<html lang=\"" + std::string(words.tag) + "\">"), std::string::npos);
        EXPECT_NE(text.find(words.waiting), std::string::npos);
        EXPECT_NE(text.find("4711"), std::string::npos);
        EXPECT_NE(text.find("content=\"12\""), std::string::npos);
        EXPECT_NE(text.find("role=\"status\""), std::string::npos);
        EXPECT_EQ(text.find("{}"), std::string::npos);
        EXPECT_EQ(text.find("<form"), std::string::npos);
        page.kind = PageKind::kCalled;
        EXPECT_NE(waiting_page(page, language).find("<form method=\"post\"><button>"),
                  std::string::npos);
    }
}

TEST(WaitingPage, TellsTimesRoughly) {
    WaitingPage page;
    page.kind = PageKind::kWaiting;
    const auto says = [&](std::int64_t eta_s, const char* text) {
        page.eta_s = eta_s;
        return waiting_page(page, Language::kEnglish).find(text) != std::string::npos;
    };
    EXPECT_TRUE(says(0, "about 1 s<"));
    EXPECT_TRUE(says(59, "about 59 s<"));
    EXPECT_TRUE(says(60, "about 1 min<"));
    EXPECT_TRUE(says(61, "about 2 min<"));
    EXPECT_TRUE(says(3600, "about 1 h<"));
    EXPECT_TRUE(says(7320, "about 2 h 2 min<"));
}

TEST(WaitingPage, OfEveryKindIsWhole) {
    for (const Language language : kAll)
        for (int kind = 0; kind <= static_cast<int>(PageKind::kUnavailable); ++kind) {
            WaitingPage page;
            page.kind = static_cast<PageKind>(kind);
            page.entrance = "/";
            const std::string text = waiting_page(page, language);
            EXPECT_TRUE(text.starts_with("<!doctype html>"));
            EXPECT_TRUE(text.ends_with("</html>\n"));
            EXPECT_EQ(text.find("{}"), std::string::npos) << kind;
            EXPECT_EQ(text.find("http-equiv"), std::string::npos) << kind;
        }
}

}  // namespace
}  // namespace tix::gateway
