// Exact batch statistics of a 4x4 tile: sums in one fixed order, then integers.

// Channels that one work-item has tile sums of.
#ifdef TILED
typedef float tile_sum;
typedef long tile_count;
#define TO_COUNT(value) convert_long(value)
#define FIT(sum, squares, limit) (fabs(sum) <= limit && squares <= limit)
#else
typedef float8 tile_sum;
typedef long8 tile_count;
#define TO_COUNT(value) convert_long8(value)
#define FIT(sum, squares, limit) (all(islessequal(fabs(sum), (float8)(limit)) & islessequal(squares, (float8)(limit))))
#endif

// Integer sums of tiles: fine s, coarse s, fine q, coarse q.
typedef struct {
  tile_count counts[4];
  int fits;
} tile_counts;

inline void clear(tile_counts *total) {
  for (int kind = 0; kind < 4; kind++) total->counts[kind] = (tile_count)(0);
  total->fits = 1;
}

// Of the four outputs of a row, for any width of vectors.
#define ROW_SUM(x0, x1, x2, x3) ((x0 + x1) + (x2 + x3))
#define ROW_SQUARES(x0, x1, x2, x3) fma(x3, x3, fma(x2, x2, fma(x1, x1, x0 * x0)))

// Adds the rows of a tile from the top down: row 0 begins.
inline void add_row(
    int row, tile_sum x0, tile_sum x1, tile_sum x2, tile_sum x3, tile_sum *sum, tile_sum *squares) {
  const tile_sum row_sum = ROW_SUM(x0, x1, x2, x3), row_squares = ROW_SQUARES(x0, x1, x2, x3);
  *sum = row == 0 ? row_sum : *sum + row_sum;
  *squares = row == 0 ? row_squares : *squares + row_squares;
}

inline void add_tile(tile_counts *total, tile_sum sum, tile_sum squares, float limit) {
  // Also false for NaN.
  if (!FIT(sum, squares, limit)) {
    total->fits = 0;
    return;
  }
  // All exact but the two roundings: scaling by powers of two, and a difference that has no more bits than the sum.
  const tile_sum coarse_sum = rint(sum * 0x1p-16f), coarse_squares = rint(squares * 0x1p-16f);
  total->counts[0] += TO_COUNT(rint(fma(coarse_sum, (tile_sum)(-0x1p16f), sum) * 0x1p24f));
  total->counts[1] += TO_COUNT(coarse_sum);
  total->counts[2] += TO_COUNT(rint(fma(coarse_squares, (tile_sum)(-0x1p16f), squares) * 0x1p24f));
  total->counts[3] += TO_COUNT(coarse_squares);
}

// Adds to a total of all work-groups. In two words, because not every device adds 64 bits at once; whoever carries adds
// the carry.
inline void add_to(volatile __global uint *total, long count) {
  const uint low = (uint)count, high = (uint)((ulong)count >> 32);
  const uint before = low ? atomic_add(total, low) : 0;
  const uint carried = high + (low && before + low < before ? 1 : 0);
  if (carried) atomic_add(total + 1, carried);
}

// Adds what some of the tiles come to: totals[fine s, coarse s, fine q, coarse q][channel], 0 at first.
inline void add_to_totals(
    __global long *totals, int channels, const tile_counts *total, __global int *out_of_range) {
  for (int kind = 0; kind < 4; kind++) {
    __global uint *words = (__global uint *)(totals + kind * channels);
#ifdef TILED
    add_to(words, total->counts[kind]);
#else
    long counts[8];
    vstore8(total->counts[kind], 0, counts);
    for (int lane = 0; lane < 8; lane++) add_to(words + 2 * lane, counts[lane]);
#endif
  }
  if (!total->fits) atomic_or(out_of_range, 1);
}
