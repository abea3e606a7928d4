// Batch statistics: tiles of a value to integers; integers to scale and shift.

// Work-item (channels, part) adds up the tiles part, part + parts, ... of a value.
__kernel void add_tiles(
    __global const float *arena, ulong place, __global long *totals, ulong totals_place, __global int *out_of_range,
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
  add_to_totals(totals + totals_place + channel, aligned, &total, out_of_range);
}

// Channels to finish: where their totals begin, how many there are, where the scales go, and the shifts behind them,
// the values of a channel; the bits of epsilon; where gamma and beta begin among what is stored, or -1 for 1 and 0, and
// how many of each there are.
enum { TOTALS_PLACE, CHANNELS, AFFINE_PLACE, VALUES, EPSILON, GAMMA, BETA, BARE_CHANNELS, FINISH = 8 };

// Work-item (channel, entry).
__kernel void finish_statistics(
    __global const long *totals, __global const float *stored, __global const long *tables, ulong first_entry,
    __global float *affine) {
  __global const long *entry = tables + first_entry + get_global_id(1) * FINISH;
  const int channel = get_global_id(0), channels = entry[CHANNELS];
  if (channel >= channels) return;
  totals += entry[TOTALS_PLACE] + channel;
  const double count = entry[VALUES];
  const double sum = (double)totals[channels] * 0x1p16 + (double)totals[0] * 0x1p-24;
  const double squares = (double)totals[3 * channels] * 0x1p16 + (double)totals[2 * channels] * 0x1p-24;
  const double mean = sum / count, mean_of_squares = squares / count;
  const double variance = fmax(0.0, mean_of_squares - mean * mean);
  const int is_bare = channel < entry[BARE_CHANNELS];
  const double gamma = is_bare && entry[GAMMA] >= 0 ? stored[entry[GAMMA] + channel] : 1.0f;
  const double beta = is_bare && entry[BETA] >= 0 ? stored[entry[BETA] + channel] : 0.0f;
  const double scale = gamma * (1.0 / sqrt(variance + as_double(entry[EPSILON])));
  affine += entry[AFFINE_PLACE] + channel;
  affine[0] = (float)scale;
  affine[channels] = (float)(beta - mean * scale);
}
