#include <string.h>

#include "CBLAKE3.h"
#include "node.h"

enum {
  /// Chunks whose chaining values are reduced together, level by level. A power of two, so that a
  /// full slab is a complete subtree; large enough for wide parents, small enough for the stack.
  SLAB_CHUNKS = 256,
  SLAB_BYTES = SLAB_CHUNKS * CHUNK_BYTES,
  /// Subtrees that can be waiting for their right neighbours: one for each size, and inputs end
  /// below 2^64 bytes; with the two that the last slab may leave.
  STACK_DEPTH = 64,
};

enum blake3_level blake3_best_level(void) {
#if defined(__x86_64__)
  // These ask cpuid, and with xgetbv whether the kernel keeps such registers.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
    return BLAKE3_AVX512;
  }
  if (__builtin_cpu_supports("avx2")) {
    return BLAKE3_AVX2;
  }
#endif
  return BLAKE3_PORTABLE;
}

/// Hashes any number of nodes, as many at once as the level allows and as is worth it: eight lanes
/// cost about as much as two single nodes.
static void hash_all_nodes(
    enum blake3_level level, enum node_kind kind, const uint8_t *nodes, size_t count,
    uint64_t counter, uint32_t *values) {
  const size_t node_bytes = kind == NODE_CHUNK ? CHUNK_BYTES : BLOCK_BYTES;
  while (count > 0) {
    size_t batch = count;
    hash_nodes *hash = blake3_nodes_portable;
#if defined(__x86_64__)
    if (level >= BLAKE3_AVX512 && count > 8) {
      batch = count < 16 ? count : 16;
      hash = blake3_nodes_avx512;
    } else if (level >= BLAKE3_AVX512 && count > 2) {
      batch = count < 8 ? count : 8;
      hash = blake3_nodes_avx512_eight;
    } else if (level >= BLAKE3_AVX2 && count > 2) {
      batch = count < 8 ? count : 8;
      hash = blake3_nodes_avx2;
    }
#endif
    hash(kind, nodes, batch, counter, values);
    nodes += batch * node_bytes;
    values += batch * HASH_WORDS;
    counter += batch;
    count -= batch;
  }
}

/// Reduces `count` neighbouring chaining values to at most `goal` (1 or 2), in place, and returns
/// how many are left. Pairing from the left, and passing a last odd one upwards, makes every left
/// subtree the largest power of two that leaves something for the right: the tree of section 2.1.
static size_t reduce(enum blake3_level level, uint32_t *values, size_t count, size_t goal) {
  while (count > goal) {
    size_t pairs = count / 2;
    hash_all_nodes(level, NODE_PARENT, (const uint8_t *)values, pairs, 0, values);
    if (count % 2 == 1) {
      memcpy(values + pairs * HASH_WORDS, values + (count - 1) * HASH_WORDS, HASH_BYTES);
    }
    count = pairs + count % 2;
  }
  return count;
}

/// Hashes the chunks of at most one slab and reduces their values to at most `goal`.
static size_t hash_slab(
    enum blake3_level level, const uint8_t *input, size_t length, uint64_t counter, size_t goal,
    uint32_t *values) {
  size_t count = length / CHUNK_BYTES;
  hash_all_nodes(level, NODE_CHUNK, input, count, counter, values);
  size_t rest = length % CHUNK_BYTES;
  if (rest > 0) {
    blake3_chunk(
        input + count * CHUNK_BYTES, rest, counter + count, 0, values + count * HASH_WORDS);
    count += 1;
  }
  return reduce(level, values, count, goal);
}

void blake3_hash_with(
    enum blake3_level level, const void *data, size_t length, uint8_t out[HASH_BYTES]) {
  const uint8_t *input = data;
  uint32_t root[HASH_WORDS];
  if (length <= CHUNK_BYTES) {
    blake3_chunk(input, length, 0, ROOT, root);
    memcpy(out, root, HASH_BYTES);
    return;
  }

  // Subtrees from left to right, each larger than the next: two of equal size are merged at once.
  // More input follows every slab of this loop, so that none of its merges makes the root.
  uint32_t stack[STACK_DEPTH * HASH_WORDS];
  size_t depth = 0;
  uint32_t values[SLAB_CHUNKS * HASH_WORDS];
  uint64_t slabs = 0;
  while (length > SLAB_BYTES) {
    hash_slab(level, input, SLAB_BYTES, slabs * SLAB_CHUNKS, 1, values);
    memcpy(stack + depth * HASH_WORDS, values, HASH_BYTES);
    depth += 1;
    slabs += 1;
    for (uint64_t merges = slabs; merges % 2 == 0; merges /= 2) {
      depth -= 1;
      uint32_t *left = stack + (depth - 1) * HASH_WORDS;
      blake3_parent(left, 0, left);
    }
    input += SLAB_BYTES;
    length -= SLAB_BYTES;
  }

  size_t goal = depth == 0 ? 2 : 1;
  size_t count = hash_slab(level, input, length, slabs * SLAB_CHUNKS, goal, values);
  memcpy(stack + depth * HASH_WORDS, values, count * HASH_BYTES);
  for (depth += count; depth > 1; depth--) {
    uint32_t *left = stack + (depth - 2) * HASH_WORDS;
    blake3_parent(left, depth == 2 ? ROOT : 0, left);
  }
  memcpy(out, stack, HASH_BYTES);
}

void blake3_hash(const void *data, size_t length, uint8_t out[HASH_BYTES]) {
  blake3_hash_with(blake3_best_level(), data, length, out);
}
