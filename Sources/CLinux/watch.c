#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "watch.h"
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static ssize_t result(ssize_t value) { return value < 0 ? -errno : value; }

int clinux_watch_open(void) { return (int)result(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)); }

/// The path under which /proc shows a descriptor of this process: it leads to the open file itself.
static void descriptor_path(char *path, size_t capacity, int descriptor) {
  snprintf(path, capacity, "/proc/self/fd/%d", descriptor);
}

int clinux_watch_add(int inotify, int directory, uint32_t mask) {
  char path[32];
  descriptor_path(path, sizeof path, directory);
  return (int)result(inotify_add_watch(inotify, path, mask));
}

int clinux_watch_remove(int inotify, int watch) {
  return (int)result(inotify_rm_watch(inotify, watch));
}

ssize_t clinux_watch_read(int descriptor, void *buffer, size_t capacity) {
  for (;;) {
    ssize_t count = read(descriptor, buffer, capacity);
    if (count >= 0) return count;
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return -errno;
  }
}

int clinux_watch_wait(int first, int second, int64_t timeout_ns) {
  struct pollfd descriptors[2] = {{.fd = first, .events = POLLIN},
                                  {.fd = second, .events = POLLIN}};
  struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
  int count = ppoll(descriptors, 2, timeout_ns < 0 ? NULL : &timeout, NULL);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  return (descriptors[0].revents ? 1 : 0) | (descriptors[1].revents ? 2 : 0);
}

int clinux_watch_bell(void) { return (int)result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

void clinux_watch_ring(int bell) { (void)!eventfd_write(bell, 1); }

void clinux_watch_hush(int bell) {
  eventfd_t count;
  (void)!eventfd_read(bell, &count);
}

int64_t clinux_watch_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int clinux_watch_open_root(const char *path) {
  return (int)result(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int clinux_watch_open_parent(int root) {
  return (int)result(openat(root, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

int clinux_watch_is_deleted(int directory) {
  struct stat status;
  return fstat(directory, &status) == 0 && status.st_nlink == 0;
}

static int open_beneath(int root, const char *path, uint64_t flags) {
  struct open_how how = {
      .flags = flags | O_CLOEXEC | O_NOFOLLOW,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  // EAGAIN: a rename somewhere made the kernel unsure whether it stayed beneath; it says try again.
  for (int attempt = 0; attempt < 64; attempt++) {
    long descriptor = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (descriptor >= 0) return (int)descriptor;
    if (errno != EINTR && errno != EAGAIN) return -errno;
  }
  return -EAGAIN;
}

int clinux_watch_open_beneath(int root, const char *path) {
  return open_beneath(root, path, O_RDONLY | O_DIRECTORY);
}

ssize_t clinux_watch_list(int directory, void *buffer, size_t capacity) {
  return result(syscall(SYS_getdents64, directory, buffer, capacity));
}

int clinux_watch_is_directory(int directory, const char *name) {
  struct stat status;
  if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return 0;
  return S_ISDIR(status.st_mode) ? 1 : 0;
}

/// Opens a regular file for reading; -EINVAL for anything else.
static int open_file(int root, const char *path) {
  // Looked at before it is opened: opening a FIFO or a device can have effects.
  int place = open_beneath(root, path, O_PATH);
  if (place < 0) return place;
  struct stat status;
  int file = -EINVAL;
  if (fstat(place, &status) < 0) {
    file = -errno;
  } else if (S_ISREG(status.st_mode)) {
    char again[32];
    descriptor_path(again, sizeof again, place);
    file = (int)result(open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
  close(place);
  return file;
}

int clinux_watch_has_writer(int root, const char *path) {
  int file = open_file(root, path);
  // What a link, a FIFO or a device is, is there from the beginning.
  if (file == -EINVAL) return 0;
  if (file < 0) return file;
  int answer = clinux_has_writer(file);
  close(file);
  return answer;
}

ssize_t clinux_watch_read_file(int root, const char *path, void *buffer, size_t capacity) {
  int file = open_file(root, path);
  if (file < 0) return file;
  size_t done = 0;
  ssize_t count = 1;
  while (done < capacity && count > 0) {
    count = result(read(file, (char *)buffer + done, capacity - done));
    if (count > 0) done += (size_t)count;
    if (count == -EINTR) count = 1;
  }
  close(file);
  return count < 0 ? count : (ssize_t)done;
}

int clinux_watch_make_directory(int parent, const char *name) {
  if (mkdirat(parent, name, 0700) == 0 || errno == EEXIST) return 0;
  return -errno;
}

int clinux_watch_create(int directory, const char *name) {
  int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return -errno;
  close(file);
  return 0;
}

int clinux_watch_unlink(int directory, const char *name) {
  return (int)result(unlinkat(directory, name, 0));
}

void clinux_watch_close(int descriptor) { close(descriptor); }

struct start {
  void (*body)(void *);
  void *argument;
};

static void *run(void *start_pointer) {
  struct start start = *(struct start *)start_pointer;
  free(start_pointer);
  start.body(start.argument);
  return NULL;
}

int clinux_watch_start(const char *name, void (*body)(void *), void *argument, uintptr_t *thread) {
  struct start *start = malloc(sizeof *start);
  if (start == NULL) return -ENOMEM;
  start->body = body;
  start->argument = argument;
  // A thread begins with its maker's mask.
  sigset_t every, former;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &former);
  pthread_t made;
  int failure = pthread_create(&made, NULL, run, start);
  pthread_sigmask(SIG_SETMASK, &former, NULL);
  if (failure != 0) {
    free(start);
    return -failure;
  }
  pthread_setname_np(made, name);
  *thread = made;
  return 0;
}

void clinux_watch_join(uintptr_t thread) {
  if (pthread_equal(thread, pthread_self())) {
    pthread_detach(thread);
  } else {
    pthread_join(thread, NULL);
  }
}
