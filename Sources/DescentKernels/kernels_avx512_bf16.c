// AVX-512 with dot products of bfloat16: the register blocks alone, which the kernels of AVX-512 use
// where the processor has the instruction.

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
#define ADD_PAIRS(sum, a, b)                                                                     \
  (vfloat) _mm512_dpbf16_ps((__m512)(sum), (__m512bh)(a), (__m512bh)(b))
#endif
#include "bfloat16_block.h"
descent_bfloat16_block *const descent_bfloat16_blocks_avx512[ROWS + 1][2][2] = {
  LIST_ROWS(PAIRS_ENTRY)};
#pragma clang attribute pop
#endif
