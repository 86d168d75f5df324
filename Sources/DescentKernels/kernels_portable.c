// 128-bit vectors: SSE2 on x86-64, NEON on arm64, and whatever the compiler makes of them elsewhere.

#include "internal.h"

#include <math.h>
#include <string.h>

#define VECTOR_BYTES 16
#define VECTOR_X86 0
#define KERNELS descent_kernels_portable
#include "vector_kernels.h"
