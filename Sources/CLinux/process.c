#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "process.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int clinux_signal_descriptor(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error) return -error;
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return -errno;
  int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

void clinux_keep_freed(size_t byte_count) {
  // Threads share a few heaps, so that what one frees another can have.
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, (int)byte_count);
  mallopt(M_TRIM_THRESHOLD, (int)byte_count);
}

int clinux_next_signal(int descriptor) {
  struct signalfd_siginfo info;
  ssize_t count;
  do {
    count = read(descriptor, &info, sizeof info);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? 0 : -errno;
  return count == sizeof info ? (int)info.ssi_signo : 0;
}

int clinux_event(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int clinux_event_raise(int descriptor) {
  return eventfd_write(descriptor, 1) < 0 ? -errno : 0;
}

static int unix_address(const char *path, struct sockaddr_un *address) {
  if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  strcpy(address->sun_path, path);
  return 0;
}

static int close_failed(int descriptor) {
  int error = errno;
  close(descriptor);
  return -error;
}

int clinux_unix_listen(const char *path, int backlog) {
  struct sockaddr_un address;
  int error = unix_address(path, &address);
  if (error) return error;
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  // bind(2) gives the file the mode of the socket's inode: nobody can connect in between.
  if (fchmod(descriptor, 0600) < 0) return close_failed(descriptor);
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
    return close_failed(descriptor);
  if (listen(descriptor, backlog) < 0) return close_failed(descriptor);
  return descriptor;
}

int clinux_unix_connect(const char *path) {
  struct sockaddr_un address;
  int error = unix_address(path, &address);
  if (error) return error;
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  while (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
    if (errno != EINTR) return close_failed(descriptor);
  }
  return descriptor;
}

int clinux_unix_accept(int descriptor) {
  int connection;
  do {
    connection = accept4(descriptor, NULL, NULL, SOCK_CLOEXEC);
  } while (connection < 0 && errno == EINTR);
  return connection < 0 ? -errno : connection;
}

int clinux_unix_peer(int descriptor, uid_t *user, pid_t *process) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) return -errno;
  *user = credentials.uid;
  *process = credentials.pid;
  return 0;
}

int clinux_set_socket_timeouts(int descriptor, int seconds) {
  struct timeval time = {.tv_sec = seconds};
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) < 0) return -errno;
  if (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) < 0) return -errno;
  return 0;
}

int clinux_wait_child(pid_t process) {
  int status;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return -errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int clinux_terminal_columns(int descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) < 0) return -errno;
  return size.ws_col;
}

int clinux_descriptor_identity(int descriptor, uint64_t *device, uint64_t *inode) {
  struct stat status;
  if (fstat(descriptor, &status) < 0) return -errno;
  *device = status.st_dev;
  *inode = status.st_ino;
  return 0;
}

int clinux_name_thread(const char *name) {
  return -pthread_setname_np(pthread_self(), name);
}
