// AVX-512 with instructions for bfloat16: packing and the register blocks alone, which the kernels of
// AVX-512 use where the processor has them.

#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(                                                                    \
    __attribute__((target(DESCENT_AVX512_BF16_TARGET))), apply_to = function)
#define VECTOR_BYTES 64
#define VECTOR_X86 512
#include "vectors.h"
#include "register_block.h"
#ifndef DESCENT_EMULATE_AVX512
#define HAS_BFLOAT16_INSTRUCTIONS
INLINE vfloat add_pairs(vfloat sum, vuint a, vuint b) {
  return (vfloat)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}
INLINE vfloat neighbours(vfloat first, vfloat second) {
  return (vfloat)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
}
INLINE vfloat pairs_of(vfloat even, vfloat odd) {
  typedef uint16_t vhalves __attribute__((vector_size(VECTOR_BYTES)));
  vhalves v = (vhalves)neighbours(even, odd);
  return (vfloat)__builtin_shufflevector(v, v, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
                                         8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
#endif
#include "bfloat16_template.h"
descent_bfloat16_packing *const descent_pack_bfloat16_avx512 = pack_pairs;
descent_bfloat16_block *const descent_bfloat16_blocks_avx512[ROWS + 1][2][2] = {
  LIST_ROWS(PAIRS_ENTRY)};
#pragma clang attribute pop
#endif
