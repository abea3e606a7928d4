// A node: the sum of its terms, and its signs.

// A term as the host writes it: 16 longs.
enum { KIND, SOURCE, RECTIFIED, AFFINE, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_HEIGHT, STRIDE_WIDTH, PADDING_HEIGHT,
       PADDING_WIDTH, HEIGHT, WIDTH, TERM = 16 };
enum { NORMALIZED, IDENTITY, AVERAGE_POOL };

inline float read_value(__global const float *from, int rectified) { return rectified ? rectify(*from) : *from; }

inline float average(__global const float *from, __global const long *term, int y, int x, int aligned) {
  const int height = term[HEIGHT], width = term[WIDTH], rectified = term[RECTIFIED];
  const int y0 = y * (int)term[STRIDE_HEIGHT] - (int)term[PADDING_HEIGHT];
  const int x0 = x * (int)term[STRIDE_WIDTH] - (int)term[PADDING_WIDTH];
  const int top = max(y0, 0), bottom = min(y0 + (int)term[KERNEL_HEIGHT], height);
  const int left = max(x0, 0), right = min(x0 + (int)term[KERNEL_WIDTH], width);
  float total = 0.0f;
  for (int column = left; column < right; column++) {
    float sum = read_value(from + (top * width + column) * aligned, rectified);
    for (int row = top + 1; row < bottom; row++)
      sum = sum + read_value(from + (row * width + column) * aligned, rectified);
    total = column == left ? sum : total + sum;
  }
  // The double quotient rounds to the same float as a float division would, which not every device rounds correctly.
  return total * (float)(1.0 / (double)((bottom - top) * (right - left)));
}

inline float node_value(
    __global const float *arena, __global const float *affine, __global const long *terms, int count, int image,
    int unit, int width, int aligned) {
  const int channel = unit % aligned, x = unit / aligned % width, y = unit / (aligned * width);
  float value = 0.0f;
  int first = 1;
  for (int t = 0; t < count; t++) {
    __global const long *term = terms + t * TERM;
    if (term[KIND] != NORMALIZED) continue;
    const float shift = affine[term[AFFINE] + aligned + channel];
    value = first ? shift : value + shift;
    first = 0;
  }
  for (int t = 0; t < count; t++) {
    __global const long *term = terms + t * TERM;
    __global const float *from = arena + term[SOURCE] + (ulong)image * term[HEIGHT] * term[WIDTH] * aligned;
    if (term[KIND] == NORMALIZED)
      value = fma(from[unit], affine[term[AFFINE] + channel], value);
    else if (term[KIND] == IDENTITY)
      value = value + read_value(from + unit, term[RECTIFIED]);
    else
      value = value + average(from + channel, term, y, x, aligned);
  }
  return value;
}

#ifdef TILED

// For GPUs: one work-item a unit; a work-group packs its signs through local memory.
__kernel __attribute__((reqd_work_group_size(256, 1, 1))) void sum_node(
    __global float *arena, __global const float *affine, __global const long *terms, int first_term, int count, int width,
    int aligned, int units, int keep, ulong output, int code, __global uint *codes, int words) {
  __local uint signs[8];
  const int unit = get_global_id(0), image = get_global_id(1), item = get_local_id(0);
  if (item < 8) signs[item] = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (unit < units) {
    const float value = node_value(arena, affine, terms + first_term * TERM, count, image, unit, width, aligned);
    if (keep) arena[output + (ulong)image * units + unit] = value;
    if (value > 0.0f) atomic_or(&signs[item / 32], 1u << (item % 32));
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const int word = get_group_id(0) * 8 + item;
  if (code && item < 8 && word < words) codes[(ulong)image * words + word] = signs[item];
}

#else

// For processors: 32 units a work-item, one word of a code.
__kernel void sum_node(
    __global float *arena, __global const float *affine, __global const long *terms, int first_term, int count, int width,
    int aligned, int units, int keep, ulong output, int code, __global uint *codes, int words) {
  const int word = get_global_id(0), image = get_global_id(1);
  uint signs = 0;
  for (int bit = 0; bit < 32 && word * 32 + bit < units; bit++) {
    const int unit = word * 32 + bit;
    const float value = node_value(arena, affine, terms + first_term * TERM, count, image, unit, width, aligned);
    if (keep) arena[output + (ulong)image * units + unit] = value;
    signs |= (uint)(value > 0.0f) << bit;
  }
  if (code) codes[(ulong)image * words + word] = signs;
}

#endif
