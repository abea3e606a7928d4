// Hamming distances of codes. All codes of a run are kept, [image][word] each, and counted at once.

// A column of distances: where the code lies, its words, the site of the permutation or -1 for the noisy copy, and
// where the sites that share the code begin in the list of sites, and how many.
enum { CODE_PLACE, CODE_WORDS, PERMUTED_SITE, FIRST_SITE, SITES, COLUMN = 8 };

// A code for agreement.
enum { AGREEMENT_PLACE, AGREEMENT_WORDS, AGREEMENT_UNITS, AGREEMENT_SITES, AGREEMENT = 4 };

inline int partner_of(int image, __global const long *column, int batch, __global const int *permutations) {
  const long site = column[PERMUTED_SITE];
  return site < 0 ? batch + image : permutations[site * batch + image];
}

// Words first, first + step, ... of two codes.
inline uint distance_of(
    __global const uint *codes, __global const long *column, int image, int partner, int first, int step) {
  const int words = column[CODE_WORDS];
  __global const uint *left = codes + column[CODE_PLACE] + (ulong)image * words;
  __global const uint *right = codes + column[CODE_PLACE] + (ulong)partner * words;
  uint total = 0;
  for (int word = first; word < words; word += step) total += popcount(left[word] ^ right[word]);
  return total;
}

// counts[site][d1, d2][image]; every site of a code gets its d2.
inline void write_distance(
    uint distance, int image, __global const long *column, int batch, __global const int *sites,
    __global uint *counts) {
  const long site = column[PERMUTED_SITE];
  if (site >= 0) {
    counts[site * 2 * batch + image] = distance;
    return;
  }
  sites += column[FIRST_SITE];
  for (int k = 0; k < column[SITES]; k++) counts[((ulong)sites[k] * 2 + 1) * batch + image] = distance;
}

#ifdef TILED

// One work-group an image and column.
__kernel __attribute__((reqd_work_group_size(64, 1, 1))) void count_distances(
    __global const uint *codes, __global const long *tables, ulong columns_place, int batch,
    __global const int *sites, ulong permutations_place, __global uint *counts) {
  __local uint scratch[64];
  __global const long *column = tables + columns_place + get_global_id(1) * COLUMN;
  const int image = get_group_id(0), item = get_local_id(0);
  const int partner = partner_of(image, column, batch, sites + permutations_place);
  scratch[item] = distance_of(codes, column, image, partner, item, 64);
  for (int width = 32; width > 0; width /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < width) scratch[item] += scratch[item + width];
  }
  if (item == 0) write_distance(scratch[0], image, column, batch, sites, counts);
}

#define EDGE 16

// Work-item (i, j) adds up the units on which the images agree, once for each site of a code; a work-group shares the
// words of its 2 x 16 images.
__kernel __attribute__((reqd_work_group_size(EDGE, EDGE, 1))) void count_agreement(
    __global const uint *codes, __global const long *tables, ulong agreement_place, int code_count, int batch,
    __global long *agreement) {
  __local uint left[EDGE][EDGE + 1], right[EDGE][EDGE + 1];
  const int x = get_local_id(0), y = get_local_id(1);
  const int i = get_global_id(1), j = get_global_id(0), fetched = get_group_id(0) * EDGE + y;
  long total = 0;
  for (int code = 0; code < code_count; code++) {
    __global const long *entry = tables + agreement_place + code * AGREEMENT;
    const int words = entry[AGREEMENT_WORDS];
    __global const uint *from = codes + entry[AGREEMENT_PLACE];
    uint distance = 0;
    for (int first = 0; first < words; first += EDGE) {
      left[y][x] = i < batch && first + x < words ? from[(ulong)i * words + first + x] : 0;
      right[y][x] = fetched < batch && first + x < words ? from[(ulong)fetched * words + first + x] : 0;
      barrier(CLK_LOCAL_MEM_FENCE);
      for (int word = 0; word < EDGE; word++) distance += popcount(left[y][word] ^ right[x][word]);
      barrier(CLK_LOCAL_MEM_FENCE);
    }
    total += (entry[AGREEMENT_UNITS] - (long)distance) * entry[AGREEMENT_SITES];
  }
  if (i < batch && j < batch) agreement[(ulong)i * batch + j] = total;
}

#else

// One work-item an image and column.
__kernel void count_distances(
    __global const uint *codes, __global const long *tables, ulong columns_place, int batch,
    __global const int *sites, ulong permutations_place, __global uint *counts) {
  __global const long *column = tables + columns_place + get_global_id(1) * COLUMN;
  const int image = get_global_id(0);
  const int partner = partner_of(image, column, batch, sites + permutations_place);
  write_distance(distance_of(codes, column, image, partner, 0, 1), image, column, batch, sites, counts);
}

// Work-item (i, j) adds up the units on which the images agree, once for each site of a code.
__kernel void count_agreement(
    __global const uint *codes, __global const long *tables, ulong agreement_place, int code_count, int batch,
    __global long *agreement) {
  const int i = get_global_id(1), j = get_global_id(0);
  long total = 0;
  for (int code = 0; code < code_count; code++) {
    __global const long *entry = tables + agreement_place + code * AGREEMENT;
    const int words = entry[AGREEMENT_WORDS];
    __global const uint *left = codes + entry[AGREEMENT_PLACE] + (ulong)i * words;
    __global const uint *right = codes + entry[AGREEMENT_PLACE] + (ulong)j * words;
    uint distance = 0;
    for (int word = 0; word < words; word++) distance += popcount(left[word] ^ right[word]);
    total += (entry[AGREEMENT_UNITS] - (long)distance) * entry[AGREEMENT_SITES];
  }
  agreement[(ulong)i * batch + j] = total;
}

#endif
