// Products whose operands are rounded to bfloat16, a float without the last 16 of its bits, and whose
// sums are float32: half of the memory, and on processors with an instruction for it twice the speed.
//
// Both operands are always packed, in panels whose lanes hold two neighbours in k: the even one in the
// lower half, the odd one in the upper. AVX-512 has an instruction that multiplies such lanes, where the
// processor has it (bfloat16_block.h is compiled once more for it); elsewhere it is done by two ordinary
// multiply-adds, in the same order. So the results are the same, apart from denormal numbers, and only
// the time is not.

#include "bfloat16_block.h"
static descent_bfloat16_block *const pairs_blocks[ROWS + 1][2][2] = {LIST_ROWS(PAIRS_ENTRY)};

// MARK: Packing

/// The nearest bfloat16, of two equally near ones the even, in the upper half of each lane; what is in the
/// lower half is of no account. NaN stays NaN.
INLINE vuint nearest_bfloat16(vfloat v) {
  vuint bits = (vuint)v;
  vuint nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  return v != v ? bits | 0x400000u : nearest;
}

INLINE vfloat pairs_of(vfloat even, vfloat odd) {
  return (vfloat)(nearest_bfloat16(even) >> 16 | (nearest_bfloat16(odd) & 0xffff0000u));
}

/// A vector of which at most `left` lanes are there; the others are 0.
INLINE vfloat load_at_most(const float *from, int64_t left) {
  return left >= LANES ? load_float(from) : left > 0 ? load_float_part(from, left) : (vfloat)0;
}

/// to[p * width + i] = the pair of from[i * across + 2 p * along] and its neighbour in k, for i < n and
/// 2 p < k; a neighbour beyond k is 0. `width` is a number of whole vectors; anything for n <= i < width.
static void pack_pairs(float *restrict to, int64_t width, const float *from, int64_t across,
                       int64_t along, int64_t n, int64_t k) {
  if (across == 1) {
    for (int64_t p = 0; p < k; p += 2, to += width, from += 2 * along) {
      const float *next = p + 1 < k ? from + along : NULL;
      for (int64_t i = 0; i < width; i += LANES) {
        // Rows far apart: asked for in time, they are there when they are wanted.
        __builtin_prefetch(from + 16 * along + i);
        __builtin_prefetch(from + 17 * along + i);
        vfloat even = load_at_most(from + i, n - i);
        vfloat odd = next ? load_at_most(next + i, n - i) : (vfloat)0;
        store_float(to + i, pairs_of(even, odd));
      }
    }
  } else if (along == 1) {
    // Squares of pairs, transposed in registers. Lanes of rows that do not exist repeat the last one.
    for (int64_t p = 0; p < k; p += 2 * LANES, to += LANES * width) {
      int64_t pairs = descent_minimum(LANES, (k - p + 1) / 2);
      for (int64_t i = 0; i < width; i += LANES) {
        vfloat rows[LANES];
        for (int64_t r = 0; r < LANES; r++) {
          const float *row = from + descent_minimum(i + r, n - 1) * across + p;
          __builtin_prefetch(row + 4 * LANES);
          vfloat first = load_at_most(row, k - p);
          vfloat second = load_at_most(row + LANES, k - p - LANES);
          rows[r] = pairs_of(__builtin_shufflevector(first, second, EVEN_FLOAT),
                             __builtin_shufflevector(first, second, ODD_FLOAT));
        }
        transpose_float(rows);
        for (int64_t q = 0; q < pairs; q++) store_float(to + q * width + i, rows[q]);
      }
    }
  } else {
    for (int64_t p = 0; p < k; p += 2, to += width) {
      for (int64_t i = 0; i < n; i++) {
        const float *even = from + i * across + p * along;
        vfloat pair = pairs_of((vfloat)*even, (vfloat)(p + 1 < k ? even[along] : 0));
        memcpy(to + i, &pair, sizeof *to);
      }
    }
  }
}

// MARK: The product

static void multiply_rounded(const float_product *p, descent_worker *worker) {
  float_packing rounded = {.depth = 2, .pack = pack_pairs, .blocks = pairs_blocks};
#if VECTOR_X86 == 512
  if (descent_processor_has_bfloat16()) rounded.blocks = descent_bfloat16_blocks_avx512;
#endif
  float_multiply_packed(p, worker, rounded);
}
