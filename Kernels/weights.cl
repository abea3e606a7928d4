// Philox4x32-10 (Salmon et al., SC 2011) for the weights of all convolutions of a run, PyTorch's default initialisation.

inline uint4 philox(uint4 counter, uint2 key) {
  for (int round = 0; round < 10; round++) {
    const uint high0 = mul_hi(0xD2511F53u, counter.x), low0 = 0xD2511F53u * counter.x;
    const uint high1 = mul_hi(0xCD9E8D57u, counter.z), low1 = 0xCD9E8D57u * counter.z;
    counter = (uint4)(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
    key += (uint2)(0x9E3779B9u, 0xBB67AE85u);
  }
  return counter;
}

// A convolution: the stream of its weights, the bits of their bound, its shape; where its matrix of weights begins, the
// channels of that matrix (those of all convolutions joined in it) and its own first one; and its first work-item.
enum { STREAM, BOUND, OUTPUTS, ALIGNED_OUTPUTS, INPUTS, ALIGNED_INPUTS, AREA, MATRIX_PLACE, MATRIX_CHANNELS,
       FIRST_CHANNEL, FIRST_ITEM, BRANCH = 16 };

// The branch of a work-item.
inline __global const long *branch_of(__global const long *branches, int count, uint item) {
  int first = 0;
  while (count > 1) {
    const int upper = count / 2;
    if (item >= (ulong)branches[(first + upper) * BRANCH + FIRST_ITEM]) {
      first += upper;
      count -= upper;
    } else {
      count = upper;
    }
  }
  return branches + first * BRANCH;
}

inline float weight_of(__global const long *branch, ulong seed, uint word) {
  const ulong stream = branch[STREAM];
  const uint4 block = philox((uint4)(word / 4, (uint)stream, (uint)(stream >> 32), 0), (uint2)((uint)seed, (uint)(seed >> 32)));
  const uint value = word % 4 == 0 ? block.x : word % 4 == 1 ? block.y : word % 4 == 2 ? block.z : block.w;
  // 24 bits are exact; the last product is the only rounding.
  return ((float)(value >> 8) * 0x1p-24f * 2.0f - 1.0f) * as_float((uint)branch[BOUND]);
}

// Work-item (position, input, output) of each direct convolution: weights[position][input][output], zero where padded.
__kernel void make_weights(
    __global float *weights, __global const long *tables, ulong branches_place, int count, uint items, ulong seed) {
  uint item = get_global_id(0);
  if (item >= items) return;
  __global const long *branch = branch_of(tables + branches_place, count, item);
  item -= branch[FIRST_ITEM];
  const int output = item % branch[ALIGNED_OUTPUTS], link = item / branch[ALIGNED_OUTPUTS];
  const int input = link % branch[ALIGNED_INPUTS], position = link / branch[ALIGNED_INPUTS];
  float weight = 0.0f;
  if (output < branch[OUTPUTS] && input < branch[INPUTS])
    weight = weight_of(branch, seed, (uint)((output * branch[INPUTS] + input) * branch[AREA] + position));
  weights[branch[MATRIX_PLACE] + (ulong)link * branch[MATRIX_CHANNELS] + branch[FIRST_CHANNEL] + output] = weight;
}

// The filter transform of F(4x4, 3x3), in double precision.
inline void transform_filter(double g0, double g1, double g2, double *u, int step) {
  const double a = g0 + g2, b = g0 + 4.0 * g2;
  u[0] = g0 / 4.0;
  u[step] = -(a + g1) / 6.0;
  u[2 * step] = (g1 - a) / 6.0;
  u[3 * step] = (b + 2.0 * g1) / 24.0;
  u[4 * step] = (b - 2.0 * g1) / 24.0;
  u[5 * step] = g2;
}

// Work-item (input, output) of each Winograd convolution: weights[position of 6x6][input][output].
__kernel void make_filters(
    __global float *weights, __global const long *tables, ulong branches_place, int count, uint items, ulong seed) {
  uint item = get_global_id(0);
  if (item >= items) return;
  __global const long *branch = branch_of(tables + branches_place, count, item);
  item -= branch[FIRST_ITEM];
  const int output = item % branch[ALIGNED_OUTPUTS], input = item / branch[ALIGNED_OUTPUTS];
  const ulong step = branch[ALIGNED_INPUTS] * branch[MATRIX_CHANNELS];
  weights += branch[MATRIX_PLACE] + (ulong)input * branch[MATRIX_CHANNELS] + branch[FIRST_CHANNEL] + output;
  double columns[18], u[6];
  const int is_padding = output >= branch[OUTPUTS] || input >= branch[INPUTS];
  double g[9];
  for (int k = 0; k < 9; k++)
    g[k] = is_padding ? 0.0 : (double)weight_of(branch, seed, (uint)((output * branch[INPUTS] + input) * 9 + k));
  for (int column = 0; column < 3; column++)
    transform_filter(g[column], g[3 + column], g[6 + column], columns + column, 3);
  for (int row = 0; row < 6; row++) {
    transform_filter(columns[row * 3], columns[row * 3 + 1], columns[row * 3 + 2], u, 1);
    for (int column = 0; column < 6; column++) weights[(row * 6 + column) * step] = (float)u[column];
  }
}
