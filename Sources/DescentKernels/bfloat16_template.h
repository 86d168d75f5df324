// Packing and the register block of products whose operands are rounded to bfloat16: like those of
// matmul_template.h, but every lane of an operand holds two neighbours in k, and a step takes both.
//
// The including file has included vectors.h and register_block.h. Where there are instructions for it, it
// defines HAS_BFLOAT16_INSTRUCTIONS and the functions below itself.

#ifndef HAS_BFLOAT16_INSTRUCTIONS
/// sum + a b, in each lane for both of its neighbours.
INLINE vfloat add_pairs(vfloat sum, vuint a, vuint b) {
  // A product of two bfloat16 is exact in a float. The processors' order: the odd ones first.
  sum = (vfloat)(a & 0xffff0000u) * (vfloat)(b & 0xffff0000u) + sum;
  return (vfloat)(a << 16) * (vfloat)(b << 16) + sum;
}

/// The nearest bfloat16, of two equally near ones the even, in the upper half of each lane; what is in the
/// lower half is of no account. NaN stays NaN.
INLINE vuint nearest_bfloat16(vfloat v) {
  vuint bits = (vuint)v;
  vuint nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  return v != v ? bits | 0x400000u : nearest;
}

/// The numbers of two vectors, rounded, as neighbours.
INLINE vfloat pairs_of(vfloat even, vfloat odd) {
  return (vfloat)(nearest_bfloat16(even) >> 16 | (nearest_bfloat16(odd) & 0xffff0000u));
}

/// The numbers of two vectors that follow each other in memory, rounded, as neighbours.
INLINE vfloat neighbours(vfloat first, vfloat second) {
  return pairs_of(__builtin_shufflevector(first, second, EVEN_FLOAT),
                  __builtin_shufflevector(first, second, ODD_FLOAT));
}
#endif

// MARK: Packing

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
          __builtin_prefetch(row + 5 * LANES);
          vfloat first = load_at_most(row, k - p);
          vfloat second = load_at_most(row + LANES, k - p - LANES);
          rows[r] = neighbours(first, second);
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

// MARK: The register block

/// c[rows, vectors] = Σ a[pairs, rows] b[pairs, vectors] + start, where both are packed panels. Each call
/// gives constants for `rows`, `vectors` and `partial`; the last vector has `tail` columns. `start` is c
/// itself where a part of k has been done, a bias (one row, `start_row` is 0), or NULL.
INLINE void pairs_block(int rows, int vectors, bool partial, int64_t pairs, const uint32_t *a,
                        const uint32_t *b, float *c, int64_t c_row, const float *start,
                        int64_t start_row, int64_t tail) {
  vfloat sum[ROWS][VECTORS];
  EACH(i, rows) EACH(j, vectors) sum[i][j] = 0;
  EACH(i, rows) EACH(j, vectors) __builtin_prefetch(c + i * c_row + j * LANES, 1);
  for (int64_t p = 0; p < pairs; p++, a += PANEL_ROWS(LANES), b += vectors * LANES) {
    vuint column[VECTORS];
    EACH(j, vectors) memcpy(&column[j], b + j * LANES, sizeof column[j]);
    EACH(i, rows) {
      vuint element = (vuint)a[i];
      EACH(j, vectors) sum[i][j] = add_pairs(sum[i][j], element, column[j]);
    }
  }
  EACH(i, rows) {
    EACH(j, vectors) {
      bool part = partial && j == vectors - 1;
      float *to = c + i * c_row + j * LANES;
      if (start) {
        const float *from = start + i * start_row + j * LANES;
        sum[i][j] += part ? load_float_part(from, tail) : load_float(from);
      }
      if (part) {
        store_float_part(to, sum[i][j], tail);
      } else {
        store_float(to, sum[i][j]);
      }
    }
  }
}

/// As a block of packed float operands: the same arguments, of which it needs not all.
#define PAIRS_BLOCK(rows, vectors, suffix, partial)                                              \
  static void pairs_##rows##_##vectors##suffix(                                                  \
      int64_t pairs, const float *a, int64_t a_row, int64_t a_step, const float *b,              \
      int64_t b_step, float *c, int64_t c_row, const float *start, int64_t start_row,            \
      int64_t tail, float *copy) {                                                               \
    (void)a_row, (void)a_step, (void)b_step, (void)copy;                                         \
    pairs_block(rows, vectors, partial, pairs, (const uint32_t *)a, (const uint32_t *)b, c,      \
                c_row, start, start_row, tail);                                                  \
  }
#define PAIRS_BLOCKS(rows)                                                                       \
  PAIRS_BLOCK(rows, 1, _whole, false)                                                            \
  PAIRS_BLOCK(rows, 1, _part, true)                                                              \
  PAIRS_BLOCK(rows, 2, _whole, false)                                                            \
  PAIRS_BLOCK(rows, 2, _part, true)
LIST_ROWS(PAIRS_BLOCKS)

/// For the table of all blocks: [rows][vectors - 1][whole or partial].
#define PAIRS_ENTRY(rows)                                                                        \
  [rows] = {{pairs_##rows##_1_whole, pairs_##rows##_1_part},                                     \
            {pairs_##rows##_2_whole, pairs_##rows##_2_part}},
