#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "thread.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

int clinux_semaphore_create(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
  return descriptor >= 0 ? descriptor : -errno;
}

void clinux_semaphore_post(int descriptor, uint64_t count) {
  while (write(descriptor, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

void clinux_semaphore_wait(int descriptor) {
  uint64_t taken;
  while (read(descriptor, &taken, sizeof taken) < 0 && errno == EINTR) {
  }
}

int64_t clinux_wall_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t clinux_random(void) {
  uint64_t value;
  if (getrandom(&value, sizeof value, 0) != sizeof value) abort();
  return value;
}

int clinux_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}
