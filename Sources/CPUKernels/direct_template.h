// Direct convolution: one chain an output, 4x4 outputs at a time. Part of kernels_template.h.

static void pack_direct(const float *weights, long outputs, long inputs, long area, float *packed) {
  for (long position = 0; position < area; position++)
    for (long input = 0; input < inputs; input++)
      for (long lane = 0; lane < LANES; lane++)
        *packed++ = lane < outputs ? weights[(lane * inputs + input) * area + position] : 0;
}

// What a link of a chain multiplies the weights with.
INLINE vector read_input(const float *from, const epads_inputs inputs, const long *lanes) {
  if (inputs == EPADS_SHARED_INPUTS) return (vector)*from;
  if (inputs == EPADS_OWN_INPUTS) return load(from);
  vector values;
  UNROLL for (int lane = 0; lane < LANES; lane++) values[lane] = from[lanes[lane]];
  return values;
}

// The sums of `step` rows of 4 outputs, `count` vectors each.
typedef struct {
  vector x[DIRECT_ROWS(1) > 2 ? DIRECT_ROWS(1) : 2][4][VECTORS];
} row_sums;

// Adds a link to the chains. Moves on to the next: `from`, where every row reads, and the weights.
INLINE void add_link(
    const epads_inputs inputs, const int step, const int count, const long across[4], const long *lanes,
    const float *from[DIRECT_ROWS(1)], const float *weights[VECTORS], row_sums *sums) {
  vector weight[VECTORS];
  UNROLL for (int v = 0; v < count; v++) {
    weight[v] = load(weights[v]);
    weights[v] += LANES;
  }
  UNROLL for (int r = 0; r < step; r++) {
    UNROLL for (int p = 0; p < 4; p++) {
      const vector factor = read_input(from[r] + across[p], inputs, lanes);
      UNROLL for (int v = 0; v < count; v++) sums->x[r][p][v] = fused(factor, weight[v], sums->x[r][p][v]);
    }
    from[r]++;
    KEEP(from[r]);
  }
}

// `step` rows of 4 outputs of any convolution, `count` vectors each.
INLINE void convolve_any_rows(
    const epads_convolution *convolution, const float *window, const epads_inputs inputs, const int step, const int count,
    const long across[4], const long *lanes, long first, long rows, const float *weights[VECTORS], row_sums *sums) {
  for (long run = 0; run < convolution->runs; run++) {
    const float *from[DIRECT_ROWS(1)];
    UNROLL for (int r = 0; r < step; r++)
        from[r] = window + convolution->run_offsets[run] + convolution->row_step * smaller(first + r, rows - 1);
    if (inputs == EPADS_OWN_INPUTS) {
      // One link a run.
      add_link(inputs, step, count, across, lanes, from, weights, sums);
      continue;
    }
    // Several links a round: fewer instructions beside the multiply-adds.
    _Pragma("clang loop unroll_count(2)") for (long i = 0; i < convolution->run_length; i++)
        add_link(inputs, step, count, across, lanes, from, weights, sums);
  }
}

// What is known of a depthwise convolution when the loop is compiled: columns of its kernel (0 where nothing is known), and
// what one column and one output are from the next, in the smaller of the two.
typedef struct {
  int width, dilation, stride;
} known_kernel;

static const known_kernel any_kernel = {0, 0, 0};
enum { MOST_COLUMNS = 7 };

// Two rows of 4 outputs of a depthwise convolution: each input is read once for all outputs of a row that it is a part of.
INLINE void convolve_known_rows(
    const epads_convolution *convolution, const float *window, const float *weights, const known_kernel kernel,
    row_sums *sums) {
  const long step = kernel.stride == 1 ? convolution->column_step : convolution->kernel_step;
  for (long run = 0; run < convolution->runs; run += kernel.width) {
    vector weight[MOST_COLUMNS];
    UNROLL for (int s = 0; s < kernel.width; s++) {
      weight[s] = load(weights);
      weights += LANES;
    }
    UNROLL for (int r = 0; r < 2; r++) {
      const float *from = window + convolution->run_offsets[run] + r * convolution->row_step;
      UNROLL for (int i = 0; i < 1 + 3 * kernel.stride + kernel.dilation * (kernel.width - 1); i++) {
        const vector input = load(from);
        from += step;
        // Ascending for each output, as its chain goes.
        UNROLL for (int s = 0; s < kernel.width; s++) {
          const int offset = i - kernel.dilation * s;
          if (offset < 0 || offset % kernel.stride || offset / kernel.stride > 3) continue;
          vector *sum = &sums->x[r][offset / kernel.stride][0];
          *sum = fused(input, weight[s], *sum);
        }
      }
    }
  }
}

// `count` vectors of the tile whose upper left output is (top, left). Positions beyond the image repeat the last one and are
// dropped; a whole tile has none.
INLINE int convolve_tile(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, const int count,
    const epads_inputs inputs, const known_kernel kernel, const int is_whole, long top, long left, long image,
    fine_sums *fine) {
  const int is_known = kernel.width > 0 && is_whole;
  const int step = is_known ? 2 : DIRECT_ROWS(count);
  const long rows = is_whole ? 4 : smaller(4, convolution->output_height - top);
  const long columns = is_whole ? 4 : smaller(4, convolution->output_width - left);
  const float *window = padded + top * convolution->row_step + left * convolution->column_step;
  if (inputs == EPADS_OWN_INPUTS) window += outputs->lanes[0];
  long across[4];
  UNROLL for (int p = 0; p < 4; p++) across[p] = convolution->column_step * smaller(p, columns - 1);
  const long *const lanes = outputs->lanes;
  float *to[VECTORS];
  long row[VECTORS], position[VECTORS];
  UNROLL for (int v = 0; v < count; v++) {
    row[v] = outputs[v].row;
    position[v] = outputs[v].channels;
    to[v] = outputs[v].data + image * outputs[v].image + top * row[v] + left * position[v];
  }
  UNROLL for (int first = 0; first < 4; first += step) {
    if (first >= rows) continue;
    row_sums sums;
    const float *weights[VECTORS];
    UNROLL for (int v = 0; v < count; v++) {
      const vector start = outputs[v].bias ? load(outputs[v].bias) : (vector)0;
      UNROLL for (int r = 0; r < step; r++) UNROLL for (int p = 0; p < 4; p++) sums.x[r][p][v] = start;
      weights[v] = outputs[v].weights;
    }
    if (is_known)
      convolve_known_rows(convolution, window + first * convolution->row_step, weights[0], kernel, &sums);
    else
      convolve_any_rows(
          convolution, window, inputs, step, count, across, lanes, first, rows, weights, &sums);
    UNROLL for (int v = 0; v < count; v++)
        UNROLL for (int r = 0; r < step; r++)
            UNROLL for (int p = 0; p < 4; p++)
      if (first + r < rows && p < columns) store(to[v] + (first + r) * row[v] + p * position[v], sums.x[r][p][v]);
  }
  int fits = 1;
  UNROLL for (int v = 0; v < count; v++) {
    if (!outputs[v].sums) continue;
    // Read back from the nearest cache, so that they are in no register's way before.
    fits &= add_stored_tile(
        to[v], row[v], position[v], rows, columns, outputs[v].limit, fine + v, outputs[v].sums, outputs[v].channels);
  }
  return fits;
}

INLINE int convolve_vectors(
    const epads_convolution *shared, const float *padded, const epads_output *outputs, const int count,
    const epads_inputs inputs, const known_kernel kernel, long image, epads_ahead *ahead) {
  // Read once: as far as the compiler knows, what a tile stores might be this.
  const epads_convolution own = *shared, *const convolution = &own;
  int fits = 1;
  fine_sums fine[VECTORS];
  UNROLL for (int v = 0; v < count; v++) fine[v] = no_sums;
  for (long top = 0; top < convolution->output_height; top += 4)
    for (long left = 0; left < convolution->output_width; left += 4) {
      fits &= top + 4 <= convolution->output_height && left + 4 <= convolution->output_width
                  ? convolve_tile(convolution, padded, outputs, count, inputs, kernel, 1, top, left, image, fine)
                  : convolve_tile(convolution, padded, outputs, count, inputs, kernel, 0, top, left, image, fine);
      fetch_ahead(ahead);
    }
  UNROLL for (int v = 0; v < count; v++)
      if (outputs[v].sums) add_fine(fine + v, outputs[v].sums, outputs[v].channels);
  return fits;
}

// A vector of a depthwise convolution, by the loop for its kernel.
INLINE int convolve_depthwise(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, long image, epads_ahead *ahead) {
#define DEPTHWISE(...) \
  convolve_vectors(convolution, padded, outputs, 1, EPADS_OWN_INPUTS, (known_kernel){__VA_ARGS__}, image, ahead)
  const long width = convolution->kernel_width;
  if (convolution->kernel_step == convolution->column_step) {
    if (width == 3) return DEPTHWISE(3, 1, 1);
    if (width == 5) return DEPTHWISE(5, 1, 1);
    if (width == 7) return DEPTHWISE(7, 1, 1);
  } else if (convolution->kernel_step == 2 * convolution->column_step) {
    if (width == 3) return DEPTHWISE(3, 2, 1);
    if (width == 5) return DEPTHWISE(5, 2, 1);
  } else if (convolution->column_step == 2 * convolution->kernel_step) {
    if (width == 3) return DEPTHWISE(3, 1, 2);
    if (width == 5) return DEPTHWISE(5, 1, 2);
    if (width == 7) return DEPTHWISE(7, 1, 2);
  }
  return DEPTHWISE(0, 0, 0);
#undef DEPTHWISE
}

static int convolve(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, long count, long image,
    epads_ahead *ahead) {
  int fits = 1;
  const long tiles = ((convolution->output_height + 3) / 4) * ((convolution->output_width + 3) / 4);
  set_pace(ahead, tiles * ((count + VECTORS - 1) / VECTORS));
#define DENSE(vectors) \
  convolve_vectors(convolution, padded, outputs, vectors, EPADS_SHARED_INPUTS, any_kernel, image, ahead)
  for (long vectors; count > 0; outputs += vectors, count -= vectors) {
    if (convolution->inputs != EPADS_SHARED_INPUTS) {
      vectors = 1;
      fits &= convolution->inputs == EPADS_OWN_INPUTS
                  ? convolve_depthwise(convolution, padded, outputs, image, ahead)
                  : convolve_vectors(convolution, padded, outputs, 1, EPADS_GROUPED_INPUTS, any_kernel, image, ahead);
      continue;
    }
    vectors = smaller(VECTORS, count);
    switch (vectors) {
      case 1: fits &= DENSE(1); break;
#if VECTORS > 2
      case 2: fits &= DENSE(2); break;
#endif
#if VECTORS > 3
      case 3: fits &= DENSE(3); break;
#endif
      default: fits &= DENSE(VECTORS); break;
    }
  }
#undef DENSE
  return fits;
}
