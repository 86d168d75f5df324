#ifndef DESCENT_COURSE_ASSETS_H
#define DESCENT_COURSE_ASSETS_H

#include <stdint.h>

/// The bytes of a file of the course, by its path in Sources/DescentCourse; returns their number, or
/// -1 if there is no such file.
int64_t descent_course_asset(const char *_Nonnull name, const uint8_t *_Nullable *_Nonnull bytes);

#endif
