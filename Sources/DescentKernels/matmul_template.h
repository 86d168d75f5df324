// c = a b for one floating-point type. The including file defines REAL, VECTOR, COUNT, LOAD,
// STORE, LOAD_PART, STORE_PART, FOLD_SUM, FOLD_ROWS, TRANSPOSE and NAME(x), and the shape of the register block: ROWS,
// LIST_ROWS(X) and VECTORS.
//
// All work is done by register blocks: a few rows times a few vectors of c stay in registers while
// k runs, and each step of k is one rank-one update of them. Around that there are five ways to
// feed a register block:
// - direct: a and b are read where they lie (small products; few rows; a single row);
// - half packed: a panel of b at a time is copied, so that it is read in the order of memory, and a
//   is read where it lies (the products of most nets: an element of a is used for many columns);
// - packed: panels of both are copied (long k, where the rows of a would crowd the caches);
// - thin: one column of short rows; vectors hold rows, and many are summed at once;
// - dots: if both operands run along k in memory, vectors hold neighbours in k instead, and are
//   summed at the end (few rows, or long k: no packing).
// Which way is taken depends on the shape and the strides alone, as does the order of the sums.

enum {
  NAME(WIDTH) = VECTORS * COUNT,  // columns of a panel of b
  NAME(A_WIDTH) = PANEL_ROWS(COUNT),
};

/// c[rows, vectors] = a[rows, k] b[k, vectors] + start, everything in registers. Each call gives
/// constants for `rows`, `vectors` and `partial`; the last vector has `tail` columns. `start` is c
/// itself where a part of k has been done, a bias (one row, `start_row` is 0), or NULL. A block that
/// `copies` leaves what it read of b packed in `copy`.
INLINE void NAME(register_block)(int rows, int vectors, bool partial, bool copies, int64_t k,
                                 const REAL *a, int64_t a_row, int64_t a_step, const REAL *b,
                                 int64_t b_step, REAL *c, int64_t c_row, const REAL *start,
                                 int64_t start_row, int64_t tail, REAL *copy) {
  // With few sums each would wait for itself: then several steps of k have sums of their own.
  const int depth = rows * vectors == 1 ? 4 : rows * vectors <= 4 ? 2 : 1;
  VECTOR sum[4][ROWS][8];
  EACH(q, depth) EACH(i, rows) EACH(j, vectors) sum[q][i][j] = 0;
  // Where rows of a are any distance apart, one pointer for every three of them: each then is a
  // register, or that and once or twice the distance. A single running pointer would be a chain of
  // additions, one for each row, which takes longer than the products.
  const REAL *third[(ROWS + 2) / 3];
  const bool is_near = __builtin_constant_p(a_row);
  EACH(g, (rows + 2) / 3) third[g] = a + (is_near ? 0 : 3 * g * a_row);
  if (is_near) EACH(i, rows) EACH(j, vectors) __builtin_prefetch(c + i * c_row + j * COUNT, 1);
  // Lanes beyond the tail are not stored, so what they hold is of no account: only the last rows of b,
  // where reading on would leave the matrix, are read in part, which is slower.
  int64_t whole = k;
  if (partial) whole -= b_step >= COUNT ? 1 : b_step > 0 ? (COUNT - tail) / b_step + 1 : k;
  int64_t p = 0;
  for (; p + depth <= whole; p += depth) {
    EACH(q, depth) {
      VECTOR column[8];
      EACH(j, vectors) {
        column[j] = LOAD(b + q * b_step + j * COUNT);
        if (copies) {
          STORE(copy + (q * vectors + j) * COUNT, column[j]);
          // Rows far apart: asked for in time, they are there when they are wanted.
          __builtin_prefetch(b + (q + 16) * b_step + j * COUNT);
        }
      }
      EACH(i, rows) {
        const REAL *row = is_near ? a + i * a_row : third[i / 3] + i % 3 * a_row;
        VECTOR element = (VECTOR)row[q * a_step];
        EACH(j, vectors) sum[q][i][j] = element * column[j] + sum[q][i][j];
      }
    }
    a += depth * a_step;
    b += depth * b_step;
    if (copies) copy += depth * vectors * COUNT;
    EACH(g, (rows + 2) / 3) {
      third[g] += depth * a_step;
      if (!is_near) __asm__("" : "+r"(third[g]));
    }
  }
  for (; p < k; p++, a += a_step, b += b_step, copy += copies ? vectors * COUNT : 0) {
    EACH(j, vectors) {
      const REAL *from = b + j * COUNT;
      VECTOR column = partial && j == vectors - 1 ? LOAD_PART(from, tail) : LOAD(from);
      if (copies) STORE(copy + j * COUNT, column);
      EACH(i, rows) sum[0][i][j] = (VECTOR)a[i * a_row] * column + sum[0][i][j];
    }
  }
  EACH(i, rows) {
    EACH(j, vectors) {
      bool part = partial && j == vectors - 1;
      REAL *to = c + i * c_row + j * COUNT;
      VECTOR value = sum[0][i][j];
      for (int q = 1; q < depth; q++) value += sum[q][i][j];
      if (start) {
        const REAL *from = start + i * start_row + j * COUNT;
        value += part ? LOAD_PART(from, tail) : LOAD(from);
      }
      if (part) {
        STORE_PART(to, value, tail);
      } else {
        STORE(to, value);
      }
    }
  }
}

typedef void NAME(block_function)(int64_t k, const REAL *a, int64_t a_row, int64_t a_step,
                                  const REAL *b, int64_t b_step, REAL *c, int64_t c_row,
                                  const REAL *start, int64_t start_row, int64_t tail,
                                  REAL *copy);

#define BLOCK(kind, rows, vectors, suffix, partial, copies, A_ROW, A_STEP)                       \
  __attribute__((unused)) static void NAME(kind##_##rows##_##vectors##suffix)(                   \
      int64_t k, const REAL *a, int64_t a_row, int64_t a_step, const REAL *b, int64_t b_step,    \
      REAL *c, int64_t c_row, const REAL *start, int64_t start_row, int64_t tail, REAL *copy) {  \
    (void)a_row, (void)a_step;                                                                   \
    NAME(register_block)(rows, vectors, partial, copies, k, a, A_ROW, A_STEP, b, b_step, c,      \
                         c_row, start, start_row, tail, copy);                                   \
  }
#define BLOCKS(kind, rows, vectors, copies, A_ROW, A_STEP)                                       \
  BLOCK(kind, rows, vectors, _whole, false, copies, A_ROW, A_STEP)                               \
  BLOCK(kind, rows, vectors, _part, true, copies, A_ROW, A_STEP)
#define WHOLE(kind, rows, vectors) NAME(kind##_##rows##_##vectors##_whole)
#define PART(kind, rows, vectors) NAME(kind##_##rows##_##vectors##_part)

#define PACKED_BLOCKS(rows)                                                                      \
  BLOCKS(packed, rows, 1, false, 1, NAME(A_WIDTH)) BLOCKS(packed, rows, 2, false, 1, NAME(A_WIDTH))
#define DIRECT_BLOCKS(rows)                                                                      \
  BLOCKS(direct, rows, 1, false, a_row, a_step) BLOCKS(direct, rows, 2, false, a_row, a_step)
#define COPYING_BLOCKS(rows)                                                                     \
  BLOCKS(copying, rows, 1, true, a_row, a_step) BLOCKS(copying, rows, 2, true, a_row, a_step)
LIST_ROWS(PACKED_BLOCKS)
LIST_ROWS(DIRECT_BLOCKS)
LIST_ROWS(COPYING_BLOCKS)
// Few rows: more columns instead, so that there are sums enough to hide the latency of each.
BLOCKS(direct, 1, 4, false, a_row, a_step)
BLOCKS(direct, 2, 4, false, a_row, a_step)
BLOCKS(direct, 1, 8, false, a_row, a_step)

// [rows][vectors - 1][whole or partial]
#define ENTRY(kind, rows)                                                                        \
  [rows] = {{WHOLE(kind, rows, 1), PART(kind, rows, 1)}, {WHOLE(kind, rows, 2), PART(kind, rows, 2)}},
#define PACKED_ENTRY(rows) ENTRY(packed, rows)
#define DIRECT_ENTRY(rows) ENTRY(direct, rows)
#define COPYING_ENTRY(rows) ENTRY(copying, rows)
static NAME(block_function) *const NAME(packed_blocks)[ROWS + 1][2][2] = {LIST_ROWS(PACKED_ENTRY)};
static NAME(block_function) *const NAME(direct_blocks)[ROWS + 1][2][2] = {LIST_ROWS(DIRECT_ENTRY)};
static NAME(block_function) *const NAME(copying_blocks)[ROWS + 1][2][2] = {
  LIST_ROWS(COPYING_ENTRY)};

// MARK: Packing



/// One row of a panel. A vector may run over the end of the first `width`, into the next row, which
/// is written later (or into the room that is left behind the last panel).
INLINE void NAME(store_packed)(REAL *to, VECTOR v, int64_t i, int64_t width) {
  if (i == 0 || i + COUNT <= width) {
    STORE(to + i, v);
  } else {
    STORE_PART(to + i, v, width - i);
  }
}

/// to[p * width + i] = from[i * across + p * along] for i < n, p < k; anything for n <= i < width.
static void NAME(pack)(REAL *restrict to, int64_t width, const REAL *from, int64_t across,
                       int64_t along, int64_t n, int64_t k) {
  if (across == 1 && n == width && width == NAME(WIDTH)) {
    // Rows far apart: asked for in time, they are there when they are wanted.
    for (int64_t p = 0; p < k; p++, to += NAME(WIDTH), from += along) {
      EACH(j, VECTORS) __builtin_prefetch(from + 16 * along + j * COUNT);
      EACH(j, VECTORS) STORE(to + j * COUNT, LOAD(from + j * COUNT));
    }
  } else if (across == 1) {
    for (int64_t p = 0; p < k; p++, to += width, from += along) {
      for (int64_t i = 0; i < width; i += COUNT) {
        int64_t left = n - i;
        VECTOR v = left >= COUNT ? LOAD(from + i) : left > 0 ? LOAD_PART(from + i, left) : (VECTOR)0;
        NAME(store_packed)(to, v, i, width);
      }
    }
  } else if (along == 1) {
    // Squares, transposed in registers. Lanes of rows that do not exist repeat the last one: what is
    // made of them is not stored.
    for (int64_t p = 0; p < k; p += COUNT) {
      int64_t steps = descent_minimum(COUNT, k - p);
      for (int64_t i = 0; i < width; i += COUNT) {
        VECTOR rows[COUNT];
        EACH(r, COUNT) {
          const REAL *row = from + descent_minimum(i + r, n - 1) * across + p;
          __builtin_prefetch(row + 4 * COUNT);
          rows[r] = steps == COUNT ? LOAD(row) : LOAD_PART(row, steps);
        }
        TRANSPOSE(rows);
        if (steps == COUNT) {
          EACH(q, COUNT) NAME(store_packed)(to + (p + q) * width, rows[q], i, width);
        } else {
          EACH(q, COUNT) {
            if (q < steps) NAME(store_packed)(to + (p + q) * width, rows[q], i, width);
          }
        }
      }
    }
  } else {
    for (int64_t p = 0; p < k; p++) {
      for (int64_t i = 0; i < width; i++) {
        to[p * width + i] = i < n ? from[i * across + p * along] : 0;
      }
    }
  }
}

/// to[i] += from[i]
INLINE void NAME(add_columns)(REAL *to, const REAL *from, int64_t n) {
  int64_t i = 0;
  for (; i + COUNT <= n; i += COUNT) STORE(to + i, LOAD(to + i) + LOAD(from + i));
  if (i < n) STORE_PART(to + i, LOAD_PART(to + i, n - i) + LOAD_PART(from + i, n - i), n - i);
}

// MARK: One block of c

/// The pieces of a product of one task: a[m, k] b[k, n] with any strides, c's columns adjacent.
typedef struct NAME(product) {
  const REAL *a, *b;
  REAL *c;
  int64_t a_row, a_step, b_step, b_column, c_row;
  int64_t m, n, k;
  const REAL *bias;  // [n], added to every row; or NULL
  bool rounds;       // a and b to bfloat16; float only
  int64_t a_number;  // other tasks of the instruction with this number have the same a; 0: none
} NAME(product);

INLINE const REAL *NAME(bias_at)(const NAME(product) *p, int64_t column) {
  return p->bias ? p->bias + column : NULL;
}

/// Rows `row` ..< `row + rows` (at most the register block's), columns 0 ..< n of c, with a packed
/// or where it lies, b where it lies.
INLINE void NAME(direct_rows)(const NAME(product) *p, int64_t row, int64_t rows) {
  const REAL *a = p->a + row * p->a_row;
  REAL *c = p->c + row * p->c_row;
  int64_t column = 0;
  if (rows == 1) {
    for (; p->n - column >= 8 * COUNT; column += 8 * COUNT) {
      WHOLE(direct, 1, 8)(p->k, a, p->a_row, p->a_step, p->b + column, p->b_step, c + column,
                          p->c_row, NAME(bias_at)(p, column), 0, COUNT, NULL);
    }
    for (; p->n - column >= 4 * COUNT; column += 4 * COUNT) {
      WHOLE(direct, 1, 4)(p->k, a, p->a_row, p->a_step, p->b + column, p->b_step, c + column,
                          p->c_row, NAME(bias_at)(p, column), 0, COUNT, NULL);
    }
  } else if (rows == 2) {
    for (; p->n - column >= 4 * COUNT; column += 4 * COUNT) {
      WHOLE(direct, 2, 4)(p->k, a, p->a_row, p->a_step, p->b + column, p->b_step, c + column,
                          p->c_row, NAME(bias_at)(p, column), 0, COUNT, NULL);
    }
  }
  while (column < p->n) {
    int64_t n = descent_minimum(p->n - column, 2 * COUNT);
    int vectors = n > COUNT ? 2 : 1;
    int64_t tail = n - (vectors - 1) * COUNT;
    NAME(direct_blocks)[rows][vectors - 1][tail < COUNT](
        p->k, a, p->a_row, p->a_step, p->b + column, p->b_step, c + column, p->c_row,
        NAME(bias_at)(p, column), 0, tail, NULL);
    column += n;
  }
}

/// In how many register blocks the rows of a are taken where they lie. Rows whole pages apart share
/// one set of the nearest cache, which has room for eight or twelve.
INLINE int64_t NAME(direct_pieces)(const NAME(product) *p) {
  bool collide = p->a_step == 1 && p->k > COUNT && p->a_row * sizeof(REAL) % 4096 == 0;
  int64_t rows = collide && ROWS > 8 ? 8 : ROWS > 12 ? 12 : ROWS;
  return (p->m + rows - 1) / rows;
}

/// Everything where it lies.
INLINE void NAME(multiply_direct)(const NAME(product) *p) {
  int64_t pieces = NAME(direct_pieces)(p), row = 0;
  for (int64_t i = 0; i < pieces; i++) {
    int64_t end = p->m * (i + 1) / pieces;
    NAME(direct_rows)(p, row, end - row);
    row = end;
  }
}

/// Sums of products along k, for up to 4 rows of a and 4 columns of b (both adjacent along k).
INLINE void NAME(dot_block)(int rows, int columns, int64_t k, const REAL *a, int64_t a_row,
                            const REAL *b, int64_t b_column, REAL *c, int64_t c_row,
                            const REAL *bias) {
  VECTOR sum[4][4];
  _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) {
    _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) sum[i][j] = 0;
  }
  int64_t p = 0;
  for (; p + COUNT <= k; p += COUNT) {
    VECTOR right[4];
    _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) {
      right[j] = LOAD(b + j * b_column + p);
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) {
      VECTOR left = LOAD(a + i * a_row + p);
      _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) {
        sum[i][j] = left * right[j] + sum[i][j];
      }
    }
  }
  if (p < k) {
    VECTOR right[4];
    _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) {
      right[j] = LOAD_PART(b + j * b_column + p, k - p);
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) {
      VECTOR left = LOAD_PART(a + i * a_row + p, k - p);
      _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) {
        sum[i][j] = left * right[j] + sum[i][j];
      }
    }
  }
  _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) {
    _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) {
      c[i * c_row + j] = FOLD_SUM(sum[i][j]) + (bias ? bias[j] : 0);
    }
  }
}
typedef void NAME(dot_function)(int64_t k, const REAL *a, int64_t a_row, const REAL *b,
                                int64_t b_column, REAL *c, int64_t c_row, const REAL *bias);
#define DOT(rows, columns)                                                                       \
  static void NAME(dot_##rows##_##columns)(int64_t k, const REAL *a, int64_t a_row,              \
                                           const REAL *b, int64_t b_column, REAL *c,             \
                                           int64_t c_row, const REAL *bias) {                    \
    NAME(dot_block)(rows, columns, k, a, a_row, b, b_column, c, c_row, bias);                    \
  }
DOT(1, 1) DOT(1, 2) DOT(1, 3) DOT(1, 4)
DOT(2, 1) DOT(2, 2) DOT(2, 3) DOT(2, 4)
DOT(3, 1) DOT(3, 2) DOT(3, 3) DOT(3, 4)
DOT(4, 1) DOT(4, 2) DOT(4, 3) DOT(4, 4)
#undef DOT
static NAME(dot_function) *const NAME(dot_blocks)[4][4] = {
  {NAME(dot_1_1), NAME(dot_1_2), NAME(dot_1_3), NAME(dot_1_4)},
  {NAME(dot_2_1), NAME(dot_2_2), NAME(dot_2_3), NAME(dot_2_4)},
  {NAME(dot_3_1), NAME(dot_3_2), NAME(dot_3_3), NAME(dot_3_4)},
  {NAME(dot_4_1), NAME(dot_4_2), NAME(dot_4_3), NAME(dot_4_4)},
};

INLINE void NAME(multiply_dots)(const NAME(product) *p) {
  for (int64_t j = 0; j < p->n; j += 4) {
    int64_t columns = descent_minimum(4, p->n - j);
    for (int64_t i = 0; i < p->m; i += 4) {
      int64_t rows = descent_minimum(4, p->m - i);
      NAME(dot_blocks)[rows - 1][columns - 1](p->k, p->a + i * p->a_row, p->a_row,
                                              p->b + j * p->b_column, p->b_column,
                                              p->c + i * p->c_row + j, p->c_row, NAME(bias_at)(p, j));
    }
  }
}

/// One column, of many rows with few elements: as many rows at a time as a vector has lanes.
static void NAME(multiply_thin)(const NAME(product) *p) {
  REAL column[4 * COUNT];
  for (int64_t q = 0; q < p->k; q++) column[q] = p->b[q * p->b_step];
  const int64_t whole = p->k & ~(COUNT - 1), part = p->k - whole;
  const VECTOR last = LOAD_PART(column + whole, part);
  __auto_type keep = NAME(lane_index)() < (REAL)part;
  // A whole vector is read where a part is needed, and the rest of it cleared: masked loads are slow
  // where they cross a line of the cache. The last rows must not be read beyond.
  const int64_t readable = p->m - 1 - (COUNT + p->a_row - 1) / descent_maximum(p->a_row, 1);
  for (int64_t first = 0; first < p->m; first += COUNT) {
    int64_t count = descent_minimum(COUNT, p->m - first);
    VECTOR sums[COUNT];
    if (p->a_row > 0 && first + COUNT <= readable) {
      // Rows come from far away, once: asked for in time, they arrive four times as fast.
      const char *ahead = (const char *)(p->a + first * p->a_row) + PREFETCH_BYTES;
      for (int64_t byte = 0; byte < COUNT * p->a_row * (int64_t)sizeof(REAL); byte += 64) {
        __builtin_prefetch(ahead + byte);
      }
      EACH(r, COUNT) {
        const REAL *row = p->a + (first + r) * p->a_row + whole;
        sums[r] = (VECTOR)((__typeof__(keep))LOAD(row) & keep) * last;
      }
    } else {
      // Rows beyond the last are its repetition.
      EACH(r, COUNT) {
        const REAL *row = p->a + (first + descent_minimum(r, count - 1)) * p->a_row + whole;
        sums[r] = LOAD_PART(row, part) * last;
      }
    }
    for (int64_t q = 0; q < whole; q += COUNT) {
      VECTOR right = LOAD(column + q);
      EACH(r, COUNT) {
        const REAL *row = p->a + (first + descent_minimum(r, count - 1)) * p->a_row + q;
        sums[r] = LOAD(row) * right + sums[r];
      }
    }
    VECTOR result = FOLD_ROWS(sums);
    if (count == COUNT) {
      STORE(p->c + first, result);
    } else {
      STORE_PART(p->c + first, result, count);
    }
  }
}

/// A panel of b packed, a where it lies. If b lies in rows, the first block copies what it reads.
INLINE void NAME(multiply_half_packed)(const NAME(product) *p, descent_worker *worker) {
  REAL *b = (REAL *)worker->packed_b;
  int64_t pieces = NAME(direct_pieces)(p);
  for (int64_t column = 0; column < p->n; column += NAME(WIDTH)) {
    int64_t n = descent_minimum(NAME(WIDTH), p->n - column);
    int vectors = n > COUNT ? 2 : 1;
    int64_t tail = n - (vectors - 1) * COUNT;
    const REAL *panel = p->b + column * p->b_column;
    bool copies = p->b_column == 1;
    if (!copies) NAME(pack)(b, vectors * COUNT, panel, p->b_column, p->b_step, n, p->k);
    int64_t row = 0;
    for (int64_t i = 0; i < pieces; i++) {
      int64_t end = p->m * (i + 1) / pieces;
      bool first = copies && i == 0;
      (first ? NAME(copying_blocks) : NAME(direct_blocks))[end - row][vectors - 1][tail < COUNT](
          p->k, p->a + row * p->a_row, p->a_row, p->a_step, first ? panel : b,
          first ? p->b_step : vectors * COUNT, p->c + row * p->c_row + column, p->c_row,
          NAME(bias_at)(p, column), 0, tail, b);
      row = end;
    }
  }
}

// Blocks of a (PACKED_M x PACKED_K) and of b (PACKED_K x some hundreds) are meant for the second
// cache; panels of b stream from there. Machines with few registers mostly have 32 KiB of first
// cache: there a panel of b and one of a must fit, so k is cut shorter.
enum {
  NAME(PACKED_K) = (ROWS < 8 ? 256 : 512) * 4 / sizeof(REAL),
  NAME(PACKED_M) = ROWS * (ROWS < 8 ? 32 : 16),
  NAME(PACKED_N) = 1024,
};

/// How operands are packed, and the blocks that multiply them.
typedef struct NAME(packing) {
  int64_t depth;  // neighbours in k that share a lane of a panel
  void (*pack)(REAL *restrict to, int64_t width, const REAL *from, int64_t across, int64_t along,
               int64_t n, int64_t k);
  NAME(block_function) *const (*blocks)[2][2];
  NAME(block_function) *const (*copying)[2][2];  // or NULL
} NAME(packing);

INLINE void NAME(multiply_packed)(const NAME(product) *p, descent_worker *worker,
                                  NAME(packing) packing) {
  REAL *a = (REAL *)worker->packed_a, *b = (REAL *)worker->packed_b;
  const int64_t all_steps = (p->k + packing.depth - 1) / packing.depth;
  const int64_t k_pieces = (all_steps + NAME(PACKED_K) - 1) / NAME(PACKED_K);
  const int64_t m_pieces = (p->m + NAME(PACKED_M) - 1) / NAME(PACKED_M);
  // Neighbouring tasks mostly have the same rows of a, and need not pack them again.
  const int64_t rows_at_most = (p->m / ROWS + m_pieces) * NAME(A_WIDTH);
  const bool keeps = p->a_number > 0 && p->n <= NAME(PACKED_N) &&
                     rows_at_most * all_steps * (int64_t)sizeof(REAL) <= DESCENT_KEPT_BYTES;
  const bool is_there = keeps && worker->packed == p->a_number;
  if (keeps) {
    a = (REAL *)worker->kept;
    worker->packed = p->a_number;
  }
  for (int64_t kp = 0; kp < k_pieces; kp++) {
    const descent_range part = descent_cut(all_steps, k_pieces, kp, 1);
    const int64_t k_first = packing.depth * part.first, steps = part.count;
    const int64_t k = descent_minimum(packing.depth * steps, p->k - k_first);
    for (int64_t n_first = 0; n_first < p->n; n_first += NAME(PACKED_N)) {
      int64_t n = descent_minimum(NAME(PACKED_N), p->n - n_first);
      for (int64_t mp = 0; mp < m_pieces; mp++) {
        const descent_range piece = descent_cut(p->m, m_pieces, mp, 1);
        const int64_t panels = (piece.count + ROWS - 1) / ROWS;
        for (int64_t i = 0; i < panels && !is_there; i++) {
          const descent_range rows = descent_cut(piece.count, panels, i, 1);
          packing.pack(a + i * NAME(A_WIDTH) * steps, NAME(A_WIDTH),
                       p->a + (piece.first + rows.first) * p->a_row + k_first * p->a_step, p->a_row,
                       p->a_step, rows.count, k);
        }
        for (int64_t j = 0; j < n; j += NAME(WIDTH)) {
          int64_t width = descent_minimum(NAME(WIDTH), n - j);
          int vectors = width > COUNT ? 2 : 1;
          int64_t tail = width - (vectors - 1) * COUNT;
          REAL *packed = b + j * steps;
          const REAL *panel = p->b + k_first * p->b_step + (n_first + j) * p->b_column;
          bool copies = packing.copying && mp == 0 && p->b_column == 1;
          if (mp == 0 && !copies) {
            packing.pack(packed, vectors * COUNT, panel, p->b_column, p->b_step, width, k);
          }
          for (int64_t i = 0; i < panels; i++) {
            const descent_range rows = descent_cut(piece.count, panels, i, 1);
            bool first = copies && i == 0;
            REAL *c = p->c + (piece.first + rows.first) * p->c_row + n_first + j;
            (first ? packing.copying : packing.blocks)[rows.count][vectors - 1][tail < COUNT](
                steps, a + i * NAME(A_WIDTH) * steps, 1, NAME(A_WIDTH), first ? panel : packed,
                first ? p->b_step : vectors * COUNT, c, p->c_row,
                kp > 0 ? c : NAME(bias_at)(p, n_first + j), kp > 0 ? p->c_row : 0, tail, packed);
          }
        }
        if (keeps) a += panels * NAME(A_WIDTH) * steps;
      }
    }
  }
}

INLINE void NAME(block_of_product)(NAME(product) p, descent_worker *worker) {
  if (p.k == 0) {
    for (int64_t i = 0; i < p.m; i++) {
      for (int64_t j = 0; j < p.n; j++) p.c[i * p.c_row + j] = p.bias ? p.bias[j] : 0;
    }
    return;
  }
#ifdef MULTIPLY_ROUNDED
  if (p.rounds) {
    MULTIPLY_ROUNDED(&p, worker);
    return;
  }
#endif
  if (p.n == 1 && p.c_row == 1 && !p.bias && p.a_step == 1 && p.k < 4 * COUNT && p.m >= COUNT) {
    NAME(multiply_thin)(&p);
    return;
  }
  bool dots = p.a_step == 1 && p.b_step == 1;
  if (p.n == 1 && p.c_row == 1 && !dots && !p.bias) {
    // One column: its transpose, one row, is the shape that direct_rows likes.
    p = (NAME(product)){.a = p.b, .b = p.a, .c = p.c, .a_row = 0, .a_step = p.b_step,
                        .b_step = p.a_step, .b_column = p.a_row, .c_row = p.m,
                        .m = 1, .n = p.m, .k = p.k};
  }
  // In the way that direct blocks read b: one row after the other.
  bool b_in_rows = p.b_column == 1 || p.n == 1;
  int64_t size = sizeof(REAL), work = p.m * p.n * p.k;
  // The limits were measured on a Zen 5; they are wide. Rows of a that are far apart, all in the same
  // sets of the cache, are better copied once they are used often.
  bool a_is_near = p.a_step == 1 || p.a_step * size < 4096 || p.n <= 2 * NAME(WIDTH);
  bool panel_fits = p.k * size <= 4096 && a_is_near;
  // Dots waste no lane on few columns, but the lanes of each must be summed at the end.
  int64_t least_k = p.m <= 2 || p.n < COUNT / 4 ? 4 * COUNT : 16 * COUNT;
  bool few = p.m <= 24 || p.n <= COUNT * 3 / 4;
  if (dots && p.b_column != 1 && few && p.k >= least_k) {
    NAME(multiply_dots)(&p);
  } else if (b_in_rows && (p.m <= 2 * ROWS || work < 32768)) {
    NAME(multiply_direct)(&p);
  } else if (panel_fits) {
    NAME(multiply_half_packed)(&p, worker);
  } else {
    const NAME(packing) plain = {
      .depth = 1, .pack = NAME(pack), .blocks = NAME(packed_blocks),
      .copying = NAME(copying_blocks),
    };
    NAME(multiply_packed)(&p, worker, plain);
  }
}

/// Some of the runs of k, each to a matrix of its own in scratch memory.
static void NAME(split_matmul)(const descent_instruction *instruction, int64_t splits, int64_t task,
                               void *const *buffers, descent_worker *worker) {
  const descent_matmul *matmul = instruction->parameters;
  descent_range range = descent_cut(splits, instruction->tasks, task, 1);
  NAME(product) p = {
    .a_row = matmul->a.strides[0], .a_step = matmul->a.strides[1],
    .b_step = matmul->b.strides[0], .b_column = matmul->b.strides[1],
    .c_row = matmul->n, .m = matmul->m, .n = matmul->n, .rounds = matmul->rounds,
  };
  for (int64_t split = range.first; split < range.first + range.count; split++) {
    int64_t first = matmul->k * split / splits;
    p.k = matmul->k * (split + 1) / splits - first;
    p.a = (const REAL *)descent_address(&matmul->a, buffers) + first * p.a_step;
    p.b = (const REAL *)descent_address(&matmul->b, buffers) + first * p.b_step;
    p.c = (REAL *)descent_address(&matmul->scratch, buffers) + split * p.m * p.n;
    NAME(block_of_product)(p, worker);
  }
}

/// Adds up what the runs of k left, in order; then comes the bias, and the epilogue.
static void NAME(finish_matmul)(const descent_matmul *matmul, int64_t splits,
                                void *const *buffers, descent_worker *worker) {
  int64_t m = matmul->m, n = matmul->n;
  const REAL *partial = (const REAL *)descent_address(&matmul->scratch, buffers);
  REAL *c = (REAL *)descent_address(&matmul->c, buffers);
  for (int64_t i = 0; i < m; i++) {
    REAL *row = c + i * matmul->c.strides[0];
    memcpy(row, partial + i * n, (size_t)n * sizeof(REAL));
    for (int64_t s = 1; s < splits; s++) {
      NAME(add_columns)(row, partial + (s * m + i) * n, n);
    }
    if (matmul->has_bias) {
      NAME(add_columns)(row, (const REAL *)descent_address(&matmul->bias, buffers), n);
    }
  }
  if (!matmul->epilogue) return;
  runner_begin(&worker->runner, matmul->epilogue, buffers, worker->tiles, m * n);
  runner_range(&worker->runner, 0, m * n);
}

INLINE void NAME(matmul)(const descent_instruction *instruction, int64_t task,
                         void *const *buffers, descent_worker *worker) {
  const descent_matmul *matmul = instruction->parameters;
  descent_matmul_cut cut = descent_cut_matmul(instruction);
  if (cut.splits > 1) {
    NAME(split_matmul)(instruction, cut.splits, task, buffers, worker);
    return;
  }
  int64_t batches = 1, per_batch = cut.rows * cut.columns;
  for (int d = 0; d < matmul->batch_rank; d++) batches *= matmul->batch_shape[d];
  descent_range range = descent_cut(batches * per_batch, instruction->tasks, task, 1);
  if (range.count == 0 || matmul->m == 0 || matmul->n == 0) return;

  const REAL *a = (const REAL *)descent_address(&matmul->a, buffers);
  const REAL *b = (const REAL *)descent_address(&matmul->b, buffers);
  REAL *c = (REAL *)descent_address(&matmul->c, buffers);
  const REAL *bias =
      matmul->has_bias ? (const REAL *)descent_address(&matmul->bias, buffers) : NULL;
  const int rank = matmul->batch_rank;
  const descent_program *epilogue = matmul->epilogue;
  if (epilogue) {
    runner_begin(&worker->runner, epilogue, buffers, worker->tiles, matmul->m * matmul->n);
  }
  for (int64_t u = range.first; u < range.first + range.count; u++) {
    // Divisions take longer than a small product.
    int64_t batch = per_batch == 1 ? u : u / per_batch, block = u - batch * per_batch;
    int64_t block_row = cut.columns == 1 ? block : block / cut.columns;
    descent_range rows = descent_cut(matmul->m, cut.rows, block_row, 1);
    descent_range columns =
        descent_cut(matmul->n, cut.columns, block - block_row * cut.columns, 64);
    if (rows.count == 0 || columns.count == 0) continue;
    int64_t a_at = 0, b_at = 0, c_at = 0;
    for (int64_t d = rank - 1, left = batch; d >= 0; d--) {
      int64_t i = left % matmul->batch_shape[d];
      left /= matmul->batch_shape[d];
      a_at += i * matmul->a.strides[d];
      b_at += i * matmul->b.strides[d];
      c_at += i * matmul->c.strides[d];
    }
    NAME(product) p = {
      .a_row = matmul->a.strides[rank], .a_step = matmul->a.strides[rank + 1],
      .b_step = matmul->b.strides[rank], .b_column = matmul->b.strides[rank + 1],
      .c_row = matmul->c.strides[rank], .m = rows.count, .n = columns.count, .k = matmul->k,
      .rounds = matmul->rounds,
    };
    p.a = a + a_at + rows.first * p.a_row;
    p.b = b + b_at + columns.first * p.b_column;
    p.c = c + c_at + rows.first * p.c_row + columns.first;
    p.bias = bias ? bias + columns.first : NULL;
    // In a strip, other instructions come between.
    if (instruction->strips == 0 && cut.columns > 1) p.a_number = 1 + batch * cut.rows + block_row;
    NAME(block_of_product)(p, worker);
    if (!epilogue) continue;
    int64_t first = (batch * matmul->m + rows.first) * matmul->n + columns.first;
    if (columns.count == matmul->n) {
      runner_range(&worker->runner, first, rows.count * matmul->n);
    } else {
      for (int64_t i = 0; i < rows.count; i++) {
        runner_range(&worker->runner, first + i * matmul->n, columns.count);
      }
    }
  }
}

#undef BLOCK
#undef BLOCKS
#undef WHOLE
#undef PART
#undef PACKED_BLOCKS
#undef DIRECT_BLOCKS
#undef ENTRY
#undef PACKED_ENTRY
#undef DIRECT_ENTRY
#undef COPYING_BLOCKS
#undef COPYING_ENTRY
