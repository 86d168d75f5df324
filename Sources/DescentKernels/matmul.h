// Matrix products: the template for float and for double, and the size of its register block,
// which fills the vector registers of the instruction set with sums.

#if VECTOR_X86 == 512
// 32 registers: 28 sums, 2 columns of b, 1 element of a.
#define ROWS 14
#define LIST_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#elif defined(__aarch64__)
// 32 registers: 24 sums, 2 columns of b, elements of a.
#define ROWS 12
#define LIST_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#else
// 16 registers: 12 sums, 2 columns of b, 1 element of a.
#define ROWS 6
#define LIST_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#endif
#define VECTORS 2

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
