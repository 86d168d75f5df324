// Pooling: the template for float and for double.

#define REAL float
#define VECTOR vfloat
#define MASK vint
#define COUNT LANES
#define LOAD load_float
#define STORE store_float
#define LOAD_PART load_float_part
#define STORE_PART store_float_part
#define EVEN(a, b) __builtin_shufflevector(a, b, EVEN_FLOAT)
#define ODD(a, b) __builtin_shufflevector(a, b, ODD_FLOAT)
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, LOW_FLOAT)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, HIGH_FLOAT)
#define NAME(x) float_##x
#include "pooling_template.h"
#undef REAL
#undef VECTOR
#undef MASK
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef EVEN
#undef ODD
#undef LOW_PAIRS
#undef HIGH_PAIRS
#undef NAME

#define REAL double
#define VECTOR vdouble
#define MASK vlong
#define COUNT DOUBLE_LANES
#define LOAD load_double
#define STORE store_double
#define LOAD_PART load_double_part
#define STORE_PART store_double_part
#define EVEN(a, b) __builtin_shufflevector(a, b, EVEN_DOUBLE)
#define ODD(a, b) __builtin_shufflevector(a, b, ODD_DOUBLE)
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, LOW_DOUBLE)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, HIGH_DOUBLE)
#define NAME(x) double_##x
#include "pooling_template.h"
#undef REAL
#undef VECTOR
#undef MASK
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef EVEN
#undef ODD
#undef LOW_PAIRS
#undef HIGH_PAIRS
#undef NAME

static void run_pooling(const descent_instruction *instruction, int64_t task, void *const *buffers,
                        descent_worker *worker) {
  (void)worker;
  const descent_pooling *p = instruction->parameters;
  descent_range range = descent_cut(p->planes, instruction->tasks, task, 1);
  const int64_t first = range.first, end = first + range.count;
  const bool is_float = p->dtype == DESCENT_FLOAT32;
  if (p->operation == DESCENT_POOLING_CHOOSE || p->operation == DESCENT_POOLING_HAND_BACK) {
    (is_float ? float_pool_largest : double_pool_largest)(p, first, end, buffers);
  } else {
    (is_float ? float_pool_mean : double_pool_mean)(p, first, end, buffers);
  }
}
