// Convolutions for one floating-point type. The including file defines REAL, VECTOR, COUNT, LOAD,
// STORE, LOAD_PART, STORE_PART, FOLD_SUM, TRANSPOSE and NAME(x), and the shape of the register block:
// ROWS, LIST_ROWS(X).
//
// The lanes of a vector are images: a block of the source is copied so that the same pixel of COUNT
// images lies side by side, with zeros around the border, and each pixel of the result then is a sum of
// whole vectors, whatever the sizes, strides and dilations are. Blocks are as large as suits the second
// cache. No matrix of patches is ever made: a patch is a list of distances from its first pixel.

enum { NAME(WEIGHT_ROWS) = (ROWS + COUNT - 1) / COUNT * COUNT };

/// sums[rows, vectors] = Σ over k of weights[k, row] * source[offsets[k] + vector], and what was there,
/// or a bias for each row.
INLINE void NAME(correlate_block)(int rows, int vectors, int64_t k, const REAL *weights,
                                  const int32_t *offsets, const REAL *const *from, REAL *const *to,
                                  int64_t to_row, const REAL *bias, bool adds) {
  VECTOR sum[ROWS][2];
  EACH(i, rows) EACH(j, vectors) {
    sum[i][j] = adds ? LOAD(to[j] + i * to_row) : bias ? (VECTOR)bias[i] : (VECTOR)0;
  }
  const REAL *first = from[0], *second = from[vectors - 1];
  for (int64_t p = 0; p < k; p++) {
    VECTOR left = LOAD(first + offsets[p]), right = 0;
    if (vectors == 2) right = LOAD(second + offsets[p]);
    EACH(i, rows) {
      VECTOR weight = (VECTOR)weights[i];
      sum[i][0] = weight * left + sum[i][0];
      if (vectors == 2) sum[i][1] = weight * right + sum[i][1];
    }
    weights += NAME(WEIGHT_ROWS);
  }
  EACH(i, rows) EACH(j, vectors) STORE(to[j] + i * to_row, sum[i][j]);
}

/// sums[rows, columns] += Σ over the pixels of a block of slope[pixel, row] * source[pixel + column].
INLINE void NAME(slope_block)(int rows, int columns, const REAL *slope, int64_t slope_pixel,
                              const REAL *const *from, int64_t from_row, int64_t from_pixel,
                              int64_t height, int64_t width, REAL *to, int64_t to_row) {
  VECTOR sum[ROWS][2];
  EACH(i, rows) EACH(j, columns) sum[i][j] = LOAD(to + i * to_row + j * COUNT);
  for (int64_t y = 0; y < height; y++) {
    const REAL *first = from[0] + y * from_row, *second = from[columns - 1] + y * from_row;
    for (int64_t x = 0; x < width; x++) {
      VECTOR left = LOAD(first), right = 0;
      if (columns == 2) right = LOAD(second);
      EACH(i, rows) {
        VECTOR element = LOAD(slope + i * COUNT);
        sum[i][0] = element * left + sum[i][0];
        if (columns == 2) sum[i][1] = element * right + sum[i][1];
      }
      slope += slope_pixel;
      first += from_pixel;
      second += from_pixel;
    }
  }
  EACH(i, rows) EACH(j, columns) STORE(to + i * to_row + j * COUNT, sum[i][j]);
}

typedef void NAME(correlate_function)(int64_t k, const REAL *weights, const int32_t *offsets,
                                      const REAL *const *from, REAL *const *to, int64_t to_row,
                                      const REAL *bias, bool adds);
typedef void NAME(slope_function)(const REAL *slope, int64_t slope_pixel, const REAL *const *from,
                                  int64_t from_row, int64_t from_pixel, int64_t height,
                                  int64_t width, REAL *to, int64_t to_row);
#define CORRELATE(rows, vectors)                                                                 \
  static void NAME(correlate_##rows##_##vectors)(                                                \
      int64_t k, const REAL *weights, const int32_t *offsets, const REAL *const *from,           \
      REAL *const *to, int64_t to_row, const REAL *bias, bool adds) {                            \
    NAME(correlate_block)(rows, vectors, k, weights, offsets, from, to, to_row, bias, adds);     \
  }                                                                                              \
  static void NAME(slope_##rows##_##vectors)(                                                    \
      const REAL *slope, int64_t slope_pixel, const REAL *const *from, int64_t from_row,         \
      int64_t from_pixel, int64_t height, int64_t width, REAL *to, int64_t to_row) {             \
    NAME(slope_block)(rows, vectors, slope, slope_pixel, from, from_row, from_pixel, height,     \
                      width, to, to_row);                                                        \
  }
#define BOTH(rows) CORRELATE(rows, 1) CORRELATE(rows, 2)
LIST_ROWS(BOTH)
#define CORRELATE_ENTRY(rows) [rows] = {NAME(correlate_##rows##_1), NAME(correlate_##rows##_2)},
#define SLOPE_ENTRY(rows) [rows] = {NAME(slope_##rows##_1), NAME(slope_##rows##_2)},
static NAME(correlate_function) *const NAME(correlate_blocks)[ROWS + 1][2] = {
  LIST_ROWS(CORRELATE_ENTRY)};
static NAME(slope_function) *const NAME(slope_blocks)[ROWS + 1][2] = {LIST_ROWS(SLOPE_ENTRY)};

// MARK: Images side by side

/// Images as they lie in memory.
typedef struct {
  REAL *first;
  int64_t image, plane, height, width;  // distances between images and channels; sizes
} NAME(images);

INLINE NAME(images) NAME(images_of)(const descent_operand *operand, void *const *buffers,
                                    int64_t channels, const int64_t *size) {
  int64_t plane = size[0] * size[1];
  return (NAME(images)){(REAL *)descent_address(operand, buffers), channels * plane, plane, size[0],
                        size[1]};
}

/// Which pixels the lanes of a vector are: a band of rows of an image for each. Where there are as many
/// images as lanes, a band is as large as the cache allows; where there are fewer, an image has several.
typedef struct {
  int64_t count;  // of lanes; those behind repeat the last
  int64_t image[COUNT], row[COUNT], rows[COUNT];
} NAME(places);

/// to[((channel * rows + y) * columns + x) * COUNT + lane] = the pixel y rows below the lane's first and
/// at left + x; zero outside of the image.
static void NAME(lay_side_by_side)(const NAME(images) *images, const NAME(places) *places,
                                   int64_t channel, int64_t channels, int64_t rows, int64_t left,
                                   int64_t columns, REAL *to, int64_t to_channel, int64_t to_pixel) {
  // Whole rows that are all inside are one long row.
  bool whole_rows = left == 0 && columns == images->width;
  EACH(l, COUNT) whole_rows &= places->row[l] >= 0 && places->row[l] + rows <= images->height;
  int64_t width = images->width;
  if (whole_rows) width = columns = rows * columns, rows = 1;
  const int64_t from_x = descent_maximum(0, -left);
  const int64_t end_x = descent_minimum(columns, width - left);
  for (int64_t c = 0; c < channels; c++) {
    const REAL *plane = images->first + (channel + c) * images->plane;
    for (int64_t y = 0; y < rows; y++) {
      REAL *row = to + c * to_channel + y * columns * to_pixel;
      const REAL *pixels[COUNT];
      int inside = 0;
      EACH(l, COUNT) {
        int64_t at = places->row[l] + y;
        bool is_inside = at >= 0 && at < images->height;
        pixels[l] = plane + places->image[l] * images->image + at * images->width + left;
        if (!is_inside) pixels[l] = NULL;
        inside += is_inside;
      }
      bool outside = from_x >= end_x || inside == 0, whole = inside == COUNT;
      int64_t zeros = outside ? columns : from_x;
      for (int64_t x = 0; x < zeros; x++) STORE(row + x * to_pixel, (VECTOR)0);
      if (outside) continue;
      for (int64_t x = end_x; x < columns; x++) STORE(row + x * to_pixel, (VECTOR)0);
      for (int64_t x = from_x; x < end_x; x += COUNT) {
        int64_t n = descent_minimum(COUNT, end_x - x);
        VECTOR lanes[COUNT];
        if (whole && n == COUNT) {
          EACH(l, COUNT) lanes[l] = LOAD(pixels[l] + x);
        } else {
          EACH(l, COUNT) {
            lanes[l] = pixels[l] ? LOAD_PART(pixels[l] + x, n) : (VECTOR)0;
          }
        }
        TRANSPOSE(lanes);
        if (n == COUNT) {
          EACH(q, COUNT) STORE(row + (x + q) * to_pixel, lanes[q]);
        } else {
          EACH(q, COUNT) {
            if (q < n) STORE(row + (x + q) * to_pixel, lanes[q]);
          }
        }
      }
    }
  }
}

/// The way back: the block from[channel, y, x, lane], rows × columns, to the rows that each lane has,
/// `step` apart.
static void NAME(lay_apart)(const NAME(images) *images, const NAME(places) *places, int64_t channel,
                            int64_t channels, int64_t left, const int64_t *step, int64_t rows,
                            int64_t columns, const REAL *from) {
  // Whole rows are one long row.
  bool whole_rows = step[0] == 1 && step[1] == 1 && columns == images->width;
  EACH(l, COUNT) whole_rows &= l >= places->count || places->rows[l] >= rows;
  if (whole_rows) columns = rows * columns, rows = 1;
  for (int64_t c = 0; c < channels; c++) {
    REAL *plane = images->first + (channel + c) * images->plane;
    for (int64_t y = 0; y < rows; y++, from += columns * COUNT) {
      REAL *row[COUNT];
      EACH(l, COUNT) {
        row[l] = plane + places->image[l] * images->image +
                 (places->row[l] + y * step[0]) * images->width + left;
        if (l >= places->count || y >= places->rows[l]) row[l] = NULL;
      }
      for (int64_t x = 0; x < columns; x += COUNT) {
        int64_t n = descent_minimum(COUNT, columns - x);
        VECTOR pixels[COUNT];
        EACH(q, COUNT) pixels[q] = LOAD(from + (x + descent_minimum(q, n - 1)) * COUNT);
        TRANSPOSE(pixels);
        EACH(l, COUNT) {
          if (!row[l]) continue;
          REAL *to = row[l] + x * step[1];
          if (step[1] != 1) {
            for (int64_t q = 0; q < n; q++) to[q * step[1]] = pixels[l][q];
          } else if (n == COUNT) {
            STORE(to, pixels[l]);
          } else {
            STORE_PART(to, pixels[l], n);
          }
        }
      }
    }
  }
}

// MARK: One correlation

/// result[image, out, y, x] = Σ weight[out, in, i, j] * source[image, in, …]: pixel g of the result's
/// grid along an axis reads, for tap t, the source at origin + g * step + t * tap_step.
typedef struct {
  NAME(images) source, result;
  const REAL *weight, *bias;
  int64_t weight_out, weight_in;      // distances between channels of the weight
  int64_t weight_tap[2];              // and between taps
  int64_t in, out;                    // channels
  int64_t grid[2], step[2], origin[2], taps[2], tap_step[2];
  int64_t result_first[2], result_step[2];
  int64_t number;                     // of this among an instruction's correlations
  const descent_program *epilogue;    // over the whole result, or NULL
  int64_t epilogue_first;             // its element at the result's start
} NAME(correlation);

/// How the work is cut into blocks that fit the second cache.
typedef struct {
  int64_t rows, columns;             // of the result
  int64_t ins, outs;                 // channels
  int64_t tile_rows, tile_columns;   // of the source
} NAME(cut);

enum {
  NAME(TILE) = (ROWS < 8 ? 192 << 10 : 448 << 10) / (int)sizeof(REAL),  // elements, if possible
  NAME(MOST_TILE) = (2 << 20) / (int)sizeof(REAL),
  NAME(MOST_SUMS) = DESCENT_PACKED_B_BYTES / (int)sizeof(REAL) - NAME(MOST_TILE),
  // Weights, and for each tap a distance.
  NAME(MOST_TAPS) = DESCENT_PACKED_A_BYTES / ((int)sizeof(REAL) * NAME(WEIGHT_ROWS) + 4),
  // What is read for one pixel after the other stays in the first cache: a run of taps with its weights,
  // and the slopes of a few rows.
  NAME(NEAR_TAPS) = 16384 / ((NAME(WEIGHT_ROWS) + 3 * COUNT / 2) * (int)sizeof(REAL)),
  NAME(NEAR_PIXELS) = 16384 / (ROWS * COUNT * (int)sizeof(REAL)),
};

_Static_assert(NAME(MOST_TAPS) >= 8192, "any kernel has room");
_Static_assert(NAME(MOST_TILE) >= 32768 * COUNT, "any patch of one channel has room");

/// The worker's memory for the distances of taps.
INLINE int32_t *NAME(offsets_of)(descent_worker *worker) {
  return (int32_t *)(worker->packed_a +
                     (int64_t)NAME(MOST_TAPS) * NAME(WEIGHT_ROWS) * (int)sizeof(REAL));
}

static NAME(cut) NAME(cut_correlation)(const int64_t *grid, const int64_t *step,
                                       const int64_t *taps, const int64_t *tap_step, int64_t in) {
  NAME(cut) cut = {1, grid[1], in, 1, 0, 0};
  int64_t spread[2];
  EACH(d, 2) spread[d] = (taps[d] - 1) * (tap_step[d] < 0 ? -tap_step[d] : tap_step[d]) + 1;
  // A row of one channel must fit.
  while (cut.columns > 1 &&
         (((cut.columns - 1) * step[1] + spread[1]) * spread[0] * COUNT > NAME(MOST_TILE) ||
          cut.columns * COUNT * ROWS > NAME(MOST_SUMS))) {
    cut.columns = (cut.columns + 1) / 2;
  }
  int64_t row = ((cut.columns - 1) * step[1] + spread[1]) * COUNT;
  int64_t most =
      descent_minimum(NAME(MOST_TILE) / (row * spread[0]), NAME(MOST_TAPS) / (taps[0] * taps[1]));
  cut.ins = descent_maximum(1, descent_minimum(in, most));
  int64_t rows = (NAME(TILE) / (row * cut.ins) - spread[0]) / step[0] + 1;
  rows = descent_minimum(rows, NAME(MOST_SUMS) / (cut.columns * COUNT * ROWS));
  cut.rows = descent_maximum(1, descent_minimum(grid[0], rows));
  // Bands of equal height.
  int64_t bands = (grid[0] + cut.rows - 1) / cut.rows;
  cut.rows = (grid[0] + bands - 1) / bands;
  cut.tile_rows = (cut.rows - 1) * step[0] + spread[0];
  cut.tile_columns = (cut.columns - 1) * step[1] + spread[1];
  return cut;
}

/// The rows of bands that leave the fewest lanes empty, and then those that are the highest.
INLINE int64_t NAME(rows_that_fill_lanes)(int64_t batch, int64_t height, int64_t rows) {
  int64_t best = rows, least = INT64_MAX;
  for (; rows > 0; rows--) {
    int64_t bands = (height + rows - 1) / rows;
    int64_t cost = (batch * bands + COUNT - 1) / COUNT * rows;
    // A little less work does not pay for more borders.
    if (least == INT64_MAX || cost * 9 < least * 8) best = rows, least = cost;
    if (bands > 4 * COUNT) break;
  }
  return best;
}

/// The distance in a tile from a patch's first pixel to that of a tap, in elements.
INLINE int32_t NAME(offset)(const int64_t *taps, const int64_t *tap_step, NAME(cut) cut,
                            int64_t channel, int64_t i, int64_t j) {
  int64_t y = (tap_step[0] < 0 ? i + 1 - taps[0] : i) * tap_step[0];
  int64_t x = (tap_step[1] < 0 ? j + 1 - taps[1] : j) * tap_step[1];
  return (int32_t)(((channel * cut.tile_rows + y) * cut.tile_columns + x) * COUNT);
}

/// The source pixel at which the tile of grid position `at` begins.
INLINE int64_t NAME(tile_origin)(const NAME(correlation) *p, int d, int64_t at) {
  int64_t back = p->tap_step[d] < 0 ? (p->taps[d] - 1) * p->tap_step[d] : 0;
  return p->origin[d] + at * p->step[d] + back;
}

/// A block of the result: rows and columns of some channels, from some channels of the source.
typedef struct {
  NAME(places) grid;   // the rows of the grid
  int64_t height, left, width;
  int64_t out, outs, in, ins;
} NAME(block);

/// The rows of taps that do not stand over the border of the source in every lane, for row y of a block.
INLINE descent_range NAME(rows_inside)(const NAME(correlation) *p, const NAME(block) *block,
                                       int64_t y) {
  int64_t first = p->taps[0], end = 0;
  for (int64_t i = 0; i < p->taps[0]; i++) {
    bool inside = false;
    EACH(l, COUNT) {
      int64_t row = p->origin[0] + (block->grid.row[l] + y) * p->step[0] + i * p->tap_step[0];
      inside |= row >= 0 && row < p->source.height;
    }
    if (!inside) continue;
    first = descent_minimum(first, i);
    end = i + 1;
  }
  return (descent_range){descent_minimum(first, end), descent_maximum(0, end - first)};
}

/// Weights and distances, rows of taps outermost: those that stand over the border are a piece at one
/// end, left out.
static void NAME(pack_weights)(const NAME(correlation) *p, NAME(cut) cut, const NAME(block) *block,
                               REAL *weights, int32_t *offsets) {
  int64_t blocks = (block->outs + ROWS - 1) / ROWS, at = 0;
  int64_t k = block->ins * p->taps[0] * p->taps[1];
  for (int64_t y = 0; y < p->taps[0]; y++) {
    for (int64_t c = 0; c < block->ins; c++) {
      for (int64_t x = 0; x < p->taps[1]; x++, at++) {
        offsets[at] = NAME(offset)(p->taps, p->tap_step, cut, c, y, x);
        const REAL *from = p->weight + block->out * p->weight_out + (block->in + c) * p->weight_in +
                           y * p->weight_tap[0] + x * p->weight_tap[1];
        for (int64_t b = 0; b < blocks; b++) {
          descent_range rows = descent_cut(block->outs, blocks, b, 1);
          REAL *to = weights + (b * k + at) * NAME(WEIGHT_ROWS);
          for (int64_t i = 0; i < rows.count; i++) to[i] = from[(rows.first + i) * p->weight_out];
        }
      }
    }
  }
}

/// The sums of a block, tap by tap.
static void NAME(correlate_directly)(const NAME(correlation) *p, NAME(cut) cut,
                                     const NAME(block) *block, const REAL *weights,
                                     const int32_t *offsets, REAL *tile, REAL *sums) {
  NAME(places) source = block->grid;
  EACH(l, COUNT) source.row[l] = NAME(tile_origin)(p, 0, source.row[l]);
  NAME(lay_side_by_side)(&p->source, &source, block->in, block->ins, cut.tile_rows,
                         NAME(tile_origin)(p, 1, block->left), cut.tile_columns, tile,
                         cut.tile_rows * cut.tile_columns * COUNT, COUNT);
  int64_t plane = block->height * block->width * COUNT;
  int64_t tap_row = block->ins * p->taps[1], k = tap_row * p->taps[0];
  int64_t blocks = (block->outs + ROWS - 1) / ROWS;
  int64_t runs = descent_maximum(1, (k + NAME(NEAR_TAPS) - 1) / NAME(NEAR_TAPS));
  bool adds = block->in > 0;
  for (int64_t b = 0; b < blocks; b++) {
    descent_range rows = descent_cut(block->outs, blocks, b, 1);
    const REAL *bias = p->bias ? p->bias + block->out + rows.first : NULL;
    for (int64_t run = 0; run < runs; run++) {
      int64_t tap = k * run / runs, length = k * (run + 1) / runs - tap;
      for (int64_t y = 0; y < block->height; y++) {
        descent_range inside = NAME(rows_inside)(p, block, y);
        int64_t from_tap = descent_maximum(tap, inside.first * tap_row);
        int64_t end_tap = descent_minimum(tap + length, (inside.first + inside.count) * tap_row);
        int64_t count = descent_maximum(0, end_tap - from_tap);
        // The first run also writes the bias, or zeros.
        if (count == 0 && (run > 0 || adds)) continue;
        const REAL *panel = weights + (b * k + from_tap) * NAME(WEIGHT_ROWS);
        for (int64_t x = 0; x < block->width; x += 2) {
          const REAL *from[2];
          REAL *to[2];
          from[0] = tile + (y * p->step[0] * cut.tile_columns + x * p->step[1]) * COUNT;
          from[1] = from[0] + p->step[1] * COUNT;
          to[0] = sums + rows.first * plane + (y * block->width + x) * COUNT;
          to[1] = to[0] + COUNT;
          NAME(correlate_blocks)[rows.count][x + 1 < block->width](
              count, panel, offsets + from_tap, from, to, plane, bias, adds || run > 0);
        }
      }
    }
  }
}
