// Vectors of the width that the including file asked for by VECTOR_BYTES (16, 32 or 64), with
// VECTOR_X86 = 2 or 512 where x86 has masked moves.
//
// These are clang's own vector types: + - * / and comparisons work lane by lane, a comparison
// gives -1 or 0 in each lane, and mask ? a : b chooses by lane.

#define INLINE static inline __attribute__((always_inline, unused))

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
#if VECTOR_X86 == 512
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
#define FOLD(T, V, name, OP)                                                                     \
  INLINE T fold_##name(V v) {                                                                    \
    T lane[sizeof(V) / sizeof(T)];                                                               \
    memcpy(lane, &v, sizeof v);                                                                  \
    for (int step = sizeof(V) / sizeof(T) / 2; step > 0; step /= 2) {                            \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < step; i++) {                        \
        T a = lane[i], b = lane[i + step];                                                       \
        lane[i] = OP;                                                                            \
      }                                                                                          \
    }                                                                                            \
    return lane[0];                                                                              \
  }
FOLD(float, vfloat, sum_float, a + b)
FOLD(double, vdouble, sum_double, a + b)
FOLD(int32_t, vint, sum_int, (int32_t)((uint32_t)a + (uint32_t)b))
// A NaN on either side comes out.
FOLD(float, vfloat, max_float, a > b || a != a ? a : b)
FOLD(double, vdouble, max_double, a > b || a != a ? a : b)
FOLD(int32_t, vint, max_int, a > b ? a : b)
FOLD(float, vfloat, min_float, a < b || a != a ? a : b)
FOLD(double, vdouble, min_double, a < b || a != a ? a : b)
FOLD(int32_t, vint, min_int, a < b ? a : b)
#undef FOLD
