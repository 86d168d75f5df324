// How long two cores take to answer each other through one line of cache, in nanoseconds.
//
// A host moves the cores of a virtual machine about. Two that share a third cache answer in some 60 ns,
// two that do not in some 350, and two halves of one core in 30; small steps with two threads take two
// or three times as long on the second kind, whoever runs them.
//
// build: gcc -O2 -pthread roundtrip.c -o roundtrip      run: roundtrip (prints one number)

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
  printf("%.0f\n", times[REPEATS / 2]);
  return 0;
}
