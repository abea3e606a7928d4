// AVX-512: 16 sums, 2 weights and an input in 32 registers, no more pixels than there are pointers for them.

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

#define LANES 16
#define PIXELS 8
#define BLOCK 2
#define REST 1
#define TABLE avx512
#define TABLE_NAME "avx512"
#define PACK_SIGNS(v) (uint32_t)_mm512_cmp_ps_mask((__m512)(v), _mm512_setzero_ps(), _CMP_GT_OQ)
#define ANY(mask) (_mm512_movepi32_mask((__m512i)(mask)) != 0)
#define HAMMING hamming

#include "kernels_template.h"

#pragma clang attribute pop

// Every processor since Ice Lake and Zen 4 counts bits in vectors; the older ones are served by AVX2.
const epads_kernels *epads_kernels_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq")
             ? &avx512
             : 0;
}

#else
const epads_kernels *epads_kernels_avx512(void) { return 0; }
#endif
