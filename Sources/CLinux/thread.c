#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

void clinux_thread_times(int64_t *running, int64_t *delayed) {
  *running = 0;
  *delayed = 0;
  int descriptor = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  char text[96];
  ssize_t count = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (count <= 0) return;
  text[count] = 0;
  long long run, delay;
  if (sscanf(text, "%lld %lld", &run, &delay) != 2) return;
  *running = run;
  *delayed = delay;
}

struct bell {
  pthread_mutex_t lock;
  pthread_cond_t rung;
  uint64_t count;
};

uintptr_t clinux_bell_create(void) {
  struct bell *bell = malloc(sizeof *bell);
  if (bell == NULL) abort();
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(&bell->lock, NULL);
  pthread_cond_init(&bell->rung, &attributes);
  pthread_condattr_destroy(&attributes);
  bell->count = 0;
  return (uintptr_t)bell;
}

void clinux_bell_destroy(uintptr_t handle) {
  struct bell *bell = (struct bell *)handle;
  // Who rang last may not have left yet.
  pthread_mutex_lock(&bell->lock);
  pthread_mutex_unlock(&bell->lock);
  pthread_cond_destroy(&bell->rung);
  pthread_mutex_destroy(&bell->lock);
  free(bell);
}

void clinux_bell_ring(uintptr_t handle, uint64_t count, uint64_t limit) {
  struct bell *bell = (struct bell *)handle;
  pthread_mutex_lock(&bell->lock);
  bell->count = count > limit - bell->count ? limit : bell->count + count;
  if (count == 1) pthread_cond_signal(&bell->rung);
  else pthread_cond_broadcast(&bell->rung);
  pthread_mutex_unlock(&bell->lock);
}

void clinux_bell_wait(uintptr_t handle, int timeout_milliseconds) {
  struct bell *bell = (struct bell *)handle;
  struct timespec end;
  if (timeout_milliseconds >= 0) {
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_milliseconds / 1000;
    end.tv_nsec += timeout_milliseconds % 1000 * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
      end.tv_sec++;
      end.tv_nsec -= 1000000000L;
    }
  }
  pthread_mutex_lock(&bell->lock);
  int result = 0;
  while (bell->count == 0 && result == 0)
    result = timeout_milliseconds < 0 ? pthread_cond_wait(&bell->rung, &bell->lock)
                                      : pthread_cond_timedwait(&bell->rung, &bell->lock, &end);
  if (bell->count > 0) bell->count--;
  pthread_mutex_unlock(&bell->lock);
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

int clinux_local_minute(void) {
  time_t now = time(NULL);
  struct tm fields;
  if (localtime_r(&now, &fields) == NULL) return 0;
  return fields.tm_hour * 60 + fields.tm_min;
}

int clinux_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}
