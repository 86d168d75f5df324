// AVX2 and FMA: 256-bit vectors.

#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VECTOR_BYTES 32
#define VECTOR_X86 2
#define KERNELS descent_kernels_avx2
#include "vector_kernels.h"
#pragma clang attribute pop
#endif
