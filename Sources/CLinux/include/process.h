#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Ignores SIGPIPE, blocks SIGTERM, SIGINT and SIGHUP for this thread and all that it starts, and
/// returns a signalfd(2) on which they arrive.
int clinux_signal_descriptor(void);

/// Lets the allocator keep so many freed bytes for those who ask for as much again, and no more:
/// by default it gives buffers of some hundred kilobytes back to the kernel each time, which then
/// clears new ones.
void clinux_keep_freed(size_t byte_count);

/// The next signal that waits on a signalfd; 0 if none does.
int clinux_next_signal(int descriptor);

/// An eventfd(2), non-blocking and closed on exec.
int clinux_event(void);

/// Adds one to an eventfd: whoever polls it wakes, now and until it is read.
int clinux_event_raise(int descriptor);

/// Listens on a Unix stream socket at `path` with mode 0600. Fails with -EADDRINUSE if a file of
/// that name exists.
int clinux_unix_listen(const char *path, int backlog);

/// Connects to the Unix stream socket at `path`.
int clinux_unix_connect(const char *path);

/// accept4(2) with SOCK_CLOEXEC.
int clinux_unix_accept(int descriptor);

/// Who is at the other end of a Unix socket, as the kernel recorded it at connect (SO_PEERCRED).
int clinux_unix_peer(int descriptor, uid_t *user, pid_t *process);

/// Reads and writes on the socket fail with EAGAIN after so many seconds.
int clinux_set_socket_timeouts(int descriptor, int seconds);

/// Waits for a child: its exit code, or 128 + the signal that ended it.
int clinux_wait_child(pid_t process);

/// Columns of the terminal behind the descriptor; -ENOTTY if it is none.
int clinux_terminal_columns(int descriptor);

/// Device and inode of an open file.
int clinux_descriptor_identity(int descriptor, uint64_t *device, uint64_t *inode);

/// Names the calling thread, for ps, top and the debugger; at most 15 bytes.
int clinux_name_thread(const char *name);

#endif
