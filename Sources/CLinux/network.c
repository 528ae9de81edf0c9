#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int enable(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value);
}

/// Closes a descriptor that could not be made ready; the errno that was the cause stays.
static int give_up(int descriptor) {
  int cause = errno;
  close(descriptor);
  return -cause;
}

int clinux_tcp_listen(const struct sockaddr *address, uint32_t length, int backlog) {
  int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  if (enable(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) < 0) return give_up(descriptor);
  if (address->sa_family == AF_INET6 && enable(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0) < 0)
    return give_up(descriptor);
  if (bind(descriptor, address, length) < 0) return give_up(descriptor);
  if (listen(descriptor, backlog) < 0) return give_up(descriptor);
  return descriptor;
}

int clinux_tcp_connect(
    const struct sockaddr *address, uint32_t length, int timeout_milliseconds) {
  int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  if (connect(descriptor, address, length) < 0) {
    if (errno != EINPROGRESS && errno != EINTR) return give_up(descriptor);
    int64_t end = clinux_boot_nanoseconds() + (int64_t)timeout_milliseconds * 1000000;
    for (;;) {
      int64_t left = (end - clinux_boot_nanoseconds()) / 1000000;
      if (left <= 0) {
        errno = ETIMEDOUT;
        return give_up(descriptor);
      }
      if (clinux_wait(descriptor, POLLOUT, -1, (int)left) != 0) break;
    }
    int result = 0;
    socklen_t size = sizeof result;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &result, &size) < 0)
      return give_up(descriptor);
    if (result != 0) {
      errno = result;
      return give_up(descriptor);
    }
  }
  // From here on every call says itself whether it waits.
  int is_nonblocking = 0;
  if (ioctl(descriptor, FIONBIO, &is_nonblocking) < 0) return give_up(descriptor);
  return descriptor;
}

int clinux_tcp_accept(int listener) {
  int descriptor;
  do descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  while (descriptor < 0 && errno == EINTR);
  return descriptor < 0 ? -errno : descriptor;
}

int clinux_tcp_tune(int descriptor, int dead_link_seconds, int unsent_byte_count) {
  // A silent dead link is found by probes within the same time: half of it until the first, then
  // four more.
  int interval = dead_link_seconds / 8 > 0 ? dead_link_seconds / 8 : 1;
  if (enable(descriptor, IPPROTO_TCP, TCP_NODELAY, 1) < 0 ||
      enable(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1) < 0 ||
      enable(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, (dead_link_seconds + 1) / 2) < 0 ||
      enable(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval) < 0 ||
      enable(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4) < 0 ||
      enable(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, dead_link_seconds * 1000) < 0 ||
      enable(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsent_byte_count) < 0)
    return -errno;
  return 0;
}

void clinux_bound_received(int descriptor, int byte_count) {
  int granted = 0;
  socklen_t length = sizeof granted;
  // Of what is granted the kernel takes one half for itself.
  if (byte_count > 0 && enable(descriptor, SOL_SOCKET, SO_RCVBUF, byte_count) == 0 &&
      getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &granted, &length) == 0 &&
      granted / 2 >= byte_count)
    return;
  (void)enable(descriptor, SOL_SOCKET, SO_BUF_LOCK, 0);
}

int clinux_socket_port(int descriptor) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) return -errno;
  if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return -EAFNOSUPPORT;
}

int clinux_socket_remote_host(int descriptor, char *text, size_t capacity) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getpeername(descriptor, (struct sockaddr *)&address, &length) < 0) return -errno;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
  if (address.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
    if (inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, text, (socklen_t)capacity) == NULL)
      return -errno;
    return 0;
  }
  int result = getnameinfo(
      (struct sockaddr *)&address, length, text, (socklen_t)capacity, NULL, 0, NI_NUMERICHOST);
  return result == 0 ? 0 : -EINVAL;
}

ssize_t clinux_socket_send(int descriptor, const void *bytes, size_t count) {
  ssize_t result;
  do result = send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

ssize_t clinux_socket_receive(int descriptor, void *bytes, size_t count, int is_waiting) {
  ssize_t result;
  do result = recv(descriptor, bytes, count, is_waiting ? 0 : MSG_DONTWAIT);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

int clinux_wait(int descriptor, short events, int other, int timeout_milliseconds) {
  struct pollfd descriptors[2] = {
      {.fd = descriptor, .events = events}, {.fd = other, .events = POLLIN}};
  int result = poll(descriptors, 2, timeout_milliseconds);
  if (result < 0) return errno == EINTR ? 0 : -errno;
  return (descriptors[0].revents != 0 ? 1 : 0) | (descriptors[1].revents != 0 ? 2 : 0);
}

int clinux_wakeup_create(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

void clinux_wakeup_signal(int descriptor) {
  // The only refusal is a full counter, which is readable already.
  (void)eventfd_write(descriptor, 1);
}

void clinux_wakeup_clear(int descriptor) {
  eventfd_t count;
  (void)eventfd_read(descriptor, &count);
}

void clinux_thread_set_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int64_t clinux_boot_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
