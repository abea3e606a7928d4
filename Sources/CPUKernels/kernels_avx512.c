// AVX-512: 16 sums and a weight in 32 registers; inputs are broadcast by the multiply-adds themselves.

#include "CPUKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl,fma,popcnt"
#pragma clang attribute push(__attribute__((target(AVX512))), apply_to = function)

static __attribute__((target(AVX512 ",avx512vpopcntdq"))) uint64_t hamming(
    const uint8_t *left, const uint8_t *right, long bytes) {
  __m512i total = _mm512_setzero_si512();
  for (long i = 0; i < bytes; i += 64)
    total = _mm512_add_epi64(
        total, _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(left + i), _mm512_loadu_si512(right + i))));
  return (uint64_t)_mm512_reduce_add_epi64(total);
}

// 4x4 pairs at once: every code is loaded once for four others.
static __attribute__((target(AVX512 ",avx512vpopcntdq"))) void hamming_pairs(
    const uint8_t *first, long rows, const uint8_t *second, long columns, long stride, long bytes, int64_t *distances,
    long width) {
  for (long i = 0; i < rows; i += 4)
    for (long j = 0; j < columns; j += 4) {
      // Beyond the last row or column the last one is counted again, and dropped.
      const uint8_t *left[4], *right[4];
      for (long k = 0; k < 4; k++) {
        left[k] = first + (i + k < rows ? i + k : rows - 1) * stride;
        right[k] = second + (j + k < columns ? j + k : columns - 1) * stride;
      }
      __m512i totals[4][4];
#pragma clang loop unroll(full)
      for (int k = 0; k < 16; k++) totals[k / 4][k % 4] = _mm512_setzero_si512();
      for (long byte = 0; byte < bytes; byte += 64) {
        __m512i codes[4];
#pragma clang loop unroll(full)
        for (int k = 0; k < 4; k++) codes[k] = _mm512_loadu_si512(left[k] + byte);
#pragma clang loop unroll(full)
        for (int m = 0; m < 4; m++) {
          const __m512i code = _mm512_loadu_si512(right[m] + byte);
#pragma clang loop unroll(full)
          for (int k = 0; k < 4; k++)
            totals[k][m] = _mm512_add_epi64(totals[k][m], _mm512_popcnt_epi64(_mm512_xor_si512(codes[k], code)));
        }
      }
      for (long k = 0; k < 4 && i + k < rows; k++)
        for (long m = 0; m < 4 && j + m < columns; m++)
          distances[(i + k) * width + j + m] += (int64_t)_mm512_reduce_add_epi64(totals[k][m]);
    }
}

#define LANES 16
#define REGISTERS 32
#define VECTORS 1
#define DIRECT_ROWS 4
#define POSITIONS 4
#define TILE_GROUP 8
#define PEAK_SUMS 16
#define TABLE avx512
#define TABLE_NAME "avx512"
#define PACK_SIGNS(v) (uint32_t)_mm512_cmp_ps_mask((__m512)(v), _mm512_setzero_ps(), _CMP_GT_OQ)
#define ANY(mask) (_mm512_movepi32_mask((__m512i)(mask)) != 0)
#define HAMMING hamming
#define HAMMING_PAIRS hamming_pairs

#include "kernels_template.h"

#pragma clang attribute pop

// Every processor since Ice Lake and Zen 4 counts bits in vectors; the older ones are served by AVX2.
const epads_kernels *epads_kernels_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512vpopcntdq")
             ? &avx512
             : 0;
}

#else
const epads_kernels *epads_kernels_avx512(void) { return 0; }
#endif
