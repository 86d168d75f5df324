// The interpreter of elementwise programs.
//
// A program is not run element by element but block by block: each step is one tight loop over a
// tile of a few hundred elements, so that the cost of interpreting is shared by the tile and
// everything between the first load and the last store stays in the nearest cache.
//
// The iteration space is walked flat, in row-major order, so that short rows cost nothing special.
// An operand that is contiguous in the compute type needs no tile: the register simply points to
// memory. Others are converted or gathered into a tile, once if the tile keeps what it needs (a
// scalar; a bias row that is the same in every block of whole rows). A store that is contiguous in
// the compute type is written by the step that makes it.

typedef void operation(void *to, const void *a, const void *b, const void *c, int64_t n);

#define OPERATIONS_FLOAT
#define REAL float
#define VECTOR vfloat
#define COUNT LANES
#define LOAD load_float
#define STORE store_float
#define LOAD_PART load_float_part
#define STORE_PART store_float_part
#define NAME(x) float_##x
#include "operations_template.h"
#undef OPERATIONS_FLOAT
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME

#define OPERATIONS_DOUBLE
#define REAL double
#define VECTOR vdouble
#define COUNT DOUBLE_LANES
#define LOAD load_double
#define STORE store_double
#define LOAD_PART load_double_part
#define STORE_PART store_double_part
#define NAME(x) double_##x
#include "operations_template.h"
#undef OPERATIONS_DOUBLE
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME

#define OPERATIONS_INT
#define REAL int32_t
#define VECTOR vint
#define COUNT LANES
#define LOAD load_int
#define STORE store_int
#define LOAD_PART load_int_part
#define STORE_PART store_int_part
#define NAME(x) int_##x
#include "operations_template.h"
#undef OPERATIONS_INT
#undef REAL
#undef VECTOR
#undef COUNT
#undef LOAD
#undef STORE
#undef LOAD_PART
#undef STORE_PART
#undef NAME

static operation *const *const operations[3] = {float_operations, double_operations,
                                                int_operations};

// MARK: Setting up

INLINE void fill_tile(char *tile, int compute, double value, int64_t n) {
  if (compute == DESCENT_FLOAT32) {
    for (int64_t i = 0; i < n; i++) ((float *)tile)[i] = (float)value;
  } else if (compute == DESCENT_FLOAT64) {
    for (int64_t i = 0; i < n; i++) ((double *)tile)[i] = value;
  } else {
    int32_t whole = int_from_double(value);
    for (int64_t i = 0; i < n; i++) ((int32_t *)tile)[i] = whole;
  }
}

/// Readies a prepared program to be run over blocks of about `count` elements altogether.
static void runner_begin(descent_runner *runner, const descent_program *program,
                         void *const *buffers, char *tiles, int64_t count) {
  const int32_t compute = program->compute;
  const int64_t tile_bytes = program->tile * (compute == DESCENT_FLOAT64 ? 8 : 4);
  runner->program = program;
  runner->inner = program->shape[program->rank - 1];
  for (int32_t r = program->operand_count; r < program->register_count; r++) {
    runner->registers[r] = runner->tiles[r] = tiles;
    tiles += tile_bytes;
  }
  for (int32_t s = 0; s < program->store_count; s++) {
    runner->writers[s] = descent_address(&program->stores[s].place, buffers);
  }
  for (int32_t o = 0; o < program->operand_count; o++) {
    const descent_operand *operand = &program->operands[o];
    descent_reader *reader = &runner->readers[o];
    if (operand->slot >= 0) reader->base = descent_address(operand, buffers);
    if (operand->walk == DESCENT_READ_MEMORY) continue;
    reader->held = 0;
    reader->held_at = -1;
    reader->tile = tiles;
    runner->registers[o] = tiles;
    tiles += tile_bytes;
    if (operand->walk == DESCENT_READ_CONSTANT) {
      int64_t n = count < program->tile ? count : program->tile;
      if (operand->slot < 0) {
        fill_tile(reader->tile, compute, operand->immediate, n);
      } else {
        load_runs[compute][operand->dtype](reader->tile, reader->base, 0, n);
      }
    }
  }
}

// MARK: One block

/// Calls `body` once for each run of the innermost dimension within flat elements
/// first ..< first + n: `at` elements from the base, `stride` apart, `run` of them, `done` before.
#define FOR_EACH_RUN(program, strides_, index, n, body)                                          \
  do {                                                                                           \
    const int last_ = (program)->rank - 1;                                                       \
    int64_t place_[DESCENT_MAX_RANK];                                                            \
    int64_t at = 0, done = 0;                                                                    \
    const int64_t stride = (strides_)[last_];                                                    \
    for (int d = 0; d <= last_; d++) {                                                           \
      place_[d] = (index)[d];                                                                    \
      at += place_[d] * (strides_)[d];                                                           \
    }                                                                                            \
    for (;;) {                                                                                   \
      int64_t run = (program)->shape[last_] - place_[last_];                                     \
      if (run > (n) - done) run = (n) - done;                                                    \
      body;                                                                                      \
      done += run;                                                                               \
      if (done >= (n)) break;                                                                    \
      at -= place_[last_] * stride;                                                              \
      place_[last_] = 0;                                                                         \
      for (int d = last_ - 1; d >= 0; d--) {                                                     \
        at += (strides_)[d];                                                                     \
        if (++place_[d] < (program)->shape[d]) break;                                            \
        at -= place_[d] * (strides_)[d];                                                         \
        place_[d] = 0;                                                                           \
      }                                                                                          \
    }                                                                                            \
  } while (0)

/// Brings n elements of a strided operand, from `index` on, into its register.
static void read_strided(descent_runner *runner, int32_t o, const int64_t *index, int64_t n) {
  const descent_program *program = runner->program;
  const descent_operand *operand = &program->operands[o];
  const int64_t *strides = operand->strides;
  descent_reader *reader = &runner->readers[o];
  int rank = program->rank, compute = program->compute;
  int64_t inner_stride = strides[rank - 1], size = descent_dtype_size(operand->dtype);
  int64_t origin = 0;
  for (int d = 0; d < rank; d++) origin += index[d] * strides[d];
  bool in_one_row = index[rank - 1] + n <= runner->inner;

  if (in_one_row && inner_stride == 1 && operand->dtype == compute &&
      operand->walk == DESCENT_READ_STRIDED) {
    runner->registers[o] = reader->base + origin * size;
    reader->held = 0;
    return;
  }
  runner->registers[o] = reader->tile;
  // Within a row of one value, and over whole rows that are all the same, what the tile holds
  // already may be what is needed.
  bool same_rows = true;
  for (int d = 0; d < rank - 1; d++) same_rows &= strides[d] == 0 || program->shape[d] == 1;
  bool keeps = same_rows || (in_one_row && inner_stride == 0);
  if (keeps && reader->held_at == origin && reader->held >= n) return;
  reader->held_at = keeps ? origin : -1;
  reader->held = keeps ? n : 0;

  load_run *load = load_runs[compute][operand->dtype];
  char *tile = reader->tile;
  const char *base = reader->base;
  int64_t tile_size = compute == DESCENT_FLOAT64 ? 8 : 4;
  if (same_rows && index[rank - 1] == 0 && n > runner->inner) {
    // One row, and copies of it: each doubles what is there.
    int64_t row = runner->inner * tile_size, whole = n * tile_size;
    load(tile, base + origin * size, inner_stride, runner->inner);
    for (int64_t done = row; done < whole; done *= 2) {
      memcpy(tile + done, tile, (size_t)descent_minimum(done, whole - done));
    }
    return;
  }
  if (compute == DESCENT_FLOAT32 && operand->dtype == DESCENT_FLOAT32 && runner->inner < 64) {
    // Short rows: a call for each of them would cost more than the copying.
    const float *from = (const float *)base;
    float *to = (float *)tile;
    FOR_EACH_RUN(program, strides, index, n, {
      for (int64_t i = 0; i < run; i++) to[done + i] = from[at + i * stride];
    });
    return;
  }
  FOR_EACH_RUN(program, strides, index, n,
               load(tile + done * tile_size, base + at * size, stride, run));
}

INLINE void unflatten(int64_t flat, const descent_program *program, int64_t *index) {
  for (int d = program->rank - 1; d > 0; d--) {
    index[d] = flat % program->shape[d];
    flat /= program->shape[d];
  }
  index[0] = flat;
}

/// Runs the program over flat elements first ..< first + n, at most a tile. Afterwards
/// runner->registers holds the registers' values.
static void runner_block(descent_runner *runner, int64_t first, int64_t n) {
  const descent_program *program = runner->program;
  const int compute = program->compute;
  const int64_t size = compute == DESCENT_FLOAT64 ? 8 : 4;
  int64_t index[DESCENT_MAX_RANK];
  if (program->strided) unflatten(first, program, index);

  for (int32_t o = 0; o < program->operand_count; o++) {
    const descent_operand *operand = &program->operands[o];
    descent_reader *reader = &runner->readers[o];
    switch (operand->walk) {
      case DESCENT_READ_CONSTANT:
        break;
      case DESCENT_READ_MEMORY:
        runner->registers[o] = reader->base + first * size;
        break;
      case DESCENT_READ_CONVERTED:
        load_runs[compute][operand->dtype](
            reader->tile, reader->base + first * descent_dtype_size(operand->dtype), 1, n);
        break;
      default:
        read_strided(runner, o, index, n);
        break;
    }
  }

  operation *const *table = operations[compute];
  const char **registers = runner->registers;
  const descent_store *stores = program->stores;
  int32_t next = 0;
  for (int32_t s = 0; s < program->direct_count; s++) {
    registers[stores[s].source] = runner->tiles[stores[s].source];
  }
  for (int32_t s = 0; s < program->step_count; s++) {
    const descent_step step = program->steps[s];
    const char *a = registers[step.a], *b = registers[step.b], *c = registers[step.c];
    if (next < program->direct_count && stores[next].step == s) {
      registers[step.destination] = runner->writers[next] + first * size;
      next++;
    }
    table[step.op]((char *)registers[step.destination], a, b, c, n);
  }

  for (int32_t s = program->direct_count; s < program->store_count; s++) {
    const descent_operand *place = &stores[s].place;
    store_run *store = store_runs[compute][place->dtype];
    const char *from = registers[stores[s].source];
    char *base = runner->writers[s];
    int64_t place_size = descent_dtype_size(place->dtype);
    if (place->walk == DESCENT_READ_MEMORY) {
      store(base + first * place_size, 1, from, n);
    } else {
      FOR_EACH_RUN(program, place->strides, index, n,
                   store(base + at * place_size, stride, from + done * size, run));
    }
  }
}

/// How many elements, from flat element `first` on, the next block should have: whole rows if they
/// are short, so that the same tiles serve again, and no more than a row if they are long, so that
/// rows are read where they lie.
INLINE int64_t block_length(const descent_runner *runner, int64_t first, int64_t left) {
  int64_t n = runner->program->tile;
  if (runner->program->strided) {
    int64_t in_row = first % runner->inner;
    if (runner->inner >= 128) {
      int64_t blocks = (runner->inner + n - 1) / n;
      n = (runner->inner + blocks - 1) / blocks;
      if (n > runner->inner - in_row) n = runner->inner - in_row;
    } else {
      n = n - n % runner->inner - in_row;
    }
  }
  return n < left ? n : left;
}

static void runner_range(descent_runner *runner, int64_t first, int64_t count) {
  while (count > 0) {
    int64_t n = block_length(runner, first, count);
    runner_block(runner, first, n);
    first += n;
    count -= n;
  }
}

/// The ends of tasks fall on ends of rows if rows are short.
INLINE int64_t task_alignment(const descent_program *program) {
  int64_t inner = program->shape[program->rank - 1];
  return program->rank > 1 && inner < 128 ? inner : 64;
}

/// Asks for the memory that `runner_range` will read.
static void runner_prefetch(const descent_runner *runner, int64_t first, int64_t count) {
  const int64_t size = runner->program->compute == DESCENT_FLOAT64 ? 8 : 4;
  for (int32_t o = 0; o < runner->program->operand_count; o++) {
    if (runner->program->operands[o].walk != DESCENT_READ_MEMORY) continue;
    const char *from = runner->readers[o].base + first * size;
    for (int64_t byte = 0; byte < count * size; byte += 64) __builtin_prefetch(from + byte);
  }
}

static void run_elementwise(const descent_instruction *instruction, int64_t task,
                            void *const *buffers, descent_worker *worker) {
  const descent_program *program = instruction->parameters;
  int64_t elements = descent_program_elements(program);
  if (elements == 0) return;
  int64_t alignment =
      instruction->strips > 0 ? elements / instruction->rows : task_alignment(program);
  descent_range range = descent_cut(elements, instruction->tasks, task, alignment);
  if (range.count == 0) return;
  runner_begin(&worker->runner, program, buffers, worker->tiles, range.count);
  runner_range(&worker->runner, range.first, range.count);
}
