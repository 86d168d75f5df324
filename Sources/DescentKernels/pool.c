// The thread pool and the loop that runs a plan.
//
// The caller runs single-task instructions itself. For one with more tasks it publishes a ticket,
// one word that holds the number of the job and the next unclaimed task; whoever raises the word by
// one has claimed that task. Workers wait by spinning on the ticket, which answers in well under a
// microsecond, and after a while by sleeping, which costs tens of microseconds to wake but burns
// nothing.

#define _GNU_SOURCE
#include "internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  // How long a worker spins before it sleeps: longer than the gap between two training steps.
  SPIN_NANOSECONDS = 200 * 1000,
  // After this long a spinning thread offers its core to others at every turn, so that more threads
  // than cores make progress.
  POLITE_NANOSECONDS = 20 * 1000,
  TURN = 64,  // pauses between two looks at the clock
};

// The ticket: the number of the job in the upper half, the next unclaimed task in the lower.
#define TICKET_JOB(ticket) ((uint32_t)((ticket) >> 32))
#define TICKET_TASK(ticket) ((uint32_t)(ticket))

// Words that different threads write lie on cache lines of their own.
struct descent_pool {
  _Alignas(128) _Atomic uint64_t ticket;
  // The job; atomic because a late worker may read it while the next one is published. It finds out
  // when its claim fails, and uses nothing of what it read.
  _Atomic uint32_t tasks;
  _Atomic(const descent_kernels *) kernels;
  _Atomic(const descent_instruction *) instruction;
  _Atomic(void *const *) buffers;
  _Alignas(128) _Atomic uint32_t finished;  // tasks of this job
  _Alignas(128) _Atomic int32_t sleeping;   // workers
  _Atomic bool closing;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  int32_t threads;
  descent_worker **workers;  // [0] is the caller's
  pthread_t *handles;
};

typedef struct { descent_pool *pool; int32_t index; } worker_start;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

// MARK: Tasks

/// Runs one task of an instruction, and then of those that go strip by strip with it.
static inline void run_task(const descent_kernels *kernels, const descent_instruction *instruction,
                            int64_t task, void *const *buffers, descent_worker *worker) {
  for (int32_t i = 0; i <= instruction->followers; i++) {
    const descent_instruction *next = instruction + i;
    kernels->run[next->kind](next, task, buffers, worker);
    if (worker->bad_position < 0) continue;
    // What follows may not read what was not written.
    worker->bad_instruction = next;
    return;
  }
}

/// Claims and runs tasks until none is left of the job on the ticket.
static void work(descent_pool *pool, descent_worker *worker) {
  uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
  for (;;) {
    uint32_t tasks = atomic_load_explicit(&pool->tasks, memory_order_relaxed);
    const descent_kernels *kernels = atomic_load_explicit(&pool->kernels, memory_order_relaxed);
    const descent_instruction *instruction =
        atomic_load_explicit(&pool->instruction, memory_order_relaxed);
    void *const *buffers = atomic_load_explicit(&pool->buffers, memory_order_relaxed);
    // What was read above belongs to this ticket's job if the ticket has not moved on meanwhile.
    atomic_thread_fence(memory_order_acquire);
    if (TICKET_TASK(ticket) >= tasks) {
      uint64_t again = atomic_load_explicit(&pool->ticket, memory_order_acquire);
      if (TICKET_JOB(again) == TICKET_JOB(ticket)) return;
      ticket = again;
      continue;
    }
    if (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket + 1,
                                               memory_order_acq_rel, memory_order_acquire)) {
      continue;
    }
    run_task(kernels, instruction, TICKET_TASK(ticket), buffers, worker);
    atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);
    ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
  }
}

/// Waits for a job after number `seen`, or for the end of the pool; spins, then sleeps.
static void wait_for_job(descent_pool *pool, uint32_t seen) {
  int64_t start = now();
  for (;;) {
    for (int i = 0; i < TURN; i++) {
      if (TICKET_JOB(atomic_load_explicit(&pool->ticket, memory_order_acquire)) != seen) return;
      pause_briefly();
    }
    int64_t waited = now() - start;
    if (waited > SPIN_NANOSECONDS) break;
    if (waited > POLITE_NANOSECONDS) sched_yield();
  }
  pthread_mutex_lock(&pool->lock);
  // Announced before the last look at the ticket, as the caller publishes the ticket before it
  // looks at `sleeping`: one of the two sees the other.
  atomic_fetch_add(&pool->sleeping, 1);
  while (TICKET_JOB(atomic_load(&pool->ticket)) == seen && !atomic_load(&pool->closing)) {
    pthread_cond_wait(&pool->wake, &pool->lock);
  }
  atomic_fetch_sub(&pool->sleeping, 1);
  pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  descent_pool *pool = start.pool;
  descent_worker *worker = pool->workers[start.index];
  uint32_t seen = 0;
  while (!atomic_load_explicit(&pool->closing, memory_order_acquire)) {
    wait_for_job(pool, seen);
    seen = TICKET_JOB(atomic_load_explicit(&pool->ticket, memory_order_acquire));
    work(pool, worker);
  }
  return NULL;
}

static void wake_sleepers(descent_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
}

/// Runs all tasks of an instruction on all threads.
static void run_together(descent_pool *pool, const descent_kernels *kernels,
                         const descent_instruction *instruction, void *const *buffers) {
  uint32_t tasks = (uint32_t)instruction->tasks;
  atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
  uint32_t job = TICKET_JOB(atomic_load_explicit(&pool->ticket, memory_order_relaxed)) + 1;
  // No task of the last job can be claimed any more, but its ticket can still be read; while the
  // fields below change, a claim on it must fail, so the ticket moves to a full one first.
  atomic_store_explicit(&pool->ticket, (uint64_t)job << 32 | UINT32_MAX, memory_order_seq_cst);
  atomic_store_explicit(&pool->tasks, tasks, memory_order_relaxed);
  atomic_store_explicit(&pool->kernels, kernels, memory_order_relaxed);
  atomic_store_explicit(&pool->instruction, instruction, memory_order_relaxed);
  atomic_store_explicit(&pool->buffers, buffers, memory_order_relaxed);
  job++;
  atomic_store_explicit(&pool->ticket, (uint64_t)job << 32, memory_order_seq_cst);
  if (atomic_load_explicit(&pool->sleeping, memory_order_seq_cst) > 0) wake_sleepers(pool);
  work(pool, pool->workers[0]);
  // Others may still be at their last tasks.
  int64_t start = 0;
  for (int turn = 1; atomic_load_explicit(&pool->finished, memory_order_acquire) < tasks; turn++) {
    pause_briefly();
    if (turn % TURN != 0) continue;
    if (start == 0) start = now();
    if (now() - start > POLITE_NANOSECONDS) sched_yield();
  }
}

// MARK: Running a plan

descent_status descent_run(descent_pool *pool, const descent_instruction *instructions,
                           int32_t count, void *const *buffers) {
  const descent_kernels *kernels = descent_kernels_current();
  for (int32_t i = 0; i < count;) {
    const descent_instruction *instruction = &instructions[i];
    int32_t next = i + 1 + (kernels->whole ? 0 : instruction->followers);
    bool together = instruction->tasks > 1 && pool->threads > 1 && !kernels->whole;
    if (kernels->whole) {
      kernels->run[instruction->kind](instruction, 0, buffers, pool->workers[0]);
    } else if (together) {
      run_together(pool, kernels, instruction, buffers);
    } else {
      for (int64_t task = 0; task < instruction->tasks; task++) {
        run_task(kernels, instruction, task, buffers, pool->workers[0]);
      }
    }

    descent_status status = {DESCENT_OK, 0, 0, 0};
    for (int32_t w = 0; w < (together ? pool->threads : 1); w++) {
      descent_worker *worker = pool->workers[w];
      if (worker->bad_position < 0) continue;
      if (status.code == DESCENT_OK || worker->bad_position < status.position) {
        int32_t which = kernels->whole ? i : (int32_t)(worker->bad_instruction - instructions);
        status = (descent_status){DESCENT_INDEX_OUT_OF_RANGE, which, worker->bad_position,
                                  worker->bad_value};
      }
      worker->bad_position = -1;
    }
    if (status.code != DESCENT_OK) return status;
    for (; i < next; i++) {
      descent_task *finish = kernels->finish[instructions[i].kind];
      if (finish) finish(&instructions[i], 0, buffers, pool->workers[0]);
    }
  }
  return (descent_status){DESCENT_OK, 0, 0, 0};
}

// MARK: Making and ending

static void *allocate(size_t bytes) {
  void *memory = NULL;
  // A page boundary; also the widest vector's.
  if (posix_memalign(&memory, 4096, (bytes + 4095) & ~(size_t)4095) != 0) abort();
  return memory;
}

static descent_worker *make_worker(void) {
  descent_worker *worker = allocate(sizeof *worker);
  // A little apart from each other's place in the cache.
  char *memory = allocate(DESCENT_TILE_BYTES + DESCENT_PACKED_A_BYTES + DESCENT_PACKED_B_BYTES);
  worker->tiles = memory;
  worker->packed_a = memory + DESCENT_TILE_BYTES;
  worker->packed_b = worker->packed_a + DESCENT_PACKED_A_BYTES;
  worker->bad_position = -1;
  return worker;
}

descent_pool *descent_pool_create(int32_t threads) {
  if (threads < 1) threads = 1;
  descent_pool *pool = allocate(sizeof *pool);
  memset(pool, 0, sizeof *pool);
  pool->threads = threads;
  pool->workers = calloc((size_t)threads, sizeof *pool->workers);
  pool->handles = calloc((size_t)threads, sizeof *pool->handles);
  if (!pool->workers || !pool->handles) abort();
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->wake, NULL);
  for (int32_t w = 0; w < threads; w++) pool->workers[w] = make_worker();
  for (int32_t w = 1; w < threads; w++) {
    worker_start *start = malloc(sizeof *start);
    if (!start) abort();
    *start = (worker_start){pool, w};
    if (pthread_create(&pool->handles[w], NULL, worker_main, start) != 0) {
      // The machine gives no more threads: the pool is as large as it came to be.
      free(start);
      for (int32_t rest = w; rest < threads; rest++) {
        free(pool->workers[rest]->tiles);
        free(pool->workers[rest]);
      }
      pool->threads = w;
      break;
    }
  }
  return pool;
}

void descent_pool_destroy(descent_pool *pool) {
  if (!pool) return;
  atomic_store(&pool->closing, true);
  // A new job number without tasks ends the spinning, too.
  uint32_t job = TICKET_JOB(atomic_load(&pool->ticket)) + 1;
  atomic_store(&pool->tasks, 0);
  atomic_store(&pool->ticket, (uint64_t)job << 32 | UINT32_MAX);
  wake_sleepers(pool);
  for (int32_t w = 1; w < pool->threads; w++) pthread_join(pool->handles[w], NULL);
  for (int32_t w = 0; w < pool->threads; w++) {
    free(pool->workers[w]->tiles);
    free(pool->workers[w]);
  }
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->wake);
  free(pool->workers);
  free(pool->handles);
  free(pool);
}

int32_t descent_pool_threads(const descent_pool *pool) { return pool->threads; }

int32_t descent_available_cores(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 0 ? (int32_t)cores : 1;
}
