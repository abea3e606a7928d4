// Direct convolution: one chain of fma per output over (kernel row, kernel column, input channel). Padded channels have
// weight 0 and value 0, which changes no sum.

// For GPUs: a work-group makes TILE_PIXELS x TILE_CHANNELS outputs, a work-item 8 channels of a row of a 4x4 tile in
// registers. Nothing is staged: work-items that share inputs or weights are neighbours, whose loads are one.
#ifdef TILED

#define TILES (TILE_PIXELS / 16)
#define COLUMNS (TILE_CHANNELS / 8)
#define GROUP (TILE_PIXELS / 4 * COLUMNS)

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void convolve(
    __global float *arena, ulong input_place, __global const float *restrict weights, ulong weight_place,
    __global const long *tables, ulong blocks_place, STATISTICS_PARAMETERS convolution_shape shape) {
  const int item = get_local_id(0), column = item % COLUMNS, row = item / COLUMNS;
  // Work-groups with the same inputs follow each other.
  const int channel_groups = (shape.aligned_outputs + TILE_CHANNELS - 1) / TILE_CHANNELS;
  const int first_channel = get_group_id(0) % channel_groups * TILE_CHANNELS;
  const tile_place place = place_of_tile(get_group_id(0) / channel_groups * TILES + row / 4, &shape);
  const int top = place.top + row % 4;
  const int is_output = place.image >= 0 && top < shape.output_height;
  // 4 channels in each half of the work-group's, so that neighbours write neighbouring ones. What is not there is made
  // like the last one, and dropped.
  const int channels[2] = {first_channel + column * 4, first_channel + TILE_CHANNELS / 2 + column * 4};
  const int left = min(channels[0], shape.aligned_outputs - 4);
  const int right = min(channels[1], shape.aligned_outputs - 4) - left;
  weights += weight_place + left;
  lanes sums[4][2];
#pragma unroll
  for (int p = 0; p < 4; p++) sums[p][0] = sums[p][1] = (lanes)(0.0f);

  if (is_output) {
    __global const float *image =
        arena + input_place + (ulong)place.image * shape.height * shape.width * shape.aligned_channels;
    for (int r = 0; r < shape.kernel_height; r++) {
      const int y = top * shape.stride_height - shape.padding_height + r * shape.dilation_height;
      // Zeros add nothing.
      if (y < 0 || y >= shape.height) continue;
      for (int s = 0; s < shape.kernel_width; s++) {
        const int x = place.left * shape.stride_width - shape.padding_width + s * shape.dilation_width;
        __global const float *input = image + y * shape.width * shape.aligned_channels;
        __global const float *filter =
            weights + (ulong)((r * shape.kernel_width + s) * shape.aligned_channels) * shape.aligned_outputs;
        int inside[4];
#pragma unroll
        for (int p = 0; p < 4; p++)
          inside[p] = x + p * shape.stride_width >= 0 && x + p * shape.stride_width < shape.width;
#pragma unroll 2
        for (int first = 0; first < shape.aligned_channels; first += 4) {
          lanes values[4];
#pragma unroll
          for (int p = 0; p < 4; p++)
            values[p] = inside[p] ? LOAD_ALIGNED(input + (x + p * shape.stride_width) * shape.aligned_channels + first)
                                  : (lanes)(0.0f);
          if (shape.activation == ACTIVATION_RELU) {
#pragma unroll
            for (int p = 0; p < 4; p++) values[p] = relu(values[p]);
          }
#define ADD_LINK(component)                                                                        \
  {                                                                                                \
    const lanes first_filter = LOAD_ALIGNED(filter), second_filter = LOAD_ALIGNED(filter + right); \
    filter += shape.aligned_outputs;                                                               \
    _Pragma("unroll") for (int p = 0; p < 4; p++) {                                                \
      sums[p][0] = fma((lanes)(values[p].component), first_filter, sums[p][0]);                    \
      sums[p][1] = fma((lanes)(values[p].component), second_filter, sums[p][1]);                   \
    }                                                                                              \
  }
          ADD_LINK(s0)
          ADD_LINK(s1)
          ADD_LINK(s2)
          ADD_LINK(s3)
        }
      }
    }
  }

#pragma unroll
  for (int h = 0; h < 2; h++) {
    const int is_channel = channels[h] < shape.aligned_outputs;
    __global const long *block = tables + blocks_place + (is_channel ? channels[h] / 8 * BLOCK : 0);
    const int stride = block[BLOCK_CHANNELS];
    __global float *to = arena + block[BLOCK_PLACE] + channels[h] % 8 +
                         (((ulong)max(place.image, 0) * shape.output_height + top) * shape.output_width + place.left) *
                         stride;
    IN_BIASED(const lanes bias = LOAD_ALIGNED(weights - shape.aligned_outputs + h * right);)
#pragma unroll
    for (int p = 0; p < 4; p++)
      if (is_output && place.left + p < shape.output_width) {
        IN_BIASED(sums[p][h] = sums[p][h] + bias;)
        if (is_channel) STORE_ALIGNED(sums[p][h], to + p * stride);
      } else {
        // Outputs beyond an edge count as 0.
        sums[p][h] = (lanes)(0.0f);
      }
  }

#ifndef INFERENCE
  // Sums of rows, [s, q][row][channel], then those of tiles.
  __local __attribute__((aligned(16))) float rows[2 * TILE_PIXELS / 4 * TILE_CHANNELS];
#pragma unroll
  for (int h = 0; h < 2; h++) {
    const lanes x0 = sums[0][h], x1 = sums[1][h], x2 = sums[2][h], x3 = sums[3][h];
    __local float *to = rows + row * TILE_CHANNELS + h * (TILE_CHANNELS / 2) + column * 4;
    STORE(ROW_SUM(x0, x1, x2, x3), to);
    STORE(ROW_SQUARES(x0, x1, x2, x3), to + TILE_PIXELS / 4 * TILE_CHANNELS);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  tile_counts total;
  clear(&total);
#pragma unroll
  for (int part = 0; part < 2; part++) {
    __local const float *sum = rows + (item / TILE_CHANNELS * 2 + part) * 4 * TILE_CHANNELS + item % TILE_CHANNELS;
    __local const float *squares = sum + TILE_PIXELS / 4 * TILE_CHANNELS;
    add_tile(
        &total, ((sum[0] + sum[TILE_CHANNELS]) + sum[2 * TILE_CHANNELS]) + sum[3 * TILE_CHANNELS],
        ((squares[0] + squares[TILE_CHANNELS]) + squares[2 * TILE_CHANNELS]) + squares[3 * TILE_CHANNELS], limit);
  }
  __local long *const counts = (__local long *)rows;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int kind = 0; kind < 4; kind++) counts[kind * GROUP + item] = total.counts[kind];
  barrier(CLK_LOCAL_MEM_FENCE);
  const int is_counted = first_channel + item % TILE_CHANNELS < shape.aligned_outputs &&
                         tables[blocks_place + (first_channel + item % TILE_CHANNELS) / 8 * BLOCK + BLOCK_TOTALS] >= 0;
  if (is_counted && !total.fits) atomic_or(out_of_range, 1);
  add_group(counts, GROUP, first_channel, TILE_CHANNELS, &shape, tables + blocks_place, totals);
#endif
}

// For processors: a work-item makes 8 channels of a row of tiles, two rows of 4 outputs at a time in vectors, without
// local memory.
#else

// Adds the links of one kernel position, with VALUE(p) from `input` at place[p] for channel c.
#define ADD_LINKS(VALUE)                                                                      \
  for (int c = 0; c < shape->aligned_channels; c++) {                                         \
    const float8 weight = vload8(0, filter + (ulong)c * shape->aligned_outputs);              \
    _Pragma("unroll") for (int p = 0; p < 8; p++) sums[p] = fma((float8)(VALUE(p)), weight, sums[p]); \
  }
#define PLAIN(p) input[place[p] + c]
#define POSITIVE(p) (PLAIN(p) > 0.0f ? PLAIN(p) : 0.0f)
// Loaded in any case and dropped where it is padding: no branch in the loop.
#define LOADED(p) input[max(place[p], 0) + c]
#define PADDED(p) (place[p] < 0 || (shape->activation == ACTIVATION_RELU && !(LOADED(p) > 0.0f)) ? 0.0f : LOADED(p))

// 4 outputs of each of two rows, from (y, x) on; those beyond an edge are not needed.
inline void convolve_strips(
    __global const float *input, __global const float *weights, const convolution_shape *shape, int y, int x,
    float8 sums[8]) {
#pragma unroll
  for (int p = 0; p < 8; p++) sums[p] = (float8)(0.0f);
  for (int r = 0; r < shape->kernel_height; r++)
    for (int s = 0; s < shape->kernel_width; s++) {
      int place[8], least = 0;
#pragma unroll
      for (int p = 0; p < 8; p++) {
        const int from_y = (y + p / 4) * shape->stride_height - shape->padding_height + r * shape->dilation_height;
        const int from_x = (x + p % 4) * shape->stride_width - shape->padding_width + s * shape->dilation_width;
        place[p] = from_y >= 0 && from_y < shape->height && from_x >= 0 && from_x < shape->width
                       ? (from_y * shape->width + from_x) * shape->aligned_channels
                       : -1;
        least = min(least, place[p]);
      }
      __global const float *filter =
          weights + (ulong)(r * shape->kernel_width + s) * shape->aligned_channels * shape->aligned_outputs;
      if (least < 0)
        ADD_LINKS(PADDED)
      else if (shape->activation == ACTIVATION_RELU)
        ADD_LINKS(POSITIVE)
      else
        ADD_LINKS(PLAIN)
    }
}

__kernel void convolve(
    __global float *arena, ulong input_place, __global const float *weights, ulong weight_place,
    __global const long *tables, ulong blocks_place, STATISTICS_PARAMETERS convolution_shape shape) {
  const int channel = get_global_id(0) * 8, top = get_global_id(1) * 4, image = get_global_id(2);
  __global const long *block = tables + blocks_place + channel / 8 * BLOCK;
  const int stride = block[BLOCK_CHANNELS];
  __global const float *input =
      arena + input_place + (ulong)image * shape.height * shape.width * shape.aligned_channels;
  __global float *output =
      arena + block[BLOCK_PLACE] + (ulong)image * shape.output_height * shape.output_width * stride;
  IN_BIASED(const float8 bias = vload8(0, weights + weight_place - shape.aligned_outputs + channel);)
  IN_SCORING(tile_counts total; clear(&total);)
  for (int left = 0; left < shape.output_width; left += 4) {
    IN_SCORING(float8 sum; float8 squares;)
    for (int y = top; y < top + 4; y += 2) {
      float8 sums[8];
      if (y < shape.output_height)
        convolve_strips(input, weights + weight_place + channel, &shape, y, left, sums);
#pragma unroll
      for (int p = 0; p < 8; p++) {
        if (y + p / 4 < shape.output_height && left + p % 4 < shape.output_width) {
          IN_BIASED(sums[p] = sums[p] + bias;)
          vstore8(sums[p], 0, output + ((y + p / 4) * shape.output_width + left + p % 4) * stride);
        } else {
          sums[p] = (float8)(0.0f);
        }
      }
      IN_SCORING(add_row(y - top, sums[0], sums[1], sums[2], sums[3], &sum, &squares);)
      IN_SCORING(add_row(y - top + 1, sums[4], sums[5], sums[6], sums[7], &sum, &squares);)
    }
    IN_SCORING(if (block[BLOCK_TOTALS] >= 0) add_tile(&total, sum, squares, limit);)
  }
#ifndef INFERENCE
  if (block[BLOCK_TOTALS] >= 0) add_to_totals(totals + block[BLOCK_TOTALS], stride, &total, out_of_range);
#endif
}

#endif
