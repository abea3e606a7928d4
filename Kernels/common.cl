// What every kernel keeps: Docs/Numerics.md. Products and sums are fused only where fma stands; programs are built
// without any relaxation. Division and square root are done in double precision, where every device rounds correctly.
//
// Activations of one image are [row][column][channel], the channels padded with zeros to a multiple of 8 ("aligned").
// Places in buffers are in elements and may exceed 32 bits; positions within an image do not. What differs from step to
// step in number comes in `tables`, records of longs that the host writes once a run
// (Sources/OpenCLBackend/Tables.swift).

#pragma OPENCL FP_CONTRACT OFF
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

// What a work-item works on: single channels through wide loads on GPUs, vectors on processors.
#ifdef TILED
#define LANES 4
typedef float4 lanes;
typedef int4 lane_flags;
#define LOAD(pointer) vload4(0, pointer)
#define STORE(value, pointer) vstore4(value, 0, pointer)
// From and to places that are multiples of LANES. Wide accesses to global memory are single ones only where the
// compiler knows that they are aligned.
#define LOAD_ALIGNED(pointer) (*(__global const lanes *)(pointer))
#define STORE_ALIGNED(value, pointer) (*(__global lanes *)(pointer) = (value))
#else
#define LANES 8
typedef float8 lanes;
typedef int8 lane_flags;
#define LOAD(pointer) vload8(0, pointer)
#define STORE(value, pointer) vstore8(value, 0, pointer)
#define LOAD_ALIGNED(pointer) LOAD(pointer)
#define STORE_ALIGNED(value, pointer) STORE(value, pointer)
#endif

// Function, as Sources/OpenCLBackend/Tables.swift numbers it. Those from LEAKY_RELU on stand in functions.cl.
enum { ACTIVATION_IDENTITY, ACTIVATION_RELU, RELU6, LEAKY_RELU, SILU, GELU, GELU_TANH, HARD_SWISH, ELU, MISH, SIGMOID,
       HARD_SIGMOID, HYPERBOLIC_TANGENT, CLIP, EXPONENTIAL, ERROR_FUNCTION, SQUARE_ROOT, RECIPROCAL, ABSOLUTE,
       NEGATIVE, SQUARE };

// Negative values and NaN as zero.
inline lanes relu(lanes value) { return select((lanes)(0.0f), value, isgreater(value, (lanes)(0.0f))); }

inline lanes rectified(lanes value, int activation) { return activation == ACTIVATION_RELU ? relu(value) : value; }
