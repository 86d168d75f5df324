// All vector kernels, in one source that is compiled once for each instruction set. The including
// file sets VECTOR_BYTES, VECTOR_X86 and the target attribute, and names KERNELS, its table.
//
// The parts are headers for the compiler's sake only: each is a chapter of this one file.

#include "vectors.h"
#include "vector_math.h"
#include "conversions.h"
#include "program.h"
#include "reduce.h"
#include "matmul.h"
#include "convolution.h"
#include "pooling.h"
#include "rows.h"
#include "random.h"
#include "indexing.h"

const descent_kernels KERNELS = {
  .run = {
    [DESCENT_ELEMENTWISE] = run_elementwise,
    [DESCENT_REDUCE] = run_reduce,
    [DESCENT_ARG_REDUCE] = run_arg_reduce,
    [DESCENT_MATMUL] = run_matmul,
    [DESCENT_CONVOLUTION] = run_convolution,
    [DESCENT_POOLING] = run_pooling,
    [DESCENT_GATHER] = run_gather,
    [DESCENT_SCATTER_ADD] = run_scatter_add,
    [DESCENT_RANDOM] = run_random,
    [DESCENT_ROWS] = run_rows,
  },
  .finish = {[DESCENT_REDUCE] = finish_reduce, [DESCENT_MATMUL] = finish_matmul,
             [DESCENT_CONVOLUTION] = finish_convolution},
};
