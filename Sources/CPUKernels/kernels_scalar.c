// No instruction set beyond the platform's base: what every processor can run, and slow (fma is a library call on
// x86-64).

#include <stdint.h>

static uint64_t hamming(const uint8_t *left, const uint8_t *right, long bytes);

#define LANES 8
#define REGISTERS 16
#define VECTORS 1
#define DIRECT_ROWS 1
#define POSITIONS 4
#define TILE_GROUP 1
#define PEAK_SUMS 2
#define TABLE scalar
#define TABLE_NAME "scalar"
#define PACK_SIGNS(v) packed(v)
#define ANY(mask) any(mask)
#define HAMMING hamming

typedef float floats __attribute__((ext_vector_type(8)));
typedef int32_t flags __attribute__((ext_vector_type(8)));

static inline uint32_t packed(floats values) {
  uint32_t bits = 0;
  for (int i = 0; i < 8; i++) bits |= (uint32_t)(values[i] > 0) << i;
  return bits;
}

static inline int any(flags mask) {
  int32_t all = 0;
  for (int i = 0; i < 8; i++) all |= mask[i];
  return all != 0;
}

#include "kernels_template.h"

static uint64_t hamming(const uint8_t *left, const uint8_t *right, long bytes) {
  uint64_t total = 0;
  for (long i = 0; i < bytes; i += 8) {
    uint64_t a, b;
    __builtin_memcpy(&a, left + i, 8);
    __builtin_memcpy(&b, right + i, 8);
    total += (uint64_t)__builtin_popcountll(a ^ b);
  }
  return total;
}

const epads_kernels *epads_kernels_scalar(void) { return &scalar; }
