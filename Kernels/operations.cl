// Operations on whole values: Docs/Numerics.md. An operand is a value of every image, or numbers that are the same for
// all. Padded channels of what is made are zeros.

// Where an operand begins in the arena, or among what is stored; whether it is stored; its bare and aligned channels,
// its positions; its function; its width.
enum { OPERAND_PLACE, IS_STORED, OPERAND_CHANNELS, OPERAND_ALIGNED, OPERAND_POSITIONS, OPERAND_FUNCTION, OPERAND_A,
       OPERAND_B, OPERAND_C, OPERAND_WIDTH, OPERAND = 12 };

enum { ADD, SUBTRACT, MULTIPLY, DIVIDE, MINIMUM, MAXIMUM };
enum { MEAN, SUM, LARGEST, SMALLEST, NORM };

inline __global const float *operand_of(
    __global const float *arena, __global const float *stored, __global const long *operand, int image) {
  return operand[IS_STORED] ? stored + operand[OPERAND_PLACE]
                            : arena + operand[OPERAND_PLACE] +
                                  (ulong)image * (ulong)(operand[OPERAND_POSITIONS] * operand[OPERAND_ALIGNED]);
}

// Channels from `channel` on of a position; a single channel or position stands for all.
inline lanes operand_lanes(
    __global const float *from, __global const long *operand, int position, int channel, int channels) {
  from += operand[OPERAND_POSITIONS] == 1 ? 0 : (ulong)position * operand[OPERAND_ALIGNED];
  const lanes value =
      operand[OPERAND_CHANNELS] == 1 && channels > 1 ? (lanes)(*from) : LOAD_ALIGNED(from + channel);
  return activated(
      value, operand[OPERAND_FUNCTION], as_float((int)operand[OPERAND_A]), as_float((int)operand[OPERAND_B]),
      as_float((int)operand[OPERAND_C]));
}

inline lanes without_padding(lanes value, int channel, int channels) {
#ifdef TILED
  const int4 lane = (int4)(0, 1, 2, 3);
#else
  const int8 lane = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
#endif
  return select((lanes)(0.0f), value, lane + channel < (lane_flags)(channels));
}

inline lanes combined(lanes left, lanes right, int function) {
  switch (function) {
    case ADD: return left + right;
    case SUBTRACT: return left - right;
    case MULTIPLY: return left * right;
    case DIVIDE: return quotient(left, right);
    case MINIMUM: return smaller_of(left, right);
    default: return larger_of(left, right);
  }
}

// Work-item (vector of a position, image): a function of one operand, or of two where `count` is 2.
__kernel void combine(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place, int count,
    int function, ulong output, int positions, int channels, int aligned) {
  const int vector = get_global_id(0), image = get_global_id(1), vectors = aligned / LANES;
  if (vector >= positions * vectors) return;
  const int position = vector / vectors, channel = vector % vectors * LANES;
  __global const long *operands = tables + operands_place;
  lanes value =
      operand_lanes(operand_of(arena, stored, operands, image), operands, position, channel, channels);
  if (count == 2) {
    operands += OPERAND;
    value = combined(
        value, operand_lanes(operand_of(arena, stored, operands, image), operands, position, channel, channels),
        function);
  }
  STORE_ALIGNED(
      without_padding(value, channel, channels),
      arena + output + ((ulong)image * positions + position) * aligned + channel);
}

// Work-item (unit, image).
__kernel void fill_value(__global float *arena, ulong output, int units, int channels, int aligned, float value) {
  const int unit = get_global_id(0), image = get_global_id(1);
  if (unit >= units) return;
  arena[output + (ulong)image * units + unit] = unit % aligned < channels ? value : 0.0f;
}

// A box of units: its operand, its first unit in source and target, how many units and axes it has; then the axes from
// the outermost on: how often, and steps in source and target.
enum { BOX_OPERAND, BOX_SOURCE, BOX_TARGET, BOX_UNITS, BOX_AXES, BOX = 6 };
enum { AXIS_COUNT, AXIS_SOURCE, AXIS_TARGET, AXIS };

// Work-item (unit of a box, image).
__kernel void arrange(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place,
    ulong box_place, ulong output, int units) {
  __global const long *box = tables + box_place;
  __global const long *axes = box + BOX;
  int rest = get_global_id(0);
  const int image = get_global_id(1);
  if (rest >= box[BOX_UNITS]) return;
  long source = box[BOX_SOURCE], target = box[BOX_TARGET];
  for (int axis = (int)box[BOX_AXES] - 1; axis >= 0; axis--) {
    const int count = axes[axis * AXIS + AXIS_COUNT], round = rest % count;
    rest /= count;
    source += round * axes[axis * AXIS + AXIS_SOURCE];
    target += round * axes[axis * AXIS + AXIS_TARGET];
  }
  __global const float *from =
      operand_of(arena, stored, tables + operands_place + box[BOX_OPERAND] * OPERAND, image);
  arena[output + (ulong)image * units + target] = from[source];
}

// Work-item (column vector, row of all matrices, image): chains over the terms.
__kernel void multiply_matrices(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place,
    int is_transposed, ulong output, int rows, int positions, int channels, int aligned) {
  const int column = get_global_id(0) * LANES, position = get_global_id(1), image = get_global_id(2);
  if (column >= aligned || position >= positions) return;
  __global const long *operands = tables + operands_place;
  const int terms = operands[OPERAND_CHANNELS], matrix = position / rows;
  __global const float *left =
      operand_of(arena, stored, operands, image) + (ulong)position * operands[OPERAND_ALIGNED];
  operands += OPERAND;
  const int right_aligned = operands[OPERAND_ALIGNED];
  __global const float *right = operand_of(arena, stored, operands, image);
  lanes sums = (lanes)(0.0f);
  if (is_transposed) {
    right += (ulong)matrix * channels * right_aligned;
    for (int k = 0; k < terms; k++) {
      float values[LANES];
      for (int lane = 0; lane < LANES; lane++)
        values[lane] = column + lane < channels ? right[(ulong)(column + lane) * right_aligned + k] : 0.0f;
      sums = fma((lanes)(left[k]), LOAD(values), sums);
    }
  } else {
    right += (ulong)matrix * terms * right_aligned + column;
    for (int k = 0; k < terms; k++) sums = fma((lanes)(left[k]), LOAD_ALIGNED(right + (ulong)k * right_aligned), sums);
  }
  STORE_ALIGNED(sums, arena + output + ((ulong)image * positions + position) * aligned + column);
}

// MARK: over the channels of a position

// Sums of every eighth channel, and of their squares less something, are added in pairs.
inline float total_of(float8 sums) {
  return ((sums.s0 + sums.s1) + (sums.s2 + sums.s3)) + ((sums.s4 + sums.s5) + (sums.s6 + sums.s7));
}

inline float8 differences(__global const float *from, float mean, int channel, int channels) {
  const int8 lane = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
  return select((float8)(0.0f), vload8(0, from + channel) - mean, lane + channel < (int8)(channels));
}

inline float scalar_root(float value) { return (float)sqrt((double)value); }
inline float scalar_quotient(float left, float right) { return (float)((double)left / (double)right); }

// Work-item (position, image).
__kernel void normalize_positions(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place,
    ulong output, int positions, int channels, int aligned, float epsilon) {
  const int position = get_global_id(0), image = get_global_id(1);
  if (position >= positions) return;
  __global const long *operand = tables + operands_place;
  __global const float *from = operand_of(arena, stored, operand, image) + (ulong)position * aligned;
  __global float *to = arena + output + ((ulong)image * positions + position) * aligned;
  float8 sums = (float8)(0.0f);
  for (int c = 0; c < aligned; c += 8) sums = sums + vload8(0, from + c);
  const float mean = scalar_quotient(total_of(sums), (float)channels);
  sums = (float8)(0.0f);
  for (int c = 0; c < aligned; c += 8) {
    const float8 difference = differences(from, mean, c, channels);
    sums = fma(difference, difference, sums);
  }
  const float variance = scalar_quotient(total_of(sums), (float)channels);
  const float scale = scalar_quotient(1.0f, scalar_root(variance + epsilon));
  for (int c = 0; c < aligned; c += 8) vstore8(differences(from, mean, c, channels) * scale, 0, to + c);
}

inline float8 powers(__global const float *from, float largest, int channel, int channels) {
  const float8 value = vload8(0, from + channel) - largest;
#ifdef TILED
  const float8 power = (float8)(exponential(value.lo), exponential(value.hi));
#else
  const float8 power = exponential(value);
#endif
  const int8 lane = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
  return select((float8)(0.0f), power, lane + channel < (int8)(channels));
}

// Work-item (position, image).
__kernel void softmax(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place,
    ulong output, int positions, int channels, int aligned) {
  const int position = get_global_id(0), image = get_global_id(1);
  if (position >= positions) return;
  __global const float *from =
      operand_of(arena, stored, tables + operands_place, image) + (ulong)position * aligned;
  __global float *to = arena + output + ((ulong)image * positions + position) * aligned;
  float largest = from[0];
  for (int c = 1; c < channels; c++) largest = from[c] > largest ? from[c] : largest;
  float8 sums = (float8)(0.0f);
  for (int c = 0; c < aligned; c += 8) {
    const float8 power = powers(from, largest, c, channels);
    vstore8(power, 0, to + c);
    sums = sums + power;
  }
  const double sum = total_of(sums);
  for (int c = 0; c < aligned; c += 8) vstore8(convert_float8(convert_double8(vload8(0, to + c)) / sum), 0, to + c);
}

// Work-item (position, image).
__kernel void reduce_channels(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place,
    int function, ulong output, int positions) {
  const int position = get_global_id(0), image = get_global_id(1);
  if (position >= positions) return;
  __global const long *operand = tables + operands_place;
  const int channels = operand[OPERAND_CHANNELS], aligned = operand[OPERAND_ALIGNED];
  __global const float *from = operand_of(arena, stored, operand, image) + (ulong)position * aligned;
  float8 sums = (float8)(0.0f);
  float value = from[0];
  if (function == LARGEST) {
    for (int c = 1; c < channels; c++) value = from[c] > value ? from[c] : value;
  } else if (function == SMALLEST) {
    for (int c = 1; c < channels; c++) value = from[c] < value ? from[c] : value;
  } else {
    for (int c = 0; c < aligned; c += 8) {
      const float8 x = vload8(0, from + c);
      sums = function == NORM ? fma(x, x, sums) : sums + x;
    }
    value = total_of(sums);
    if (function == MEAN) value = scalar_quotient(value, (float)channels);
    if (function == NORM) value = scalar_root(value);
  }
  const float8 padded = (float8)(value, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f);
  vstore8(padded, 0, arena + output + ((ulong)image * positions + position) * 8);
}

// MARK: over the positions of a channel

// Work-item (vector, image).
__kernel void reduce_positions(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place,
    int function, ulong output, int channels, int aligned) {
  const int channel = get_global_id(0) * LANES, image = get_global_id(1);
  if (channel >= aligned) return;
  __global const long *operand = tables + operands_place;
  const int positions = operand[OPERAND_POSITIONS];
  __global const float *from = operand_of(arena, stored, operand, image) + channel;
  lanes value = LOAD_ALIGNED(from);
  if (function == NORM) value = value * value;
  for (int position = 1; position < positions; position++) {
    const lanes x = LOAD_ALIGNED(from + (ulong)position * aligned);
    switch (function) {
      case LARGEST: value = larger_of(x, value); break;
      case SMALLEST: value = smaller_of(x, value); break;
      case NORM: value = fma(x, x, value); break;
      default: value = value + x; break;
    }
  }
  if (function == MEAN) value = quotient(value, (lanes)((float)positions));
  if (function == NORM) value = root_of(value);
  STORE_ALIGNED(without_padding(value, channel, channels), arena + output + (ulong)image * aligned + channel);
}

// Work-item (group, image); sums in double precision. The last group clears the padding.
__kernel void normalize_groups(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place, int groups,
    ulong output, int positions, int channels, int aligned, ulong epsilon) {
  const int group = get_global_id(0), image = get_global_id(1);
  if (group >= groups) return;
  __global const float *from = operand_of(arena, stored, tables + operands_place, image);
  __global float *to = arena + output + (ulong)image * positions * aligned;
  const int size = channels / groups, first = group * size;
  const double count = (double)((long)size * positions);
  double sum = 0.0;
  for (int c = first; c < first + size; c++) {
    double of_channel = 0.0;
    for (int p = 0; p < positions; p++) of_channel += (double)from[(ulong)p * aligned + c];
    sum += of_channel;
  }
  const float mean = (float)(sum / count);
  double squares = 0.0;
  for (int c = first; c < first + size; c++) {
    double of_channel = 0.0;
    for (int p = 0; p < positions; p++) {
      const double difference = from[(ulong)p * aligned + c] - mean;
      of_channel += difference * difference;
    }
    squares += of_channel;
  }
  const float scale = (float)(1.0 / sqrt(squares / count + as_double(epsilon)));
  for (int p = 0; p < positions; p++) {
    for (int c = first; c < first + size; c++)
      to[(ulong)p * aligned + c] = (from[(ulong)p * aligned + c] - mean) * scale;
    if (group == groups - 1)
      for (int c = channels; c < aligned; c++) to[(ulong)p * aligned + c] = 0.0f;
  }
}

// MARK: rows and columns in between

// A row or column: the two that it lies between, and the bits of the second one's weight.
enum { SAMPLE_FIRST, SAMPLE_SECOND, SAMPLE_WEIGHT, SAMPLE };

// Work-item (vector of a position, image). The samples of the columns follow those of the rows.
__kernel void interpolate(
    __global float *arena, __global const float *stored, __global const long *tables, ulong operands_place,
    ulong samples_place, ulong output, int height, int width, int aligned) {
  const int vector = get_global_id(0), image = get_global_id(1), vectors = aligned / LANES;
  if (vector >= height * width * vectors) return;
  const int position = vector / vectors, channel = vector % vectors * LANES;
  __global const long *operand = tables + operands_place;
  __global const long *row = tables + samples_place + position / width * SAMPLE;
  __global const long *column = tables + samples_place + (height + position % width) * SAMPLE;
  __global const float *from = operand_of(arena, stored, operand, image) + channel;
  const int from_width = operand[OPERAND_WIDTH];
#define AT(y, x) LOAD_ALIGNED(from + ((ulong)row[y] * from_width + column[x]) * aligned)
  const lanes a = AT(SAMPLE_FIRST, SAMPLE_FIRST), b = AT(SAMPLE_FIRST, SAMPLE_SECOND);
  const lanes c = AT(SAMPLE_SECOND, SAMPLE_FIRST), d = AT(SAMPLE_SECOND, SAMPLE_SECOND);
  const lanes across = (lanes)(as_float((int)column[SAMPLE_WEIGHT]));
  const lanes top = fma(across, b - a, a), bottom = fma(across, d - c, c);
  STORE_ALIGNED(
      fma((lanes)(as_float((int)row[SAMPLE_WEIGHT])), bottom - top, top),
      arena + output + ((ulong)image * height * width + position) * aligned + channel);
}
