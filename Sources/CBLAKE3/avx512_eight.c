#if defined(__x86_64__)
#define LANES 8
#define TARGET __attribute__((target("avx512f,avx512vl")))
#define FUNCTION blake3_nodes_avx512_eight
#include "wide.h"
#endif
