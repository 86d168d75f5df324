// The softmax family for one floating-point type. The including file defines REAL, VECTOR, COUNT,
// LOAD, STORE, LOAD_PART, STORE_PART, NAME(x), EXP (of a vector <= 0), LOG (of a scalar),
// VECTOR_LOG, TRANSPOSE, FOLD_SUM and FOLD_MAX.
//
// With m = max(x) every exponential is at most 1 and the sum at least 1, so that nothing
// overflows: softmax(x)[i] = exp(x[i] - m) / sum, logsumexp(x) = m + log(sum).

INLINE REAL NAME(row_max)(const REAL *x, int64_t n) {
  VECTOR best = (VECTOR)(REAL)-__builtin_inff();
  int64_t i = 0;
  for (; i + COUNT <= n; i += COUNT) {
    VECTOR v = LOAD(x + i);
    best = v > best ? v : best;
  }
  if (i < n) {
    VECTOR v = LOAD_PART(x + i, n - i);
    best = ((v > best) & (NAME(lane_index)() < (REAL)(n - i))) ? v : best;
  }
  return FOLD_MAX(best);
}

/// The sum of exp(x[i] - m), each term also written to y unless that is NULL.
INLINE REAL NAME(row_exp_sum)(const REAL *x, REAL m, REAL *y, int64_t n) {
  VECTOR sum = 0;
  int64_t i = 0;
  for (; i + COUNT <= n; i += COUNT) {
    VECTOR e = EXP(LOAD(x + i) - m);
    if (y) STORE(y + i, e);
    sum += e;
  }
  if (i < n) {
    VECTOR e = EXP(LOAD_PART(x + i, n - i) - m);
    if (y) STORE_PART(y + i, e, n - i);
    sum += NAME(lane_index)() < (REAL)(n - i) ? e : (VECTOR)0;
  }
  return FOLD_SUM(sum);
}

/// y[i] = y[i] * factor
INLINE void NAME(row_scale)(REAL *y, REAL factor, int64_t n) {
  int64_t i = 0;
  for (; i + COUNT <= n; i += COUNT) STORE(y + i, LOAD(y + i) * factor);
  if (i < n) STORE_PART(y + i, LOAD_PART(y + i, n - i) * factor, n - i);
}

/// y[i] = (x[i] - a) - b
INLINE void NAME(row_subtract)(REAL *y, const REAL *x, REAL a, REAL b, int64_t n) {
  int64_t i = 0;
  for (; i + COUNT <= n; i += COUNT) STORE(y + i, (LOAD(x + i) - a) - b);
  if (i < n) STORE_PART(y + i, (LOAD_PART(x + i, n - i) - a) - b, n - i);
}

/// Whether the labels of rows first ..< first + count are classes; the first that is not is noted.
INLINE bool NAME(are_classes)(const int32_t *labels, int64_t first, int64_t count, int64_t n,
                              descent_worker *worker) {
  for (int64_t row = first; row < first + count; row++) {
    if (labels[row] >= 0 && labels[row] < n) continue;
    descent_note_bad_index(worker, row, labels[row]);
    return false;
  }
  return true;
}

/// What the operations read and write: x[rows, n], and beside it what they need.
typedef struct {
  const REAL *x;
  REAL *y;
  const int32_t *labels;
  const REAL *scale;  // NULL: `factor` for all
  int64_t scale_stride, n;
  REAL factor;
} NAME(rows_place);

INLINE REAL NAME(scale_of)(const NAME(rows_place) *p, int64_t row) {
  return p->scale ? p->scale[row * p->scale_stride] : p->factor;
}

/// Rows first ..< first + count, at most COUNT of at most COUNT numbers: they are transposed, so that
/// each lane is a row and nothing is summed across lanes.
static void NAME(narrow_rows)(int32_t operation, const NAME(rows_place) *p, int64_t first,
                              int64_t count) {
  const int64_t n = p->n;
  VECTOR columns[COUNT];
  _Pragma("clang loop unroll(full)") for (int r = 0; r < COUNT; r++) {
    const REAL *row = p->x + (first + r) * n;
    columns[r] = r >= count ? (VECTOR)0 : n == COUNT ? LOAD(row) : LOAD_PART(row, n);
  }
  TRANSPOSE(columns);
  VECTOR m = columns[0];
  for (int64_t j = 1; j < n; j++) m = columns[j] > m ? columns[j] : m;
  VECTOR powers[COUNT];
  _Pragma("clang loop unroll(full)") for (int j = 0; j < COUNT; j++) powers[j] = 0;
  VECTOR sum = 0;
  for (int64_t j = 0; j < n; j++) {
    powers[j] = EXP(columns[j] - m);
    sum += powers[j];
  }

  // The classes as numbers, to compare whole columns with; a lane without a row has none.
  REAL classes[COUNT], scales[COUNT];
  for (int64_t r = 0; r < COUNT; r++) {
    bool labelled = r < count && p->labels;
    classes[r] = labelled ? (REAL)p->labels[first + r] : -1;
    scales[r] = labelled ? NAME(scale_of)(p, first + r) : 1;
  }
  VECTOR class = LOAD(classes);

  if (operation == DESCENT_ROWS_LOG_SUM_EXP || operation == DESCENT_ROWS_CROSS_ENTROPY) {
    VECTOR target = 0;
    if (operation == DESCENT_ROWS_CROSS_ENTROPY) {
      for (int64_t j = 0; j < n; j++) target = class == (REAL)j ? columns[j] : target;
    }
    VECTOR result = (m - target) + VECTOR_LOG(sum);
    if (count == COUNT) {
      STORE(p->y + first, result);
    } else {
      STORE_PART(p->y + first, result, count);
    }
    return;
  }
  if (operation == DESCENT_ROWS_LOG_SOFTMAX) {
    VECTOR log_sum = VECTOR_LOG(sum);
    for (int64_t j = 0; j < n; j++) powers[j] = (columns[j] - m) - log_sum;
  } else {
    // Softmax has no labels: no column is a class, and the scale is 1.
    VECTOR scale = LOAD(scales), factor = scale / sum;
    for (int64_t j = 0; j < n; j++) {
      VECTOR y = powers[j] * factor;
      powers[j] = class == (REAL)j ? y - scale : y;
    }
  }
  TRANSPOSE(powers);
  for (int64_t r = 0; r < count; r++) {
    REAL *row = p->y + (first + r) * n;
    if (n == COUNT) {
      STORE(row, powers[r]);
    } else {
      STORE_PART(row, powers[r], n);
    }
  }
}

/// One row of any length.
INLINE void NAME(wide_row)(int32_t operation, const NAME(rows_place) *p, int64_t row) {
  const int64_t n = p->n;
  const REAL *from = p->x + row * n;
  REAL *to = p->y + row * n;
  REAL m = NAME(row_max)(from, n);
  switch (operation) {
    case DESCENT_ROWS_SOFTMAX:
      NAME(row_scale)(to, 1 / NAME(row_exp_sum)(from, m, to, n), n);
      break;
    case DESCENT_ROWS_LOG_SOFTMAX:
      NAME(row_subtract)(to, from, m, LOG(NAME(row_exp_sum)(from, m, NULL, n)), n);
      break;
    case DESCENT_ROWS_LOG_SUM_EXP:
      p->y[row] = m + LOG(NAME(row_exp_sum)(from, m, NULL, n));
      break;
    case DESCENT_ROWS_CROSS_ENTROPY:
      p->y[row] = (m - from[p->labels[row]]) + LOG(NAME(row_exp_sum)(from, m, NULL, n));
      break;
    default: {
      REAL factor = NAME(scale_of)(p, row);
      NAME(row_scale)(to, factor / NAME(row_exp_sum)(from, m, to, n), n);
      to[p->labels[row]] -= factor;
      break;
    }
  }
}

static void NAME(rows)(const descent_instruction *instruction, int64_t task,
                       void *const *buffers, descent_worker *worker) {
  const descent_rows *rows = instruction->parameters;
  int32_t operation = rows->operation;
  NAME(rows_place) p = {
    .x = (const REAL *)descent_address(&rows->x, buffers),
    .y = (REAL *)descent_address(&rows->y, buffers),
    .n = rows->n,
    .factor = (REAL)rows->scale.immediate,
  };
  descent_range range = descent_cut(rows->rows, instruction->tasks, task, 1);
  if (operation == DESCENT_ROWS_CROSS_ENTROPY ||
      operation == DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE) {
    p.labels = (const int32_t *)descent_address(&rows->label, buffers);
    if (!NAME(are_classes)(p.labels, range.first, range.count, p.n, worker)) return;
  }
  if (operation == DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE && rows->scale.slot >= 0) {
    p.scale = (const REAL *)descent_address(&rows->scale, buffers);
    p.scale_stride = rows->scale.strides[0];
  }
  for (int64_t done = 0; done < range.count;) {
    int64_t row = range.first + done;
    if (p.n <= COUNT && p.n > 0) {
      int64_t count = descent_minimum(COUNT, range.count - done);
      NAME(narrow_rows)(operation, &p, row, count);
      done += count;
    } else {
      NAME(wide_row)(operation, &p, row);
      done++;
    }
  }
}
