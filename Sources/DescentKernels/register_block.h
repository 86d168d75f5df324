// The size of the register block of matrix products, which fills the vector registers of the instruction
// set with sums.

#if VECTOR_X86 == 512
// 32 registers: 28 sums, 2 columns of b, 1 element of a.
#define ROWS 14
#define LIST_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#elif defined(__aarch64__)
// 32 registers: 24 sums, 2 columns of b, elements of a.
#define ROWS 12
#define LIST_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#else
// 16 registers: 12 sums, 2 columns of b, 1 element of a.
#define ROWS 6
#define LIST_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#endif
#define VECTORS 2

// Rows of a packed panel of a: the block's, in whole vectors.
#define PANEL_ROWS(lanes) ((ROWS + (lanes) - 1) / (lanes) * (lanes))
