#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H

#include <stdint.h>

/// A semaphore of value 0 (eventfd(2), EFD_SEMAPHORE), or -errno.
int clinux_semaphore_create(void);

/// Adds `count` to the semaphore.
void clinux_semaphore_post(int descriptor, uint64_t count);

/// Sleeps until the semaphore is above 0, and takes 1 off.
void clinux_semaphore_wait(int descriptor);

/// The wall clock: nanoseconds since 1970 UTC.
int64_t clinux_wall_nanoseconds(void);

/// Processors that this process may use; at least 1.
int clinux_processor_count(void);

/// 64 random bits of the kernel's.
uint64_t clinux_random(void);

#endif
