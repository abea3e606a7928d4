// What the kernels for convolutions share. Convolutions of one geometry that read the same are joined: their output
// channels, each convolution padded to a multiple of 8, follow each other in one matrix of weights. A block of 8
// channels belongs to one of them.

typedef struct {
  int images, height, width, aligned_channels;
  int output_height, output_width, aligned_outputs;
  // The padding is less an offset, so that it may be negative.
  int kernel_height, kernel_width, stride_height, stride_width, padding_height, padding_width, dilation_height,
      dilation_width;
  // Identity or ReLU: what other functions make is put in a place of its own before.
  int activation;
  // Input channels of a group where there are several, else 0.
  int group_channels;
  // Tiles of 4x4 outputs: of an image, and of all images.
  int tile_rows, tile_columns, tiles;
} convolution_shape;

// A block: where its first channel lies in the arena, channels of its buffer, where the totals of its statistics begin
// or -1; for grouped convolutions, its first channel, the channels without padding and those of a group.
enum { BLOCK_PLACE, BLOCK_CHANNELS, BLOCK_TOTALS, BLOCK_FIRST_CHANNEL, BLOCK_OUTPUTS, BLOCK_GROUP_OUTPUTS, BLOCK = 8 };

// Biases, a row before the matrix of weights, are added to complete sums.
#ifdef BIASED
#define IN_BIASED(code) code
#else
#define IN_BIASED(code)
#endif

// Scoring takes statistics of what convolutions make.
#ifdef INFERENCE
#define IN_SCORING(code)
#define STATISTICS_PARAMETERS
#else
#define IN_SCORING(code) code
#define STATISTICS_PARAMETERS \
  __global long *totals, __global int *out_of_range, float limit,
#endif

#ifdef TILED

// The tiles of a work-group; those beyond the last have no image.
typedef struct {
  int image, top, left;
} tile_place;

inline tile_place place_of_tile(int tile, const convolution_shape *shape) {
  tile_place place;
  const int of_image = shape->tile_rows * shape->tile_columns;
  place.image = tile < shape->tiles ? tile / of_image : -1;
  place.top = tile % of_image / shape->tile_columns * 4;
  place.left = tile % shape->tile_columns * 4;
  return place;
}

#ifndef INFERENCE

// Adds the counts of a work-group to the totals of its channels, from first_channel on: item i of counts[kind][item] is
// of channel i % channels.
inline void add_group(
    __local const long *counts, int items, int first_channel, int channels, const convolution_shape *shape,
    __global const long *blocks, __global long *totals) {
  for (int task = get_local_id(0); task < 4 * channels; task += get_local_size(0)) {
    const int kind = task / channels, channel = first_channel + task % channels;
    if (channel >= shape->aligned_outputs) continue;
    __global const long *block = blocks + channel / 8 * BLOCK;
    if (block[BLOCK_TOTALS] < 0) continue;
    long sum = 0;
    for (int item = task % channels; item < items; item += channels) sum += counts[kind * items + item];
    add_to((__global uint *)(totals + block[BLOCK_TOTALS] + kind * block[BLOCK_CHANNELS] + channel % 8), sum);
  }
}

#endif

#endif
