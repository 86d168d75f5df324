// Products whose operands are rounded to bfloat16, a float without the last 16 of its bits, and whose
// sums are float32: half of the memory, and on processors with an instruction for it twice the speed.
//
// Both operands are always packed, in panels whose lanes hold two neighbours in k: the even one in the
// lower half, the odd one in the upper. AVX-512 has an instruction that multiplies such lanes, where the
// processor has it (bfloat16_template.h is compiled once more for it); elsewhere it is done by two ordinary
// multiply-adds, in the same order. So the results are the same, apart from denormal numbers, and only
// the time is not.

#include "bfloat16_template.h"
static descent_bfloat16_block *const pairs_blocks[ROWS + 1][2][2] = {LIST_ROWS(PAIRS_ENTRY)};

// MARK: The product

static void multiply_rounded(const float_product *p, descent_worker *worker) {
  float_packing rounded = {.depth = 2, .pack = pack_pairs, .blocks = pairs_blocks};
#if VECTOR_X86 == 512
  if (descent_processor_has_bfloat16()) {
    rounded.pack = descent_pack_bfloat16_avx512;
    rounded.blocks = descent_bfloat16_blocks_avx512;
  }
#endif
  float_multiply_packed(p, worker, rounded);
}
