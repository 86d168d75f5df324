// Reductions for one compute type. The including file defines REAL, VECTOR, COUNT, LOAD, STORE,
// LOAD_PART, NAME(x), LOWEST, HIGHEST, ADD(a, b), IS_NAN(a),
// FOLD_SUM, FOLD_MAX and FOLD_MIN.

/// What a reduction starts from.
INLINE REAL NAME(start)(int32_t reduction) {
  return reduction == DESCENT_SUM ? (REAL)0 : reduction == DESCENT_MAX ? LOWEST : HIGHEST;
}

INLINE VECTOR NAME(combine)(int32_t reduction, VECTOR a, VECTOR b) {
  if (reduction == DESCENT_SUM) return ADD(a, b);
  if (reduction == DESCENT_MAX) return ((a > b) | IS_NAN(a)) ? a : b;
  return ((a < b) | IS_NAN(a)) ? a : b;
}

INLINE REAL NAME(fold)(int32_t reduction, VECTOR v) {
  if (reduction == DESCENT_SUM) return FOLD_SUM(v);
  return reduction == DESCENT_MAX ? FOLD_MAX(v) : FOLD_MIN(v);
}

/// Four vectors of accumulators: enough to hide the latency of an addition, and many short sums
/// lose less than one long one.
typedef struct { VECTOR lane[4]; } NAME(accumulators);

INLINE void NAME(accumulate_row)(int32_t reduction, NAME(accumulators) *sums, const REAL *x,
                                 int64_t n) {
  VECTOR s0 = sums->lane[0], s1 = sums->lane[1], s2 = sums->lane[2], s3 = sums->lane[3];
  int64_t i = 0;
  for (; i + 4 * COUNT <= n; i += 4 * COUNT) {
    s0 = NAME(combine)(reduction, s0, LOAD(x + i));
    s1 = NAME(combine)(reduction, s1, LOAD(x + i + COUNT));
    s2 = NAME(combine)(reduction, s2, LOAD(x + i + 2 * COUNT));
    s3 = NAME(combine)(reduction, s3, LOAD(x + i + 3 * COUNT));
  }
  for (; i + COUNT <= n; i += COUNT) s0 = NAME(combine)(reduction, s0, LOAD(x + i));
  if (i < n) {
    VECTOR rest = LOAD_PART(x + i, n - i);
    if (reduction != DESCENT_SUM) {
      // The lanes beyond the row must not take part: they get the start value.
      VECTOR start = (VECTOR)NAME(start)(reduction);
      rest = NAME(lane_index)() < (REAL)(n - i) ? rest : start;
    }
    s1 = NAME(combine)(reduction, s1, rest);
  }
  sums->lane[0] = s0, sums->lane[1] = s1, sums->lane[2] = s2, sums->lane[3] = s3;
}

INLINE REAL NAME(fold_accumulators)(int32_t reduction, const NAME(accumulators) *sums) {
  VECTOR low = NAME(combine)(reduction, sums->lane[0], sums->lane[1]);
  VECTOR high = NAME(combine)(reduction, sums->lane[2], sums->lane[3]);
  return NAME(fold)(reduction, NAME(combine)(reduction, low, high));
}

/// to[i] = combine(to[i], x[i])
INLINE void NAME(accumulate_columns)(int32_t reduction, REAL *to, const REAL *x, int64_t n) {
  int64_t i = 0;
  for (; i + COUNT <= n; i += COUNT) {
    STORE(to + i, NAME(combine)(reduction, LOAD(to + i), LOAD(x + i)));
  }
  if (i < n) {
    VECTOR sum = NAME(combine)(reduction, LOAD_PART(to + i, n - i), LOAD_PART(x + i, n - i));
    STORE_PART(to + i, sum, n - i);
  }
}

/// Rows one after the other (inner == 1): rows first ..< first + count of [rows, length], of which
/// elements from ..< to are reduced.
INLINE void NAME(reduce_rows)(int32_t reduction, descent_runner *runner, int32_t source,
                              int64_t length, int64_t from, int64_t to, int64_t first,
                              int64_t count, REAL *result) {
  VECTOR start = (VECTOR)NAME(start)(reduction);
  int64_t n = to - from;
  if (n == length && n <= runner->program->tile / 2) {
    // Several short rows in each block.
    int64_t rows_per_block = runner->program->tile / n;
    for (int64_t row = 0; row < count; row += rows_per_block) {
      int64_t rows = descent_minimum(rows_per_block, count - row);
      runner_block(runner, (first + row) * length, rows * n);
      const REAL *x = (const REAL *)runner->registers[source];
      for (int64_t r = 0; r < rows; r++) {
        if (n <= COUNT) {
          VECTOR sum = start;
          for (int64_t i = 0; i < n; i += COUNT) {
            VECTOR rest = i + COUNT <= n ? LOAD(x + r * n + i) : LOAD_PART(x + r * n + i, n - i);
            if (reduction != DESCENT_SUM && i + COUNT > n) {
              rest = NAME(lane_index)() < (REAL)(n - i) ? rest : start;
            }
            sum = NAME(combine)(reduction, sum, rest);
          }
          result[row + r] = NAME(fold)(reduction, sum);
        } else {
          NAME(accumulators) sums = {{start, start, start, start}};
          NAME(accumulate_row)(reduction, &sums, x + r * n, n);
          result[row + r] = NAME(fold_accumulators)(reduction, &sums);
        }
      }
    }
    return;
  }
  for (int64_t row = 0; row < count; row++) {
    NAME(accumulators) total = {{start, start, start, start}};
    int64_t at = (first + row) * length + from;
    for (int64_t left = n; left > 0;) {
      int64_t block = block_length(runner, at, left);
      runner_block(runner, at, block);
      // A sum of its own for each block: terms meet sums of their own size, and little is lost.
      NAME(accumulators) sums = {{start, start, start, start}};
      NAME(accumulate_row)(reduction, &sums, (const REAL *)runner->registers[source], block);
      for (int v = 0; v < 4; v++) {
        total.lane[v] = NAME(combine)(reduction, total.lane[v], sums.lane[v]);
      }
      at += block;
      left -= block;
    }
    result[row] = NAME(fold_accumulators)(reduction, &total);
  }
}

/// Columns column ..< column + width of [reduced, inner], rows from ..< to, starting at flat
/// element `base` of the program.
INLINE void NAME(reduce_columns)(int32_t reduction, descent_runner *runner, int32_t source,
                                 int64_t base, int64_t inner, int64_t from, int64_t to,
                                 int64_t column, int64_t width, REAL *result) {
  // Accumulators for one tile: for narrow rows the sums of several rows side by side.
  REAL sums[1024];
  int64_t rows_per_block = width == inner ? runner->program->tile / inner : 1;
  if (rows_per_block < 1) rows_per_block = 1;
  int64_t in_use = descent_minimum(rows_per_block, to - from);
  for (int64_t row = from; row < to; row += rows_per_block) {
    int64_t rows = descent_minimum(rows_per_block, to - row);
    runner_block(runner, base + row * inner + column, rows * width);
    const REAL *x = (const REAL *)runner->registers[source];
    if (row == from) {
      memcpy(sums, x, (size_t)(rows * width) * sizeof(REAL));
    } else {
      NAME(accumulate_columns)(reduction, sums, x, rows * width);
    }
  }
  // The rows that are left are folded by halves; an odd one in the middle waits for the next turn.
  while (in_use > 1) {
    int64_t half = in_use / 2;
    NAME(accumulate_columns)(reduction, sums, sums + (in_use - half) * width, half * width);
    in_use -= half;
  }
  memcpy(result, sums, (size_t)width * sizeof(REAL));
}

INLINE void NAME(reduce_task)(int32_t reduction, const descent_instruction *instruction,
                              int64_t task, void *const *buffers, descent_worker *worker) {
  const descent_reduce *reduce = instruction->parameters;
  descent_reduce_cut cut = descent_cut_reduce(instruction);
  REAL *output = (REAL *)descent_address(&reduce->output, buffers);
  // With splits the partial results go to scratch as [outer, split, inner].
  if (cut.splits > 1) output = (REAL *)descent_address(&reduce->scratch, buffers);
  descent_runner *runner = &worker->runner;
  int64_t units = reduce->outer * cut.splits * cut.blocks;
  descent_range range = descent_cut(units, instruction->tasks, task, 1);
  if (range.count == 0) return;
  if (reduce->reduced == 0) {
    for (int64_t u = range.first; u < range.first + range.count; u++) {
      int64_t first = reduce->inner * (u % cut.blocks) / cut.blocks;
      int64_t last = reduce->inner * (u % cut.blocks + 1) / cut.blocks;
      REAL *row = output + u / cut.blocks * reduce->inner;
      for (int64_t i = first; i < last; i++) row[i] = NAME(start)(reduction);
    }
    return;
  }
  runner_begin(runner, &reduce->program, buffers, worker->tiles,
               range.count * reduce->reduced * reduce->inner);

  if (reduce->inner == 1 && cut.splits == 1) {
    NAME(reduce_rows)(reduction, runner, reduce->source, reduce->reduced, 0, reduce->reduced,
                      range.first, range.count, output + range.first);
    return;
  }
  for (int64_t u = range.first; u < range.first + range.count; u++) {
    int64_t block = u % cut.blocks, split = u / cut.blocks % cut.splits;
    int64_t outer = u / cut.blocks / cut.splits;
    int64_t rows = instruction->strips > 0 ? instruction->rows : reduce->reduced;
    int64_t from = rows * split / cut.splits * (reduce->reduced / rows);
    int64_t to = rows * (split + 1) / cut.splits * (reduce->reduced / rows);
    REAL *row = output + (outer * cut.splits + split) * reduce->inner;
    if (reduce->inner == 1) {
      NAME(reduce_rows)(reduction, runner, reduce->source, reduce->reduced, from, to, outer, 1,
                        row);
      continue;
    }
    int64_t first = reduce->inner * block / cut.blocks;
    int64_t last = reduce->inner * (block + 1) / cut.blocks;
    NAME(reduce_columns)(reduction, runner, reduce->source,
                         outer * reduce->reduced * reduce->inner, reduce->inner, from, to, first,
                         last - first, row + first);
  }
}

static void NAME(reduce)(const descent_instruction *instruction, int64_t task,
                         void *const *buffers, descent_worker *worker) {
  // One copy of the loops for each reduction, so that none asks inside which it is.
  const descent_reduce *reduce = instruction->parameters;
  if (reduce->reduction == DESCENT_SUM) {
    NAME(reduce_task)(DESCENT_SUM, instruction, task, buffers, worker);
  } else if (reduce->reduction == DESCENT_MAX) {
    NAME(reduce_task)(DESCENT_MAX, instruction, task, buffers, worker);
  } else {
    NAME(reduce_task)(DESCENT_MIN, instruction, task, buffers, worker);
  }
}

/// Combines the partial results of splits, in order.
static void NAME(finish_reduce)(const descent_reduce *reduce, int64_t splits,
                                void *const *buffers) {
  REAL *output = (REAL *)descent_address(&reduce->output, buffers);
  const REAL *partial = (const REAL *)descent_address(&reduce->scratch, buffers);
  int64_t inner = reduce->inner;
  for (int64_t o = 0; o < reduce->outer; o++, output += inner) {
    for (int64_t i = 0; i < inner; i++) output[i] = NAME(start)(reduce->reduction);
    for (int64_t s = 0; s < splits; s++, partial += inner) {
      NAME(accumulate_columns)(reduce->reduction, output, partial, inner);
    }
  }
}
