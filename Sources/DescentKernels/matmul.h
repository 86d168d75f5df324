// Matrix products: the template for float and for double, and the choice between them.

#include "register_block.h"

// Float has a second way to multiply, with operands that are rounded on the way: see bfloat16.h.
struct float_product;
static void multiply_rounded(const struct float_product *p, descent_worker *worker);

#define MULTIPLY_ROUNDED multiply_rounded
#define REAL float
#define VECTOR vfloat
#define COUNT LANES
#define LOAD load_float
#define STORE store_float
#define LOAD_PART load_float_part
#define STORE_PART store_float_part
#define FOLD_SUM fold_sum_float
#define TRANSPOSE transpose_float
#define FOLD_ROWS fold_rows_float
#define NAME(x) float_##x
#include "matmul_template.h"
#undef MULTIPLY_ROUNDED
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef FOLD_SUM
#undef TRANSPOSE
#undef FOLD_ROWS
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
#define FOLD_ROWS fold_rows_double
#define NAME(x) double_##x
#include "matmul_template.h"
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef FOLD_SUM
#undef TRANSPOSE
#undef FOLD_ROWS
#undef NAME

#include "bfloat16.h"

static void run_matmul(const descent_instruction *instruction, int64_t task,
                       void *const *buffers, descent_worker *worker) {
  const descent_matmul *matmul = instruction->parameters;
  if (matmul->dtype == DESCENT_FLOAT32) {
    float_matmul(instruction, task, buffers, worker);
  } else {
    double_matmul(instruction, task, buffers, worker);
  }
}

static void finish_matmul(const descent_instruction *instruction, int64_t task,
                          void *const *buffers, descent_worker *worker) {
  (void)task;
  const descent_matmul *matmul = instruction->parameters;
  int64_t splits = descent_cut_matmul(instruction).splits;
  if (splits == 1) return;
  if (matmul->dtype == DESCENT_FLOAT32) {
    float_finish_matmul(matmul, splits, buffers, worker);
  } else {
    double_finish_matmul(matmul, splits, buffers, worker);
  }
}
