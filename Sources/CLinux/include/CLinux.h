#ifndef CLINUX_H
#define CLINUX_H

/// The Linux calls that Swift's Glibc module hides. Every wrapper returns the kernel's result, or
/// -errno: errno is never read on the Swift side, where another call could have overwritten it.
///
/// `_GNU_SOURCE` is defined in the C files only: here it would give `fd_set` other members than the
/// Glibc module has, and Swift refuses two definitions of one type.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "disk.h"
#include "network.h"
#include "process.h"
#include "thread.h"
#include "watch.h"

#endif
