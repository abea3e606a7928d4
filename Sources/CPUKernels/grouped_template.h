// Convolutions in groups of a few channels. Part of direct_template.h.

// An element of each group of `size` lanes, for all of them.
INLINE vector spread(vector value, const int size, const int element) {
#if LANES == 4
  (void)size;
  switch (element) {
    case 0: return __builtin_shufflevector(value, value, 0, 0, 0, 0);
    case 1: return __builtin_shufflevector(value, value, 1, 1, 1, 1);
    case 2: return __builtin_shufflevector(value, value, 2, 2, 2, 2);
    default: return __builtin_shufflevector(value, value, 3, 3, 3, 3);
  }
#elif LANES == 8
#define SPREAD(e) \
  case e: \
    return size == 4 ? __builtin_shufflevector(value, value, e, e, e, e, 4 + e, 4 + e, 4 + e, 4 + e) \
                     : __builtin_shufflevector(value, value, e, e, e, e, e, e, e, e);
#define SPREAD_EIGHT(e) \
  case e: return __builtin_shufflevector(value, value, e, e, e, e, e, e, e, e);
  switch (element) {
    SPREAD(0) SPREAD(1) SPREAD(2) SPREAD(3)
    SPREAD_EIGHT(4) SPREAD_EIGHT(5) SPREAD_EIGHT(6)
    default: return __builtin_shufflevector(value, value, 7, 7, 7, 7, 7, 7, 7, 7);
  }
#undef SPREAD
#undef SPREAD_EIGHT
#else
#define SPREAD_EIGHT(e) \
  __builtin_shufflevector( \
      value, value, e, e, e, e, e, e, e, e, 8 + e, 8 + e, 8 + e, 8 + e, 8 + e, 8 + e, 8 + e, 8 + e)
#define SPREAD(e) \
  case e: \
    return size == 4 ? __builtin_shufflevector( \
                           value, value, e, e, e, e, 4 + e, 4 + e, 4 + e, 4 + e, 8 + e, 8 + e, 8 + e, 8 + e, 12 + e, \
                           12 + e, 12 + e, 12 + e) \
                     : SPREAD_EIGHT(e);
  switch (element) {
    SPREAD(0) SPREAD(1) SPREAD(2) SPREAD(3)
    case 4: return SPREAD_EIGHT(4);
    case 5: return SPREAD_EIGHT(5);
    case 6: return SPREAD_EIGHT(6);
    default: return SPREAD_EIGHT(7);
  }
#undef SPREAD
#undef SPREAD_EIGHT
#endif
}

// Rows of 4 outputs of a convolution in groups of `size` inputs and as many outputs: the inputs of a vector lie side by
// side, and are loaded once for all links of a kernel position.
INLINE void convolve_grouped_rows(
    const epads_convolution *convolution, const float *window, const int size, const long across[4], long first,
    long rows, const float *weights, row_sums *sums) {
  for (long run = 0; run < convolution->runs; run++) {
    vector weight[8];
    UNROLL for (int i = 0; i < size; i++) weight[i] = load(weights + i * LANES);
    weights += size * LANES;
    UNROLL for (int r = 0; r < DIRECT_ROWS; r++) {
      const float *from =
          window + convolution->run_offsets[run] + convolution->row_step * smaller(first + r, rows - 1);
      UNROLL for (int p = 0; p < 4; p++) {
        const vector input = load(from + across[p]);
        UNROLL for (int i = 0; i < size; i++)
            sums->x[r][p] = fused(spread(input, size, i), weight[i], sums->x[r][p]);
      }
    }
  }
}
