#ifndef EPADS_CPU_KERNELS_H
#define EPADS_CPU_KERNELS_H

#include <stdint.h>

// Inner loops of the CPU backend. Docs/Numerics.md is the contract: every table below gives the same integers.
//
// Activations of one image are stored as [row][column][channel], the channels padded with zeros to a multiple of 8
// ("aligned channels"). A function works on one image, so that images are what threads share out.

/// Functions of each value by itself: NetworkGraph's Function.
typedef enum epads_function_code {
  EPADS_IDENTITY,
  EPADS_RELU,
  EPADS_RELU6,
  EPADS_LEAKY_RELU,
  EPADS_SILU,
  EPADS_GELU,
  EPADS_GELU_TANH,
  EPADS_HARD_SWISH,
  EPADS_ELU,
  EPADS_MISH,
  EPADS_SIGMOID,
  EPADS_HARD_SIGMOID,
  EPADS_TANH,
  EPADS_CLIP,
  EPADS_EXPONENTIAL,
  EPADS_ERROR_FUNCTION,
  EPADS_SQUARE_ROOT,
  EPADS_RECIPROCAL,
  EPADS_ABSOLUTE,
  EPADS_NEGATIVE,
  EPADS_SQUARE,
} epads_function_code;

/// A function with its numbers, in the order in which Function has them.
typedef struct epads_function {
  epads_function_code code;
  float a, b, c;
} epads_function;

/// A summand of a step's value, over one image: of all of its channels, or a part that lies beside others.
typedef struct epads_term {
  const float *_Nonnull data;
  /// Aligned channels of the value; null where no part of it is normalised. Only the first part has it.
  const float *_Nullable scale;
  epads_function activation;
  /// Whether the term is a part of a summand, and of how many parts that consists; the others follow it.
  int is_part;
  long parts;
  /// Aligned channels of the data, and the channel of the value where they begin. Parts come in the order of their
  /// channels, so that the next one overwrites the padding of one.
  long channels, first_channel;
  /// Whether the parts, padding included, leave channels out.
  int has_gaps;
  /// Kernel of a pool; 0 where the term is not pooled. The rest of the fields describe its windows.
  int is_maximum;
  long kernel_height, kernel_width;
  long stride_height, stride_width;
  long padding_height, padding_width;
  long height, width;
} epads_term;

/// What a thread will read and write next: fetched into the second-level cache a little at a time, while the thread
/// computes.
typedef struct epads_prefetch {
  const char *_Nullable parts[8];
  long count;
  /// Bytes of each part, and how many have been asked for.
  long bytes, done;
  /// Bytes to ask for at each opportunity.
  long pace;
} epads_prefetch;

/// The value of a step for one image: a sum of terms, its signs, and the padded copy that convolutions read.
typedef struct epads_value {
  const epads_term *_Nonnull terms;
  /// 0 for a value of zeros.
  long count;
  /// `channels` are aligned.
  long height, width, channels;
  /// The rows to make, the last one not among them.
  long first_row, last_row;
  /// The sum of the shifts of the normalised terms: aligned channels.
  const float *_Nonnull shift;
  /// Aligned channels, every one 1: the scale of a term that is not normalised.
  const float *_Nonnull ones;
  /// Scratch: five rows of the value (sums, and terms that are pooled, activated or in parts), then `row_scratch`
  /// floats for a row of a part and one of a pooled source.
  float *_Nonnull rows;
  /// Null where no later step reads the value; may be the data of a term that is not pooled.
  float *_Nullable output;
  /// One bit a unit, 1 where positive; null where nobody counts it.
  uint8_t *_Nullable code;
  /// Where the first position goes in a padded image; null where no convolution reads the value.
  float *_Nullable padded;
  /// Floats between rows and between positions of the padded image: aligned channels, or the bare ones.
  long padded_row, padded_channels;
  /// Of what goes into the padded image.
  epads_function activation;
  /// Asked for row by row; null where a convolution follows, which has more time for it.
  epads_prefetch *_Nullable prefetch;
} epads_value;

/// The input channels that a vector of output channels reads.
typedef enum epads_inputs {
  /// The same ones: a dense convolution.
  EPADS_SHARED_INPUTS,
  /// Each its own, side by side: a depthwise convolution.
  EPADS_OWN_INPUTS,
  /// Those of its group.
  EPADS_GROUPED_INPUTS,
} epads_inputs;

/// One vector of output channels of a convolution.
typedef struct epads_output {
  /// As `pack_direct` or `pack_winograd` leaves them for this vector.
  const float *_Nonnull weights;
  /// A vector that is added to every output; null where there is none.
  const float *_Nullable bias;
  /// The vector's first channel at the first position of the first image.
  float *_Nonnull data;
  /// Floats between positions, rows and images.
  long channels, row, image;
  /// [fine s, coarse s, fine q, coarse q] of the vector's channels, `channels` integers apart; null where nobody asks.
  int64_t *_Nullable sums;
  /// The magnitude that a tile's sums may have.
  float limit;
  /// Where the inputs are not shared: the first input channel of each lane.
  const long *_Nullable lane_inputs;
} epads_output;

/// A direct convolution of one padded image.
///
/// The chain of an output runs over `runs` contiguous pieces of the padded image, `run_length` floats each: a whole
/// kernel row where the dilation is 1 and no padded channels are in between, else the channels of one kernel position.
typedef struct epads_convolution {
  long runs;
  /// Floats from the first position of a window to each run.
  const long *_Nonnull run_offsets;
  long run_length;
  /// Floats between the windows of neighbouring outputs, down and across.
  long row_step, column_step;
  long output_height, output_width;
  epads_inputs inputs;
  /// Of a depthwise convolution: columns of the kernel, and floats from one to the next.
  long kernel_width, kernel_step;
} epads_convolution;

/// A convolution of several padded images by F(4x4, 3x3).
typedef struct epads_winograd {
  long images;
  /// Floats between padded images and between their rows; positions are `channels` apart. An image has room for whole
  /// tiles: 4 rows and columns a tile and 2 more.
  long padded_image, padded_row;
  /// Aligned, and those that a chain runs over.
  long channels, input_channels;
  long output_height, output_width;
  /// Tiles that are transformed together, a multiple of 8, which every TILE_GROUP divides.
  long tiles;
  /// Vectors of output channels that are multiplied together.
  long vectors;
  /// `epads_winograd_scratch` floats.
  float *_Nonnull scratch;
} epads_winograd;

/// What an operation reads, of one image.
typedef struct epads_operand {
  const float *_Nonnull data;
  /// Bare and aligned.
  long channels, aligned;
  long height, width;
  /// Floats from a position to the next: 0 where one is for all.
  long position_step;
  /// Whether its only channel is for all.
  int repeats_channels;
  epads_function function;
} epads_operand;

typedef enum epads_operation_kind {
  EPADS_COPY,
  /// `variant`: an epads_binary.
  EPADS_BINARY,
  EPADS_ARRANGE,
  /// `variant`: whether the right one is transposed. `height` matrices.
  EPADS_PRODUCT,
  EPADS_NORMALIZE_POSITIONS,
  /// `variant`: groups.
  EPADS_NORMALIZE_GROUPS,
  EPADS_SOFTMAX,
  /// `variant`: an epads_reduction.
  EPADS_REDUCE_CHANNELS,
  EPADS_REDUCE_POSITIONS,
  EPADS_INTERPOLATE,
} epads_operation_kind;

typedef enum epads_binary {
  EPADS_ADD,
  EPADS_SUBTRACT,
  EPADS_MULTIPLY,
  EPADS_DIVIDE,
  EPADS_MINIMUM,
  EPADS_MAXIMUM,
} epads_binary;

typedef enum epads_reduction {
  EPADS_MEAN,
  EPADS_SUM,
  EPADS_LARGEST,
  EPADS_SMALLEST,
  EPADS_NORM,
} epads_reduction;

/// A loop over units that are copied: how often, and floats between its rounds.
typedef struct epads_axis {
  long count, source, target;
} epads_axis;

/// Units that are copied; `source` and `target` are the first of them.
typedef struct epads_box {
  long operand;
  long source, target;
  /// From the outermost to the innermost; none for a single unit.
  const epads_axis *_Nonnull axes;
  long count;
} epads_box;

/// A row or column of an interpolation.
typedef struct epads_sample {
  long first, second;
  float weight;
} epads_sample;

/// An operation on whole values of one image.
typedef struct epads_operation {
  epads_operation_kind kind;
  long variant;
  const epads_operand *_Nonnull operands;
  float *_Nonnull output;
  /// Of the output; channels bare and aligned.
  long height, width, channels, aligned;
  /// The positions to make, the last one not among them. Kinds that need all positions at once are made with the first.
  long first_position, last_position;
  double epsilon;
  /// Of an arrangement: what no box writes, where any of that is left.
  float fill;
  int needs_fill;
  const epads_box *_Nullable boxes;
  long box_count;
  const epads_sample *_Nullable rows;
  const epads_sample *_Nullable columns;
  /// Two positions of the output; for a transposed product as many as it has terms.
  float *_Nonnull scratch;
} epads_operation;

/// The loops of one instruction set.
typedef struct epads_kernels {
  const char *_Nonnull name;
  /// Aligned channels must be a multiple of this.
  long lanes;
  /// Makes a step's value for one image.
  void (*_Nonnull make_value)(const epads_value *_Nonnull value);

  /// Carries out an operation on one image.
  void (*_Nonnull operate)(const epads_operation *_Nonnull operation);

  /// Weights [output][input][kernel position] of a vector of output channels as [kernel position][input][lane], zeros
  /// behind the last of `outputs`.
  void (*_Nonnull pack_direct)(
      const float *_Nonnull weights, long outputs, long inputs, long area, float *_Nonnull packed);

  /// The transformed 3x3 filters of a vector of output channels as [position of 36][input][lane].
  void (*_Nonnull pack_winograd)(const float *_Nonnull weights, long outputs, long inputs, float *_Nonnull packed);

  /// Convolves one image, `image` of the outputs. Returns 0 where a tile's sum is beyond the limit or not a number.
  int (*_Nonnull convolve)(
      const epads_convolution *_Nonnull convolution, const float *_Nonnull padded, const epads_output *_Nonnull outputs,
      long count, long image, epads_prefetch *_Nonnull prefetch);

  /// Convolves `images` padded images, `image` and those that follow of the outputs.
  int (*_Nonnull convolve_winograd)(
      const epads_winograd *_Nonnull convolution, const float *_Nonnull padded, const epads_output *_Nonnull outputs,
      long count, long image, epads_prefetch *_Nonnull prefetch);

  /// Adds the tiles of an image to `sums`, [fine s, coarse s, fine q, coarse q][channel]. Returns 0 where a tile's sum
  /// is beyond `limit` or not a number.
  int (*_Nonnull add_statistics)(
      const float *_Nonnull image, long height, long width, long channels, float limit, int64_t *_Nonnull sums);

  /// Bits that differ; `bytes` is a multiple of 64.
  uint64_t (*_Nonnull hamming)(const uint8_t *_Nonnull left, const uint8_t *_Nonnull right, long bytes);

  /// Adds the differing bits of every pair of rows `first ..< first + rows` and `second ..< second + columns` of codes
  /// that are `stride` bytes apart to `distances`, row-major and `width` apart.
  void (*_Nonnull hamming_pairs)(
      const uint8_t *_Nonnull first, long rows, const uint8_t *_Nonnull second, long columns, long stride, long bytes,
      int64_t *_Nonnull distances, long width);

  /// Runs `iterations` rounds of independent fused multiply-adds in registers; returns the operations done, counting a
  /// multiply-add as two. For measuring the peak.
  long (*_Nonnull multiply_add_rounds)(long iterations, float *_Nonnull sink);
} epads_kernels;

/// A table; null where this processor or this build lacks the instruction set.
const epads_kernels *_Nonnull epads_kernels_scalar(void);
const epads_kernels *_Nullable epads_kernels_avx2(void);
const epads_kernels *_Nullable epads_kernels_avx512(void);
const epads_kernels *_Nullable epads_kernels_neon(void);

/// Tiles of so many input channels that are best transformed together: few enough for the second-level cache, so many
/// that filters are read seldom.
static inline long epads_winograd_tiles(long channels) { return channels <= 16 ? 32 : 16; }

/// Floats of scratch that a Winograd convolution takes: transformed tiles of the input, and products.
static inline long epads_winograd_scratch(long tiles, long channels, long output_channels) {
  // 16 more a position: rows a power of two apart would share cache sets.
  return 36 * (tiles * channels + 16) + 36 * (tiles * output_channels + 16);
}

/// A hint that this thread spins.
static inline void epads_spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
