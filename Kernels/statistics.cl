// Exact batch statistics: tiles of 4x4 positions to integers, integers to sums, sums to scale and shift.

// Work-item (channel, part) adds up the tiles part, part + parts, ... of its channel and writes four integers to
// partial[part][fine s, coarse s, fine q, coarse q][channel].
__kernel void add_tiles(
    __global const float *values, ulong place, __global long *partial, __global int *out_of_range, int images,
    int height, int width, int aligned, int parts, float limit) {
  const int channel = get_global_id(0), part = get_global_id(1);
  if (channel >= aligned) return;
  const int rows = (height + 3) / 4, columns = (width + 3) / 4;
  values += place + channel;
  long fine_sum = 0, coarse_sum = 0, fine_squares = 0, coarse_squares = 0;
  int fits = 1;
  for (int tile = part; tile < images * rows * columns; tile += parts) {
    const int top = tile / columns % rows * 4, left = tile % columns * 4;
    __global const float *image = values + (ulong)(tile / (rows * columns)) * height * width * aligned;
    float sum = 0.0f, squares = 0.0f;
    for (int y = top; y < min(top + 4, height); y++) {
      __global const float *from = image + (y * width + left) * aligned;
      const float x0 = from[0], x1 = left + 1 < width ? from[aligned] : 0.0f,
                  x2 = left + 2 < width ? from[2 * aligned] : 0.0f, x3 = left + 3 < width ? from[3 * aligned] : 0.0f;
      const float row_sum = (x0 + x1) + (x2 + x3);
      const float row_squares = fma(x3, x3, fma(x2, x2, fma(x1, x1, x0 * x0)));
      sum = y == top ? row_sum : sum + row_sum;
      squares = y == top ? row_squares : squares + row_squares;
    }
    // Also false for NaN.
    if (!(fabs(sum) <= limit && squares <= limit)) {
      fits = 0;
      continue;
    }
    // All exact but the two roundings: scaling by powers of two, and a difference that has no more bits than the sum.
    const float coarse0 = rint(sum * 0x1p-16f), coarse1 = rint(squares * 0x1p-16f);
    coarse_sum += (long)coarse0;
    coarse_squares += (long)coarse1;
    fine_sum += (long)rint(fma(coarse0, -0x1p16f, sum) * 0x1p24f);
    fine_squares += (long)rint(fma(coarse1, -0x1p16f, squares) * 0x1p24f);
  }
  if (!fits) atomic_or(out_of_range, 1);
  partial += (ulong)part * 4 * aligned + channel;
  partial[0] = fine_sum;
  partial[aligned] = coarse_sum;
  partial[2 * aligned] = fine_squares;
  partial[3 * aligned] = coarse_squares;
}

inline void write_affine(
    __global float *affine, int aligned, int channel, long fine_sum, long coarse_sum, long fine_squares,
    long coarse_squares, double count) {
  const double sum = (double)coarse_sum * 0x1p16 + (double)fine_sum * 0x1p-24;
  const double squares = (double)coarse_squares * 0x1p16 + (double)fine_squares * 0x1p-24;
  const double mean = sum / count, mean_of_squares = squares / count;
  const double variance = fmax(0.0, mean_of_squares - mean * mean);
  const double scale = 1.0 / sqrt(variance + 1e-5);
  affine[channel] = (float)scale;
  affine[aligned + channel] = (float)-(mean * scale);
}

// affine[place ...] gets `aligned` scales, then `aligned` shifts. `count` is the number of values of a channel.
#ifdef TILED

// One work-group a channel.
__kernel __attribute__((reqd_work_group_size(ADDERS, 1, 1))) void finish_statistics(
    __global const long *partial, __global float *affine, ulong place, int aligned, int parts, double count) {
  __local long scratch[ADDERS];
  const int channel = get_group_id(0);
  long total[4] = {0, 0, 0, 0};
  for (int part = get_local_id(0); part < parts; part += ADDERS)
    for (int kind = 0; kind < 4; kind++) total[kind] += partial[((ulong)part * 4 + kind) * aligned + channel];
  for (int kind = 0; kind < 4; kind++) total[kind] = group_sum(total[kind], scratch);
  if (get_local_id(0) == 0) write_affine(affine + place, aligned, channel, total[0], total[1], total[2], total[3], count);
}

#else

// One work-item a channel.
__kernel void finish_statistics(
    __global const long *partial, __global float *affine, ulong place, int aligned, int parts, double count) {
  const int channel = get_global_id(0);
  long total[4] = {0, 0, 0, 0};
  for (int part = 0; part < parts; part++)
    for (int kind = 0; kind < 4; kind++) total[kind] += partial[((ulong)part * 4 + kind) * aligned + channel];
  write_affine(affine + place, aligned, channel, total[0], total[1], total[2], total[3], count);
}

#endif
