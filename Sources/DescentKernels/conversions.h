// Values between what memory holds and what a program computes in.
//
// Scalar loops over runs; the compiler makes vectors of the ones with stride 1.

// From a floating-point type to an integer: towards zero, NaN to 0, saturating.
INLINE int32_t int_from_double(double x) {
  if (x >= 2147483647.0) return INT32_MAX;
  if (x <= -2147483648.0) return INT32_MIN;
  return x == x ? (int32_t)x : 0;
}
INLINE uint8_t byte_from_double(double x) {
  if (x >= 255.0) return 255;
  return x > 0.0 ? (uint8_t)x : 0;
}
INLINE uint8_t byte_from_int(int32_t x) { return x < 0 ? 0 : x > 255 ? 255 : (uint8_t)x; }

/// n elements that lie `stride` apart in `from`, to a tile.
typedef void load_run(void *to, const char *from, int64_t stride, int64_t n);
/// A tile to n elements that lie `stride` apart in `to`.
typedef void store_run(char *to, int64_t stride, const void *from, int64_t n);

#define LOAD_RUN(TILE, MEMORY, name)                                                             \
  static void load_##name(void *destination, const char *source, int64_t stride, int64_t n) {    \
    TILE *restrict to = destination;                                                             \
    const MEMORY *from = (const MEMORY *)source;                                                 \
    if (stride == 1) {                                                                           \
      for (int64_t i = 0; i < n; i++) to[i] = CONVERT(from[i]);                                  \
    } else if (stride == 0) {                                                                    \
      TILE value = CONVERT(from[0]);                                                             \
      for (int64_t i = 0; i < n; i++) to[i] = value;                                             \
    } else {                                                                                     \
      for (int64_t i = 0; i < n; i++) to[i] = CONVERT(from[i * stride]);                         \
    }                                                                                            \
  }
#define STORE_RUN(TILE, MEMORY, name)                                                            \
  static void store_##name(char *destination, int64_t stride, const void *source, int64_t n) {   \
    MEMORY *to = (MEMORY *)destination;                                                          \
    const TILE *from = source;                                                                   \
    if (stride == 1) {                                                                           \
      for (int64_t i = 0; i < n; i++) to[i] = CONVERT(from[i]);                                  \
    } else {                                                                                     \
      for (int64_t i = 0; i < n; i++) to[i * stride] = CONVERT(from[i]);                         \
    }                                                                                            \
  }

#define CONVERT(x) (x)
LOAD_RUN(float, float, float_float)
LOAD_RUN(double, double, double_double)
LOAD_RUN(int32_t, int32_t, int_int)
STORE_RUN(float, float, float_float)
STORE_RUN(double, double, double_double)
STORE_RUN(int32_t, int32_t, int_int)
#undef CONVERT
#define CONVERT(x) ((float)(x))
LOAD_RUN(float, double, float_double)
LOAD_RUN(float, int32_t, float_int)
LOAD_RUN(float, uint8_t, float_byte)
STORE_RUN(double, float, double_float)
STORE_RUN(int32_t, float, int_float)
#undef CONVERT
#define CONVERT(x) ((double)(x))
LOAD_RUN(double, float, double_float)
LOAD_RUN(double, int32_t, double_int)
LOAD_RUN(double, uint8_t, double_byte)
STORE_RUN(float, double, float_double)
STORE_RUN(int32_t, double, int_double)
#undef CONVERT
#define CONVERT(x) int_from_double((double)(x))
LOAD_RUN(int32_t, float, int_float)
LOAD_RUN(int32_t, double, int_double)
STORE_RUN(float, int32_t, float_int)
STORE_RUN(double, int32_t, double_int)
#undef CONVERT
#define CONVERT(x) ((int32_t)(x))
LOAD_RUN(int32_t, uint8_t, int_byte)
#undef CONVERT
#define CONVERT(x) byte_from_double((double)(x))
STORE_RUN(float, uint8_t, float_byte)
STORE_RUN(double, uint8_t, double_byte)
#undef CONVERT
#define CONVERT(x) byte_from_int(x)
STORE_RUN(int32_t, uint8_t, int_byte)
#undef CONVERT
#define CONVERT(x) ((x) != 0)
STORE_RUN(float, uint8_t, float_bool)
STORE_RUN(double, uint8_t, double_bool)
STORE_RUN(int32_t, uint8_t, int_bool)
#undef CONVERT
#undef LOAD_RUN
#undef STORE_RUN

// [compute type][type in memory]
static load_run *const load_runs[3][5] = {
  {load_float_float, load_float_double, load_float_int, load_float_byte, load_float_byte},
  {load_double_float, load_double_double, load_double_int, load_double_byte, load_double_byte},
  {load_int_float, load_int_double, load_int_int, load_int_byte, load_int_byte},
};
static store_run *const store_runs[3][5] = {
  {store_float_float, store_float_double, store_float_int, store_float_byte, store_float_bool},
  {store_double_float, store_double_double, store_double_int, store_double_byte,
   store_double_bool},
  {store_int_float, store_int_double, store_int_int, store_int_byte, store_int_bool},
};
