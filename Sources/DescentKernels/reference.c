// The slow obvious twin of every instruction: what the fast kernels must agree with.
//
// Plain loops over one element at a time, sums in double precision, libm for the functions. Read
// this file to learn what an instruction means; read the others to learn how it is done fast.

#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// MARK: Elements

// Every value of every dtype is exact in a double.
static double load(int32_t dtype, const void *base, int64_t at) {
  switch (dtype) {
    case DESCENT_FLOAT32: return ((const float *)base)[at];
    case DESCENT_FLOAT64: return ((const double *)base)[at];
    case DESCENT_INT32: return ((const int32_t *)base)[at];
    default: return ((const uint8_t *)base)[at];
  }
}

/// Towards zero, saturating; NaN becomes 0.
static double whole_number(double x, double least, double most) {
  if (x != x) return 0;
  return x < least ? least : x > most ? most : trunc(x);
}

static void store(int32_t dtype, void *base, int64_t at, double x) {
  switch (dtype) {
    case DESCENT_FLOAT32: ((float *)base)[at] = (float)x; break;
    case DESCENT_FLOAT64: ((double *)base)[at] = x; break;
    case DESCENT_INT32:
      ((int32_t *)base)[at] = (int32_t)whole_number(x, INT32_MIN, INT32_MAX);
      break;
    case DESCENT_UINT8: ((uint8_t *)base)[at] = (uint8_t)whole_number(x, 0, 255); break;
    default: ((uint8_t *)base)[at] = x != 0; break;
  }
}

/// A value as a register of the compute type holds it.
static double rounded(int32_t compute, double x) {
  switch (compute) {
    case DESCENT_FLOAT32: return (float)x;
    case DESCENT_INT32: return whole_number(x, INT32_MIN, INT32_MAX);
    default: return x;
  }
}

/// Where the element at flat, row-major position `flat` of `shape` lies.
static int64_t offset_of(int64_t flat, const int64_t *shape, const int64_t *strides, int rank) {
  int64_t at = 0;
  for (int d = rank - 1; d >= 0; d--) {
    at += flat % shape[d] * strides[d];
    flat /= shape[d];
  }
  return at;
}

// MARK: Elementwise programs

/// int32 arithmetic wraps.
static double wrapped(int64_t x) { return (int32_t)(uint32_t)(uint64_t)x; }

static double apply_int(int op, int64_t a, int64_t b, int64_t c) {
  switch (op) {
    case DESCENT_OP_COPY: return (double)a;
    case DESCENT_OP_ADD: return wrapped(a + b);
    case DESCENT_OP_SUBTRACT: return wrapped(a - b);
    case DESCENT_OP_MULTIPLY: return wrapped(a * b);
    case DESCENT_OP_MINIMUM: return (double)(a < b ? a : b);
    case DESCENT_OP_MAXIMUM: return (double)(a > b ? a : b);
    case DESCENT_OP_NEGATE: return wrapped(-a);
    case DESCENT_OP_ABSOLUTE: return wrapped(a < 0 ? -a : a);
    case DESCENT_OP_SIGN: return (a > 0) - (a < 0);
    case DESCENT_OP_EQUAL: return a == b;
    case DESCENT_OP_NOT_EQUAL: return a != b;
    case DESCENT_OP_LESS: return a < b;
    case DESCENT_OP_LESS_EQUAL: return a <= b;
    case DESCENT_OP_AND: return a != 0 && b != 0;
    case DESCENT_OP_OR: return a != 0 || b != 0;
    case DESCENT_OP_NOT: return a == 0;
    case DESCENT_OP_SELECT: return (double)(a != 0 ? b : c);
    default: return 0;
  }
}

static double apply(int op, double a, double b, double c) {
  switch (op) {
    case DESCENT_OP_COPY: return a;
    case DESCENT_OP_ADD: return a + b;
    case DESCENT_OP_SUBTRACT: return a - b;
    case DESCENT_OP_MULTIPLY: return a * b;
    case DESCENT_OP_MINIMUM: return a != a ? a : b != b ? b : a < b ? a : b;
    case DESCENT_OP_MAXIMUM: return a != a ? a : b != b ? b : a > b ? a : b;
    case DESCENT_OP_NEGATE: return -a;
    case DESCENT_OP_ABSOLUTE: return fabs(a);
    case DESCENT_OP_SIGN: return a > 0 ? 1 : a < 0 ? -1 : a == 0 ? 0 : a;
    case DESCENT_OP_EQUAL: return a == b;
    case DESCENT_OP_NOT_EQUAL: return a != b;
    case DESCENT_OP_LESS: return a < b;
    case DESCENT_OP_LESS_EQUAL: return a <= b;
    case DESCENT_OP_AND: return a != 0 && b != 0;
    case DESCENT_OP_OR: return a != 0 || b != 0;
    case DESCENT_OP_NOT: return a == 0;
    case DESCENT_OP_SELECT: return a != 0 ? b : c;
    case DESCENT_OP_MULTIPLY_ADD: return fma(a, b, c);
    case DESCENT_OP_DIVIDE: return a / b;
    case DESCENT_OP_POWER: return pow(a, b);
    case DESCENT_OP_SQUARE_ROOT: return sqrt(a);
    case DESCENT_OP_RECIPROCAL: return 1 / a;
    case DESCENT_OP_EXP: return exp(a);
    case DESCENT_OP_EXPM1: return expm1(a);
    case DESCENT_OP_LOG: return log(a);
    case DESCENT_OP_LOG1P: return log1p(a);
    case DESCENT_OP_SIN: return sin(a);
    case DESCENT_OP_COS: return cos(a);
    case DESCENT_OP_TANH: return tanh(a);
    // The two forms are equal; each is accurate, and does not overflow, on its side.
    case DESCENT_OP_SIGMOID: return a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a));
    case DESCENT_OP_SOFTPLUS: return a > 0 ? a + log1p(exp(-a)) : log1p(exp(a));
    case DESCENT_OP_ERF: return erf(a);
    case DESCENT_OP_FLOOR: return floor(a);
    default: return 0;
  }
}

/// Computes all registers of one element. Registers past the operands keep what they held.
static void compute(const descent_program *program, void *const *buffers, int64_t flat,
                    double *registers) {
  for (int o = 0; o < program->operand_count; o++) {
    const descent_operand *operand = &program->operands[o];
    double value = operand->immediate;
    if (operand->slot >= 0) {
      int64_t at = offset_of(flat, program->shape, operand->strides, program->rank);
      value = load(operand->dtype, descent_address(operand, buffers), at);
    }
    registers[o] = rounded(program->compute, value);
  }
  for (int s = 0; s < program->step_count; s++) {
    const descent_step *step = &program->steps[s];
    double a = registers[step->a], b = registers[step->b], c = registers[step->c];
    registers[step->destination] =
        program->compute == DESCENT_INT32
            ? apply_int(step->op, (int64_t)a, (int64_t)b, (int64_t)c)
            : rounded(program->compute, apply(step->op, a, b, c));
  }
}

static void run_program(const descent_program *program, void *const *buffers) {
  double registers[DESCENT_MAX_REGISTERS] = {0};
  int64_t elements = descent_program_elements(program);
  for (int64_t flat = 0; flat < elements; flat++) {
    compute(program, buffers, flat, registers);
    for (int s = 0; s < program->store_count; s++) {
      const descent_operand *place = &program->stores[s].place;
      store(place->dtype, descent_address(place, buffers),
            offset_of(flat, program->shape, place->strides, program->rank),
            registers[program->stores[s].source]);
    }
  }
}

static void elementwise(const descent_instruction *instruction, int64_t task,
                        void *const *buffers, descent_worker *worker) {
  (void)task, (void)worker;
  run_program(instruction->parameters, buffers);
}

// MARK: Reductions

static double reduction_start(int reduction, int32_t compute) {
  bool whole = compute == DESCENT_INT32;
  switch (reduction) {
    case DESCENT_SUM: return 0;
    case DESCENT_MAX: return whole ? INT32_MIN : -INFINITY;
    default: return whole ? INT32_MAX : INFINITY;
  }
}

static void reduce(const descent_instruction *instruction, int64_t task, void *const *buffers,
                   descent_worker *worker) {
  (void)task, (void)worker;
  const descent_reduce *reduce = instruction->parameters;
  const descent_program *program = &reduce->program;
  double registers[DESCENT_MAX_REGISTERS] = {0};
  for (int64_t o = 0; o < reduce->outer; o++) {
    for (int64_t i = 0; i < reduce->inner; i++) {
      double result = reduction_start(reduce->reduction, program->compute);
      for (int64_t r = 0; r < reduce->reduced; r++) {
        compute(program, buffers, (o * reduce->reduced + r) * reduce->inner + i, registers);
        double x = registers[reduce->source];
        if (reduce->reduction == DESCENT_SUM) {
          result = program->compute == DESCENT_INT32 ? wrapped((int64_t)result + (int64_t)x)
                                                     : result + x;
        } else {
          result = apply(reduce->reduction == DESCENT_MAX ? DESCENT_OP_MAXIMUM
                                                          : DESCENT_OP_MINIMUM, result, x, 0);
        }
      }
      store(reduce->output.dtype, descent_address(&reduce->output, buffers), o * reduce->inner + i,
            result);
    }
  }
}

static void arg_reduce(const descent_instruction *instruction, int64_t task,
                       void *const *buffers, descent_worker *worker) {
  (void)task, (void)worker;
  const descent_arg_reduce *arg = instruction->parameters;
  const int64_t *strides = arg->input.strides;
  int32_t *output = (int32_t *)descent_address(&arg->output, buffers);
  for (int64_t o = 0; o < arg->outer; o++) {
    for (int64_t i = 0; i < arg->inner; i++) {
      int64_t best_at = 0;
      double best = 0;
      for (int64_t r = 0; r < arg->reduced; r++) {
        double x = load(arg->input.dtype, descent_address(&arg->input, buffers),
                        o * strides[0] + r * strides[1] + i * strides[2]);
        bool better = arg->smallest ? x < best : x > best;
        if (r == 0 || (best == best && (better || x != x))) {
          best = x;
          best_at = r;
        }
      }
      output[o * arg->inner + i] = (int32_t)best_at;
    }
  }
}

// MARK: Matrix products

static void pooling(const descent_instruction *instruction, int64_t task, void *const *buffers,
                    descent_worker *worker) {
  (void)task, (void)worker;
  const descent_pooling *p = instruction->parameters;
  const char *x = descent_address(&p->x, buffers);
  char *wide = descent_address(&p->wide, buffers), *narrow = descent_address(&p->narrow, buffers);
  int64_t x_plane = p->x_size[0] * p->x_size[1], y_plane = p->y_size[0] * p->y_size[1];
  bool looks = p->operation == DESCENT_POOLING_CHOOSE || p->operation == DESCENT_POOLING_HAND_BACK;
  bool narrows = p->operation == DESCENT_POOLING_CHOOSE || p->operation == DESCENT_POOLING_MEAN;
  for (int64_t i = 0; !narrows && i < p->planes * x_plane; i++) store(p->dtype, wide, i, 0);
  for (int64_t plane = 0; plane < p->planes; plane++) {
    for (int64_t oy = 0; oy < p->y_size[0]; oy++) {
      for (int64_t ox = 0; ox < p->y_size[1]; ox++) {
        int64_t to = plane * y_plane + oy * p->y_size[1] + ox, best = -1, inside = 0;
        double sum = 0;
        // The mean needs to know how many pixels there are before it hands anything back.
        for (int pass = 0; pass < 2; pass++) {
          double count = p->counts_border ? (double)(p->kernel[0] * p->kernel[1]) : (double)inside;
          for (int64_t ky = 0; ky < p->kernel[0]; ky++) {
            for (int64_t kx = 0; kx < p->kernel[1]; kx++) {
              int64_t iy = oy * p->stride[0] + ky - p->padding[0];
              int64_t ix = ox * p->stride[1] + kx - p->padding[1];
              if (iy < 0 || iy >= p->x_size[0] || ix < 0 || ix >= p->x_size[1]) continue;
              int64_t at = plane * x_plane + iy * p->x_size[1] + ix;
              if (pass == 0) {
                inside++;
                sum += load(p->dtype, wide, at);
                if (!looks) continue;
                double v = load(p->dtype, x, at), most = best < 0 ? 0 : load(p->dtype, x, best);
                if (best < 0 || v > most || (v != v && most == most)) best = at;
              } else if (p->operation == DESCENT_POOLING_SPREAD) {
                double slope = load(p->dtype, narrow, to) / count;
                store(p->dtype, wide, at, load(p->dtype, wide, at) + slope);
              }
            }
          }
          if (pass == 1 && p->operation == DESCENT_POOLING_MEAN) store(p->dtype, narrow, to, sum / count);
        }
        if (p->operation == DESCENT_POOLING_CHOOSE) {
          store(p->dtype, narrow, to, load(p->dtype, wide, best));
        } else if (p->operation == DESCENT_POOLING_HAND_BACK) {
          store(p->dtype, wide, best, load(p->dtype, wide, best) + load(p->dtype, narrow, to));
        }
      }
    }
  }
}

// All three directions are one sum over all that meets: each product goes to the operand that is wanted.
static void convolution(const descent_instruction *instruction, int64_t task, void *const *buffers,
                        descent_worker *worker) {
  (void)task, (void)worker;
  const descent_convolution *c = instruction->parameters;
  int64_t in = c->in_channels / c->groups, out = c->out_channels / c->groups;
  char *x = descent_address(&c->x, buffers), *y = descent_address(&c->y, buffers);
  char *weight = descent_address(&c->weight, buffers);
  const int64_t counts[] = {
    c->batch * c->out_channels * c->y_size[0] * c->y_size[1],
    c->batch * c->in_channels * c->x_size[0] * c->x_size[1],
    c->out_channels * in * c->kernel[0] * c->kernel[1],
  };
  char *results[] = {y, x, weight};
  char *result = results[c->direction];
  double *sums = calloc((size_t)counts[c->direction] + 1, sizeof *sums);
  if (!sums) abort();
  for (int64_t n = 0; n < c->batch; n++) {
    for (int64_t o = 0; o < c->out_channels; o++) {
      for (int64_t oy = 0; oy < c->y_size[0]; oy++) {
        for (int64_t ox = 0; ox < c->y_size[1]; ox++) {
          int64_t y_at = ((n * c->out_channels + o) * c->y_size[0] + oy) * c->y_size[1] + ox;
          if (c->direction == DESCENT_CONVOLUTION_FORWARD && c->has_bias) {
            sums[y_at] = load(c->dtype, descent_address(&c->bias, buffers), o);
          }
          for (int64_t i = 0; i < in; i++) {
            for (int64_t ky = 0; ky < c->kernel[0]; ky++) {
              for (int64_t kx = 0; kx < c->kernel[1]; kx++) {
                int64_t iy = oy * c->stride[0] + ky * c->dilation[0] - c->padding[0];
                int64_t ix = ox * c->stride[1] + kx * c->dilation[1] - c->padding[1];
                if (iy < 0 || iy >= c->x_size[0] || ix < 0 || ix >= c->x_size[1]) continue;
                int64_t channel = o / out * in + i;
                int64_t x_at = ((n * c->in_channels + channel) * c->x_size[0] + iy) * c->x_size[1] + ix;
                int64_t w_at = ((o * in + i) * c->kernel[0] + ky) * c->kernel[1] + kx;
                switch (c->direction) {
                  case DESCENT_CONVOLUTION_FORWARD:
                    sums[y_at] += load(c->dtype, weight, w_at) * load(c->dtype, x, x_at);
                    break;
                  case DESCENT_CONVOLUTION_INPUT:
                    sums[x_at] += load(c->dtype, weight, w_at) * load(c->dtype, y, y_at);
                    break;
                  default:
                    sums[w_at] += load(c->dtype, x, x_at) * load(c->dtype, y, y_at);
                    break;
                }
              }
            }
          }
        }
      }
    }
  }
  for (int64_t i = 0; i < counts[c->direction]; i++) store(c->dtype, result, i, sums[i]);
  free(sums);
  if (c->epilogue) run_program(c->epilogue, buffers);
}

/// The nearest bfloat16, of two equally near ones the even: a float whose last 16 bits are 0.
static double nearest_bfloat16(double x) {
  float single = (float)x;
  uint32_t bits;
  memcpy(&bits, &single, sizeof bits);
  if (x != x) return x;
  uint32_t below = bits & 0xffff0000u, rest = bits & 0xffffu;
  if (rest > 0x8000u || (rest == 0x8000u && (below & 0x10000u) != 0)) below += 0x10000u;
  memcpy(&single, &below, sizeof single);
  return single;
}

/// A number of an operand, as the product takes it.
static double factor(const descent_matmul *matmul, const descent_operand *operand,
                     void *const *buffers, int64_t at) {
  double x = load(matmul->dtype, descent_address(operand, buffers), at);
  return matmul->rounds ? nearest_bfloat16(x) : x;
}

static void matmul(const descent_instruction *instruction, int64_t task, void *const *buffers,
                   descent_worker *worker) {
  (void)task, (void)worker;
  const descent_matmul *matmul = instruction->parameters;
  int rank = matmul->batch_rank;
  const int64_t *a = matmul->a.strides, *b = matmul->b.strides, *c = matmul->c.strides;
  int64_t batches = 1;
  for (int d = 0; d < rank; d++) batches *= matmul->batch_shape[d];
  for (int64_t batch = 0; batch < batches; batch++) {
    int64_t a_at = offset_of(batch, matmul->batch_shape, a, rank);
    int64_t b_at = offset_of(batch, matmul->batch_shape, b, rank);
    int64_t c_at = offset_of(batch, matmul->batch_shape, c, rank);
    for (int64_t i = 0; i < matmul->m; i++) {
      for (int64_t j = 0; j < matmul->n; j++) {
        double sum = matmul->has_bias
                         ? load(matmul->dtype, descent_address(&matmul->bias, buffers), j)
                         : 0;
        for (int64_t p = 0; p < matmul->k; p++) {
          sum += factor(matmul, &matmul->a, buffers, a_at + i * a[rank] + p * a[rank + 1]) *
                 factor(matmul, &matmul->b, buffers, b_at + p * b[rank] + j * b[rank + 1]);
        }
        store(matmul->dtype, descent_address(&matmul->c, buffers), c_at + i * c[rank] + j, sum);
      }
    }
  }
  if (matmul->epilogue) run_program(matmul->epilogue, buffers);
}

// MARK: Indices

static void gather(const descent_instruction *instruction, int64_t task, void *const *buffers,
                   descent_worker *worker) {
  (void)task;
  const descent_gather *gather = instruction->parameters;
  const int32_t *index = (const int32_t *)descent_address(&gather->index, buffers);
  int64_t bytes = gather->inner * descent_dtype_size(gather->table.dtype);
  for (int64_t i = 0; i < gather->count; i++) {
    if (index[i] < 0 || index[i] >= gather->rows) {
      descent_note_bad_index(worker, i, index[i]);
      return;
    }
    memcpy(descent_address(&gather->output, buffers) + i * bytes,
           descent_address(&gather->table, buffers) + index[i] * bytes, (size_t)bytes);
  }
}

static void scatter_add(const descent_instruction *instruction, int64_t task,
                        void *const *buffers, descent_worker *worker) {
  (void)task;
  const descent_scatter_add *scatter = instruction->parameters;
  const int32_t *index = (const int32_t *)descent_address(&scatter->index, buffers);
  const void *input = descent_address(&scatter->input, buffers);
  void *output = descent_address(&scatter->output, buffers);
  int32_t dtype = scatter->output.dtype;
  int64_t inner = scatter->inner;
  for (int64_t at = 0; at < scatter->rows * inner; at++) store(dtype, output, at, 0);
  for (int64_t i = 0; i < scatter->count; i++) {
    if (index[i] < 0 || index[i] >= scatter->rows) {
      descent_note_bad_index(worker, i, index[i]);
      return;
    }
    for (int64_t j = 0; j < inner; j++) {
      double sum = load(dtype, output, index[i] * inner + j) + load(dtype, input, i * inner + j);
      store(dtype, output, index[i] * inner + j,
            dtype == DESCENT_INT32 ? wrapped((int64_t)sum) : sum);
    }
  }
}

// MARK: Random numbers

/// Four random words from a 128-bit counter and a 64-bit key.
static void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t words[4]) {
  uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
  uint32_t k[2] = {key[0], key[1]};
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53 * c[0], p1 = (uint64_t)0xCD9E8D57 * c[2];
    uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                        (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
    memcpy(c, next, sizeof c);
    k[0] += 0x9E3779B9;  // the golden ratio
    k[1] += 0xBB67AE85;  // the square root of 3
  }
  memcpy(words, c, sizeof c);
}

/// The uniform number of element i, in units of 2^-24 (float32) or 2^-53 (float64).
static double uniform(const uint32_t key[4], bool wide, uint64_t i) {
  uint64_t group = wide ? i / 2 : i / 4;
  uint32_t counter[4] = {(uint32_t)group, (uint32_t)(group >> 32), key[2], key[3]}, words[4];
  philox(key, counter, words);
  if (!wide) return words[i % 4] >> 8;
  uint64_t high = words[i % 2 * 2], low = words[i % 2 * 2 + 1];
  return (double)((high << 32 | low) >> 11);
}

static void random_numbers(const descent_instruction *instruction, int64_t task,
                           void *const *buffers, descent_worker *worker) {
  (void)task, (void)worker;
  const descent_random *random = instruction->parameters;
  uint32_t key[4];
  memcpy(key, descent_address(&random->key, buffers), sizeof key);
  void *output = descent_address(&random->output, buffers);
  bool wide = random->output.dtype == DESCENT_FLOAT64;
  double unit = wide ? 0x1p-53 : 0x1p-24;
  for (int64_t i = 0; i < random->count; i++) {
    uint64_t element = (uint64_t)i;
    if (random->distribution == DESCENT_RANDOM_BITS) {
      uint64_t group = element / 4;
      uint32_t counter[4] = {(uint32_t)group, (uint32_t)(group >> 32), key[2], key[3]}, words[4];
      philox(key, counter, words);
      ((uint32_t *)output)[i] = words[i % 4];
    } else if (random->distribution == DESCENT_RANDOM_UNIFORM) {
      store(random->output.dtype, output, i, uniform(key, wide, element) * unit);
    } else {
      // Box-Muller: a radius from (0, 1] and an angle make two normals.
      double radius = sqrt(-2 * log((uniform(key, wide, element / 2 * 2) + 1) * unit));
      double angle = 2 * 3.14159265358979323846 * uniform(key, wide, element / 2 * 2 + 1) * unit;
      store(random->output.dtype, output, i, radius * (i % 2 == 0 ? cos(angle) : sin(angle)));
    }
  }
}

// MARK: Rows

static void rows(const descent_instruction *instruction, int64_t task, void *const *buffers,
                 descent_worker *worker) {
  (void)task;
  const descent_rows *rows = instruction->parameters;
  int32_t dtype = rows->x.dtype;
  int64_t n = rows->n;
  const void *x = descent_address(&rows->x, buffers);
  void *y = descent_address(&rows->y, buffers);
  bool labelled = rows->operation == DESCENT_ROWS_CROSS_ENTROPY ||
                  rows->operation == DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE;
  for (int64_t row = 0; row < rows->rows; row++) {
    int32_t label = -1;
    if (labelled) {
      label = ((const int32_t *)descent_address(&rows->label, buffers))[row];
      if (label < 0 || label >= n) {
        descent_note_bad_index(worker, row, label);
        return;
      }
    }
    // Less the maximum, no exponential overflows and their sum is at least 1.
    double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, load(dtype, x, row * n + i));
    for (int64_t i = 0; i < n; i++) sum += exp(load(dtype, x, row * n + i) - most);
    double log_sum_exp = most + log(sum);
    double scale = rows->scale.immediate;
    if (rows->operation == DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE && rows->scale.slot >= 0) {
      scale = load(dtype, descent_address(&rows->scale, buffers), row * rows->scale.strides[0]);
    }
    switch (rows->operation) {
      case DESCENT_ROWS_LOG_SUM_EXP:
        store(dtype, y, row, log_sum_exp);
        break;
      case DESCENT_ROWS_CROSS_ENTROPY:
        store(dtype, y, row, (most - load(dtype, x, row * n + label)) + log(sum));
        break;
      default:
        for (int64_t i = 0; i < n; i++) {
          double shifted = load(dtype, x, row * n + i) - most;
          double result = exp(shifted) / sum;
          if (rows->operation == DESCENT_ROWS_LOG_SOFTMAX) result = shifted - log(sum);
          if (rows->operation == DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE) {
            result = (result - (i == label)) * scale;
          }
          store(dtype, y, row * n + i, result);
        }
        break;
    }
  }
}

const descent_kernels descent_kernels_reference = {
  .run = {
    [DESCENT_ELEMENTWISE] = elementwise,
    [DESCENT_REDUCE] = reduce,
    [DESCENT_ARG_REDUCE] = arg_reduce,
    [DESCENT_MATMUL] = matmul,
    [DESCENT_CONVOLUTION] = convolution,
    [DESCENT_POOLING] = pooling,
    [DESCENT_GATHER] = gather,
    [DESCENT_SCATTER_ADD] = scatter_add,
    [DESCENT_RANDOM] = random_numbers,
    [DESCENT_ROWS] = rows,
  },
  .whole = true,
};
