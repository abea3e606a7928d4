// AVX2 with FMA: 12 sums, 2 weights and an input in 16 registers.

#include "CPUKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,popcnt"))), apply_to = function)

// Nibbles counted by a table in a register, bytes added up before they can overflow (Mula, Kurz and Lemire 2018).
static uint64_t hamming(const uint8_t *left, const uint8_t *right, long bytes) {
  const __m256i counts = _mm256_setr_epi8(
      0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  __m256i total = _mm256_setzero_si256();
  for (long i = 0; i < bytes;) {
    __m256i sums = _mm256_setzero_si256();
    // 31 rounds of at most 8 a byte stay below 256.
    long end = i + 31 * 32;
    if (end > bytes) end = bytes;
    for (; i < end; i += 32) {
      const __m256i differing = _mm256_xor_si256(
          _mm256_loadu_si256((const __m256i *)(left + i)), _mm256_loadu_si256((const __m256i *)(right + i)));
      const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(differing, nibble));
      const __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(differing, 4), nibble));
      sums = _mm256_add_epi8(sums, _mm256_add_epi8(low, high));
    }
    total = _mm256_add_epi64(total, _mm256_sad_epu8(sums, _mm256_setzero_si256()));
  }
  return (uint64_t)_mm256_extract_epi64(total, 0) + (uint64_t)_mm256_extract_epi64(total, 1) +
         (uint64_t)_mm256_extract_epi64(total, 2) + (uint64_t)_mm256_extract_epi64(total, 3);
}

#define LANES 8
#define REGISTERS 16
#define VECTORS 2
#define DIRECT_ROWS 2
#define POSITIONS 6
#define TILE_GROUP 4
#define PEAK_SUMS 12
#define TABLE avx2
#define TABLE_NAME "avx2"
#define PACK_SIGNS(v) (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps((__m256)(v), _mm256_setzero_ps(), _CMP_GT_OQ))
#define ANY(mask) (_mm256_movemask_ps((__m256)(mask)) != 0)
#define HAMMING hamming

#include "kernels_template.h"

#pragma clang attribute pop

const epads_kernels *epads_kernels_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2 : 0;
}

#else
const epads_kernels *epads_kernels_avx2(void) { return 0; }
#endif
