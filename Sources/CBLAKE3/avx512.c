#if defined(__x86_64__)
#define LANES 16
#define TARGET __attribute__((target("avx512f")))
#define FUNCTION blake3_nodes_avx512
#include "wide.h"
#endif
