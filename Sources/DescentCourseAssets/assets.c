// The files of the course as they stand, so that the program needs nothing beside it.

#include "DescentCourseAssets.h"

#include <string.h>

static const uint8_t site_css[] = {
#embed "../DescentCourse/Site/site.css"
};
static const uint8_t site_js[] = {
#embed "../DescentCourse/Site/site.js"
};
static const uint8_t derivative_js[] = {
#embed "../DescentCourse/Site/controls/derivative.js"
};
static const uint8_t derivative_swift[] = {
#embed "../DescentCourse/Listings/DerivativeListing.swift"
};

static const struct {
  const char *name;
  const uint8_t *bytes;
  int64_t count;
} assets[] = {
  {"Site/site.css", site_css, sizeof site_css},
  {"Site/site.js", site_js, sizeof site_js},
  {"Site/controls/derivative.js", derivative_js, sizeof derivative_js},
  {"Listings/DerivativeListing.swift", derivative_swift, sizeof derivative_swift},
};

int64_t descent_course_asset(const char *name, const uint8_t **bytes) {
  for (size_t i = 0; i < sizeof assets / sizeof *assets; i++) {
    if (strcmp(assets[i].name, name) != 0) continue;
    *bytes = assets[i].bytes;
    return assets[i].count;
  }
  return -1;
}
