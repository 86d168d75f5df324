// Convolutions for one floating-point type. The including file defines REAL, VECTOR, COUNT, LOAD,
// STORE, LOAD_PART, STORE_PART, FOLD_SUM, TRANSPOSE and NAME(x), and the shape of the register block:
// ROWS, LIST_ROWS(X).
//
// The lanes of a vector are images: a block of the source is copied so that the same pixel of COUNT
// images lies side by side, with zeros around the border, and each pixel of the result then is a sum of
// whole vectors, whatever the sizes, strides and dilations are. Blocks are as large as suits the second
// cache. No matrix of patches is ever made: a patch is a list of distances from its first pixel.

enum { NAME(WEIGHT_ROWS) = (ROWS + COUNT - 1) / COUNT * COUNT };

#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

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

/// to[((channel * rows + y) * columns + x) * COUNT + lane] = the pixel at (top + y, left + x) of image
/// `lane`, for some channels of `count` images; zero outside of them. Where there are fewer images than
/// lanes, the last one is repeated.
static void NAME(lay_side_by_side)(const NAME(images) *images, int64_t image, int64_t count,
                                   int64_t channel, int64_t channels, int64_t top, int64_t rows,
                                   int64_t left, int64_t columns, REAL *to, int64_t to_channel,
                                   int64_t to_pixel) {
  const int64_t from_x = descent_maximum(0, -left);
  const int64_t end_x = descent_minimum(columns, images->width - left);
  for (int64_t c = 0; c < channels; c++) {
    const REAL *plane = images->first + image * images->image + (channel + c) * images->plane;
    for (int64_t y = 0; y < rows; y++) {
      REAL *row = to + c * to_channel + y * columns * to_pixel;
      bool outside = top + y < 0 || top + y >= images->height || from_x >= end_x;
      int64_t zeros = outside ? columns : from_x;
      for (int64_t x = 0; x < zeros; x++) STORE(row + x * to_pixel, (VECTOR)0);
      if (outside) continue;
      for (int64_t x = end_x; x < columns; x++) STORE(row + x * to_pixel, (VECTOR)0);
      const REAL *pixels = plane + (top + y) * images->width + left;
      for (int64_t x = from_x; x < end_x; x += COUNT) {
        int64_t n = descent_minimum(COUNT, end_x - x);
        VECTOR lanes[COUNT];
        EACH(l, COUNT) {
          const REAL *at = pixels + descent_minimum(l, count - 1) * images->image + x;
          lanes[l] = n == COUNT ? LOAD(at) : LOAD_PART(at, n);
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

/// The way back: the block from[channel, y, x, lane] to its pixels, `step` apart.
static void NAME(lay_apart)(const NAME(images) *images, int64_t image, int64_t count,
                            int64_t channel, int64_t channels, const int64_t *first,
                            const int64_t *step, int64_t rows, int64_t columns, const REAL *from) {
  for (int64_t c = 0; c < channels; c++) {
    REAL *plane = images->first + image * images->image + (channel + c) * images->plane;
    for (int64_t y = 0; y < rows; y++, from += columns * COUNT) {
      REAL *row = plane + (first[0] + y * step[0]) * images->width + first[1];
      for (int64_t x = 0; x < columns; x += COUNT) {
        int64_t n = descent_minimum(COUNT, columns - x);
        VECTOR pixels[COUNT];
        EACH(q, COUNT) pixels[q] = LOAD(from + (x + descent_minimum(q, n - 1)) * COUNT);
        TRANSPOSE(pixels);
        EACH(l, COUNT) {
          if (l >= count) continue;
          REAL *to = row + l * images->image + x * step[1];
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
} NAME(correlation);

/// How the work is cut into blocks that fit the second cache.
typedef struct { int64_t rows, columns, channels, tile_rows, tile_columns; } NAME(cut);

enum {
  NAME(TILE) = (ROWS < 8 ? 192 << 10 : 448 << 10) / (int)sizeof(REAL),  // elements, if possible
  NAME(MOST_TILE) = (2 << 20) / (int)sizeof(REAL),
  NAME(MOST_SUMS) = DESCENT_PACKED_B_BYTES / (int)sizeof(REAL) - NAME(MOST_TILE),
  NAME(MOST_TAPS) = DESCENT_PACKED_A_BYTES / (int)sizeof(REAL) / NAME(WEIGHT_ROWS),
  // What is read for one pixel after the other stays in the first cache: a run of taps with its weights,
  // and the slopes of a few rows.
  NAME(NEAR_TAPS) = 16384 / ((NAME(WEIGHT_ROWS) + 3 * COUNT / 2) * (int)sizeof(REAL)),
  NAME(NEAR_PIXELS) = 16384 / (ROWS * COUNT * (int)sizeof(REAL)),
};

static NAME(cut) NAME(cut_correlation)(const int64_t *grid, const int64_t *step,
                                       const int64_t *taps, const int64_t *tap_step, int64_t in) {
  NAME(cut) cut = {1, grid[1], in, 0, 0};
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
  cut.channels = descent_maximum(1, descent_minimum(in, most));
  int64_t rows = (NAME(TILE) / (row * cut.channels) - spread[0]) / step[0] + 1;
  rows = descent_minimum(rows, NAME(MOST_SUMS) / (cut.columns * COUNT * ROWS));
  cut.rows = descent_maximum(1, descent_minimum(grid[0], rows));
  // Bands of equal height.
  int64_t bands = (grid[0] + cut.rows - 1) / cut.rows;
  cut.rows = (grid[0] + bands - 1) / bands;
  cut.tile_rows = (cut.rows - 1) * step[0] + spread[0];
  cut.tile_columns = (cut.columns - 1) * step[1] + spread[1];
  return cut;
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

/// The rows of taps that do not stand over the border of the source, for one row of the result.
INLINE descent_range NAME(rows_inside)(const NAME(correlation) *p, int64_t y) {
  descent_range range = {0, 0};
  for (int64_t i = 0; i < p->taps[0]; i++) {
    int64_t row = p->origin[0] + y * p->step[0] + i * p->tap_step[0];
    if (row < 0 || row >= p->source.height) continue;
    if (range.count == 0) range.first = i;
    range.count++;
  }
  return range;
}

/// Runs some of the blocks of a correlation: task `task` of `tasks`.
static void NAME(correlate)(const NAME(correlation) *p, int64_t batch, int64_t tasks, int64_t task,
                            descent_worker *worker) {
  NAME(cut) cut = NAME(cut_correlation)(p->grid, p->step, p->taps, p->tap_step, p->in);
  int64_t packs = (batch + COUNT - 1) / COUNT;
  int64_t bands = (p->grid[0] + cut.rows - 1) / cut.rows;
  int64_t strips = (p->grid[1] + cut.columns - 1) / cut.columns;
  int64_t units = packs * bands * strips;
  int64_t first = units * task / tasks, end = units * (task + 1) / tasks;
  if (first == end) return;

  int32_t *offsets = (int32_t *)worker->tiles;
  REAL *weights = (REAL *)worker->packed_a;
  REAL *tile = (REAL *)worker->packed_b, *sums = tile + NAME(MOST_TILE);
  int64_t taps = p->taps[0] * p->taps[1];
  // As many channels of the result at a time as there is room for weights and sums.
  int64_t most_weights = NAME(MOST_TAPS) / (cut.channels * taps);
  int64_t most_sums = NAME(MOST_SUMS) / (cut.rows * cut.columns * COUNT * ROWS);
  int64_t panels = descent_maximum(1, descent_minimum(most_weights, most_sums));
  for (int64_t out = 0; out < p->out; out += panels * ROWS) {
    int64_t outs = descent_minimum(panels * ROWS, p->out - out);
    int64_t blocks = (outs + ROWS - 1) / ROWS;
    for (int64_t in = 0; in < p->in || in == 0; in += cut.channels) {
      int64_t ins = descent_minimum(cut.channels, p->in - in), k = ins * taps;
      // Rows of taps outermost: those that stand over the border are a piece at one end, left out.
      int64_t at = 0, tap_row = ins * p->taps[1];
      for (int64_t y = 0; y < p->taps[0]; y++) {
        for (int64_t c = 0; c < ins; c++) {
          for (int64_t x = 0; x < p->taps[1]; x++, at++) {
            offsets[at] = NAME(offset)(p->taps, p->tap_step, cut, c, y, x);
            const REAL *from = p->weight + out * p->weight_out + (in + c) * p->weight_in +
                               y * p->weight_tap[0] + x * p->weight_tap[1];
            for (int64_t b = 0; b < blocks; b++) {
              int64_t row = outs * b / blocks, rows = outs * (b + 1) / blocks - row;
              REAL *to = weights + (b * k + at) * NAME(WEIGHT_ROWS);
              for (int64_t i = 0; i < rows; i++) to[i] = from[(row + i) * p->weight_out];
            }
          }
        }
      }
      bool adds = in > 0;
      for (int64_t unit = first; unit < end; unit++) {
        int64_t pack = unit / (bands * strips), band = unit / strips % bands;
        int64_t image = pack * COUNT, images = descent_minimum(COUNT, batch - image);
        int64_t top = band * cut.rows, left = unit % strips * cut.columns;
        int64_t height = descent_minimum(cut.rows, p->grid[0] - top);
        int64_t width = descent_minimum(cut.columns, p->grid[1] - left);
        NAME(lay_side_by_side)(&p->source, image, images, in, ins, NAME(tile_origin)(p, 0, top),
                               cut.tile_rows, NAME(tile_origin)(p, 1, left), cut.tile_columns, tile,
                               cut.tile_rows * cut.tile_columns * COUNT, COUNT);
        int64_t pixels = height * width, plane = pixels * COUNT;
        int64_t result_first[2] = {p->result_first[0] + top * p->result_step[0],
                                   p->result_first[1] + left * p->result_step[1]};
        if (adds) {
          NAME(images) partial = p->result;
          for (int64_t c = 0; c < outs; c++) {
            for (int64_t y = 0; y < height; y++) {
              for (int64_t x = 0; x < width; x++) {
                for (int64_t l = 0; l < COUNT; l++) {
                  sums[c * plane + (y * width + x) * COUNT + l] =
                      partial.first[(image + descent_minimum(l, images - 1)) * partial.image +
                                    (out + c) * partial.plane +
                                    (result_first[0] + y * p->result_step[0]) * partial.width +
                                    result_first[1] + x * p->result_step[1]];
                }
              }
            }
          }
        }
        int64_t runs = descent_maximum(1, (k + NAME(NEAR_TAPS) - 1) / NAME(NEAR_TAPS));
        for (int64_t b = 0; b < blocks; b++) {
          int64_t row = outs * b / blocks, rows = outs * (b + 1) / blocks - row;
          const REAL *bias = p->bias ? p->bias + out + row : NULL;
          for (int64_t run = 0; run < runs; run++) {
            int64_t tap = k * run / runs, length = k * (run + 1) / runs - tap;
            for (int64_t y = 0; y < height; y++) {
              descent_range inside = NAME(rows_inside)(p, top + y);
              int64_t from_tap = descent_maximum(tap, inside.first * tap_row);
              int64_t end_tap =
                  descent_minimum(tap + length, (inside.first + inside.count) * tap_row);
              int64_t count = descent_maximum(0, end_tap - from_tap);
              // The first run also writes the bias, or zeros.
              if (count == 0 && (run > 0 || adds)) continue;
              const REAL *block = weights + (b * k + from_tap) * NAME(WEIGHT_ROWS);
              for (int64_t x = 0; x < width; x += 2) {
                const REAL *from[2];
                REAL *to[2];
                from[0] = tile + (y * p->step[0] * cut.tile_columns + x * p->step[1]) * COUNT;
                from[1] = from[0] + p->step[1] * COUNT;
                to[0] = sums + row * plane + (y * width + x) * COUNT;
                to[1] = to[0] + COUNT;
                NAME(correlate_blocks)[rows][x + 1 < width](
                    count, block, offsets + from_tap, from, to, plane, bias, adds || run > 0);
              }
            }
          }
        }
        NAME(lay_apart)(&p->result, image, images, out, outs, result_first, p->result_step, height,
                        width, sums);
      }
    }
  }
}

// MARK: The three directions

INLINE NAME(images) NAME(images_of)(const descent_operand *operand, void *const *buffers,
                                    int64_t channels, const int64_t *size) {
  int64_t plane = size[0] * size[1];
  return (NAME(images)){(REAL *)descent_address(operand, buffers), channels * plane, plane, size[0],
                        size[1]};
}

static void NAME(run_forward)(const descent_convolution *c, int64_t tasks, int64_t task,
                              void *const *buffers, descent_worker *worker) {
  int64_t in = c->in_channels / c->groups, out = c->out_channels / c->groups;
  int64_t area = c->kernel[0] * c->kernel[1];
  for (int64_t g = 0; g < c->groups; g++) {
    NAME(correlation) p = {
      .source = NAME(images_of)(&c->x, buffers, c->in_channels, c->x_size),
      .result = NAME(images_of)(&c->y, buffers, c->out_channels, c->y_size),
      .weight = (const REAL *)descent_address(&c->weight, buffers) + g * out * in * area,
      .bias = c->has_bias ? (const REAL *)descent_address(&c->bias, buffers) + g * out : NULL,
      .weight_out = in * area, .weight_in = area, .weight_tap = {c->kernel[1], 1},
      .in = in, .out = out, .result_step = {1, 1},
    };
    p.source.first += g * in * p.source.plane;
    p.result.first += g * out * p.result.plane;
    for (int d = 0; d < 2; d++) {
      p.grid[d] = c->y_size[d];
      p.step[d] = c->stride[d];
      p.origin[d] = -c->padding[d];
      p.taps[d] = c->kernel[d];
      p.tap_step[d] = c->dilation[d];
    }
    NAME(correlate)(&p, c->batch, tasks, task, worker);
  }
}

/// x[iy, ix] = Σ y[oy, ox] weight[…, i, j] over all with oy * stride + i * dilation = iy + padding. The
/// rows and columns of x whose distance is the stride take the same taps: each of these phases is a
/// correlation by itself.
static void NAME(run_input)(const descent_convolution *c, int64_t tasks, int64_t task,
                            void *const *buffers, descent_worker *worker) {
  int64_t in = c->in_channels / c->groups, out = c->out_channels / c->groups;
  int64_t area = c->kernel[0] * c->kernel[1];
  for (int64_t g = 0; g < c->groups; g++) {
    for (int64_t phase = 0; phase < c->stride[0] * c->stride[1]; phase++) {
      int64_t at[2] = {phase / c->stride[1], phase % c->stride[1]}, tap[2] = {0, 0};
      NAME(correlation) p = {
        .source = NAME(images_of)(&c->y, buffers, c->out_channels, c->y_size),
        .result = NAME(images_of)(&c->x, buffers, c->in_channels, c->x_size),
        .weight = (const REAL *)descent_address(&c->weight, buffers) + g * out * in * area,
        .weight_out = area, .weight_in = in * area, .in = out, .out = in, .step = {1, 1},
      };
      p.source.first += g * out * p.source.plane;
      p.result.first += g * in * p.result.plane;
      for (int d = 0; d < 2; d++) {
        int64_t stride = c->stride[d], dilation = c->dilation[d];
        p.grid[d] = (c->x_size[d] - at[d] + stride - 1) / stride;
        p.result_first[d] = at[d];
        p.result_step[d] = stride;
        // The first tap of this phase, and how many taps further the next one is.
        while (tap[d] < c->kernel[d] && (at[d] + c->padding[d] - tap[d] * dilation) % stride != 0) {
          tap[d]++;
        }
        int64_t every = 1;
        while (every * dilation % stride != 0) every++;
        p.taps[d] = (c->kernel[d] - tap[d] + every - 1) / every;
        p.tap_step[d] = -every * dilation / stride;
        // Exact, as the phase was chosen so; may be negative.
        p.origin[d] = (at[d] + c->padding[d] - tap[d] * dilation) / stride;
        p.weight_tap[d] = every * (d == 0 ? c->kernel[1] : 1);
      }
      if (p.grid[0] <= 0 || p.grid[1] <= 0) continue;
      if (p.taps[0] == 0 || p.taps[1] == 0) {
        // No output has seen these pixels. A single tap of no channel gives their zeros.
        p.in = 0;
        p.taps[0] = p.taps[1] = 1;
        p.origin[0] = p.origin[1] = 0;
      } else {
        p.weight += tap[0] * c->kernel[1] + tap[1];
      }
      NAME(correlate)(&p, c->batch, tasks, task, worker);
    }
  }
}

/// The weight's derivative from some of the images: partial sums to `to`.
static void NAME(weight_of_images)(const descent_convolution *c, int64_t first, int64_t end,
                                   REAL *to, void *const *buffers, descent_worker *worker) {
  int64_t in = c->in_channels / c->groups, out = c->out_channels / c->groups;
  int64_t taps = c->kernel[0] * c->kernel[1];
  NAME(cut) cut = NAME(cut_correlation)(c->y_size, c->stride, c->kernel, c->dilation, in);
  // The sums, a vector each, have the room of packed_a.
  int64_t room = DESCENT_PACKED_A_BYTES / (int64_t)sizeof(REAL) / COUNT;
  while (cut.channels > 1 && cut.channels * taps * descent_minimum(out, ROWS) > room) {
    cut.channels = (cut.channels + 1) / 2;
  }
  int64_t outs_at_once = descent_maximum(1, descent_minimum(out, room / (cut.channels * taps)));
  outs_at_once =
      descent_minimum(outs_at_once, NAME(MOST_SUMS) / (cut.rows * cut.columns * COUNT));
  int32_t *offsets = (int32_t *)worker->tiles;
  REAL *sums = (REAL *)worker->packed_a;
  REAL *tile = (REAL *)worker->packed_b, *slope = tile + NAME(MOST_TILE);
  for (int64_t g = 0; g < c->groups; g++) {
    NAME(images) x = NAME(images_of)(&c->x, buffers, c->in_channels, c->x_size);
    NAME(images) y = NAME(images_of)(&c->y, buffers, c->out_channels, c->y_size);
    x.first += g * in * x.plane;
    y.first += g * out * y.plane;
    for (int64_t from_in = 0; from_in < in; from_in += cut.channels) {
      int64_t ins = descent_minimum(cut.channels, in - from_in), k = ins * taps;
      for (int64_t q = 0; q < k; q++) {
        offsets[q] = NAME(offset)(c->kernel, c->dilation, cut, q / taps, q / c->kernel[1] % c->kernel[0],
                                  q % c->kernel[1]);
      }
      for (int64_t from_out = 0; from_out < out; from_out += outs_at_once) {
        int64_t outs = descent_minimum(outs_at_once, out - from_out);
        int64_t blocks = (outs + ROWS - 1) / ROWS;
        memset(sums, 0, (size_t)(outs * k * COUNT) * sizeof(REAL));
        for (int64_t image = first; image < end; image += COUNT) {
          int64_t images = descent_minimum(COUNT, end - image);
          for (int64_t top = 0; top < c->y_size[0]; top += cut.rows) {
            for (int64_t left = 0; left < c->y_size[1]; left += cut.columns) {
              int64_t height = descent_minimum(cut.rows, c->y_size[0] - top);
              int64_t width = descent_minimum(cut.columns, c->y_size[1] - left);
              NAME(lay_side_by_side)(&x, image, images, from_in, ins,
                                     top * c->stride[0] - c->padding[0], cut.tile_rows,
                                     left * c->stride[1] - c->padding[1], cut.tile_columns, tile,
                                     cut.tile_rows * cut.tile_columns * COUNT, COUNT);
              // [pixel, channel, lane]: the rows of a block side by side.
              NAME(lay_side_by_side)(&y, image, images, from_out, outs, top, height, left, width,
                                     slope, COUNT, outs * COUNT);
              // Lanes without an image count nothing.
              for (int64_t i = 0; images < COUNT && i < height * width * outs; i++) {
                VECTOR v = LOAD(slope + i * COUNT);
                STORE(slope + i * COUNT, (VECTOR)0);
                STORE_PART(slope + i * COUNT, v, images);
              }
              int64_t near = descent_maximum(1, NAME(NEAR_PIXELS) / width);
              int64_t tile_row = c->stride[0] * cut.tile_columns * COUNT;
              for (int64_t y_first = 0; y_first < height; y_first += near) {
                int64_t few = descent_minimum(near, height - y_first);
                const REAL *above = tile + y_first * tile_row;
                for (int64_t b = 0; b < blocks; b++) {
                  int64_t row = outs * b / blocks, rows = outs * (b + 1) / blocks - row;
                  const REAL *slopes = slope + (y_first * width * outs + row) * COUNT;
                  for (int64_t column = 0; column < k; column += 2) {
                    int pair = column + 1 < k;
                    const REAL *from[2] = {above + offsets[column], above + offsets[column + pair]};
                    NAME(slope_blocks)[rows][pair](slopes, outs * COUNT, from, tile_row,
                                                   c->stride[1] * COUNT, few, width,
                                                   sums + (row * k + column) * COUNT, k * COUNT);
                  }
                }
              }
            }
          }
        }
        for (int64_t i = 0; i < outs; i++) {
          REAL *row = to + ((g * out + from_out + i) * in + from_in) * taps;
          for (int64_t q = 0; q < k; q++) row[q] = FOLD_SUM(LOAD(sums + (i * k + q) * COUNT));
        }
      }
    }
  }
}

static void NAME(run_weight)(const descent_convolution *c, int64_t splits, int64_t tasks,
                             int64_t task, void *const *buffers, descent_worker *worker) {
  REAL *to = (REAL *)descent_address(splits > 1 ? &c->scratch : &c->weight, buffers);
  int64_t size = c->out_channels * (c->in_channels / c->groups) * c->kernel[0] * c->kernel[1];
  int64_t packs = (c->batch + COUNT - 1) / COUNT;
  for (int64_t split = splits * task / tasks; split < splits * (task + 1) / tasks; split++) {
    int64_t first = packs * split / splits * COUNT, end = packs * (split + 1) / splits * COUNT;
    NAME(weight_of_images)(c, first, descent_minimum(end, c->batch), to + split * size, buffers,
                           worker);
  }
}

/// Adds up what the splits left, in order.
static void NAME(finish_weight)(const descent_convolution *c, int64_t splits, void *const *buffers) {
  int64_t size = c->out_channels * (c->in_channels / c->groups) * c->kernel[0] * c->kernel[1];
  const REAL *partial = (const REAL *)descent_address(&c->scratch, buffers);
  REAL *to = (REAL *)descent_address(&c->weight, buffers);
  memcpy(to, partial, (size_t)size * sizeof(REAL));
  for (int64_t s = 1; s < splits; s++) NAME(add_columns)(to, partial + s * size, size);
}

#undef EACH
#undef CORRELATE
#undef BOTH
#undef CORRELATE_ENTRY
#undef SLOPE_ENTRY
