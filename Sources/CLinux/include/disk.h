#ifndef CLINUX_DISK_H
#define CLINUX_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What `statx` tells of an entry, with times in nanoseconds since 1970 (limited to what 64 bits
/// hold, the years 1678 to 2262).
struct clinux_status {
  uint64_t inode;
  uint64_t device;
  int64_t size;
  int64_t mtime;
  int64_t ctime;
  int64_t btime;  ///< 0 where the file system has none.
  uint32_t mode;  ///< Type and permission bits.
  uint32_t is_mount_root;
  uint32_t is_fixed;  ///< Whether it is immutable or only appended to (`chattr`).
  uint32_t user;
  uint32_t group;
};

enum clinux_access {
  CLINUX_DIRECTORY,  ///< For listing, and for calls relative to it.
  CLINUX_READING,
  CLINUX_WRITING,    ///< Also for reading; must exist.
  CLINUX_REFERENCE,  ///< For metadata only; also a symbolic link itself.
};

/// Names and paths are given with their length; what is too long gives -ENAMETOOLONG. No call
/// follows a symbolic link, crosses a mount point or leaves `directory`.
int clinux_open_root(const char *path);
int clinux_open_beneath(int directory, const uint8_t *path, size_t length, int access);
int clinux_create(int directory, const uint8_t *name, size_t length, uint32_t mode);

/// A new file without a name, open for reading and writing: it goes with its last descriptor.
int clinux_create_nameless(int directory, uint32_t mode);
int clinux_status_of(int descriptor, struct clinux_status *status);
/// Whether permissions and mount let names in a directory be changed: 0, or why not.
int clinux_may_change_names(int directory);
int clinux_status_at(int directory, const uint8_t *name, size_t length,
                     struct clinux_status *status);
ssize_t clinux_list(int directory, void *buffer, size_t capacity, int from_start);
ssize_t clinux_read(int descriptor, void *buffer, size_t count, int64_t offset);
ssize_t clinux_write(int descriptor, const void *buffer, size_t count, int64_t offset);

/// Opens the file of a descriptor once more, for writing past the page cache (`O_DIRECT`): with
/// addresses, lengths and offsets that are multiples of 4096. -EINVAL where there is no such thing.
int clinux_open_direct(int descriptor);
int clinux_truncate(int descriptor, int64_t size);

/// The first hole that ends after `offset`: 1, or 0 where only data follow, or where the file system
/// doesn't tell. Moves the descriptor's own offset.
int clinux_next_hole(int descriptor, int64_t offset, int64_t *start, int64_t *end);

/// Makes a range read as zeros and gives its blocks back; the size stays.
int clinux_punch_hole(int descriptor, int64_t offset, int64_t count);

/// Lets a range of one file have the blocks of a range of another, at one moment (FICLONERANGE):
/// whoever writes to either gets blocks of its own. `count` 0 reaches to the source's end; otherwise
/// all are multiples of the file system's block. -EOPNOTSUPP where blocks can't be shared.
int clinux_share(int source, int64_t offset, int64_t count, int target, int64_t target_offset);
int clinux_reserve(int descriptor, int64_t size);

/// Whether more than `spared` bytes, or a sixteenth where that is less, are free on the file system
/// of an open file; 1 where that cannot be told.
int clinux_has_room(int descriptor, int64_t spared);
int clinux_start_writeback(int descriptor);
int clinux_set_mode(int descriptor, uint32_t mode);
int clinux_set_mtime(int descriptor, int64_t nanoseconds);

/// Extended attributes of what a descriptor is open for, or with a name of what has it in that
/// directory; a symbolic link is not followed. `attribute` ends with a NUL. -EOPNOTSUPP where there
/// are none, -ERANGE where the buffer is too short.
ssize_t clinux_list_attributes(int descriptor, const uint8_t *name, size_t length, void *buffer,
                               size_t capacity);
ssize_t clinux_get_attribute(int descriptor, const uint8_t *name, size_t length,
                             const char *attribute, void *buffer, size_t capacity);
int clinux_set_attribute(int descriptor, const char *attribute, const void *value, size_t size,
                         int is_new);
int clinux_remove_attribute(int descriptor, const char *attribute);

/// Gives a descriptor's file another user and group; UINT32_MAX leaves one as it is.
int clinux_set_owner(int descriptor, uint32_t user, uint32_t group);

/// The name of a user or group: its length, or -ENOENT.
ssize_t clinux_name_of(uint32_t number, int is_group, char *buffer, size_t capacity);

/// The number of the user or group with a name: 0, or -ENOENT. `name` ends with a NUL.
int clinux_number_of(const char *name, int is_group, uint32_t *number);

int clinux_make_directory(int directory, const uint8_t *name, size_t length, uint32_t mode);
int clinux_make_symlink(int directory, const uint8_t *name, size_t length, const uint8_t *target,
                        size_t target_length);
ssize_t clinux_read_symlink(int descriptor, void *buffer, size_t capacity);
int clinux_rename(int from_directory, const uint8_t *from, size_t from_length, int to_directory,
                  const uint8_t *to, size_t to_length, int mode);
int clinux_link(int from_directory, const uint8_t *from, size_t from_length, int to_directory,
                const uint8_t *to, size_t to_length);
int clinux_remove(int directory, const uint8_t *name, size_t length, int is_directory);

/// Whether anybody has the file open for writing, or a writable mapping of it: 1 or 0, or -errno
/// where no lease can be had (fcntl(2), F_SETLEASE: a read lease is refused with EAGAIN while there
/// is a writer). The descriptor must be open for reading only. About 10 microseconds.
int clinux_has_writer(int descriptor);

int clinux_fsync(int descriptor);
int clinux_syncfs(int descriptor);
void clinux_close(int descriptor);

#endif
