// What two cores are to each other: how long they take to answer through one line of cache, in
// nanoseconds, and how many times the work of one both do together.
//
// A host moves the cores of a virtual machine about. Two that share a third cache answer in some 60 ns,
// two that do not in some 350, and two halves of one core in 30; small steps with two threads take two
// or three times as long on the second kind, whoever runs them. And at times it runs both on one real
// core: then two threads do the work of 1.0 to 1.3, where two cores do that of 2.0.
//
// build: gcc -O2 -march=native -pthread roundtrip.c -o roundtrip
// run: roundtrip (prints both numbers)

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TRIPS = 20000, REPEATS = 7, END = -1 };

static _Alignas(128) atomic_int ball;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

static void *answer(void *unused) {
  (void)unused;
  pin(1);
  for (;;) {
    int thrown = atomic_load(&ball);
    if (thrown == END) return NULL;
    if (thrown % 2 == 1) atomic_store(&ball, thrown + 1);
  }
}

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

// Nanoseconds of a fixed number of multiplications and additions, enough at once to fill a core.
static double work(void) {
  typedef float wide __attribute__((vector_size(32)));
  wide sums[12];
  for (int i = 0; i < 12; i++) sums[i] = (wide){} + (float)i;
  double start = now();
  for (int turn = 0; turn < 1000 * 1000; turn++) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++) sums[i] = sums[i] * 0.999f + 0.5f;
  }
  // Else the compiler would keep none of it.
  for (int i = 0; i < 12; i++) __asm__ volatile("" : : "x"(sums[i]));
  return now() - start;
}

static void *work_beside(void *time) {
  pin(1);
  *(double *)time = work();
  return NULL;
}

// How many times the work of one core two of them do.
static double cores(void) {
  double alone = work(), here, there;
  pthread_t other;
  if (pthread_create(&other, NULL, work_beside, &there) != 0) return 0;
  here = work();
  pthread_join(other, NULL);
  return 2 * alone / (here > there ? here : there);
}

int main(void) {
  pin(0);
  pthread_t other;
  if (pthread_create(&other, NULL, answer, NULL) != 0) return 1;
  double times[REPEATS];
  for (int repeat = -1; repeat < REPEATS; repeat++) {  // one to warm up
    double start = now();
    for (int trip = 0; trip < TRIPS; trip++) {
      int thrown = 2 * trip + 1;
      atomic_store(&ball, thrown);
      while (atomic_load(&ball) == thrown) {
      }
    }
    if (repeat >= 0) times[repeat] = (now() - start) / TRIPS;
  }
  atomic_store(&ball, END);
  pthread_join(other, NULL);
  qsort(times, REPEATS, sizeof *times, ascending);
  double ratios[REPEATS];
  for (int repeat = 0; repeat < REPEATS; repeat++) ratios[repeat] = cores();
  qsort(ratios, REPEATS, sizeof *ratios, ascending);
  printf("%.0f %.2f\n", times[REPEATS / 2], ratios[REPEATS / 2]);
  return 0;
}
