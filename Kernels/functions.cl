// Functions of each value by itself: Docs/Numerics.md. Division and square root in double precision, as everywhere.

// Integers of as many lanes, as the bits of floats.
#ifdef TILED
#define AS_FLAGS(value) as_int4(value)
#define AS_LANES(bits) as_float4(bits)
#define IN_DOUBLE(code) convert_float4(code)
#define DOUBLE(value) convert_double4(value)
#else
#define AS_FLAGS(value) as_int8(value)
#define AS_LANES(bits) as_float8(bits)
#define IN_DOUBLE(code) convert_float8(code)
#define DOUBLE(value) convert_double8(value)
#endif

// `left` where left < right, else `right`; and where it is greater. NaN gives the right one.
inline lanes smaller_of(lanes left, lanes right) { return select(right, left, isless(left, right)); }
inline lanes larger_of(lanes left, lanes right) { return select(right, left, isgreater(left, right)); }

// Rounded once: a quotient of floats in double precision rounds to the same float as a float division would.
inline lanes quotient(lanes left, lanes right) { return IN_DOUBLE(DOUBLE(left) / DOUBLE(right)); }
inline lanes root_of(lanes value) { return IN_DOUBLE(sqrt(DOUBLE(value))); }

inline lanes power_of_two(lane_flags n) { return AS_LANES((n + 127) << 23); }

// n = x / ln 2, rounded; returns exp(rest) - 1.
inline lanes reduced(lanes x, lanes *n, lane_flags *whole) {
  const lanes shifter = (lanes)(0x1.8p23f);
  const lanes shifted = fma(x, (lanes)(0x1.715476p0f), shifter);
  *n = shifted - shifter;
  *whole = AS_FLAGS(shifted) - AS_FLAGS(shifter);
  lanes rest = fma(*n, (lanes)(-0.693359375f), x);
  rest = fma(*n, (lanes)(2.12194440e-4f), rest);
  lanes tail = (lanes)(1.9875691500e-4f);
  tail = fma(tail, rest, (lanes)(1.3981999507e-3f));
  tail = fma(tail, rest, (lanes)(8.3334519073e-3f));
  tail = fma(tail, rest, (lanes)(4.1665795894e-2f));
  tail = fma(tail, rest, (lanes)(1.6666665459e-1f));
  tail = fma(tail, rest, (lanes)(5.0000001201e-1f));
  return fma(tail, rest * rest, rest);
}

inline lanes exponential(lanes x) {
  x = select(x, (lanes)(89.0f), isgreater(x, (lanes)(89.0f)));
  x = select(x, (lanes)(-104.0f), isless(x, (lanes)(-104.0f)));
  lanes n;
  lane_flags whole;
  const lanes value = reduced(x, &n, &whole) + 1.0f;
  const lane_flags half_of = whole >> 1;
  return value * power_of_two(half_of) * power_of_two(whole - half_of);
}

inline lanes exponential_less_one(lanes x) {
  x = select(x, (lanes)(-104.0f), isless(x, (lanes)(-104.0f)));
  lanes n;
  lane_flags whole;
  const lanes small = reduced(x, &n, &whole);
  return select(exponential(x) - 1.0f, small, isequal(n, (lanes)(0.0f)));
}

inline lanes hyperbolic_tangent(lanes x) {
  const lanes square = x * x, size = fabs(x);
  lanes p = (lanes)(-5.70498872745e-3f);
  p = fma(p, square, (lanes)(2.06390887954e-2f));
  p = fma(p, square, (lanes)(-5.37397155531e-2f));
  p = fma(p, square, (lanes)(1.33314422036e-1f));
  p = fma(p, square, (lanes)(-3.33332819422e-1f));
  const lanes small = fma(p * square, x, x);
  const lanes large = 1.0f - quotient((lanes)(2.0f), exponential(size + size) + 1.0f);
  return select(copysign(large, x), small, isless(size, (lanes)(0.625f)));
}

inline lanes error_function(lanes x) {
  const lanes size = fabs(x), square = x * x;
  lanes p = fma((lanes)(-0x1.22p-16f), size, (lanes)(0x1.91cfb2p-12f));
  const lanes q = fma((lanes)(-0x1.fd1438p-9f), size, (lanes)(0x1.8d6342p-6f));
  p = fma(p, square, q);
  p = fma(p, size, (lanes)(-0x1.b55cb8p-4f));
  p = fma(p, size, (lanes)(-0x1.450aa0p-1f));
  p = fma(p, size, (lanes)(-0x1.079d0cp-3f));
  p = fma(p, size, -size);
  const lanes large = copysign(1.0f - exponential(p), x);
  lanes r = (lanes)(-0x1.38ep-11f);
  r = fma(r, square, (lanes)(0x1.471a58p-8f));
  r = fma(r, square, (lanes)(-0x1.b691b2p-6f));
  r = fma(r, square, (lanes)(0x1.ce1c44p-4f));
  r = fma(r, square, (lanes)(-0x1.8127p-2f));
  r = fma(r, square, (lanes)(0x1.06eba8p-3f));
  return select(fma(r, x, x), large, isgreater(size, (lanes)(0.927734375f)));
}

inline lanes activated(lanes x, int code, float a, float b, float c) {
  switch (code) {
    case ACTIVATION_RELU: return relu(x);
    case RELU6: return smaller_of(relu(x), (lanes)(6.0f));
    case LEAKY_RELU: return select(x * a, x, isgreater(x, (lanes)(0.0f)));
    case SILU: return quotient(x, 1.0f + exponential(-x));
    case GELU: return (0.5f * x) * (1.0f + error_function(x * 0x1.6a09e6p-1f));
    case GELU_TANH: {
      const lanes inner = (0x1.988454p-1f * x) * fma((lanes)(0.044715f), x * x, (lanes)(1.0f));
      return (0.5f * x) * (1.0f + hyperbolic_tangent(inner));
    }
    case HARD_SWISH:
      return (x * smaller_of(larger_of(x + 3.0f, (lanes)(0.0f)), (lanes)(6.0f))) * (float)(1.0 / 6.0);
    case ELU: {
      const lanes below = b * exponential_less_one(smaller_of(x * c, (lanes)(0.0f)));
      return select(below, x * a, isgreater(x, (lanes)(0.0f)));
    }
    case MISH: {
      const lanes e = exponential(smaller_of(x, (lanes)(20.0f)));
      const lanes n = fma(e, e, e + e);
      return x * quotient(n, n + 2.0f);
    }
    case SIGMOID: return quotient((lanes)(1.0f), 1.0f + exponential(-x));
    case HARD_SIGMOID:
      return smaller_of(larger_of(fma(x, (lanes)(a), (lanes)(b)), (lanes)(0.0f)), (lanes)(1.0f));
    case HYPERBOLIC_TANGENT: return hyperbolic_tangent(x);
    case CLIP: return smaller_of(larger_of(x, (lanes)(a)), (lanes)(b));
    case EXPONENTIAL: return exponential(x);
    case ERROR_FUNCTION: return error_function(x);
    case SQUARE_ROOT: return root_of(x);
    case RECIPROCAL: return quotient((lanes)(1.0f), x);
    case ABSOLUTE: return fabs(x);
    case NEGATIVE: return -x;
    case SQUARE: return x * x;
    default: return x;
  }
}
