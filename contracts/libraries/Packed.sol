// SPDX-License-Identifier: MIT
// Packed transactions: which bytes have the shape of one, and what it says.
pragma solidity 0.8.37;

/// @title The tight binary form of a signed transaction
/// @dev Layout: docs/protocol.md, section 2.6. `sizeAt` is total; the readers expect exactly one transaction that has a shape.
library Packed {
    uint256 internal constant MAX_MEMO = 140;

    /// @dev Bytes of the fixed fields.
    uint256 private constant FIXED = 107;

    /// @notice The length in bytes of the packed transaction that begins at `offset`, or 0 if the bytes there have no shape.
    function sizeAt(bytes calldata data, uint256 offset) internal pure returns (uint256 size) {
        // Safe: reads calldata only. What it reads behind the end of `data` gives a size of 127 bytes at least, which
        // does not fit; the difference cannot underflow because offset < length.
        assembly ("memory-safe") {
            if lt(offset, data.length) {
                let word := calldataload(add(data.offset, offset))
                let flags := byte(0, word)
                let memoLength := byte(1, word)
                size := add(add(add(FIXED, 20), mul(20, and(flags, 7))), memoLength)
                if or(or(gt(flags, 31), gt(memoLength, MAX_MEMO)), gt(size, sub(data.length, offset))) { size := 0 }
            }
        }
    }

    /// @notice Whether it asks for wTTX.
    function isRequest(bytes calldata packed) internal pure returns (bool) {
        return (_word(packed, 0) >> 252) & 1 == 1;
    }

    /// @notice The last byte of the signature, 27 or 28.
    function v(bytes calldata packed) internal pure returns (uint256) {
        return 27 + ((_word(packed, 0) >> 251) & 1);
    }

    /// @notice Unix seconds, below 2^40.
    function time(bytes calldata packed) internal pure returns (uint256) {
        return _word(packed, 2) >> 216;
    }

    /// @notice The first half of the signature.
    function r(bytes calldata packed) internal pure returns (uint256) {
        return _word(packed, 7);
    }

    /// @notice The second half of the signature.
    function s(bytes calldata packed) internal pure returns (uint256) {
        return _word(packed, 39);
    }

    /// @notice The payee; in a request the recipient on Ethereum.
    function payee(bytes calldata packed) internal pure returns (address) {
        return address(uint160(_word(packed, 71) >> 96));
    }

    /// @notice Base units, below 2^128.
    function tokens(bytes calldata packed) internal pure returns (uint256) {
        return _word(packed, 91) >> 128;
    }

    /// @notice The number of transactions that it spends from, 1 to 8.
    function prevCount(bytes calldata packed) internal pure returns (uint256) {
        return ((_word(packed, 0) >> 248) & 7) + 1;
    }

    /// @notice Infohash `index`, below `prevCount`, of those that it spends from.
    function prev(bytes calldata packed, uint256 index) internal pure returns (bytes20) {
        // Shifted, because a mere conversion leaves the bytes behind it on the stack, where assembly would see them.
        return bytes20(bytes32((_word(packed, FIXED + 20 * index) >> 96) << 96));
    }

    /// @notice The memo, empty where there is none.
    function memo(bytes calldata packed) internal pure returns (bytes calldata) {
        return packed[FIXED + 20 * prevCount(packed):];
    }

    /// @dev The 32 bytes at `offset`, which is inside of `packed`.
    function _word(bytes calldata packed, uint256 offset) private pure returns (uint256 word) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(add(packed.offset, offset))
        }
    }
}
