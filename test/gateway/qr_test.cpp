// The promises of QR codes: the drawn modules are the code's, with room around them, as clean SVG.
#include "qr/qr.hpp"

#include <gtest/gtest.h>
#include <qrencode.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

namespace tix::gateway {
namespace {

const std::string kCode = "TX1." + std::string(136, 'x');  // the size of a ticket's code

// The rows of the image, '#' for dark, as the path draws them.
std::vector<std::string> drawn(const std::string& svg) {
    int size = 0;
    EXPECT_EQ(std::sscanf(svg.c_str() + svg.find("viewBox"), "viewBox=\"0 0 %d", &size), 1);
    const auto count = static_cast<std::size_t>(size);
    std::vector<std::string> rows(count, std::string(count, '.'));
    const std::size_t start = svg.find(" d=\"") + 4;
    std::string path = svg.substr(start, svg.find('"', start) - start);
    while (!path.empty()) {
        unsigned x = 0, y = 0, width = 0, back = 0;
        int used = 0;
        if (std::sscanf(path.c_str(), "M%u %uh%uv1h-%uz%n", &x, &y, &width, &back, &used) != 4 ||
            used == 0 || width != back || y >= count || x + width > count) {
            ADD_FAILURE() << path.substr(0, 30);
            break;
        }
        rows[y].replace(x, width, width, '#');
        path.erase(0, static_cast<std::size_t>(used));
    }
    return rows;
}

TEST(Qr, the_modules_drawn_are_those_of_the_code_with_a_quiet_zone) {
    for (const std::string& text : {std::string("x"), std::string("123"), kCode}) {
        const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
            QRcode_encodeData(static_cast<int>(text.size()),
                              reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M),
            QRcode_free);
        const std::vector<std::string> rows = drawn(qr_svg(text));
        ASSERT_EQ(static_cast<int>(rows.size()), code->width + 8);
        for (int y = 0; y < code->width + 8; ++y)
            for (int x = 0; x < code->width + 8; ++x) {
                const bool inside = x >= 4 && y >= 4 && x < code->width + 4 && y < code->width + 4;
                const bool dark = inside && code->data[(y - 4) * code->width + x - 4] & 1;
                EXPECT_EQ(rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)],
                          dark ? '#' : '.')
                    << x << " " << y;
            }
    }
}

TEST(Qr, the_image_is_one_path_and_small) {
    const std::string svg = qr_svg(kCode);
    EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "));
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    EXPECT_EQ(svg.find("<path"), svg.rfind("<path"));
    EXPECT_NE(svg.find("crispEdges"), std::string::npos);
    EXPECT_LT(svg.size(), 30'000U);
}

TEST(Qr, text_never_reaches_the_image) {
    const std::string svg = qr_svg("</svg><script>alert(1)</script>&\"'");
    EXPECT_EQ(svg.find("script"), std::string::npos);
    EXPECT_EQ(svg.find('&'), std::string::npos);
    EXPECT_NO_THROW(qr_svg(std::string("a\0b", 3)));
}

TEST(Qr, what_no_code_can_hold_is_refused) {
    EXPECT_NO_THROW(qr_svg(std::string(2331, 'x')));
    EXPECT_THROW(qr_svg(std::string(2332, 'x')), std::invalid_argument);
    EXPECT_THROW(qr_svg(""), std::invalid_argument);
}

}  // namespace
}  // namespace tix::gateway
