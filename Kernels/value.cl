// The value of a step: the sum of its terms, and its signs.

// A term. It adds to the channels from TERM_FIRST on; TERM_CHANNELS are aligned.
enum { KIND, SOURCE, RECTIFIED, AFFINE, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_HEIGHT, STRIDE_WIDTH, PADDING_HEIGHT,
       PADDING_WIDTH, HEIGHT, WIDTH, TERM_FIRST, TERM_CHANNELS, TERM = 16 };
enum { NORMALIZED, IDENTITY, AVERAGE_POOL, MAXIMUM_POOL };

// Neighbouring channels from `channel` on, 0 where there are none. Padded channels are 0 as well, so that they add nothing to
// what lies beside a term.
inline lanes channels_of(__global const float *from, int channel, int channels) {
  if (channel >= 0 && channel + LANES <= channels) return LOAD(from + channel);
  float values[LANES];
  for (int lane = 0; lane < LANES; lane++)
    values[lane] = channel + lane >= 0 && channel + lane < channels ? from[channel + lane] : 0.0f;
  return LOAD(values);
}

inline lanes pooled_pair(lanes left, lanes right, int is_maximum) {
  return is_maximum ? select(right, left, isgreater(left, right)) : left + right;
}

inline lanes pooled(__global const float *from, __global const long *term, int y, int x, int channel) {
  const int height = term[HEIGHT], width = term[WIDTH], rectified = term[RECTIFIED], channels = term[TERM_CHANNELS];
  const int is_maximum = term[KIND] == MAXIMUM_POOL;
  const int y0 = y * (int)term[STRIDE_HEIGHT] - (int)term[PADDING_HEIGHT];
  const int x0 = x * (int)term[STRIDE_WIDTH] - (int)term[PADDING_WIDTH];
  const int top = max(y0, 0), bottom = min(y0 + (int)term[KERNEL_HEIGHT], height);
  const int left = max(x0, 0), right = min(x0 + (int)term[KERNEL_WIDTH], width);
  lanes total = (lanes)(0.0f);
  for (int column = left; column < right; column++) {
    lanes of_column = (lanes)(0.0f);
    for (int row = top; row < bottom; row++) {
      const lanes value = rectify(channels_of(from + (row * width + column) * channels, channel, channels), rectified);
      of_column = row == top ? value : pooled_pair(of_column, value, is_maximum);
    }
    total = column == left ? of_column : pooled_pair(total, of_column, is_maximum);
  }
  // The double quotient rounds to the same float as a float division would, which not every device rounds correctly.
  return is_maximum ? total : total * (float)(1.0 / (double)((bottom - top) * (right - left)));
}

// LANES units from `unit` on: neighbouring channels of one position.
inline lanes value_of(
    __global const float *arena, __global const float *affine, __global const long *terms, int count, int image,
    int unit, int width, int aligned) {
  const int channel = unit % aligned, position = unit / aligned, x = position % width, y = position / width;
  lanes value = (lanes)(0.0f);
  for (int t = 0; t < count; t++) {
    __global const long *term = terms + t * TERM;
    if (term[KIND] != NORMALIZED) continue;
    const int channels = term[TERM_CHANNELS];
    value = value + channels_of(affine + term[AFFINE] + channels, channel - (int)term[TERM_FIRST], channels);
  }
  for (int t = 0; t < count; t++) {
    __global const long *term = terms + t * TERM;
    const int channels = term[TERM_CHANNELS], c = channel - (int)term[TERM_FIRST];
    if (c + LANES <= 0 || c >= channels) continue;
    __global const float *from = arena + term[SOURCE] + (ulong)image * term[HEIGHT] * term[WIDTH] * channels;
    if (term[KIND] == NORMALIZED)
      value = fma(
          channels_of(from + position * channels, c, channels), channels_of(affine + term[AFFINE], c, channels), value);
    else if (term[KIND] == IDENTITY)
      value = value + rectify(channels_of(from + position * channels, c, channels), term[RECTIFIED]);
    else
      value = value + pooled(from, term, y, x, c);
  }
  return value;
}

#ifdef INFERENCE

// LANES units a work-item.
__kernel void sum_terms(
    __global float *arena, __global const float *affine, __global const long *tables, ulong terms_place, int count,
    int width, int aligned, int units, ulong output) {
  const int unit = get_global_id(0) * LANES, image = get_global_id(1);
  if (unit < units)
    STORE(
        value_of(arena, affine, tables + terms_place, count, image, unit, width, aligned),
        arena + output + (ulong)image * units + unit);
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

// For GPUs: 4 units a work-item; a work-group packs its signs through local memory.
__kernel __attribute__((reqd_work_group_size(256, 1, 1))) void sum_terms(
    __global float *arena, __global const float *affine, __global const long *tables, ulong terms_place, int count,
    int width, int aligned, int units, ulong output, int keep, int code, __global uint *codes, ulong code_place,
    int words) {
  __local uint signs[32];
  const int unit = get_global_id(0) * 4, image = get_global_id(1), item = get_local_id(0);
  if (item < 32) signs[item] = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (unit < units) {
    const lanes value = value_of(arena, affine, tables + terms_place, count, image, unit, width, aligned);
    if (keep) STORE(value, arena + output + (ulong)image * units + unit);
    if (code) atomic_or(&signs[item / 8], signs_of(value) << (item % 8 * 4));
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const int word = get_group_id(0) * 32 + item;
  if (code && item < 32 && word < words) codes[code_place + (ulong)image * words + word] = signs[item];
}

#else

// For processors: 32 units a work-item, one word of a code.
__kernel void sum_terms(
    __global float *arena, __global const float *affine, __global const long *tables, ulong terms_place, int count,
    int width, int aligned, int units, ulong output, int keep, int code, __global uint *codes, ulong code_place,
    int words) {
  const int word = get_global_id(0), image = get_global_id(1);
  if (word >= words) return;
  uint signs = 0;
  for (int bit = 0; bit < 32 && word * 32 + bit < units; bit += 8) {
    const int unit = word * 32 + bit;
    const lanes value = value_of(arena, affine, tables + terms_place, count, image, unit, width, aligned);
    if (keep) STORE(value, arena + output + (ulong)image * units + unit);
    signs |= signs_of(value) << bit;
  }
  if (code) codes[code_place + (ulong)image * words + word] = signs;
}

#endif

#endif
