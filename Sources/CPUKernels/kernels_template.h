// The loops themselves, written once for vectors of any width and included by one file an instruction set, which defines
//
//   LANES            floats of a vector
//   PIXELS           outputs of a convolution tile, chosen with BLOCK so that all sums stay in registers
//   BLOCK, REST      vectors of output channels a tile: while enough channels are left, and after
//   TABLE            the name of the epads_kernels table
//   TABLE_NAME       its name for people
//   PACK_SIGNS(v)    sign bits of a vector as an integer of LANES bits
//   ANY(mask)        whether any lane of a comparison is set
//   HAMMING          the function that counts differing bits

#include "CPUKernels.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are passed to functions that are always inlined, so how a call would pass them does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vector __attribute__((ext_vector_type(LANES)));
typedef int32_t mask __attribute__((ext_vector_type(LANES)));
typedef double wide __attribute__((ext_vector_type(LANES)));
typedef int64_t integers __attribute__((ext_vector_type(LANES)));

INLINE vector load(const float *from) {
  vector value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store(float *to, vector value) { __builtin_memcpy(to, &value, sizeof value); }

INLINE vector fused(vector left, vector right, vector addend) { return __builtin_elementwise_fma(left, right, addend); }

INLINE vector rectify(vector value) { return value > 0 ? value : (vector)0; }

// Every loop over a row's floats may run over whole vectors: aligned channels are a multiple of LANES.

static void pad_image(
    const float *source, long height, long width, long aligned_channels, long channels, long padding_height,
    long padding_width, int rectified, float *padded) {
  const long row = (width + 2 * padding_width) * channels, side = padding_width * channels;
  __builtin_memset(padded, 0, (unsigned long)(padding_height * row) * sizeof(float));
  for (long y = 0; y < height; y++) {
    float *to = padded + (y + padding_height) * row;
    const float *from = source + y * width * aligned_channels;
    __builtin_memset(to, 0, (unsigned long)side * sizeof(float));
    __builtin_memset(to + row - side, 0, (unsigned long)side * sizeof(float));
    to += side;
    if (channels == aligned_channels) {
      for (long i = 0; i < width * channels; i += LANES) {
        vector value = load(from + i);
        store(to + i, rectified ? rectify(value) : value);
      }
    } else {
      for (long x = 0; x < width; x++)
        for (long c = 0; c < channels; c++) {
          float value = from[x * aligned_channels + c];
          to[x * channels + c] = rectified && !(value > 0) ? 0 : value;
        }
    }
  }
  __builtin_memset(padded + (padding_height + height) * row, 0, (unsigned long)(padding_height * row) * sizeof(float));
}

// PIXELS x `vectors` outputs at once: one chain each, in the order of the contract.
INLINE void convolve_tile(
    const epads_convolution *convolution, const float *const windows[PIXELS], const float *weights,
    float *const outputs[PIXELS], const int vectors) {
  vector sums[PIXELS][BLOCK];
  UNROLL for (int p = 0; p < PIXELS; p++) UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = (vector)0;
  const long length = convolution->run_length;
  for (long run = 0; run < convolution->runs; run++) {
    const long offset = convolution->run_offsets[run];
    const float *from[PIXELS];
    UNROLL for (int p = 0; p < PIXELS; p++) from[p] = windows[p] + offset;
    // Two elements a round: fewer instructions beside the multiply-adds.
    _Pragma("clang loop unroll_count(2)") for (long i = 0; i < length; i++) {
      vector weight[BLOCK];
      UNROLL for (int v = 0; v < vectors; v++) weight[v] = load(weights + v * LANES);
      weights += vectors * LANES;
      UNROLL for (int p = 0; p < PIXELS; p++) {
        const vector input = (vector)from[p][i];
        UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = fused(input, weight[v], sums[p][v]);
      }
    }
  }
  UNROLL for (int p = 0; p < PIXELS; p++)
      UNROLL for (int v = 0; v < vectors; v++) store(outputs[p] + v * LANES, sums[p][v]);
}

INLINE void convolve_block(
    const epads_convolution *convolution, const float *padded, const float *weights, float *output, const int vectors) {
  const long count = convolution->output_height * convolution->output_width;
  // Windows at even distances over the whole image (1x1 without padding) make one row.
  const long row_width = convolution->output_width;
  const long width = convolution->row_step == row_width * convolution->column_step ? count : row_width;
  long x = 0;
  const float *window = padded, *row = padded;
  for (long first = 0; first < count; first += PIXELS) {
    const float *windows[PIXELS];
    float *outputs[PIXELS];
    if (x + PIXELS <= width) {
      for (int p = 0; p < PIXELS; p++) {
        windows[p] = window + p * convolution->column_step;
        outputs[p] = output + (first + p) * convolution->output_channels;
      }
      x += PIXELS;
      window += PIXELS * convolution->column_step;
      if (x == width) {
        x = 0;
        row += convolution->row_step;
        window = row;
      }
    } else {
      for (int p = 0; p < PIXELS; p++) {
        // Behind the last output the tile repeats it: the same value written twice.
        const long pixel = first + p < count ? first + p : count - 1;
        windows[p] = window;
        outputs[p] = output + pixel * convolution->output_channels;
        if (first + p + 1 >= count) continue;
        if (++x < width) {
          window += convolution->column_step;
        } else {
          x = 0;
          row += convolution->row_step;
          window = row;
        }
      }
    }
    convolve_tile(convolution, windows, weights, outputs, vectors);
  }
}

static void convolve_image(
    const epads_convolution *convolution, const float *padded, const float *weights, float *output) {
  const long chain = convolution->runs * convolution->run_length;
  long channel = 0;
  for (; channel + BLOCK * LANES <= convolution->output_channels; channel += BLOCK * LANES) {
    convolve_block(convolution, padded, weights, output + channel, BLOCK);
    weights += chain * BLOCK * LANES;
  }
  for (; channel < convolution->output_channels; channel += REST * LANES) {
    convolve_block(convolution, padded, weights, output + channel, REST);
    weights += chain * REST * LANES;
  }
}

// 1.5 * 2^52: adding it rounds a double below 2^51 to an integer, to nearest and ties to even, in its low bits.
#define ROUNDING 0x1.8p52

INLINE integers rounded(wide value) {
  const wide shifted = value + ROUNDING;
  return (integers)shifted - (integers)(wide)ROUNDING;  // casts of vectors keep the bits
}

// The parts of a tile's sum beyond 2^15; rare. Returns what is left, below that.
static __attribute__((noinline)) int split_coarse(const float *sums, long count, float limit, int64_t *coarse, double *rest) {
  int fits = 1;
  for (long i = 0; i < count; i++) {
    if (!(__builtin_fabsf(sums[i]) <= limit)) {
      fits = 0;
      rest[i] = 0;
      continue;
    }
    const double shifted = sums[i] * 0x1p-16 + ROUNDING;
    const double whole = shifted - ROUNDING;
    coarse[i] += (int64_t)whole;
    rest[i] = (double)sums[i] - whole * 0x1p16;
  }
  return fits;
}

INLINE int add_sums(vector sums, float limit, integers *fine, int64_t *coarse) {
  wide rest = __builtin_convertvector(sums, wide);
  int fits = 1;
  if (__builtin_expect(ANY(!(__builtin_elementwise_abs(sums) <= (vector)0x1p15f)), 0)) {
    float values[LANES];
    double rests[LANES];
    __builtin_memcpy(values, &sums, sizeof values);
    fits = split_coarse(values, LANES, limit, coarse, rests);
    __builtin_memcpy(&rest, rests, sizeof rest);
  }
  *fine += rounded(rest * 0x1p24);
  return fits;
}

static int add_statistics(
    const float *image, long height, long width, long channels, float limit, int64_t *sums) {
  int fits = 1;
  for (long c = 0; c < channels; c += LANES) {
    integers fine_sum, fine_squares;
    __builtin_memcpy(&fine_sum, sums + c, sizeof fine_sum);
    __builtin_memcpy(&fine_squares, sums + 2 * channels + c, sizeof fine_squares);
    for (long top = 0; top < height; top += 4)
      for (long left = 0; left < width; left += 4) {
        const long rows = height - top < 4 ? height - top : 4, columns = width - left < 4 ? width - left : 4;
        vector sum = (vector)0, squares = (vector)0;
        for (long y = 0; y < rows; y++) {
          const float *row = image + ((top + y) * width + left) * channels + c;
          const vector zero = (vector)0;
          const vector x0 = load(row), x1 = columns > 1 ? load(row + channels) : zero,
                       x2 = columns > 2 ? load(row + 2 * channels) : zero,
                       x3 = columns > 3 ? load(row + 3 * channels) : zero;
          const vector row_sum = (x0 + x1) + (x2 + x3);
          const vector row_squares = fused(x3, x3, fused(x2, x2, fused(x1, x1, x0 * x0)));
          sum = y ? sum + row_sum : row_sum;
          squares = y ? squares + row_squares : row_squares;
        }
        fits &= add_sums(sum, limit, &fine_sum, sums + channels + c);
        fits &= add_sums(squares, limit, &fine_squares, sums + 3 * channels + c);
      }
    __builtin_memcpy(sums + c, &fine_sum, sizeof fine_sum);
    __builtin_memcpy(sums + 2 * channels + c, &fine_squares, sizeof fine_squares);
  }
  return fits;
}

// Columns first, each once: neighbouring windows share them. `columns`: scratch for a row of the source.
INLINE void add_pooled_row(const epads_term *term, long y, long width, long channels, float *columns, float *row) {
  long top = y * term->stride_height - term->padding_height, bottom = top + term->kernel_height;
  if (top < 0) top = 0;
  if (bottom > term->height) bottom = term->height;
  const long length = term->width * channels;
  for (long i = 0; i < length; i += LANES) {
    const float *from = term->data + top * length + i;
    vector sum = load(from);
    if (term->rectified) sum = rectify(sum);
    for (long r = top + 1; r < bottom; r++) {
      from += length;
      const vector value = load(from);
      sum += term->rectified ? rectify(value) : value;
    }
    store(columns + i, sum);
  }
  for (long x = 0; x < width; x++) {
    long left = x * term->stride_width - term->padding_width, right = left + term->kernel_width;
    if (left < 0) left = 0;
    if (right > term->width) right = term->width;
    const vector reciprocal = (vector)(1.0f / (float)((bottom - top) * (right - left)));
    for (long c = 0; c < channels; c += LANES) {
      vector total = load(columns + left * channels + c);
      for (long column = left + 1; column < right; column++) total += load(columns + column * channels + c);
      float *to = row + x * channels + c;
      store(to, load(to) + total * reciprocal);
    }
  }
}

INLINE void add_scaled_row(const float *from, const float *scales, long width, long channels, float *row) {
  for (long c = 0; c < channels; c += LANES) {
    const vector scale = load(scales + c);
    for (long i = c; i < width * channels; i += channels) store(row + i, fused(load(from + i), scale, load(row + i)));
  }
}

static void pack_signs(const float *values, long count, uint8_t *bits) {
  for (long i = 0; i + LANES <= count; i += LANES) {
    const uint32_t signs = PACK_SIGNS(load(values + i));
#if LANES == 4
    if (i & 4)
      bits[i / 8] |= (uint8_t)(signs << 4);
    else
      bits[i / 8] = (uint8_t)signs;
#else
    __builtin_memcpy(bits + i / 8, &signs, LANES / 8);
#endif
  }
}

static void sum_node(
    const epads_term *terms, long count, long height, long width, long channels, const float *shift, float *row,
    float *output, uint8_t *code) {
  const long length = width * channels;
  for (long y = 0; y < height; y++) {
    for (long i = 0; i < length; i += channels) __builtin_memcpy(row + i, shift, (unsigned long)channels * sizeof(float));
    for (long t = 0; t < count; t++) {
      const epads_term *term = terms + t;
      const float *from = term->data + y * length;
      if (term->kernel_height) {
        add_pooled_row(term, y, width, channels, row + length, row);
      } else if (term->scale) {
        add_scaled_row(from, term->scale, width, channels, row);
      } else {
        for (long i = 0; i < length; i += LANES) {
          const vector value = load(from + i);
          store(row + i, load(row + i) + (term->rectified ? rectify(value) : value));
        }
      }
    }
    if (output) __builtin_memcpy(output + y * length, row, (unsigned long)length * sizeof(float));
    if (code) pack_signs(row, length, code + y * length / 8);
  }
}

static long multiply_add_rounds(long iterations, float *sink) {
  const vector factor = (vector)0.999f, addend = (vector)1e-3f;
  vector sums[PIXELS * BLOCK];
  UNROLL for (int i = 0; i < PIXELS * BLOCK; i++) sums[i] = (vector)(float)i;
  for (long n = 0; n < iterations; n++) {
    UNROLL for (int i = 0; i < PIXELS * BLOCK; i++) sums[i] = fused(sums[i], factor, addend);
  }
  vector total = sums[0];
  UNROLL for (int i = 1; i < PIXELS * BLOCK; i++) total += sums[i];
  *sink = total[0];
  return iterations * PIXELS * BLOCK * LANES * 2;
}

static const epads_kernels TABLE = {
    .name = TABLE_NAME,
    .lanes = LANES,
    .block = BLOCK * LANES,
    .rest = REST * LANES,
    .pad_image = pad_image,
    .convolve_image = convolve_image,
    .add_statistics = add_statistics,
    .sum_node = sum_node,
    .hamming = HAMMING,
    .pack_signs = pack_signs,
    .multiply_add_rounds = multiply_add_rounds,
};
