// SPDX-License-Identifier: MIT
// Writes text into memory: literals, lower-case hex and decimals, of which transaction files and torrents consist.
pragma solidity 0.8.37;

/// @title A writer that is a pointer
/// @notice Each function writes at `pointer` and returns where the next text begins.
/// @dev All of them also overwrite what follows, up to `SLACK` bytes behind the text: write in ascending order, into
/// memory that the caller has allocated with that many bytes to spare.
library Text {
    /// @dev A decimal is made behind its place: at most 78 digits each time, and a word is stored whole.
    uint256 internal constant SLACK = 192;

    /// @notice Writes the first `length` (at most 32) characters of `text`.
    function literal(uint256 pointer, bytes32 text, uint256 length) internal pure returns (uint256) {
        // Safe: the caller allocated this memory. The sum is a memory address, far below 2^256.
        assembly ("memory-safe") {
            mstore(pointer, text)
            pointer := add(pointer, length)
        }
        return pointer;
    }

    /// @notice Writes the first `count` (at most 32) bytes of `data` as lower-case hex digits.
    /// @dev Half a word at a time: its 32 nibbles are spread over the bytes of a word and turned into digits all at once.
    function hexadecimal(uint256 pointer, bytes32 data, uint256 count) internal pure returns (uint256) {
        // Safe: the caller allocated this memory; the last word may end 31 bytes behind the text, inside of the slack.
        // No byte of the sums exceeds 0x66, so none carries.
        assembly ("memory-safe") {
            let ones := 0x0101010101010101010101010101010101010101010101010101010101010101
            let end := add(pointer, shl(1, count))
            for {} lt(pointer, end) { pointer := add(pointer, 32) } {
                let x := shr(128, data)
                data := shl(128, data)
                x := and(or(x, shl(64, x)), 0xffffffffffffffff0000000000000000ffffffffffffffff)
                x := and(or(x, shl(32, x)), 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff)
                x := and(or(x, shl(16, x)), 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff)
                x := and(or(x, shl(8, x)), 0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff)
                x := and(or(x, shl(4, x)), mul(ones, 15))
                // A nibble above 9 carries into bit 4 when 6 is added; 'a' lies 39 behind the character after '9'.
                let letters := and(shr(4, add(x, mul(ones, 6))), ones)
                mstore(pointer, add(add(x, mul(ones, 0x30)), mul(letters, 39)))
            }
            pointer := end
        }
        return pointer;
    }

    /// @notice Writes `value` without leading zeros; at most 78 digits.
    function decimal(uint256 pointer, uint256 value) internal pure returns (uint256) {
        // Safe: the digits are made backwards from pointer + 160 to pointer + 82 at most, inside of the slack.
        assembly ("memory-safe") {
            let end := add(pointer, 160)
            let first := end
            for {} 1 {} {
                first := sub(first, 1)
                mstore8(first, add(48, mod(value, 10)))
                value := div(value, 10)
                if iszero(value) { break }
            }
            let length := sub(end, first)
            mcopy(pointer, first, length)
            pointer := add(pointer, length)
        }
        return pointer;
    }
}
