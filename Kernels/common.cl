// What every kernel keeps: Docs/Numerics.md. Products and sums are fused only where fma stands; programs are built
// without any relaxation. Division and square root are done in double precision, where every device rounds correctly.
//
// Activations of one image are [row][column][channel], the channels padded with zeros to a multiple of 8 ("aligned").
// Places in the arena are in floats and may exceed 32 bits; positions within an image do not.

#pragma OPENCL FP_CONTRACT OFF
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

inline float rectify(float value) { return value > 0.0f ? value : 0.0f; }

#ifdef TILED

// Work-items of a group that adds up integers.
#define ADDERS 64

// The sum over a work-group of ADDERS items, for item 0.
inline long group_sum(long value, __local long *scratch) {
  const int item = get_local_id(0);
  scratch[item] = value;
  for (int half_width = ADDERS / 2; half_width > 0; half_width /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < half_width) scratch[item] += scratch[item + half_width];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const long total = scratch[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  return total;
}

#endif
