// Keccak-256 of messages of any length. Long because the rounds are written out.
//
// Two rounds a loop turn: lane names swap between "a" and "e" and no lane is ever moved. Lane (x, y) is bytes 8(x + 5y) and
// following of the state. AssemblyScript has no macros, and a loop over lanes would keep them in memory. Built by
// scripts/make/build-wasm.ts.

const RATE: usize = 136

/** The digest is its first 32 bytes. */
const STATE: usize = memory.data(200, 16)

/** Blocks of a message, padded by the host. */
const INPUT: usize = memory.data(136 * 64, 16)

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
function chi(a: u64, b: u64, c: u64): u64 {
  return a ^ (~b & c)
}

/** Address of 64 blocks of 136 bytes, which the host fills before `absorb`. */
export function input(): usize {
  return INPUT
}

/** Address of the state. */
export function state(): usize {
  return STATE
}

/** Begins a message. */
export function begin(): void {
  memory.fill(STATE, 0, 200)
}

/** Takes in the first `blocks` blocks of the input, at most 64. */
export function absorb(blocks: u32): void {
  const end = INPUT + RATE * blocks
  for (let block = INPUT; block < end; block += RATE) {
    for (let i: usize = 0; i < RATE; i += 8) store<u64>(STATE + i, load<u64>(STATE + i) ^ load<u64>(block + i))
    permute()
  }
}

/** Keccak-f[1600] (FIPS 202). */
function permute(): void {
  let a00 = load<u64>(STATE, 0), a10 = load<u64>(STATE, 8), a20 = load<u64>(STATE, 16), a30 = load<u64>(STATE, 24), a40 = load<u64>(STATE, 32)
  let a01 = load<u64>(STATE, 40), a11 = load<u64>(STATE, 48), a21 = load<u64>(STATE, 56), a31 = load<u64>(STATE, 64), a41 = load<u64>(STATE, 72)
  let a02 = load<u64>(STATE, 80), a12 = load<u64>(STATE, 88), a22 = load<u64>(STATE, 96), a32 = load<u64>(STATE, 104), a42 = load<u64>(STATE, 112)
  let a03 = load<u64>(STATE, 120), a13 = load<u64>(STATE, 128), a23 = load<u64>(STATE, 136), a33 = load<u64>(STATE, 144), a43 = load<u64>(STATE, 152)
  let a04 = load<u64>(STATE, 160), a14 = load<u64>(STATE, 168), a24 = load<u64>(STATE, 176), a34 = load<u64>(STATE, 184), a44 = load<u64>(STATE, 192)
  let e00: u64, e10: u64, e20: u64, e30: u64, e40: u64, e01: u64, e11: u64, e21: u64, e31: u64, e41: u64, e02: u64, e12: u64, e22: u64,
    e32: u64, e42: u64, e03: u64, e13: u64, e23: u64, e33: u64, e43: u64, e04: u64, e14: u64, e24: u64, e34: u64, e44: u64
  let b0: u64, b1: u64, b2: u64, b3: u64, b4: u64, c0: u64, c1: u64, c2: u64, c3: u64, c4: u64,
    d0: u64, d1: u64, d2: u64, d3: u64, d4: u64

  // Theta (c, d), rho and pi (b), chi and iota, twice.
  for (let rc: usize = RC; rc < RC + 192; rc += 16) {
    c0 = a00 ^ a01 ^ a02 ^ a03 ^ a04
    c1 = a10 ^ a11 ^ a12 ^ a13 ^ a14
    c2 = a20 ^ a21 ^ a22 ^ a23 ^ a24
    c3 = a30 ^ a31 ^ a32 ^ a33 ^ a34
    c4 = a40 ^ a41 ^ a42 ^ a43 ^ a44
    d0 = c4 ^ rotl<u64>(c1, 1)
    d1 = c0 ^ rotl<u64>(c2, 1)
    d2 = c1 ^ rotl<u64>(c3, 1)
    d3 = c2 ^ rotl<u64>(c4, 1)
    d4 = c3 ^ rotl<u64>(c0, 1)
    b0 = a00 ^ d0
    b1 = rotl<u64>(a11 ^ d1, 44)
    b2 = rotl<u64>(a22 ^ d2, 43)
    b3 = rotl<u64>(a33 ^ d3, 21)
    b4 = rotl<u64>(a44 ^ d4, 14)
    e00 = chi(b0, b1, b2) ^ load<u64>(rc, 0)
    e10 = chi(b1, b2, b3)
    e20 = chi(b2, b3, b4)
    e30 = chi(b3, b4, b0)
    e40 = chi(b4, b0, b1)
    b0 = rotl<u64>(a30 ^ d3, 28)
    b1 = rotl<u64>(a41 ^ d4, 20)
    b2 = rotl<u64>(a02 ^ d0, 3)
    b3 = rotl<u64>(a13 ^ d1, 45)
    b4 = rotl<u64>(a24 ^ d2, 61)
    e01 = chi(b0, b1, b2)
    e11 = chi(b1, b2, b3)
    e21 = chi(b2, b3, b4)
    e31 = chi(b3, b4, b0)
    e41 = chi(b4, b0, b1)
    b0 = rotl<u64>(a10 ^ d1, 1)
    b1 = rotl<u64>(a21 ^ d2, 6)
    b2 = rotl<u64>(a32 ^ d3, 25)
    b3 = rotl<u64>(a43 ^ d4, 8)
    b4 = rotl<u64>(a04 ^ d0, 18)
    e02 = chi(b0, b1, b2)
    e12 = chi(b1, b2, b3)
    e22 = chi(b2, b3, b4)
    e32 = chi(b3, b4, b0)
    e42 = chi(b4, b0, b1)
    b0 = rotl<u64>(a40 ^ d4, 27)
    b1 = rotl<u64>(a01 ^ d0, 36)
    b2 = rotl<u64>(a12 ^ d1, 10)
    b3 = rotl<u64>(a23 ^ d2, 15)
    b4 = rotl<u64>(a34 ^ d3, 56)
    e03 = chi(b0, b1, b2)
    e13 = chi(b1, b2, b3)
    e23 = chi(b2, b3, b4)
    e33 = chi(b3, b4, b0)
    e43 = chi(b4, b0, b1)
    b0 = rotl<u64>(a20 ^ d2, 62)
    b1 = rotl<u64>(a31 ^ d3, 55)
    b2 = rotl<u64>(a42 ^ d4, 39)
    b3 = rotl<u64>(a03 ^ d0, 41)
    b4 = rotl<u64>(a14 ^ d1, 2)
    e04 = chi(b0, b1, b2)
    e14 = chi(b1, b2, b3)
    e24 = chi(b2, b3, b4)
    e34 = chi(b3, b4, b0)
    e44 = chi(b4, b0, b1)

    c0 = e00 ^ e01 ^ e02 ^ e03 ^ e04
    c1 = e10 ^ e11 ^ e12 ^ e13 ^ e14
    c2 = e20 ^ e21 ^ e22 ^ e23 ^ e24
    c3 = e30 ^ e31 ^ e32 ^ e33 ^ e34
    c4 = e40 ^ e41 ^ e42 ^ e43 ^ e44
    d0 = c4 ^ rotl<u64>(c1, 1)
    d1 = c0 ^ rotl<u64>(c2, 1)
    d2 = c1 ^ rotl<u64>(c3, 1)
    d3 = c2 ^ rotl<u64>(c4, 1)
    d4 = c3 ^ rotl<u64>(c0, 1)
    b0 = e00 ^ d0
    b1 = rotl<u64>(e11 ^ d1, 44)
    b2 = rotl<u64>(e22 ^ d2, 43)
    b3 = rotl<u64>(e33 ^ d3, 21)
    b4 = rotl<u64>(e44 ^ d4, 14)
    a00 = chi(b0, b1, b2) ^ load<u64>(rc, 8)
    a10 = chi(b1, b2, b3)
    a20 = chi(b2, b3, b4)
    a30 = chi(b3, b4, b0)
    a40 = chi(b4, b0, b1)
    b0 = rotl<u64>(e30 ^ d3, 28)
    b1 = rotl<u64>(e41 ^ d4, 20)
    b2 = rotl<u64>(e02 ^ d0, 3)
    b3 = rotl<u64>(e13 ^ d1, 45)
    b4 = rotl<u64>(e24 ^ d2, 61)
    a01 = chi(b0, b1, b2)
    a11 = chi(b1, b2, b3)
    a21 = chi(b2, b3, b4)
    a31 = chi(b3, b4, b0)
    a41 = chi(b4, b0, b1)
    b0 = rotl<u64>(e10 ^ d1, 1)
    b1 = rotl<u64>(e21 ^ d2, 6)
    b2 = rotl<u64>(e32 ^ d3, 25)
    b3 = rotl<u64>(e43 ^ d4, 8)
    b4 = rotl<u64>(e04 ^ d0, 18)
    a02 = chi(b0, b1, b2)
    a12 = chi(b1, b2, b3)
    a22 = chi(b2, b3, b4)
    a32 = chi(b3, b4, b0)
    a42 = chi(b4, b0, b1)
    b0 = rotl<u64>(e40 ^ d4, 27)
    b1 = rotl<u64>(e01 ^ d0, 36)
    b2 = rotl<u64>(e12 ^ d1, 10)
    b3 = rotl<u64>(e23 ^ d2, 15)
    b4 = rotl<u64>(e34 ^ d3, 56)
    a03 = chi(b0, b1, b2)
    a13 = chi(b1, b2, b3)
    a23 = chi(b2, b3, b4)
    a33 = chi(b3, b4, b0)
    a43 = chi(b4, b0, b1)
    b0 = rotl<u64>(e20 ^ d2, 62)
    b1 = rotl<u64>(e31 ^ d3, 55)
    b2 = rotl<u64>(e42 ^ d4, 39)
    b3 = rotl<u64>(e03 ^ d0, 41)
    b4 = rotl<u64>(e14 ^ d1, 2)
    a04 = chi(b0, b1, b2)
    a14 = chi(b1, b2, b3)
    a24 = chi(b2, b3, b4)
    a34 = chi(b3, b4, b0)
    a44 = chi(b4, b0, b1)
  }

  store<u64>(STATE, a00, 0)
  store<u64>(STATE, a10, 8)
  store<u64>(STATE, a20, 16)
  store<u64>(STATE, a30, 24)
  store<u64>(STATE, a40, 32)
  store<u64>(STATE, a01, 40)
  store<u64>(STATE, a11, 48)
  store<u64>(STATE, a21, 56)
  store<u64>(STATE, a31, 64)
  store<u64>(STATE, a41, 72)
  store<u64>(STATE, a02, 80)
  store<u64>(STATE, a12, 88)
  store<u64>(STATE, a22, 96)
  store<u64>(STATE, a32, 104)
  store<u64>(STATE, a42, 112)
  store<u64>(STATE, a03, 120)
  store<u64>(STATE, a13, 128)
  store<u64>(STATE, a23, 136)
  store<u64>(STATE, a33, 144)
  store<u64>(STATE, a43, 152)
  store<u64>(STATE, a04, 160)
  store<u64>(STATE, a14, 168)
  store<u64>(STATE, a24, 176)
  store<u64>(STATE, a34, 184)
  store<u64>(STATE, a44, 192)
}
