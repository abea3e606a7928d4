// The value of a step: the sum of its terms, and its signs.

// Functions other than ReLU are compiled in where there are some.
#ifdef FUNCTIONS
#define FUNCTION(value, code, term) \
  activated(value, code, as_float((int)term[TERM_A]), as_float((int)term[TERM_B]), as_float((int)term[TERM_C]))
#else
#define FUNCTION(value, code, term) rectified(value, code)
#endif

// A term. It adds to the channels from TERM_FIRST on; TERM_CHANNELS are aligned.
enum { KIND, SOURCE, ACTIVATION, AFFINE, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_HEIGHT, STRIDE_WIDTH, PADDING_HEIGHT,
       PADDING_WIDTH, HEIGHT, WIDTH, TERM_FIRST, TERM_CHANNELS, TERM_A, TERM_B, TERM_C, TERM = 18 };
enum { NORMALIZED, IDENTITY, AVERAGE_POOL, MAXIMUM_POOL };

// Neighbouring channels from `channel` on, 0 where there are none. Padded channels are 0 as well, so that they add
// nothing to what lies beside a term.
inline lanes channels_of(__global const float *from, int channel, int channels) {
  if (channel >= 0 && channel + LANES <= channels && channel % LANES == 0) return LOAD_ALIGNED(from + channel);
  float values[LANES];
  for (int lane = 0; lane < LANES; lane++)
    values[lane] = channel + lane >= 0 && channel + lane < channels ? from[channel + lane] : 0.0f;
  return LOAD(values);
}

inline lanes pooled_pair(lanes left, lanes right, int is_maximum) {
  return is_maximum ? select(right, left, isgreater(left, right)) : left + right;
}

inline lanes pooled(__global const float *from, __global const long *term, int y, int x, int channel) {
  const int height = term[HEIGHT], width = term[WIDTH], activation = term[ACTIVATION], channels = term[TERM_CHANNELS];
  const int is_maximum = term[KIND] == MAXIMUM_POOL;
  const int y0 = y * (int)term[STRIDE_HEIGHT] - (int)term[PADDING_HEIGHT];
  const int x0 = x * (int)term[STRIDE_WIDTH] - (int)term[PADDING_WIDTH];
  const int top = max(y0, 0), bottom = min(y0 + (int)term[KERNEL_HEIGHT], height);
  const int left = max(x0, 0), right = min(x0 + (int)term[KERNEL_WIDTH], width);
  lanes total = (lanes)(0.0f);
  for (int column = left; column < right; column++) {
    lanes of_column = (lanes)(0.0f);
    for (int row = top; row < bottom; row++) {
      const lanes value =
          rectified(channels_of(from + (row * width + column) * channels, channel, channels), activation);
      of_column = row == top ? value : pooled_pair(of_column, value, is_maximum);
    }
    total = column == left ? of_column : pooled_pair(total, of_column, is_maximum);
  }
  // The double quotient rounds to the same float as a float division would, which not every device rounds correctly.
  return is_maximum ? total : total * (float)(1.0 / (double)((bottom - top) * (right - left)));
}

// A work-item makes VECTORS times LANES units: neighbouring channels of one position each, the vectors a work-group
// apart.
#define VECTORS 4
#ifdef TILED
#define GROUP 256
#define FIRST_UNIT (((int)get_group_id(0) * VECTORS * GROUP + (int)get_local_id(0)) * LANES)
#else
#define GROUP 1
#define FIRST_UNIT ((int)get_global_id(0) * VECTORS * LANES)
#endif

// The vectors of a work-item. Those from `units` on read nothing: the output may take the place of a term.
inline void values_of(
    __global const float *arena, __global const float *affine, __global const long *terms, int count, int image,
    int first, int units, int width, int aligned, lanes values[VECTORS]) {
  int channels_at[VECTORS], positions[VECTORS];
#pragma unroll
  for (int v = 0; v < VECTORS; v++) {
    const int unit = first + v * GROUP * LANES;
    channels_at[v] = unit < units ? unit % aligned : -LANES;
    positions[v] = unit / aligned;
    values[v] = (lanes)(0.0f);
  }
  for (int t = 0; t < count; t++) {
    __global const long *term = terms + t * TERM;
    if (term[KIND] != NORMALIZED) continue;
    const int channels = term[TERM_CHANNELS], first_channel = term[TERM_FIRST];
    __global const float *shifts = affine + term[AFFINE] + channels;
#pragma unroll
    for (int v = 0; v < VECTORS; v++)
      values[v] = values[v] + channels_of(shifts, channels_at[v] - first_channel, channels);
  }
  for (int t = 0; t < count; t++) {
    __global const long *term = terms + t * TERM;
    const int kind = term[KIND], channels = term[TERM_CHANNELS], first_channel = term[TERM_FIRST];
    const int activation = term[ACTIVATION];
    __global const float *from =
        arena + term[SOURCE] + (ulong)image * (ulong)((int)term[HEIGHT] * (int)term[WIDTH]) * channels;
    __global const float *scales = affine + term[AFFINE];
#pragma unroll
    for (int v = 0; v < VECTORS; v++) {
      const int c = channels_at[v] - first_channel;
      if (c + LANES <= 0 || c >= channels) continue;
      if (kind == NORMALIZED)
        values[v] = fma(
            channels_of(from + positions[v] * channels, c, channels), channels_of(scales, c, channels), values[v]);
      else if (kind == IDENTITY)
        values[v] = values[v] + FUNCTION(channels_of(from + positions[v] * channels, c, channels), activation, term);
      else
        values[v] = values[v] + pooled(from, term, positions[v] / width, positions[v] % width, c);
    }
  }
}

#ifdef INFERENCE

#ifdef TILED
__attribute__((reqd_work_group_size(GROUP, 1, 1)))
#endif
__kernel void sum_terms(
    __global float *arena, __global const float *affine, __global const long *tables, ulong terms_place, int count,
    int width, int aligned, int units, ulong output) {
  const int first = FIRST_UNIT, image = get_global_id(1);
  if (first >= units) return;
  lanes values[VECTORS];
  values_of(arena, affine, tables + terms_place, count, image, first, units, width, aligned, values);
#pragma unroll
  for (int v = 0; v < VECTORS; v++)
    if (first + v * GROUP * LANES < units)
      STORE_ALIGNED(values[v], arena + output + (ulong)image * units + first + v * GROUP * LANES);
}

#else

// A bit a lane.
inline uint signs_of(lanes value) {
#ifdef TILED
  const int4 bits = isgreater(value, (float4)(0.0f)) & (int4)(1, 2, 4, 8);
  return bits.s0 | bits.s1 | bits.s2 | bits.s3;
#else
  const int8 bits = isgreater(value, (float8)(0.0f)) & (int8)(1, 2, 4, 8, 16, 32, 64, 128);
  const int4 half_bits = bits.lo | bits.hi;
  return half_bits.s0 | half_bits.s1 | half_bits.s2 | half_bits.s3;
#endif
}

#ifdef TILED

// For GPUs: a work-group packs its signs through local memory.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void sum_terms(
    __global float *arena, __global const float *affine, __global const long *tables, ulong terms_place, int count,
    int width, int aligned, int units, ulong output, int keep, int code, __global uint *codes, ulong code_place,
    int words) {
  __local uchar signs[VECTORS * GROUP];
  const int item = get_local_id(0), first = FIRST_UNIT, image = get_global_id(1);
  lanes values[VECTORS];
  values_of(arena, affine, tables + terms_place, count, image, first, units, width, aligned, values);
#pragma unroll
  for (int v = 0; v < VECTORS; v++) {
    const int unit = first + v * GROUP * LANES;
    if (keep && unit < units) STORE_ALIGNED(values[v], arena + output + (ulong)image * units + unit);
    signs[v * GROUP + item] = unit < units ? signs_of(values[v]) : 0;
  }
  if (!code) return;
  barrier(CLK_LOCAL_MEM_FENCE);
  const int word = get_group_id(0) * (VECTORS * GROUP / 8) + item;
  if (item >= VECTORS * GROUP / 8 || word >= words) return;
  uint packed = 0;
#pragma unroll
  for (int k = 0; k < 8; k++) packed |= (uint)signs[item * 8 + k] << (4 * k);
  codes[code_place + (ulong)image * words + word] = packed;
}

#else

// For processors: 32 units a work-item, one word of a code.
__kernel void sum_terms(
    __global float *arena, __global const float *affine, __global const long *tables, ulong terms_place, int count,
    int width, int aligned, int units, ulong output, int keep, int code, __global uint *codes, ulong code_place,
    int words) {
  const int word = get_global_id(0), first = FIRST_UNIT, image = get_global_id(1);
  if (first >= units) return;
  lanes values[VECTORS];
  values_of(arena, affine, tables + terms_place, count, image, first, units, width, aligned, values);
  uint signs = 0;
  for (int v = 0; v < VECTORS && first + v * LANES < units; v++) {
    if (keep) STORE(values[v], arena + output + (ulong)image * units + first + v * LANES);
    signs |= signs_of(values[v]) << (v * LANES);
  }
  if (code) codes[code_place + (ulong)image * words + word] = signs;
}

#endif

#endif
