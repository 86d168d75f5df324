// The three directions of a convolution, for one floating-point type: included behind
// convolution_template.h and winograd_template.h.

// MARK: Running a correlation

static void NAME(run_epilogue)(const NAME(correlation) *p, const NAME(block) *block,
                               descent_runner *runner) {
  const NAME(places) *grid = &block->grid;
  // One channel of one image after the other. Each begins at another place in memory, which must be
  // asked for in time.
  const int64_t ahead = 4, channels = grid->count * block->outs;
  const bool whole = block->width == p->result.width;
  for (int64_t i = -ahead; i < channels; i++) {
    for (int64_t later = 1; later >= 0; later--) {
      int64_t channel = i + later * ahead;
      if (channel < 0 || channel >= channels) continue;
      int64_t l = channel / block->outs, rows = grid->rows[l];
      int64_t first = p->epilogue_first + grid->image[l] * p->result.image +
                      (block->out + channel % block->outs) * p->result.plane +
                      grid->row[l] * p->result.width + block->left;
      int64_t runs = whole ? 1 : rows, run = whole ? rows * block->width : block->width;
      for (int64_t y = 0; y < runs; y++, first += p->result.width) {
        if (later) runner_prefetch(runner, first, run); else runner_range(runner, first, run);
      }
    }
  }
}

/// The sums of a block as the channels before left them in the result.
static void NAME(bring_back)(const NAME(correlation) *p, const NAME(block) *block,
                             const NAME(places) *places, int64_t left, REAL *sums) {
  for (int64_t c = 0; c < block->outs; c++) {
    for (int64_t y = 0; y < block->height; y++) {
      for (int64_t x = 0; x < block->width; x++, sums += COUNT) {
        EACH(l, COUNT) {
          int64_t row = places->row[l] + descent_minimum(y, places->rows[l] - 1) * p->result_step[0];
          sums[l] = p->result.first[places->image[l] * p->result.image +
                                    (block->out + c) * p->result.plane + row * p->result.width +
                                    left + x * p->result_step[1]];
        }
      }
    }
  }
}

/// Runs some of the blocks of a correlation: task `task` of `tasks`.
static void NAME(correlate)(const NAME(correlation) *p, int64_t batch, int64_t tasks, int64_t task,
                            void *const *buffers, descent_worker *worker) {
  if (batch == 0 || p->out == 0 || p->grid[0] <= 0 || p->grid[1] <= 0) return;
  const bool by_tiles = NAME(suits_tiles)(p);
  int64_t taps = p->taps[0] * p->taps[1];
  NAME(cut) cut;
  if (by_tiles) {
    cut = NAME(cut_tiles)(p);
  } else {
    cut = NAME(cut_correlation)(p->grid, p->step, p->taps, p->tap_step, p->in);
    int64_t rows = NAME(rows_that_fill_lanes)(batch, p->grid[0], cut.rows);
    cut.tile_rows -= (cut.rows - rows) * p->step[0];
    cut.rows = rows;
    // As many channels of the result at a time as there is room for weights and sums.
    int64_t most_weights = NAME(MOST_TAPS) / descent_maximum(1, cut.ins * taps);
    int64_t most_sums = NAME(MOST_SUMS) / (cut.rows * cut.columns * COUNT * ROWS);
    cut.outs = ROWS * descent_maximum(1, descent_minimum(most_weights, most_sums));
  }
  // Bands of rows of all images, one beside the other.
  int64_t bands = (p->grid[0] + cut.rows - 1) / cut.rows;
  int64_t strips = (p->grid[1] + cut.columns - 1) / cut.columns;
  int64_t units = (batch * bands + COUNT - 1) / COUNT * strips;
  // Where there are few of them, threads share the channels.
  int64_t parts = descent_minimum((p->out + ROWS - 1) / ROWS, (4 + units - 1) / units);
  cut.outs = descent_minimum(cut.outs, (p->out + parts - 1) / parts);
  int64_t chunks = (p->out + cut.outs - 1) / cut.outs;
  int64_t ins_chunks = descent_maximum(1, (p->in + cut.ins - 1) / cut.ins);
  int64_t first = chunks * units * task / tasks, end = chunks * units * (task + 1) / tasks;
  if (first == end) return;

  REAL *weights = (REAL *)worker->packed_a;
  int32_t *offsets = NAME(offsets_of)(worker);
  REAL *tile = (REAL *)worker->packed_b, *sums = tile + NAME(MOST_TILE);
  if (p->epilogue) {
    runner_begin(&worker->runner, p->epilogue, buffers, worker->tiles, p->result.plane);
  }
  for (int64_t chunk = first / units; chunk * units < end; chunk++) {
    int64_t from_unit = descent_maximum(0, first - chunk * units);
    int64_t end_unit = descent_minimum(units, end - chunk * units);
    NAME(block) block = {.out = p->out * chunk / chunks};
    block.outs = p->out * (chunk + 1) / chunks - block.out;
    for (int64_t in = 0; in < ins_chunks; in++) {
      block.in = p->in * in / ins_chunks;
      block.ins = p->in * (in + 1) / ins_chunks - block.in;
      // Of the task before there may be the same weights.
      int64_t number = 1 + in + (chunk << 20) + (p->number << 40);
      if (worker->packed != number) {
        if (by_tiles) {
          NAME(turn_weights)(p, &block, weights);
        } else {
          NAME(pack_weights)(p, cut, &block, weights, offsets);
        }
        worker->packed = number;
      }
      for (int64_t unit = from_unit; unit < end_unit; unit++) {
        block.left = unit % strips * cut.columns;
        block.width = descent_minimum(cut.columns, p->grid[1] - block.left);
        block.height = 0;
        int64_t place = unit / strips * COUNT, all = batch * bands;
        block.grid.count = descent_minimum(COUNT, all - place);
        EACH(l, COUNT) {
          // The bands of as many images as there are lanes, one below the other, then the next images.
          int64_t at = descent_minimum(place + l, all - 1), pack = at / (COUNT * bands) * COUNT;
          int64_t images = descent_minimum(COUNT, batch - pack);
          int64_t row = (at - pack * bands) / images * cut.rows;
          block.grid.image[l] = pack + (at - pack * bands) % images;
          block.grid.row[l] = row;
          block.grid.rows[l] = descent_minimum(cut.rows, p->grid[0] - row);
          block.height = descent_maximum(block.height, block.grid.rows[l]);
        }
        NAME(places) result = block.grid;
        EACH(l, COUNT) result.row[l] = p->result_first[0] + result.row[l] * p->result_step[0];
        int64_t left = p->result_first[1] + block.left * p->result_step[1];
        if (in > 0) NAME(bring_back)(p, &block, &result, left, sums);
        if (by_tiles) {
          NAME(correlate_by_tiles)(p, &block, weights, offsets, tile, sums);
        } else {
          NAME(correlate_directly)(p, cut, &block, weights, offsets, tile, sums);
        }
        NAME(lay_apart)(&p->result, &result, block.out, block.outs, left, p->result_step,
                        block.height, block.width, sums);
        if (p->epilogue && in == ins_chunks - 1) {
          NAME(run_epilogue)(p, &block, &worker->runner);
        }
      }
    }
  }
}

// MARK: The three directions

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
      .in = in, .out = out, .result_step = {1, 1}, .number = g,
      .epilogue = c->epilogue, .epilogue_first = g * out * c->y_size[0] * c->y_size[1],
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
    NAME(correlate)(&p, c->batch, tasks, task, buffers, worker);
  }
}

/// x[iy, ix] = Σ y[oy, ox] weight[…, i, j] over all with oy * stride + i * dilation = iy + padding. The
/// rows and columns of x whose distance is the stride take the same taps: each of these phases is a
/// correlation by itself.
static void NAME(run_input)(const descent_convolution *c, int64_t tasks, int64_t task,
                            void *const *buffers, descent_worker *worker) {
  int64_t in = c->in_channels / c->groups, out = c->out_channels / c->groups;
  int64_t area = c->kernel[0] * c->kernel[1], phases[2], every[2];
  for (int d = 0; d < 2; d++) {
    phases[d] = descent_minimum(c->stride[d], c->x_size[d]);
    // Taps that far apart are of one phase.
    every[d] = c->stride[d] / descent_common_divisor(c->stride[d], c->dilation[d]);
  }
  for (int64_t g = 0; g < c->groups; g++) {
    for (int64_t phase = 0; phase < phases[0] * phases[1]; phase++) {
      int64_t at[2] = {phase / phases[1], phase % phases[1]}, tap[2] = {0, 0};
      NAME(correlation) p = {
        .source = NAME(images_of)(&c->y, buffers, c->out_channels, c->y_size),
        .result = NAME(images_of)(&c->x, buffers, c->in_channels, c->x_size),
        .weight = (const REAL *)descent_address(&c->weight, buffers) + g * out * in * area,
        .weight_out = area, .weight_in = in * area, .in = out, .out = in, .step = {1, 1},
        .number = g * phases[0] * phases[1] + phase,
        .epilogue = c->epilogue, .epilogue_first = g * in * c->x_size[0] * c->x_size[1],
      };
      p.source.first += g * out * p.source.plane;
      p.result.first += g * in * p.result.plane;
      for (int d = 0; d < 2; d++) {
        int64_t stride = c->stride[d], dilation = c->dilation[d];
        p.grid[d] = (c->x_size[d] - at[d] + stride - 1) / stride;
        p.result_first[d] = at[d];
        p.result_step[d] = stride;
        // The first tap of this phase.
        while (tap[d] < c->kernel[d] && (at[d] + c->padding[d] - tap[d] * dilation) % stride != 0) {
          tap[d]++;
        }
        p.taps[d] = (c->kernel[d] - tap[d] + every[d] - 1) / every[d];
        p.tap_step[d] = -every[d] * dilation / stride;
        // Exact, as the phase was chosen so; may be negative.
        p.origin[d] = (at[d] + c->padding[d] - tap[d] * dilation) / stride;
        p.weight_tap[d] = every[d] * (d == 0 ? c->kernel[1] : 1);
      }
      if (p.taps[0] == 0 || p.taps[1] == 0) {
        // No output has seen these pixels. A single tap of no channel gives their zeros.
        p.in = 0;
        p.taps[0] = p.taps[1] = 1;
        p.origin[0] = p.origin[1] = 0;
      } else {
        p.weight += tap[0] * c->kernel[1] + tap[1];
      }
      NAME(correlate)(&p, c->batch, tasks, task, buffers, worker);
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
  while (cut.ins > 1 && cut.ins * taps * descent_minimum(out, ROWS) > room) {
    cut.ins = (cut.ins + 1) / 2;
  }
  int64_t outs_at_once = descent_maximum(1, descent_minimum(out, room / (cut.ins * taps)));
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
    for (int64_t from_in = 0; from_in < in; from_in += cut.ins) {
      int64_t ins = descent_minimum(cut.ins, in - from_in), k = ins * taps;
      for (int64_t q = 0; q < k; q++) {
        offsets[q] = NAME(offset)(c->kernel, c->dilation, cut, q / taps, q / c->kernel[1] % c->kernel[0],
                                  q % c->kernel[1]);
      }
      for (int64_t from_out = 0; from_out < out; from_out += outs_at_once) {
        int64_t outs = descent_minimum(outs_at_once, out - from_out);
        int64_t blocks = (outs + ROWS - 1) / ROWS;
        memset(sums, 0, (size_t)(outs * k * COUNT) * sizeof(REAL));
        for (int64_t image = first; image < end; image += COUNT) {
          NAME(places) places = {.count = descent_minimum(COUNT, end - image)};
          EACH(l, COUNT) places.image[l] = image + descent_minimum(l, places.count - 1);
          for (int64_t top = 0; top < c->y_size[0]; top += cut.rows) {
            for (int64_t left = 0; left < c->y_size[1]; left += cut.columns) {
              int64_t height = descent_minimum(cut.rows, c->y_size[0] - top);
              int64_t width = descent_minimum(cut.columns, c->y_size[1] - left);
              EACH(l, COUNT) places.row[l] = top * c->stride[0] - c->padding[0];
              NAME(lay_side_by_side)(&x, &places, from_in, ins, cut.tile_rows,
                                     left * c->stride[1] - c->padding[1], cut.tile_columns, tile,
                                     cut.tile_rows * cut.tile_columns * COUNT, COUNT);
              // [pixel, channel, lane]: the rows of a block side by side.
              EACH(l, COUNT) places.row[l] = top;
              NAME(lay_side_by_side)(&y, &places, from_out, outs, height, left, width, slope, COUNT,
                                     outs * COUNT);
              // Lanes without an image count nothing.
              for (int64_t i = 0; places.count < COUNT && i < height * width * outs; i++) {
                VECTOR v = LOAD(slope + i * COUNT);
                STORE(slope + i * COUNT, (VECTOR)0);
                STORE_PART(slope + i * COUNT, v, places.count);
              }
              int64_t near = descent_maximum(1, NAME(NEAR_PIXELS) / width);
              int64_t tile_row = c->stride[0] * cut.tile_columns * COUNT;
              for (int64_t y_first = 0; y_first < height; y_first += near) {
                int64_t few = descent_minimum(near, height - y_first);
                const REAL *above = tile + y_first * tile_row;
                for (int64_t b = 0; b < blocks; b++) {
                  descent_range rows = descent_cut(outs, blocks, b, 1);
                  const REAL *slopes = slope + (y_first * width * outs + rows.first) * COUNT;
                  for (int64_t column = 0; column < k; column += 2) {
                    int pair = column + 1 < k;
                    const REAL *from[2] = {above + offsets[column], above + offsets[column + pair]};
                    NAME(slope_blocks)[rows.count][pair](slopes, outs * COUNT, from, tile_row,
                                                   c->stride[1] * COUNT, few, width,
                                                   sums + (rows.first * k + column) * COUNT, k * COUNT);
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
    end = descent_minimum(end, c->batch);
    if (NAME(weight_suits_tiles)(c)) {
      NAME(weight_of_tiles)(c, first, end, to + split * size, buffers, worker);
    } else {
      NAME(weight_of_images)(c, first, end, to + split * size, buffers, worker);
    }
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

#undef CORRELATE
#undef BOTH
#undef CORRELATE_ENTRY
#undef SLOPE_ENTRY
