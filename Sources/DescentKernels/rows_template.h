// The softmax family for one floating-point type. The including file defines REAL, VECTOR, COUNT,
// LOAD, STORE, LOAD_PART, STORE_PART, NAME(x), EXP (of a vector <= 0), LOG (of a scalar),
// FOLD_SUM and FOLD_MAX.
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

static void NAME(rows)(const descent_instruction *instruction, int64_t task,
                       void *const *buffers, descent_worker *worker) {
  const descent_rows *rows = instruction->parameters;
  int64_t n = rows->n;
  const REAL *x = (const REAL *)descent_address(&rows->x, buffers);
  REAL *y = (REAL *)descent_address(&rows->y, buffers);
  bool labelled = rows->operation == DESCENT_ROWS_CROSS_ENTROPY ||
                  rows->operation == DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE;
  const int32_t *labels =
      labelled ? (const int32_t *)descent_address(&rows->label, buffers) : NULL;
  const REAL *scale = rows->operation == DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE &&
                              rows->scale.slot >= 0
                          ? (const REAL *)descent_address(&rows->scale, buffers)
                          : NULL;
  descent_range range = descent_cut(rows->rows, instruction->tasks, task, 1);
  for (int64_t row = range.first; row < range.first + range.count; row++) {
    const REAL *from = x + row * n;
    int32_t label = 0;
    if (labelled) {
      label = labels[row];
      if (label < 0 || label >= n) {
        descent_note_bad_index(worker, row, label);
        return;
      }
    }
    REAL m = NAME(row_max)(from, n);
    switch (rows->operation) {
      case DESCENT_ROWS_SOFTMAX: {
        REAL sum = NAME(row_exp_sum)(from, m, y + row * n, n);
        NAME(row_scale)(y + row * n, 1 / sum, n);
        break;
      }
      case DESCENT_ROWS_LOG_SOFTMAX: {
        REAL sum = NAME(row_exp_sum)(from, m, NULL, n);
        NAME(row_subtract)(y + row * n, from, m, LOG(sum), n);
        break;
      }
      case DESCENT_ROWS_LOG_SUM_EXP:
        y[row] = m + LOG(NAME(row_exp_sum)(from, m, NULL, n));
        break;
      case DESCENT_ROWS_CROSS_ENTROPY:
        y[row] = (m - from[label]) + LOG(NAME(row_exp_sum)(from, m, NULL, n));
        break;
      default: {
        REAL factor = scale ? scale[row * rows->scale.strides[0]] : (REAL)rows->scale.immediate;
        REAL sum = NAME(row_exp_sum)(from, m, y + row * n, n);
        NAME(row_scale)(y + row * n, factor / sum, n);
        y[row * n + label] -= factor;
        break;
      }
    }
  }
}
