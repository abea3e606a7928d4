// Philox4x32-10 (Salmon et al., SC 2011) for the weights of one convolution, PyTorch's default initialisation, stored as
// [kernel position][input channel][aligned output channel], zero for padded outputs. One work-item a weight.

inline uint4 philox(uint4 counter, uint2 key) {
  for (int round = 0; round < 10; round++) {
    const uint high0 = mul_hi(0xD2511F53u, counter.x), low0 = 0xD2511F53u * counter.x;
    const uint high1 = mul_hi(0xCD9E8D57u, counter.z), low1 = 0xCD9E8D57u * counter.z;
    counter = (uint4)(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
    key += (uint2)(0x9E3779B9u, 0xBB67AE85u);
  }
  return counter;
}

__kernel void make_weights(
    __global float *weights, ulong place, ulong stream, ulong seed, int outputs, int aligned, int inputs, int area,
    float bound) {
  const int index = get_global_id(0);
  if (index >= area * inputs * aligned) return;
  const int output = index % aligned, input = index / aligned % inputs, position = index / (aligned * inputs);
  float weight = 0.0f;
  if (output < outputs) {
    const uint word = (uint)((output * inputs + input) * area + position);
    const uint4 block = philox((uint4)(word / 4, (uint)stream, (uint)(stream >> 32), 0), (uint2)((uint)seed, (uint)(seed >> 32)));
    const uint value = word % 4 == 0 ? block.x : word % 4 == 1 ? block.y : word % 4 == 2 ? block.z : block.w;
    // 24 bits are exact; the last product is the only rounding.
    weight = ((float)(value >> 8) * 0x1p-24f * 2.0f - 1.0f) * bound;
  }
  weights[place + index] = weight;
}
