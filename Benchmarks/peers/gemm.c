// SGEMM of one library: C[m,n] = A[m,k] B[k,n], row-major, at the sizes that the workloads use.
//
// build: gcc -O2 -march=native gemm.c -o gemm -ldl -lm
//        (libxsmm: add -DXSMM and -lxsmm -lxsmmnoblas -lpthread -lrt)
// run:   gemm LABEL KIND LIBRARY THREADS [REPEATS]
// KIND:  cblas (cblas_sgemm), scipy64 (the OpenBLAS inside NumPy's wheel), dnnl (dnnl_sgemm),
//        xsmm (LIBRARY is ignored)
//
// The library's own variables set its threads. Prints one JSON line for each size.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef XSMM
#include <libxsmm.h>
#endif

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111 };

typedef void (*cblas_function)(
    int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *,
    int);
typedef void (*cblas64_function)(
    int, int, int, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *,
    int64_t, float, float *, int64_t);
typedef int (*dnnl_function)(
    char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t,
    float, float *, int64_t);

static enum { CBLAS, SCIPY64, DNNL, XSMM_KERNEL } kind;
static void *function;
#ifdef XSMM
static libxsmm_smmfunction kernel;
#endif

static const int sizes[][3] = {
    {64, 64, 64},      {128, 128, 128},   {256, 256, 256},    {512, 512, 512},
    {1024, 1024, 1024}, {2048, 2048, 2048}, {10, 30, 784},      {128, 512, 784},
    {128, 512, 512},   {784, 512, 128},   {64, 256, 256},     {512, 4096, 1024},
    {512, 4096, 4096}, {1024, 512, 784}};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void multiply(int m, int n, int k, const float *a, const float *b, float *c) {
  const int order = ROW_MAJOR, no = NO_TRANSPOSE;
  switch (kind) {
  case CBLAS:
    ((cblas_function)function)(order, no, no, m, n, k, 1, a, k, b, n, 0, c, n);
    break;
  case SCIPY64:
    ((cblas64_function)function)(order, no, no, m, n, k, 1, a, k, b, n, 0, c, n);
    break;
  case DNNL:
    ((dnnl_function)function)('N', 'N', m, n, k, 1, a, k, b, n, 0, c, n);
    break;
  case XSMM_KERNEL:
#ifdef XSMM
    kernel(b, a, c);  // column-major: the transposed product
#endif
    break;
  }
}

/// The largest error of a few entries.
static double error_of(int m, int n, int k, const float *a, const float *b, const float *c) {
  double worst = 0;
  for (int q = 0; q < 16; q++) {
    int row = (q * 37) % m, column = (q * 53) % n;
    double sum = 0;
    for (int i = 0; i < k; i++) sum += (double)a[(long)row * k + i] * b[(long)i * n + column];
    worst = fmax(worst, fabs(sum - c[(long)row * n + column]));
  }
  return worst;
}

static float *filled(long count, int step, int period) {
  float *numbers = aligned_alloc(64, (4 * count + 63) / 64 * 64);
  for (long i = 0; i < count; i++) numbers[i] = (float)((i * step) % period) / period - 0.5f;
  return numbers;
}

static int load(const char *name, const char *library) {
  if (!strcmp(name, "xsmm")) {
    kind = XSMM_KERNEL;
    return 1;
  }
  kind = !strcmp(name, "cblas") ? CBLAS : !strcmp(name, "scipy64") ? SCIPY64 : DNNL;
  static const char *symbols[] = {"cblas_sgemm", "scipy_cblas_sgemm64_", "dnnl_sgemm"};
  void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  if (handle) function = dlsym(handle, symbols[kind]);
  if (!function) fprintf(stderr, "%s\n", dlerror());
  return function != NULL;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: gemm LABEL cblas|scipy64|dnnl|xsmm LIBRARY THREADS [REPEATS]\n");
    return 64;
  }
  const char *label = argv[1];
  int threads = atoi(argv[4]), repeats = argc > 5 ? atoi(argv[5]) : 5;
  if (repeats < 1 || repeats > 64) repeats = 5;
  if (!load(argv[2], argv[3])) return 66;

  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    int m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
    double operations = 2.0 * m * n * k;
    char line[256];
    snprintf(
        line, sizeof line,
        "{\"peer\":\"%s\",\"workload\":\"gemm\",\"variant\":\"%dx%dx%d\",\"threads\":%d", label, m,
        n, k, threads);
#ifdef XSMM
    if (kind == XSMM_KERNEL) {
      float one = 1, zero = 0;
      kernel = NULL;
      // Larger ones it hands to a BLAS.
      if (operations <= 2.0 * 512 * 512 * 512)
        kernel = libxsmm_smmdispatch(n, m, k, &n, &k, &n, &one, &zero, NULL, NULL);
      if (!kernel) {
        printf("%s,\"error\":\"no kernel at this size\"}\n", line);
        continue;
      }
    }
#endif
    float *a = filled((long)m * k, 7, 13), *b = filled((long)k * n, 5, 11);
    float *c = filled((long)m * n, 0, 1);
    multiply(m, n, k, a, b, c);
    if (error_of(m, n, k, a, b, c) > 1e-2) {
      printf("%s,\"error\":\"wrong result\"}\n", line);
      return 70;
    }
    for (int warm = 0; warm < 3; warm++) multiply(m, n, k, a, b, c);
    double start = now();
    multiply(m, n, k, a, b, c);
    long count = (long)(0.15 / (now() - start + 1e-9));
    if (count < 3) count = 3;
    if (count > 400000) count = 400000;

    double rates[64];
    for (int r = 0; r < repeats; r++) {
      start = now();
      for (long j = 0; j < count; j++) multiply(m, n, k, a, b, c);
      rates[r] = operations * count / (now() - start) / 1e9;
    }
    qsort(rates, repeats, sizeof *rates, ascending);
    printf(
        "%s,\"metric\":\"GFLOP/s\",\"median\":%.2f,\"min\":%.2f,\"max\":%.2f,\"n\":%d}\n", line,
        rates[repeats / 2], rates[0], rates[repeats - 1], repeats);
    fflush(stdout);
    free(a);
    free(b);
    free(c);
  }
  return 0;
}
