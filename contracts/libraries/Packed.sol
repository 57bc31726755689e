// SPDX-License-Identifier: MIT
// Packed transactions: which bytes have the shape of one, and what it says.
pragma solidity 0.8.37;

import {Take} from "./Take.sol";
import {Asset} from "../types/Asset.sol";

/// @title The tight binary form of a signed transaction
/// @dev Layout: docs/protocol.md, section 2.6. `sizeAt` is total; the readers expect exactly one transaction that has a shape.
library Packed {
    uint256 internal constant MAX_MEMO = 140;

    /// @dev Bytes of the fixed fields, and of the asset behind them where there is one.
    uint256 private constant FIXED = 107;
    uint256 private constant ASSET = 21;
    /// @dev The highest bit of the flags.
    uint256 private constant TAKE = 0x80;

    /// @notice The length in bytes of the packed transaction that begins at `offset`, or 0 if the bytes there have no shape.
    function sizeAt(bytes calldata data, uint256 offset) internal pure returns (uint256 size) {
        if (offset >= data.length) return 0;
        uint256 word;
        // Safe: reads calldata only. What it reads behind the end of `data` gives a size of 127 bytes at least, which does not fit.
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, offset))
        }
        uint256 flags = word >> 248;
        uint256 memoLength = word >> 240 & 0xff;
        // Safe: all parts are below 1,000, and the difference cannot underflow because offset < length.
        unchecked {
            if (flags >= TAKE) size = Take.sizeOf(word);
            // Bit 6 is alone among the flags above bit 3.
            else if (flags <= 0x4f) size = FIXED + ASSET * (flags >> 5 & 1) + 20 * ((flags & 7) + 1) + memoLength;
            if (memoLength > MAX_MEMO || size > data.length - offset) size = 0;
        }
    }

    /// @notice Whether it is a take, which `Take` reads: the readers below are for all others.
    function isTake(bytes calldata packed) internal pure returns (bool) {
        return _word(packed, 0) >> 248 >= TAKE;
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

    /// @notice Where the infohashes that it spends from begin in the calldata.
    function prevs(bytes calldata packed) internal pure returns (uint256 position) {
        uint256 begin = _fixed(packed);
        // Safe: only computes a position in the calldata.
        assembly ("memory-safe") {
            position := add(packed.offset, begin)
        }
    }

    /// @notice Infohash `index` of those that begin at `position` in the calldata.
    function prevAt(uint256 position, uint256 index) internal pure returns (bytes20 infohash) {
        // Safe: reads calldata only. Shifted, since the bytes behind it would stay on the stack, where assembly would see them.
        assembly ("memory-safe") {
            infohash := shl(96, shr(96, calldataload(add(position, mul(20, index)))))
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
