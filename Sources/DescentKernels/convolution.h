// Convolutions: the template for float and for double, with the register block of matmul.h.

#define REAL float
#define VECTOR vfloat
#define COUNT LANES
#define LOAD load_float
#define STORE store_float
#define LOAD_PART load_float_part
#define STORE_PART store_float_part
#define FOLD_SUM fold_sum_float
#define TRANSPOSE transpose_float
#define NAME(x) float_##x
#include "convolution_template.h"
#include "winograd_template.h"
#include "convolution_directions.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef FOLD_SUM
#undef TRANSPOSE
#undef NAME

#define REAL double
#define VECTOR vdouble
#define COUNT DOUBLE_LANES
#define LOAD load_double
#define STORE store_double
#define LOAD_PART load_double_part
#define STORE_PART store_double_part
#define FOLD_SUM fold_sum_double
#define TRANSPOSE transpose_double
#define NAME(x) double_##x
#include "convolution_template.h"
#include "winograd_template.h"
#include "convolution_directions.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef FOLD_SUM
#undef TRANSPOSE
#undef NAME

static void run_convolution(const descent_instruction *instruction, int64_t task,
                            void *const *buffers, descent_worker *worker) {
  const descent_convolution *c = instruction->parameters;
  const int64_t tasks = instruction->tasks, splits = descent_convolution_splits(c);
  const bool is_float = c->dtype == DESCENT_FLOAT32;
  switch (c->direction) {
    case DESCENT_CONVOLUTION_FORWARD:
      (is_float ? float_run_forward : double_run_forward)(c, tasks, task, buffers, worker);
      break;
    case DESCENT_CONVOLUTION_INPUT:
      (is_float ? float_run_input : double_run_input)(c, tasks, task, buffers, worker);
      break;
    default:
      (is_float ? float_run_weight : double_run_weight)(c, splits, tasks, task, buffers, worker);
      break;
  }
}

static void finish_convolution(const descent_instruction *instruction, int64_t task,
                               void *const *buffers, descent_worker *worker) {
  (void)task, (void)worker;
  const descent_convolution *c = instruction->parameters;
  int64_t splits = descent_convolution_splits(c);
  if (c->direction != DESCENT_CONVOLUTION_WEIGHT || splits == 1) return;
  (c->dtype == DESCENT_FLOAT32 ? float_finish_weight : double_finish_weight)(c, splits, buffers);
}
