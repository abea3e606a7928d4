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

// `count` vectors of the tile whose upper left output is (top, left). Positions beyond the image repeat the last one and are
// dropped.
INLINE int convolve_tile(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, const int count,
    const epads_inputs inputs, long top, long left, long image, fine_sums *fine) {
  enum { MOST = DIRECT_ROWS(1) };
  const int step = DIRECT_ROWS(count);
  const long rows = smaller(4, convolution->output_height - top), columns = smaller(4, convolution->output_width - left);
  const float *window = padded + top * convolution->row_step + left * convolution->column_step;
  if (inputs == EPADS_OWN_INPUTS) window += outputs->lanes[0];
  const long second = convolution->column_step * smaller(1, columns - 1),
             third = convolution->column_step * smaller(2, columns - 1),
             fourth = convolution->column_step * smaller(3, columns - 1);
  vector sum[VECTORS], squares[VECTORS];
  for (int first = 0; first < rows; first += step) {
    vector x[MOST][VECTORS][4];
    UNROLL for (int v = 0; v < count; v++) {
      const vector start = outputs[v].bias ? load(outputs[v].bias) : (vector)0;
      UNROLL for (int r = 0; r < step; r++) UNROLL for (int p = 0; p < 4; p++) x[r][v][p] = start;
    }
    const float *weights[VECTORS];
    UNROLL for (int v = 0; v < count; v++) weights[v] = outputs[v].weights;
    for (long run = 0; run < convolution->runs; run++) {
      const float *from[MOST];
      UNROLL for (int r = 0; r < step; r++)
          from[r] = window + convolution->run_offsets[run] + convolution->row_step * smaller(first + r, rows - 1);
      // Two links a round: fewer instructions beside the multiply-adds.
      _Pragma("clang loop unroll_count(2)") for (long i = 0; i < convolution->run_length; i++) {
        vector weight[VECTORS];
        UNROLL for (int v = 0; v < count; v++) {
          weight[v] = load(weights[v]);
          weights[v] += LANES;
        }
        UNROLL for (int r = 0; r < step; r++) {
          const vector factors[4] = {
              read_input(from[r], inputs, outputs->lanes), read_input(from[r] + second, inputs, outputs->lanes),
              read_input(from[r] + third, inputs, outputs->lanes), read_input(from[r] + fourth, inputs, outputs->lanes)};
          UNROLL for (int p = 0; p < 4; p++)
              UNROLL for (int v = 0; v < count; v++) x[r][v][p] = fused(factors[p], weight[v], x[r][v][p]);
          from[r]++;
          KEEP(from[r]);
        }
      }
    }
    UNROLL for (int v = 0; v < count; v++) {
      const long position = outputs[v].channels, row = outputs[v].row;
      float *to = outputs[v].data + image * outputs[v].image + (top + first) * row + left * position;
      UNROLL for (int r = 0; r < step; r++) {
        if (first + r >= rows) continue;
        UNROLL for (int p = 0; p < 4; p++) {
          if (p < columns)
            store(to + r * row + p * position, x[r][v][p]);
          else
            x[r][v][p] = (vector)0;
        }
        const vector s = row_sum(x[r][v]), q = row_squares(x[r][v]);
        sum[v] = first + r ? sum[v] + s : s;
        squares[v] = first + r ? squares[v] + q : q;
      }
    }
  }
  int fits = 1;
  UNROLL for (int v = 0; v < count; v++)
      if (outputs[v].sums)
        fits &= add_tile(sum[v], squares[v], outputs[v].limit, fine + v, outputs[v].sums, outputs[v].channels);
  return fits;
}

INLINE int convolve_vectors(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, const int count,
    const epads_inputs inputs, long image, epads_ahead *ahead) {
  int fits = 1;
  fine_sums fine[VECTORS];
  UNROLL for (int v = 0; v < count; v++) fine[v] = (fine_sums){(integers)0, (integers)0};
  for (long top = 0; top < convolution->output_height; top += 4)
    for (long left = 0; left < convolution->output_width; left += 4) {
      fits &= convolve_tile(convolution, padded, outputs, count, inputs, top, left, image, fine);
      fetch_ahead(ahead);
    }
  UNROLL for (int v = 0; v < count; v++)
      if (outputs[v].sums) add_fine(fine + v, outputs[v].sums, outputs[v].channels);
  return fits;
}

static int convolve(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, long count, long image,
    epads_ahead *ahead) {
  int fits = 1;
  const long tiles = ((convolution->output_height + 3) / 4) * ((convolution->output_width + 3) / 4);
  set_pace(ahead, tiles * ((count + VECTORS - 1) / VECTORS));
  for (long vectors; count > 0; outputs += vectors, count -= vectors) {
    if (convolution->inputs != EPADS_SHARED_INPUTS) {
      vectors = 1;
      fits &= convolution->inputs == EPADS_OWN_INPUTS
                  ? convolve_vectors(convolution, padded, outputs, 1, EPADS_OWN_INPUTS, image, ahead)
                  : convolve_vectors(convolution, padded, outputs, 1, EPADS_GROUPED_INPUTS, image, ahead);
      continue;
    }
    vectors = smaller(VECTORS, count);
    switch (vectors) {
      case 1: fits &= convolve_vectors(convolution, padded, outputs, 1, EPADS_SHARED_INPUTS, image, ahead); break;
#if VECTORS > 2
      case 2: fits &= convolve_vectors(convolution, padded, outputs, 2, EPADS_SHARED_INPUTS, image, ahead); break;
#endif
#if VECTORS > 3
      case 3: fits &= convolve_vectors(convolution, padded, outputs, 3, EPADS_SHARED_INPUTS, image, ahead); break;
#endif
      default: fits &= convolve_vectors(convolution, padded, outputs, VECTORS, EPADS_SHARED_INPUTS, image, ahead); break;
    }
  }
  return fits;
}
