// Searches nonces whose Keccak-256 over challenge, miner and nonce is small: three counters at a time, two in the lanes of
// one v128 and one in a u64. Long because the rounds are written out.
//
// The digest of 84 bytes is a single Keccak-f[1600] permutation (FIPS 202 with Keccak's own padding). What makes it fast:
// - SIMD and scalar instructions alternate line by line, so that the CPU's vector and integer units work at the same time
//   (1.4 times the rate of SIMD alone; two v128 or two u64 chains run out of registers and are slower);
// - two rounds a loop turn: lane names swap between "a" and "e" and no lane is ever moved (all 22 written out
//   are slower: they overflow the CPU's cache of decoded instructions);
// - the counter is one whole lane (bytes 72 to 79 of the message, 20 to 27 of the nonce), so the first round's theta touches
//   eleven lanes only; all else of it is computed once per job in `prepare`;
// - the last round makes lane 0 alone, the most significant 64 bits of the digest, and a mask rejects nearly all of them.
// Lane (x, y) is bytes 8(x + 5y) and following of the state. Longer than other files because the rounds are written out:
// AssemblyScript has no macros, and a loop over lanes would keep them in memory. Built by scripts/make/build-wasm.ts.

/** The state before the permutation: 84 bytes of message with the counter zero, padding, zeros. Written by the host. */
const MESSAGE: usize = memory.data(200, 16)

/** The lanes between rho-pi and chi of the first round for counter zero, each twice: 25 v128. */
const FIRST: usize = memory.data(400, 16)

const RC: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
  0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
  0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
  0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
])

// @ts-ignore: decorator
@inline
function xor(a: v128, b: v128): v128 {
  return v128.xor(a, b)
}

// @ts-ignore: decorator
@inline
function rot(a: v128, bits: i32): v128 {
  return v128.or(i64x2.shl(a, bits), i64x2.shr_u(a, 64 - bits))
}

// @ts-ignore: decorator
@inline
function rotS(a: u64, bits: u64): u64 {
  return rotl<u64>(a, bits)
}

// @ts-ignore: decorator
@inline
function chi(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.andnot(c, b))
}

// @ts-ignore: decorator
@inline
function chiS(a: u64, b: u64, c: u64): u64 {
  return a ^ (~b & c)
}

/** Address of the 200 bytes that the host fills before `prepare`. */
export function message(): usize {
  return MESSAGE
}

/** Computes what all counters of a job share. */
export function prepare(): void {
  for (let x = 0; x < 5; x++) {
    const theta = parity((x + 4) % 5) ^ rotl<u64>(parity((x + 1) % 5), 1)
    for (let y = 0; y < 5; y++) {
      const lane = load<u64>(MESSAGE + 8 * (x + 5 * y)) ^ theta
      v128.store(FIRST + 16 * (y + 5 * ((2 * x + 3 * y) % 5)), i64x2.splat(rotl<u64>(lane, rho(x, y))))
    }
  }
}

function parity(x: i32): u64 {
  let sum: u64 = 0
  for (let y = 0; y < 5; y++) sum ^= load<u64>(MESSAGE + 8 * (x + 5 * y))
  return sum
}

function rho(x: i32, y: i32): u64 {
  let u = 1
  let v = 0
  for (let t = 0; t < 24; t++) {
    if (u == x && v == y) return ((t + 1) * (t + 2)) / 2 % 64
    const next = (2 * u + 3 * v) % 5
    u = v
    v = next
  }
  return 0
}

/**
 * The first i with `start + i` below `start + count` whose digest has at most `targetHigh` in its first 8 bytes; `count` if
 * there is none. `count` is a multiple of 3. Counters wrap at 2^64.
 */
export function search(start: u64, count: u32, targetHigh: u64): u32 {
  // The bits that are zero in every number up to the target, in the byte order of a lane.
  const zeroBits = bswap<u64>(~(<u64>-1 >> clz<u64>(targetHigh | 1)))
  const zeroBits2 = i64x2.splat(zeroBits)
  const zero = i64x2.splat(0)
  const three = i64x2.splat(3)
  let counter = i64x2.add(i64x2.splat(start), i64x2(0, 1))
  let counterS = start + 2
  for (let i: u32 = 0; i < count; i += 3) {
    let a00: v128, a10: v128, a20: v128, a30: v128, a40: v128, a01: v128, a11: v128, a21: v128, a31: v128, a41: v128,
      a02: v128, a12: v128, a22: v128, a32: v128, a42: v128, a03: v128, a13: v128, a23: v128, a33: v128, a43: v128,
      a04: v128, a14: v128, a24: v128, a34: v128, a44: v128
    let e00: v128, e10: v128, e20: v128, e30: v128, e40: v128, e01: v128, e11: v128, e21: v128, e31: v128, e41: v128,
      e02: v128, e12: v128, e22: v128, e32: v128, e42: v128, e03: v128, e13: v128, e23: v128, e33: v128, e43: v128,
      e04: v128, e14: v128, e24: v128, e34: v128, e44: v128
    let b0: v128, b1: v128, b2: v128, b3: v128, b4: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, d0: v128,
      d1: v128, d2: v128, d3: v128, d4: v128
    let a00S: u64, a10S: u64, a20S: u64, a30S: u64, a40S: u64, a01S: u64, a11S: u64, a21S: u64, a31S: u64, a41S: u64,
      a02S: u64, a12S: u64, a22S: u64, a32S: u64, a42S: u64, a03S: u64, a13S: u64, a23S: u64, a33S: u64, a43S: u64,
      a04S: u64, a14S: u64, a24S: u64, a34S: u64, a44S: u64
    let e00S: u64, e10S: u64, e20S: u64, e30S: u64, e40S: u64, e01S: u64, e11S: u64, e21S: u64, e31S: u64, e41S: u64,
      e02S: u64, e12S: u64, e22S: u64, e32S: u64, e42S: u64, e03S: u64, e13S: u64, e23S: u64, e33S: u64, e43S: u64,
      e04S: u64, e14S: u64, e24S: u64, e34S: u64, e44S: u64
    let b0S: u64, b1S: u64, b2S: u64, b3S: u64, b4S: u64, c0S: u64, c1S: u64, c2S: u64, c3S: u64, c4S: u64, d0S: u64,
      d1S: u64, d2S: u64, d3S: u64, d4S: u64

    // Round 1: the counter enters by its own lane (4, 1) and, through theta, columns 0 and 3.
    b0 = xor(counter, v128.load(FIRST, 0)); b0S = counterS ^ load<u64>(FIRST, 0)
    b1 = v128.load(FIRST, 16); b1S = load<u64>(FIRST, 16)
    b2 = v128.load(FIRST, 32); b2S = load<u64>(FIRST, 32)
    b3 = xor(rot(counter, 22), v128.load(FIRST, 48)); b3S = rotS(counterS, 22) ^ load<u64>(FIRST, 48)
    b4 = v128.load(FIRST, 64); b4S = load<u64>(FIRST, 64)
    a00 = xor(chi(b0, b1, b2), v128.load64_splat(RC)); a00S = chiS(b0S, b1S, b2S) ^ load<u64>(RC)
    a10 = chi(b1, b2, b3); a10S = chiS(b1S, b2S, b3S)
    a20 = chi(b2, b3, b4); a20S = chiS(b2S, b3S, b4S)
    a30 = chi(b3, b4, b0); a30S = chiS(b3S, b4S, b0S)
    a40 = chi(b4, b0, b1); a40S = chiS(b4S, b0S, b1S)
    b0 = xor(rot(counter, 29), v128.load(FIRST, 80)); b0S = rotS(counterS, 29) ^ load<u64>(FIRST, 80)
    b1 = xor(rot(counter, 20), v128.load(FIRST, 96)); b1S = rotS(counterS, 20) ^ load<u64>(FIRST, 96)
    b2 = xor(rot(counter, 3), v128.load(FIRST, 112)); b2S = rotS(counterS, 3) ^ load<u64>(FIRST, 112)
    b3 = v128.load(FIRST, 128); b3S = load<u64>(FIRST, 128)
    b4 = v128.load(FIRST, 144); b4S = load<u64>(FIRST, 144)
    a01 = chi(b0, b1, b2); a01S = chiS(b0S, b1S, b2S)
    a11 = chi(b1, b2, b3); a11S = chiS(b1S, b2S, b3S)
    a21 = chi(b2, b3, b4); a21S = chiS(b2S, b3S, b4S)
    a31 = chi(b3, b4, b0); a31S = chiS(b3S, b4S, b0S)
    a41 = chi(b4, b0, b1); a41S = chiS(b4S, b0S, b1S)
    b0 = v128.load(FIRST, 160); b0S = load<u64>(FIRST, 160)
    b1 = v128.load(FIRST, 176); b1S = load<u64>(FIRST, 176)
    b2 = xor(rot(counter, 26), v128.load(FIRST, 192)); b2S = rotS(counterS, 26) ^ load<u64>(FIRST, 192)
    b3 = v128.load(FIRST, 208); b3S = load<u64>(FIRST, 208)
    b4 = xor(rot(counter, 18), v128.load(FIRST, 224)); b4S = rotS(counterS, 18) ^ load<u64>(FIRST, 224)
    a02 = chi(b0, b1, b2); a02S = chiS(b0S, b1S, b2S)
    a12 = chi(b1, b2, b3); a12S = chiS(b1S, b2S, b3S)
    a22 = chi(b2, b3, b4); a22S = chiS(b2S, b3S, b4S)
    a32 = chi(b3, b4, b0); a32S = chiS(b3S, b4S, b0S)
    a42 = chi(b4, b0, b1); a42S = chiS(b4S, b0S, b1S)
    b0 = v128.load(FIRST, 240); b0S = load<u64>(FIRST, 240)
    b1 = xor(rot(counter, 36), v128.load(FIRST, 256)); b1S = rotS(counterS, 36) ^ load<u64>(FIRST, 256)
    b2 = v128.load(FIRST, 272); b2S = load<u64>(FIRST, 272)
    b3 = v128.load(FIRST, 288); b3S = load<u64>(FIRST, 288)
    b4 = xor(rot(counter, 57), v128.load(FIRST, 304)); b4S = rotS(counterS, 57) ^ load<u64>(FIRST, 304)
    a03 = chi(b0, b1, b2); a03S = chiS(b0S, b1S, b2S)
    a13 = chi(b1, b2, b3); a13S = chiS(b1S, b2S, b3S)
    a23 = chi(b2, b3, b4); a23S = chiS(b2S, b3S, b4S)
    a33 = chi(b3, b4, b0); a33S = chiS(b3S, b4S, b0S)
    a43 = chi(b4, b0, b1); a43S = chiS(b4S, b0S, b1S)
    b0 = v128.load(FIRST, 320); b0S = load<u64>(FIRST, 320)
    b1 = xor(rot(counter, 56), v128.load(FIRST, 336)); b1S = rotS(counterS, 56) ^ load<u64>(FIRST, 336)
    b2 = v128.load(FIRST, 352); b2S = load<u64>(FIRST, 352)
    b3 = xor(rot(counter, 41), v128.load(FIRST, 368)); b3S = rotS(counterS, 41) ^ load<u64>(FIRST, 368)
    b4 = v128.load(FIRST, 384); b4S = load<u64>(FIRST, 384)
    a04 = chi(b0, b1, b2); a04S = chiS(b0S, b1S, b2S)
    a14 = chi(b1, b2, b3); a14S = chiS(b1S, b2S, b3S)
    a24 = chi(b2, b3, b4); a24S = chiS(b2S, b3S, b4S)
    a34 = chi(b3, b4, b0); a34S = chiS(b3S, b4S, b0S)
    a44 = chi(b4, b0, b1); a44S = chiS(b4S, b0S, b1S)

    // Rounds 2 to 23: theta (c, d), rho and pi (b), chi and iota.
    for (let rc: usize = RC + 8; rc < RC + 184; rc += 16) {
      c0 = xor(xor(xor(a00, a01), xor(a02, a03)), a04); c0S = a00S ^ a01S ^ a02S ^ a03S ^ a04S
      c1 = xor(xor(xor(a10, a11), xor(a12, a13)), a14); c1S = a10S ^ a11S ^ a12S ^ a13S ^ a14S
      c2 = xor(xor(xor(a20, a21), xor(a22, a23)), a24); c2S = a20S ^ a21S ^ a22S ^ a23S ^ a24S
      c3 = xor(xor(xor(a30, a31), xor(a32, a33)), a34); c3S = a30S ^ a31S ^ a32S ^ a33S ^ a34S
      c4 = xor(xor(xor(a40, a41), xor(a42, a43)), a44); c4S = a40S ^ a41S ^ a42S ^ a43S ^ a44S
      d0 = xor(c4, rot(c1, 1)); d0S = c4S ^ rotS(c1S, 1)
      d1 = xor(c0, rot(c2, 1)); d1S = c0S ^ rotS(c2S, 1)
      d2 = xor(c1, rot(c3, 1)); d2S = c1S ^ rotS(c3S, 1)
      d3 = xor(c2, rot(c4, 1)); d3S = c2S ^ rotS(c4S, 1)
      d4 = xor(c3, rot(c0, 1)); d4S = c3S ^ rotS(c0S, 1)
      b0 = xor(a00, d0); b0S = a00S ^ d0S
      b1 = rot(xor(a11, d1), 44); b1S = rotS(a11S ^ d1S, 44)
      b2 = rot(xor(a22, d2), 43); b2S = rotS(a22S ^ d2S, 43)
      b3 = rot(xor(a33, d3), 21); b3S = rotS(a33S ^ d3S, 21)
      b4 = rot(xor(a44, d4), 14); b4S = rotS(a44S ^ d4S, 14)
      e00 = xor(chi(b0, b1, b2), v128.load64_splat(rc, 0)); e00S = chiS(b0S, b1S, b2S) ^ load<u64>(rc, 0)
      e10 = chi(b1, b2, b3); e10S = chiS(b1S, b2S, b3S)
      e20 = chi(b2, b3, b4); e20S = chiS(b2S, b3S, b4S)
      e30 = chi(b3, b4, b0); e30S = chiS(b3S, b4S, b0S)
      e40 = chi(b4, b0, b1); e40S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(a30, d3), 28); b0S = rotS(a30S ^ d3S, 28)
      b1 = rot(xor(a41, d4), 20); b1S = rotS(a41S ^ d4S, 20)
      b2 = rot(xor(a02, d0), 3); b2S = rotS(a02S ^ d0S, 3)
      b3 = rot(xor(a13, d1), 45); b3S = rotS(a13S ^ d1S, 45)
      b4 = rot(xor(a24, d2), 61); b4S = rotS(a24S ^ d2S, 61)
      e01 = chi(b0, b1, b2); e01S = chiS(b0S, b1S, b2S)
      e11 = chi(b1, b2, b3); e11S = chiS(b1S, b2S, b3S)
      e21 = chi(b2, b3, b4); e21S = chiS(b2S, b3S, b4S)
      e31 = chi(b3, b4, b0); e31S = chiS(b3S, b4S, b0S)
      e41 = chi(b4, b0, b1); e41S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(a10, d1), 1); b0S = rotS(a10S ^ d1S, 1)
      b1 = rot(xor(a21, d2), 6); b1S = rotS(a21S ^ d2S, 6)
      b2 = rot(xor(a32, d3), 25); b2S = rotS(a32S ^ d3S, 25)
      b3 = rot(xor(a43, d4), 8); b3S = rotS(a43S ^ d4S, 8)
      b4 = rot(xor(a04, d0), 18); b4S = rotS(a04S ^ d0S, 18)
      e02 = chi(b0, b1, b2); e02S = chiS(b0S, b1S, b2S)
      e12 = chi(b1, b2, b3); e12S = chiS(b1S, b2S, b3S)
      e22 = chi(b2, b3, b4); e22S = chiS(b2S, b3S, b4S)
      e32 = chi(b3, b4, b0); e32S = chiS(b3S, b4S, b0S)
      e42 = chi(b4, b0, b1); e42S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(a40, d4), 27); b0S = rotS(a40S ^ d4S, 27)
      b1 = rot(xor(a01, d0), 36); b1S = rotS(a01S ^ d0S, 36)
      b2 = rot(xor(a12, d1), 10); b2S = rotS(a12S ^ d1S, 10)
      b3 = rot(xor(a23, d2), 15); b3S = rotS(a23S ^ d2S, 15)
      b4 = rot(xor(a34, d3), 56); b4S = rotS(a34S ^ d3S, 56)
      e03 = chi(b0, b1, b2); e03S = chiS(b0S, b1S, b2S)
      e13 = chi(b1, b2, b3); e13S = chiS(b1S, b2S, b3S)
      e23 = chi(b2, b3, b4); e23S = chiS(b2S, b3S, b4S)
      e33 = chi(b3, b4, b0); e33S = chiS(b3S, b4S, b0S)
      e43 = chi(b4, b0, b1); e43S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(a20, d2), 62); b0S = rotS(a20S ^ d2S, 62)
      b1 = rot(xor(a31, d3), 55); b1S = rotS(a31S ^ d3S, 55)
      b2 = rot(xor(a42, d4), 39); b2S = rotS(a42S ^ d4S, 39)
      b3 = rot(xor(a03, d0), 41); b3S = rotS(a03S ^ d0S, 41)
      b4 = rot(xor(a14, d1), 2); b4S = rotS(a14S ^ d1S, 2)
      e04 = chi(b0, b1, b2); e04S = chiS(b0S, b1S, b2S)
      e14 = chi(b1, b2, b3); e14S = chiS(b1S, b2S, b3S)
      e24 = chi(b2, b3, b4); e24S = chiS(b2S, b3S, b4S)
      e34 = chi(b3, b4, b0); e34S = chiS(b3S, b4S, b0S)
      e44 = chi(b4, b0, b1); e44S = chiS(b4S, b0S, b1S)

      c0 = xor(xor(xor(e00, e01), xor(e02, e03)), e04); c0S = e00S ^ e01S ^ e02S ^ e03S ^ e04S
      c1 = xor(xor(xor(e10, e11), xor(e12, e13)), e14); c1S = e10S ^ e11S ^ e12S ^ e13S ^ e14S
      c2 = xor(xor(xor(e20, e21), xor(e22, e23)), e24); c2S = e20S ^ e21S ^ e22S ^ e23S ^ e24S
      c3 = xor(xor(xor(e30, e31), xor(e32, e33)), e34); c3S = e30S ^ e31S ^ e32S ^ e33S ^ e34S
      c4 = xor(xor(xor(e40, e41), xor(e42, e43)), e44); c4S = e40S ^ e41S ^ e42S ^ e43S ^ e44S
      d0 = xor(c4, rot(c1, 1)); d0S = c4S ^ rotS(c1S, 1)
      d1 = xor(c0, rot(c2, 1)); d1S = c0S ^ rotS(c2S, 1)
      d2 = xor(c1, rot(c3, 1)); d2S = c1S ^ rotS(c3S, 1)
      d3 = xor(c2, rot(c4, 1)); d3S = c2S ^ rotS(c4S, 1)
      d4 = xor(c3, rot(c0, 1)); d4S = c3S ^ rotS(c0S, 1)
      b0 = xor(e00, d0); b0S = e00S ^ d0S
      b1 = rot(xor(e11, d1), 44); b1S = rotS(e11S ^ d1S, 44)
      b2 = rot(xor(e22, d2), 43); b2S = rotS(e22S ^ d2S, 43)
      b3 = rot(xor(e33, d3), 21); b3S = rotS(e33S ^ d3S, 21)
      b4 = rot(xor(e44, d4), 14); b4S = rotS(e44S ^ d4S, 14)
      a00 = xor(chi(b0, b1, b2), v128.load64_splat(rc, 8)); a00S = chiS(b0S, b1S, b2S) ^ load<u64>(rc, 8)
      a10 = chi(b1, b2, b3); a10S = chiS(b1S, b2S, b3S)
      a20 = chi(b2, b3, b4); a20S = chiS(b2S, b3S, b4S)
      a30 = chi(b3, b4, b0); a30S = chiS(b3S, b4S, b0S)
      a40 = chi(b4, b0, b1); a40S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(e30, d3), 28); b0S = rotS(e30S ^ d3S, 28)
      b1 = rot(xor(e41, d4), 20); b1S = rotS(e41S ^ d4S, 20)
      b2 = rot(xor(e02, d0), 3); b2S = rotS(e02S ^ d0S, 3)
      b3 = rot(xor(e13, d1), 45); b3S = rotS(e13S ^ d1S, 45)
      b4 = rot(xor(e24, d2), 61); b4S = rotS(e24S ^ d2S, 61)
      a01 = chi(b0, b1, b2); a01S = chiS(b0S, b1S, b2S)
      a11 = chi(b1, b2, b3); a11S = chiS(b1S, b2S, b3S)
      a21 = chi(b2, b3, b4); a21S = chiS(b2S, b3S, b4S)
      a31 = chi(b3, b4, b0); a31S = chiS(b3S, b4S, b0S)
      a41 = chi(b4, b0, b1); a41S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(e10, d1), 1); b0S = rotS(e10S ^ d1S, 1)
      b1 = rot(xor(e21, d2), 6); b1S = rotS(e21S ^ d2S, 6)
      b2 = rot(xor(e32, d3), 25); b2S = rotS(e32S ^ d3S, 25)
      b3 = rot(xor(e43, d4), 8); b3S = rotS(e43S ^ d4S, 8)
      b4 = rot(xor(e04, d0), 18); b4S = rotS(e04S ^ d0S, 18)
      a02 = chi(b0, b1, b2); a02S = chiS(b0S, b1S, b2S)
      a12 = chi(b1, b2, b3); a12S = chiS(b1S, b2S, b3S)
      a22 = chi(b2, b3, b4); a22S = chiS(b2S, b3S, b4S)
      a32 = chi(b3, b4, b0); a32S = chiS(b3S, b4S, b0S)
      a42 = chi(b4, b0, b1); a42S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(e40, d4), 27); b0S = rotS(e40S ^ d4S, 27)
      b1 = rot(xor(e01, d0), 36); b1S = rotS(e01S ^ d0S, 36)
      b2 = rot(xor(e12, d1), 10); b2S = rotS(e12S ^ d1S, 10)
      b3 = rot(xor(e23, d2), 15); b3S = rotS(e23S ^ d2S, 15)
      b4 = rot(xor(e34, d3), 56); b4S = rotS(e34S ^ d3S, 56)
      a03 = chi(b0, b1, b2); a03S = chiS(b0S, b1S, b2S)
      a13 = chi(b1, b2, b3); a13S = chiS(b1S, b2S, b3S)
      a23 = chi(b2, b3, b4); a23S = chiS(b2S, b3S, b4S)
      a33 = chi(b3, b4, b0); a33S = chiS(b3S, b4S, b0S)
      a43 = chi(b4, b0, b1); a43S = chiS(b4S, b0S, b1S)
      b0 = rot(xor(e20, d2), 62); b0S = rotS(e20S ^ d2S, 62)
      b1 = rot(xor(e31, d3), 55); b1S = rotS(e31S ^ d3S, 55)
      b2 = rot(xor(e42, d4), 39); b2S = rotS(e42S ^ d4S, 39)
      b3 = rot(xor(e03, d0), 41); b3S = rotS(e03S ^ d0S, 41)
      b4 = rot(xor(e14, d1), 2); b4S = rotS(e14S ^ d1S, 2)
      a04 = chi(b0, b1, b2); a04S = chiS(b0S, b1S, b2S)
      a14 = chi(b1, b2, b3); a14S = chiS(b1S, b2S, b3S)
      a24 = chi(b2, b3, b4); a24S = chiS(b2S, b3S, b4S)
      a34 = chi(b3, b4, b0); a34S = chiS(b3S, b4S, b0S)
      a44 = chi(b4, b0, b1); a44S = chiS(b4S, b0S, b1S)
    }

    // Round 24, lane 0.
    c0 = xor(xor(xor(a00, a01), xor(a02, a03)), a04); c0S = a00S ^ a01S ^ a02S ^ a03S ^ a04S
    c1 = xor(xor(xor(a10, a11), xor(a12, a13)), a14); c1S = a10S ^ a11S ^ a12S ^ a13S ^ a14S
    c2 = xor(xor(xor(a20, a21), xor(a22, a23)), a24); c2S = a20S ^ a21S ^ a22S ^ a23S ^ a24S
    c3 = xor(xor(xor(a30, a31), xor(a32, a33)), a34); c3S = a30S ^ a31S ^ a32S ^ a33S ^ a34S
    c4 = xor(xor(xor(a40, a41), xor(a42, a43)), a44); c4S = a40S ^ a41S ^ a42S ^ a43S ^ a44S
    d0 = xor(c4, rot(c1, 1)); d0S = c4S ^ rotS(c1S, 1)
    d1 = xor(c0, rot(c2, 1)); d1S = c0S ^ rotS(c2S, 1)
    d2 = xor(c1, rot(c3, 1)); d2S = c1S ^ rotS(c3S, 1)
    b0 = xor(a00, d0); b0S = a00S ^ d0S
    b1 = rot(xor(a11, d1), 44); b1S = rotS(a11S ^ d1S, 44)
    b2 = rot(xor(a22, d2), 43); b2S = rotS(a22S ^ d2S, 43)
    b0 = xor(chi(b0, b1, b2), v128.load64_splat(RC, 184)); b0S = chiS(b0S, b1S, b2S) ^ load<u64>(RC, 184)

    if (v128.any_true(i64x2.eq(v128.and(b0, zeroBits2), zero))) {
      if (bswap<u64>(i64x2.extract_lane(b0, 0)) <= targetHigh) return i
      if (bswap<u64>(i64x2.extract_lane(b0, 1)) <= targetHigh) return i + 1
    }
    if ((b0S & zeroBits) == 0 && bswap<u64>(b0S) <= targetHigh) return i + 2
    counter = i64x2.add(counter, three)
    counterS += 3
  }
  return count
}
