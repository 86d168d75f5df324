// Instructions that find or follow an index: arg_reduce, gather, scatter_add.

// Index of the first largest or smallest element. `better` is false for equal values, so that the
// first one stays; a NaN is better than anything but a NaN before it.
#define ARG_REDUCE(T, name)                                                                      \
  INLINE void name##_arg_reduce(const descent_arg_reduce *arg, const T *x, int32_t *output,      \
                                descent_range range) {                                           \
    const int64_t *strides = arg->input.strides;                                                 \
    for (int64_t u = range.first; u < range.first + range.count; u++) {                          \
      const T *from = x + u / arg->inner * strides[0] + u % arg->inner * strides[2];             \
      T best = from[0];                                                                          \
      int64_t at = 0;                                                                            \
      for (int64_t r = 1; r < arg->reduced && best == best; r++) {                               \
        T value = from[r * strides[1]];                                                          \
        bool better = arg->smallest ? value < best : value > best;                               \
        if (better || value != value) {                                                          \
          best = value;                                                                          \
          at = r;                                                                                \
        }                                                                                        \
      }                                                                                          \
      output[u] = (int32_t)at;                                                                   \
    }                                                                                            \
  }
ARG_REDUCE(float, float)
ARG_REDUCE(double, double)
ARG_REDUCE(int32_t, int)
ARG_REDUCE(uint8_t, byte)
#undef ARG_REDUCE

static void run_arg_reduce(const descent_instruction *instruction, int64_t task,
                           void *const *buffers, descent_worker *worker) {
  (void)worker;
  const descent_arg_reduce *arg = instruction->parameters;
  if (arg->outer * arg->inner == 0) return;
  const void *x = descent_address(&arg->input, buffers);
  int32_t *output = (int32_t *)descent_address(&arg->output, buffers);
  descent_range range = descent_cut(arg->outer * arg->inner, instruction->tasks, task, 1);
  if (arg->reduced == 0) {
    memset(output + range.first, 0, (size_t)range.count * sizeof *output);
    return;
  }
  switch (arg->input.dtype) {
    case DESCENT_FLOAT32: float_arg_reduce(arg, x, output, range); break;
    case DESCENT_FLOAT64: double_arg_reduce(arg, x, output, range); break;
    case DESCENT_INT32: int_arg_reduce(arg, x, output, range); break;
    default: byte_arg_reduce(arg, x, output, range); break;
  }
}

static void run_gather(const descent_instruction *instruction, int64_t task,
                       void *const *buffers, descent_worker *worker) {
  const descent_gather *gather = instruction->parameters;
  const char *table = descent_address(&gather->table, buffers);
  const int32_t *index = (const int32_t *)descent_address(&gather->index, buffers);
  char *output = descent_address(&gather->output, buffers);
  int64_t bytes = gather->inner * descent_dtype_size(gather->table.dtype);
  descent_range range = descent_cut(gather->count, instruction->tasks, task, 1);
  for (int64_t i = range.first; i < range.first + range.count; i++) {
    if (index[i] < 0 || index[i] >= gather->rows) {
      descent_note_bad_index(worker, i, index[i]);
      return;
    }
    memcpy(output + i * bytes, table + index[i] * bytes, (size_t)bytes);
  }
}

// Each task has columns of its own and walks all indices in order: no two tasks write the same
// element, and every element receives its terms in the order of the indices.
#define SCATTER_ADD(T, name, ADD)                                                                \
  INLINE void name##_scatter_add(const descent_scatter_add *scatter, const T *input,             \
                                 const int32_t *index, T *output, descent_range columns,         \
                                 descent_worker *worker) {                                       \
    for (int64_t row = 0; row < scatter->rows; row++) {                                          \
      memset(output + row * scatter->inner + columns.first, 0,                                   \
             (size_t)columns.count * sizeof *output);                                            \
    }                                                                                            \
    for (int64_t i = 0; i < scatter->count; i++) {                                               \
      if (index[i] < 0 || index[i] >= scatter->rows) {                                           \
        descent_note_bad_index(worker, i, index[i]);                                             \
        return;                                                                                  \
      }                                                                                          \
      const T *restrict from = input + i * scatter->inner + columns.first;                       \
      T *restrict to = output + index[i] * scatter->inner + columns.first;                       \
      for (int64_t j = 0; j < columns.count; j++) to[j] = ADD(to[j], from[j]);                   \
    }                                                                                            \
  }
#define ADD(a, b) ((a) + (b))
SCATTER_ADD(float, float, ADD)
SCATTER_ADD(double, double, ADD)
#undef ADD
#define ADD(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
SCATTER_ADD(int32_t, int, ADD)
#undef ADD
#undef SCATTER_ADD

static void run_scatter_add(const descent_instruction *instruction, int64_t task,
                            void *const *buffers, descent_worker *worker) {
  const descent_scatter_add *scatter = instruction->parameters;
  const void *input = descent_address(&scatter->input, buffers);
  const int32_t *index = (const int32_t *)descent_address(&scatter->index, buffers);
  void *output = descent_address(&scatter->output, buffers);
  descent_range columns = descent_cut(scatter->inner, instruction->tasks, task, 64);
  if (columns.count == 0) return;
  switch (scatter->input.dtype) {
    case DESCENT_FLOAT32:
      float_scatter_add(scatter, input, index, output, columns, worker);
      break;
    case DESCENT_FLOAT64:
      double_scatter_add(scatter, input, index, output, columns, worker);
      break;
    default:
      int_scatter_add(scatter, input, index, output, columns, worker);
      break;
  }
}
