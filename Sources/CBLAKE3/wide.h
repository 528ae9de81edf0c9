/// Hashes LANES nodes at once: lane i of every vector belongs to node i. Written with the vector
/// types of the compiler, so that one text serves every width. Whoever includes it defines
///   LANES     the number of 32-bit words in a vector: 8 or 16
///   TARGET    the function attribute that allows instructions of that width
///   FUNCTION  the name of the `hash_nodes` that results

#include <string.h>

#include "node.h"

typedef uint32_t vector __attribute__((vector_size(4 * LANES)));

/// Two rows `s` apart, seen as squares of `s` words a side: the right square of the upper row
/// changes places with the left square of the lower one. UPPER and LOWER say where word j of the
/// new rows comes from: below LANES from the old upper row, from LANES on from the old lower one.
#define UPPER(j, s) ((j) & (s) ? LANES + (j) - (s) : (j))
#define LOWER(j, s) ((j) & (s) ? LANES + (j) : (j) + (s))
#define EIGHT(f, j, s) \
  f((j), s), f((j) + 1, s), f((j) + 2, s), f((j) + 3, s), f((j) + 4, s), f((j) + 5, s), \
      f((j) + 6, s), f((j) + 7, s)
#if LANES == 8
#define LANE_LIST(f, s) EIGHT(f, 0, s)
#elif LANES == 16
#define LANE_LIST(f, s) EIGHT(f, 0, s), EIGHT(f, 8, s)
#endif

/// One step of a transposition, in all LANES rows.
#define EXCHANGE(rows, s) \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) { \
    if ((i & (s)) == 0) { \
      vector a = (rows)[i], b = (rows)[i + (s)]; \
      (rows)[i] = __builtin_shufflevector(a, b, LANE_LIST(UPPER, s)); \
      (rows)[i + (s)] = __builtin_shufflevector(a, b, LANE_LIST(LOWER, s)); \
    } \
  }

/// Turns rows of LANES words into columns: word j of row i becomes word i of row j.
TARGET static inline void transpose(vector rows[LANES]) {
  EXCHANGE(rows, 1)
  EXCHANGE(rows, 2)
  EXCHANGE(rows, 4)
#if LANES == 16
  EXCHANGE(rows, 8)
#endif
}

/// Reads one block of every node; word i of all of them becomes `message[i]`.
TARGET static inline void load(const uint8_t *const blocks[LANES], vector message[BLOCK_WORDS]) {
#pragma clang loop unroll(full)
  for (int part = 0; part < BLOCK_WORDS; part += LANES) {
#pragma clang loop unroll(full)
    for (int lane = 0; lane < LANES; lane++) {
      memcpy(&message[part + lane], blocks[lane] + 4 * part, sizeof(vector));
    }
    transpose(message + part);
  }
}

#define ROTATE(word, bits) ((word) >> (bits) | (word) << (32 - (bits)))

/// The quarter-round G on four words of the states (section 2.2 of the paper).
TARGET static inline void mix(
    vector *a, vector *b, vector *c, vector *d, const vector *x, const vector *y) {
  *a += *b + *x;
  *d = ROTATE(*d ^ *a, 16);
  *c += *d;
  *b = ROTATE(*b ^ *c, 12);
  *a += *b + *y;
  *d = ROTATE(*d ^ *a, 8);
  *c += *d;
  *b = ROTATE(*b ^ *c, 7);
}

/// Compresses one full block of each node into `value`.
TARGET static inline void compress(
    vector value[HASH_WORDS], const vector message[BLOCK_WORDS], vector counter_low,
    vector counter_high, uint32_t flags) {
  const vector zero = {0};
  vector v[BLOCK_WORDS] = {
      value[0], value[1], value[2], value[3], value[4], value[5], value[6], value[7],
      zero + INITIAL[0], zero + INITIAL[1], zero + INITIAL[2], zero + INITIAL[3],
      counter_low, counter_high, zero + BLOCK_BYTES, zero + flags,
  };
#pragma clang loop unroll(full)
  for (int round = 0; round < ROUNDS; round++) {
    const uint8_t *s = SCHEDULE[round];
    mix(&v[0], &v[4], &v[8], &v[12], &message[s[0]], &message[s[1]]);
    mix(&v[1], &v[5], &v[9], &v[13], &message[s[2]], &message[s[3]]);
    mix(&v[2], &v[6], &v[10], &v[14], &message[s[4]], &message[s[5]]);
    mix(&v[3], &v[7], &v[11], &v[15], &message[s[6]], &message[s[7]]);
    mix(&v[0], &v[5], &v[10], &v[15], &message[s[8]], &message[s[9]]);
    mix(&v[1], &v[6], &v[11], &v[12], &message[s[10]], &message[s[11]]);
    mix(&v[2], &v[7], &v[8], &v[13], &message[s[12]], &message[s[13]]);
    mix(&v[3], &v[4], &v[9], &v[14], &message[s[14]], &message[s[15]]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < HASH_WORDS; i++) {
    value[i] = v[i] ^ v[i + HASH_WORDS];
  }
}

TARGET void FUNCTION(
    enum node_kind kind, const uint8_t *nodes, size_t count, uint64_t counter, uint32_t *values) {
  const size_t block_count = kind == NODE_CHUNK ? CHUNK_BLOCKS : 1;
  const uint8_t *blocks[LANES];
  vector counter_low = {0}, counter_high = {0};
  for (size_t lane = 0; lane < LANES; lane++) {
    // Lanes without a node repeat the last one; their values are dropped.
    size_t node = lane < count ? lane : count - 1;
    blocks[lane] = nodes + node * block_count * BLOCK_BYTES;
    uint64_t number = kind == NODE_CHUNK ? counter + node : 0;
    counter_low[lane] = (uint32_t)number;
    counter_high[lane] = (uint32_t)(number >> 32);
  }

  vector value[HASH_WORDS];
  for (int i = 0; i < HASH_WORDS; i++) {
    value[i] = (vector){0} + INITIAL[i];
  }
  for (size_t block = 0; block < block_count; block++) {
    uint32_t flags = kind == NODE_PARENT ? PARENT : 0;
    if (kind == NODE_CHUNK && block == 0) {
      flags |= CHUNK_START;
    }
    if (kind == NODE_CHUNK && block == block_count - 1) {
      flags |= CHUNK_END;
    }
    vector message[BLOCK_WORDS];
    load(blocks, message);
    compress(value, message, counter_low, counter_high, flags);
    for (int lane = 0; lane < LANES; lane++) {
      blocks[lane] += BLOCK_BYTES;
    }
  }

  uint32_t words[HASH_WORDS][LANES];
  memcpy(words, value, sizeof words);
  for (size_t lane = 0; lane < count; lane++) {
    for (size_t i = 0; i < HASH_WORDS; i++) {
      values[lane * HASH_WORDS + i] = words[i][lane];
    }
  }
}
