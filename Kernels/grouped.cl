// Grouped convolution, depthwise for one: direct, each output from the channels of its group alone. A work-item makes
// 4x4 tiles; neighbours make neighbouring channels. What bounds it is memory, so that nothing is shared in a
// work-group.

#ifdef TILED
typedef float channel_values;
#define ITEM_CHANNELS 1
#define ITEM_LOAD(pointer) (*(pointer))
#define ITEM_STORE(value, pointer) (*(pointer) = value)
#else
typedef float8 channel_values;
#define ITEM_CHANNELS 8
#define ITEM_LOAD(pointer) vload8(0, pointer)
#define ITEM_STORE(value, pointer) vstore8(value, 0, pointer)
#endif

// The inputs at one position for the channels of a work-item; `from` is its channel 0.
inline channel_values grouped_inputs(
    __global const float *from, int first, int c, const convolution_shape *shape, __global const long *block) {
  const int group_outputs = block[BLOCK_GROUP_OUTPUTS], outputs = block[BLOCK_OUTPUTS];
  const int group_channels = shape->group_channels;
#ifdef TILED
  const float value = first < outputs ? from[first / group_outputs * group_channels + c] : 0.0f;
  return shape->activation == ACTIVATION_RELU && !(value > 0.0f) ? 0.0f : value;
#else
  // Depthwise, and a place that holds 8 channels: outputs are inputs.
  if (group_channels == 1 && group_outputs == 1 && first + 8 <= outputs)
    return rectified(vload8(0, from + first), shape->activation);
  float values[8];
  for (int lane = 0; lane < 8; lane++) {
    const int channel = first + lane;
    values[lane] = channel < outputs ? from[channel / group_outputs * group_channels + c] : 0.0f;
  }
  return rectified(vload8(0, values), shape->activation);
#endif
}

// Work-item (channels, part) makes GROUPED_TILES tiles.
__kernel void convolve_grouped(
    __global float *arena, ulong input_place, __global const float *weights, ulong weight_place,
    __global const long *tables, ulong blocks_place, STATISTICS_PARAMETERS convolution_shape shape) {
  const int channel = get_global_id(0) * ITEM_CHANNELS, part = get_global_id(1);
  const int of_image = shape.tile_rows * shape.tile_columns;
  if (part * GROUPED_TILES >= shape.tiles) return;
  __global const long *block = tables + blocks_place + channel / 8 * BLOCK;
  const int stride = block[BLOCK_CHANNELS], first_channel = block[BLOCK_FIRST_CHANNEL] + channel % 8;
  weights += weight_place + channel;
  IN_BIASED(const channel_values bias = ITEM_LOAD(weights - shape.aligned_outputs);)
  IN_SCORING(tile_counts total; clear(&total);)
  for (int tile = part * GROUPED_TILES; tile < min((part + 1) * GROUPED_TILES, shape.tiles); tile++) {
    const int top = tile % of_image / shape.tile_columns * 4, left = tile % shape.tile_columns * 4;
    const ulong image = tile / of_image;
    __global const float *input = arena + input_place + image * shape.height * shape.width * shape.aligned_channels;
    __global float *output =
        arena + block[BLOCK_PLACE] + channel % 8 + image * shape.output_height * shape.output_width * stride;
    IN_SCORING(channel_values sum; channel_values squares;)
    for (int row = 0; row < 4; row++) {
      channel_values x[4];
#pragma unroll
      for (int p = 0; p < 4; p++) x[p] = (channel_values)(0.0f);
      if (top + row < shape.output_height)
        for (int r = 0; r < shape.kernel_height; r++) {
          const int from_y = (top + row) * shape.stride_height - shape.padding_height + r * shape.dilation_height;
          if (from_y < 0 || from_y >= shape.height) continue;
          for (int s = 0; s < shape.kernel_width; s++)
            for (int c = 0; c < shape.group_channels; c++) {
              const int link = (r * shape.kernel_width + s) * shape.group_channels + c;
              const channel_values weight = ITEM_LOAD(weights + (ulong)link * shape.aligned_outputs);
#pragma unroll
              for (int p = 0; p < 4; p++) {
                const int from_x = (left + p) * shape.stride_width - shape.padding_width + s * shape.dilation_width;
                if (from_x < 0 || from_x >= shape.width) continue;
                __global const float *from = input + (from_y * shape.width + from_x) * shape.aligned_channels;
                x[p] = fma(grouped_inputs(from, first_channel, c, &shape, block), weight, x[p]);
              }
            }
        }
#pragma unroll
      for (int p = 0; p < 4; p++)
        if (top + row < shape.output_height && left + p < shape.output_width) {
          IN_BIASED(x[p] = x[p] + bias;)
          ITEM_STORE(x[p], output + ((top + row) * shape.output_width + left + p) * stride);
        } else {
          x[p] = (channel_values)(0.0f);
        }
      IN_SCORING(add_row(row, x[0], x[1], x[2], x[3], &sum, &squares);)
    }
    IN_SCORING(if (block[BLOCK_TOTALS] >= 0) add_tile(&total, sum, squares, limit);)
  }
#ifndef INFERENCE
  if (block[BLOCK_TOTALS] >= 0) add_to_totals(totals + block[BLOCK_TOTALS] + channel % 8, stride, &total, out_of_range);
#endif
}
