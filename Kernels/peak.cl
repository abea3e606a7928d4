// Independent chains of fused multiply-adds in registers: LINKS of each of CHAINS vectors a round.
__kernel void multiply_accumulate(__global float *results, int rounds, float factor, float summand) {
  lanes sums[CHAINS];
#pragma unroll
  for (int chain = 0; chain < CHAINS; chain++) sums[chain] = (lanes)(get_global_id(0) + chain);
  for (int round = 0; round < rounds; round++) {
#pragma unroll
    for (int link = 0; link < LINKS; link++)
#pragma unroll
      for (int chain = 0; chain < CHAINS; chain++) sums[chain] = fma(sums[chain], (lanes)(factor), (lanes)(summand));
  }
  // Nothing of it may be left out.
  lanes total = (lanes)(0.0f);
#pragma unroll
  for (int chain = 0; chain < CHAINS; chain++) total += sums[chain];
  STORE(total, results + get_global_id(0) * LANES);
}
