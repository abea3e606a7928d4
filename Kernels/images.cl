// Planar images [image][channel][row][column] into the layout of the activations. One work-item a unit.

__kernel void place_images(
    __global const float *images, __global float *arena, ulong place, int channels, int aligned, int positions) {
  const int unit = get_global_id(0), image = get_global_id(1);
  if (unit >= aligned * positions) return;
  const int channel = unit % aligned, position = unit / aligned;
  arena[place + (ulong)image * positions * aligned + unit] =
      channel < channels ? images[((ulong)image * channels + channel) * positions + position] : 0.0f;
}
