// Draws each run of dark modules of a row as one rectangle of the path.
#include "qr.hpp"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace tix::gateway {

namespace {

constexpr int kQuietZone = 4;

std::string path_of(const QRcode& code) {
    std::string path;
    const auto dark = [&code](int x, int y) { return (code.data[y * code.width + x] & 1) != 0; };
    for (int y = 0; y < code.width; ++y) {
        for (int x = 0; x < code.width; ++x) {
            if (!dark(x, y)) continue;
            const int start = x;
            while (x < code.width && dark(x, y))
                ++x;
            const std::string size = std::to_string(x - start);
            path += "M" + std::to_string(start + kQuietZone) + " " +
                    std::to_string(y + kQuietZone) + "h" + size + "v1h-" + size + "z";
        }
    }
    return path;
}

}  // namespace

std::string qr_svg(std::string_view text) {
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
        QRcode_encodeData(static_cast<int>(text.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M),
        QRcode_free);
    if (code == nullptr) throw std::invalid_argument("no QR code can hold this text");
    const std::string size = std::to_string(code->width + 2 * kQuietZone);
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + " " + size +
           "\" shape-rendering=\"crispEdges\"><rect width=\"" + size + "\" height=\"" + size +
           "\" fill=\"#fff\"/><path fill=\"#000\" d=\"" + path_of(*code) + "\"/></svg>\n";
}

}  // namespace tix::gateway
