// What is fixed before a plan runs: how much scratch memory an instruction needs, and in how many
// pieces it is cut. All of it follows from shapes, so that every number of threads and every
// instruction set cuts alike.

#include "internal.h"

int32_t descent_dtype_size(int32_t dtype) {
  switch (dtype) {
    case DESCENT_FLOAT64: return 8;
    case DESCENT_FLOAT32: case DESCENT_INT32: return 4;
    default: return 1;
  }
}

int64_t descent_program_elements(const descent_program *program) {
  int64_t elements = 1;
  for (int32_t d = 0; d < program->rank; d++) elements *= program->shape[d];
  return elements;
}

// MARK: Fewer dimensions

/// Whether dimensions d and d + 1 of an operand are walked like one.
static bool joins(const descent_program *program, const int64_t *strides, int32_t d) {
  return strides[d] == strides[d + 1] * program->shape[d + 1];
}

static void remove_dimension(descent_program *program, int64_t *strides, int32_t d) {
  for (int32_t e = d; e + 1 < program->rank; e++) strides[e] = strides[e + 1];
}

/// Drops dimension d of the program and of all its operands and stores.
static void drop(descent_program *program, int32_t d) {
  for (int32_t o = 0; o < program->operand_count; o++) {
    remove_dimension(program, program->operands[o].strides, d);
  }
  for (int32_t s = 0; s < program->store_count; s++) {
    remove_dimension(program, program->stores[s].place.strides, d);
  }
  for (int32_t e = d; e + 1 < program->rank; e++) program->shape[e] = program->shape[e + 1];
  program->rank--;
}

/// Joins dimensions that every operand walks like one, and drops those of extent 1: the flat,
/// row-major order of the elements stays what it was.
static void collapse(descent_program *program) {
  for (int32_t d = program->rank - 1; d >= 0 && program->rank > 1; d--) {
    if (program->shape[d] == 1) drop(program, d);
  }
  for (int32_t d = program->rank - 2; d >= 0; d--) {
    bool join = true;
    for (int32_t o = 0; o < program->operand_count && join; o++) {
      const descent_operand *operand = &program->operands[o];
      join = operand->slot < 0 || joins(program, operand->strides, d);
    }
    for (int32_t s = 0; s < program->store_count && join; s++) {
      join = joins(program, program->stores[s].place.strides, d);
    }
    if (!join) continue;
    // Dimension d + 1 takes over both extents and keeps its strides.
    program->shape[d + 1] *= program->shape[d];
    drop(program, d);
  }
}

// MARK: How programs are read and written

static bool all_strides_are_zero(const int64_t *strides, const descent_program *program) {
  for (int32_t d = 0; d < program->rank; d++) {
    if (strides[d] != 0 && program->shape[d] != 1) return false;
  }
  return true;
}

static bool is_row_major(const int64_t *strides, const descent_program *program) {
  int64_t expected = 1;
  for (int32_t d = program->rank - 1; d >= 0; d--) {
    if (strides[d] != expected && program->shape[d] != 1) return false;
    expected *= program->shape[d];
  }
  return true;
}

static bool begin_alike(const descent_operand *a, const descent_operand *b) {
  return a->slot == b->slot && a->slot >= 0 &&
         a->offset * descent_dtype_size(a->dtype) == b->offset * descent_dtype_size(b->dtype);
}

static int32_t walk_of(const descent_program *program, int32_t o) {
  const descent_operand *operand = &program->operands[o];
  if (operand->slot < 0) return DESCENT_READ_CONSTANT;
  // An operand that is stored elsewhere while another store overwrites it is copied first.
  bool stored = false, overwritten = false;
  for (int32_t s = 0; s < program->store_count; s++) {
    stored |= program->stores[s].source == o;
    overwritten |= begin_alike(&program->stores[s].place, operand);
  }
  bool copied = stored && overwritten;
  if (is_row_major(operand->strides, program)) {
    return operand->dtype == program->compute && !copied ? DESCENT_READ_MEMORY
                                                         : DESCENT_READ_CONVERTED;
  }
  if (all_strides_are_zero(operand->strides, program)) return DESCENT_READ_CONSTANT;
  return copied ? DESCENT_READ_STRIDED_COPIED : DESCENT_READ_STRIDED;
}

/// Which step may write a store itself, or -1. It is the last one that writes the register, and
/// nothing after it may read the memory that it overwrites, as an in-place operand.
static int32_t direct_step(const descent_program *program, const descent_store *store) {
  if (!is_row_major(store->place.strides, program) || store->place.dtype != program->compute) {
    return -1;
  }
  int32_t step = program->step_count - 1;
  while (step >= 0 && program->steps[step].destination != store->source) step--;
  if (step < 0) return -1;
  for (int32_t o = 0; o < program->operand_count; o++) {
    const descent_operand *operand = &program->operands[o];
    if (operand->walk != DESCENT_READ_MEMORY || !begin_alike(operand, &store->place)) continue;
    for (int32_t later = step + 1; later < program->step_count; later++) {
      const descent_step *s = &program->steps[later];
      // Sources that an operation does not use are 0, which makes this cautious for operand 0.
      if (s->a == o || s->b == o || s->c == o) return -1;
    }
    for (int32_t other = 0; other < program->store_count; other++) {
      if (program->stores[other].source == o) return -1;
    }
  }
  return step;
}

static void prepare_program(descent_program *program) {
  collapse(program);
  program->strided = false;
  int32_t tiles = program->register_count - program->operand_count;
  for (int32_t o = 0; o < program->operand_count; o++) {
    int32_t walk = program->operands[o].walk = walk_of(program, o);
    program->strided |= walk >= DESCENT_READ_STRIDED;
    tiles += walk != DESCENT_READ_MEMORY;
  }
  // All tiles together should fit half of the nearest cache.
  int32_t size = program->compute == DESCENT_FLOAT64 ? 8 : 4;
  int32_t tile = 24576 / (size * (tiles > 0 ? tiles : 1));
  program->tile = tile < 256 ? 256 : tile > 1024 ? 1024 : tile & ~63;

  // Direct stores first, in the order of their steps.
  int32_t direct = 0;
  for (int32_t s = 0; s < program->store_count; s++) {
    descent_store store = program->stores[s];
    bool contiguous = is_row_major(store.place.strides, program);
    store.place.walk = contiguous ? DESCENT_READ_MEMORY : DESCENT_READ_STRIDED;
    program->strided |= !contiguous;
    store.step = direct_step(program, &store);
    bool taken = false;  // by another store of the same register
    for (int32_t t = 0; t < direct; t++) taken |= program->stores[t].step == store.step;
    if (store.step < 0 || taken) {
      store.step = -1;
      program->stores[s] = store;
      continue;
    }
    int32_t at = direct++;
    // The store at this place is not direct, if it is not this one: it may move.
    program->stores[s] = program->stores[at];
    for (; at > 0 && program->stores[at - 1].step > store.step; at--) {
      program->stores[at] = program->stores[at - 1];
    }
    program->stores[at] = store;
  }
  program->direct_count = direct;
}

// MARK: Costs

/// About how many simple operations an element of a program costs.
static int64_t program_cost(const descent_program *program) {
  int64_t cost = program->operand_count + program->store_count;
  for (int32_t s = 0; s < program->step_count; s++) {
    switch (program->steps[s].op) {
      case DESCENT_OP_POWER: cost += 64; break;
      case DESCENT_OP_EXP: case DESCENT_OP_EXPM1: case DESCENT_OP_LOG: case DESCENT_OP_LOG1P:
      case DESCENT_OP_SIN: case DESCENT_OP_COS: case DESCENT_OP_TANH: case DESCENT_OP_SIGMOID:
      case DESCENT_OP_ERF:
        cost += program->compute == DESCENT_FLOAT64 ? 64 : 8;
        break;
      case DESCENT_OP_SOFTPLUS: cost += program->compute == DESCENT_FLOAT64 ? 96 : 16; break;
      default: cost += 1; break;
    }
  }
  return cost > 0 ? cost : 1;
}

/// Pieces of about `grain` operations, at most `most` of them. Handing out a piece costs less than
/// a microsecond, so a piece should take ten or so.
static int32_t pieces(int64_t count, int64_t cost, int64_t grain, int64_t most) {
  int64_t n = count * cost / grain;
  return (int32_t)descent_maximum(1, descent_minimum(n, descent_minimum(most, count)));
}

enum { GRAIN = 65536, MOST_PIECES = 256 };

// MARK: Cuts

descent_reduce_cut descent_cut_reduce(const descent_instruction *instruction) {
  const descent_reduce *reduce = instruction->parameters;
  descent_reduce_cut cut = {1, 1};
  if (instruction->strips > 0) {
    // Rows of their own, or a sum over the rows.
    if (reduce->outer != instruction->rows) cut.splits = instruction->strips;
    return cut;
  }
  // A block of columns must fit the smallest tile.
  cut.blocks = descent_maximum(1, (reduce->inner + 255) / 256);
  int64_t slice = reduce->reduced * reduce->inner, independent = reduce->outer * cut.blocks;
  if (slice >= 32768 && independent > 0 && independent < 16) {
    // Combining is serial, and cheap only as long as there are few partial results.
    int64_t most = reduce->inner == 1 ? 256 : descent_maximum(1, 64 / independent);
    cut.splits = descent_minimum(descent_minimum(slice / 16384, most), reduce->reduced);
  }
  return cut;
}

descent_matmul_cut descent_cut_matmul(const descent_instruction *instruction) {
  const descent_matmul *matmul = instruction->parameters;
  descent_matmul_cut cut = {1, 1, 1};
  if (instruction->strips > 0) {
    *(matmul->m == instruction->rows ? &cut.rows : &cut.splits) = instruction->strips;
    return cut;
  }
  int64_t m = matmul->m, n = matmul->n, batches = 1;
  for (int32_t d = 0; d < matmul->batch_rank; d++) batches *= matmul->batch_shape[d];
  double work = (double)m * (double)n * (double)matmul->k;
  if (batches >= 16) return cut;
  if (m * n <= 4096 && matmul->k >= 16384 && batches == 1) {
    cut.splits = descent_minimum(matmul->k / 4096, 64);
    return cut;
  }
  if (m <= 4 && work < 3e6) {
    // Few rows: the time is that of reading b.
    while (cut.columns < 64 && n * matmul->k / cut.columns >= 262144) cut.columns *= 2;
    return cut;
  }
  if (work < 2e6) return cut;
  cut.rows = (m + 511) / 512;
  cut.columns = (n + 511) / 512;
  // Every block packs its own rows of a and columns of b, so blocks are cut across the longer side,
  // and the more of them there are the larger they must be.
  for (;;) {
    int64_t blocks = batches * cut.rows * cut.columns;
    double least = blocks < 4 ? 1e6 : blocks < 8 ? 8e6 : blocks < 16 ? 120e6 : 1.5e9;
    if (blocks >= 64 || work / (double)(2 * cut.rows * cut.columns) < least) break;
    int64_t rows = m / cut.rows, columns = n / cut.columns;
    if (columns >= rows && columns >= 128) {
      cut.columns *= 2;
    } else if (rows >= 64) {
      cut.rows *= 2;
    } else if (columns >= 128) {
      cut.columns *= 2;
    } else {
      break;
    }
  }
  return cut;
}

int64_t descent_convolution_splits(const descent_convolution *c) {
  if (c->direction != DESCENT_CONVOLUTION_WEIGHT) return 1;
  return descent_maximum(1, descent_minimum(c->batch / 16, 16));
}

int64_t descent_scratch_bytes(const descent_instruction *instruction) {
  if (instruction->kind == DESCENT_CONVOLUTION) {
    const descent_convolution *c = instruction->parameters;
    int64_t splits = descent_convolution_splits(c);
    if (splits == 1) return 0;
    int64_t size = c->out_channels * (c->in_channels / c->groups) * c->kernel[0] * c->kernel[1];
    return splits * size * descent_dtype_size(c->dtype);
  }
  if (instruction->kind == DESCENT_MATMUL) {
    const descent_matmul *matmul = instruction->parameters;
    int64_t splits = descent_cut_matmul(instruction).splits;
    if (splits == 1) return 0;
    return splits * matmul->m * matmul->n * descent_dtype_size(matmul->dtype);
  }
  if (instruction->kind != DESCENT_REDUCE) return 0;
  const descent_reduce *reduce = instruction->parameters;
  descent_reduce_cut cut = descent_cut_reduce(instruction);
  if (cut.splits == 1) return 0;
  return reduce->outer * cut.splits * reduce->inner * descent_dtype_size(reduce->program.compute);
}

// MARK: Preparing

void descent_prepare(descent_instruction *instruction) {
  instruction->tasks = 1;
  switch (instruction->kind) {
    case DESCENT_ELEMENTWISE: {
      descent_program *program = instruction->parameters;
      prepare_program(program);
      int64_t elements = descent_program_elements(program);
      instruction->tasks = pieces(elements, program_cost(program), GRAIN, MOST_PIECES);
      break;
    }
    case DESCENT_REDUCE: {
      descent_reduce *reduce = instruction->parameters;
      prepare_program(&reduce->program);
      descent_reduce_cut cut = descent_cut_reduce(instruction);
      int64_t units = reduce->outer * cut.splits * cut.blocks;
      if (units == 0) break;
      int64_t unit = reduce->reduced * reduce->inner / (cut.splits * cut.blocks);
      instruction->tasks = pieces(units, unit * (1 + program_cost(&reduce->program)), GRAIN,
                                  MOST_PIECES);
      break;
    }
    case DESCENT_ARG_REDUCE: {
      const descent_arg_reduce *arg = instruction->parameters;
      instruction->tasks = pieces(arg->outer * arg->inner, 3 * arg->reduced, GRAIN, MOST_PIECES);
      break;
    }
    case DESCENT_MATMUL: {
      descent_matmul *matmul = instruction->parameters;
      if (matmul->epilogue) prepare_program(matmul->epilogue);
      descent_matmul_cut cut = descent_cut_matmul(instruction);
      int64_t units = cut.rows * cut.columns * cut.splits;
      for (int32_t d = 0; d < matmul->batch_rank; d++) units *= matmul->batch_shape[d];
      if (units == 0) break;
      double each = (double)matmul->m * (double)matmul->n * (double)matmul->k /
                    (double)(cut.rows * cut.columns * cut.splits);
      double grain = matmul->m <= 4 ? 65536 : 5e5;
      int64_t wanted = (int64_t)(each * (double)units / grain);
      instruction->tasks =
          (int32_t)descent_maximum(1, descent_minimum(wanted, descent_minimum(units, 4096)));
      break;
    }
    case DESCENT_CONVOLUTION: {
      const descent_convolution *c = instruction->parameters;
      if (c->epilogue) prepare_program(c->epilogue);
      double work = (double)c->batch * (double)c->out_channels * (double)(c->y_size[0] * c->y_size[1]) *
                    (double)(c->in_channels / c->groups * c->kernel[0] * c->kernel[1]);
      int64_t most = c->direction == DESCENT_CONVOLUTION_WEIGHT ? descent_convolution_splits(c) : 64;
      instruction->tasks = (int32_t)descent_maximum(1, descent_minimum((int64_t)(work / 5e5), most));
      break;
    }
    case DESCENT_POOLING: {
      const descent_pooling *p = instruction->parameters;
      int64_t area = p->x_size[0] * p->x_size[1] + p->kernel[0] * p->kernel[1] * p->y_size[0] * p->y_size[1];
      instruction->tasks = pieces(p->planes, area, GRAIN, MOST_PIECES);
      break;
    }
    case DESCENT_GATHER: {
      const descent_gather *gather = instruction->parameters;
      instruction->tasks = pieces(gather->count, 1 + gather->inner, GRAIN, MOST_PIECES);
      break;
    }
    case DESCENT_SCATTER_ADD: {
      const descent_scatter_add *scatter = instruction->parameters;
      // Columns are cut in multiples of 64.
      instruction->tasks = pieces((scatter->inner + 63) / 64, 64 * (scatter->count + scatter->rows),
                                  GRAIN, 16);
      break;
    }
    case DESCENT_RANDOM: {
      const descent_random *random = instruction->parameters;
      int64_t cost = random->distribution == DESCENT_RANDOM_NORMAL ? 16 : 4;
      if (random->output.dtype == DESCENT_FLOAT64) cost *= 4;
      instruction->tasks = pieces(random->count, cost, GRAIN, MOST_PIECES);
      break;
    }
    case DESCENT_ROWS: {
      const descent_rows *rows = instruction->parameters;
      int64_t cost = rows->x.dtype == DESCENT_FLOAT64 ? 64 : 12;
      instruction->tasks = pieces(rows->rows, cost * (rows->n + 4), GRAIN, MOST_PIECES);
      break;
    }
    default:
      break;
  }
  if (instruction->strips > 0) instruction->tasks = instruction->strips;
}
