// Batch statistics: tiles of a value to integers; integers to scale and shift.

// Work-item (channels, part) adds up the tiles part, part + parts, ... of a value.
__kernel void add_tiles(
    __global const float *arena, ulong place, __global long *partial, ulong partial_place, __global int *out_of_range,
    int images, int height, int width, int aligned, int parts, float limit) {
#ifdef TILED
  const int channel = get_global_id(0);
#define TILE_VALUE(pointer) (*(pointer))
#else
  const int channel = get_global_id(0) * 8;
#define TILE_VALUE(pointer) vload8(0, pointer)
#endif
  const int part = get_global_id(1), rows = (height + 3) / 4, columns = (width + 3) / 4;
  if (part >= parts) return;
  tile_counts total;
  clear(&total);
  for (int tile = part; tile < images * rows * columns; tile += parts) {
    const int top = tile / columns % rows * 4, left = tile % columns * 4;
    __global const float *from =
        arena + place + channel + (ulong)(tile / (rows * columns)) * height * width * aligned;
    tile_sum sum, squares;
    for (int row = 0; row < 4; row++) {
      tile_sum x[4];
      for (int c = 0; c < 4; c++)
        x[c] = top + row < height && left + c < width
                   ? TILE_VALUE(from + ((top + row) * width + left + c) * aligned)
                   : (tile_sum)(0.0f);
      add_row(row, x[0], x[1], x[2], x[3], &sum, &squares);
    }
    add_tile(&total, sum, squares, limit);
  }
  write_partial(partial + partial_place, part, aligned, channel, &total, out_of_range);
}

// 8 channels to finish: where their sums are, channels and number of the parts, where the scales go and how far behind
// them the shifts, the values of a channel.
enum { PARTIAL_PLACE, PARTIAL_CHANNELS, PARTS, AFFINE_PLACE, SHIFT_DISTANCE, VALUES, FINISH = 8 };

inline void write_affine(__global float *affine, __global const long *entry, int channel, const long *total) {
  const double count = entry[VALUES];
  const double sum = (double)total[1] * 0x1p16 + (double)total[0] * 0x1p-24;
  const double squares = (double)total[3] * 0x1p16 + (double)total[2] * 0x1p-24;
  const double mean = sum / count, mean_of_squares = squares / count;
  const double variance = fmax(0.0, mean_of_squares - mean * mean);
  const double scale = 1.0 / sqrt(variance + 1e-5);
  affine += entry[AFFINE_PLACE] + channel;
  affine[0] = (float)scale;
  affine[entry[SHIFT_DISTANCE]] = (float)-(mean * scale);
}

#ifdef TILED

// One work-group an entry: 32 work-items a channel.
__kernel __attribute__((reqd_work_group_size(256, 1, 1))) void finish_statistics(
    __global const long *partial, __global const long *tables, ulong first_entry, __global float *affine) {
  __local long scratch[4][256];
  __global const long *entry = tables + first_entry + get_group_id(0) * FINISH;
  const int item = get_local_id(0), channel = item % 8, parts = entry[PARTS];
  const ulong stride = entry[PARTIAL_CHANNELS];
  partial += entry[PARTIAL_PLACE] + channel;
  long total[4] = {0, 0, 0, 0};
  for (int part = item / 8; part < parts; part += 32)
    for (int kind = 0; kind < 4; kind++) total[kind] += partial[(part * 4 + kind) * stride];
  for (int kind = 0; kind < 4; kind++) scratch[kind][item] = total[kind];
  for (int width = 128; width >= 8; width /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < width)
      for (int kind = 0; kind < 4; kind++) scratch[kind][item] += scratch[kind][item + width];
  }
  if (item >= 8) return;
  for (int kind = 0; kind < 4; kind++) total[kind] = scratch[kind][item];
  write_affine(affine, entry, channel, total);
}

#else

// One work-item a channel.
__kernel void finish_statistics(
    __global const long *partial, __global const long *tables, ulong first_entry, __global float *affine) {
  __global const long *entry = tables + first_entry + get_global_id(0) / 8 * FINISH;
  const int channel = get_global_id(0) % 8, parts = entry[PARTS];
  const ulong stride = entry[PARTIAL_CHANNELS];
  partial += entry[PARTIAL_PLACE] + channel;
  long total[4] = {0, 0, 0, 0};
  for (int part = 0; part < parts; part++)
    for (int kind = 0; kind < 4; kind++) total[kind] += partial[(part * 4 + kind) * stride];
  write_affine(affine, entry, channel, total);
}

#endif
