// Softmax, its logarithm, and cross-entropy with its derivative.

INLINE vdouble double_vector_exp(vdouble x) {
  for (int i = 0; i < DOUBLE_LANES; i++) x[i] = exp(x[i]);
  return x;
}

INLINE vdouble double_vector_log(vdouble x) {
  for (int i = 0; i < DOUBLE_LANES; i++) x[i] = log(x[i]);
  return x;
}

#define REAL float
#define VECTOR vfloat
#define COUNT LANES
#define LOAD load_float
#define STORE store_float
#define LOAD_PART load_float_part
#define STORE_PART store_float_part
#define NAME(x) float_##x
#define EXP exp_of_negative
#define LOG logf
#define VECTOR_LOG vector_log
#define TRANSPOSE transpose_float
#define FOLD_SUM fold_sum_float
#define FOLD_MAX fold_max_float
#include "rows_template.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME
#undef EXP
#undef LOG
#undef VECTOR_LOG
#undef TRANSPOSE
#undef FOLD_SUM
#undef FOLD_MAX

#define REAL double
#define VECTOR vdouble
#define COUNT DOUBLE_LANES
#define LOAD load_double
#define STORE store_double
#define LOAD_PART load_double_part
#define STORE_PART store_double_part
#define NAME(x) double_##x
#define EXP double_vector_exp
#define LOG log
#define VECTOR_LOG double_vector_log
#define TRANSPOSE transpose_double
#define FOLD_SUM fold_sum_double
#define FOLD_MAX fold_max_double
#include "rows_template.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME
#undef EXP
#undef LOG
#undef VECTOR_LOG
#undef TRANSPOSE
#undef FOLD_SUM
#undef FOLD_MAX

static void run_rows(const descent_instruction *instruction, int64_t task, void *const *buffers,
                     descent_worker *worker) {
  const descent_rows *rows = instruction->parameters;
  if (rows->x.dtype == DESCENT_FLOAT32) {
    float_rows(instruction, task, buffers, worker);
  } else {
    double_rows(instruction, task, buffers, worker);
  }
}
