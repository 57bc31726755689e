// Nonce search with vector instructions: several counters at a time, each a whole Keccak-f[1600] (FIPS 202) over one block of message.
//
// What makes it fast is what makes the WebAssembly fast (../wasm/assembly/keccak-search.ts): the counter is one whole lane, so that the first round's theta is
// computed once for all counters but for eleven lanes; the last round makes lane 0 alone, and a mask rejects nearly all of them.

#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lanes are little-endian"
#endif

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAMED(what) JOIN(what, NAME)
#define INLINE static inline __attribute__((always_inline))
#define PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define UNROLL(n) PRAGMA(unroll n)
#else
#define UNROLL(n) PRAGMA(GCC unroll n)
#endif
// Everything that is in memory has to be there now.
#define BARRIER() __asm__ volatile("" ::: "memory")
#define IN_MEMORY(a, b, c, d) __asm__ volatile("" : : "r"(a), "r"(b), "r"(c), "r"(d) : "memory")
// Of a vector or a number, to the left, by 0 to 63 bits.
#define ROTATE(v, n) ((n) == 0 ? (v) : (v) << (n) | (v) >> ((64 - (n)) & 63))

// Lane (x, y) is at x + 5y.
static const int RHO[25] = {0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14};
static const uint64_t ROUND[24] = {
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
  0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
  0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};
// Bytes 72 to 79 of the message are lane (4, 1), whose column's parity goes into columns 0 and 3: what the counter adds to a lane before chi of the first round.
#define COUNTER_LANE 9
#define FIRST_THETA(counter, lane) \
  ((lane) == COUNTER_LANE ? ROTATE(counter, RHO[COUNTER_LANE]) \
   : (lane) % 5 == 0 ? ROTATE(counter, RHO[lane]) \
   : (lane) % 5 == 3 ? ROTATE(counter, (RHO[lane] + 1) % 64) \
   : (counter) ^ (counter))

// The bits, in the byte order of a lane, that are zero in every number up to the target.
INLINE uint64_t zero_bits_of(uint64_t target) {
  return __builtin_bswap64(~(~0ull >> __builtin_clzll(target | 1)));
}

INLINE uint64_t last(const uint64_t *from) {
  uint64_t parity[5];
  for (int x = 0; x < 5; x++) parity[x] = from[x] ^ from[x + 5] ^ from[x + 10] ^ from[x + 15] ^ from[x + 20];
  const uint64_t row0 = from[0] ^ parity[4] ^ ROTATE(parity[1], 1);
  const uint64_t row1 = ROTATE(from[6] ^ parity[0] ^ ROTATE(parity[2], 1), RHO[6]);
  const uint64_t row2 = ROTATE(from[12] ^ parity[1] ^ ROTATE(parity[3], 1), RHO[12]);
  return row0 ^ (~row1 & row2) ^ ROUND[23];
}

// The lanes between pi and chi of the first round, of the message whose counter is zero.
static void prepare(const uint64_t message[25], uint64_t first[25]) {
  uint64_t parity[5];
  for (int x = 0; x < 5; x++) parity[x] = message[x] ^ message[x + 5] ^ message[x + 10] ^ message[x + 15] ^ message[x + 20];
  for (int y = 0; y < 5; y++) {
    for (int x = 0; x < 5; x++) {
      const int lane = (x + 3 * y) % 5 + 5 * x;
      const uint64_t theta = parity[(lane + 4) % 5] ^ ROTATE(parity[(lane + 1) % 5], 1);
      first[x + 5 * y] = ROTATE(message[lane] ^ theta, RHO[lane]);
    }
  }
}

#if defined(__x86_64__)
#define TERNARY(a, b, c, table) ((VECTOR)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), table))
#define NAME avx512
#define TARGET __attribute__((target("avx512f")))
#define LANES 8
#define BESIDE 0
#define XOR3(a, b, c) TERNARY(a, b, c, 0x96)
#define CHI(a, b, c) TERNARY(a, b, c, 0xd2)
#define HAS_ZERO(v) (_mm512_testn_epi64_mask((__m512i)(v), (__m512i)(v)) != 0)
#include "lanes.inc"

#define NAME avx2
#define TARGET __attribute__((target("avx2,bmi")))
#define LANES 4
#define BESIDE 1
#define XOR3(a, b, c) ((a) ^ ((b) ^ (c)))
#define CHI(a, b, c) ((a) ^ (~(b) & (c)))
#define HAS_ZERO(v) (_mm256_movemask_pd((__m256d)((v) == 0)) != 0)
#include "lanes.inc"
#endif

// What each processor of the architecture has: SSE2, NEON.
#define NAME simd128
#define TARGET
#define LANES 2
#define BESIDE 1
#define XOR3(a, b, c) ((a) ^ ((b) ^ (c)))
#define CHI(a, b, c) ((a) ^ (~(b) & (c)))
#define HAS_ZERO(v) ((v)[0] == 0 || (v)[1] == 0)
#include "lanes.inc"

typedef struct {
  const char *name;
  uint32_t (*search)(const uint64_t first[25], uint64_t start, uint32_t count, uint64_t target);
} Kernel;

#define MOST_KERNELS 3

// Those that this processor can run, the slowest first.
static uint32_t kernels_here(Kernel *kernels) {
  uint32_t count = 0;
  kernels[count++] = (Kernel){"simd128", search_simd128};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) kernels[count++] = (Kernel){"avx2", search_avx2};
  if (__builtin_cpu_supports("avx512f")) kernels[count++] = (Kernel){"avx512", search_avx512};
#endif
  return count;
}
