// Pooling for one floating-point type. The including file defines REAL, VECTOR, MASK, COUNT, LOAD,
// STORE, EVEN, ODD, LOW_PAIRS, HIGH_PAIRS and NAME(x).

/// A pixel, or nothing where the window stands over the border.
typedef struct { int64_t first[2], end[2]; } NAME(window);

INLINE NAME(window) NAME(window_at)(const descent_pooling *p, int64_t y, int64_t x) {
  int64_t at[2] = {y, x};
  NAME(window) w;
  for (int d = 0; d < 2; d++) {
    int64_t start = at[d] * p->stride[d] - p->padding[d];
    w.first[d] = descent_maximum(start, 0);
    w.end[d] = descent_minimum(start + p->kernel[d], p->x_size[d]);
  }
  return w;
}

/// Where the first of the largest pixels of a window lies; a NaN is larger than all.
INLINE int64_t NAME(largest)(const descent_pooling *p, const REAL *plane, NAME(window) w) {
  int64_t best = w.first[0] * p->x_size[1] + w.first[1];
  for (int64_t y = w.first[0]; y < w.end[0]; y++) {
    for (int64_t x = w.first[1]; x < w.end[1]; x++) {
      int64_t at = y * p->x_size[1] + x;
      REAL v = plane[at], most = plane[best];
      if (v > most || (v != v && most == most)) best = at;
    }
  }
  return best;
}

/// Two by two, side by side, as most networks have it: a row of windows at a time. `value` is what is
/// chosen from, or NULL; `slope` is what is handed back, or NULL.
INLINE int64_t NAME(largest_of_four)(const REAL *top, const REAL *bottom, const REAL *value_top,
                                     const REAL *value_bottom, REAL *to, const REAL *slope,
                                     REAL *to_bottom, int64_t count) {
  int64_t i = 0;
  for (; i + COUNT <= count; i += COUNT) {
    VECTOR t0 = LOAD(top + 2 * i), t1 = LOAD(top + 2 * i + COUNT);
    VECTOR b0 = LOAD(bottom + 2 * i), b1 = LOAD(bottom + 2 * i + COUNT);
    VECTOR a = EVEN(t0, t1), b = ODD(t0, t1), c = EVEN(b0, b1), d = ODD(b0, b1);
    // Is the second larger than the first, the fourth than the third, the lower two than the upper?
    MASK right = (b > a) | ((b != b) & (a == a)), low = (d > c) | ((d != d) & (c == c));
    VECTOR upper = right ? b : a, lower = low ? d : c;
    MASK down = (lower > upper) | ((lower != lower) & (upper == upper));
    if (slope) {
      VECTOR s = LOAD(slope + i), zero = 0;
      VECTOR up = down ? zero : s, under = down ? s : zero;
      VECTOR e = right ? zero : up, f = right ? up : zero, g = low ? zero : under,
             h = low ? under : zero;
      STORE(to + 2 * i, LOW_PAIRS(e, f));
      STORE(to + 2 * i + COUNT, HIGH_PAIRS(e, f));
      STORE(to_bottom + 2 * i, LOW_PAIRS(g, h));
      STORE(to_bottom + 2 * i + COUNT, HIGH_PAIRS(g, h));
    } else if (value_top == top) {
      STORE(to + i, down ? lower : upper);
    } else {
      t0 = LOAD(value_top + 2 * i), t1 = LOAD(value_top + 2 * i + COUNT);
      b0 = LOAD(value_bottom + 2 * i), b1 = LOAD(value_bottom + 2 * i + COUNT);
      upper = right ? ODD(t0, t1) : EVEN(t0, t1);
      lower = low ? ODD(b0, b1) : EVEN(b0, b1);
      STORE(to + i, down ? lower : upper);
    }
  }
  return i;
}

/// Chooses from `values` where `x` is largest, or hands `slopes` back to there.
static void NAME(pool_largest)(const descent_pooling *p, int64_t first, int64_t end,
                               void *const *buffers) {
  const int64_t x_plane = p->x_size[0] * p->x_size[1], y_plane = p->y_size[0] * p->y_size[1];
  const REAL *x = (const REAL *)descent_address(&p->x, buffers);
  const bool chooses = p->operation == DESCENT_POOLING_CHOOSE;
  REAL *wide = (REAL *)descent_address(&p->wide, buffers);
  REAL *narrow = (REAL *)descent_address(&p->narrow, buffers);
  const bool in_fours = p->kernel[0] == 2 && p->kernel[1] == 2 && p->stride[0] == 2 &&
                        p->stride[1] == 2 && p->padding[0] == 0 && p->padding[1] == 0;
  for (int64_t plane = first; plane < end; plane++) {
    const REAL *from = x + plane * x_plane;
    REAL *pixels = wide + plane * x_plane, *results = narrow + plane * y_plane;
    // Fours leave at most one row and one column out.
    bool covered = in_fours && p->x_size[0] % 2 == 0 && p->x_size[1] % 2 == 0;
    if (!chooses && !covered) memset(pixels, 0, (size_t)x_plane * sizeof(REAL));
    for (int64_t oy = 0; oy < p->y_size[0]; oy++) {
      int64_t ox = 0, at = 2 * oy * p->x_size[1];
      if (in_fours) {
        REAL *row = results + oy * p->y_size[1];
        ox = NAME(largest_of_four)(from + at, from + at + p->x_size[1], pixels + at,
                                   pixels + at + p->x_size[1], chooses ? row : pixels + at,
                                   chooses ? NULL : row, chooses ? NULL : pixels + at + p->x_size[1],
                                   p->y_size[1]);
      }
      for (; ox < p->y_size[1]; ox++) {
        NAME(window) w = NAME(window_at)(p, oy, ox);
        int64_t best = NAME(largest)(p, from, w);
        REAL *result = results + oy * p->y_size[1] + ox;
        if (chooses) {
          *result = pixels[best];
          continue;
        }
        if (covered) {
          for (int64_t y = w.first[0]; y < w.end[0]; y++) {
            for (int64_t x = w.first[1]; x < w.end[1]; x++) pixels[y * p->x_size[1] + x] = 0;
          }
        }
        pixels[best] += *result;
      }
    }
  }
}

/// The mean of each window, with the border's zeros counted or not, or its transpose.
static void NAME(pool_mean)(const descent_pooling *p, int64_t first, int64_t end,
                            void *const *buffers) {
  const int64_t x_plane = p->x_size[0] * p->x_size[1], y_plane = p->y_size[0] * p->y_size[1];
  const bool gathers = p->operation == DESCENT_POOLING_MEAN;
  REAL *wide = (REAL *)descent_address(&p->wide, buffers);
  REAL *narrow = (REAL *)descent_address(&p->narrow, buffers);
  const int64_t area = p->kernel[0] * p->kernel[1];
  for (int64_t plane = first; plane < end; plane++) {
    REAL *pixels = wide + plane * x_plane, *results = narrow + plane * y_plane;
    if (!gathers) memset(pixels, 0, (size_t)x_plane * sizeof(REAL));
    for (int64_t oy = 0; oy < p->y_size[0]; oy++) {
      for (int64_t ox = 0; ox < p->y_size[1]; ox++) {
        NAME(window) w = NAME(window_at)(p, oy, ox);
        int64_t inside = (w.end[0] - w.first[0]) * (w.end[1] - w.first[1]);
        REAL share = 1 / (REAL)(p->counts_border ? area : descent_maximum(inside, 1));
        REAL *result = results + oy * p->y_size[1] + ox, sum = 0;
        for (int64_t y = w.first[0]; y < w.end[0]; y++) {
          for (int64_t x = w.first[1]; x < w.end[1]; x++) {
            if (gathers) {
              sum += pixels[y * p->x_size[1] + x];
            } else {
              pixels[y * p->x_size[1] + x] += *result * share;
            }
          }
        }
        if (gathers) *result = sum * share;
      }
    }
  }
}
