// Direct convolution: one chain of fma per output over (kernel row, kernel column, input channel). Padded channels have
// weight 0 and value 0, which changes no sum.

// For GPUs: a matrix product of windows and weights. A work-group makes TILE_PIXELS x TILE_CHANNELS outputs, a work-item
// 8 x 8 of them in registers: two rows of a 4x4 tile. DEPTH links of the chain at a time go through local memory.
#ifdef TILED

#define TILES (TILE_PIXELS / 16)
#define COLUMNS (TILE_CHANNELS / 8)
#define GROUP (TILE_PIXELS / 8 * COLUMNS)
#define DEPTH 8
// A multiple of 4, for vectors, that spreads channels over banks.
#define WINDOW_STRIDE (TILE_PIXELS + 4)

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void convolve(
    __global float *arena, ulong input_place, __global const float *weights, ulong weight_place,
    __global const long *tables, ulong blocks_place, STATISTICS_PARAMETERS convolution_shape shape) {
  __local __attribute__((aligned(16))) float windows[DEPTH * WINDOW_STRIDE];
  __local __attribute__((aligned(16))) float filters[DEPTH * TILE_CHANNELS];
  __local tile_place places[TILES];
  const int item = get_local_id(0);
  const int first_channel = get_group_id(1) * TILE_CHANNELS;
  if (item < TILES) places[item] = place_of_tile(get_group_id(0) * TILES + item, &shape);
  weights += weight_place;
  __global const float *input = arena + input_place;
  barrier(CLK_LOCAL_MEM_FENCE);

  const int row = item / COLUMNS, column = item % COLUMNS;
  lanes sums[8][2];
#pragma unroll
  for (int p = 0; p < 8; p++) sums[p][0] = sums[p][1] = (lanes)(0.0f);

  for (int r = 0; r < shape.kernel_height; r++)
    for (int s = 0; s < shape.kernel_width; s++)
      for (int first = 0; first < shape.aligned_channels; first += DEPTH) {
        // Neighbours in a group fetch neighbouring channels.
        for (int fetch = item; fetch < TILE_PIXELS * DEPTH / 4; fetch += GROUP) {
          const int pixel = fetch / (DEPTH / 4), channel = fetch % (DEPTH / 4) * 4;
          const tile_place place = places[pixel / 16];
          const int y =
              (place.top + pixel / 4 % 4) * shape.stride_height - shape.padding_height + r * shape.dilation_height;
          const int x = (place.left + pixel % 4) * shape.stride_width - shape.padding_width + s * shape.dilation_width;
          lanes value = (lanes)(0.0f);
          if (place.image >= 0 && y >= 0 && y < shape.height && x >= 0 && x < shape.width)
            value = rectify(
                LOAD(input + (((ulong)place.image * shape.height + y) * shape.width + x) * shape.aligned_channels +
                     first + channel),
                shape.rectified);
          __local float *to = windows + channel * WINDOW_STRIDE + pixel;
          to[0] = value.s0;
          to[WINDOW_STRIDE] = value.s1;
          to[2 * WINDOW_STRIDE] = value.s2;
          to[3 * WINDOW_STRIDE] = value.s3;
        }
        const int base = (r * shape.kernel_width + s) * shape.aligned_channels + first;
        for (int fetch = item; fetch < DEPTH * TILE_CHANNELS / 4; fetch += GROUP) {
          const int link = fetch / (TILE_CHANNELS / 4), c = fetch % (TILE_CHANNELS / 4) * 4;
          STORE(
              first_channel + c < shape.aligned_outputs
                  ? LOAD(weights + (ulong)(base + link) * shape.aligned_outputs + first_channel + c)
                  : (lanes)(0.0f),
              filters + link * TILE_CHANNELS + c);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int link = 0; link < DEPTH; link++) {
          __local const float *window = windows + link * WINDOW_STRIDE + row * 8;
          __local const float *filter = filters + link * TILE_CHANNELS + column * 8;
          const lanes upper = LOAD(window), lower = LOAD(window + 4);
          const lanes left = LOAD(filter), right = LOAD(filter + 4);
          const float factors[8] = {upper.s0, upper.s1, upper.s2, upper.s3, lower.s0, lower.s1, lower.s2, lower.s3};
#pragma unroll
          for (int p = 0; p < 8; p++) {
            sums[p][0] = fma((lanes)(factors[p]), left, sums[p][0]);
            sums[p][1] = fma((lanes)(factors[p]), right, sums[p][1]);
          }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
      }

  const int channel = first_channel + column * 8, tile = row / 2;
#ifdef INFERENCE
  __global const float *biases = weights - shape.aligned_outputs + min(channel, shape.aligned_outputs - 8);
  const lanes left_bias = LOAD(biases), right_bias = LOAD(biases + 4);
#endif
  // Outputs beyond an edge count as 0.
  const tile_place place = places[tile];
  __global const long *block = tables + blocks_place + channel / 8 * BLOCK;
#pragma unroll
  for (int p = 0; p < 8; p++) {
    const int y = place.top + row % 2 * 2 + p / 4, x = place.left + p % 4;
    if (place.image >= 0 && y < shape.output_height && x < shape.output_width) {
      if (channel < shape.aligned_outputs) {
        const ulong position = ((ulong)place.image * shape.output_height + y) * shape.output_width + x;
        __global float *to = arena + block[BLOCK_PLACE] + position * block[BLOCK_CHANNELS];
        STORE(sums[p][0] IN_INFERENCE(+ left_bias), to);
        STORE(sums[p][1] IN_INFERENCE(+ right_bias), to + 4);
      }
    } else {
      sums[p][0] = sums[p][1] = (lanes)(0.0f);
    }
  }

#ifndef INFERENCE
  // The upper two rows of a tile to local memory, then the lower two on top of them. The windows' memory once more, for
  // sums of tiles: [s, q][tile][channel].
  __local float *const tile_sums = windows;
#pragma unroll
  for (int half_tile = 0; half_tile < 2; half_tile++) {
    if (row % 2 == half_tile) {
#pragma unroll
      for (int c = 0; c < 8; c++) {
        float x[8];
#pragma unroll
        for (int p = 0; p < 8; p++) {
          const lanes four = sums[p][c / 4];
          x[p] = c % 4 == 0 ? four.s0 : c % 4 == 1 ? four.s1 : c % 4 == 2 ? four.s2 : four.s3;
        }
        __local float *to = tile_sums + tile * TILE_CHANNELS + column * 8 + c;
        float sum = half_tile == 0 ? 0.0f : to[0], squares = half_tile == 0 ? 0.0f : to[TILES * TILE_CHANNELS];
        add_row(half_tile * 2, x[0], x[1], x[2], x[3], &sum, &squares);
        add_row(half_tile * 2 + 1, x[4], x[5], x[6], x[7], &sum, &squares);
        to[0] = sum;
        to[TILES * TILE_CHANNELS] = squares;
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int c = item; c < TILE_CHANNELS && first_channel + c < shape.aligned_outputs; c += GROUP) {
    if (!tables[blocks_place + (first_channel + c) / 8 * BLOCK + BLOCK_COUNTED]) continue;
    tile_counts total;
    clear(&total);
    for (int t = 0; t < TILES; t++)
      add_tile(&total, tile_sums[t * TILE_CHANNELS + c], tile_sums[(TILES + t) * TILE_CHANNELS + c], limit);
    write_partial(
        partial + partial_place, get_group_id(0), shape.aligned_outputs, first_channel + c, &total, out_of_range);
  }
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
#define RECTIFIED(p) (PLAIN(p) > 0.0f ? PLAIN(p) : 0.0f)
// Loaded in any case and dropped where it is padding: no branch in the loop.
#define LOADED(p) input[max(place[p], 0) + c]
#define PADDED(p) (place[p] < 0 || (shape->rectified && !(LOADED(p) > 0.0f)) ? 0.0f : LOADED(p))

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
      else if (shape->rectified)
        ADD_LINKS(RECTIFIED)
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
  IN_INFERENCE(const float8 bias = vload8(0, weights + weight_place - shape.aligned_outputs + channel);)
  IN_SCORING(tile_counts total; clear(&total);)
  for (int left = 0; left < shape.output_width; left += 4) {
    IN_SCORING(float8 sum; float8 squares;)
    for (int y = top; y < top + 4; y += 2) {
      float8 sums[8];
      if (y < shape.output_height)
        convolve_strips(input, weights + weight_place + channel, &shape, y, left, sums);
#pragma unroll
      for (int p = 0; p < 8; p++) {
        if (y + p / 4 < shape.output_height && left + p % 4 < shape.output_width)
          vstore8(
              sums[p] IN_INFERENCE(+ bias), 0,
              output + ((y + p / 4) * shape.output_width + left + p % 4) * stride);
        else
          sums[p] = (float8)(0.0f);
      }
      IN_SCORING(add_row(y - top, sums[0], sums[1], sums[2], sums[3], &sum, &squares);)
      IN_SCORING(add_row(y - top + 1, sums[4], sums[5], sums[6], sums[7], &sum, &squares);)
    }
    IN_SCORING(if (block[BLOCK_COUNTED]) add_tile(&total, sum, squares, limit);)
  }
#ifndef INFERENCE
  if (block[BLOCK_COUNTED])
    write_partial(
        partial + partial_place, image * shape.tile_rows + get_global_id(1), shape.aligned_outputs, channel, &total,
        out_of_range);
#endif
}

#endif
