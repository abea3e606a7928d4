// The value of a step: a sum of terms, row by row. Part of kernels_template.h.
//
// Every loop over a row's floats may run over whole vectors: aligned channels are a multiple of LANES.

// Terms that are added up in registers; a value of more takes several rounds.
#define TERMS 4

// Vectors of a cache line, which is read and written at once.
#define LINE_VECTORS (LANES < 16 ? 16 / LANES : 1)

// What a pool makes of two values: their sum, or the larger one.
INLINE vector pooled(vector left, vector right, const int is_maximum) {
  return is_maximum ? (left > right ? left : right) : left + right;
}

INLINE vector pool_column(
    const float *from, const long rows, long length, const int applies_relu, const int is_maximum) {
  vector result = applies_relu ? relu(load(from)) : load(from);
  for (long r = 1; r < rows; r++) {
    const vector value = load(from + r * length);
    result = pooled(result, applies_relu ? relu(value) : value, is_maximum);
  }
  return result;
}

// Windows of three columns, a position apart and centred: each column is pooled once and stays in a register. `vectors`
// of each position at a time.
INLINE void pool_three_columns(
    const float *from, const long rows, long width, long channels, const int vectors, const int applies_relu,
    const int is_maximum, float *row) {
  const long length = width * channels;
  const vector whole = (vector)(is_maximum ? 1.0f : 1.0f / (float)(rows * 3)),
               side = (vector)(is_maximum ? 1.0f : 1.0f / (float)(rows * 2));
  for (long c = 0; c < channels; c += vectors * LANES) {
    const float *column = from + c;
    float *to = row + c;
    vector left[LINE_VECTORS], middle[LINE_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) {
      left[v] = pool_column(column + v * LANES, rows, length, applies_relu, is_maximum);
      middle[v] = pool_column(column + channels + v * LANES, rows, length, applies_relu, is_maximum);
      store(to + v * LANES, pooled(left[v], middle[v], is_maximum) * side);
    }
    for (long x = 2; x < width; x++) {
      UNROLL for (int v = 0; v < vectors; v++) {
        const vector right = pool_column(column + x * channels + v * LANES, rows, length, applies_relu, is_maximum);
        const vector total = pooled(pooled(left[v], middle[v], is_maximum), right, is_maximum);
        store(to + (x - 1) * channels + v * LANES, total * whole);
        left[v] = middle[v];
        middle[v] = right;
      }
    }
    UNROLL for (int v = 0; v < vectors; v++)
      store(to + (width - 1) * channels + v * LANES, pooled(left[v], middle[v], is_maximum) * side);
  }
}

// Windows that share no columns. `columns`: how many of them all have; 0 where that differs.
INLINE void pool_apart(
    const epads_term *term, const float *from, const long rows, const long columns, long width, const int applies_relu,
    const int is_maximum, float *row) {
  const long channels = term->channels, length = term->width * channels;
  for (long x = 0; x < width; x++) {
    const long from_x = x * term->stride_width - term->padding_width;
    const long left = from_x < 0 ? 0 : from_x;
    const long count = columns ? columns : smaller(from_x + term->kernel_width, term->width) - left;
    const vector factor = (vector)(is_maximum ? 1.0f : 1.0f / (float)(rows * count));
    for (long c = 0; c < channels; c += LANES) {
      const float *column = from + left * channels + c;
      vector total = pool_column(column, rows, length, applies_relu, is_maximum);
      for (long i = 1; i < count; i++)
        total = pooled(total, pool_column(column + i * channels, rows, length, applies_relu, is_maximum), is_maximum);
      store(row + x * channels + c, total * factor);
    }
  }
}

// A row of pooled values. `columns`: scratch for a row of the source.
INLINE void pool_row(
    const epads_term *term, long y, long width, const int is_maximum, float *columns, float *row) {
  const long from_y = y * term->stride_height - term->padding_height;
  const long top = from_y < 0 ? 0 : from_y, rows = smaller(from_y + term->kernel_height, term->height) - top;
  const long channels = term->channels, length = term->width * channels;
  const float *from = term->data + top * length;
  if (term->kernel_width == 3 && term->stride_width == 1 && term->padding_width == 1 && width > 1) {
#define POOL(rows, vectors, applies_relu) \
  pool_three_columns(from, rows, width, channels, vectors, applies_relu, is_maximum, row)
    const int fills_lines = channels % (LINE_VECTORS * LANES) == 0;
    if (rows == 3 && fills_lines && term->activation.code == EPADS_IDENTITY)
      POOL(3, LINE_VECTORS, 0);
    else if (rows == 3 && fills_lines)
      POOL(3, LINE_VECTORS, 1);
    else if (rows == 2 && fills_lines && term->activation.code == EPADS_IDENTITY)
      POOL(2, LINE_VECTORS, 0);
    else
      POOL(rows, 1, term->activation.code == EPADS_RELU);
#undef POOL
    return;
  }
  if (term->stride_width >= term->kernel_width) {
    const int are_whole = term->padding_width == 0 && width * term->stride_width <= term->width;
    if (are_whole && term->kernel_width == 2 && rows == 2 && term->activation.code == EPADS_IDENTITY)
      pool_apart(term, from, 2, 2, width, 0, is_maximum, row);
    else
      pool_apart(term, from, rows, 0, width, term->activation.code == EPADS_RELU, is_maximum, row);
    return;
  }
  // Columns first, each once: neighbouring windows share them.
  for (long i = 0; i < length; i += LANES)
    store(columns + i, pool_column(from + i, rows, length, term->activation.code == EPADS_RELU, is_maximum));
  for (long x = 0; x < width; x++) {
    const long from_x = x * term->stride_width - term->padding_width;
    const long left = from_x < 0 ? 0 : from_x, right = smaller(from_x + term->kernel_width, term->width);
    // A product with 1 is exact.
    const vector factor = (vector)(is_maximum ? 1.0f : 1.0f / (float)(rows * (right - left)));
    for (long c = 0; c < channels; c += LANES) {
      vector total = load(columns + left * channels + c);
      for (long column = left + 1; column < right; column++)
        total = pooled(total, load(columns + column * channels + c), is_maximum);
      store(row + x * channels + c, total * factor);
    }
  }
}

// A row of a term, in its own layout: as it is stored where it is neither pooled nor activated, else in `row`.
INLINE const float *term_row(const epads_term *term, long y, long width, float *columns, float *row) {
  if (term->kernel_height) {
    if (term->is_maximum)
      pool_row(term, y, width, 1, columns, row);
    else
      pool_row(term, y, width, 0, columns, row);
    return row;
  }
  const long length = width * term->channels;
  const float *from = term->data + y * length;
  if (term->activation.code == EPADS_IDENTITY) return from;
  apply_function(from, row, length, &term->activation);
  return row;
}

// A row of a summand that lies in parts, side by side in `row`.
INLINE void join_parts(const epads_term *terms, long y, long width, long channels, float *scratch, float *row) {
  if (terms->has_gaps)
    for (long i = 0; i < width * channels; i += LANES) store(row + i, (vector)0);
  for (const epads_term *term = terms; term < terms + terms->parts; term++) {
    const float *from = term_row(term, y, width, scratch + width * term->channels, scratch);
    float *to = row + term->first_channel;
    const long count = smaller(term->channels, channels - term->first_channel);
    for (long x = 0; x < width; x++, from += term->channels, to += channels) {
      long c = 0;
      for (; c + 8 <= count; c += 8) {
        eight value;
        __builtin_memcpy(&value, from + c, sizeof value);
        __builtin_memcpy(to + c, &value, sizeof value);
      }
      for (; c < count; c++) to[c] = from[c];
    }
  }
}

// The signs of a vector whose first channel is `channel`; `code` is where its bits begin.
INLINE void put_signs(vector value, long channel, uint8_t *code) {
  const uint32_t signs = PACK_SIGNS(value);
#if LANES == 4
  *code = channel & 4 ? *code | (uint8_t)(signs << 4) : (uint8_t)signs;
#else
  (void)channel;
  __builtin_memcpy(code, &signs, LANES / 8);
#endif
}

// What becomes of a row's sums; null where nobody wants it.
typedef struct {
  float *output;
  uint8_t *code;
  float *padded;
  int applies_relu;
} row_targets;

// A row: `start` and then `count` terms, each times its scale; `vectors` of each position at a time. `start` holds a
// value for every unit, or for every channel.
INLINE void add_terms(
    const float *const rows[TERMS], const float *const scales[TERMS], const int count, const float *start,
    int starts_by_unit,
    long width, long channels, const int vectors, const row_targets to) {
  for (long c = 0; c < channels; c += vectors * LANES) {
    vector scale[TERMS][LINE_VECTORS], first[LINE_VECTORS];
    // A copy, because as far as the compiler knows what the loop stores might be `rows`.
    const float *from[TERMS];
    UNROLL for (int t = 0; t < count; t++) {
      UNROLL for (int v = 0; v < vectors; v++) scale[t][v] = load(scales[t] + c + v * LANES);
      from[t] = rows[t];
    }
    UNROLL for (int v = 0; v < vectors; v++) first[v] = load(start + c + v * LANES);
    uint8_t *code = to.code ? to.code + c / 8 : 0;
    _Pragma("clang loop unroll_count(2)") for (long x = 0, i = c; x < width; x++, i += channels) {
      UNROLL for (int v = 0; v < vectors; v++) {
        const long unit = i + v * LANES;
        vector value = starts_by_unit ? load(start + unit) : first[v];
        // A product with 1 is exact, so that a term without a scale is added as it is.
        UNROLL for (int t = 0; t < count; t++) value = fused(load(from[t] + unit), scale[t][v], value);
        if (to.code) put_signs(value, c + v * LANES, code + v * LANES / 8);
        if (to.padded) store(to.padded + unit, to.applies_relu ? relu(value) : value);
        if (to.output) store(to.output + unit, value);
      }
      if (to.code) code += channels / 8;
    }
  }
}

// The same with a loop for what is wanted most often, so that it does not ask at every unit.
INLINE void add_row(
    const float *const rows[TERMS], const float *const scales[TERMS], const int count, const float *start,
    int starts_by_unit,
    long width, long channels, row_targets to) {
#define ADD_TERMS(by_unit, ...) \
  do { \
    const row_targets targets = {__VA_ARGS__}; \
    if (count > 1 && channels % (LINE_VECTORS * LANES) == 0) \
      add_terms(rows, scales, count, start, by_unit, width, channels, LINE_VECTORS, targets); \
    else \
      add_terms(rows, scales, count, start, by_unit, width, channels, 1, targets); \
  } while (0)
  if (!starts_by_unit && !to.code && !to.output)
    ADD_TERMS(0, 0, 0, to.padded, to.applies_relu);
  else if (starts_by_unit || !to.code || (to.padded && !to.applies_relu))
    ADD_TERMS(starts_by_unit, to.output, to.code, to.padded, to.applies_relu);
  else if (to.padded && to.output)
    ADD_TERMS(0, to.output, to.code, to.padded, 1);
  else if (to.padded)
    ADD_TERMS(0, 0, to.code, to.padded, 1);
  else if (to.output)
    ADD_TERMS(0, to.output, to.code, 0, 0);
  else
    ADD_TERMS(0, 0, to.code, 0, 0);
#undef ADD_TERMS
}

static void make_row(const epads_value *value, long y) {
  const long length = value->width * value->channels;
  float *sums = value->rows, *term_rows = value->rows + length, *scratch = term_rows + TERMS * length;
  const int is_bare = value->padded && value->padded_channels != value->channels;
  const float *start = value->shift;
  long first = 0;
  do {
    const float *rows[TERMS], *scales[TERMS];
    int count = 0;
    const long begin = first;
    for (; count < TERMS && first < value->count; count++) {
      const epads_term *term = value->terms + first;
      float *row = term_rows + count * length;
      scales[count] = term->scale ? term->scale : value->ones;
      rows[count] = row;
      if (term->is_part)
        join_parts(term, y, value->width, value->channels, scratch, row);
      else
        rows[count] = term_row(term, y, value->width, scratch, row);
      first += term->parts;
    }
    row_targets to = {.output = sums};
    if (first == value->count) {
      to.output = value->output ? value->output + y * length : is_bare ? sums : 0;
      to.code = value->code ? value->code + y * length / 8 : 0;
      to.padded = value->padded && !is_bare ? value->padded + y * value->padded_row : 0;
      to.applies_relu = value->activation.code == EPADS_RELU;
    }
    const int by_unit = begin > 0;
    switch (count) {
      case 0: add_row(rows, scales, 0, start, 0, value->width, value->channels, to); break;
      case 1: add_row(rows, scales, 1, start, by_unit, value->width, value->channels, to); break;
      case 2: add_row(rows, scales, 2, start, by_unit, value->width, value->channels, to); break;
      case 3: add_row(rows, scales, 3, start, by_unit, value->width, value->channels, to); break;
      default: add_row(rows, scales, TERMS, start, by_unit, value->width, value->channels, to); break;
    }
    start = sums;
    if (is_bare && to.output) sums = to.output;
  } while (first < value->count);
  const int is_function = value->activation.code != EPADS_IDENTITY && value->activation.code != EPADS_RELU;
  if (!is_bare) {
    // In place: it is in the nearest cache.
    float *padded = value->padded + y * value->padded_row;
    if (value->padded && is_function) apply_function(padded, padded, length, &value->activation);
    return;
  }
  if (is_function) {
    apply_function(sums, term_rows, length, &value->activation);
    sums = term_rows;
  }
  // Read once: as far as the compiler knows, what is stored might be these.
  const long width = value->width, channels = value->channels, bare = value->padded_channels;
  const int applies_relu = value->activation.code == EPADS_RELU;
  float *to = value->padded + y * value->padded_row;
  for (long x = 0; x < width; x++, to += bare, sums += channels)
    for (long c = 0; c < bare; c++) to[c] = applies_relu && !(sums[c] > 0) ? 0 : sums[c];
}

static void make_value(const epads_value *value) {
  if (value->prefetch) set_pace(value->prefetch, value->last_row - value->first_row);
  for (long y = value->first_row; y < value->last_row; y++) {
    make_row(value, y);
    if (value->prefetch) prefetch_next(value->prefetch);
  }
}
