// Reductions: a program is run block by block, and each block is folded into accumulators while it
// is in the nearest cache.

INLINE vfloat float_lane_index(void) {
  vfloat v;
  for (int i = 0; i < LANES; i++) v[i] = (float)i;
  return v;
}
INLINE vdouble double_lane_index(void) {
  vdouble v;
  for (int i = 0; i < DOUBLE_LANES; i++) v[i] = i;
  return v;
}
INLINE vint int_lane_index(void) {
  vint v;
  for (int i = 0; i < LANES; i++) v[i] = i;
  return v;
}

#define ADD(a, b) ((a) + (b))
#define IS_NAN(a) ((a) != (a))
#define REAL float
#define VECTOR vfloat
#define COUNT LANES
#define LOAD load_float
#define STORE store_float
#define LOAD_PART load_float_part
#define STORE_PART store_float_part
#define NAME(x) float_##x
#define LOWEST (-__builtin_inff())
#define HIGHEST __builtin_inff()
#define FOLD_SUM fold_sum_float
#define FOLD_MAX fold_max_float
#define FOLD_MIN fold_min_float
#include "reduce_template.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME
#undef LOWEST
#undef HIGHEST
#undef FOLD_SUM
#undef FOLD_MAX
#undef FOLD_MIN

#define REAL double
#define VECTOR vdouble
#define COUNT DOUBLE_LANES
#define LOAD load_double
#define STORE store_double
#define LOAD_PART load_double_part
#define STORE_PART store_double_part
#define NAME(x) double_##x
#define LOWEST (-__builtin_inf())
#define HIGHEST __builtin_inf()
#define FOLD_SUM fold_sum_double
#define FOLD_MAX fold_max_double
#define FOLD_MIN fold_min_double
#include "reduce_template.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME
#undef LOWEST
#undef HIGHEST
#undef FOLD_SUM
#undef FOLD_MAX
#undef FOLD_MIN
#undef ADD
#undef IS_NAN

#define ADD(a, b) ((vint)((vuint)(a) + (vuint)(b)))
#define IS_NAN(a) ((vint)0)
#define REAL int32_t
#define VECTOR vint
#define COUNT LANES
#define LOAD load_int
#define STORE store_int
#define LOAD_PART load_int_part
#define STORE_PART store_int_part
#define NAME(x) int_##x
#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#define FOLD_SUM fold_sum_int
#define FOLD_MAX fold_max_int
#define FOLD_MIN fold_min_int
#include "reduce_template.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME
#undef LOWEST
#undef HIGHEST
#undef FOLD_SUM
#undef FOLD_MAX
#undef FOLD_MIN
#undef ADD
#undef IS_NAN

static void run_reduce(const descent_instruction *instruction, int64_t task,
                       void *const *buffers, descent_worker *worker) {
  const descent_reduce *reduce = instruction->parameters;
  switch (reduce->program.compute) {
    case DESCENT_FLOAT32: float_reduce(instruction, task, buffers, worker); break;
    case DESCENT_FLOAT64: double_reduce(instruction, task, buffers, worker); break;
    default: int_reduce(instruction, task, buffers, worker); break;
  }
}

static void finish_reduce(const descent_instruction *instruction, int64_t task,
                          void *const *buffers, descent_worker *worker) {
  (void)task, (void)worker;
  const descent_reduce *reduce = instruction->parameters;
  int64_t splits = descent_cut_reduce(instruction).splits;
  if (splits == 1) return;
  switch (reduce->program.compute) {
    case DESCENT_FLOAT32: float_finish_reduce(reduce, splits, buffers); break;
    case DESCENT_FLOAT64: double_finish_reduce(reduce, splits, buffers); break;
    default: int_finish_reduce(reduce, splits, buffers); break;
  }
}
