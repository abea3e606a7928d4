// The loops of an instruction set, written once for vectors of any width and included by one file an instruction set,
// which defines
//
//   LANES               floats of a vector
//   REGISTERS           vector registers
//   VECTORS             most vectors of output channels that a convolution makes at once
//   DIRECT_ROWS         rows of 4 outputs that a direct convolution of one vector makes at once: all sums in registers
//   POSITIONS           outputs side by side that a dense convolution of several vectors makes at once: the same
//   TILE_GROUP          Winograd tiles that are multiplied at once: 1, 2, 4 or 8
//   PEAK_SUMS           independent sums that keep the multiply-add units busy
//   TABLE, TABLE_NAME   the name of the epads_kernels table, for the compiler and for people
//   PACK_SIGNS(v)       sign bits of a vector as an integer of LANES bits
//   ANY(mask)           whether any lane of a comparison is set
//   HAMMING, HAMMING_PAIRS   the functions that count differing bits; the second may be left out

#include "CPUKernels.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are passed to functions that are always inlined, so how a call would pass them does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vector __attribute__((ext_vector_type(LANES)));
typedef int32_t mask __attribute__((ext_vector_type(LANES)));
typedef double wide __attribute__((ext_vector_type(LANES)));
typedef uint64_t integers __attribute__((ext_vector_type(LANES)));

INLINE vector load(const float *from) {
  vector value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store(float *to, vector value) { __builtin_memcpy(to, &value, sizeof value); }

INLINE integers load_integers(const int64_t *from) {
  integers value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store_integers(int64_t *to, integers value) { __builtin_memcpy(to, &value, sizeof value); }

INLINE vector fused(vector left, vector right, vector addend) { return __builtin_elementwise_fma(left, right, addend); }

INLINE vector relu(vector value) { return value > 0 ? value : (vector)0; }

// Makes the compiler forget what a pointer is made of. It would keep one for every position that a loop reads instead,
// more than there are registers.
#define KEEP(pointer) __asm__("" : "+r"(pointer))

INLINE long smaller(long left, long right) { return left < right ? left : right; }

// Asks for the next part of what comes ahead.
INLINE void prefetch_next(epads_prefetch *prefetch) {
  const long left = prefetch->bytes - prefetch->done;
  if (left <= 0) return;
  const long bytes = smaller(prefetch->pace, left);
  const long count = prefetch->count;
  for (long s = 0; s < count; s++) {
    const char *part = prefetch->parts[s] + prefetch->done;
    for (long i = 0; i < bytes; i += 64) __builtin_prefetch(part + i, 0, 2);
  }
  prefetch->done += bytes;
}

// Spreads what is left over so many opportunities.
INLINE void set_pace(epads_prefetch *prefetch, long opportunities) {
  prefetch->pace = ((prefetch->bytes - prefetch->done) / 64 / (opportunities > 0 ? opportunities : 1) + 1) * 64;
}

#define V vector
#define M mask
#define MATH(name) vector_##name
#include "math_template.h"
#undef V
#undef M
#undef MATH

#include "statistics_template.h"
#include "operations_template.h"
#include "value_template.h"
#include "direct_template.h"
#include "winograd_template.h"

#ifndef HAMMING_PAIRS
static void hamming_pairs(
    const uint8_t *first, long rows, const uint8_t *second, long columns, long stride, long bytes, int64_t *distances,
    long width) {
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j++)
      distances[i * width + j] += (int64_t)HAMMING(first + i * stride, second + j * stride, bytes);
}
#define HAMMING_PAIRS hamming_pairs
#endif

static long multiply_add_rounds(long iterations, float *sink) {
  const vector factor = (vector)0.999f, addend = (vector)1e-3f;
  vector sums[PEAK_SUMS];
  UNROLL for (int i = 0; i < PEAK_SUMS; i++) sums[i] = (vector)(float)i;
  for (long n = 0; n < iterations; n++) {
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) sums[i] = fused(sums[i], factor, addend);
  }
  vector total = sums[0];
  UNROLL for (int i = 1; i < PEAK_SUMS; i++) total += sums[i];
  *sink = total[0];
  return iterations * PEAK_SUMS * LANES * 2;
}

static const epads_kernels TABLE = {
    .name = TABLE_NAME,
    .lanes = LANES,
    .make_value = make_value,
    .operate = operate,
    .pack_direct = pack_direct,
    .pack_winograd = pack_winograd,
    .convolve = convolve,
    .convolve_winograd = convolve_winograd,
    .add_statistics = add_statistics,
    .hamming = HAMMING,
    .hamming_pairs = HAMMING_PAIRS,
    .multiply_add_rounds = multiply_add_rounds,
};
