// Hamming distances of codes: `words` words an image.

// Words first, first + step, ... of two codes.
inline uint distance_of(__global const uint *left, __global const uint *right, int first, int step, int words) {
  uint total = 0;
  for (int word = first; word < words; word += step) total += popcount(left[word] ^ right[word]);
  return total;
}

// Column 0 of an image is the distance to its noisy copy, column 1 + k that to its partner under the permutation of the
// k-th site of the node. counts[site][d1, d2][image]; every site of the node gets the d2.
inline void write_distance(
    uint distance, int image, int column, int batch, __global const int *sites, int site_count, __global uint *counts) {
  if (column > 0)
    counts[(ulong)sites[column - 1] * 2 * batch + image] = distance;
  else
    for (int k = 0; k < site_count; k++) counts[((ulong)sites[k] * 2 + 1) * batch + image] = distance;
}

inline int partner_of(int image, int column, int batch, __global const int *permutations, __global const int *sites) {
  return column == 0 ? batch + image : permutations[(ulong)sites[column - 1] * batch + image];
}

#ifdef TILED

// One work-group an image and column.
__kernel __attribute__((reqd_work_group_size(ADDERS, 1, 1))) void count_distances(
    __global const uint *codes, int words, int batch, __global const int *permutations, __global const int *sites,
    int first_site, int site_count, __global uint *counts) {
  __local long scratch[ADDERS];
  const int image = get_group_id(0), column = get_global_id(1);
  sites += first_site;
  const int partner = partner_of(image, column, batch, permutations, sites);
  const uint part = distance_of(
      codes + (ulong)image * words, codes + (ulong)partner * words, get_local_id(0), ADDERS, words);
  const long distance = group_sum(part, scratch);
  if (get_local_id(0) == 0) write_distance((uint)distance, image, column, batch, sites, site_count, counts);
}

#else

// One work-item an image and column.
__kernel void count_distances(
    __global const uint *codes, int words, int batch, __global const int *permutations, __global const int *sites,
    int first_site, int site_count, __global uint *counts) {
  const int image = get_global_id(0), column = get_global_id(1);
  sites += first_site;
  const int partner = partner_of(image, column, batch, permutations, sites);
  const uint distance = distance_of(codes + (ulong)image * words, codes + (ulong)partner * words, 0, 1, words);
  write_distance(distance, image, column, batch, sites, site_count, counts);
}

#endif

// Work-item (i, j) adds the units on which the images agree, once for each site of the node.
__kernel void count_agreement(
    __global const uint *codes, int words, int batch, int units, int site_count, __global long *agreement) {
  const int i = get_global_id(0), j = get_global_id(1);
  const uint distance = distance_of(codes + (ulong)i * words, codes + (ulong)j * words, 0, 1, words);
  agreement[(ulong)i * batch + j] += (long)(units - (int)distance) * site_count;
}
