// Philox4x32-10 (Salmon et al., SC 2011) for the weights of all convolutions of a run or an inference, PyTorch's
// default initialisation.

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
// channels of that matrix (those of all convolutions joined in it) and its own first one; its first work-item; the bits
// of a factor of the weights, 1 for scoring; and for Winograd's algorithm, how many output channels have their filters
// together; and where stored weights begin, [output][input][position], or -1 for those that are drawn. Biases are made
// like weights of one input channel.
enum { STREAM, BOUND, OUTPUTS, ALIGNED_OUTPUTS, INPUTS, ALIGNED_INPUTS, AREA, MATRIX_PLACE, MATRIX_CHANNELS,
       FIRST_CHANNEL, FIRST_ITEM, SCALE, GROUP_CHANNELS, STORED, BRANCH = 16 };

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

// Words 4 * block ... + 3 of the stream.
inline uint4 words_of(__global const long *branch, ulong seed, uint block) {
  const ulong stream = branch[STREAM];
  const uint4 counter = (uint4)(block, (uint)stream, (uint)(stream >> 32), 0);
  return philox(counter, (uint2)((uint)seed, (uint)(seed >> 32)));
}

// 24 bits are exact; the products with the bound and the factor are rounded.
inline float weight_of(__global const long *branch, uint word) {
  return ((float)(word >> 8) * 0x1p-24f * 2.0f - 1.0f) * as_float((uint)branch[BOUND]) * as_float((uint)branch[SCALE]);
}

// Work-item (position, input, output) of each direct convolution: weights[position][input][output], zero where padded.
__kernel void make_weights(
    __global float *weights, __global const float *stored, __global const long *tables, ulong branches_place, int count,
    uint items, ulong seed) {
  uint item = get_global_id(0);
  if (item >= items) return;
  __global const long *branch = branch_of(tables + branches_place, count, item);
  item -= branch[FIRST_ITEM];
  const int output = item % branch[ALIGNED_OUTPUTS], link = item / branch[ALIGNED_OUTPUTS];
  const int input = link % branch[ALIGNED_INPUTS], position = link / branch[ALIGNED_INPUTS];
  float weight = 0.0f;
  if (output < branch[OUTPUTS] && input < branch[INPUTS]) {
    const uint word = (uint)((output * branch[INPUTS] + input) * branch[AREA] + position);
    if (branch[STORED] >= 0) weight = stored[branch[STORED] + word];
    const uint4 words = words_of(branch, seed, word / 4);
    if (branch[STORED] < 0)
      weight = weight_of(branch, word % 4 == 0 ? words.x : word % 4 == 1 ? words.y : word % 4 == 2 ? words.z : words.w);
  }
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

// Work-item (input, output) of each Winograd convolution:
// weights[GROUP_CHANNELS of the outputs][input][position of 6x6][output].
__kernel void make_filters(
    __global float *weights, __global const float *stored, __global const long *tables, ulong branches_place, int count,
    uint items, ulong seed) {
  uint item = get_global_id(0);
  if (item >= items) return;
  __global const long *branch = branch_of(tables + branches_place, count, item);
  item -= branch[FIRST_ITEM];
  const int output = item % branch[ALIGNED_OUTPUTS], input = item / branch[ALIGNED_OUTPUTS];
  const int channel = branch[FIRST_CHANNEL] + output, step = branch[GROUP_CHANNELS];
  weights +=
      branch[MATRIX_PLACE] + ((ulong)(channel / step) * branch[ALIGNED_INPUTS] + input) * 36 * step + channel % step;
  double g[9], columns[18], u[6];
  if (output < branch[OUTPUTS] && input < branch[INPUTS]) {
    // 9 words of 3 blocks.
    const uint word = (uint)((output * branch[INPUTS] + input) * 9), shift = word % 4;
    uint words[12];
    for (int k = 0; k < 3; k++) vstore4(words_of(branch, seed, word / 4 + k), k, words);
    for (int k = 0; k < 9; k++)
      g[k] = branch[STORED] >= 0 ? stored[branch[STORED] + word + k] : weight_of(
          branch, shift == 0 ? words[k] : shift == 1 ? words[k + 1] : shift == 2 ? words[k + 2] : words[k + 3]);
  } else {
    for (int k = 0; k < 9; k++) g[k] = 0.0;
  }
  for (int column = 0; column < 3; column++)
    transform_filter(g[column], g[3 + column], g[6 + column], columns + column, 3);
  for (int row = 0; row < 6; row++) {
    transform_filter(columns[row * 3], columns[row * 3 + 1], columns[row * 3 + 2], u, 1);
    for (int column = 0; column < 6; column++) weights[(row * 6 + column) * step] = (float)u[column];
  }
}
