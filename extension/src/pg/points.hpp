// Named stop points, listed in points.def: in a build with TIX_POINTS=1 a test may make a process
// wait, fail, sleep or die there. In a release TIX_POINT is nothing.
#pragma once

#ifdef TIX_POINTS

namespace tix::pg {

enum class Point {
#define TIX_POINT_NAME(name, kind, what) name,
#include "points.def"
};

void pass_point(Point point);
void install_points();

}  // namespace tix::pg

#define TIX_POINT(name) ::tix::pg::pass_point(::tix::pg::Point::name)

#else

namespace tix::pg {

inline void install_points() {}

}  // namespace tix::pg

#define TIX_POINT(name) static_cast<void>(0)

#endif
