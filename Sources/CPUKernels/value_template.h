// The value of a step: a sum of terms, row by row. Part of kernels_template.h.
//
// Every loop over a row's floats may run over whole vectors: aligned channels are a multiple of LANES.

// Terms that are added up in registers; a value of more takes several rounds.
#define TERMS 4

INLINE vector column_sum(const float *from, const long rows, long length, const int rectified) {
  vector sum = rectified ? rectify(load(from)) : load(from);
  for (long r = 1; r < rows; r++) {
    const vector value = load(from + r * length);
    sum += rectified ? rectify(value) : value;
  }
  return sum;
}

// Windows of three columns, a position apart and centred: each column is added up once and stays in a register.
INLINE void pool_three_columns(
    const float *from, const long rows, long width, long channels, const int rectified, float *row) {
  const long length = width * channels;
  const vector whole = (vector)(1.0f / (float)(rows * 3)), side = (vector)(1.0f / (float)(rows * 2));
  for (long c = 0; c < channels; c += LANES) {
    const float *column = from + c;
    float *to = row + c;
    vector left = column_sum(column, rows, length, rectified);
    vector middle = column_sum(column + channels, rows, length, rectified);
    store(to, (left + middle) * side);
    for (long x = 2; x < width; x++) {
      const vector right = column_sum(column + x * channels, rows, length, rectified);
      store(to + (x - 1) * channels, ((left + middle) + right) * whole);
      left = middle;
      middle = right;
    }
    store(to + (width - 1) * channels, (left + middle) * side);
  }
}

// A row of pooled values. `columns`: scratch for a row of the source.
INLINE void pool_row(const epads_term *term, long y, long width, long channels, float *columns, float *row) {
  const long from_y = y * term->stride_height - term->padding_height;
  const long top = from_y < 0 ? 0 : from_y, rows = smaller(from_y + term->kernel_height, term->height) - top;
  const long length = term->width * channels;
  const float *from = term->data + top * length;
  if (term->kernel_width == 3 && term->stride_width == 1 && term->padding_width == 1 && width > 1) {
    if (rows == 3 && !term->rectified)
      pool_three_columns(from, 3, width, channels, 0, row);
    else
      pool_three_columns(from, rows, width, channels, term->rectified, row);
    return;
  }
  // Columns first, each once: neighbouring windows share them.
  for (long i = 0; i < length; i += LANES) store(columns + i, column_sum(from + i, rows, length, term->rectified));
  for (long x = 0; x < width; x++) {
    const long from_x = x * term->stride_width - term->padding_width;
    const long left = from_x < 0 ? 0 : from_x, right = smaller(from_x + term->kernel_width, term->width);
    const vector reciprocal = (vector)(1.0f / (float)(rows * (right - left)));
    for (long c = 0; c < channels; c += LANES) {
      vector total = load(columns + left * channels + c);
      for (long column = left + 1; column < right; column++) total += load(columns + column * channels + c);
      store(row + x * channels + c, total * reciprocal);
    }
  }
}

INLINE void put_signs(vector value, long unit, uint8_t *code) {
  const uint32_t signs = PACK_SIGNS(value);
#if LANES == 4
  if (unit & 4)
    code[unit / 8] |= (uint8_t)(signs << 4);
  else
    code[unit / 8] = (uint8_t)signs;
#else
  __builtin_memcpy(code + unit / 8, &signs, LANES / 8);
#endif
}

// What becomes of a row's sums; null where nobody wants it.
typedef struct {
  float *output;
  uint8_t *code;
  float *padded;
  int rectified;
} row_targets;

// A row: `start` and then `count` terms, each times its scale. `start` holds a value for every unit, or for every channel.
INLINE void add_terms(
    const float *const rows[TERMS], const float *const scales[TERMS], const int count, const float *start, int starts_by_unit,
    long width, long channels, row_targets to) {
  for (long c = 0; c < channels; c += LANES) {
    vector scale[TERMS];
    UNROLL for (int t = 0; t < count; t++) scale[t] = load(scales[t] + c);
    const vector first = load(start + c);
    for (long i = c; i < width * channels; i += channels) {
      vector value = starts_by_unit ? load(start + i) : first;
      // A product with 1 is exact, so that a term without a scale is added as it is.
      UNROLL for (int t = 0; t < count; t++) value = fused(load(rows[t] + i), scale[t], value);
      if (to.code) put_signs(value, i, to.code);
      if (to.padded) store(to.padded + i, to.rectified ? rectify(value) : value);
      if (to.output) store(to.output + i, value);
    }
  }
}

static void make_row(const epads_value *value, long y) {
  const long length = value->width * value->channels;
  float *sums = value->rows, *scratch = value->rows + length, *columns = scratch + TERMS * length;
  const int is_bare = value->padded && value->padded_channels != value->channels;
  const float *start = value->shift;
  for (long first = 0; first < value->count; first += TERMS) {
    const float *rows[TERMS], *scales[TERMS];
    const int count = (int)smaller(TERMS, value->count - first);
    for (int t = 0; t < count; t++) {
      const epads_term *term = value->terms + first + t;
      scales[t] = term->scale ? term->scale : value->ones;
      rows[t] = term->data + y * length;
      if (term->kernel_height) {
        pool_row(term, y, value->width, value->channels, columns, scratch + t * length);
        rows[t] = scratch + t * length;
      } else if (term->rectified) {
        for (long i = 0; i < length; i += LANES) store(scratch + t * length + i, rectify(load(rows[t] + i)));
        rows[t] = scratch + t * length;
      }
    }
    row_targets to = {.output = sums};
    if (first + count == value->count) {
      to.output = value->output ? value->output + y * length : is_bare ? sums : 0;
      to.code = value->code ? value->code + y * length / 8 : 0;
      to.padded = value->padded && !is_bare ? value->padded + y * value->padded_row : 0;
      to.rectified = value->rectified;
    }
    const int by_unit = first > 0;
    switch (count) {
      case 1: add_terms(rows, scales, 1, start, by_unit, value->width, value->channels, to); break;
      case 2: add_terms(rows, scales, 2, start, by_unit, value->width, value->channels, to); break;
      case 3: add_terms(rows, scales, 3, start, by_unit, value->width, value->channels, to); break;
      default: add_terms(rows, scales, TERMS, start, by_unit, value->width, value->channels, to); break;
    }
    start = sums;
    if (is_bare && to.output) sums = to.output;
  }
  if (!is_bare) return;
  float *to = value->padded + y * value->padded_row;
  for (long x = 0; x < value->width; x++)
    for (long c = 0; c < value->padded_channels; c++) {
      const float unit = sums[x * value->channels + c];
      to[x * value->padded_channels + c] = value->rectified && !(unit > 0) ? 0 : unit;
    }
}

static void make_value(const epads_value *value) {
  if (value->ahead) set_pace(value->ahead, value->height);
  for (long y = 0; y < value->height; y++) {
    make_row(value, y);
    if (value->ahead) fetch_ahead(value->ahead);
  }
}
