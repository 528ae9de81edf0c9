#include <string.h>

#include "node.h"

static inline uint32_t rotate(uint32_t word, int bits) {
  return word >> bits | word << (32 - bits);
}

/// The quarter-round G on four words of the state (section 2.2).
static inline void mix(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d, uint32_t x, uint32_t y) {
  *a += *b + x;
  *d = rotate(*d ^ *a, 16);
  *c += *d;
  *b = rotate(*b ^ *c, 12);
  *a += *b + y;
  *d = rotate(*d ^ *a, 8);
  *c += *d;
  *b = rotate(*b ^ *c, 7);
}

/// Compresses one block into `value`, which is both the input and the output chaining value.
static void compress(
    uint32_t value[HASH_WORDS], const uint32_t message[BLOCK_WORDS], uint64_t counter,
    uint32_t length, uint32_t flags) {
  uint32_t v[BLOCK_WORDS] = {
      value[0], value[1], value[2], value[3], value[4], value[5], value[6], value[7],
      INITIAL[0], INITIAL[1], INITIAL[2], INITIAL[3],
      (uint32_t)counter, (uint32_t)(counter >> 32), length, flags,
  };
#pragma clang loop unroll(full)
  for (int round = 0; round < ROUNDS; round++) {
    const uint8_t *s = SCHEDULE[round];
    mix(&v[0], &v[4], &v[8], &v[12], message[s[0]], message[s[1]]);
    mix(&v[1], &v[5], &v[9], &v[13], message[s[2]], message[s[3]]);
    mix(&v[2], &v[6], &v[10], &v[14], message[s[4]], message[s[5]]);
    mix(&v[3], &v[7], &v[11], &v[15], message[s[6]], message[s[7]]);
    mix(&v[0], &v[5], &v[10], &v[15], message[s[8]], message[s[9]]);
    mix(&v[1], &v[6], &v[11], &v[12], message[s[10]], message[s[11]]);
    mix(&v[2], &v[7], &v[8], &v[13], message[s[12]], message[s[13]]);
    mix(&v[3], &v[4], &v[9], &v[14], message[s[14]], message[s[15]]);
  }
  for (int i = 0; i < HASH_WORDS; i++) {
    value[i] = v[i] ^ v[i + HASH_WORDS];
  }
}

void blake3_chunk(
    const uint8_t *input, size_t length, uint64_t counter, uint32_t flags,
    uint32_t value[HASH_WORDS]) {
  uint32_t state[HASH_WORDS];
  memcpy(state, INITIAL, sizeof state);
  uint32_t start = CHUNK_START;
  // The last block is compressed below even if it is full: it is the one with the final flags.
  while (length > BLOCK_BYTES) {
    uint32_t message[BLOCK_WORDS];
    memcpy(message, input, BLOCK_BYTES);
    compress(state, message, counter, BLOCK_BYTES, start);
    start = 0;
    input += BLOCK_BYTES;
    length -= BLOCK_BYTES;
  }
  uint32_t message[BLOCK_WORDS] = {0};
  if (length > 0) {
    memcpy(message, input, length);
  }
  compress(state, message, counter, (uint32_t)length, start | CHUNK_END | flags);
  memcpy(value, state, sizeof state);
}

void blake3_parent(
    const uint32_t children[2 * HASH_WORDS], uint32_t flags, uint32_t value[HASH_WORDS]) {
  uint32_t state[HASH_WORDS];
  memcpy(state, INITIAL, sizeof state);
  compress(state, children, 0, BLOCK_BYTES, PARENT | flags);
  memcpy(value, state, sizeof state);
}

void blake3_nodes_portable(
    enum node_kind kind, const uint8_t *nodes, size_t count, uint64_t counter, uint32_t *values) {
  for (size_t i = 0; i < count; i++) {
    switch (kind) {
      case NODE_CHUNK:
        blake3_chunk(nodes + i * CHUNK_BYTES, CHUNK_BYTES, counter + i, 0, values + i * HASH_WORDS);
        break;
      case NODE_PARENT: {
        uint32_t children[BLOCK_WORDS];
        memcpy(children, nodes + i * BLOCK_BYTES, BLOCK_BYTES);
        blake3_parent(children, 0, values + i * HASH_WORDS);
        break;
      }
    }
  }
}
