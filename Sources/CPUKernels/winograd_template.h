// Winograd's F(4x4, 3x3), Docs/Numerics.md. Part of kernels_template.h.

// The maps of the contract, each on six (or three) vectors.

INLINE void transform_filter(const wide g[3], wide u[6]) {
  const wide a = g[0] + g[2], b = g[0] + 4.0 * g[2], twice = 2.0 * g[1];
  u[0] = g[0] / 4.0;
  u[1] = -(a + g[1]) / 6.0;
  u[2] = (g[1] - a) / 6.0;
  u[3] = (b + twice) / 24.0;
  u[4] = (b - twice) / 24.0;
  u[5] = g[2];
}

INLINE void transform_input(vector d[6]) {
  const vector two = (vector)2.0f, four = (vector)4.0f, five = (vector)5.0f;
  const vector a = fused(-four, d[2], d[4]), b = fused(-four, d[1], d[3]), c = d[4] - d[2], e = d[3] - d[1];
  const vector first = fused(four, d[0], fused(-five, d[2], d[4])), last = fused(four, d[1], fused(-five, d[3], d[5]));
  d[0] = first;
  d[1] = a + b;
  d[2] = a - b;
  d[3] = fused(two, e, c);
  d[4] = fused(-two, e, c);
  d[5] = last;
}

INLINE void transform_output(const vector m[6], vector y[4]) {
  const vector s = m[1] + m[2], d = m[1] - m[2], wide_s = m[3] + m[4], wide_d = m[3] - m[4];
  y[0] = (m[0] + s) + wide_s;
  y[1] = fused((vector)2.0f, wide_d, d);
  y[2] = fused((vector)4.0f, wide_s, s);
  y[3] = fused((vector)8.0f, wide_d, d) + m[5];
}

static void pack_winograd(const float *weights, long outputs, long inputs, float *packed) {
  for (long input = 0; input < inputs; input++) {
    wide g[3][3], rows[6][3];  // g[column][row]
    for (int k = 0; k < 9; k++) {
      double lanes[LANES];
      for (long lane = 0; lane < LANES; lane++)
        lanes[lane] = lane < outputs ? (double)weights[(lane * inputs + input) * 9 + k] : 0;
      __builtin_memcpy(&g[k % 3][k / 3], lanes, sizeof lanes);
    }
    for (int column = 0; column < 3; column++) {
      wide u[6];
      transform_filter(g[column], u);
      for (int i = 0; i < 6; i++) rows[i][column] = u[i];
    }
    for (int i = 0; i < 6; i++) {
      wide u[6];
      transform_filter(rows[i], u);
      for (int j = 0; j < 6; j++)
        store(packed + ((i * 6 + j) * inputs + input) * LANES, __builtin_convertvector(u[j], vector));
    }
  }
}

// The second transform of a window, whose columns have had the first.
INLINE void transform_rows(const vector columns[6][6], float *to, long stride) {
  UNROLL for (int i = 0; i < 6; i++) {
    vector d[6];
    UNROLL for (int j = 0; j < 6; j++) d[j] = columns[j][i];
    transform_input(d);
    UNROLL for (int j = 0; j < 6; j++) store(to + (i * 6 + j) * stride, d[j]);
  }
}

// Tiles side by side that are transformed at once.
enum { TILES_ACROSS = 8 };

// The 6x6 windows of up to TILES_ACROSS tiles side by side into `tiles`, whose 36 positions are `stride` apart. A
// window does not fit 16 registers: then the two columns that neighbours share are transformed once.
static __attribute__((noinline)) void transform_tiles(
    const float *window, long row, long channels, long count, float *tiles, long stride) {
#if REGISTERS < 32
  vector columns[4 * TILES_ACROSS + 2][6];
  for (long c = 0; c < channels; c += LANES) {
    for (long x = 0; x < 4 * count + 2; x++) {
      UNROLL for (int i = 0; i < 6; i++) columns[x][i] = load(window + i * row + x * channels + c);
      transform_input(columns[x]);
    }
    for (long t = 0; t < count; t++) transform_rows(columns + 4 * t, tiles + t * channels + c, stride);
  }
#else
  // Most of a window stays in registers: stores cost more than the columns.
  for (long t = 0; t < count; t++)
    for (long c = 0; c < channels; c += LANES) {
      vector columns[6][6];
      UNROLL for (int x = 0; x < 6; x++) {
        UNROLL for (int i = 0; i < 6; i++) columns[x][i] = load(window + i * row + (4 * t + x) * channels + c);
        transform_input(columns[x]);
      }
      transform_rows(columns, tiles + t * channels + c, stride);
    }
#endif
}

// TILE_GROUP tiles times `count` vectors of filters, at one position.
INLINE void multiply_group(
    const float *tiles, long channels, long input_channels, const float *const weights[VECTORS], const int count,
    float *products, long width) {
  vector m[TILE_GROUP][VECTORS];
  UNROLL for (int t = 0; t < TILE_GROUP; t++) UNROLL for (int v = 0; v < count; v++) m[t][v] = (vector)0;
  // One pointer for four tiles, so that all stay in registers.
  const float *from[(TILE_GROUP + 3) / 4], *filters[VECTORS];
  UNROLL for (int t = 0; t < TILE_GROUP; t += 4) from[t / 4] = tiles + t * channels;
  UNROLL for (int v = 0; v < count; v++) filters[v] = weights[v];
  const long steps[4] = {0, channels, 2 * channels, 3 * channels};
  _Pragma("clang loop unroll_count(4)") for (long c = 0; c < input_channels; c++) {
    vector weight[VECTORS];
    UNROLL for (int v = 0; v < count; v++) {
      weight[v] = load(filters[v]);
      filters[v] += LANES;
    }
    UNROLL for (int t = 0; t < TILE_GROUP; t++) {
      const vector input = (vector)from[t / 4][steps[t % 4]];
      UNROLL for (int v = 0; v < count; v++) m[t][v] = fused(input, weight[v], m[t][v]);
    }
    UNROLL for (int t = 0; t < TILE_GROUP; t += 4) {
      from[t / 4]++;
      KEEP(from[t / 4]);
    }
  }
  UNROLL for (int t = 0; t < TILE_GROUP; t++)
      UNROLL for (int v = 0; v < count; v++) store(products + t * width + v * LANES, m[t][v]);
}

INLINE void multiply_vectors(
    const float *tiles, long count_tiles, long channels, long input_channels, const epads_output *outputs,
    const int count,
    long position, float *products, long width) {
  const float *weights[VECTORS];
  UNROLL for (int v = 0; v < count; v++) weights[v] = outputs[v].weights + position * input_channels * LANES;
  for (long t = 0; t < count_tiles; t += TILE_GROUP)
    multiply_group(tiles + t * channels, channels, input_channels, weights, count, products + t * width, width);
}

// The products of all 36 positions, for `count` vectors of output channels.
INLINE void multiply_tiles(
    const epads_winograd *convolution, const float *tiles, long tile_stride, long count_tiles,
    const epads_output *outputs,
    long count, float *products, long product_stride, long channels, epads_prefetch *prefetch) {
  const long width = convolution->vectors * LANES, inputs = convolution->input_channels;
  for (long position = 0; position < 36; position++) {
    const float *from = tiles + position * tile_stride;
    float *to = products + position * product_stride;
    prefetch_next(prefetch);
    for (long v = 0; v < count; v += VECTORS) {
      float *part = to + v * LANES;
      switch (smaller(VECTORS, count - v)) {
        case 1: multiply_vectors(from, count_tiles, channels, inputs, outputs + v, 1, position, part, width); break;
#if VECTORS > 2
        case 2: multiply_vectors(from, count_tiles, channels, inputs, outputs + v, 2, position, part, width); break;
#endif
#if VECTORS > 3
        case 3: multiply_vectors(from, count_tiles, channels, inputs, outputs + v, 3, position, part, width); break;
#endif
        default:
          multiply_vectors(from, count_tiles, channels, inputs, outputs + v, VECTORS, position, part, width);
          break;
      }
    }
  }
}

// The outputs of one tile, `rows` x `columns` of them inside the image, and its statistics.
INLINE int finish_tile(
    const float *products, long stride, const epads_output *output, float *to, long row, const long rows,
    const long columns,
    fine_sums *fine) {
  vector t[4][6];  // [row][column]
  UNROLL for (int j = 0; j < 6; j++) {
    vector m[6], y[4];
    UNROLL for (int i = 0; i < 6; i++) m[i] = load(products + (i * 6 + j) * stride);
    transform_output(m, y);
    UNROLL for (int i = 0; i < 4; i++) t[i][j] = y[i];
  }
  vector sum = (vector)0, squares = (vector)0;
  const long position = output->channels;
#if REGISTERS < 32
  // A loop, or the compiler would put off the columns' transforms and keep more of their parts than there are
  // registers.
  _Pragma("clang loop unroll(disable)")
#else
  UNROLL
#endif
  for (int i = 0; i < 4; i++, to += row) {
    if (i >= rows) continue;
    vector y[4];
    transform_output(t[i], y);
    if (output->bias) UNROLL for (int j = 0; j < 4; j++) y[j] += load(output->bias);
    UNROLL for (int j = 0; j < 4; j++) {
      if (j < columns)
        store(to + j * position, y[j]);
      else
        y[j] = (vector)0;
    }
    sum = i ? sum + row_sum(y) : row_sum(y);
    squares = i ? squares + row_squares(y) : row_squares(y);
  }
  return output->sums ? add_tile(sum, squares, output->limit, fine, output->sums, position) : 1;
}

// Where a tile lies.
typedef struct {
  long image, row, column;
} tile_place;

INLINE void move_on(tile_place *place, long rows, long columns) {
  if (++place->column < columns) return;
  place->column = 0;
  if (++place->row < rows) return;
  place->row = 0;
  place->image++;
}

// The outputs of `count_tiles` tiles of a vector, from their products on.
INLINE int finish_tiles(
    const epads_winograd *convolution, const float *products, long width, long stride, const epads_output *output,
    long image, tile_place place, long rows, long columns, long count_tiles) {
  int fits = 1;
  fine_sums fine = no_sums;
  for (long t = 0; t < count_tiles; t++, products += width, move_on(&place, rows, columns)) {
    const long top = 4 * place.row, left = 4 * place.column, row = output->row;
    float *to = output->data + (image + place.image) * output->image + top * row + left * output->channels;
    const long inside_rows = smaller(4, convolution->output_height - top);
    const long inside_columns = smaller(4, convolution->output_width - left);
    fits &= inside_rows == 4 && inside_columns == 4
                ? finish_tile(products, stride, output, to, row, 4, 4, &fine)
                : finish_tile(products, stride, output, to, row, inside_rows, inside_columns, &fine);
  }
  if (output->sums) add_fine(&fine, output->sums, output->channels);
  return fits;
}

static int convolve_winograd(
    const epads_winograd *convolution, const float *padded, const epads_output *outputs, long count, long image,
    epads_prefetch *prefetch) {
  const long rows = (convolution->output_height + 3) / 4, columns = (convolution->output_width + 3) / 4;
  const long total = convolution->images * rows * columns;
  const long width = convolution->vectors * LANES, channels = convolution->channels;
  const long tile_stride = convolution->tiles * channels + 16, product_stride = convolution->tiles * width + 16;
  float *tiles = convolution->scratch, *products = tiles + 36 * tile_stride;
  const long rounds = (total + convolution->tiles - 1) / convolution->tiles;
  set_pace(prefetch, 36 * rounds * ((count + convolution->vectors - 1) / convolution->vectors));
  int fits = 1;
  for (long first = 0; first < total; first += convolution->tiles) {
    const long count_tiles = smaller(convolution->tiles, total - first);
    const tile_place place = {first / (rows * columns), first / columns % rows, first % columns};
    tile_place next = place;
    for (long t = 0, across; t < count_tiles; t += across) {
      const float *window = padded + next.image * convolution->padded_image +
                            next.row * 4 * convolution->padded_row + next.column * 4 * channels;
      across = smaller(TILES_ACROSS, smaller(columns - next.column, count_tiles - t));
      transform_tiles(window, convolution->padded_row, channels, across, tiles + t * channels, tile_stride);
      next.column += across - 1;
      move_on(&next, rows, columns);
    }
    for (long v = 0; v < count; v += convolution->vectors) {
      const long vectors = smaller(convolution->vectors, count - v);
      multiply_tiles(
          convolution, tiles, tile_stride, count_tiles, outputs + v, vectors, products, product_stride, channels,
          prefetch);
      for (long o = 0; o < vectors; o++)
        fits &= finish_tiles(
            convolution, products + o * LANES, width, product_stride, outputs + v + o, image, place, rows, columns,
            count_tiles);
    }
  }
  return fits;
}
