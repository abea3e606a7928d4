// Exact batch statistics: the sums of a 4x4 tile as integers. Part of kernels_template.h.

// 1.5 * 2^52: adding it rounds a double below 2^51 to an integer, to nearest and ties to even, in its low bits.
#define ROUNDING 0x1.8p52

// What every value adds up to when all of them are below 2^15; beyond, which is rare, `split` takes the coarse part
// off.
typedef struct {
  // Of each, the sum of the bits of doubles that ROUNDING was added to, as if they were integers.
  integers sum, squares;
  // How many.
  long count;
} fine_sums;

static const fine_sums no_sums = {(integers)0, (integers)0, 0};

// A sum below 2^15 in the low bits of a double; the product is exact.
INLINE integers fine_part(vector value) {
  return (integers)__builtin_elementwise_fma(__builtin_convertvector(value, wide), (wide)0x1p24, (wide)ROUNDING);
}

// Adds the parts of `count` sums of tiles to `fine` and `coarse`. Returns 0 where one is beyond the limit.
static __attribute__((noinline)) int split(const float *sums, long count, float limit, int64_t *fine, int64_t *coarse) {
  int fits = 1;
  for (long i = 0; i < count; i++) {
    if (!(__builtin_fabsf(sums[i]) <= limit)) {
      fits = 0;
      continue;
    }
    const double whole = (sums[i] * 0x1p-16 + ROUNDING) - ROUNDING;
    coarse[i] += (int64_t)whole;
    fine[i] += (int64_t)((((double)sums[i] - whole * 0x1p16) * 0x1p24 + ROUNDING) - ROUNDING);
  }
  return fits;
}

// Adds a tile's sums to `fine`, or to `sums` as a whole: [fine s, coarse s, fine q, coarse q], `stride` apart.
INLINE int add_tile(vector sum, vector squares, float limit, fine_sums *fine, int64_t *sums, long stride) {
  // Where the 16 squares add up to so little, their roots add up to less than 2^10.
  if (__builtin_expect(ANY(!(squares <= (vector)0x1p15f)), 0)) {
    float values[LANES];
    __builtin_memcpy(values, &sum, sizeof values);
    int fits = split(values, LANES, limit, sums, sums + stride);
    __builtin_memcpy(values, &squares, sizeof values);
    return fits & split(values, LANES, limit, sums + 2 * stride, sums + 3 * stride);
  }
  fine->sum += fine_part(sum);
  fine->squares += fine_part(squares);
  fine->count++;
  return 1;
}

INLINE void add_fine(const fine_sums *fine, int64_t *sums, long stride) {
  // Casts of vectors keep the bits; integers wrap around.
  const integers rounding = (integers)(wide)ROUNDING * fine->count;
  store_integers(sums, load_integers(sums) + fine->sum - rounding);
  store_integers(sums + 2 * stride, load_integers(sums + 2 * stride) + fine->squares - rounding);
}

// One row of a tile, or what is left of it: the others are zeros.
INLINE vector row_sum(const vector x[4]) { return (x[0] + x[1]) + (x[2] + x[3]); }
INLINE vector row_squares(const vector x[4]) {
  return fused(x[3], x[3], fused(x[2], x[2], fused(x[1], x[1], x[0] * x[0])));
}

// Adds a tile that is stored, `rows` x `columns` of it inside the image; `position` and `row` are floats.
INLINE int add_stored_tile(
    const float *from, long row, long position, long rows, long columns, float limit, fine_sums *fine, int64_t *sums,
    long stride) {
  vector sum = (vector)0, squares = (vector)0;
  UNROLL for (int r = 0; r < 4; r++) {
    if (r >= rows) continue;
    vector x[4];
    UNROLL for (int p = 0; p < 4; p++) x[p] = p < columns ? load(from + r * row + p * position) : (vector)0;
    sum = r ? sum + row_sum(x) : row_sum(x);
    squares = r ? squares + row_squares(x) : row_squares(x);
  }
  return add_tile(sum, squares, limit, fine, sums, stride);
}

// Adds the tiles of up to 4 rows that are stored, one behind the other.
INLINE int add_stored_rows(
    const float *from, long row, long position, long rows, long width, float limit, fine_sums *fine, int64_t *sums,
    long stride) {
  int fits = 1;
  for (long left = 0; left < width; left += 4, from += 4 * position)
    fits &= rows == 4 && left + 4 <= width
                ? add_stored_tile(from, row, position, 4, 4, limit, fine, sums, stride)
                : add_stored_tile(from, row, position, rows, smaller(4, width - left), limit, fine, sums, stride);
  return fits;
}

static int add_statistics(
    const float *image, long height, long width, long channels, float limit, int64_t *sums) {
  const long row = width * channels;
  int fits = 1;
  for (long c = 0; c < channels; c += LANES) {
    fine_sums fine = no_sums;
    for (long top = 0; top < height; top += 4)
      fits &= add_stored_rows(
          image + top * row + c, row, channels, smaller(4, height - top), width, limit, &fine, sums + c, channels);
    add_fine(&fine, sums + c, channels);
  }
  return fits;
}
