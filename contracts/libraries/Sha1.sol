// SPDX-License-Identifier: MIT
// SHA-1 (FIPS 180-4), because BitTorrent v1 names torrents by it; 10.6k gas for each block of 64 bytes.
pragma solidity 0.8.37;

/// @title SHA-1
/// @dev Three things make it cheap. The message schedule is computed for 3, then for 6 words at once, as lanes of a word of the
/// EVM. The variables a and b are kept doubled (x ‖ x, 64 bits), so that a rotation is one shift. And nothing but a new `a` is
/// ever cut to 32 bits: c, d, e and the sums carry garbage above, which never flows down.
library Sha1 {
    /// @notice The SHA-1 digest of `data`.
    function hash(bytes memory data) internal pure returns (bytes20 digest) {
        // Safe: writes only behind the free memory pointer: 384 bytes of schedule, then the padded message. Lengths and
        // pointers are far below 2^61. Of the schedule, only words that were written are used; bytes beside them that are
        // read along are shifted or masked out.
        assembly ("memory-safe") {
            let schedule := mload(0x40)
            let message := add(schedule, 384)
            let end := add(message, and(add(mload(data), 72), not(63)))
            {
                let length := mload(data)
                let tail := add(message, length)
                mcopy(message, add(data, 32), length)
                calldatacopy(tail, calldatasize(), sub(end, tail))
                mstore8(tail, 0x80)
                mstore(sub(end, 32), or(mload(sub(end, 32)), shl(3, length)))
            }
            let low := 0xffffffff
            let twice := 0x100000001
            // h0 to h4, 32 bits each.
            let state := 0x67452301efcdab8998badcfe10325476c3d2e1f0
            for {} lt(message, end) { message := add(message, 64) } {
                // Word t of the schedule is at schedule + 12 + 4t, so that five of them end a word that is loaded at schedule + 4t.
                mstore(add(schedule, 12), mload(message))
                mstore(add(schedule, 44), mload(add(message, 32)))
                let p := add(schedule, 76)
                // w(t) = rotl1(w(t-3) ^ w(t-8) ^ w(t-14) ^ w(t-16)) for t = 16 to 33, three at a time.
                let limit := add(p, 72)
                for {} lt(p, limit) { p := add(p, 12) } {
                    let x := xor(xor(mload(sub(p, 12)), mload(sub(p, 32))), xor(mload(sub(p, 56)), mload(sub(p, 64))))
                    let top := and(x, 0x8000000080000000800000008000000080000000800000008000000080000000)
                    mstore(p, or(shl(1, xor(x, top)), shr(31, top)))
                }
                // w(t) = rotl2(w(t-6) ^ w(t-16) ^ w(t-28) ^ w(t-32)) for t = 34 to 81, six at a time.
                limit := add(p, 192)
                for {} lt(p, limit) { p := add(p, 24) } {
                    let x := xor(xor(mload(sub(p, 24)), mload(sub(p, 64))), xor(mload(sub(p, 112)), mload(sub(p, 128))))
                    let top := and(x, 0xc0000000c0000000c0000000c0000000c0000000c0000000c0000000c0000000)
                    mstore(p, or(shl(2, xor(x, top)), shr(30, top)))
                }

                let a := mul(shr(128, state), twice)
                let b := mul(and(shr(96, state), low), twice)
                let c := shr(64, state)
                let d := shr(32, state)
                let e := state
                p := schedule

                // Rounds 0 to 19: choose.
                let k := 0x5a827999
                for { limit := add(p, 80) } lt(p, limit) { p := add(p, 20) } {
                    let x := mload(p)
                    e := mul(and(add(add(add(add(shr(27, a), xor(d, and(b, xor(c, d)))), e), shr(128, x)), k), low), twice)
                    b := shr(2, b)
                    d := mul(and(add(add(add(add(shr(27, e), xor(c, and(a, xor(b, c)))), d), shr(96, x)), k), low), twice)
                    a := shr(2, a)
                    c := mul(and(add(add(add(add(shr(27, d), xor(b, and(e, xor(a, b)))), c), shr(64, x)), k), low), twice)
                    e := shr(2, e)
                    b := mul(and(add(add(add(add(shr(27, c), xor(a, and(d, xor(e, a)))), b), shr(32, x)), k), low), twice)
                    d := shr(2, d)
                    a := mul(and(add(add(add(add(shr(27, b), xor(e, and(c, xor(d, e)))), a), x), k), low), twice)
                    c := shr(2, c)
                }

                // Rounds 20 to 39: parity.
                k := 0x6ed9eba1
                for { limit := add(p, 80) } lt(p, limit) { p := add(p, 20) } {
                    let x := mload(p)
                    e := mul(and(add(add(add(add(shr(27, a), xor(b, xor(c, d))), e), shr(128, x)), k), low), twice)
                    b := shr(2, b)
                    d := mul(and(add(add(add(add(shr(27, e), xor(a, xor(b, c))), d), shr(96, x)), k), low), twice)
                    a := shr(2, a)
                    c := mul(and(add(add(add(add(shr(27, d), xor(e, xor(a, b))), c), shr(64, x)), k), low), twice)
                    e := shr(2, e)
                    b := mul(and(add(add(add(add(shr(27, c), xor(d, xor(e, a))), b), shr(32, x)), k), low), twice)
                    d := shr(2, d)
                    a := mul(and(add(add(add(add(shr(27, b), xor(c, xor(d, e))), a), x), k), low), twice)
                    c := shr(2, c)
                }

                // Rounds 40 to 59: majority.
                k := 0x8f1bbcdc
                for { limit := add(p, 80) } lt(p, limit) { p := add(p, 20) } {
                    let x := mload(p)
                    e := mul(and(add(add(add(add(shr(27, a), or(and(b, c), and(d, or(b, c)))), e), shr(128, x)), k), low), twice)
                    b := shr(2, b)
                    d := mul(and(add(add(add(add(shr(27, e), or(and(a, b), and(c, or(a, b)))), d), shr(96, x)), k), low), twice)
                    a := shr(2, a)
                    c := mul(and(add(add(add(add(shr(27, d), or(and(e, a), and(b, or(e, a)))), c), shr(64, x)), k), low), twice)
                    e := shr(2, e)
                    b := mul(and(add(add(add(add(shr(27, c), or(and(d, e), and(a, or(d, e)))), b), shr(32, x)), k), low), twice)
                    d := shr(2, d)
                    a := mul(and(add(add(add(add(shr(27, b), or(and(c, d), and(e, or(c, d)))), a), x), k), low), twice)
                    c := shr(2, c)
                }

                // Rounds 60 to 79: parity.
                k := 0xca62c1d6
                for { limit := add(p, 80) } lt(p, limit) { p := add(p, 20) } {
                    let x := mload(p)
                    e := mul(and(add(add(add(add(shr(27, a), xor(b, xor(c, d))), e), shr(128, x)), k), low), twice)
                    b := shr(2, b)
                    d := mul(and(add(add(add(add(shr(27, e), xor(a, xor(b, c))), d), shr(96, x)), k), low), twice)
                    a := shr(2, a)
                    c := mul(and(add(add(add(add(shr(27, d), xor(e, xor(a, b))), c), shr(64, x)), k), low), twice)
                    e := shr(2, e)
                    b := mul(and(add(add(add(add(shr(27, c), xor(d, xor(e, a))), b), shr(32, x)), k), low), twice)
                    d := shr(2, d)
                    a := mul(and(add(add(add(add(shr(27, b), xor(c, xor(d, e))), a), x), k), low), twice)
                    c := shr(2, c)
                }

                a := and(add(shr(128, state), a), low)
                b := and(add(shr(96, state), b), low)
                c := and(add(shr(64, state), c), low)
                d := and(add(shr(32, state), d), low)
                e := and(add(state, e), low)
                state := or(or(or(shl(128, a), shl(96, b)), or(shl(64, c), shl(32, d))), e)
            }
            digest := shl(96, state)
        }
    }
}
