// SPDX-License-Identifier: MIT
// Packed transactions: which bytes have the shape of one, and what it says.
pragma solidity 0.8.37;

import {Asset} from "../types/Asset.sol";

/// @title The tight binary form of a signed transaction
/// @dev Layout: docs/protocol.md, section 2.6. `sizeAt` is total; the readers expect exactly one transaction that has a shape.
library Packed {
    uint256 internal constant MAX_MEMO = 140;

    /// @dev Bytes of the fixed fields, and of the asset behind them where there is one.
    uint256 private constant FIXED = 107;
    uint256 private constant ASSET = 21;

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
                size := add(size, mul(ASSET, and(shr(5, flags), 1)))
                // Bit 6 is alone among the flags above bit 3.
                if or(or(gt(flags, 0x4f), gt(memoLength, MAX_MEMO)), gt(size, sub(data.length, offset))) { size := 0 }
            }
        }
    }

    /// @notice Whether it asks for something on Ethereum.
    function isRequest(bytes calldata packed) internal pure returns (bool) {
        return (_word(packed, 0) >> 252) & 1 == 1;
    }

    /// @notice Whether it moves another asset than TTX.
    function hasAsset(bytes calldata packed) internal pure returns (bool) {
        return (_word(packed, 0) >> 253) & 1 == 1;
    }

    /// @notice Whether it creates an asset.
    function isIssuance(bytes calldata packed) internal pure returns (bool) {
        return (_word(packed, 0) >> 254) & 1 == 1;
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

    /// @notice Base units, below 2^128; of an issuance what it creates.
    function tokens(bytes calldata packed) internal pure returns (uint256) {
        return _word(packed, 91) >> 128;
    }

    /// @notice What it moves: TTX unless it says another asset. Any kind but 2 and 3 is invalid.
    function asset(bytes calldata packed) internal pure returns (Asset) {
        return assetAt(packed, 0);
    }

    /// @notice The same of one that begins at `offset`.
    function assetAt(bytes calldata data, uint256 offset) internal pure returns (Asset value) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            let begin := add(data.offset, offset)
            if and(calldataload(begin), shl(253, 1)) {
                value := shl(88, shr(88, calldataload(add(begin, FIXED))))
            }
        }
    }

    /// @notice The number of transactions that it spends from, 1 to 8.
    function prevCount(bytes calldata packed) internal pure returns (uint256) {
        return ((_word(packed, 0) >> 248) & 7) + 1;
    }

    /// @notice Infohash `index`, below `prevCount`, of those that it spends from.
    function prev(bytes calldata packed, uint256 index) internal pure returns (bytes20) {
        // Shifted, because a mere conversion leaves the bytes behind it on the stack, where assembly would see them.
        // Safe: an offset in calldata.
        unchecked {
            return bytes20(bytes32((_word(packed, _fixed(packed) + 20 * index) >> 96) << 96));
        }
    }

    /// @notice The memo, empty where there is none.
    function memo(bytes calldata packed) internal pure returns (bytes calldata rest) {
        uint256 begin = _fixed(packed);
        uint256 count = prevCount(packed);
        // Safe: only makes a reference to the end of `packed`, which has a shape.
        assembly ("memory-safe") {
            begin := add(begin, mul(20, count))
            rest.offset := add(packed.offset, begin)
            rest.length := sub(packed.length, begin)
        }
    }

    /// @dev Where what it spends from begins.
    function _fixed(bytes calldata packed) private pure returns (uint256) {
        return hasAsset(packed) ? FIXED + ASSET : FIXED;
    }

    /// @dev The 32 bytes at `offset`, which is inside of `packed`.
    function _word(bytes calldata packed, uint256 offset) private pure returns (uint256 word) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(add(packed.offset, offset))
        }
    }
}
