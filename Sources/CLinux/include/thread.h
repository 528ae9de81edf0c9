#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H

#include <stdint.h>

/// A bell that threads of this process wait for: it costs memory and no file descriptor, so that it
/// is to be had when those are used up. A handle for the calls below; ends the process when memory
/// is used up.
uintptr_t clinux_bell_create(void);

/// Frees a bell that nobody waits for.
void clinux_bell_destroy(uintptr_t bell);

/// Lets `count` waits pass, now or later; at most `limit` are remembered.
void clinux_bell_ring(uintptr_t bell, uint64_t count, uint64_t limit);

/// Waits for a ring and takes it, at most so long; a negative time is endless.
void clinux_bell_wait(uintptr_t bell, int timeout_milliseconds);

/// The wall clock: nanoseconds since 1970 UTC.
int64_t clinux_wall_nanoseconds(void);

/// Minutes since local midnight.
int clinux_local_minute(void);

/// Processors that this process may use; at least 1.
int clinux_processor_count(void);

/// 64 random bits of the kernel's.
uint64_t clinux_random(void);


/// For how many nanoseconds this thread has run, and could have run but had no processor, since its
/// start; zeros where the kernel does not tell.
void clinux_thread_times(int64_t *running, int64_t *delayed);

#endif
