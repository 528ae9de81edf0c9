#ifndef CLINUX_WATCH_H
#define CLINUX_WATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A new inotify descriptor, non-blocking and closed on exec.
int clinux_watch_open(void);

/// Watches the directory behind the descriptor `directory` itself, whatever its path leads to by
/// now; returns the watch descriptor. Needs /proc.
int clinux_watch_add(int inotify, int directory, uint32_t mask);

/// Ends a watch.
int clinux_watch_remove(int inotify, int watch);

/// Reads what is there; 0 where nothing is.
ssize_t clinux_watch_read(int descriptor, void *buffer, size_t capacity);

/// Waits for either descriptor to become readable (`first` may be -1: not asked), at most
/// `timeout_ns` nanoseconds, for ever if that is negative. Bit 0: `first`, bit 1: `second`.
int clinux_watch_wait(int first, int second, int64_t timeout_ns);

/// A new eventfd, non-blocking and closed on exec.
int clinux_watch_bell(void);

/// Makes the eventfd readable.
void clinux_watch_ring(int bell);

/// Makes the eventfd unreadable again.
void clinux_watch_hush(int bell);

/// CLOCK_BOOTTIME in nanoseconds.
int64_t clinux_watch_now_ns(void);

/// Opens the directory at an absolute path, as it is given by the user: symbolic links are followed.
int clinux_watch_open_root(const char *path);

/// Opens the directory that the directory `root` lies in, for watching only.
int clinux_watch_open_parent(int root);

/// Whether an open directory has been deleted: 1 or 0.
int clinux_watch_is_deleted(int directory);

/// Opens the directory at `path` for listing, beneath `root` and through no symbolic link.
int clinux_watch_open_beneath(int root, const char *path);

/// Fills `buffer` with directory entries (getdents64); 0 at the end.
ssize_t clinux_watch_list(int directory, void *buffer, size_t capacity);

/// Whether `name` in `directory` is a directory: 1 or 0.
int clinux_watch_is_directory(int directory, const char *name);

/// Whether a descriptor or mapping that can write to the regular file at `path` beneath `root` is
/// open anywhere: 1 yes, 0 no, -errno unknown. Nobody writes what is no regular file.
int clinux_watch_has_writer(int root, const char *path);

/// Reads up to `capacity` bytes of the regular file at `path` beneath `root`; returns how many, or
/// -errno (-EINVAL: not a regular file).
ssize_t clinux_watch_read_file(int root, const char *path, void *buffer, size_t capacity);

/// Makes a directory with mode 0700; 0 also if there is one already.
int clinux_watch_make_directory(int parent, const char *name);

/// Creates an empty file that must not exist.
int clinux_watch_create(int directory, const char *name);

/// Removes a file.
int clinux_watch_unlink(int directory, const char *name);

/// Closes a descriptor.
void clinux_watch_close(int descriptor);

/// Starts a thread that is named `name`, gets none of the process's signals, and runs
/// `body(argument)`; stores what to give to one of the next two calls. Returns 0 or -errno.
int clinux_watch_start(const char *name, void (*body)(void *), void *argument, uintptr_t *thread);

/// Waits for the end of a thread, unless it is the calling one, which then needs nobody to wait.
void clinux_watch_join(uintptr_t thread);

#endif
