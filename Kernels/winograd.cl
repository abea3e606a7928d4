// Winograd's F(4x4, 3x3): Docs/Numerics.md. Weights are [position][input channel][output channel], already transformed.

// The six values from `first` on, `step` apart, in place.
#define TRANSFORM_INPUT(type, values, first, step)                                                    \
  {                                                                                                   \
    const type d0 = values[first], d1 = values[first + step], d2 = values[first + 2 * step],          \
               d3 = values[first + 3 * step], d4 = values[first + 4 * step], d5 = values[first + 5 * step]; \
    const type a = fma((type)(-4.0f), d2, d4), b = fma((type)(-4.0f), d1, d3), c = d4 - d2, e = d3 - d1; \
    values[first] = fma((type)(4.0f), d0, fma((type)(-5.0f), d2, d4));                                \
    values[first + step] = a + b;                                                                     \
    values[first + 2 * step] = a - b;                                                                 \
    values[first + 3 * step] = fma((type)(2.0f), e, c);                                               \
    values[first + 4 * step] = fma((type)(-2.0f), e, c);                                              \
    values[first + 5 * step] = fma((type)(4.0f), d1, fma((type)(-5.0f), d3, d5));                     \
  }

// Six values to four.
#define TRANSFORM_OUTPUT(type, m0, m1, m2, m3, m4, m5, y0, y1, y2, y3)            \
  {                                                                               \
    const type s = m1 + m2, d = m1 - m2, large_s = m3 + m4, large_d = m3 - m4;    \
    const type z0 = (m0 + s) + large_s, z1 = fma((type)(2.0f), large_d, d);       \
    const type z2 = fma((type)(4.0f), large_s, s), z3 = fma((type)(8.0f), large_d, d) + m5; \
    y0 = z0;                                                                      \
    y1 = z1;                                                                      \
    y2 = z2;                                                                      \
    y3 = z3;                                                                      \
  }

// For GPUs: a work-group makes TILES tiles of OUTPUTS channels from beginning to end. The transformed inputs and the
// filters of DEPTH channels at a time go through local memory; a work-item multiplies 4 tiles by 4 channels at the six
// positions of one column, in registers, and transforms that column of the outputs. Rows are transformed and added up
// after an exchange through local memory.
#ifdef TILED

#define DEPTH 4
#define BLOCKS (TILES / 4 * OUTPUTS / 4)
#define GROUP (6 * BLOCKS)
// Work-items that transform inputs, while the others fetch filters.
#define TRANSFORMERS (TILES * DEPTH)
// A multiple of 4, for vectors, that spreads channels over banks.
#define INPUT_STRIDE (TILES + 8)
// Tiles and channels of one exchange: one of the 4 tiles of every work-item.
#define EXCHANGED (TILES / 4 * OUTPUTS)
#define LOCAL_FLOATS (36 * DEPTH * (INPUT_STRIDE + OUTPUTS))

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void convolve_winograd(
    __global float *arena, ulong input_place, __global const float *weights, ulong weight_place,
    __global const long *tables, ulong blocks_place, STATISTICS_PARAMETERS convolution_shape shape) {
  __local __attribute__((aligned(16))) float scratch[LOCAL_FLOATS];
  __local tile_place places[TILES];
  // [position][channel][tile] and [position][channel][output].
  __local float *const inputs = scratch, *const filters = scratch + 36 * DEPTH * INPUT_STRIDE;
  const int item = get_local_id(0), first_channel = get_group_id(1) * OUTPUTS;
  if (item < TILES) places[item] = place_of_tile(get_group_id(0) * TILES + item, &shape);
  weights += weight_place;
  barrier(CLK_LOCAL_MEM_FENCE);

  const int column = item / BLOCKS;
  const int outputs_block = item % BLOCKS % (OUTPUTS / 4), tiles_block = item % BLOCKS / (OUTPUTS / 4);
  float4 products[6][4];
#pragma unroll
  for (int row = 0; row < 6; row++)
#pragma unroll
    for (int t = 0; t < 4; t++) products[row][t] = (float4)(0.0f);

  for (int first = 0; first < shape.aligned_channels; first += DEPTH) {
    if (item < TRANSFORMERS) {
      const int channel = item % DEPTH, tile = item / DEPTH;
      const tile_place place = places[tile];
      const int top = place.top - shape.padding_height, left = place.left - shape.padding_width;
      __global const float *from = arena + input_place + first + channel +
                                   (ulong)max(place.image, 0) * shape.height * shape.width * shape.aligned_channels;
      float values[36];
#pragma unroll
      for (int position = 0; position < 36; position++) {
        const int y = top + position / 6, x = left + position % 6;
        float value = 0.0f;
        if (place.image >= 0 && y >= 0 && y < shape.height && x >= 0 && x < shape.width)
          value = from[(y * shape.width + x) * shape.aligned_channels];
        values[position] = shape.rectified && !(value > 0.0f) ? 0.0f : value;
      }
#pragma unroll
      for (int x = 0; x < 6; x++) TRANSFORM_INPUT(float, values, x, 6)
#pragma unroll
      for (int y = 0; y < 6; y++) TRANSFORM_INPUT(float, values, y * 6, 1)
#pragma unroll
      for (int position = 0; position < 36; position++)
        inputs[(position * DEPTH + channel) * INPUT_STRIDE + tile] = values[position];
    } else {
      for (int fetch = item - TRANSFORMERS; fetch < 36 * DEPTH * OUTPUTS / 4; fetch += GROUP - TRANSFORMERS) {
        const int c = fetch % (OUTPUTS / 4) * 4, link = fetch / (OUTPUTS / 4);
        const int position = link / DEPTH, channel = first + link % DEPTH;
        const float4 filter =
            first_channel + c < shape.aligned_outputs
                ? vload4(0, weights + ((ulong)position * shape.aligned_channels + channel) * shape.aligned_outputs +
                                first_channel + c)
                : (float4)(0.0f);
        vstore4(filter, 0, filters + link * OUTPUTS + c);
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (int channel = 0; channel < DEPTH; channel++)
#pragma unroll
      for (int row = 0; row < 6; row++) {
        const int link = (row * 6 + column) * DEPTH + channel;
        const float4 value = vload4(0, inputs + link * INPUT_STRIDE + tiles_block * 4);
        const float4 filter = vload4(0, filters + link * OUTPUTS + outputs_block * 4);
        products[row][0] = fma((float4)(value.s0), filter, products[row][0]);
        products[row][1] = fma((float4)(value.s1), filter, products[row][1]);
        products[row][2] = fma((float4)(value.s2), filter, products[row][2]);
        products[row][3] = fma((float4)(value.s3), filter, products[row][3]);
      }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#pragma unroll
  for (int t = 0; t < 4; t++)
    TRANSFORM_OUTPUT(
        float4, products[0][t], products[1][t], products[2][t], products[3][t], products[4][t], products[5][t],
        products[0][t], products[1][t], products[2][t], products[3][t])

  // The tiles and the channel whose rows this work-item finishes.
  const int finished_channel = item % OUTPUTS, finished_block = item / OUTPUTS;
  const int channel = first_channel + finished_channel;
  const int finishes = item < EXCHANGED && channel < shape.aligned_outputs;
  __global const long *block = tables + blocks_place + channel / 8 * BLOCK;
  IN_INFERENCE(const float bias = finishes ? *(weights - shape.aligned_outputs + channel) : 0.0f;)
  IN_SCORING(tile_counts total; clear(&total);)
#pragma unroll
  for (int t = 0; t < 4; t++) {
    // [block of tiles][row][column][output].
#pragma unroll
    for (int row = 0; row < 4; row++)
      vstore4(products[row][t], 0, scratch + ((tiles_block * 4 + row) * 6 + column) * OUTPUTS + outputs_block * 4);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (finishes) {
      const tile_place place = places[finished_block * 4 + t];
      const int stride = block[BLOCK_CHANNELS];
      __global float *output =
          arena + block[BLOCK_PLACE] + channel % 8 +
          (ulong)max(place.image, 0) * shape.output_height * shape.output_width * stride;
      IN_SCORING(float sum = 0.0f; float squares = 0.0f;)
#pragma unroll
      for (int row = 0; row < 4; row++) {
        __local const float *m = scratch + (finished_block * 4 + row) * 6 * OUTPUTS + finished_channel;
        float x[4];
        TRANSFORM_OUTPUT(
            float, m[0], m[OUTPUTS], m[2 * OUTPUTS], m[3 * OUTPUTS], m[4 * OUTPUTS], m[5 * OUTPUTS], x[0], x[1], x[2],
            x[3])
        const int y = place.top + row;
#pragma unroll
        for (int c = 0; c < 4; c++)
          if (place.image >= 0 && y < shape.output_height && place.left + c < shape.output_width)
            output[(y * shape.output_width + place.left + c) * stride] = x[c] IN_INFERENCE(+ bias);
          else
            x[c] = 0.0f;
        IN_SCORING(add_row(row, x[0], x[1], x[2], x[3], &sum, &squares);)
      }
      IN_SCORING(if (block[BLOCK_COUNTED]) add_tile(&total, sum, squares, limit);)
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#ifndef INFERENCE
  // The counts of a channel are with TILES / 4 work-items.
  __local long *const counts = (__local long *)scratch;
  if (item < EXCHANGED)
    for (int kind = 0; kind < 4; kind++) counts[kind * EXCHANGED + item] = total.counts[kind];
  if (!total.fits) atomic_or(out_of_range, 1);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (item < OUTPUTS && finishes && block[BLOCK_COUNTED]) {
    for (int kind = 0; kind < 4; kind++)
      for (int b = 1; b < TILES / 4; b++) total.counts[kind] += counts[kind * EXCHANGED + b * OUTPUTS + item];
    write_partial(partial + partial_place, get_group_id(0), shape.aligned_outputs, channel, &total, out_of_range);
  }
#endif
}

// For processors: inputs are transformed by a kernel of their own, 8 channels of a tile a work-item; then a work-item
// makes 8 channels of TILES tiles. A slice of the images at a time, so that transformed inputs stay in the cache.
#else

#define TILES 8

// transformed[tile of the slice][position][channel].
__kernel void transform_inputs(
    __global const float *arena, ulong input_place, __global float *transformed, int first_tile,
    convolution_shape shape) {
  const int channel = get_global_id(0) * 8, tile = first_tile + get_global_id(1);
  const int of_image = shape.tile_rows * shape.tile_columns;
  const int top = tile % of_image / shape.tile_columns * 4 - shape.padding_height;
  const int left = tile % shape.tile_columns * 4 - shape.padding_width;
  __global const float *from =
      arena + input_place + (ulong)(tile / of_image) * shape.height * shape.width * shape.aligned_channels + channel;
  float8 values[36];
  for (int position = 0; position < 36; position++) {
    const int y = top + position / 6, x = left + position % 6;
    values[position] = y >= 0 && y < shape.height && x >= 0 && x < shape.width
                           ? rectify(vload8(0, from + (y * shape.width + x) * shape.aligned_channels), shape.rectified)
                           : (float8)(0.0f);
  }
  for (int x = 0; x < 6; x++) TRANSFORM_INPUT(float8, values, x, 6)
  for (int y = 0; y < 6; y++) TRANSFORM_INPUT(float8, values, y * 6, 1)
  transformed += (ulong)get_global_id(1) * 36 * shape.aligned_channels + channel;
  for (int position = 0; position < 36; position++)
    vstore8(values[position], 0, transformed + position * shape.aligned_channels);
}

// Tiles from first_tile up to last_tile.
__kernel void convolve_winograd(
    __global float *arena, __global const float *transformed, int first_tile, int last_tile,
    __global const float *weights, ulong weight_place, __global const long *tables, ulong blocks_place,
    STATISTICS_PARAMETERS convolution_shape shape) {
  const int channel = get_global_id(0) * 8, first = get_global_id(1) * TILES;
  const int of_image = shape.tile_rows * shape.tile_columns, channels = shape.aligned_channels;
  __global const long *block = tables + blocks_place + channel / 8 * BLOCK;
  const int stride = block[BLOCK_CHANNELS];
  weights += weight_place + channel;
  __global const float *inputs[TILES];
#pragma unroll
  for (int t = 0; t < TILES; t++)
    inputs[t] = transformed + (ulong)min(first + t, last_tile - first_tile - 1) * 36 * channels;
  float8 products[TILES][36];
  for (int position = 0; position < 36; position++) {
    float8 sums[TILES];
#pragma unroll
    for (int t = 0; t < TILES; t++) sums[t] = (float8)(0.0f);
    for (int c = 0; c < channels; c++) {
      const float8 filter = vload8(0, weights + ((ulong)position * channels + c) * shape.aligned_outputs);
#pragma unroll
      for (int t = 0; t < TILES; t++) sums[t] = fma((float8)(inputs[t][position * channels + c]), filter, sums[t]);
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) products[t][position] = sums[t];
  }
  IN_INFERENCE(const float8 bias = vload8(0, weights - shape.aligned_outputs);)
  IN_SCORING(tile_counts total; clear(&total);)
  for (int t = 0; t < TILES && first_tile + first + t < last_tile; t++) {
    const int tile = first_tile + first + t;
    const int top = tile % of_image / shape.tile_columns * 4, left = tile % shape.tile_columns * 4;
    __global float *output =
        arena + block[BLOCK_PLACE] + (ulong)(tile / of_image) * shape.output_height * shape.output_width * stride;
    float8 *m = products[t];
    for (int x = 0; x < 6; x++)
      TRANSFORM_OUTPUT(
          float8, m[x], m[6 + x], m[12 + x], m[18 + x], m[24 + x], m[30 + x], m[x], m[6 + x], m[12 + x], m[18 + x])
    IN_SCORING(float8 sum; float8 squares;)
    for (int row = 0; row < 4; row++) {
      float8 x[4];
      m = products[t] + row * 6;
      TRANSFORM_OUTPUT(float8, m[0], m[1], m[2], m[3], m[4], m[5], x[0], x[1], x[2], x[3])
      for (int c = 0; c < 4; c++)
        if (top + row < shape.output_height && left + c < shape.output_width)
          vstore8(
              x[c] IN_INFERENCE(+ bias), 0, output + ((top + row) * shape.output_width + left + c) * stride);
        else
          x[c] = (float8)(0.0f);
      IN_SCORING(add_row(row, x[0], x[1], x[2], x[3], &sum, &squares);)
    }
    IN_SCORING(if (block[BLOCK_COUNTED]) add_tile(&total, sum, squares, limit);)
  }
#ifndef INFERENCE
  if (block[BLOCK_COUNTED])
    write_partial(
        partial + partial_place, first_tile / TILES + get_global_id(1), shape.aligned_outputs, channel, &total,
        out_of_range);
#endif
}

#endif
