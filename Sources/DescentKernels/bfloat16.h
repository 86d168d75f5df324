// Products whose operands are rounded to bfloat16, a float without the last 16 of its bits, and whose
// sums are float32: half of the memory, and on processors with an instruction for it twice the speed.
//
// Both operands are always packed, in panels whose lanes hold two neighbours in k: the even one in the
// lower half, the odd one in the upper. AVX-512 has an instruction that multiplies such lanes, where the
// processor has it (bfloat16_block.h is compiled once more for it); elsewhere it is done by two ordinary
// multiply-adds, in the same order. So the results are the same, apart from denormal numbers, and only
// the time is not.

INLINE vfloat add_pairs(vfloat sum, vuint a, vuint b) {
  // A product of two bfloat16 is exact in a float. The processors' order: the odd ones first.
  sum = (vfloat)(a & 0xffff0000u) * (vfloat)(b & 0xffff0000u) + sum;
  return (vfloat)(a << 16) * (vfloat)(b << 16) + sum;
}
#define ADD_PAIRS add_pairs
#include "bfloat16_block.h"
static descent_bfloat16_block *const pairs_blocks[ROWS + 1][2][2] = {LIST_ROWS(PAIRS_ENTRY)};
#undef ADD_PAIRS

// MARK: Packing

/// The nearest bfloat16, of two equally near ones the even, in the upper half of each lane; what is in the
/// lower half is of no account. NaN stays NaN.
INLINE vuint nearest_bfloat16(vfloat v) {
  vuint bits = (vuint)v;
  vuint nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  return v != v ? bits | 0x400000u : nearest;
}

INLINE vuint pairs_of(vfloat even, vfloat odd) {
  return nearest_bfloat16(even) >> 16 | (nearest_bfloat16(odd) & 0xffff0000u);
}

/// A vector of which at most `left` lanes are there; the others are 0.
INLINE vfloat load_at_most(const float *from, int64_t left) {
  return left >= LANES ? load_float(from) : left > 0 ? load_float_part(from, left) : (vfloat)0;
}

INLINE void store_pairs(uint32_t *to, vuint v) { memcpy(to, &v, sizeof v); }

/// to[p * width + i] = the pair of from[i * across + 2 p * along] and its neighbour in k, for i < n and
/// 2 p < k; a neighbour beyond k is 0. `width` is a number of whole vectors; anything for n <= i < width.
static void pack_pairs(uint32_t *restrict to, int64_t width, const float *from, int64_t across,
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
        store_pairs(to + i, pairs_of(even, odd));
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
          rows[r] = (vfloat)pairs_of(__builtin_shufflevector(first, second, EVEN_FLOAT),
                                     __builtin_shufflevector(first, second, ODD_FLOAT));
        }
        transpose_float(rows);
        for (int64_t q = 0; q < pairs; q++) store_pairs(to + q * width + i, (vuint)rows[q]);
      }
    }
  } else {
    for (int64_t p = 0; p < k; p += 2, to += width) {
      for (int64_t i = 0; i < n; i++) {
        const float *even = from + i * across + p * along;
        vuint pair = pairs_of((vfloat)*even, (vfloat)(p + 1 < k ? even[along] : 0));
        to[i] = pair[0];
      }
    }
  }
}

// MARK: The product

/// In blocks of the same sizes as float32's packed products, where a step takes two of k.
static void multiply_rounded(const float_product *p, descent_worker *worker) {
  uint32_t *a = (uint32_t *)worker->packed_a, *b = (uint32_t *)worker->packed_b;
  descent_bfloat16_block *const(*blocks)[2][2] = pairs_blocks;
#if VECTOR_X86 == 512
  if (descent_has_bfloat16()) blocks = descent_bfloat16_blocks_avx512;
#endif
  const int64_t all_pairs = (p->k + 1) / 2;
  const int64_t k_pieces = (all_pairs + float_PACKED_K - 1) / float_PACKED_K;
  const int64_t m_pieces = (p->m + float_PACKED_M - 1) / float_PACKED_M;
  for (int64_t kp = 0; kp < k_pieces; kp++) {
    int64_t first_pair = all_pairs * kp / k_pieces;
    int64_t pairs = all_pairs * (kp + 1) / k_pieces - first_pair;
    int64_t k_first = 2 * first_pair, k = descent_minimum(2 * pairs, p->k - k_first);
    for (int64_t n_first = 0; n_first < p->n; n_first += float_PACKED_N) {
      int64_t n = descent_minimum(float_PACKED_N, p->n - n_first);
      for (int64_t mp = 0; mp < m_pieces; mp++) {
        int64_t m_first = p->m * mp / m_pieces, m = p->m * (mp + 1) / m_pieces - m_first;
        int64_t panels = (m + ROWS - 1) / ROWS;
        for (int64_t i = 0; i < panels; i++) {
          int64_t row = m * i / panels, rows = m * (i + 1) / panels - row;
          pack_pairs(a + i * PAIRS_A_WIDTH * pairs, PAIRS_A_WIDTH,
                     p->a + (m_first + row) * p->a_row + k_first * p->a_step, p->a_row, p->a_step,
                     rows, k);
        }
        for (int64_t j = 0; j < n; j += PAIRS_B_WIDTH) {
          int64_t width = descent_minimum(PAIRS_B_WIDTH, n - j);
          int vectors = width > LANES ? 2 : 1;
          int64_t tail = width - (vectors - 1) * LANES;
          uint32_t *panel = b + j * pairs;
          if (mp == 0) {
            pack_pairs(panel, vectors * LANES,
                       p->b + k_first * p->b_step + (n_first + j) * p->b_column, p->b_column,
                       p->b_step, width, k);
          }
          for (int64_t i = 0; i < panels; i++) {
            int64_t row = m * i / panels, rows = m * (i + 1) / panels - row;
            float *c = p->c + (m_first + row) * p->c_row + n_first + j;
            blocks[rows][vectors - 1][tail < LANES](
                pairs, a + i * PAIRS_A_WIDTH * pairs, panel, c, p->c_row,
                kp > 0 ? c : float_bias_at(p, n_first + j), kp > 0 ? p->c_row : 0, tail);
          }
        }
      }
    }
  }
}
