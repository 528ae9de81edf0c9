#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <grp.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const int64_t second = 1000000000;

/// Copies a name or path into a string; the empty one becomes the directory itself.
static int terminated(char *text, size_t capacity, const uint8_t *bytes, size_t length) {
  if (length >= capacity) return -ENAMETOOLONG;
  if (length == 0) {
    memcpy(text, ".", 2);
    return 0;
  }
  memcpy(text, bytes, length);
  text[length] = 0;
  return 0;
}

#define TERMINATED(text, capacity, bytes, length)                     \
  char text[capacity];                                                \
  do {                                                                \
    int too_long = terminated(text, sizeof(text), bytes, length);     \
    if (too_long) return too_long;                                    \
  } while (0)

#define RETRIED(result, call)           \
  do {                                  \
    result = (call);                    \
  } while (result < 0 && errno == EINTR)

static int64_t nanoseconds(struct statx_timestamp time) {
  if (time.tv_sec > INT64_MAX / second - 1) return INT64_MAX;
  if (time.tv_sec < INT64_MIN / second + 1) return INT64_MIN;
  return time.tv_sec * second + time.tv_nsec;
}

static int status_at(int directory, const char *name, int flags, struct clinux_status *status) {
  struct statx found;
  int result;
  RETRIED(result, statx(directory, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
                        STATX_BASIC_STATS | STATX_BTIME, &found));
  if (result < 0) return -errno;
  status->inode = found.stx_ino;
  status->device = (uint64_t)found.stx_dev_major << 32 | found.stx_dev_minor;
  status->size = (int64_t)found.stx_size;
  status->mtime = nanoseconds(found.stx_mtime);
  status->ctime = nanoseconds(found.stx_ctime);
  status->btime = found.stx_mask & STATX_BTIME ? nanoseconds(found.stx_btime) : 0;
  status->mode = found.stx_mode;
  status->user = found.stx_uid;
  status->group = found.stx_gid;
  status->is_mount_root = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  status->is_fixed =
      (found.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
  return 0;
}

int clinux_may_change_names(int directory) {
  int result;
  RETRIED(result, faccessat(directory, "", W_OK | X_OK, AT_EACCESS | AT_EMPTY_PATH));
  // Older C libraries and kernels can't ask this of a descriptor.
  return result < 0 && errno != EINVAL && errno != ENOSYS ? -errno : 0;
}

int clinux_open_root(const char *path) {
  int descriptor;
  RETRIED(descriptor, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor < 0 ? -errno : descriptor;
}

static int open_beneath(int directory, const char *path, int flags, uint32_t mode) {
  struct open_how how = {
      .flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
      .mode = mode,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
  };
  // EAGAIN says that a rename elsewhere disturbed the check; openat2(2) asks to try again.
  long descriptor;
  do {
    descriptor = syscall(SYS_openat2, directory, path, &how, sizeof(how));
  } while (descriptor < 0 && (errno == EINTR || errno == EAGAIN));
  return descriptor < 0 ? -errno : (int)descriptor;
}

int clinux_open_beneath(int directory, const uint8_t *path, size_t length, int access) {
  TERMINATED(text, PATH_MAX, path, length);
  switch (access) {
    case CLINUX_DIRECTORY: return open_beneath(directory, text, O_RDONLY | O_DIRECTORY, 0);
    // O_NONBLOCK: a FIFO that took the place of a file must not block the opener.
    case CLINUX_READING: return open_beneath(directory, text, O_RDONLY | O_NONBLOCK, 0);
    case CLINUX_WRITING: return open_beneath(directory, text, O_RDWR | O_NONBLOCK, 0);
    case CLINUX_REFERENCE: return open_beneath(directory, text, O_PATH, 0);
    default: return -EINVAL;
  }
}

int clinux_create(int directory, const uint8_t *name, size_t length, uint32_t mode) {
  TERMINATED(text, NAME_MAX + 1, name, length);
  return open_beneath(directory, text, O_RDWR | O_CREAT | O_EXCL, mode);
}

int clinux_create_nameless(int directory, uint32_t mode) {
  int result;
  RETRIED(result, openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  return result < 0 ? -errno : result;
}

int clinux_status_of(int descriptor, struct clinux_status *status) {
  return status_at(descriptor, "", AT_EMPTY_PATH, status);
}

int clinux_status_at(int directory, const uint8_t *name, size_t length,
                     struct clinux_status *status) {
  TERMINATED(text, NAME_MAX + 1, name, length);
  return status_at(directory, text, 0, status);
}

ssize_t clinux_list(int directory, void *buffer, size_t capacity, int from_start) {
  if (from_start && lseek(directory, 0, SEEK_SET) < 0) return -errno;
  long count;
  RETRIED(count, syscall(SYS_getdents64, directory, buffer, capacity));
  return count < 0 ? -errno : count;
}

ssize_t clinux_read(int descriptor, void *buffer, size_t count, int64_t offset) {
  ssize_t result;
  RETRIED(result, pread(descriptor, buffer, count, offset));
  return result < 0 ? -errno : result;
}

ssize_t clinux_write(int descriptor, const void *buffer, size_t count, int64_t offset) {
  ssize_t result;
  RETRIED(result, pwrite(descriptor, buffer, count, offset));
  return result < 0 ? -errno : result;
}

int clinux_open_direct(int descriptor) {
  // Not by its name, which may have another file by now.
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
  int direct;
  RETRIED(direct, open(path, O_RDWR | O_DIRECT | O_CLOEXEC));
  return direct < 0 ? -errno : direct;
}

int clinux_truncate(int descriptor, int64_t size) {
  int result;
  RETRIED(result, ftruncate(descriptor, size));
  return result < 0 ? -errno : 0;
}

int clinux_next_hole(int descriptor, int64_t offset, int64_t *start, int64_t *end) {
  off_t hole = lseek(descriptor, offset, SEEK_HOLE);
  if (hole < 0) return errno == ENXIO || errno == EINVAL || errno == EOPNOTSUPP ? 0 : -errno;
  off_t data = lseek(descriptor, hole, SEEK_DATA);
  // ENXIO: no data follow. Behind every file's end is a hole, which is none of the file.
  if (data < 0 && errno == ENXIO) data = lseek(descriptor, 0, SEEK_END);
  if (data < 0) return -errno;
  *start = hole;
  *end = data;
  return data > hole;
}

int clinux_punch_hole(int descriptor, int64_t offset, int64_t count) {
  int result;
  RETRIED(result, fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count));
  return result < 0 ? -errno : 0;
}

int clinux_share(int source, int64_t offset, int64_t count, int target, int64_t target_offset) {
  struct file_clone_range range = {.src_fd = source,
                                   .src_offset = (uint64_t)offset,
                                   .src_length = (uint64_t)count,
                                   .dest_offset = (uint64_t)target_offset};
  int result;
  RETRIED(result, ioctl(target, FICLONERANGE, &range));
  return result < 0 ? -errno : 0;
}

int clinux_reserve(int descriptor, int64_t size) {
  int result;
  RETRIED(result, fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, size));
  return result < 0 ? -errno : 0;
}

int clinux_has_room(int descriptor, int64_t spared) {
  struct statvfs disk;
  int result;
  RETRIED(result, fstatvfs(descriptor, &disk));
  if (result != 0 || disk.f_blocks == 0) {
    return 1;
  }
  uint64_t sixteenth = (uint64_t)disk.f_blocks / 16 * disk.f_frsize;
  uint64_t kept = (uint64_t)spared < sixteenth ? (uint64_t)spared : sixteenth;
  return (uint64_t)disk.f_bavail * disk.f_frsize > kept;
}

int clinux_start_writeback(int descriptor) {
  int result = sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
  return result < 0 ? -errno : 0;
}

int clinux_set_mode(int descriptor, uint32_t mode) {
  int result;
  RETRIED(result, fchmod(descriptor, mode));
  if (result == 0) return 0;
  if (errno != EBADF) return -errno;
  // The descriptor was opened as a reference. fchmodat2 came with Linux 6.6; before that the
  // descriptor's own name below /proc leads to the very same inode.
  if (syscall(SYS_fchmodat2, descriptor, "", mode, AT_EMPTY_PATH) == 0) return 0;
  if (errno != ENOSYS && errno != EPERM) return -errno;
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
  return chmod(path, mode) < 0 ? -errno : 0;
}

int clinux_set_mtime(int descriptor, int64_t nanoseconds) {
  int64_t seconds = nanoseconds / second;
  int64_t rest = nanoseconds % second;
  if (rest < 0) {
    seconds -= 1;
    rest += second;
  }
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = rest}};
  int result;
  RETRIED(result, utimensat(descriptor, "", times, AT_EMPTY_PATH));
  return result < 0 ? -errno : 0;
}

/// A path that leads to the very inode of a descriptor, or to a name in that directory: these calls
/// take no descriptor that was opened as a reference, and no name relative to one.
static int descriptor_path(char *path, size_t capacity, int descriptor, const uint8_t *name,
                           size_t length) {
  TERMINATED(text, NAME_MAX + 1, name, length);
  int count = length ? snprintf(path, capacity, "/proc/self/fd/%d/%s", descriptor, text)
                     : snprintf(path, capacity, "/proc/self/fd/%d", descriptor);
  return count < (int)capacity ? 0 : -ENAMETOOLONG;
}

#define DESCRIPTOR_PATH(path, descriptor, name, length)                                    \
  char path[NAME_MAX + 32];                                                                \
  do {                                                                                     \
    int too_long = descriptor_path(path, sizeof(path), descriptor, name, length);          \
    if (too_long) return too_long;                                                         \
  } while (0)

ssize_t clinux_list_attributes(int descriptor, const uint8_t *name, size_t length, void *buffer,
                               size_t capacity) {
  ssize_t count = length ? -1 : flistxattr(descriptor, buffer, capacity);
  if (length || (count < 0 && errno == EBADF)) {
    DESCRIPTOR_PATH(path, descriptor, name, length);
    count = length ? llistxattr(path, buffer, capacity) : listxattr(path, buffer, capacity);
  }
  return count < 0 ? -errno : count;
}

ssize_t clinux_get_attribute(int descriptor, const uint8_t *name, size_t length,
                             const char *attribute, void *buffer, size_t capacity) {
  DESCRIPTOR_PATH(path, descriptor, name, length);
  ssize_t count = length ? lgetxattr(path, attribute, buffer, capacity)
                         : getxattr(path, attribute, buffer, capacity);
  return count < 0 ? -errno : count;
}

int clinux_set_attribute(int descriptor, const char *attribute, const void *value, size_t size,
                         int is_new) {
  DESCRIPTOR_PATH(path, descriptor, NULL, (size_t)0);
  return setxattr(path, attribute, value, size, is_new ? XATTR_CREATE : 0) < 0 ? -errno : 0;
}

int clinux_remove_attribute(int descriptor, const char *attribute) {
  DESCRIPTOR_PATH(path, descriptor, NULL, (size_t)0);
  return removexattr(path, attribute) < 0 ? -errno : 0;
}

int clinux_set_owner(int descriptor, uint32_t user, uint32_t group) {
  return fchownat(descriptor, "", user, group, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

ssize_t clinux_name_of(uint32_t number, int is_group, char *buffer, size_t capacity) {
  char room[4096];
  const char *name = NULL;
  if (is_group) {
    struct group entry, *found = NULL;
    if (getgrgid_r(number, &entry, room, sizeof(room), &found) == 0 && found) name = found->gr_name;
    if (name && strlen(name) <= capacity) return memcpy(buffer, name, strlen(name)), strlen(name);
  } else {
    struct passwd entry, *found = NULL;
    if (getpwuid_r(number, &entry, room, sizeof(room), &found) == 0 && found) name = found->pw_name;
    if (name && strlen(name) <= capacity) return memcpy(buffer, name, strlen(name)), strlen(name);
  }
  return -ENOENT;
}

int clinux_number_of(const char *name, int is_group, uint32_t *number) {
  char room[4096];
  if (is_group) {
    struct group entry, *found = NULL;
    if (getgrnam_r(name, &entry, room, sizeof(room), &found) != 0 || !found) return -ENOENT;
    *number = found->gr_gid;
  } else {
    struct passwd entry, *found = NULL;
    if (getpwnam_r(name, &entry, room, sizeof(room), &found) != 0 || !found) return -ENOENT;
    *number = found->pw_uid;
  }
  return 0;
}

int clinux_make_directory(int directory, const uint8_t *name, size_t length, uint32_t mode) {
  TERMINATED(text, NAME_MAX + 1, name, length);
  return mkdirat(directory, text, mode) < 0 ? -errno : 0;
}

int clinux_make_symlink(int directory, const uint8_t *name, size_t length, const uint8_t *target,
                        size_t target_length) {
  TERMINATED(text, NAME_MAX + 1, name, length);
  char target_text[PATH_MAX];
  if (target_length == 0) return -ENOENT;
  int too_long = terminated(target_text, sizeof(target_text), target, target_length);
  if (too_long) return too_long;
  return symlinkat(target_text, directory, text) < 0 ? -errno : 0;
}

ssize_t clinux_read_symlink(int descriptor, void *buffer, size_t capacity) {
  ssize_t count = readlinkat(descriptor, "", buffer, capacity);
  return count < 0 ? -errno : count;
}

int clinux_rename(int from_directory, const uint8_t *from, size_t from_length, int to_directory,
                  const uint8_t *to, size_t to_length, int mode) {
  TERMINATED(from_text, NAME_MAX + 1, from, from_length);
  TERMINATED(to_text, NAME_MAX + 1, to, to_length);
  unsigned flags = mode == 1 ? RENAME_NOREPLACE : mode == 2 ? RENAME_EXCHANGE : 0;
  int result;
  RETRIED(result, renameat2(from_directory, from_text, to_directory, to_text, flags));
  return result < 0 ? -errno : 0;
}

int clinux_link(int from_directory, const uint8_t *from, size_t from_length, int to_directory,
                const uint8_t *to, size_t to_length) {
  TERMINATED(from_text, NAME_MAX + 1, from, from_length);
  TERMINATED(to_text, NAME_MAX + 1, to, to_length);
  return linkat(from_directory, from_text, to_directory, to_text, 0) < 0 ? -errno : 0;
}

int clinux_remove(int directory, const uint8_t *name, size_t length, int is_directory) {
  TERMINATED(text, NAME_MAX + 1, name, length);
  return unlinkat(directory, text, is_directory ? AT_REMOVEDIR : 0) < 0 ? -errno : 0;
}

int clinux_fsync(int descriptor) {
  int result;
  RETRIED(result, fsync(descriptor));
  return result < 0 ? -errno : 0;
}

int clinux_has_writer(int descriptor) {
  // Whoever opens the file for writing in the microseconds in which the lease is held waits for its
  // end, and the kernel signals it to us: by SIGIO, which kills, unless told otherwise. SIGURG is
  // ignored by default.
  if (fcntl(descriptor, F_SETSIG, SIGURG) < 0) return -errno;
  if (fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) {
    fcntl(descriptor, F_SETLEASE, F_UNLCK);
    return 0;
  }
  return errno == EAGAIN ? 1 : -errno;
}

int clinux_syncfs(int descriptor) {
  int result;
  RETRIED(result, syncfs(descriptor));
  return result < 0 ? -errno : 0;
}

void clinux_close(int descriptor) {
  // Linux gives the descriptor back even when close(2) says EINTR: never tried again.
  close(descriptor);
}
