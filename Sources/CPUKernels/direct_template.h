// Direct convolution: one chain an output, 4x4 outputs at a time. Part of kernels_template.h.

static void pack_direct(const float *weights, long outputs, long inputs, long area, float *packed) {
  for (long position = 0; position < area; position++)
    for (long input = 0; input < inputs; input++)
      for (long lane = 0; lane < LANES; lane++)
        *packed++ = lane < outputs ? weights[(lane * inputs + input) * area + position] : 0;
}

// What a link of a chain multiplies the weights with.
INLINE vector read_input(const float *from, const epads_inputs inputs, const long *lane_inputs) {
  if (inputs == EPADS_SHARED_INPUTS) return (vector)*from;
  if (inputs == EPADS_OWN_INPUTS) return load(from);
  vector values;
  UNROLL for (int lane = 0; lane < LANES; lane++) values[lane] = from[lane_inputs[lane]];
  return values;
}

// The sums of rows of 4 outputs of a vector.
typedef struct {
  vector x[DIRECT_ROWS > 2 ? DIRECT_ROWS : 2][4];
} row_sums;

// Rows of 4 outputs of any convolution: DIRECT_ROWS of them.
INLINE void convolve_any_rows(
    const epads_convolution *convolution, const float *window, const epads_inputs inputs, const long across[4],
    const long *lane_inputs, long first, long rows, const float *weights, row_sums *sums) {
  const long length = inputs == EPADS_OWN_INPUTS ? 1 : convolution->run_length;
  for (long run = 0; run < convolution->runs; run++) {
    const float *from[DIRECT_ROWS];
    UNROLL for (int r = 0; r < DIRECT_ROWS; r++)
        from[r] = window + convolution->run_offsets[run] + convolution->row_step * smaller(first + r, rows - 1);
    // Several links a round: fewer instructions beside the multiply-adds.
    _Pragma("clang loop unroll_count(2)") for (long i = 0; i < length; i++) {
      const vector weight = load(weights);
      weights += LANES;
      UNROLL for (int r = 0; r < DIRECT_ROWS; r++) {
        UNROLL for (int p = 0; p < 4; p++)
          sums->x[r][p] = fused(read_input(from[r] + across[p], inputs, lane_inputs), weight, sums->x[r][p]);
        from[r]++;
        KEEP(from[r]);
      }
    }
  }
}

#include "grouped_template.h"

// What is known of a depthwise convolution when the loop is compiled: columns of its kernel (0 where nothing is known),
// and what one column and one output are from the next, in the smaller of the two.
typedef struct {
  int width, dilation, stride;
} known_kernel;

static const known_kernel any_kernel = {0, 0, 0};
enum { MOST_COLUMNS = 7 };

// Two rows of 4 outputs of a depthwise convolution: each input is read once for all outputs of a row that it is a part
// of.
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
          vector *sum = &sums->x[r][offset / kernel.stride];
          *sum = fused(input, weight[s], *sum);
        }
      }
    }
  }
}

// The tile of a vector whose upper left output is (top, left). Positions beyond the image repeat the last one and are
// dropped; a whole tile has none.
INLINE int convolve_tile(
    const epads_convolution *convolution, const float *padded, const epads_output *output, const epads_inputs inputs,
    const int size, const known_kernel kernel, const int is_whole, long top, long left, long image, fine_sums *fine) {
  const int is_known = kernel.width > 0 && is_whole;
  const int step = is_known ? 2 : DIRECT_ROWS;
  const long rows = is_whole ? 4 : smaller(4, convolution->output_height - top);
  const long columns = is_whole ? 4 : smaller(4, convolution->output_width - left);
  const float *window = padded + top * convolution->row_step + left * convolution->column_step;
  if (inputs == EPADS_OWN_INPUTS || size) window += output->lane_inputs[0];
  long across[4];
  UNROLL for (int p = 0; p < 4; p++) across[p] = convolution->column_step * smaller(p, columns - 1);
  const long row = output->row, position = output->channels;
  float *to = output->data + image * output->image + top * row + left * position;
  const vector bias = output->bias ? load(output->bias) : (vector)0;
  UNROLL for (int first = 0; first < 4; first += step) {
    if (first >= rows) continue;
    row_sums sums;
    UNROLL for (int r = 0; r < step; r++) UNROLL for (int p = 0; p < 4; p++) sums.x[r][p] = (vector)0;
    if (is_known)
      convolve_known_rows(convolution, window + first * convolution->row_step, output->weights, kernel, &sums);
    else if (size)
      convolve_grouped_rows(convolution, window, size, across, first, rows, output->weights, &sums);
    else
      convolve_any_rows(
          convolution, window, inputs, across, output->lane_inputs, first, rows, output->weights, &sums);
    UNROLL for (int r = 0; r < step; r++) UNROLL for (int p = 0; p < 4; p++)
      if (first + r < rows && p < columns) store(to + (first + r) * row + p * position, sums.x[r][p] + bias);
  }
  if (!output->sums) return 1;
  // Read back from the nearest cache, so that they are in no register's way before.
  return add_stored_tile(to, row, position, rows, columns, output->limit, fine, output->sums, position);
}

// A vector of any convolution, tile by tile. `size`: of groups whose inputs a vector loads as they lie, else 0.
INLINE int convolve_vector(
    const epads_convolution *shared, const float *padded, const epads_output *output, const epads_inputs inputs,
    const int size, const known_kernel kernel, long image, epads_prefetch *prefetch) {
  // Read once: as far as the compiler knows, what a tile stores might be this.
  const epads_convolution own = *shared, *const convolution = &own;
  int fits = 1;
  fine_sums fine = no_sums;
  for (long top = 0; top < convolution->output_height; top += 4)
    for (long left = 0; left < convolution->output_width; left += 4) {
      fits &= top + 4 <= convolution->output_height && left + 4 <= convolution->output_width
                  ? convolve_tile(convolution, padded, output, inputs, size, kernel, 1, top, left, image, &fine)
                  : convolve_tile(convolution, padded, output, inputs, size, kernel, 0, top, left, image, &fine);
      prefetch_next(prefetch);
    }
  if (output->sums) add_fine(&fine, output->sums, output->channels);
  return fits;
}

#if VECTORS > 1

// Where a dense convolution puts its outputs: `count` vectors, each at a position and floats from it to the next.
typedef struct {
  const float *weights[VECTORS];
  vector bias[VECTORS];
  float *to[VECTORS];
  long position[VECTORS];
} vector_targets;

// `positions` outputs side by side of `count` vectors, `rest` of them inside the row: those beyond repeat the last one
// and are dropped. `is_single`: the chain is one run, as that of a 1x1 kernel is.
INLINE void convolve_positions(
    const epads_convolution *convolution, const float *window, const int is_single, const int positions,
    const int count,
    long rest, const vector_targets *targets) {
  // One pointer for so many positions, so that all stay in registers.
  const int share = positions % 4 ? 3 : 4;
  vector sums[POSITIONS][VECTORS];
  const float *weights[VECTORS];
  UNROLL for (int v = 0; v < count; v++) {
    weights[v] = targets->weights[v];
    UNROLL for (int p = 0; p < positions; p++) sums[p][v] = (vector)0;
  }
  long steps[4];
  UNROLL for (int p = 0; p < share; p++) steps[p] = convolution->column_step * smaller(p, rest - 1);
  const long runs = is_single ? 1 : convolution->runs;
  for (long run = 0; run < runs; run++) {
    const float *from[(POSITIONS + 2) / 3];
    UNROLL for (int p = 0; p < positions; p += share)
      from[p / share] = window + convolution->run_offsets[run] + p * convolution->column_step;
    // Several links a round: fewer instructions beside the multiply-adds.
    _Pragma("clang loop unroll_count(4)") for (long i = 0; i < convolution->run_length; i++) {
      vector weight[VECTORS];
      UNROLL for (int v = 0; v < count; v++) {
        weight[v] = load(weights[v]);
        weights[v] += LANES;
      }
      UNROLL for (int p = 0; p < positions; p++) {
        const vector input = (vector)from[p / share][steps[p % share]];
        UNROLL for (int v = 0; v < count; v++) sums[p][v] = fused(input, weight[v], sums[p][v]);
      }
      UNROLL for (int p = 0; p < positions; p += share) {
        from[p / share]++;
        KEEP(from[p / share]);
      }
    }
  }
  UNROLL for (int v = 0; v < count; v++) UNROLL for (int p = 0; p < positions; p++)
    if (p < rest) store(targets->to[v] + p * targets->position[v], sums[p][v] + targets->bias[v]);
}

// `width` outputs side by side.
INLINE void convolve_row(
    const epads_convolution *convolution, const float *window, long width, const int is_single, const int count,
    vector_targets targets, epads_prefetch *prefetch) {
  long rest = width;
#define ROUND(positions, inside) \
  do { \
    convolve_positions(convolution, window, is_single, positions, count, inside, &targets); \
    prefetch_next(prefetch); \
    rest -= positions; \
    window += positions * convolution->column_step; \
    UNROLL for (int v = 0; v < count; v++) targets.to[v] += positions * targets.position[v]; \
  } while (0)
  // Not where two rounds of 4 do it.
  while (rest == POSITIONS || rest > 8) ROUND(POSITIONS, POSITIONS);
  while (rest >= 4) ROUND(4, 4);
  if (rest > 0) ROUND(4, rest);
#undef ROUND
}

// `count` vectors of a dense convolution, 4 rows at a time.
INLINE int convolve_vectors(
    const epads_convolution *shared, const float *padded, const epads_output *outputs, const int count, long image,
    epads_prefetch *prefetch) {
  const epads_convolution own = *shared, *const convolution = &own;
  const long width = convolution->output_width, height = convolution->output_height;
  vector_targets targets;
  fine_sums fine[VECTORS];
  // Whether a row begins where the one before it ends.
  int are_joined = convolution->row_step == width * convolution->column_step;
  UNROLL for (int v = 0; v < count; v++) {
    fine[v] = no_sums;
    targets.weights[v] = outputs[v].weights;
    targets.bias[v] = outputs[v].bias ? load(outputs[v].bias) : (vector)0;
    targets.position[v] = outputs[v].channels;
    are_joined &= outputs[v].row == width * outputs[v].channels;
  }
  int fits = 1;
  for (long top = 0; top < height; top += 4) {
    const long rows = smaller(4, height - top), rows_at_once = are_joined ? rows : 1;
    for (long y = top; y < top + rows; y += rows_at_once) {
      UNROLL for (int v = 0; v < count; v++)
        targets.to[v] = outputs[v].data + image * outputs[v].image + y * outputs[v].row;
      const float *window = padded + y * convolution->row_step;
      if (convolution->runs == 1)
        convolve_row(convolution, window, rows_at_once * width, 1, count, targets, prefetch);
      else
        convolve_row(convolution, window, rows_at_once * width, 0, count, targets, prefetch);
    }
    // Read back from the nearest cache, so that they are in no register's way before.
    UNROLL for (int v = 0; v < count; v++) {
      const epads_output *output = outputs + v;
      if (!output->sums) continue;
      fits &= add_stored_rows(
          output->data + image * output->image + top * output->row, output->row, targets.position[v], rows, width,
          output->limit, fine + v, output->sums, targets.position[v]);
    }
  }
  UNROLL for (int v = 0; v < count; v++)
      if (outputs[v].sums) add_fine(fine + v, outputs[v].sums, outputs[v].channels);
  return fits;
}

#endif

// A vector of a depthwise convolution, by the loop for its kernel.
INLINE int convolve_depthwise(
    const epads_convolution *convolution, const float *padded, const epads_output *output, long image,
    epads_prefetch *prefetch) {
#define DEPTHWISE(...) \
  convolve_vector(convolution, padded, output, EPADS_OWN_INPUTS, 0, (known_kernel){__VA_ARGS__}, image, prefetch)
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

// Vectors of a dense convolution; returns how many.
INLINE long convolve_dense(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, long count, long image,
    epads_prefetch *prefetch, int *fits) {
  switch (smaller(VECTORS, count)) {
#if VECTORS > 2
    case 3: *fits &= convolve_vectors(convolution, padded, outputs, 3, image, prefetch); return 3;
#endif
#if VECTORS > 1
    case 2: *fits &= convolve_vectors(convolution, padded, outputs, 2, image, prefetch); return 2;
#endif
    default:
      *fits &= convolve_vector(convolution, padded, outputs, EPADS_SHARED_INPUTS, 0, any_kernel, image, prefetch);
      return 1;
  }
}

// Whether lane l of a vector reads from `size` inputs that begin at the multiple of `size` below l.
INLINE int lies_in_groups(const long *lane_inputs, long run_length, const int size) {
  if (run_length != size || LANES % size != 0) return 0;
  for (int lane = 0; lane < LANES; lane++)
    if (lane_inputs[lane] != lane_inputs[0] + lane / size * size) return 0;
  return 1;
}

// A vector of a grouped convolution, by the loop for its groups.
INLINE int convolve_grouped(
    const epads_convolution *convolution, const float *padded, const epads_output *output, long image,
    epads_prefetch *prefetch) {
  const long *lane_inputs = output->lane_inputs;
  // All lanes of one group: a dense convolution of its channels.
  if (lane_inputs[0] == lane_inputs[LANES - 1]) {
#if VECTORS > 1
    return convolve_vectors(convolution, padded + lane_inputs[0], output, 1, image, prefetch);
#else
    return convolve_vector(
        convolution, padded + lane_inputs[0], output, EPADS_SHARED_INPUTS, 0, any_kernel, image, prefetch);
#endif
  }
  if (lies_in_groups(lane_inputs, convolution->run_length, 4))
    return convolve_vector(convolution, padded, output, EPADS_GROUPED_INPUTS, 4, any_kernel, image, prefetch);
#if LANES > 8
  if (lies_in_groups(lane_inputs, convolution->run_length, 8))
    return convolve_vector(convolution, padded, output, EPADS_GROUPED_INPUTS, 8, any_kernel, image, prefetch);
#endif
  return convolve_vector(convolution, padded, output, EPADS_GROUPED_INPUTS, 0, any_kernel, image, prefetch);
}

static int convolve(
    const epads_convolution *convolution, const float *padded, const epads_output *outputs, long count, long image,
    epads_prefetch *prefetch) {
  int fits = 1;
  const long height = convolution->output_height, width = convolution->output_width;
  set_pace(
      prefetch, VECTORS > 1 && convolution->inputs == EPADS_SHARED_INPUTS
                 ? (count + VECTORS - 1) / VECTORS * (height * width / POSITIONS)
                 : count * ((height + 3) / 4) * ((width + 3) / 4));
  for (const epads_output *output = outputs; output < outputs + count;) switch (convolution->inputs) {
      case EPADS_SHARED_INPUTS:
        output += convolve_dense(convolution, padded, output, outputs + count - output, image, prefetch, &fits);
        break;
      case EPADS_OWN_INPUTS: fits &= convolve_depthwise(convolution, padded, output++, image, prefetch); break;
      case EPADS_GROUPED_INPUTS:
        fits &= convolve_grouped(convolution, padded, output++, image, prefetch);
        break;
    }
  return fits;
}
