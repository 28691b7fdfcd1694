// QR codes as SVG, by libqrencode.
#pragma once

#include <string>
#include <string_view>

namespace tix::gateway {

// An SVG image of `text` as a QR code: error correction M, the quiet zone of four modules, one
// path, one unit a module. The text itself is not in the image, so nothing needs escaping.
// Throws std::invalid_argument when it is empty or too long for any QR code (2331 bytes).
std::string qr_svg(std::string_view text);

}  // namespace tix::gateway
