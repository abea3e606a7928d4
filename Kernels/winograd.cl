// Winograd's F(4x4, 3x3): Docs/Numerics.md. Filters are transformed already, and those of a work-group lie together
// (weights.cl): [GROUP_CHANNELS of the outputs][input channel][position][output channel].

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

// Inputs are transformed by a kernel of their own, a slice of the tiles at a time so that they stay in the cache; then
// a second one multiplies and transforms the products.

// For GPUs: a work-group makes TILES tiles of OUTPUTS channels. The transformed inputs and the filters of 4 channels at
// a time go through local memory, those of the next 4 are on their way meanwhile; a work-item multiplies 8 tiles by 8
// channels at one position, in registers. Then the products of each half of the channels go through local memory to
// work-items that transform a tile of a channel each.
#ifdef TILED

#define TILE_BLOCKS (TILES / 8)
#define OUTPUT_BLOCKS (OUTPUTS / 8)
#define GROUP (36 * TILE_BLOCKS * OUTPUT_BLOCKS)
#define HALF (OUTPUTS / 2)
// Work-items that transform products.
#define FINISHERS (TILES * HALF)

// The tile of a slot of the transformed inputs. A work-item reads two vectors of tiles, TILES / 2 slots apart, and its
// tile t is tile t * TILE_BLOCKS + block of the work-group: neighbouring work-items have neighbours.
inline int tile_of_slot(int slot) {
  const int in_half = slot % (TILES / 2);
  return (slot / (TILES / 2) * 4 + in_half % 4) * TILE_BLOCKS + in_half / 4;
}

// transformed[TILES tiles of the slice][4 channels][position][slot][channel]. A work-item transforms 4 channels of a
// tile.
__kernel __attribute__((reqd_work_group_size(2, 32, 1))) void transform_inputs(
    __global const float *arena, ulong input_place, __global float *transformed, int first_tile,
    convolution_shape shape) {
  const int channel = get_global_id(0) * 4, slot = get_global_id(1);
  const tile_place place =
      place_of_tile(first_tile + slot / TILES * TILES + tile_of_slot(slot % TILES), &shape);
  const int top = place.top - shape.padding_height, left = place.left - shape.padding_width;
  __global const float *from =
      arena + input_place + channel + (ulong)max(place.image, 0) * shape.height * shape.width * shape.aligned_channels;
  // What is beyond an edge is read elsewhere and dropped: branches would make loads wait for each other.
  float4 values[36];
#pragma unroll
  for (int position = 0; position < 36; position++) {
    const int y = top + position / 6, x = left + position % 6;
    const float4 value = LOAD_ALIGNED(
        from + (clamp(y, 0, shape.height - 1) * shape.width + clamp(x, 0, shape.width - 1)) * shape.aligned_channels);
    values[position] = y >= 0 && y < shape.height && x >= 0 && x < shape.width ? value : (float4)(0.0f);
  }
  if (shape.activation == ACTIVATION_RELU) {
#pragma unroll
    for (int position = 0; position < 36; position++) values[position] = relu(values[position]);
  }
#pragma unroll
  for (int x = 0; x < 6; x++) TRANSFORM_INPUT(float4, values, x, 6)
#pragma unroll
  for (int y = 0; y < 6; y++) TRANSFORM_INPUT(float4, values, y * 6, 1)
  transformed += ((ulong)(slot / TILES) * shape.aligned_channels + channel) * 36 * TILES + slot % TILES * 4;
#pragma unroll
  for (int position = 0; position < 36; position++) STORE_ALIGNED(values[position], transformed + position * TILES * 4);
}

// Vectors that a work-item fetches of the inputs and of the filters of 4 channels.
#define INPUT_VECTORS (36 * TILES / GROUP)
#define FILTER_VECTORS (36 * OUTPUTS / GROUP)

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void convolve_winograd(
    __global float *arena, __global const float *restrict transformed, int first_tile, int last_tile,
    __global const float *restrict weights, ulong weight_place, __global const long *tables, ulong blocks_place,
    STATISTICS_PARAMETERS convolution_shape shape) {
  // Inputs and filters of 4 channels, [channel][position][slot] and [channel][position][output]; later products,
  // [position][tile][channel of a half].
  __local __attribute__((aligned(16))) float scratch[36 * TILES * HALF];
  __local float *const inputs = scratch, *const filters = scratch + 4 * 36 * TILES;
  // Work-groups with the same inputs follow each other.
  const int item = get_local_id(0), channel_groups = (shape.aligned_outputs + OUTPUTS - 1) / OUTPUTS;
  const int channel_group = get_group_id(0) % channel_groups, tile_group = get_group_id(0) / channel_groups;
  const int first_channel = channel_group * OUTPUTS;
  const int position = item / (TILE_BLOCKS * OUTPUT_BLOCKS);
  const int tile_block = item / OUTPUT_BLOCKS % TILE_BLOCKS, output_block = item % OUTPUT_BLOCKS;
  weights += weight_place;
  __global const float *input =
      transformed + (ulong)tile_group * shape.aligned_channels * 36 * TILES + item * 4;
  __global const float *filter =
      weights + (ulong)channel_group * shape.aligned_channels * 36 * OUTPUTS + item * 4;
  float4 held[INPUT_VECTORS + FILTER_VECTORS];
#define FETCH                                                                                                     \
  {                                                                                                               \
    _Pragma("unroll") for (int v = 0; v < INPUT_VECTORS; v++) held[v] = LOAD_ALIGNED(input + v * GROUP * 4);      \
    _Pragma("unroll") for (int v = 0; v < FILTER_VECTORS; v++) held[INPUT_VECTORS + v] =                          \
        LOAD_ALIGNED(filter + v * GROUP * 4);                                                                     \
    input += 4 * 36 * TILES;                                                                                      \
    filter += 4 * 36 * OUTPUTS;                                                                                   \
  }
  float4 products[8][2];
#pragma unroll
  for (int t = 0; t < 8; t++) products[t][0] = products[t][1] = (float4)(0.0f);
  FETCH
  for (int channel = 0; channel < shape.aligned_channels; channel += 4) {
#pragma unroll
    for (int v = 0; v < INPUT_VECTORS; v++) {
      __local float *to = inputs + v * GROUP + item;
      to[0] = held[v].s0;
      to[36 * TILES] = held[v].s1;
      to[2 * 36 * TILES] = held[v].s2;
      to[3 * 36 * TILES] = held[v].s3;
    }
#pragma unroll
    for (int v = 0; v < FILTER_VECTORS; v++) STORE(held[INPUT_VECTORS + v], filters + (v * GROUP + item) * 4);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (channel + 4 < shape.aligned_channels) FETCH
#pragma unroll 1
    for (int c = 0; c < 4; c++) {
      __local const float *value = inputs + (c * 36 + position) * TILES + tile_block * 4;
      __local const float *factor = filters + (c * 36 + position) * OUTPUTS + output_block * 4;
      const float4 upper = LOAD(value), lower = LOAD(value + TILES / 2);
      const float4 first = LOAD(factor), second = LOAD(factor + HALF);
#define MULTIPLY(t, factor)                                            \
  products[t][0] = fma((float4)(factor), first, products[t][0]);       \
  products[t][1] = fma((float4)(factor), second, products[t][1]);
      MULTIPLY(0, upper.s0)
      MULTIPLY(1, upper.s1)
      MULTIPLY(2, upper.s2)
      MULTIPLY(3, upper.s3)
      MULTIPLY(4, lower.s0)
      MULTIPLY(5, lower.s1)
      MULTIPLY(6, lower.s2)
      MULTIPLY(7, lower.s3)
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  const tile_place place = place_of_tile(first_tile + tile_group * TILES + item / HALF, &shape);
  IN_SCORING(tile_counts counts_of_half[2];)
#pragma unroll
  for (int half_block = 0; half_block < 2; half_block++) {
#pragma unroll
    for (int t = 0; t < 8; t++)
      STORE(
          products[t][half_block],
          scratch + (position * TILES + t * TILE_BLOCKS + tile_block) * HALF + output_block * 4);
    barrier(CLK_LOCAL_MEM_FENCE);
    const int channel = first_channel + half_block * HALF + item % HALF;
    IN_SCORING(clear(&counts_of_half[half_block]);)
    if (item < FINISHERS && place.image >= 0 && channel < shape.aligned_outputs) {
      __global const long *block = tables + blocks_place + channel / 8 * BLOCK;
      const int stride = block[BLOCK_CHANNELS];
      __global float *output =
          arena + block[BLOCK_PLACE] + channel % 8 +
          (ulong)place.image * shape.output_height * shape.output_width * stride;
      IN_BIASED(const float bias = *(weights - shape.aligned_outputs + channel);)
      float m[36];
#pragma unroll
      for (int p = 0; p < 36; p++) m[p] = scratch[p * FINISHERS + item];
#pragma unroll
      for (int x = 0; x < 6; x++)
        TRANSFORM_OUTPUT(
            float, m[x], m[6 + x], m[12 + x], m[18 + x], m[24 + x], m[30 + x], m[x], m[6 + x], m[12 + x], m[18 + x])
      IN_SCORING(float sum = 0.0f; float squares = 0.0f;)
#pragma unroll
      for (int y = 0; y < 4; y++) {
        float x[4];
        TRANSFORM_OUTPUT(
            float, m[y * 6], m[y * 6 + 1], m[y * 6 + 2], m[y * 6 + 3], m[y * 6 + 4], m[y * 6 + 5], x[0], x[1], x[2],
            x[3])
#pragma unroll
        for (int c = 0; c < 4; c++)
          if (place.top + y < shape.output_height && place.left + c < shape.output_width) {
            IN_BIASED(x[c] = x[c] + bias;)
            output[((place.top + y) * shape.output_width + place.left + c) * stride] = x[c];
          } else {
            x[c] = 0.0f;
          }
        IN_SCORING(add_row(y, x[0], x[1], x[2], x[3], &sum, &squares);)
      }
      IN_SCORING(if (block[BLOCK_TOTALS] >= 0) add_tile(&counts_of_half[half_block], sum, squares, limit);)
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#ifndef INFERENCE
  // [half][kind][item].
  __local long *const counts = (__local long *)scratch;
  if (item < FINISHERS)
#pragma unroll
    for (int half_block = 0; half_block < 2; half_block++) {
      for (int kind = 0; kind < 4; kind++)
        counts[(half_block * 4 + kind) * FINISHERS + item] = counts_of_half[half_block].counts[kind];
      if (!counts_of_half[half_block].fits) atomic_or(out_of_range, 1);
    }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_block = 0; half_block < 2; half_block++)
    add_group(
        counts + half_block * 4 * FINISHERS, FINISHERS, first_channel + half_block * HALF, HALF, &shape,
        tables + blocks_place, totals);
#endif
}

// For processors: a work-item transforms 8 channels of a tile; then one makes 8 channels of TILES tiles.
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
                           ? rectified(
                                 vload8(0, from + (y * shape.width + x) * shape.aligned_channels), shape.activation)
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
      const float8 filter = vload8(0, weights + (ulong)(c * 36 + position) * shape.aligned_outputs);
#pragma unroll
      for (int t = 0; t < TILES; t++) sums[t] = fma((float8)(inputs[t][position * channels + c]), filter, sums[t]);
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) products[t][position] = sums[t];
  }
  IN_BIASED(const float8 bias = vload8(0, weights - shape.aligned_outputs);)
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
        if (top + row < shape.output_height && left + c < shape.output_width) {
          IN_BIASED(x[c] = x[c] + bias;)
          vstore8(x[c], 0, output + ((top + row) * shape.output_width + left + c) * stride);
        } else {
          x[c] = (float8)(0.0f);
        }
      IN_SCORING(add_row(row, x[0], x[1], x[2], x[3], &sum, &squares);)
    }
    IN_SCORING(if (block[BLOCK_TOTALS] >= 0) add_tile(&total, sum, squares, limit);)
  }
#ifndef INFERENCE
  if (block[BLOCK_TOTALS] >= 0) add_to_totals(totals + block[BLOCK_TOTALS], stride, &total, out_of_range);
#endif
}

#endif
