// Planar images [image][channel][row][column] into the layout of the activations. One work-item a position: neighbours
// read neighbours of each plane.

__kernel void place_images(
    __global const float *images, __global float *arena, ulong place, int channels, int aligned, int positions) {
  const int position = get_global_id(0), image = get_global_id(1);
  if (position >= positions) return;
  images += (ulong)image * channels * positions + position;
  arena += place + ((ulong)image * positions + position) * aligned;
  for (int first = 0; first < aligned; first += LANES) {
    float values[LANES];
    for (int lane = 0; lane < LANES; lane++)
      values[lane] = first + lane < channels ? images[(first + lane) * positions] : 0.0f;
    STORE_ALIGNED(LOAD(values), arena + first);
  }
}
