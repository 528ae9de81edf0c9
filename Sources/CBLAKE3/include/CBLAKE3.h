#ifndef CBLAKE3_H
#define CBLAKE3_H

#include <stddef.h>
#include <stdint.h>

/// BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn: "BLAKE3: one function, fast everywhere",
/// 2020) in its hash mode with the default output of 32 bytes. Nothing here allocates or keeps state.

/// How the work is done; the hash is the same.
enum __attribute__((enum_extensibility(closed))) blake3_level {
  /// One block at a time, in plain C.
  BLAKE3_PORTABLE = 0,
  /// Eight nodes of the tree at once.
  BLAKE3_AVX2 = 1,
  /// Sixteen nodes of the tree at once, or eight.
  BLAKE3_AVX512 = 2,
};

/// The best level that this processor, this kernel and this build have.
enum blake3_level blake3_best_level(void);

/// Hashes `length` bytes at `data`, which may be null if there are none, at the best level.
void blake3_hash(const void *data, size_t length, uint8_t out[32]);

/// The same at a level not above the best one; for tests and measurements.
void blake3_hash_with(enum blake3_level level, const void *data, size_t length, uint8_t out[32]);

#endif
