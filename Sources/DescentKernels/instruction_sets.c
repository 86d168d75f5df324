// Which instruction set is in use: the best that the processor has, unless the environment variable
// DESCENT_ISA names another.

#include "internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const descent_kernels *table(int32_t isa) {
  switch (isa) {
    case DESCENT_ISA_REFERENCE: return &descent_kernels_reference;
    case DESCENT_ISA_PORTABLE: return &descent_kernels_portable;
#if defined(__x86_64__)
    case DESCENT_ISA_AVX2: return &descent_kernels_avx2;
    case DESCENT_ISA_AVX512: return &descent_kernels_avx512;
#endif
    default: return NULL;
  }
}

bool descent_isa_available(int32_t isa) {
  if (isa == DESCENT_ISA_REFERENCE || isa == DESCENT_ISA_PORTABLE) return true;
#if defined(__x86_64__)
  // The compiler's own test: it also asks whether the system saves the wide registers.
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == DESCENT_ISA_AVX2) return avx2;
  if (isa == DESCENT_ISA_AVX512) {
#ifdef DESCENT_EMULATE_AVX512
    return avx2;
#endif
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  }
#endif
  return false;
}

bool descent_processor_has_bfloat16(void) {
#if defined(DESCENT_EMULATE_AVX512)
  return true;
#elif defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

bool descent_has_bfloat16(void) {
  return descent_isa_current() == DESCENT_ISA_AVX512 && descent_processor_has_bfloat16();
}

const char *descent_isa_name(int32_t isa) {
  switch (isa) {
    case DESCENT_ISA_REFERENCE: return "reference";
#if defined(__aarch64__)
    case DESCENT_ISA_PORTABLE: return "neon";
#else
    case DESCENT_ISA_PORTABLE: return "portable";
#endif
    case DESCENT_ISA_AVX2: return "avx2";
    case DESCENT_ISA_AVX512: return "avx512";
    default: return "unknown";
  }
}

// -1 until it is first asked for. Two threads that ask at once find the same answer.
static _Atomic int32_t current = -1;

// What this thread has selected for itself, or -1.
static _Thread_local int32_t selected = -1;

static int32_t choose(void) {
  const char *name = getenv("DESCENT_ISA");
  int32_t best = DESCENT_ISA_PORTABLE;
  for (int32_t isa = 0; isa < DESCENT_ISA_COUNT; isa++) {
    if (!descent_isa_available(isa)) continue;
    if (name && strcmp(name, descent_isa_name(isa)) == 0) return isa;
    if (isa > best) best = isa;
  }
  return best;
}

int32_t descent_isa_current(void) {
  if (selected >= 0) return selected;
  int32_t isa = atomic_load_explicit(&current, memory_order_relaxed);
  if (isa < 0) {
    isa = choose();
    atomic_store_explicit(&current, isa, memory_order_relaxed);
  }
  return isa;
}

bool descent_isa_select(int32_t isa) {
  if (!descent_isa_available(isa)) return false;
  selected = isa;
  return true;
}

const descent_kernels *descent_kernels_current(void) { return table(descent_isa_current()); }
