// The words of the waiting page in each of its languages. A "{}" stands for a number or a time.
#pragma once

#include "page.hpp"

namespace tix::gateway {

struct Words {
    const char* tag;
    const char* title;
    const char* seconds;
    const char* minutes;
    const char* hours;
    const char* stranger;
    const char* in_line;
    const char* waiting;
    const char* ahead;
    const char* eta;
    const char* before_draw;
    const char* draw_in;
    const char* paused;
    const char* called;
    const char* claim_within;
    const char* claim;
    const char* admitted;
    const char* admitted_until;
    const char* enter;
    const char* lapsed;
    const char* closed;
    const char* bad_token;
    const char* no_room;
    const char* unavailable;
    const char* to_shop;
    const char* reloads;
    const char* reload;
};

const Words& words_of(Language language);

}  // namespace tix::gateway
