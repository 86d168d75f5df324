// The register block of products whose operands are rounded to bfloat16: like that of
// matmul_template.h, but every lane of an operand holds two neighbours in k, and a step takes both.
//
// The including file has included vectors.h and register_block.h, and defines ADD_PAIRS(sum, a, b) where
// there is an instruction for it.

#ifndef ADD_PAIRS
#define ADD_PAIRS add_pairs
INLINE vfloat add_pairs(vfloat sum, vuint a, vuint b) {
  // A product of two bfloat16 is exact in a float. The processors' order: the odd ones first.
  sum = (vfloat)(a & 0xffff0000u) * (vfloat)(b & 0xffff0000u) + sum;
  return (vfloat)(a << 16) * (vfloat)(b << 16) + sum;
}
#endif

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
      EACH(j, vectors) sum[i][j] = ADD_PAIRS(sum[i][j], element, column[j]);
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
