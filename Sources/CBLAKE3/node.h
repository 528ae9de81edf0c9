#ifndef BLAKE3_NODE_H
#define BLAKE3_NODE_H

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Words are read as they lie in memory: this needs a little-endian processor."
#endif

enum {
  BLOCK_BYTES = 64,
  CHUNK_BYTES = 1024,
  CHUNK_BLOCKS = CHUNK_BYTES / BLOCK_BYTES,
  BLOCK_WORDS = 16,
  HASH_WORDS = 8,
  HASH_BYTES = 32,
  ROUNDS = 7,
};

/// Domain flags of a compression (section 2.2 of the paper).
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

/// The two kinds of nodes of which the tree consists. Either lies in memory as whole blocks.
enum node_kind {
  /// 1024 bytes of input, compressed block by block.
  NODE_CHUNK,
  /// The chaining values of two children, one block.
  NODE_PARENT,
};

/// Where the state begins: the first words of the square roots of the first eight primes.
static const uint32_t INITIAL[HASH_WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/// The message words that each round mixes in, in the order of use: the permutation
/// 2 6 3 10 7 0 4 13 1 11 12 5 9 14 15 8 applied once more for every round.
static const uint8_t SCHEDULE[ROUNDS][BLOCK_WORDS] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1},
    {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4},
    {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};

/// Hashes `count` nodes that lie one behind the other at `nodes`; `counter` is the number of the
/// first if they are chunks. `values` receives their chaining values, eight words each. It may be
/// the place where the nodes begin: a node is read before its value is written.
typedef void hash_nodes(
    enum node_kind kind, const uint8_t *nodes, size_t count, uint64_t counter, uint32_t *values);

hash_nodes blake3_nodes_portable;
#if defined(__x86_64__)
/// At most eight nodes.
hash_nodes blake3_nodes_avx2;
/// At most eight nodes, with the rotations and the registers of AVX-512.
hash_nodes blake3_nodes_avx512_eight;
/// At most sixteen nodes.
hash_nodes blake3_nodes_avx512;
#endif

/// Hashes one chunk of 0 to 1024 bytes; `flags` is 0, or ROOT if it is the whole input.
void blake3_chunk(
    const uint8_t *input, size_t length, uint64_t counter, uint32_t flags,
    uint32_t value[HASH_WORDS]);

/// Hashes the chaining values of two children; `flags` is 0 or ROOT.
void blake3_parent(
    const uint32_t children[2 * HASH_WORDS], uint32_t flags, uint32_t value[HASH_WORDS]);

#endif
