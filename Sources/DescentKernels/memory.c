// Memory for tensors, and for the workers that make them.

#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

enum {
  LINE = 128,              // of the cache, or the two that are fetched together; no vector is wider
  LARGE_PAGE = 2 << 20,    // of x86-64, and of ARM where pages have 4 KiB
  LARGE = 2 * LARGE_PAGE,  // from here on what their boundary wastes is little
};

void *descent_allocate(size_t bytes) {
  // A product of matrices walks down columns: with small pages it meets another one in each row, and
  // more of them than the processor keeps the addresses of.
  const size_t boundary = bytes >= LARGE ? LARGE_PAGE : LINE;
  // Whole lines, so that no two threads write to one.
  bytes = bytes > 0 ? (bytes + LINE - 1) & ~(size_t)(LINE - 1) : LINE;
  void *memory = NULL;
  if (posix_memalign(&memory, boundary, bytes) != 0) return NULL;
#if defined(__linux__)
  if (bytes >= LARGE) madvise(memory, bytes & ~(size_t)(LARGE_PAGE - 1), MADV_HUGEPAGE);
#endif
  return memory;
}

void descent_free(void *memory) { free(memory); }
