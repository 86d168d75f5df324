/// Counts the heap allocations of the calling thread, by standing in for glibc's functions.
#ifndef DESCENT_ALLOCATION_COUNTER_H
#define DESCENT_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted on this system (with glibc they are).
bool descent_allocations_are_counted(void);
/// Allocations of the calling thread since it started.
int64_t descent_allocation_count(void);

#endif
