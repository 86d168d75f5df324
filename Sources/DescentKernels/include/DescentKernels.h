/// The inner loops of Descent.
///
/// A plan is a flat array of instructions over a table of buffers. This header says what an
/// instruction is; everything above it (graphs, fusion, memory) is written in Swift, everything
/// below it (vectors, cache blocks, threads) in the C files beside it.
///
/// Rules that hold for every instruction:
/// - Nothing here allocates while a plan runs; scratch memory is asked for before, by
///   `descent_scratch_bytes`, and placed by the planner.
/// - Work is cut into tasks by shape alone, never by the number of threads, and each task writes
///   memory of its own, so that the same bits come out of any number of threads.
/// - Sums are formed in an order that depends on shape alone.
/// - Strides and offsets count elements, not bytes. A stride may be 0 (broadcast).
#ifndef DESCENT_KERNELS_H
#define DESCENT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DESCENT_MAX_RANK 8

/// The most registers, and the most stores, of one program.
#define DESCENT_MAX_REGISTERS 1024

typedef enum {
  DESCENT_FLOAT32 = 0,
  DESCENT_FLOAT64 = 1,
  DESCENT_INT32 = 2,
  DESCENT_UINT8 = 3,
  DESCENT_BOOL = 4,  // one byte, 0 or 1
} descent_dtype;

/// Where an operand lies: `buffers[slot]`, `offset` elements in, walked with `strides` over the
/// iteration space of the instruction that reads or writes it (outermost dimension first).
typedef struct {
  int32_t slot;      // index into the buffer table; -1: no memory, the value is `immediate`
  int32_t dtype;     // what is stored there
  int64_t offset;    // elements from the buffer's start
  double immediate;  // used when slot is -1
  int64_t strides[DESCENT_MAX_RANK];
  int32_t walk;      // in a program: how it is read or written; filled by descent_prepare
} descent_operand;

// MARK: Elementwise programs

/// One step of a program: registers[destination] = op(registers[a], registers[b], registers[c]).
/// Unused sources are 0 and are not read. Minimum and maximum return NaN if either side is NaN.
/// Comparisons and logic return 0 or 1 in the program's compute type; any non-zero is true.
/// INT32 programs use COPY to SIGN, the comparisons, logic and SELECT only; they wrap on overflow.
typedef enum {
  DESCENT_OP_COPY = 0,
  DESCENT_OP_ADD,
  DESCENT_OP_SUBTRACT,
  DESCENT_OP_MULTIPLY,
  DESCENT_OP_MINIMUM,
  DESCENT_OP_MAXIMUM,
  DESCENT_OP_NEGATE,
  DESCENT_OP_ABSOLUTE,
  DESCENT_OP_SIGN,  // -1, 0 or 1; NaN stays NaN
  // comparisons: a ? b
  DESCENT_OP_EQUAL,
  DESCENT_OP_NOT_EQUAL,
  DESCENT_OP_LESS,
  DESCENT_OP_LESS_EQUAL,
  // logic
  DESCENT_OP_AND,
  DESCENT_OP_OR,
  DESCENT_OP_NOT,
  DESCENT_OP_SELECT,  // a != 0 ? b : c
  // floating point only
  DESCENT_OP_MULTIPLY_ADD,  // a * b + c, one rounding where the processor has it
  DESCENT_OP_DIVIDE,
  DESCENT_OP_POWER,  // C's pow
  DESCENT_OP_SQUARE_ROOT,
  DESCENT_OP_RECIPROCAL,
  DESCENT_OP_EXP,
  DESCENT_OP_EXPM1,
  DESCENT_OP_LOG,
  DESCENT_OP_LOG1P,
  DESCENT_OP_SIN,
  DESCENT_OP_COS,
  DESCENT_OP_TANH,
  DESCENT_OP_SIGMOID,   // 1 / (1 + exp(-a)), accurate in both tails
  DESCENT_OP_SOFTPLUS,  // log(1 + exp(a)), finite for every finite a
  DESCENT_OP_ERF,
  DESCENT_OP_FLOOR,
  DESCENT_OP_COUNT,
} descent_op;

typedef struct {
  uint16_t op, destination, a, b, c;
} descent_step;

/// A result: the elements of `registers[source]`, converted to place.dtype, go to `place`.
typedef struct {
  descent_operand place;
  int32_t source;
  int32_t step;  // which step writes it straight to its place, or -1; filled by descent_prepare
} descent_store;

/// A chain of elementwise operations in one pass over memory.
///
/// The iteration space is `shape`, row-major. Registers 0 ..< operand_count hold the operands,
/// converted to the compute type when loaded; steps may write any register from operand_count on.
/// A store may coincide exactly (slot, offset, strides) with an operand: that is an in-place
/// update, and every element is read before it is written.
typedef struct {
  int32_t compute;  // FLOAT32, FLOAT64 or INT32
  int32_t rank;     // 1 ... DESCENT_MAX_RANK
  int64_t shape[DESCENT_MAX_RANK];
  int32_t operand_count, step_count, store_count, register_count;
  descent_operand *operands;
  descent_step *steps;
  descent_store *stores;
  // Filled by descent_prepare, which also sorts the stores: direct ones first, by their steps.
  int32_t direct_count;
  int32_t tile;  // elements that are worked on at a time
  bool strided;  // does any operand or store need more than a running address?
} descent_program;

// MARK: The other instructions

typedef enum { DESCENT_SUM = 0, DESCENT_MAX, DESCENT_MIN } descent_reduction;

/// output[outer, inner] = reduction over the middle of registers[source] of `program`, whose
/// iteration space is [outer..., reduced..., inner...] and which has no stores.
/// Maximum and minimum return NaN if any element is NaN.
typedef struct {
  int32_t reduction;
  int32_t source;  // the register of `program` that is reduced
  int64_t outer, reduced, inner;
  descent_program program;
  descent_operand output;   // contiguous [outer, inner]; dtype is the program's compute type
  descent_operand scratch;  // descent_scratch_bytes of it
} descent_reduce;

/// output[outer, inner] (int32, contiguous) = index along the middle axis of the first largest
/// (or smallest) element; NaN counts as larger (or smaller) than everything.
typedef struct {
  bool smallest;
  int64_t outer, reduced, inner;
  descent_operand input;  // strides: [outer, reduced, inner]
  descent_operand output;
} descent_arg_reduce;

/// c[batch..., m, n] = a[batch..., m, k] * b[batch..., k, n] + bias[n], then the epilogue over the
/// result.
/// float32 or float64. Strides of a, b, c: [batch..., row, column], any value for a and b;
/// for c the column stride is 1.
typedef struct {
  int32_t dtype;
  int32_t batch_rank;  // 0 ... DESCENT_MAX_RANK - 2
  int64_t batch_shape[DESCENT_MAX_RANK];
  int64_t m, n, k;  // any may be 0; k = 0 gives zeros (and the bias)
  bool rounds;      // each number of a and b to the nearest bfloat16 (float32 only); sums are float32
  descent_operand a, b, c;
  bool has_bias;
  descent_operand bias;  // contiguous, of the same dtype
  descent_program *epilogue;  // NULL, or a program over [batch..., m, n] whose operand 0 is c,
                              // run on each block of c that is finished, while it is in cache
  descent_operand scratch;
} descent_matmul;

typedef enum {
  DESCENT_CONVOLUTION_FORWARD = 0,  // y from x, the weight and the bias
  DESCENT_CONVOLUTION_INPUT,        // x from y and the weight: the derivative with respect to x
  DESCENT_CONVOLUTION_WEIGHT,       // the weight from x and y: the derivative with respect to it
} descent_convolution_direction;

/// y[batch, out, oy, ox] = bias[out] + Σ weight[out, in, i, j] * x[batch, in, iy, ix] with
/// iy = oy * stride[0] + i * dilation[0] - padding[0], and so ix; zero outside of x. No kernel is turned
/// round (cross-correlation, as in every framework). Channels of x and y are cut into `groups` that see
/// nothing of each other: the weight is [out, in / groups, kernel[0], kernel[1]], at most 8,192 taps, of
/// which the first and the last span at most 32,768 pixels, (kernel[0] - 1) * dilation[0] + 1 times the same.
/// float32 or float64, all contiguous. The other two directions are this map's transposes.
typedef struct {
  int32_t direction, dtype;
  int64_t batch, groups, in_channels, out_channels;
  int64_t x_size[2], y_size[2], kernel[2], stride[2], padding[2], dilation[2];
  descent_operand x, weight, y;
  bool has_bias;  // forward only
  descent_operand bias;
  descent_program *epilogue;  // NULL, or a program over the result, not a weight's derivative nor
                              // that of x with a stride: run on what is finished, while in cache
  descent_operand scratch;
} descent_convolution;

typedef enum {
  DESCENT_POOLING_CHOOSE = 0,  // narrow = the element of wide where x is largest
  DESCENT_POOLING_HAND_BACK,   // wide = narrow where x is largest, else 0: its transpose
  DESCENT_POOLING_MEAN,        // narrow = the mean of wide
  DESCENT_POOLING_SPREAD,      // wide = narrow / count, over the window: its transpose
} descent_pooling_operation;

/// Windows over planes: x and wide are [planes, x_size[0], x_size[1]], narrow is [planes, y_size[0],
/// y_size[1]]; the first pixel of window (oy, ox) is (oy * stride[0] - padding[0], …). Every window
/// holds a pixel at least. Of equal largest pixels the first in row-major order counts, and NaN is the
/// largest. float32 or float64, all contiguous. Means do not look at x.
typedef struct {
  int32_t operation, dtype;
  int64_t planes;
  int64_t x_size[2], y_size[2], kernel[2], stride[2], padding[2];
  bool counts_border;  // means divide by the kernel's area even where it stands over the border
  descent_operand x, wide, narrow;
} descent_pooling;

/// output[i, :] = table[index[i], :]; rows of `inner` elements of any dtype, all contiguous.
/// An index outside 0 ..< rows stops the plan with DESCENT_INDEX_OUT_OF_RANGE.
typedef struct {
  int64_t count, rows, inner;
  descent_operand table, index /* int32 */, output;
} descent_gather;

/// output[rows, inner] = 0, then output[index[i], :] += input[i, :] for i = 0, 1, 2 ... in order.
/// float32, float64 or int32, contiguous.
typedef struct {
  int64_t count, rows, inner;
  descent_operand input, index /* int32 */, output;
} descent_scatter_add;

typedef enum {
  DESCENT_RANDOM_UNIFORM = 0,  // [0, 1), every value a multiple of 2^-24 (2^-53 for float64)
  DESCENT_RANDOM_NORMAL,       // mean 0, standard deviation 1 (Box-Muller)
  DESCENT_RANDOM_BITS,         // int32: 32 random bits
} descent_distribution;

/// Philox4x32-10 (Salmon et al., 2011): element i of the output depends only on (key, i).
/// `key` is four int32 in memory: words 0 and 1 are Philox's key, words 2 and 3 the upper half of
/// its counter; the lower half is the index of the group of four words. float32 element i is made
/// of word i % 4 of group i / 4; a float64 element of two words. Normals pair elements 2j, 2j + 1.
/// The bits are the same on every instruction set for UNIFORM and BITS.
typedef struct {
  int32_t distribution;
  int64_t count;
  descent_operand key, output;  // contiguous
} descent_random;

typedef enum {
  DESCENT_ROWS_SOFTMAX = 0,     // y[rows, n] = softmax of each row
  DESCENT_ROWS_LOG_SOFTMAX,     // y[rows, n]
  DESCENT_ROWS_LOG_SUM_EXP,     // y[rows]
  DESCENT_ROWS_CROSS_ENTROPY,   // y[rows] = logsumexp(x[i]) - x[i, label[i]]
  DESCENT_ROWS_CROSS_ENTROPY_DERIVATIVE,  // y[rows, n] = (softmax(x) - onehot(label)) * scale[i]
} descent_row_operation;

/// Row-wise operations on contiguous x[rows, n], float32 or float64, stable for any finite x.
/// A label outside 0 ..< n stops the plan with DESCENT_INDEX_OUT_OF_RANGE.
typedef struct {
  int32_t operation;
  int64_t rows, n;
  descent_operand x, y;
  descent_operand label;  // int32 [rows], for cross-entropy
  descent_operand scale;  // [rows] by scale.strides[0] (0: one value for all), x's dtype
} descent_rows;

// MARK: Memory

/// Memory at the boundary of a line of the cache, in large pages where it is large and the system lends
/// them; or NULL. `descent_free` gives it back.
void *descent_allocate(size_t bytes);
void descent_free(void *memory);

// MARK: Running

typedef enum {
  DESCENT_ELEMENTWISE = 0,
  DESCENT_REDUCE,
  DESCENT_ARG_REDUCE,
  DESCENT_MATMUL,
  DESCENT_CONVOLUTION,
  DESCENT_POOLING,
  DESCENT_GATHER,
  DESCENT_SCATTER_ADD,
  DESCENT_RANDOM,
  DESCENT_ROWS,
  DESCENT_KIND_COUNT,
} descent_kind;

/// One call of a kernel. `parameters` points to the struct of its kind and outlives the plan.
///
/// Instructions that follow each other and go over the same many rows may be run strip by strip:
/// all of them on one strip of rows, while it is in cache, then on the next. Each of them is then
/// cut along its axis of `rows` elements into `strips` tasks, and reads of what the others write
/// only the same rows.
typedef struct {
  int32_t kind;
  int32_t tasks;     // filled by descent_prepare: independent pieces of work, by shape
  void *parameters;
  int64_t rows;
  int32_t strips;    // 0: cut as suits this instruction alone
  int32_t followers; // how many of the next instructions run strip by strip with this one
} descent_instruction;

typedef enum { DESCENT_OK = 0, DESCENT_INDEX_OUT_OF_RANGE } descent_code;

typedef struct {
  int32_t code;
  int32_t instruction;     // which one stopped
  int64_t position, value; // where in the index operand, and what was found
} descent_status;

/// The bytes of scratch memory that an instruction needs; known from shapes alone, so it may be
/// called before operands are placed. 0 for most.
int64_t descent_scratch_bytes(const descent_instruction *instruction);

/// Fixes how an instruction will run; call once all operands are placed. It fills `tasks` and what
/// says so above, and may rewrite a program's rank, shape and strides to an equivalent form with
/// fewer dimensions, and the order of its stores: so the arrays of a program belong to one
/// instruction. Memory that is reached through two slots is not recognised as one.
void descent_prepare(descent_instruction *instruction);

typedef struct descent_pool descent_pool;

/// A persistent pool; `threads` counts the caller, so 1 starts none. Workers spin, then sleep.
descent_pool *descent_pool_create(int32_t threads);
void descent_pool_destroy(descent_pool *pool);
int32_t descent_pool_threads(const descent_pool *pool);

/// Something that is done in pieces, in any order and on any thread.
typedef void descent_function(void *context, int64_t task);

/// Calls a function for the tasks 0 ..< tasks on all threads, and waits for them. One caller at a
/// time for each pool.
void descent_pool_perform(descent_pool *pool, int32_t tasks, descent_function *function,
                          void *context);

/// The cores that this process may use.
int32_t descent_available_cores(void);

/// Runs the instructions in order. One caller at a time for each pool.
descent_status descent_run(descent_pool *pool, const descent_instruction *instructions,
                           int32_t count, void *const *buffers);

// MARK: Instruction sets

typedef enum {
  DESCENT_ISA_REFERENCE = 0,  // the slow obvious twin, which the tests compare the others with
  DESCENT_ISA_PORTABLE,       // 128-bit vectors: SSE2 on x86-64, NEON on arm64
  DESCENT_ISA_AVX2,           // AVX2 and FMA
  DESCENT_ISA_AVX512,         // AVX-512 F, VL, DQ, BW
  DESCENT_ISA_COUNT,
} descent_isa;

bool descent_isa_available(int32_t isa);
/// "reference", "portable" (or "neon" on arm64), "avx2", "avx512".
const char *descent_isa_name(int32_t isa);
/// The one in use. At first the best available, or the one that the environment variable
/// DESCENT_ISA names (an unknown or unavailable name is ignored: see descent_isa_requested).
int32_t descent_isa_current(void);
/// Switches all later descent_prepare and descent_run calls of the calling thread; for tests. False
/// if unavailable.
bool descent_isa_select(int32_t isa);

/// Whether the instruction set in use multiplies pairs of bfloat16 by an instruction of its own.
bool descent_has_bfloat16(void);

#endif
