// AVX-512: 512-bit vectors, masked moves and 32 registers.

#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target(DESCENT_AVX512_TARGET))), apply_to = function)
#define VECTOR_BYTES 64
#define VECTOR_X86 512
#define KERNELS descent_kernels_avx512
#include "vector_kernels.h"
#pragma clang attribute pop
#endif
