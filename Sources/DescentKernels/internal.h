// What the C files of this target share with each other and with nobody else.
#ifndef DESCENT_INTERNAL_H
#define DESCENT_INTERNAL_H

#include "include/DescentKernels.h"

#include <stddef.h>

// MARK: Memory of a worker

// Each thread of a pool owns one block of memory, made with the pool, so that nothing allocates
// while a plan runs. The pages of it that are never touched are never backed by the machine; where they
// are large ones, a thread costs some 2 MiB more.
enum {
  // Tiles: one block of elements for each register of a program (see program.h).
  DESCENT_TILE_BYTES = DESCENT_MAX_REGISTERS * 256 * 8,
  // Packed blocks of the operands of a matrix product (see matmul_template.h).
  // The most taps of a kernel, with their distances, fit (see convolution_template.h).
  DESCENT_PACKED_A_BYTES = (1 << 20) + (64 << 10),
  DESCENT_PACKED_B_BYTES = 4 << 20,
  // All rows of one operand that a task uses, for the next tasks that use them.
  DESCENT_KEPT_BYTES = 12 << 20,
};

enum { PREFETCH_BYTES = 2048 };

/// How one operand of a running program is read.
typedef struct {
  const char *base;        // the first element
  char *tile;              // where it is converted to, unless memory itself is the register
  int64_t held_at, held;   // what the tile holds: its origin and how many elements
} descent_reader;

/// The state of a program that is running: see program.h.
typedef struct {
  const descent_program *program;
  int64_t inner;       // extent of the innermost dimension
  const char *registers[DESCENT_MAX_REGISTERS];
  char *tiles[DESCENT_MAX_REGISTERS];
  descent_reader readers[DESCENT_MAX_REGISTERS];
  char *writers[DESCENT_MAX_REGISTERS];  // the first element of each store
} descent_runner;

/// How an operand of a program is read: `descent_operand.walk`.
enum {
  DESCENT_READ_CONSTANT = 0,    // one value; the tile is filled once
  DESCENT_READ_MEMORY,          // contiguous, in the compute type: the register points to memory
  DESCENT_READ_CONVERTED,       // contiguous, to be converted or copied
  DESCENT_READ_STRIDED,         // anything else
  DESCENT_READ_STRIDED_COPIED,  // the same, never in place
};

typedef struct {
  char *tiles, *packed_a, *packed_b, *kept;
  descent_runner runner;
  // What packed_a or kept holds of the instruction that is running, by a number of its own; 0: nothing.
  int64_t packed;
  // The first index out of range that this worker met: position -1 if none.
  int64_t bad_position, bad_value;
  const descent_instruction *bad_instruction;
} descent_worker;

/// Notes an index out of range. The smallest position wins, whoever finds it first.
static inline void descent_note_bad_index(descent_worker *worker, int64_t position,
                                          int64_t value) {
  if (worker->bad_position < 0 || position < worker->bad_position) {
    worker->bad_position = position;
    worker->bad_value = value;
  }
}

// MARK: Kernels of an instruction set

/// Runs one of the `instruction->tasks` pieces of an instruction.
typedef void descent_task(const descent_instruction *instruction, int64_t task,
                          void *const *buffers, descent_worker *worker);

typedef struct {
  descent_task *run[DESCENT_KIND_COUNT];
  // Runs on the caller when all tasks are done; NULL for most.
  descent_task *finish[DESCENT_KIND_COUNT];
  // The reference twin ignores `tasks`: all of it is one piece of work.
  bool whole;
} descent_kernels;

extern const descent_kernels descent_kernels_reference;
extern const descent_kernels descent_kernels_portable;
extern const descent_kernels descent_kernels_avx2;
extern const descent_kernels descent_kernels_avx512;

/// The table in use.
const descent_kernels *descent_kernels_current(void);

// MARK: AVX-512

// With -DDESCENT_EMULATE_AVX512 the same source, with vectors of the same size, is compiled for
// AVX2: slow, but its tests run on processors without AVX-512.
#ifdef DESCENT_EMULATE_AVX512
#define DESCENT_AVX512_TARGET "avx2,fma"
#define DESCENT_AVX512_BF16_TARGET DESCENT_AVX512_TARGET
#else
#define DESCENT_AVX512_TARGET "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"
#define DESCENT_AVX512_BF16_TARGET DESCENT_AVX512_TARGET ",avx512bf16"
#endif

// MARK: Products of bfloat16

/// A register block over packed pairs (see bfloat16_template.h), in the form of float's blocks.
typedef void descent_bfloat16_block(int64_t pairs, const float *a, int64_t a_row, int64_t a_step,
                                    const float *b, int64_t b_step, float *c, int64_t c_row,
                                    const float *start, int64_t start_row, int64_t tail,
                                    float *copy);

/// Whether the processor has an instruction for it, whatever instruction set is in use.
bool descent_processor_has_bfloat16(void);

/// Packs an operand in such pairs, in the form of float's packing.
typedef void descent_bfloat16_packing(float *restrict to, int64_t width, const float *from,
                                      int64_t across, int64_t along, int64_t n, int64_t k);

/// Those of AVX-512 with instructions for it. The blocks: [rows][vectors - 1][whole or partial].
extern descent_bfloat16_packing *const descent_pack_bfloat16_avx512;
extern descent_bfloat16_block *const descent_bfloat16_blocks_avx512[15][2][2];

// MARK: How work is cut

// All of this depends on shapes alone: not on the number of threads, nor on the instruction set,
// so that an instruction prepared for one instruction set runs on another.

int64_t descent_program_elements(const descent_program *program);

/// Task `task` of `tasks` covers elements first ..< first + count of a program.
typedef struct { int64_t first, count; } descent_range;

/// Cuts 0 ..< count into `tasks` ranges whose ends are multiples of `alignment`.
static inline descent_range descent_cut(int64_t count, int64_t tasks, int64_t task,
                                        int64_t alignment) {
  if (tasks == 1) return (descent_range){0, count};
  int64_t pieces = (count + alignment - 1) / alignment;
  int64_t first = pieces * task / tasks * alignment;
  int64_t last = pieces * (task + 1) / tasks * alignment;
  if (last > count) last = count;
  if (first > count) first = count;
  return (descent_range){first, last - first};
}

/// A reduction is cut three ways: `outer` slices, each in `splits` runs of the reduced axis, each
/// in `blocks` runs of the inner axis. Splits leave partial results in scratch memory, which
/// `finish` combines in order.
typedef struct {
  int64_t splits;  // 1: straight to the output
  int64_t blocks;
} descent_reduce_cut;
descent_reduce_cut descent_cut_reduce(const descent_instruction *instruction);

/// A matrix product is cut in a grid of blocks of c; or, where c is small and k long, in runs of k,
/// which leave partial results in scratch memory, and `finish` adds them up in order.
typedef struct { int64_t rows, columns, splits; } descent_matmul_cut;
descent_matmul_cut descent_cut_matmul(const descent_instruction *instruction);

/// The derivative of a convolution's weight is summed in so many runs of the batch, whose partial results
/// lie in scratch memory, and `finish` adds them up in order.
int64_t descent_convolution_splits(const descent_convolution *convolution);

int32_t descent_dtype_size(int32_t dtype);

/// Of two numbers above 0.
static inline int64_t descent_common_divisor(int64_t a, int64_t b) {
  while (b > 0) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static inline int64_t descent_minimum(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t descent_maximum(int64_t a, int64_t b) { return a > b ? a : b; }

/// The address of an operand's first element.
static inline char *descent_address(const descent_operand *operand, void *const *buffers) {
  return (char *)buffers[operand->slot] + operand->offset * descent_dtype_size(operand->dtype);
}

#endif
