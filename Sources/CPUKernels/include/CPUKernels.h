#ifndef EPADS_CPU_KERNELS_H
#define EPADS_CPU_KERNELS_H

#include <stdint.h>

// Inner loops of the CPU backend. Docs/Numerics.md is the contract: every table below gives the same integers.
//
// Activations of one image are stored as [row][column][channel], the channels padded with zeros to a multiple of 8
// ("aligned channels"). A function works on one image, so that images are what threads share out.

/// A direct convolution of one image, already padded.
///
/// The chain of an output runs over `runs` contiguous pieces of the padded image, `run_length` floats each: a whole
/// kernel row where the dilation is 1, else the channels of one kernel position.
typedef struct epads_convolution {
  long runs;
  /// Floats from the first position of a window to each run.
  const long *_Nonnull run_offsets;
  long run_length;
  /// Floats between the windows of neighbouring outputs, down and across.
  long row_step, column_step;
  long output_height, output_width;
  /// Aligned channels.
  long output_channels;
} epads_convolution;

/// A summand of a node, over one image.
typedef struct epads_term {
  const float *_Nonnull data;
  /// Aligned channels; null where the term is not normalised.
  const float *_Nullable scale;
  int rectified;
  /// Kernel of an average pool; 0 where the term is not pooled. The rest of the fields describe its windows.
  long kernel_height, kernel_width;
  long stride_height, stride_width;
  long padding_height, padding_width;
  long height, width;
} epads_term;

/// The loops of one instruction set.
typedef struct epads_kernels {
  const char *_Nonnull name;
  /// Aligned channels must be a multiple of this.
  long lanes;
  /// Packed weights hold blocks of this many output channels, then of `rest` (see `epads_pack_weights`).
  long block, rest;

  /// Copies an image into the middle of a zeroed one with `padding` more positions on each side, dropping the padded
  /// channels; negative values become 0 where `rectified`.
  void (*_Nonnull pad_image)(
      const float *_Nonnull source, long height, long width, long aligned_channels, long channels, long padding_height,
      long padding_width, int rectified, float *_Nonnull padded);

  /// `weights` as `epads_pack_weights` leaves them.
  void (*_Nonnull convolve_image)(
      const epads_convolution *_Nonnull convolution, const float *_Nonnull padded, const float *_Nonnull weights,
      float *_Nonnull output);

  /// Adds the tiles of an image to `sums`, [fine s, coarse s, fine q, coarse q][channel]. Returns 0 where a tile's sum is
  /// beyond `limit` or not a number.
  int (*_Nonnull add_statistics)(
      const float *_Nonnull image, long height, long width, long channels, float limit, int64_t *_Nonnull sums);

  /// Sums the terms of a node; `output` may be the data of a term that is not pooled.
  ///
  /// `shift`: aligned channels. `row`: scratch for a row of the node and one of its widest pooled term. `output`: null where only signs are wanted. `code`: one bit a
  /// unit, 1 where positive; null where nobody counts it.
  void (*_Nonnull sum_node)(
      const epads_term *_Nonnull terms, long count, long height, long width, long channels,
      const float *_Nonnull shift, float *_Nonnull row, float *_Nullable output, uint8_t *_Nullable code);

  /// Bits that differ; `bytes` is a multiple of 64.
  uint64_t (*_Nonnull hamming)(const uint8_t *_Nonnull left, const uint8_t *_Nonnull right, long bytes);

  /// The sign bits of `count` values, a multiple of 8.
  void (*_Nonnull pack_signs)(const float *_Nonnull values, long count, uint8_t *_Nonnull bits);

  /// Runs `iterations` rounds of independent fused multiply-adds in registers; returns the operations done, counting a
  /// multiply-add as two. For measuring the peak.
  long (*_Nonnull multiply_add_rounds)(long iterations, float *_Nonnull sink);
} epads_kernels;

/// A table; null where this processor or this build lacks the instruction set.
const epads_kernels *_Nonnull epads_kernels_scalar(void);
const epads_kernels *_Nullable epads_kernels_avx2(void);
const epads_kernels *_Nullable epads_kernels_avx512(void);
const epads_kernels *_Nullable epads_kernels_neon(void);

/// Floats that packed weights take.
long epads_packed_weight_count(long output_channels, long input_channels, long kernel_area);

/// Reorders weights [output][input][kernel position] into blocks of output channels: within a block
/// [kernel position][input][output of the block], zeros for padded outputs.
void epads_pack_weights(
    const epads_kernels *_Nonnull kernels, const float *_Nonnull weights, long output_channels, long input_channels,
    long kernel_area, float *_Nonnull packed);

/// A hint that this thread spins.
static inline void epads_spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
