// Direct convolution: one chain of fma per output over (kernel row, kernel column, input channel).

// The shape of a convolution, the same in every kernel below.
typedef struct {
  int images, height, width, channels, aligned_channels;
  int output_height, output_width, aligned_outputs;
  int kernel_height, kernel_width, stride_height, stride_width, padding_height, padding_width, dilation_height,
      dilation_width;
  int rectified;
} convolution_shape;

// For GPUs: a matrix product of windows and weights. A work-group makes TILE_PIXELS x TILE_CHANNELS outputs, a
// work-item PIXELS x CHANNELS of them in registers; DEPTH links of the chain at a time go through local memory.
#ifdef TILED

#define ROWS (TILE_PIXELS / PIXELS)
#define COLUMNS (TILE_CHANNELS / CHANNELS)
#define GROUP (ROWS * COLUMNS)
// Pixels whose windows one work-item fetches from: neighbours in a group fetch neighbouring channels.
#define FETCHED (TILE_PIXELS * DEPTH / GROUP)
#define FETCH_STEP (GROUP / DEPTH)

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void convolve(
    __global const float *input, ulong input_place, __global const float *weights, ulong weight_place,
    __global float *output, ulong output_place, convolution_shape shape) {
  __local float windows[DEPTH][TILE_PIXELS + 1];
  __local float filters[DEPTH][TILE_CHANNELS];
  const int item = get_local_id(0);
  const int first_pixel = get_group_id(0) * TILE_PIXELS, first_channel = get_group_id(1) * TILE_CHANNELS;
  const int positions = shape.output_height * shape.output_width, pixels = shape.images * positions;
  input += input_place;
  weights += weight_place;
  output += output_place;

  const int fetched_channel = item % DEPTH;
  int top[FETCHED], left[FETCHED];
  ulong image[FETCHED];
#pragma unroll
  for (int f = 0; f < FETCHED; f++) {
    const int pixel = first_pixel + item / DEPTH + f * FETCH_STEP;
    const int position = pixel % positions;
    top[f] = pixel < pixels ? position / shape.output_width * shape.stride_height - shape.padding_height : INT_MIN / 2;
    left[f] = position % shape.output_width * shape.stride_width - shape.padding_width;
    image[f] = (ulong)(pixel / positions) * shape.height * shape.width * shape.aligned_channels;
  }

  float sums[PIXELS][CHANNELS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++)
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) sums[p][c] = 0.0f;
  const int row = item / COLUMNS, column = item % COLUMNS;

  for (int r = 0; r < shape.kernel_height; r++)
    for (int s = 0; s < shape.kernel_width; s++)
      for (int first = 0; first < shape.channels; first += DEPTH) {
        const int channel = first + fetched_channel;
#pragma unroll
        for (int f = 0; f < FETCHED; f++) {
          const int y = top[f] + r * shape.dilation_height, x = left[f] + s * shape.dilation_width;
          float value = 0.0f;
          if (channel < shape.channels && y >= 0 && y < shape.height && x >= 0 && x < shape.width) {
            value = input[image[f] + (ulong)((y * shape.width + x) * shape.aligned_channels + channel)];
            if (shape.rectified) value = rectify(value);
          }
          windows[fetched_channel][item / DEPTH + f * FETCH_STEP] = value;
        }
        const int base = (r * shape.kernel_width + s) * shape.channels + first;
        for (int index = item; index < DEPTH * TILE_CHANNELS; index += GROUP) {
          const int link = index / TILE_CHANNELS, c = first_channel + index % TILE_CHANNELS;
          // Beyond the last channel both factors are 0, which changes no sum.
          filters[link][index % TILE_CHANNELS] = first + link < shape.channels && c < shape.aligned_outputs
                                                     ? weights[(ulong)(base + link) * shape.aligned_outputs + c]
                                                     : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int link = 0; link < DEPTH; link++) {
          float factors[PIXELS];
#pragma unroll
          for (int p = 0; p < PIXELS; p++) factors[p] = windows[link][row + p * ROWS];
#pragma unroll
          for (int c = 0; c < CHANNELS; c++) {
            const float filter = filters[link][column + c * COLUMNS];
#pragma unroll
            for (int p = 0; p < PIXELS; p++) sums[p][c] = fma(factors[p], filter, sums[p][c]);
          }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
      }

#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
    const int pixel = first_pixel + row + p * ROWS;
    if (pixel >= pixels) continue;
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
      const int channel = first_channel + column + c * COLUMNS;
      if (channel < shape.aligned_outputs) output[(ulong)pixel * shape.aligned_outputs + channel] = sums[p][c];
    }
  }
}

// For processors: a work-item makes 8 channels of PIXELS neighbours in a row, in vectors, without local memory.
#else

__kernel void convolve(
    __global const float *input, ulong input_place, __global const float *weights, ulong weight_place,
    __global float *output, ulong output_place, convolution_shape shape) {
  const int strips = (shape.output_width + PIXELS - 1) / PIXELS;
  const int channel = get_global_id(0) * 8, strip = get_global_id(1) % strips, y = get_global_id(1) / strips;
  const int n = get_global_id(2), first = strip * PIXELS;
  input += input_place + (ulong)n * shape.height * shape.width * shape.aligned_channels;
  weights += weight_place + channel;
  output += output_place + ((ulong)n * shape.output_height + y) * shape.output_width * shape.aligned_outputs + channel;
  float8 sums[PIXELS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++) sums[p] = (float8)(0.0f);
  for (int r = 0; r < shape.kernel_height; r++) {
    const int from_y = y * shape.stride_height - shape.padding_height + r * shape.dilation_height;
    if (from_y < 0 || from_y >= shape.height) continue;
    for (int s = 0; s < shape.kernel_width; s++) {
      int place[PIXELS];
#pragma unroll
      for (int p = 0; p < PIXELS; p++) {
        const int x = (first + p) * shape.stride_width - shape.padding_width + s * shape.dilation_width;
        place[p] = x >= 0 && x < shape.width && first + p < shape.output_width
                       ? (from_y * shape.width + x) * shape.aligned_channels
                       : -1;
      }
      __global const float *filter = weights + (ulong)(r * shape.kernel_width + s) * shape.channels * shape.aligned_outputs;
      for (int c = 0; c < shape.channels; c++) {
        const float8 weight = vload8(0, filter + (ulong)c * shape.aligned_outputs);
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
          // Loaded in any case and dropped where it is padding: no branch in the loop.
          const float loaded = input[max(place[p], 0) + c];
          const float value = place[p] < 0 || (shape.rectified && !(loaded > 0.0f)) ? 0.0f : loaded;
          sums[p] = fma((float8)(value), weight, sums[p]);
        }
      }
    }
  }
#pragma unroll
  for (int p = 0; p < PIXELS; p++)
    if (first + p < shape.output_width) vstore8(sums[p], 0, output + (first + p) * shape.aligned_outputs);
}

#endif
