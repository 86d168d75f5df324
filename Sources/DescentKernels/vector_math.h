// exp, log and their relatives for vectors of float, within about one unit in the last place.
//
// Method: the argument is reduced to a small interval around 0 (by powers of two, or by multiples
// of pi / 2), where a polynomial in float is good to the last bit but a fraction. The polynomials
// are least-squares fits at Chebyshev nodes, reweighted until the error is level (Lawson), in 40
// digits, against the error relative to the function's value; leading coefficients that are exact
// (1, 1/2) are held. The figure beside each one is the largest relative error of the fit.

#define FLOAT(x) ((vfloat)(x))

INLINE vint bits_of(vfloat x) { return (vint)x; }
INLINE vfloat absolute(vfloat x) { return (vfloat)(bits_of(x) & 0x7fffffff); }
INLINE vfloat with_sign_of(vfloat magnitude, vfloat sign) {
  return (vfloat)((bits_of(magnitude) & 0x7fffffff) | (bits_of(sign) & (int32_t)0x80000000));
}
/// 2^n for -126 <= n <= 127.
INLINE vfloat power_of_two(vint n) { return (vfloat)((n + 127) << 23); }

/// The nearest integer, for |x| < 2^22: adding 1.5 * 2^23 leaves no room for a fraction.
INLINE vfloat round_small(vfloat x, vint *n) {
  const float magic = 12582912.0f;
  vfloat shifted = x + magic;
  *n = bits_of(shifted) - bits_of(FLOAT(magic));
  return shifted - magic;
}

/// x = n ln 2 + r with |r| <= ln 2 / 2. ln 2 is split so that n * high is exact.
INLINE vfloat reduce_by_ln2(vfloat x, vint *n) {
  vfloat k = round_small(x * 1.44269504f, n);
  return (x - k * 0.693359375f) - k * -2.12194440e-4f;
}

/// (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2, 3.4e-9 of exp(r).
INLINE vfloat exp_polynomial(vfloat r) {
  vfloat q = FLOAT(0.00139517069f);
  q = q * r + 0.00836959947f;
  q = q * r + 0.0416661873f;
  q = q * r + 0.166665122f;
  return q * r + 0.5f;
}

INLINE vfloat expm1_small(vfloat r) { return r * r * exp_polynomial(r) + r; }

/// exp(x) = y 2^n with y in [0.7, 1.5], for |x| < 2^21. The roundings of r and of 1 + r, the two
/// that matter, are recovered and added at the end.
INLINE vfloat exp_reduced(vfloat x, vint *n) {
  vfloat k = round_small(x * 1.44269504f, n);
  vfloat high = x - k * 0.693359375f;
  vfloat r = high - k * -2.12194440e-4f;
  vfloat lost = (high - r) - k * -2.12194440e-4f;
  vfloat sum = 1.0f + r;
  lost += r - (sum - 1.0f);
  return sum + (r * r * exp_polynomial(r) + lost);
}

INLINE vfloat vector_exp(vfloat x) {
  // Below -105 the result is 0 and above 89 infinite; a NaN fails both tests and passes through.
  x = x < -105.0f ? FLOAT(-105.0f) : x;
  x = x > 89.0f ? FLOAT(89.0f) : x;
  vint n;
  vfloat y = exp_reduced(x, &n);
  // Two factors, so that subnormal results are rounded once and 2^128 can be reached.
  vint half = n >> 1;
  return y * power_of_two(half) * power_of_two(n - half);
}

/// exp(x) for x <= 0 whose result may be flushed to 0 below 2^-126.
INLINE vfloat exp_of_negative(vfloat x) {
  vfloat clamped = x < -87.0f ? FLOAT(-87.0f) : x;
  vint n;
  vfloat r = reduce_by_ln2(clamped, &n);
  vfloat y = (expm1_small(r) + 1.0f) * power_of_two(n);
  return x < -87.0f ? FLOAT(0.0f) : y;
}

INLINE vfloat vector_expm1(vfloat x) {
  vfloat clamped = x < -20.0f ? FLOAT(-20.0f) : x;  // exp(-20) is below half a unit of 1
  clamped = clamped > 89.0f ? FLOAT(89.0f) : clamped;
  vint n;
  vfloat r = reduce_by_ln2(clamped, &n);
  vfloat p = expm1_small(r);
  // 2^n (p + 1) - 1, in halves so that n = 128 does not overflow early.
  vfloat half_scale = power_of_two(n - 1);
  vfloat y = 2.0f * (half_scale * p + (half_scale - 0.5f));
  y = n == 0 ? p : y;
  return x == 0.0f ? x : y;
}

/// log(1 + f) + e ln 2 for 1 + f in [sqrt(1/2), sqrt(2)], 7.8e-10:
/// log(1 + f) = f - f^2 / 2 + f^3 p(f).
INLINE vfloat log_reduced(vfloat f, vfloat e) {
  vfloat p = FLOAT(0.0675751045f);
  p = p * f + -0.11694473f;
  p = p * f + 0.118936129f;
  p = p * f + -0.12403062f;
  p = p * f + 0.14218536f;
  p = p * f + -0.166680917f;
  p = p * f + 0.200021684f;
  p = p * f + -0.250000089f;
  p = p * f + 0.333333105f;
  vfloat square = f * f;
  // From small to large: the low part of e ln 2, the cubic, the square, then f and the high part.
  vfloat y = p * f * square + e * -2.12194440e-4f;
  y = y - 0.5f * square;
  return (y + f) + e * 0.693359375f;
}

/// The e for which x 2^-e lies in [sqrt(1/2), sqrt(2)), for normal x > 0.
INLINE vint exponent_of(vfloat x) {
  const int32_t root_half = 0x3f3504f3;
  return (bits_of(x) - root_half) >> 23;
}

INLINE vfloat log_special(vfloat x, vfloat y) {
  y = x == __builtin_inff() ? x : y;
  y = x == 0.0f ? FLOAT(-__builtin_inff()) : y;
  y = x < 0.0f ? FLOAT(__builtin_nanf("")) : y;
  return x != x ? x : y;
}

INLINE vfloat vector_log(vfloat x) {
  vint subnormal = x < 1.17549435e-38f;
  vfloat scaled = subnormal ? x * 8388608.0f : x;
  vint e = exponent_of(scaled);
  vfloat f = (vfloat)(bits_of(scaled) - (e << 23)) - 1.0f;
  vfloat exponent = __builtin_convertvector(e, vfloat) - (subnormal ? FLOAT(23.0f) : FLOAT(0.0f));
  return log_special(x, log_reduced(f, exponent));
}

INLINE vfloat vector_log1p(vfloat x) {
  // u = 1 + x rounded; what rounding lost is put back into f, scaled like u.
  vfloat u = 1.0f + x;
  vint e = exponent_of(u);
  vfloat lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
  // (It is of no account once u is large, where 2^-e might not be a normal number.)
  vint bounded = e > 64 ? (vint)64 : e;
  vfloat f = ((vfloat)(bits_of(u) - (e << 23)) - 1.0f) + lost * power_of_two(-bounded);
  // Where no power of two comes out, x itself is f.
  f = e == 0 ? x : f;
  vfloat y = log_reduced(f, __builtin_convertvector(e, vfloat));
  y = log_special(u, y);
  y = x != x ? x : y;
  // Below 2^-24 the logarithm is x to the last bit; this also keeps -0 and subnormals.
  return absolute(x) < 5.9e-8f ? x : y;
}

INLINE vfloat vector_tanh(vfloat x) {
  vfloat a = absolute(x);
  // |x| < 5/8: x + x^3 p(x^2), 2.2e-10.
  vfloat z = x * x;
  vfloat p = FLOAT(0.0020927845f);
  p = p * z + -0.00812302902f;
  p = p * z + 0.0216789544f;
  p = p * z + -0.0539428517f;
  p = p * z + 0.133331761f;
  p = p * z + -0.333333313f;
  vfloat small = with_sign_of(p * z * x + x, x);
  // Otherwise 1 - 2 / (exp(2 |x|) + 1); from 9.02 on this is 1.
  vfloat clamped = a > 10.0f ? FLOAT(10.0f) : a;
  vint n;
  vfloat r = reduce_by_ln2(clamped + clamped, &n);
  vfloat e = (expm1_small(r) + 1.0f) * power_of_two(n);
  vfloat large = with_sign_of(1.0f - 2.0f / (e + 1.0f), x);
  return a < 0.625f ? small : large;
}

INLINE vfloat vector_sigmoid(vfloat x) {
  // exp(-|x|) cannot overflow, and both tails keep their relative accuracy.
  vfloat e = vector_exp(-absolute(x));
  vfloat above = x < 0.0f ? e : FLOAT(1.0f);
#if VECTOR_X86 || defined(__aarch64__)
  vfloat below = 1.0f + e, y = above / below;
  // The remainder of the division, exact by a fused multiply-add, and what rounding took from
  // 1 + e; over 1 + e again, for which a line will do.
  vfloat rest = (above - y * below) - y * (e - (below - 1.0f));
  return y + rest * (1.457f - 0.5f * below);
#else
  // Without one, the sum and the quotient are rounded once, from double precision.
  typedef double wide __attribute__((vector_size(2 * sizeof(vfloat))));
  wide quotient = __builtin_convertvector(above, wide) / (1.0 + __builtin_convertvector(e, wide));
  return __builtin_convertvector(quotient, vfloat);
#endif
}

INLINE vfloat vector_softplus(vfloat x) {
  // max(x, 0) + log1p(e) with e = exp(-|x|) in [0, 1], so that 1 + e is in [1, 2].
  vfloat e = vector_exp(-absolute(x));
  vint above = e > 0.41421356f;
  vfloat f = above ? 0.5f * (e - 1.0f) : e;
  vfloat y = log_reduced(f, above ? FLOAT(1.0f) : FLOAT(0.0f));
  y = (x > 0.0f ? x : FLOAT(0.0f)) + y;
  return x != x ? x : y;
}

INLINE vfloat vector_erf(vfloat x) {
  vfloat a = absolute(x);
  // |x| < 0.96: x + x p(x^2), 7.0e-10.
  vfloat z = x * x;
  vfloat p = FLOAT(8.11903592e-05f);
  p = p * z + -0.000808097015f;
  p = p * z + 0.00519537227f;
  p = p * z + -0.0268570222f;
  p = p * z + 0.11283651f;
  p = p * z + -0.376126319f;
  p = p * z + 0.128379166f;
  vfloat small = p * x + x;
  // Otherwise 1 - exp(q(|x|)) with q = log(erfc), 3.0e-11; from 3.92 on this is 1.
  vfloat c = a > 4.0f ? FLOAT(4.0f) : a;
  vfloat q = FLOAT(-2.14460051e-05f);
  q = q * c + 0.000438534684f;
  q = q * c + -0.00419087708f;
  q = q * c + 0.0251718611f;
  q = q * c + -0.108361624f;
  q = q * c + -0.63327235f;
  q = q * c + -1.12955213f;
  q = q * c + 0.000182465883f;
  vfloat large = with_sign_of(1.0f - exp_of_negative(q), x);
  vfloat y = a < 0.95f ? small : large;
  return x != x ? x : y;
}

/// sin (quarter = 0) or cos (quarter = 1) of x, for |x| <= 2^20. The multiple of pi / 2 is taken
/// off in double, in two parts of which the first has 33 bits, so that its product is exact.
INLINE vfloat vector_sine(vfloat x, int32_t quarter) {
  vdouble2 wide = __builtin_convertvector(x, vdouble2);
  const double magic = 6755399441055744.0;  // 1.5 * 2^52
  vdouble2 k = (wide * 0.63661977236758138 + magic) - magic;
  vfloat r = __builtin_convertvector((wide - k * 1.57079632673412561417e+00)
                                         - k * 6.07710050650619224932e-11, vfloat);
  vint n = __builtin_convertvector(k, vint) + quarter;
  vfloat z = r * r;
  // sin: r + r^3 s(r^2), 5.0e-12; cos: 1 - r^2 / 2 + r^4 c(r^2), 1.3e-13.
  vfloat s = FLOAT(2.71816134e-06f);
  s = s * z + -0.000198393187f;
  s = s * z + 0.00833332911f;
  s = s * z + -0.166666672f;
  s = s * z * r + r;
  vfloat c = FLOAT(-2.7204328e-07f);
  c = c * z + 2.47994431e-05f;
  c = c * z + -0.00138888834f;
  c = c * z + 0.0416666679f;
  c = c * z * z + (1.0f - 0.5f * z);
  vfloat y = (n & 1) != 0 ? c : s;
  return (vfloat)(bits_of(y) ^ ((n & 2) << 30));
}

INLINE vfloat vector_sin_or_cos(vfloat x, int32_t quarter) {
  // Outside the range of the reduction (or NaN): libm, lane by lane. It is rare.
  vint far = ~(absolute(x) <= 1048576.0f);
  vfloat y = vector_sine(far ? FLOAT(0.0f) : x, quarter);
  if (__builtin_reduce_or(far) != 0) {
    for (int lane = 0; lane < LANES; lane++) {
      if (far[lane] != 0) y[lane] = (float)(quarter == 1 ? cos((double)x[lane]) : sin((double)x[lane]));
    }
  }
  // Keeps the sign of -0.
  return quarter == 0 ? (x == 0.0f ? x : y) : y;
}
INLINE vfloat vector_sin(vfloat x) { return vector_sin_or_cos(x, 0); }
INLINE vfloat vector_cos(vfloat x) { return vector_sin_or_cos(x, 1); }
