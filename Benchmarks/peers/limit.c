// Limits of the machine: FP32 multiply-adds (AVX-512 and AVX2), and bandwidth of caches and memory.
//
// build: gcc -O2 -march=native -pthread limit.c -o limit      run: limit [REPEATS]
//
// Linux on x86-64, with one thread and with two, each on a core of its own. Prints one JSON line
// for each measurement.
#define _GNU_SOURCE
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_THREADS = 2, MAX_REPEATS = 64 };

typedef void (*work_function)(long count, int thread);

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

// MARK: - Arithmetic

// Dependent additions, one a cycle: they show the clock.
static void chain(long count, int thread) {
  (void)thread;
  uint64_t x = 1;
  for (long k = 0; k < count; k++) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) __asm__ volatile("add $1, %0" : "+r"(x));
  }
}

// Independent accumulators: a latency of 4 times two pipes needs 8. The empty assembly keeps the
// compiler from removing or joining them; unrolled loops keep them in registers.
#ifdef __AVX512F__
static void fma512(long count, int thread) {
  (void)thread;
  __m512 a[16], b = _mm512_set1_ps(1.0000001f), c = _mm512_set1_ps(1e-9f);
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) a[i] = _mm512_set1_ps(1.0f + i);
  for (long k = 0; k < count; k++) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      a[i] = _mm512_fmadd_ps(a[i], b, c);
      __asm__ volatile("" : "+v"(a[i]));
    }
  }
}
#endif

#ifdef __FMA__
static void fma256(long count, int thread) {
  (void)thread;
  __m256 a[12], b = _mm256_set1_ps(1.0000001f), c = _mm256_set1_ps(1e-9f);
#pragma GCC unroll 12
  for (int i = 0; i < 12; i++) a[i] = _mm256_set1_ps(1.0f + i);
  for (long k = 0; k < count; k++) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++) {
      a[i] = _mm256_fmadd_ps(a[i], b, c);
      __asm__ volatile("" : "+x"(a[i]));
    }
  }
}
#endif

// MARK: - Bandwidth

#ifdef __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
typedef float vector __attribute__((vector_size(LANES * 4)));

static float *A[MAX_THREADS], *B[MAX_THREADS], *C[MAX_THREADS];
static volatile float sink;
static size_t length;  // floats of each array, a multiple of 128

// a = b + 3 c
static void triad(long count, int thread) {
  vector *a = (vector *)A[thread], *b = (vector *)B[thread], *c = (vector *)C[thread];
  for (long k = 0; k < count; k++) {
    for (size_t i = 0; i < length / LANES; i++) a[i] = 3.0f * c[i] + b[i];
    __asm__ volatile("" ::: "memory");
  }
}

static void sum(long count, int thread) {
  vector *a = (vector *)A[thread], s[8] = {0};
  for (long k = 0; k < count; k++) {
    for (size_t i = 0; i < length / LANES; i += 8) {
#pragma GCC unroll 8
      for (int j = 0; j < 8; j++) s[j] += a[i + j];
    }
    __asm__ volatile("" ::: "memory");
  }
  for (int j = 1; j < 8; j++) s[0] += s[j];
  sink = s[0][0];
}

// MARK: - Measuring

struct job {
  work_function work;
  long count, warm_up;
  int thread;
  double start, end;
  pthread_barrier_t *barrier;
};

static void *run_job(void *pointer) {
  struct job *job = pointer;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(job->thread, &cpus);
  pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
  job->work(job->warm_up, job->thread);
  pthread_barrier_wait(job->barrier);
  job->start = now();
  job->work(job->count, job->thread);
  job->end = now();
  return NULL;
}

/// Seconds from the first thread's start to the last one's end.
static double seconds(work_function work, long count, long warm_up, int threads) {
  pthread_t handles[MAX_THREADS];
  struct job jobs[MAX_THREADS];
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, threads);
  for (int t = 0; t < threads; t++) {
    jobs[t] = (struct job){work, count, warm_up, t, 0, 0, &barrier};
    pthread_create(&handles[t], NULL, run_job, &jobs[t]);
  }
  for (int t = 0; t < threads; t++) pthread_join(handles[t], NULL);
  pthread_barrier_destroy(&barrier);
  double start = jobs[0].start, end = jobs[0].end;
  for (int t = 1; t < threads; t++) {
    if (jobs[t].start < start) start = jobs[t].start;
    if (jobs[t].end > end) end = jobs[t].end;
  }
  return end - start;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int repeats = 7;

/// Prints `amount`, in billions a second.
static void measure(
    const char *name, const char *unit, work_function work, double amount, long count,
    long warm_up, int threads) {
  double rates[MAX_REPEATS];
  for (int r = 0; r < repeats; r++)
    rates[r] = amount / seconds(work, count, warm_up, threads) / 1e9;
  qsort(rates, repeats, sizeof *rates, ascending);
  printf(
      "{\"peer\":\"machine\",\"workload\":\"limit\",\"variant\":\"%s\",\"threads\":%d,"
      "\"metric\":\"%s\",\"median\":%.3f,\"min\":%.3f,\"max\":%.3f,\"n\":%d}\n",
      name, threads, unit, rates[repeats / 2], rates[0], rates[repeats - 1], repeats);
  fflush(stdout);
}

static void measure_arithmetic(
    const char *name, const char *unit, work_function work, double operations, int threads) {
  const long count = 30000000;
  measure(name, unit, work, operations * count, count, count / 20, threads);
}

static void measure_bandwidth(const char *level, size_t kib, int threads) {
  const size_t largest = 32u << 20;
  const int memory = kib > 65536;
  char name[64];

  length = kib * 1024 / 12 / 128 * 128;
  long count = memory ? 3 : (long)(2e9 / (length * 12.0));
  snprintf(name, sizeof name, "triad_%s_per_thread", level);
  measure(name, "GB/s", triad, threads * 12.0 * length * count, count, 1, threads);

  length = kib * 1024 / 4 / 128 * 128;
  if (length > largest) length = largest;
  count = memory ? 8 : (long)(3e9 / (length * 4.0));
  snprintf(name, sizeof name, "read_%s_per_thread", level);
  measure(name, "GB/s", sum, threads * 4.0 * length * count, count, 1, threads);
}

int main(int argc, char **argv) {
  if (argc > 1) repeats = atoi(argv[1]);
  if (repeats < 1 || repeats > MAX_REPEATS) {
    fprintf(stderr, "usage: limit [REPEATS, at most %d]\n", MAX_REPEATS);
    return 64;
  }
  for (int threads = 1; threads <= MAX_THREADS; threads++) {
    measure_arithmetic("clock_dependent_add", "GHz", chain, 16, threads);
#ifdef __AVX512F__
    measure_arithmetic("fma_fp32_avx512", "GFLOP/s", fma512, threads * 16 * 32.0, threads);
#endif
#ifdef __FMA__
    measure_arithmetic("fma_fp32_avx2", "GFLOP/s", fma256, threads * 12 * 16.0, threads);
#endif
  }
  size_t bytes = 128u << 20;
  for (int t = 0; t < MAX_THREADS; t++) {
    A[t] = aligned_alloc(1 << 21, bytes);
    B[t] = aligned_alloc(1 << 21, bytes);
    C[t] = aligned_alloc(1 << 21, bytes);
    for (size_t i = 0; i < bytes / 4; i++) {
      A[t][i] = 0;
      B[t][i] = i & 7;
      C[t][i] = i & 3;
    }
  }
  for (int threads = 1; threads <= MAX_THREADS; threads++) {
    measure_bandwidth("L1_24KiB", 24, threads);
    measure_bandwidth("L2_512KiB", 512, threads);
    measure_bandwidth("L3_6MiB", 6144, threads);
    measure_bandwidth("DRAM_384MiB", 393216, threads);
  }
  return 0;
}
