// Pooling for one floating-point type. The including file defines REAL, VECTOR, MASK, COUNT, LOAD,
// STORE, LOAD_PART, STORE_PART, EVEN, ODD, LOW_PAIRS, HIGH_PAIRS and NAME(x).

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

/// The 2 n pixels under n windows, in two vectors.
INLINE VECTOR NAME(first_pixels)(const REAL *p, int64_t n) {
  return 2 * n >= COUNT ? LOAD(p) : LOAD_PART(p, 2 * n);
}
INLINE VECTOR NAME(last_pixels)(const REAL *p, int64_t n) {
  if (n == COUNT) return LOAD(p + COUNT);
  return 2 * n > COUNT ? LOAD_PART(p + COUNT, 2 * n - COUNT) : (VECTOR)0;
}
INLINE void NAME(store_pixels)(REAL *p, VECTOR first, VECTOR last, int64_t n) {
  if (2 * n < COUNT) {
    STORE_PART(p, first, 2 * n);
    return;
  }
  STORE(p, first);
  if (n == COUNT) {
    STORE(p + COUNT, last);
  } else if (2 * n > COUNT) {
    STORE_PART(p + COUNT, last, 2 * n - COUNT);
  }
}

/// Two by two, side by side, as most networks have it: a row of windows at a time. `value` is what is
/// chosen from, or NULL; `slope` is what is handed back, or NULL.
INLINE void NAME(largest_of_four)(const REAL *top, const REAL *bottom, const REAL *value_top,
                                  const REAL *value_bottom, REAL *to, const REAL *slope,
                                  REAL *to_bottom, int64_t count) {
  for (int64_t i = 0; i < count; i += COUNT) {
    const int64_t n = descent_minimum(COUNT, count - i);  // windows, on 2 n pixels of each row
    VECTOR t0 = NAME(first_pixels)(top + 2 * i, n), t1 = NAME(last_pixels)(top + 2 * i, n);
    VECTOR b0 = NAME(first_pixels)(bottom + 2 * i, n), b1 = NAME(last_pixels)(bottom + 2 * i, n);
    VECTOR a = EVEN(t0, t1), b = ODD(t0, t1), c = EVEN(b0, b1), d = ODD(b0, b1);
    // Is the second larger than the first, the fourth than the third, the lower two than the upper?
    MASK right = (b > a) | ((b != b) & (a == a)), low = (d > c) | ((d != d) & (c == c));
    VECTOR upper = right ? b : a, lower = low ? d : c;
    MASK down = (lower > upper) | ((lower != lower) & (upper == upper));
    if (slope) {
      VECTOR s = n == COUNT ? LOAD(slope + i) : LOAD_PART(slope + i, n), zero = 0;
      VECTOR up = down ? zero : s, under = down ? s : zero;
      VECTOR e = right ? zero : up, f = right ? up : zero, g = low ? zero : under,
             h = low ? under : zero;
      NAME(store_pixels)(to + 2 * i, LOW_PAIRS(e, f), HIGH_PAIRS(e, f), n);
      NAME(store_pixels)(to_bottom + 2 * i, LOW_PAIRS(g, h), HIGH_PAIRS(g, h), n);
      continue;
    }
    if (value_top != top) {
      t0 = NAME(first_pixels)(value_top + 2 * i, n), t1 = NAME(last_pixels)(value_top + 2 * i, n);
      b0 = NAME(first_pixels)(value_bottom + 2 * i, n);
      b1 = NAME(last_pixels)(value_bottom + 2 * i, n);
      upper = right ? ODD(t0, t1) : EVEN(t0, t1);
      lower = low ? ODD(b0, b1) : EVEN(b0, b1);
    }
    if (n == COUNT) {
      STORE(to + i, down ? lower : upper);
    } else {
      STORE_PART(to + i, down ? lower : upper, n);
    }
  }
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
      if (in_fours) {
        int64_t at = 2 * oy * p->x_size[1], below = at + p->x_size[1];
        REAL *row = results + oy * p->y_size[1];
        NAME(largest_of_four)(from + at, from + below, pixels + at, pixels + below,
                              chooses ? row : pixels + at, chooses ? NULL : row, pixels + below,
                              p->y_size[1]);
        continue;
      }
      for (int64_t ox = 0; ox < p->y_size[1]; ox++) {
        NAME(window) w = NAME(window_at)(p, oy, ox);
        int64_t best = NAME(largest)(p, from, w);
        REAL *result = results + oy * p->y_size[1] + ox;
        if (chooses) {
          *result = pixels[best];
        } else {
          pixels[best] += *result;
        }
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
