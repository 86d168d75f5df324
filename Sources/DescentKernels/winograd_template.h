// Convolutions of 3 × 3 in less than half of the multiplications, for one floating-point type: F(2 × 2,
// 3 × 3) of Winograd (*Arithmetic complexity of computations*, 1980), as Lavin and Gray use it (*Fast
// algorithms for convolutional neural networks*, 2016). Included behind convolution_template.h.
//
// A tile of 4 × 4 pixels of the source and a kernel are both turned into 16 numbers; their products,
// summed over the channels, turn into 2 × 2 pixels of the result: 16 multiplications instead of 36.
// For each of the 16 the sums over channels are a matrix product of its own, which the register block
// of convolution_template.h computes.

enum {
  NAME(POINTS) = 16,
  // Channels at a time, and tiles, so that the sources' numbers stay in the second cache; so many of
  // them have products that stay in the first.
  NAME(MOST_CHANNELS) = 64,
  NAME(MOST_TILES) = 16,
  NAME(MOST_VECTORS) = 512,
  NAME(NEAR_TILES) = 8,
  // Between the 16 numbers of a tile, so that they do not share one place in the first cache.
  NAME(APART) = 64 / (int)sizeof(REAL),
};

/// Whether the tiles save more than they cost.
INLINE bool NAME(suits_tiles)(const NAME(correlation) *p) {
  bool suits = p->in >= 8 && p->out >= 8;
  EACH(d, 2) {
    suits &= p->taps[d] == 3 && p->step[d] == 1 && p->result_step[d] == 1 && p->grid[d] >= 4 &&
             (p->tap_step[d] == 1 || p->tap_step[d] == -1);
  }
  return suits;
}

static NAME(cut) NAME(cut_tiles)(const NAME(correlation) *p) {
  NAME(cut) cut = {.rows = 2};
  cut.ins = descent_minimum(p->in, NAME(MOST_CHANNELS));
  int64_t most = descent_minimum(NAME(MOST_TILES), NAME(MOST_VECTORS) / cut.ins);
  int64_t tiles = (p->grid[1] + 1) / 2, strips = (tiles + most - 1) / most;
  cut.columns = (tiles + strips - 1) / strips * 2;
  cut.outs = descent_minimum(p->out, NAME(MOST_CHANNELS));
  return cut;
}

/// G g Gᵀ of each kernel: weights[block, point, in, row].
static void NAME(turn_weights)(const NAME(correlation) *p, const NAME(block) *block,
                               REAL *weights) {
  int64_t blocks = (block->outs + ROWS - 1) / ROWS;
  const VECTOR half = (VECTOR)(REAL)0.5;
  for (int64_t b = 0; b < blocks; b++) {
    descent_range rows = descent_cut(block->outs, blocks, b, 1);
    for (int64_t c = 0; c < block->ins; c++) {
      for (int64_t lane = 0; lane < rows.count; lane += COUNT) {
        VECTOR g[3][3], u[4][3];
        EACH(i, 3) EACH(j, 3) {
          int64_t y = p->tap_step[0] < 0 ? 2 - i : i, x = p->tap_step[1] < 0 ? 2 - j : j;
          const REAL *from = p->weight + (block->out + rows.first + lane) * p->weight_out +
                             (block->in + c) * p->weight_in + y * p->weight_tap[0] +
                             x * p->weight_tap[1];
          EACH(l, COUNT) {
            g[i][j][l] = from[descent_minimum(l, rows.count - lane - 1) * p->weight_out];
          }
        }
        EACH(j, 3) {
          VECTOR outer = (g[0][j] + g[2][j]) * half, middle = g[1][j] * half;
          u[0][j] = g[0][j];
          u[1][j] = outer + middle;
          u[2][j] = outer - middle;
          u[3][j] = g[2][j];
        }
        REAL *to = weights + (b * NAME(POINTS) * block->ins + c) * NAME(WEIGHT_ROWS) + lane;
        int64_t point = block->ins * NAME(WEIGHT_ROWS);
        EACH(i, 4) {
          VECTOR outer = (u[i][0] + u[i][2]) * half, middle = u[i][1] * half;
          STORE(to + (4 * i) * point, u[i][0]);
          STORE(to + (4 * i + 1) * point, outer + middle);
          STORE(to + (4 * i + 2) * point, outer - middle);
          STORE(to + (4 * i + 3) * point, u[i][2]);
        }
      }
    }
  }
}

/// Bᵀ d B of tiles that lie side by side in four rows of `columns` vectors: point q of tile t goes to
/// to[q * to_point + t * to_tile].
INLINE void NAME(turn_source)(REAL *rows, int64_t columns, int64_t tiles, REAL *to,
                              int64_t to_point, int64_t to_tile) {
  int64_t row = columns * COUNT;
  for (int64_t x = 0; x < columns; x++) {
    REAL *at = rows + x * COUNT;
    VECTOR d[4];
    EACH(i, 4) d[i] = LOAD(at + i * row);
    STORE(at, d[0] - d[2]);
    STORE(at + row, d[1] + d[2]);
    STORE(at + 2 * row, d[2] - d[1]);
    STORE(at + 3 * row, d[1] - d[3]);
  }
  for (int64_t t = 0; t < tiles; t++) {
    EACH(i, 4) {
      VECTOR d[4];
      EACH(j, 4) d[j] = LOAD(rows + i * row + (2 * t + j) * COUNT);
      REAL *at = to + 4 * i * to_point + t * to_tile;
      STORE(at, d[0] - d[2]);
      STORE(at + to_point, d[1] + d[2]);
      STORE(at + 2 * to_point, d[2] - d[1]);
      STORE(at + 3 * to_point, d[1] - d[3]);
    }
  }
}

/// Aᵀ M A of one tile: 2 × 2 pixels, and what is there or a bias; less at the result's end.
INLINE void NAME(turn_products)(const REAL *from, int64_t next, REAL *to, int64_t width,
                                bool has_below, bool has_right, VECTOR bias, bool adds) {
  VECTOR rows[2][4];
  EACH(j, 4) {
    VECTOR m[4];
    EACH(i, 4) m[i] = LOAD(from + (4 * i + j) * next);
    rows[0][j] = m[0] + m[1] + m[2];
    rows[1][j] = m[1] - m[2] - m[3];
  }
  EACH(y, 2) {
    if (y == 1 && !has_below) return;
    VECTOR *m = rows[y];
    REAL *pixel = to + y * width * COUNT;
    STORE(pixel, m[0] + m[1] + m[2] + (adds ? LOAD(pixel) : bias));
    if (!has_right) continue;
    STORE(pixel + COUNT, m[1] - m[2] - m[3] + (adds ? LOAD(pixel + COUNT) : bias));
  }
}

/// The sums of a block of two rows, by tiles.
static void NAME(correlate_by_tiles)(const NAME(correlation) *p, const NAME(block) *block,
                                     const REAL *weights, int32_t *offsets, REAL *tile,
                                     REAL *sums) {
  int64_t tiles = (block->width + 1) / 2, ins = block->ins, columns = 2 * tiles + 2;
  // tile: four rows of one channel; the sources' numbers [point, tile, channel]; those of the sums.
  REAL *rows_of_channel = tile, *turned = tile + 4 * (2 * NAME(MOST_TILES) + 2) * COUNT;
  int64_t point = tiles * ins * COUNT + NAME(APART);
  REAL *products = turned + NAME(POINTS) * point;
  NAME(places) source = block->grid;
  EACH(l, COUNT) source.row[l] = NAME(tile_origin)(p, 0, source.row[l]);
  int64_t left = NAME(tile_origin)(p, 1, block->left);
  for (int64_t c = 0; c < ins; c++) {
    NAME(lay_side_by_side)(&p->source, &source, block->in + c, 1, 4, left, columns, rows_of_channel,
                           0, COUNT);
    NAME(turn_source)(rows_of_channel, columns, tiles, turned + c * COUNT, point, ins * COUNT);
    offsets[c] = (int32_t)(c * COUNT);
  }
  int64_t blocks = (block->outs + ROWS - 1) / ROWS, plane = block->height * block->width * COUNT;
  const int64_t row_of_products = NAME(NEAR_TILES) * COUNT, next = ROWS * row_of_products;
  bool adds = block->in > 0;
  for (int64_t b = 0; b < blocks; b++) {
    descent_range rows = descent_cut(block->outs, blocks, b, 1);
    for (int64_t near = 0; near < tiles; near += NAME(NEAR_TILES)) {
      int64_t end = descent_minimum(tiles, near + NAME(NEAR_TILES));
      for (int64_t q = 0; q < NAME(POINTS); q++) {
        const REAL *panel = weights + (b * NAME(POINTS) + q) * ins * NAME(WEIGHT_ROWS);
        for (int64_t t = near; t < end; t += 2) {
          const REAL *from[2];
          REAL *to[2];
          from[0] = turned + q * point + t * ins * COUNT;
          from[1] = from[0] + ins * COUNT;
          to[0] = products + q * next + (t - near) * COUNT;
          to[1] = to[0] + COUNT;
          NAME(correlate_blocks)[rows.count][t + 1 < end](ins, panel, offsets, from, to, row_of_products,
                                                    NULL, false);
        }
      }
      for (int64_t i = 0; i < rows.count; i++) {
        VECTOR bias = (VECTOR)(p->bias ? p->bias[block->out + rows.first + i] : 0);
        for (int64_t t = near; t < end; t++) {
          const REAL *from = products + i * row_of_products + (t - near) * COUNT;
          REAL *to = sums + (rows.first + i) * plane + 2 * t * COUNT;
          NAME(turn_products)(from, next, to, block->width, block->height > 1,
                              2 * t + 1 < block->width, bias, adds);
        }
      }
    }
  }
}

// MARK: The weight's derivative

INLINE bool NAME(weight_suits_tiles)(const descent_convolution *c) {
  bool suits = c->in_channels / c->groups >= 8 && c->out_channels / c->groups >= 8;
  EACH(d, 2) {
    suits &= c->kernel[d] == 3 && c->stride[d] == 1 && c->dilation[d] == 1 && c->y_size[d] >= 4;
  }
  return suits;
}

/// Σ over the tiles of (A dy Aᵀ) ⊙ (Bᵀ d B), and then Gᵀ … G of the sums: the transpose of the above. The
/// lanes are channels.
static void NAME(weight_of_tiles)(const descent_convolution *c, int64_t first, int64_t end,
                                  REAL *to, void *const *buffers, descent_worker *worker) {
  int64_t in = c->in_channels / c->groups, out = c->out_channels / c->groups;
  int64_t tiles_across = (c->y_size[1] + 1) / 2, tiles_down = (c->y_size[0] + 1) / 2;
  // Tiles at a time: a few rows of tiles, or a part of one.
  enum { MOST = 32 };
  int64_t across = (tiles_across + (tiles_across + MOST - 1) / MOST - 1) /
                   ((tiles_across + MOST - 1) / MOST);
  int64_t down = descent_maximum(1, descent_minimum(tiles_down, MOST / across));
  int64_t most = across * down, columns = 2 * across + 2;
  REAL *sums = (REAL *)worker->packed_a;  // [point, out, in]
  REAL *rows_of_channel = (REAL *)worker->packed_b;
  REAL *turned = rows_of_channel + 4 * (2 * MOST + 2) * COUNT;  // [point, tile, in]
  int32_t *offsets = (int32_t *)worker->tiles;
  for (int64_t g = 0; g < c->groups; g++) {
    NAME(images) x = NAME(images_of)(&c->x, buffers, c->in_channels, c->x_size);
    NAME(images) y = NAME(images_of)(&c->y, buffers, c->out_channels, c->y_size);
    x.first += g * in * x.plane;
    y.first += g * out * y.plane;
    for (int64_t from_in = 0; from_in < in; from_in += NAME(MOST_CHANNELS)) {
      int64_t ins = descent_minimum(NAME(MOST_CHANNELS), in - from_in);
      int64_t wide = (ins + COUNT - 1) / COUNT * COUNT, point = most * wide + NAME(APART);
      REAL *slopes = turned + NAME(POINTS) * point;  // [block, point, tile, row]
      for (int64_t t = 0; t < most; t++) offsets[t] = (int32_t)(t * wide);
      for (int64_t from_out = 0; from_out < out; from_out += NAME(MOST_CHANNELS)) {
        int64_t outs = descent_minimum(NAME(MOST_CHANNELS), out - from_out);
        int64_t blocks = (outs + ROWS - 1) / ROWS;
        memset(sums, 0, (size_t)(NAME(POINTS) * outs * wide) * sizeof(REAL));
        for (int64_t image = first; image < end; image++) {
          for (int64_t top = 0; top < tiles_down; top += down) {
            for (int64_t left = 0; left < tiles_across; left += across) {
              int64_t rows_of_tiles = descent_minimum(down, tiles_down - top);
              int64_t tiles = rows_of_tiles * across;
              for (int64_t lane = 0; lane < ins; lane += COUNT) {
                NAME(images) channels = x;
                channels.first += image * x.image + (from_in + lane) * x.plane;
                channels.image = x.plane;
                NAME(places) places;
                EACH(l, COUNT) places.image[l] = descent_minimum(l, ins - lane - 1);
                for (int64_t r = 0; r < rows_of_tiles; r++) {
                  EACH(l, COUNT) places.row[l] = 2 * (top + r) - c->padding[0];
                  NAME(lay_side_by_side)(&channels, &places, 0, 1, 4, 2 * left - c->padding[1],
                                         columns, rows_of_channel, 0, COUNT);
                  NAME(turn_source)(rows_of_channel, columns, across,
                                    turned + r * across * wide + lane, point, wide);
                }
              }
              for (int64_t b = 0; b < blocks; b++) {
                descent_range rows = descent_cut(outs, blocks, b, 1);
                for (int64_t lane = 0; lane < rows.count; lane += COUNT) {
                  NAME(images) channels = y;
                  channels.first += image * y.image + (from_out + rows.first + lane) * y.plane;
                  channels.image = y.plane;
                  NAME(places) places;
                  EACH(l, COUNT) places.image[l] = descent_minimum(l, rows.count - lane - 1);
                  for (int64_t r = 0; r < rows_of_tiles; r++) {
                    EACH(l, COUNT) places.row[l] = 2 * (top + r);
                    NAME(lay_side_by_side)(&channels, &places, 0, 1, 2, 2 * left, 2 * across,
                                           rows_of_channel, 0, COUNT);
                    for (int64_t t = 0; t < across; t++) {
                      VECTOR d[2][2], v[4][2];
                      EACH(i, 2) EACH(j, 2) {
                        d[i][j] = LOAD(rows_of_channel + (i * 2 * across + 2 * t + j) * COUNT);
                      }
                      EACH(j, 2) {
                        v[0][j] = d[0][j];
                        v[1][j] = d[0][j] + d[1][j];
                        v[2][j] = d[0][j] - d[1][j];
                        v[3][j] = -d[1][j];
                      }
                      REAL *at = slopes + (b * NAME(POINTS) * most + r * across + t) *
                                              NAME(WEIGHT_ROWS) + lane;
                      int64_t next = most * NAME(WEIGHT_ROWS);
                      EACH(i, 4) {
                        STORE(at + (4 * i) * next, v[i][0]);
                        STORE(at + (4 * i + 1) * next, v[i][0] + v[i][1]);
                        STORE(at + (4 * i + 2) * next, v[i][0] - v[i][1]);
                        STORE(at + (4 * i + 3) * next, -v[i][1]);
                      }
                    }
                  }
                }
              }
              for (int64_t q = 0; q < NAME(POINTS); q++) {
                for (int64_t b = 0; b < blocks; b++) {
                  descent_range rows = descent_cut(outs, blocks, b, 1);
                  const REAL *panel = slopes + (b * NAME(POINTS) + q) * most * NAME(WEIGHT_ROWS);
                  for (int64_t lane = 0; lane < wide; lane += 2 * COUNT) {
                    const REAL *from[2];
                    REAL *into[2];
                    from[0] = turned + q * point + lane;
                    from[1] = from[0] + COUNT;
                    into[0] = sums + (q * outs + rows.first) * wide + lane;
                    into[1] = into[0] + COUNT;
                    NAME(correlate_blocks)[rows.count][lane + COUNT < wide](
                        tiles, panel, offsets, from, into, wide, NULL, true);
                  }
                }
              }
            }
          }
        }
        for (int64_t o = 0; o < outs; o++) {
          for (int64_t lane = 0; lane < ins; lane += COUNT) {
            VECTOR m[4][4], v[3][4], taps[3][3];
            const VECTOR half = (VECTOR)(REAL)0.5;
            EACH(i, 4) EACH(j, 4) m[i][j] = LOAD(sums + ((4 * i + j) * outs + o) * wide + lane);
            EACH(j, 4) {
              VECTOR sum = (m[1][j] + m[2][j]) * half;
              v[0][j] = m[0][j] + sum;
              v[1][j] = (m[1][j] - m[2][j]) * half;
              v[2][j] = sum + m[3][j];
            }
            EACH(i, 3) {
              VECTOR sum = (v[i][1] + v[i][2]) * half;
              taps[i][0] = v[i][0] + sum;
              taps[i][1] = (v[i][1] - v[i][2]) * half;
              taps[i][2] = sum + v[i][3];
            }
            REAL *kernel = to + ((g * out + from_out + o) * in + from_in + lane) * 9;
            for (int64_t l = 0; l < COUNT && lane + l < ins; l++) {
              EACH(i, 3) EACH(j, 3) kernel[l * 9 + i * 3 + j] = taps[i][j][l];
            }
          }
        }
      }
    }
  }
}
