// Vectors of the width that the including file asked for by VECTOR_BYTES (16, 32 or 64), with
// VECTOR_X86 = 2 or 512 where x86 has masked moves.
//
// These are clang's own vector types: + - * / and comparisons work lane by lane, a comparison
// gives -1 or 0 in each lane, and mask ? a : b chooses by lane.

#define INLINE static inline __attribute__((always_inline, unused))

#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

enum {
  LANES = VECTOR_BYTES / 4,         // of float and int32
  DOUBLE_LANES = VECTOR_BYTES / 8,  // of double
};

typedef float vfloat __attribute__((ext_vector_type(VECTOR_BYTES / 4)));
typedef int32_t vint __attribute__((ext_vector_type(VECTOR_BYTES / 4)));
typedef uint32_t vuint __attribute__((ext_vector_type(VECTOR_BYTES / 4)));
typedef double vdouble __attribute__((ext_vector_type(VECTOR_BYTES / 8)));
typedef int64_t vlong __attribute__((ext_vector_type(VECTOR_BYTES / 8)));
// As many doubles (and 64-bit words) as there are floats: two registers.
typedef double vdouble2 __attribute__((ext_vector_type(VECTOR_BYTES / 4)));
typedef uint64_t vulong2 __attribute__((ext_vector_type(VECTOR_BYTES / 4)));

INLINE vfloat load_float(const float *p) { vfloat v; memcpy(&v, p, sizeof v); return v; }
INLINE vdouble load_double(const double *p) { vdouble v; memcpy(&v, p, sizeof v); return v; }
INLINE vint load_int(const int32_t *p) { vint v; memcpy(&v, p, sizeof v); return v; }
INLINE void store_float(float *p, vfloat v) { memcpy(p, &v, sizeof v); }
INLINE void store_double(double *p, vdouble v) { memcpy(p, &v, sizeof v); }
INLINE void store_int(int32_t *p, vint v) { memcpy(p, &v, sizeof v); }

// The first n lanes, 0 <= n < LANES: the others load as 0 and are not stored.
#if VECTOR_X86 == 512 && !defined(DESCENT_EMULATE_AVX512)
INLINE vfloat load_float_part(const float *p, int64_t n) {
  return (vfloat)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
INLINE void store_float_part(float *p, vfloat v, int64_t n) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
INLINE vint load_int_part(const int32_t *p, int64_t n) {
  return (vint)_mm512_maskz_loadu_epi32((__mmask16)((1u << n) - 1), p);
}
INLINE void store_int_part(int32_t *p, vint v, int64_t n) {
  _mm512_mask_storeu_epi32(p, (__mmask16)((1u << n) - 1), (__m512i)v);
}
INLINE vdouble load_double_part(const double *p, int64_t n) {
  return (vdouble)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
INLINE void store_double_part(double *p, vdouble v, int64_t n) {
  _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v);
}
#elif VECTOR_X86 == 2
INLINE __m256i part_mask_4(int64_t n) {
  vint lane = {0, 1, 2, 3, 4, 5, 6, 7};
  return (__m256i)(lane < (int32_t)n);
}
INLINE __m256i part_mask_8(int64_t n) {
  vlong lane = {0, 1, 2, 3};
  return (__m256i)(lane < n);
}
INLINE vfloat load_float_part(const float *p, int64_t n) {
  return (vfloat)_mm256_maskload_ps(p, part_mask_4(n));
}
INLINE void store_float_part(float *p, vfloat v, int64_t n) {
  _mm256_maskstore_ps(p, part_mask_4(n), (__m256)v);
}
INLINE vint load_int_part(const int32_t *p, int64_t n) {
  return (vint)_mm256_maskload_epi32(p, part_mask_4(n));
}
INLINE void store_int_part(int32_t *p, vint v, int64_t n) {
  _mm256_maskstore_epi32(p, part_mask_4(n), (__m256i)v);
}
INLINE vdouble load_double_part(const double *p, int64_t n) {
  return (vdouble)_mm256_maskload_pd(p, part_mask_8(n));
}
INLINE void store_double_part(double *p, vdouble v, int64_t n) {
  _mm256_maskstore_pd(p, part_mask_8(n), (__m256d)v);
}
#else
#define PART_MOVES(T, V, name)                                                                   \
  INLINE V load_##name##_part(const T *p, int64_t n) {                                           \
    V v = 0;                                                                                     \
    for (int64_t i = 0; i < n; i++) v[i] = p[i];                                                 \
    return v;                                                                                    \
  }                                                                                              \
  INLINE void store_##name##_part(T *p, V v, int64_t n) {                                        \
    for (int64_t i = 0; i < n; i++) p[i] = v[i];                                                 \
  }
PART_MOVES(float, vfloat, float)
PART_MOVES(int32_t, vint, int)
PART_MOVES(double, vdouble, double)
#undef PART_MOVES
#endif

// Lanes folded to one, by halves: the order is fixed by the width.
#define FOLD_2(v) COMBINE((v).lo, (v).hi)
#define FOLD_4(v) ({ __auto_type half = COMBINE((v).lo, (v).hi); FOLD_2(half); })
#define FOLD_8(v) ({ __auto_type quarter = COMBINE((v).lo, (v).hi); FOLD_4(quarter); })
#define FOLD_16(v) ({ __auto_type eighth = COMBINE((v).lo, (v).hi); FOLD_8(eighth); })
#if VECTOR_BYTES == 64
#define FOLD_SINGLE FOLD_16
#define FOLD_DOUBLE FOLD_8
#elif VECTOR_BYTES == 32
#define FOLD_SINGLE FOLD_8
#define FOLD_DOUBLE FOLD_4
#else
#define FOLD_SINGLE FOLD_4
#define FOLD_DOUBLE FOLD_2
#endif

#define COMBINE(a, b) ((a) + (b))
INLINE float fold_sum_float(vfloat v) { return FOLD_SINGLE(v); }
INLINE double fold_sum_double(vdouble v) { return FOLD_DOUBLE(v); }
INLINE int32_t fold_sum_int(vint v) {
  vuint u = (vuint)v;  // wraps
  return (int32_t)FOLD_SINGLE(u);
}
#undef COMBINE
// A NaN on either side comes out.
#define COMBINE(a, b) ((((a) > (b)) | ((a) != (a))) ? (a) : (b))
INLINE float fold_max_float(vfloat v) { return FOLD_SINGLE(v); }
INLINE double fold_max_double(vdouble v) { return FOLD_DOUBLE(v); }
#undef COMBINE
#define COMBINE(a, b) ((((a) < (b)) | ((a) != (a))) ? (a) : (b))
INLINE float fold_min_float(vfloat v) { return FOLD_SINGLE(v); }
INLINE double fold_min_double(vdouble v) { return FOLD_DOUBLE(v); }
#undef COMBINE
#define COMBINE(a, b) ((a) > (b) ? (a) : (b))
INLINE int32_t fold_max_int(vint v) { return FOLD_SINGLE(v); }
#undef COMBINE
#define COMBINE(a, b) ((a) < (b) ? (a) : (b))
INLINE int32_t fold_min_int(vint v) { return FOLD_SINGLE(v); }
#undef COMBINE

// A square of vectors transposed in place, one power of two at a time: lanes whose number has the
// bit `s` change places with the rows whose number has it.
#define LOW(s, l, n) (((l) & (s)) == 0 ? (l) : (n) + (l) - (s))
#define HIGH(s, l, n) (((l) & (s)) == 0 ? (l) + (s) : (n) + (l))
#define LANES_2(WHICH, s) WHICH(s, 0, 2), WHICH(s, 1, 2)
#define LANES_4(WHICH, s) WHICH(s, 0, 4), WHICH(s, 1, 4), WHICH(s, 2, 4), WHICH(s, 3, 4)
#define LANES_8(WHICH, s)                                                                        \
  WHICH(s, 0, 8), WHICH(s, 1, 8), WHICH(s, 2, 8), WHICH(s, 3, 8), WHICH(s, 4, 8),                \
      WHICH(s, 5, 8), WHICH(s, 6, 8), WHICH(s, 7, 8)
#define LANES_16(WHICH, s)                                                                       \
  WHICH(s, 0, 16), WHICH(s, 1, 16), WHICH(s, 2, 16), WHICH(s, 3, 16), WHICH(s, 4, 16),           \
      WHICH(s, 5, 16), WHICH(s, 6, 16), WHICH(s, 7, 16), WHICH(s, 8, 16), WHICH(s, 9, 16),       \
      WHICH(s, 10, 16), WHICH(s, 11, 16), WHICH(s, 12, 16), WHICH(s, 13, 16),                    \
      WHICH(s, 14, 16), WHICH(s, 15, 16)
#define EXCHANGE(V, n, s)                                                                        \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < n; i++) {                               \
    if ((i & s) != 0) continue;                                                                  \
    V low = __builtin_shufflevector(rows[i], rows[i + s], LANES_##n(LOW, s));                    \
    V high = __builtin_shufflevector(rows[i], rows[i + s], LANES_##n(HIGH, s));                  \
    rows[i] = low;                                                                               \
    rows[i + s] = high;                                                                          \
  }
#if VECTOR_BYTES == 64
INLINE void transpose_float(vfloat *rows) {
  EXCHANGE(vfloat, 16, 8) EXCHANGE(vfloat, 16, 4) EXCHANGE(vfloat, 16, 2) EXCHANGE(vfloat, 16, 1)
}
INLINE void transpose_double(vdouble *rows) {
  EXCHANGE(vdouble, 8, 4) EXCHANGE(vdouble, 8, 2) EXCHANGE(vdouble, 8, 1)
}
#elif VECTOR_BYTES == 32
INLINE void transpose_float(vfloat *rows) {
  EXCHANGE(vfloat, 8, 4) EXCHANGE(vfloat, 8, 2) EXCHANGE(vfloat, 8, 1)
}
INLINE void transpose_double(vdouble *rows) { EXCHANGE(vdouble, 4, 2) EXCHANGE(vdouble, 4, 1) }
#else
INLINE void transpose_float(vfloat *rows) { EXCHANGE(vfloat, 4, 2) EXCHANGE(vfloat, 4, 1) }
INLINE void transpose_double(vdouble *rows) { EXCHANGE(vdouble, 2, 1) }
#endif

// The sums of as many vectors as one has lanes, in the lanes of one: half of the vectors remain after
// each turn.
#define FOLD_ROWS(V, n, s)                                                                       \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < s; i++) {                               \
    V low = __builtin_shufflevector(rows[i], rows[i + s], LANES_##n(LOW, s));                    \
    V high = __builtin_shufflevector(rows[i], rows[i + s], LANES_##n(HIGH, s));                  \
    rows[i] = low + high;                                                                        \
  }
#if VECTOR_BYTES == 64
INLINE vfloat fold_rows_float(vfloat *rows) {
  FOLD_ROWS(vfloat, 16, 8) FOLD_ROWS(vfloat, 16, 4) FOLD_ROWS(vfloat, 16, 2)
  FOLD_ROWS(vfloat, 16, 1)
  return rows[0];
}
INLINE vdouble fold_rows_double(vdouble *rows) {
  FOLD_ROWS(vdouble, 8, 4) FOLD_ROWS(vdouble, 8, 2) FOLD_ROWS(vdouble, 8, 1)
  return rows[0];
}
#elif VECTOR_BYTES == 32
INLINE vfloat fold_rows_float(vfloat *rows) {
  FOLD_ROWS(vfloat, 8, 4) FOLD_ROWS(vfloat, 8, 2) FOLD_ROWS(vfloat, 8, 1)
  return rows[0];
}
INLINE vdouble fold_rows_double(vdouble *rows) {
  FOLD_ROWS(vdouble, 4, 2) FOLD_ROWS(vdouble, 4, 1)
  return rows[0];
}
#else
INLINE vfloat fold_rows_float(vfloat *rows) {
  FOLD_ROWS(vfloat, 4, 2) FOLD_ROWS(vfloat, 4, 1)
  return rows[0];
}
INLINE vdouble fold_rows_double(vdouble *rows) {
  FOLD_ROWS(vdouble, 2, 1)
  return rows[0];
}
#endif
#undef FOLD_ROWS

// Lanes of two vectors, for shuffles: every other one, and one of each in turn.
#if VECTOR_BYTES == 64
#define EVEN_FLOAT 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define LOW_FLOAT 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define ODD_FLOAT 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define HIGH_FLOAT 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define EVEN_DOUBLE 0, 2, 4, 6, 8, 10, 12, 14
#define ODD_DOUBLE 1, 3, 5, 7, 9, 11, 13, 15
#define LOW_DOUBLE 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_DOUBLE 4, 12, 5, 13, 6, 14, 7, 15
#elif VECTOR_BYTES == 32
#define EVEN_FLOAT 0, 2, 4, 6, 8, 10, 12, 14
#define ODD_FLOAT 1, 3, 5, 7, 9, 11, 13, 15
#define LOW_FLOAT 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_FLOAT 4, 12, 5, 13, 6, 14, 7, 15
#define EVEN_DOUBLE 0, 2, 4, 6
#define ODD_DOUBLE 1, 3, 5, 7
#define LOW_DOUBLE 0, 4, 1, 5
#define HIGH_DOUBLE 2, 6, 3, 7
#else
#define EVEN_FLOAT 0, 2, 4, 6
#define ODD_FLOAT 1, 3, 5, 7
#define LOW_FLOAT 0, 4, 1, 5
#define HIGH_FLOAT 2, 6, 3, 7
#define EVEN_DOUBLE 0, 2
#define ODD_DOUBLE 1, 3
#define LOW_DOUBLE 0, 2
#define HIGH_DOUBLE 1, 3
#endif
