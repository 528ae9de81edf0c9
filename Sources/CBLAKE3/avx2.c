#if defined(__x86_64__)
#define LANES 8
#define TARGET __attribute__((target("avx2")))
#define FUNCTION blake3_nodes_avx2
#include "wide.h"
#endif
