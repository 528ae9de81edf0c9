#ifndef CLINUX_NETWORK_H
#define CLINUX_NETWORK_H

#include <stddef.h>
#include <stdint.h>
struct sockaddr;
#include <sys/types.h>

/// A listening TCP socket on `address`, which can be bound again at once after an earlier owner
/// ended (SO_REUSEADDR); `[::]` takes IPv4 too. The descriptor, or -errno.
int clinux_tcp_listen(const struct sockaddr *address, uint32_t length, int backlog);

/// A connected TCP socket, or -errno; -ETIMEDOUT when `timeout_milliseconds` are over.
int clinux_tcp_connect(
    const struct sockaddr *address, uint32_t length, int timeout_milliseconds);

/// The next waiting connection of a listener, or -errno; -EAGAIN if there is none.
int clinux_tcp_accept(int listener);

/// Sets what a long-lived connection needs: no delay, keepalive and the kernel's verdict on a link
/// whose data nobody acknowledges for `dead_link_seconds`, and at most `unsent_byte_count` bytes
/// in the kernel that are not yet on the wire (tcp(7)). 0, or -errno.
int clinux_tcp_tune(int descriptor, int dead_link_seconds, int unsent_byte_count);

/// Bounds what the kernel takes of the other end before it is read, where that is less than the
/// machine's own bound (net.core.rmem_max); otherwise, and with 0, it decides itself.
void clinux_bound_received(int descriptor, int byte_count);

/// The local port of a socket, or -errno.
int clinux_socket_port(int descriptor);

/// Writes the other end's numeric address (IPv4 also if it came over an IPv6 socket). 0, or -errno.
int clinux_socket_remote_host(int descriptor, char *text, size_t capacity);

/// Hands over what fits now, without waiting and without SIGPIPE. Bytes taken, or -errno.
ssize_t clinux_socket_send(int descriptor, const void *bytes, size_t count);

/// What has arrived, at most `count` bytes; waits for the first one unless `is_waiting` is 0.
/// Bytes, 0 at the end of the stream, or -errno.
ssize_t clinux_socket_receive(int descriptor, void *bytes, size_t count, int is_waiting);

/// Waits until `descriptor` is ready for `events` (poll(2)) or `other` (unless -1) is readable.
/// Bit 0: the first is ready or broken; bit 1: the second; 0: the time is over or a signal came, so
/// callers look at their clock; or -errno. A negative time is endless.
int clinux_wait(int descriptor, short events, int other, int timeout_milliseconds);

/// A counter to wake a sleeping thread with (eventfd(2)), or -errno.
int clinux_wakeup_create(void);

/// Makes the counter readable.
void clinux_wakeup_signal(int descriptor);

/// Makes it unreadable again.
void clinux_wakeup_clear(int descriptor);

/// Names the calling thread, for ps and debuggers; cut to 15 bytes.
void clinux_thread_set_name(const char *name);

/// CLOCK_BOOTTIME: nanoseconds since the machine started, suspended time included.
int64_t clinux_boot_nanoseconds(void);

#endif
