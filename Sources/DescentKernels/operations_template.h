// The steps of elementwise programs, one small loop each, for one compute type.
//
// The including file defines REAL (float, double or int32_t), VECTOR, COUNT (lanes), LOAD, STORE,
// LOAD_PART, STORE_PART, NAME(x) and one of OPERATIONS_FLOAT, OPERATIONS_DOUBLE, OPERATIONS_INT.

#define SPLAT(x) ((VECTOR)(REAL)(x))

// Each loop reads element i of its sources before it writes element i: a destination may be a
// source.
#define LOOP(op, READ, READ_PART, EXPRESSION)                                                    \
  static void NAME(op)(void *destination, const void *pa, const void *pb, const void *pc,        \
                       int64_t n) {                                                              \
    REAL *to = destination;                                                                      \
    const REAL *from_a = pa, *from_b = pb, *from_c = pc;                                         \
    (void)from_a, (void)from_b, (void)from_c;                                                    \
    int64_t i = 0;                                                                               \
    for (; i + COUNT <= n; i += COUNT) { READ STORE(to + i, EXPRESSION); }                       \
    if (i < n) { READ_PART STORE_PART(to + i, EXPRESSION, n - i); }                              \
  }
#define READ_1 VECTOR a = LOAD(from_a + i);
#define READ_2 READ_1 VECTOR b = LOAD(from_b + i);
#define READ_3 READ_2 VECTOR c = LOAD(from_c + i);
#define PART_1 VECTOR a = LOAD_PART(from_a + i, n - i);
#define PART_2 PART_1 VECTOR b = LOAD_PART(from_b + i, n - i);
#define PART_3 PART_2 VECTOR c = LOAD_PART(from_c + i, n - i);
#define UNARY(op, EXPRESSION) LOOP(op, READ_1, PART_1, EXPRESSION)
#define BINARY(op, EXPRESSION) LOOP(op, READ_2, PART_2, EXPRESSION)
#define TERNARY(op, EXPRESSION) LOOP(op, READ_3, PART_3, EXPRESSION)
#define TRUTH(condition) ((condition) ? SPLAT(1) : SPLAT(0))

#ifdef OPERATIONS_INT
// Unsigned arithmetic wraps; signed overflow would be undefined.
#define ARITHMETIC(a, OP, b) ((VECTOR)((vuint)(a) OP (vuint)(b)))
#else
#define ARITHMETIC(a, OP, b) ((a) OP (b))
#endif

UNARY(copy, a)
BINARY(add, ARITHMETIC(a, +, b))
BINARY(subtract, ARITHMETIC(a, -, b))
BINARY(multiply, ARITHMETIC(a, *, b))
// A NaN in a fails a == a, one in b fails the first comparison: either way it is chosen.
BINARY(minimum, ((a < b) | (a != a)) ? a : b)
BINARY(maximum, ((a > b) | (a != a)) ? a : b)
#ifdef OPERATIONS_INT
UNARY(negate, ARITHMETIC(SPLAT(0), -, a))
UNARY(absolute, a < 0 ? ARITHMETIC(SPLAT(0), -, a) : a)
#else
UNARY(negate, -a)
UNARY(absolute, __builtin_elementwise_abs(a))
#endif
UNARY(sign, a > 0 ? SPLAT(1) : (a < 0 ? SPLAT(-1) : (a == 0 ? SPLAT(0) : a)))
BINARY(equal, TRUTH(a == b))
BINARY(not_equal, TRUTH(a != b))
BINARY(less, TRUTH(a < b))
BINARY(less_equal, TRUTH(a <= b))
BINARY(and, TRUTH((a != 0) & (b != 0)))
BINARY(or, TRUTH((a != 0) | (b != 0)))
UNARY(not, TRUTH(a == 0))
TERNARY(select, a != 0 ? b : c)

#ifndef OPERATIONS_INT
TERNARY(multiply_add, a *b + c)
BINARY(divide, a / b)
UNARY(square_root, __builtin_elementwise_sqrt(a))
UNARY(reciprocal, SPLAT(1) / a)
UNARY(floor, __builtin_elementwise_floor(a))

// libm, element by element; the square, by far the most common power, is exact without it.
#define LIBM(op, EXPRESSION)                                                                     \
  static void NAME(op)(void *destination, const void *pa, const void *pb, const void *pc,        \
                       int64_t n) {                                                              \
    REAL *to = destination;                                                                      \
    const REAL *from_a = pa, *from_b = pb;                                                       \
    (void)from_b, (void)pc;                                                                      \
    for (int64_t i = 0; i < n; i++) {                                                            \
      REAL a = from_a[i];                                                                        \
      to[i] = EXPRESSION;                                                                        \
    }                                                                                            \
  }
#ifdef OPERATIONS_FLOAT
LIBM(power, from_b[i] == 2 ? a * a : powf(a, from_b[i]))
UNARY(exp, vector_exp(a))
UNARY(expm1, vector_expm1(a))
UNARY(log, vector_log(a))
UNARY(log1p, vector_log1p(a))
UNARY(sin, vector_sin(a))
UNARY(cos, vector_cos(a))
UNARY(tanh, vector_tanh(a))
UNARY(sigmoid, vector_sigmoid(a))
UNARY(softplus, vector_softplus(a))
UNARY(erf, vector_erf(a))
#else
LIBM(power, from_b[i] == 2 ? a * a : pow(a, from_b[i]))
LIBM(exp, exp(a))
LIBM(expm1, expm1(a))
LIBM(log, log(a))
LIBM(log1p, log1p(a))
LIBM(sin, sin(a))
LIBM(cos, cos(a))
LIBM(tanh, tanh(a))
LIBM(sigmoid, a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a)))
LIBM(softplus, a > 0 ? a + log1p(exp(-a)) : log1p(exp(a)))
LIBM(erf, erf(a))
#endif
#undef LIBM
#endif

static operation *const NAME(operations)[DESCENT_OP_COUNT] = {
  [DESCENT_OP_COPY] = NAME(copy),
  [DESCENT_OP_ADD] = NAME(add),
  [DESCENT_OP_SUBTRACT] = NAME(subtract),
  [DESCENT_OP_MULTIPLY] = NAME(multiply),
  [DESCENT_OP_MINIMUM] = NAME(minimum),
  [DESCENT_OP_MAXIMUM] = NAME(maximum),
  [DESCENT_OP_NEGATE] = NAME(negate),
  [DESCENT_OP_ABSOLUTE] = NAME(absolute),
  [DESCENT_OP_SIGN] = NAME(sign),
  [DESCENT_OP_EQUAL] = NAME(equal),
  [DESCENT_OP_NOT_EQUAL] = NAME(not_equal),
  [DESCENT_OP_LESS] = NAME(less),
  [DESCENT_OP_LESS_EQUAL] = NAME(less_equal),
  [DESCENT_OP_AND] = NAME(and),
  [DESCENT_OP_OR] = NAME(or),
  [DESCENT_OP_NOT] = NAME(not),
  [DESCENT_OP_SELECT] = NAME(select),
#ifndef OPERATIONS_INT
  [DESCENT_OP_MULTIPLY_ADD] = NAME(multiply_add),
  [DESCENT_OP_DIVIDE] = NAME(divide),
  [DESCENT_OP_POWER] = NAME(power),
  [DESCENT_OP_SQUARE_ROOT] = NAME(square_root),
  [DESCENT_OP_RECIPROCAL] = NAME(reciprocal),
  [DESCENT_OP_EXP] = NAME(exp),
  [DESCENT_OP_EXPM1] = NAME(expm1),
  [DESCENT_OP_LOG] = NAME(log),
  [DESCENT_OP_LOG1P] = NAME(log1p),
  [DESCENT_OP_SIN] = NAME(sin),
  [DESCENT_OP_COS] = NAME(cos),
  [DESCENT_OP_TANH] = NAME(tanh),
  [DESCENT_OP_SIGMOID] = NAME(sigmoid),
  [DESCENT_OP_SOFTPLUS] = NAME(softplus),
  [DESCENT_OP_ERF] = NAME(erf),
  [DESCENT_OP_FLOOR] = NAME(floor),
#endif
};

#undef SPLAT
#undef LOOP
#undef READ_1
#undef READ_2
#undef READ_3
#undef PART_1
#undef PART_2
#undef PART_3
#undef UNARY
#undef BINARY
#undef TERNARY
#undef TRUTH
#undef ARITHMETIC
