// NEON, part of every 64-bit Arm processor: 24 sums, 3 weights and 4 inputs in 32 registers.

#include "CPUKernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static uint64_t hamming(const uint8_t *left, const uint8_t *right, long bytes) {
  uint64x2_t total = vdupq_n_u64(0);
  for (long i = 0; i < bytes; i += 16)
    total = vpadalq_u32(
        total, vpaddlq_u16(vpaddlq_u8(vcntq_u8(veorq_u8(vld1q_u8(left + i), vld1q_u8(right + i))))));
  return vaddvq_u64(total);
}

static inline uint32_t packed(float32x4_t values) {
  const uint32_t weights[4] = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(vcgtq_f32(values, vdupq_n_f32(0)), vld1q_u32(weights)));
}

#define LANES 4
#define REGISTERS 32
#define VECTORS 3
#define DIRECT_ROWS 4
#define POSITIONS 8
#define TILE_GROUP 8
#define PEAK_SUMS 24
#define TABLE neon
#define TABLE_NAME "neon"
#define PACK_SIGNS(v) packed((float32x4_t)(v))
#define ANY(mask) (vmaxvq_u32((uint32x4_t)(mask)) != 0)
#define HAMMING hamming

#include "kernels_template.h"

const epads_kernels *epads_kernels_neon(void) { return &neon; }

#else
const epads_kernels *epads_kernels_neon(void) { return 0; }
#endif
