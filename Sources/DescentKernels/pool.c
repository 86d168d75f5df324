// The thread pool and the loop that runs a plan.
//
// The caller runs single-task instructions itself. One with more tasks becomes a job: the tasks are
// dealt out in runs of neighbours, the first run to the first thread and so on, and who is done with
// his own helps the others. As instructions are cut in the order of their memory, a thread mostly
// meets the rows that it wrote before, and finds them in its own cache: cores that share none with
// each other pay several times as much for a line that the other one wrote last.
//
// Workers wait by spinning on the number of the job, which answers in well under a microsecond, and
// after a while by sleeping, which costs tens of microseconds to wake but burns nothing.

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

// A job as it is run.
typedef struct {
  uint32_t number, tasks;
  const descent_kernels *kernels;
  const descent_instruction *instruction;
  void *const *buffers;
} descent_job;

// A thread's ticket: the number of the last job that it had tasks of, and its next unclaimed task of
// that one. On a cache line of its own, as is all that different threads write.
typedef struct { _Alignas(128) _Atomic uint64_t word; } descent_ticket;
#define TICKET_JOB(ticket) ((uint32_t)((ticket) >> 32))
#define TICKET_TASK(ticket) ((uint32_t)(ticket))
// Jobs are numbered round and round. So often, tickets that nobody had a use for are brought forward,
// before they would look like those of jobs to come.
#define TICKETS_RENEWED (UINT32_C(1) << 30)

struct descent_pool {
  // The published job. While its number is odd the rest is being written.
  _Alignas(128) _Atomic uint32_t number;
  _Atomic uint32_t tasks;
  _Atomic(const descent_kernels *) kernels;
  _Atomic(const descent_instruction *) instruction;
  _Atomic(void *const *) buffers;
  _Alignas(128) _Atomic uint32_t finished;  // tasks of this job, by workers
  _Alignas(128) _Atomic int32_t sleeping;   // workers
  _Atomic bool closing;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  int32_t threads;
  descent_ticket *tickets;
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

/// Reads the published job; false if the next one is being written over it.
static bool read_job(descent_pool *pool, descent_job *job) {
  job->number = atomic_load_explicit(&pool->number, memory_order_acquire);
  job->tasks = atomic_load_explicit(&pool->tasks, memory_order_relaxed);
  job->kernels = atomic_load_explicit(&pool->kernels, memory_order_relaxed);
  job->instruction = atomic_load_explicit(&pool->instruction, memory_order_relaxed);
  job->buffers = atomic_load_explicit(&pool->buffers, memory_order_relaxed);
  atomic_thread_fence(memory_order_acquire);
  return job->number % 2 == 0 &&
         atomic_load_explicit(&pool->number, memory_order_relaxed) == job->number;
}

/// Claims the next task of those that were dealt to a thread; -1 if there is none.
static int64_t claim(descent_pool *pool, const descent_job *job, int32_t owner) {
  uint64_t threads = (uint64_t)pool->threads;
  uint32_t first = (uint32_t)((job->tasks * (uint64_t)owner + threads - 1) / threads);
  uint32_t end = (uint32_t)((job->tasks * (uint64_t)(owner + 1) + threads - 1) / threads);
  _Atomic uint64_t *word = &pool->tickets[owner].word;
  uint64_t ticket = atomic_load_explicit(word, memory_order_relaxed);
  for (;;) {
    // A ticket of a later job: this one is long done. One of an earlier job: nothing is claimed yet,
    // and as the job cannot end before all of it is, the ticket cannot get past it unseen.
    int32_t ahead = (int32_t)(TICKET_JOB(ticket) - job->number);
    uint32_t task = ahead == 0 ? TICKET_TASK(ticket) : first;
    if (ahead > 0 || task >= end) return -1;
    uint64_t claimed = (uint64_t)job->number << 32 | (task + 1);
    if (atomic_compare_exchange_weak_explicit(word, &ticket, claimed, memory_order_relaxed,
                                              memory_order_relaxed)) {
      return task;
    }
  }
}

/// Runs the tasks of a job that were dealt to a thread, then those that others have not come to.
/// Those of a worker are added to `finished`; the caller gets the number of its own.
static uint32_t work(descent_pool *pool, const descent_job *job, int32_t index) {
  uint32_t all = 0;
  pool->workers[index]->packed = 0;
  for (int32_t i = 0; i < pool->threads; i++) {
    int32_t owner = index + i < pool->threads ? index + i : index + i - pool->threads;
    uint32_t done = 0;
    for (int64_t task; (task = claim(pool, job, owner)) >= 0; done++) {
      run_task(job->kernels, job->instruction, task, job->buffers, pool->workers[index]);
    }
    if (done > 0 && index > 0) {
      atomic_fetch_add_explicit(&pool->finished, done, memory_order_release);
    }
    all += done;
  }
  return all;
}

/// Waits for a job after number `seen`, or for the end of the pool; spins, then sleeps.
static void wait_for_job(descent_pool *pool, uint32_t seen) {
  int64_t start = now();
  for (;;) {
    for (int i = 0; i < TURN; i++) {
      if (atomic_load_explicit(&pool->number, memory_order_relaxed) != seen) return;
      pause_briefly();
    }
    int64_t waited = now() - start;
    if (waited > SPIN_NANOSECONDS) break;
    if (waited > POLITE_NANOSECONDS) sched_yield();
  }
  pthread_mutex_lock(&pool->lock);
  // Announced before the last look at the number, as the caller publishes the number before it
  // looks at `sleeping`: one of the two sees the other.
  atomic_fetch_add(&pool->sleeping, 1);
  while (atomic_load(&pool->number) == seen && !atomic_load(&pool->closing)) {
    pthread_cond_wait(&pool->wake, &pool->lock);
  }
  atomic_fetch_sub(&pool->sleeping, 1);
  pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  descent_pool *pool = start.pool;
  descent_job job = {0};
  while (!atomic_load_explicit(&pool->closing, memory_order_acquire)) {
    wait_for_job(pool, job.number);
    if (read_job(pool, &job)) work(pool, &job, start.index);
  }
  return NULL;
}

static void wake_sleepers(descent_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
}

/// Marks all tickets as used up in the job before `number`; between jobs only.
static void renew_tickets(descent_pool *pool, uint32_t number) {
  for (int32_t i = 0; i < pool->threads; i++) {
    uint64_t ticket = (uint64_t)(number - 2) << 32 | UINT32_MAX;
    atomic_store_explicit(&pool->tickets[i].word, ticket, memory_order_relaxed);
  }
}

/// Runs all tasks of an instruction on all threads.
static void run_together(descent_pool *pool, const descent_kernels *kernels,
                         const descent_instruction *instruction, void *const *buffers) {
  uint32_t last = atomic_load_explicit(&pool->number, memory_order_relaxed);
  descent_job job = {last + 2, (uint32_t)instruction->tasks, kernels, instruction, buffers};
  if (job.number % TICKETS_RENEWED == 0) renew_tickets(pool, job.number);
  atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
  // All of the last job is done, but a late worker may be reading it.
  atomic_store_explicit(&pool->number, last + 1, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&pool->tasks, job.tasks, memory_order_relaxed);
  atomic_store_explicit(&pool->kernels, kernels, memory_order_relaxed);
  atomic_store_explicit(&pool->instruction, instruction, memory_order_relaxed);
  atomic_store_explicit(&pool->buffers, buffers, memory_order_relaxed);
  atomic_store_explicit(&pool->number, job.number, memory_order_seq_cst);
  if (atomic_load_explicit(&pool->sleeping, memory_order_seq_cst) > 0) wake_sleepers(pool);
  uint32_t rest = job.tasks - work(pool, &job, 0);
  // Others may still be at their last tasks.
  int64_t start = 0;
  for (int turn = 1; atomic_load_explicit(&pool->finished, memory_order_acquire) < rest; turn++) {
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
      pool->workers[0]->packed = 0;
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

// MARK: Running a function

typedef struct {
  descent_function *function;
  void *context;
} function_call;

static void call_function(const descent_instruction *instruction, int64_t task,
                          void *const *buffers, descent_worker *worker) {
  (void)buffers, (void)worker;
  const function_call *call = instruction->parameters;
  call->function(call->context, task);
}

void descent_pool_perform(descent_pool *pool, int32_t tasks, descent_function *function,
                          void *context) {
  static const descent_kernels kernels = {.run = {call_function}};
  function_call call = {function, context};
  descent_instruction instruction = {.kind = 0, .tasks = tasks, .parameters = &call};
  if (tasks > 1 && pool->threads > 1) {
    run_together(pool, &kernels, &instruction, NULL);
  } else {
    for (int32_t task = 0; task < tasks; task++) function(context, task);
  }
}

// MARK: Making and ending

static void *allocate(size_t bytes) {
  void *memory = descent_allocate(bytes);
  if (!memory) abort();
  return memory;
}

static descent_worker *make_worker(void) {
  descent_worker *worker = allocate(sizeof *worker);
  // A little apart from each other's place in the cache.
  char *memory = allocate(DESCENT_TILE_BYTES + DESCENT_PACKED_A_BYTES + DESCENT_PACKED_B_BYTES +
                          DESCENT_KEPT_BYTES);
  worker->tiles = memory;
  worker->packed_a = memory + DESCENT_TILE_BYTES;
  worker->packed_b = worker->packed_a + DESCENT_PACKED_A_BYTES;
  worker->kept = worker->packed_b + DESCENT_PACKED_B_BYTES;
  worker->bad_position = -1;
  return worker;
}

descent_pool *descent_pool_create(int32_t threads) {
  if (threads < 1) threads = 1;
  descent_pool *pool = allocate(sizeof *pool);
  memset(pool, 0, sizeof *pool);
  pool->threads = threads;
  pool->tickets = allocate((size_t)threads * sizeof *pool->tickets);
  memset(pool->tickets, 0, (size_t)threads * sizeof *pool->tickets);
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
        descent_free(pool->workers[rest]->tiles);
        descent_free(pool->workers[rest]);
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
  // An odd number ends the spinning, too, and is no job.
  atomic_fetch_add(&pool->number, 1);
  wake_sleepers(pool);
  for (int32_t w = 1; w < pool->threads; w++) pthread_join(pool->handles[w], NULL);
  for (int32_t w = 0; w < pool->threads; w++) {
    descent_free(pool->workers[w]->tiles);
    descent_free(pool->workers[w]);
  }
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->wake);
  descent_free(pool->tickets);
  free(pool->workers);
  free(pool->handles);
  descent_free(pool);
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
