// Functions of Docs/Numerics.md on vectors, included once for each type of vector, with
//
//   V, M         the type of vector, and of 32-bit integers of as many lanes
//   MATH(name)   the name of a function for it
//
// Part of kernels_template.h. Only operations that every device rounds correctly, in the order that is written down.

INLINE V MATH(fma_of)(V left, V right, V addend) { return __builtin_elementwise_fma(left, right, addend); }

// 2^n for n from -126 to 127.
INLINE V MATH(power_of_two)(M n) { return (V)((n + 127) << 23); }

// n = x / ln 2, rounded; what is left of x; and (exp(rest) - 1 - rest) / rest^2.
typedef struct {
  V n, rest, tail;
  M whole;
} MATH(exponent);

INLINE MATH(exponent) MATH(split_exponent)(V x) {
  const V shifter = (V)0x1.8p23f;
  MATH(exponent) result;
  const V shifted = MATH(fma_of)(x, (V)0x1.715476p0f, shifter);
  result.n = shifted - shifter;
  // The low bits of the shifted number are n: no conversion, which for NaN every device does in its own way.
  result.whole = (M)shifted - (M)shifter;
  V rest = MATH(fma_of)(result.n, (V)-0.693359375f, x);
  rest = MATH(fma_of)(result.n, (V)2.12194440e-4f, rest);
  V tail = (V)1.9875691500e-4f;
  tail = MATH(fma_of)(tail, rest, (V)1.3981999507e-3f);
  tail = MATH(fma_of)(tail, rest, (V)8.3334519073e-3f);
  tail = MATH(fma_of)(tail, rest, (V)4.1665795894e-2f);
  tail = MATH(fma_of)(tail, rest, (V)1.6666665459e-1f);
  tail = MATH(fma_of)(tail, rest, (V)5.0000001201e-1f);
  result.rest = rest;
  result.tail = tail;
  return result;
}

INLINE V MATH(exponential)(V x) {
  x = x > 89.0f ? (V)89.0f : x;
  x = x < -104.0f ? (V)-104.0f : x;
  const MATH(exponent) e = MATH(split_exponent)(x);
  const V value = MATH(fma_of)(e.tail, e.rest * e.rest, e.rest) + 1.0f;
  // In two steps: 2^n alone may be beyond the range of float.
  const M half = e.whole >> 1;
  return value * MATH(power_of_two)(half) * MATH(power_of_two)(e.whole - half);
}

// exp(x) - 1 for x of at most 0.
INLINE V MATH(exponential_less_one)(V x) {
  x = x < -104.0f ? (V)-104.0f : x;
  const MATH(exponent) e = MATH(split_exponent)(x);
  const V small = MATH(fma_of)(e.tail, e.rest * e.rest, e.rest);
  return e.n == 0.0f ? small : MATH(exponential)(x) - 1.0f;
}

INLINE V MATH(magnitude)(V x) { return (V)((M)x & 0x7FFFFFFF); }

// The magnitude of one with the sign of another.
INLINE V MATH(with_sign)(V x, V sign) { return (V)(((M)x & 0x7FFFFFFF) | ((M)sign & (int32_t)0x80000000)); }

INLINE V MATH(hyperbolic_tangent)(V x) {
  const V square = x * x;
  V p = (V)-5.70498872745e-3f;
  p = MATH(fma_of)(p, square, (V)2.06390887954e-2f);
  p = MATH(fma_of)(p, square, (V)-5.37397155531e-2f);
  p = MATH(fma_of)(p, square, (V)1.33314422036e-1f);
  p = MATH(fma_of)(p, square, (V)-3.33332819422e-1f);
  const V small = MATH(fma_of)(p * square, x, x);
  const V size = MATH(magnitude)(x);
  const V large = 1.0f - 2.0f / (MATH(exponential)(size + size) + 1.0f);
  return size < 0.625f ? small : MATH(with_sign)(large, x);
}

INLINE V MATH(error_function)(V x) {
  const V size = MATH(magnitude)(x), square = x * x;
  V p = MATH(fma_of)((V)-0x1.22p-16f, size, (V)0x1.91cfb2p-12f);
  const V q = MATH(fma_of)((V)-0x1.fd1438p-9f, size, (V)0x1.8d6342p-6f);
  p = MATH(fma_of)(p, square, q);
  p = MATH(fma_of)(p, size, (V)-0x1.b55cb8p-4f);
  p = MATH(fma_of)(p, size, (V)-0x1.450aa0p-1f);
  p = MATH(fma_of)(p, size, (V)-0x1.079d0cp-3f);
  p = MATH(fma_of)(p, size, -size);
  const V large = MATH(with_sign)(1.0f - MATH(exponential)(p), x);
  V r = (V)-0x1.38ep-11f;
  r = MATH(fma_of)(r, square, (V)0x1.471a58p-8f);
  r = MATH(fma_of)(r, square, (V)-0x1.b691b2p-6f);
  r = MATH(fma_of)(r, square, (V)0x1.ce1c44p-4f);
  r = MATH(fma_of)(r, square, (V)-0x1.8127p-2f);
  r = MATH(fma_of)(r, square, (V)0x1.06eba8p-3f);
  const V small = MATH(fma_of)(r, x, x);
  return size > 0.927734375f ? large : small;
}

INLINE V MATH(smaller_of)(V left, V right) { return left < right ? left : right; }
INLINE V MATH(larger_of)(V left, V right) { return left > right ? left : right; }

// Plan's functions. The code is the same for all values of a loop.
INLINE V MATH(apply)(V x, const epads_function_code code, float a, float b, float c) {
  switch (code) {
    case EPADS_IDENTITY: return x;
    case EPADS_RELU: return x > 0 ? x : (V)0;
    case EPADS_RELU6: return MATH(smaller_of)(x > 0 ? x : (V)0, (V)6.0f);
    case EPADS_LEAKY_RELU: return x > 0 ? x : x * a;
    case EPADS_SILU: return x / (1.0f + MATH(exponential)(-x));
    case EPADS_GELU: return (0.5f * x) * (1.0f + MATH(error_function)(x * 0x1.6a09e6p-1f));
    case EPADS_GELU_TANH: {
      const V inner = (0x1.988454p-1f * x) * MATH(fma_of)((V)0.044715f, x * x, (V)1.0f);
      return (0.5f * x) * (1.0f + MATH(hyperbolic_tangent)(inner));
    }
    case EPADS_HARD_SWISH:
      return (x * MATH(smaller_of)(MATH(larger_of)(x + 3.0f, (V)0), (V)6.0f)) * (1.0f / 6.0f);
    case EPADS_ELU: {
      const V below = b * MATH(exponential_less_one)(MATH(smaller_of)(x * c, (V)0));
      return x > 0 ? x * a : below;
    }
    case EPADS_MISH: {
      const V e = MATH(exponential)(MATH(smaller_of)(x, (V)20.0f));
      const V n = MATH(fma_of)(e, e, e + e);
      return x * (n / (n + 2.0f));
    }
    case EPADS_SIGMOID: return 1.0f / (1.0f + MATH(exponential)(-x));
    case EPADS_HARD_SIGMOID:
      return MATH(smaller_of)(MATH(larger_of)(MATH(fma_of)(x, (V)a, (V)b), (V)0), (V)1.0f);
    case EPADS_TANH: return MATH(hyperbolic_tangent)(x);
    case EPADS_CLIP: return MATH(smaller_of)(MATH(larger_of)(x, (V)a), (V)b);
    case EPADS_EXPONENTIAL: return MATH(exponential)(x);
    case EPADS_ERROR_FUNCTION: return MATH(error_function)(x);
    case EPADS_SQUARE_ROOT: return __builtin_elementwise_sqrt(x);
    case EPADS_RECIPROCAL: return 1.0f / x;
    case EPADS_ABSOLUTE: return MATH(magnitude)(x);
    case EPADS_NEGATIVE: return -x;
    case EPADS_SQUARE: return x * x;
  }
  return x;
}
