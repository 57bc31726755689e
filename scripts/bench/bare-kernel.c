// bare-kernel NAME MS: millions of nonces a second that a kernel tries where nothing else is in the process.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../../miner/work/kernels/native/kernels.h"

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  Kernel kernels[MOST_KERNELS];
  const uint32_t count = kernels_here(kernels);
  const uint64_t message[25] = {1};
  uint64_t first[25];
  prepare(message, first);
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(kernels[i].name, argv[1]) != 0) continue;
    const double began = now_ms();
    uint64_t counter = 0;
    while (now_ms() - began < atof(argv[2])) counter += kernels[i].search(first, counter, 1 << 20, 0);
    printf("%f\n", counter / (now_ms() - began) / 1e3);
    return 0;
  }
  return 1;
}
