// Operations on whole values of one image: what is no sum of terms. Part of kernels_template.h.
//
// Positions [first_position, last_position) of the output are made, so that threads can share them out. Padded channels
// of the output are zeros.

typedef float eight __attribute__((ext_vector_type(8)));
typedef int32_t eight_integers __attribute__((ext_vector_type(8)));
typedef double eight_wide __attribute__((ext_vector_type(8)));

#define V eight
#define M eight_integers
#define MATH(name) eight_##name
#include "math_template.h"
#undef V
#undef M
#undef MATH

INLINE eight load_eight(const float *from) {
  eight value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store_eight(float *to, eight value) { __builtin_memcpy(to, &value, sizeof value); }

INLINE void clear_padding(float *position, long channels, long aligned) {
  for (long c = channels; c < aligned; c++) position[c] = 0;
}

// The lanes of 8 sums, in pairs: Docs/Numerics.md.
INLINE float total(eight sums) {
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Lanes from `count` on replaced.
INLINE eight only(eight value, long count, float rest) {
  const eight_integers lane = {0, 1, 2, 3, 4, 5, 6, 7};
  return lane < (int32_t)smaller(count, 8) ? value : (eight)rest;
}

// MARK: functions and pairs

INLINE void apply_run(
    const float *from, float *to, long count, const epads_function_code code, const epads_function *function) {
  const float a = function->a, b = function->b, c = function->c;
  for (long i = 0; i < count; i += LANES) store(to + i, vector_apply(load(from + i), code, a, b, c));
}

// A function of `count` floats, whole vectors.
static void apply_function(const float *from, float *to, long count, const epads_function *function) {
#define APPLY(code) \
  case code: apply_run(from, to, count, code, function); break
  switch (function->code) {
    APPLY(EPADS_IDENTITY);
    APPLY(EPADS_RELU);
    APPLY(EPADS_RELU6);
    APPLY(EPADS_LEAKY_RELU);
    APPLY(EPADS_SILU);
    APPLY(EPADS_GELU);
    APPLY(EPADS_GELU_TANH);
    APPLY(EPADS_HARD_SWISH);
    APPLY(EPADS_ELU);
    APPLY(EPADS_MISH);
    APPLY(EPADS_SIGMOID);
    APPLY(EPADS_HARD_SIGMOID);
    APPLY(EPADS_TANH);
    APPLY(EPADS_CLIP);
    APPLY(EPADS_EXPONENTIAL);
    APPLY(EPADS_ERROR_FUNCTION);
    APPLY(EPADS_SQUARE_ROOT);
    APPLY(EPADS_RECIPROCAL);
    APPLY(EPADS_ABSOLUTE);
    APPLY(EPADS_NEGATIVE);
    APPLY(EPADS_SQUARE);
  }
#undef APPLY
}

static void copy_value(const epads_operation *op) {
  const epads_operand *from = op->operands;
  const long aligned = op->aligned;
  const long first = op->first_position, count = op->last_position - first;
  apply_function(from->data + first * aligned, op->output + first * aligned, count * aligned, &from->function);
  if (op->channels < aligned)
    for (long p = first; p < first + count; p++) clear_padding(op->output + p * aligned, op->channels, aligned);
}

INLINE vector combine(vector left, vector right, const epads_binary function) {
  switch (function) {
    case EPADS_ADD: return left + right;
    case EPADS_SUBTRACT: return left - right;
    case EPADS_MULTIPLY: return left * right;
    case EPADS_DIVIDE: return left / right;
    case EPADS_MINIMUM: return left < right ? left : right;
    case EPADS_MAXIMUM: return left > right ? left : right;
  }
  return left;
}

INLINE void combine_run(const float *left, const float *right, float *to, long count, const epads_binary function) {
  for (long i = 0; i < count; i += LANES) store(to + i, combine(load(left + i), load(right + i), function));
}

// What a position of the output reads of an operand: as it lies there, or in `scratch`, with its function and repeated
// along the channels.
INLINE const float *operand_position(const epads_operand *operand, long position, long aligned, float *scratch) {
  const float *from = operand->data + position * operand->position_step;
  if (!operand->repeats_channels) {
    if (operand->function.code == EPADS_IDENTITY) return from;
    apply_function(from, scratch, aligned, &operand->function);
    return scratch;
  }
  float one[LANES];
  for (int lane = 0; lane < LANES; lane++) one[lane] = *from;
  apply_function(one, one, LANES, &operand->function);
  for (long c = 0; c < aligned; c += LANES) store(scratch + c, load(one));
  return scratch;
}

static void combine_values(const epads_operation *op) {
  const long aligned = op->aligned;
  const epads_operand *left = op->operands, *right = op->operands + 1;
  for (long p = op->first_position; p < op->last_position; p++) {
    const float *a = operand_position(left, p, aligned, op->scratch);
    const float *b = operand_position(right, p, aligned, op->scratch + aligned);
    float *to = op->output + p * aligned;
    switch ((epads_binary)op->variant) {
      case EPADS_ADD: combine_run(a, b, to, aligned, EPADS_ADD); break;
      case EPADS_SUBTRACT: combine_run(a, b, to, aligned, EPADS_SUBTRACT); break;
      case EPADS_MULTIPLY: combine_run(a, b, to, aligned, EPADS_MULTIPLY); break;
      case EPADS_DIVIDE: combine_run(a, b, to, aligned, EPADS_DIVIDE); break;
      case EPADS_MINIMUM: combine_run(a, b, to, aligned, EPADS_MINIMUM); break;
      case EPADS_MAXIMUM: combine_run(a, b, to, aligned, EPADS_MAXIMUM); break;
    }
    clear_padding(to, op->channels, aligned);
  }
}

// MARK: copies

// A box, axis by axis; the innermost one is copied as a whole where it is contiguous.
static void copy_box(const epads_box *box, long axis, const float *from, float *to) {
  const epads_axis *at = box->axes + axis;
  if (axis < box->count - 1) {
    for (long i = 0; i < at->count; i++, from += at->source, to += at->target) copy_box(box, axis + 1, from, to);
  } else if (at->source == 1 && at->target == 1) {
    __builtin_memcpy(to, from, (unsigned long)at->count * sizeof *to);
  } else {
    for (long i = 0; i < at->count; i++) to[i * at->target] = from[i * at->source];
  }
}

static void arrange(const epads_operation *op) {
  if (op->first_position > 0) return;
  const long positions = op->height * op->width;
  if (op->needs_fill)
    for (long p = 0; p < positions; p++)
      for (long c = 0; c < op->aligned; c++) op->output[p * op->aligned + c] = c < op->channels ? op->fill : 0;
  else if (op->channels < op->aligned)
    for (long p = 0; p < positions; p++) clear_padding(op->output + p * op->aligned, op->channels, op->aligned);
  for (const epads_box *box = op->boxes; box < op->boxes + op->box_count; box++) {
    const float *from = op->operands[box->operand].data + box->source;
    float *to = op->output + box->target;
    if (box->count)
      copy_box(box, 0, from, to);
    else
      *to = *from;
  }
}

// MARK: products

#define PRODUCT_ROWS 4

// Rows of a product, `vectors` of their columns: chains over the terms.
INLINE void multiply_block(
    const float *left, long left_row, const float *right, long right_row, long terms, const int rows,
    const int vectors, float *to, long to_row) {
  vector sums[PRODUCT_ROWS][2];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = (vector)0;
  for (long k = 0; k < terms; k++) {
    vector b[2];
    UNROLL for (int v = 0; v < vectors; v++) b[v] = load(right + k * right_row + v * LANES);
    UNROLL for (int r = 0; r < rows; r++) {
      const vector a = (vector)left[r * left_row + k];
      UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = fused(a, b[v], sums[r][v]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) store(to + r * to_row + v * LANES, sums[r][v]);
}

static void multiply_matrices(const epads_operation *op) {
  const epads_operand *left = op->operands, *right = op->operands + 1;
  const long terms = left->channels, columns = op->aligned;
  const long rows = op->width;
  for (long g = op->first_position / rows; g * rows < op->last_position; g++) {
    const long begin = op->first_position > g * rows ? op->first_position - g * rows : 0;
    const long end = smaller(op->last_position - g * rows, rows);
    const float *b;
    if (op->variant) {
      // Columns of the output lie in rows: turned round once.
      const float *from = right->data + g * op->channels * right->aligned;
      for (long k = 0; k < terms; k++)
        for (long n = 0; n < columns; n++)
          op->scratch[k * columns + n] = n < op->channels ? from[n * right->aligned + k] : 0;
      b = op->scratch;
    } else {
      b = right->data + g * terms * columns;
    }
    for (long c = 0; c < columns;) {
      const int vectors = c + 2 * LANES <= columns ? 2 : 1;
      for (long r = begin; r < end;) {
        const float *a = left->data + (g * rows + r) * left->aligned;
        float *to = op->output + (g * rows + r) * columns + c;
#define BLOCK(rows, vectors) multiply_block(a, left->aligned, b + c, columns, terms, rows, vectors, to, columns)
        if (r + PRODUCT_ROWS <= end) {
          if (vectors == 2) BLOCK(PRODUCT_ROWS, 2);
          else BLOCK(PRODUCT_ROWS, 1);
          r += PRODUCT_ROWS;
        } else {
          if (vectors == 2) BLOCK(1, 2);
          else BLOCK(1, 1);
          r++;
        }
#undef BLOCK
      }
      c += vectors * LANES;
    }
  }
}

// MARK: over the channels of a position

static void normalize_positions(const epads_operation *op) {
  const long channels = op->channels, aligned = op->aligned;
  const float count = (float)channels;
  for (long p = op->first_position; p < op->last_position; p++) {
    const float *from = op->operands->data + p * aligned;
    float *to = op->output + p * aligned;
    eight sums = (eight)0;
    for (long c = 0; c < aligned; c += 8) sums += load_eight(from + c);
    const float mean = total(sums) / count;
    sums = (eight)0;
    for (long c = 0; c < aligned; c += 8) {
      const eight difference = only(load_eight(from + c) - mean, channels - c, 0);
      store_eight(to + c, difference);
      sums = eight_fma_of(difference, difference, sums);
    }
    const float scale = 1.0f / __builtin_sqrtf(total(sums) / count + (float)op->epsilon);
    for (long c = 0; c < aligned; c += 8) store_eight(to + c, load_eight(to + c) * scale);
  }
}

static void softmax(const epads_operation *op) {
  const long channels = op->channels, aligned = op->aligned;
  for (long p = op->first_position; p < op->last_position; p++) {
    const float *from = op->operands->data + p * aligned;
    float *to = op->output + p * aligned;
    float largest = from[0];
    for (long c = 1; c < channels; c++) largest = from[c] > largest ? from[c] : largest;
    eight sums = (eight)0;
    for (long c = 0; c < aligned; c += 8) {
      const eight power = only(eight_exponential(load_eight(from + c) - largest), channels - c, 0);
      store_eight(to + c, power);
      sums += power;
    }
    const float sum = total(sums);
    for (long c = 0; c < aligned; c += 8) store_eight(to + c, load_eight(to + c) / sum);
  }
}

static void reduce_channels(const epads_operation *op) {
  const epads_operand *from = op->operands;
  const long channels = from->channels, aligned = from->aligned;
  for (long p = op->first_position; p < op->last_position; p++) {
    const float *at = from->data + p * aligned;
    float *to = op->output + p * op->aligned;
    eight sums = (eight)0;
    float value = at[0];
    switch ((epads_reduction)op->variant) {
      case EPADS_MEAN:
      case EPADS_SUM:
        for (long c = 0; c < aligned; c += 8) sums += load_eight(at + c);
        value = total(sums);
        if (op->variant == EPADS_MEAN) value = value / (float)channels;
        break;
      case EPADS_LARGEST:
        for (long c = 1; c < channels; c++) value = at[c] > value ? at[c] : value;
        break;
      case EPADS_SMALLEST:
        for (long c = 1; c < channels; c++) value = at[c] < value ? at[c] : value;
        break;
      case EPADS_NORM:
        for (long c = 0; c < aligned; c += 8) {
          const eight x = load_eight(at + c);
          sums = eight_fma_of(x, x, sums);
        }
        value = __builtin_sqrtf(total(sums));
        break;
    }
    to[0] = value;
    clear_padding(to, 1, op->aligned);
  }
}

// MARK: over the positions of a channel

static void reduce_positions(const epads_operation *op) {
  if (op->first_position > 0) return;
  const epads_operand *from = op->operands;
  const long aligned = op->aligned, positions = from->height * from->width;
  for (long c = 0; c < aligned; c += LANES) {
    const float *at = from->data + c;
    vector value = load(at);
    if (op->variant == EPADS_NORM) value = value * value;
    for (long p = 1; p < positions; p++) {
      const vector x = load(at + p * aligned);
      switch ((epads_reduction)op->variant) {
        case EPADS_MEAN:
        case EPADS_SUM: value += x; break;
        case EPADS_LARGEST: value = x > value ? x : value; break;
        case EPADS_SMALLEST: value = x < value ? x : value; break;
        case EPADS_NORM: value = fused(x, x, value); break;
      }
    }
    if (op->variant == EPADS_MEAN) value = value / (float)positions;
    if (op->variant == EPADS_NORM) value = __builtin_elementwise_sqrt(value);
    store(op->output + c, value);
  }
  clear_padding(op->output, op->channels, aligned);
}

// Sums in double precision: chains over the positions of a channel, then over the channels of a group.
static void normalize_groups(const epads_operation *op) {
  if (op->first_position > 0) return;
  const long channels = op->channels, aligned = op->aligned, positions = op->height * op->width;
  const long size = channels / op->variant;
  const double count = (double)(size * positions);
  for (long first = 0; first < channels; first += size) {
    double sum = 0;
    for (long c = first; c < first + size; c++) {
      double of_channel = 0;
      for (long p = 0; p < positions; p++) of_channel += (double)op->operands->data[p * aligned + c];
      sum += of_channel;
    }
    const float mean = (float)(sum / count);
    double squares = 0;
    for (long c = first; c < first + size; c++) {
      double of_channel = 0;
      for (long p = 0; p < positions; p++) {
        const float difference = op->operands->data[p * aligned + c] - mean;
        of_channel += (double)difference * (double)difference;
      }
      squares += of_channel;
    }
    const float scale = (float)(1.0 / __builtin_sqrt(squares / count + op->epsilon));
    for (long p = 0; p < positions; p++)
      for (long c = first; c < first + size; c++)
        op->output[p * aligned + c] = (op->operands->data[p * aligned + c] - mean) * scale;
  }
  if (channels < aligned)
    for (long p = 0; p < positions; p++) clear_padding(op->output + p * aligned, channels, aligned);
}

// MARK: rows and columns in between

static void interpolate(const epads_operation *op) {
  const long aligned = op->aligned, row = op->operands->width * aligned;
  for (long p = op->first_position; p < op->last_position; p++) {
    const epads_sample *y = op->rows + p / op->width, *x = op->columns + p % op->width;
    const float *upper = op->operands->data + y->first * row, *lower = op->operands->data + y->second * row;
    for (long c = 0; c < aligned; c += LANES) {
      const vector a = load(upper + x->first * aligned + c), b = load(upper + x->second * aligned + c);
      const vector d = load(lower + x->first * aligned + c), e = load(lower + x->second * aligned + c);
      const vector top = fused((vector)x->weight, b - a, a), bottom = fused((vector)x->weight, e - d, d);
      store(op->output + p * aligned + c, fused((vector)y->weight, bottom - top, top));
    }
  }
}

static void operate(const epads_operation *op) {
  switch (op->kind) {
    case EPADS_COPY: copy_value(op); break;
    case EPADS_BINARY: combine_values(op); break;
    case EPADS_ARRANGE: arrange(op); break;
    case EPADS_PRODUCT: multiply_matrices(op); break;
    case EPADS_NORMALIZE_POSITIONS: normalize_positions(op); break;
    case EPADS_NORMALIZE_GROUPS: normalize_groups(op); break;
    case EPADS_SOFTMAX: softmax(op); break;
    case EPADS_REDUCE_CHANNELS: reduce_channels(op); break;
    case EPADS_REDUCE_POSITIONS: reduce_positions(op); break;
    case EPADS_INTERPOLATE: interpolate(op); break;
  }
}
