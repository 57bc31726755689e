// SPDX-License-Identifier: MIT
// The header of a bridging block: reading a sealed one from calldata, writing a new one, and the id of both.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockId} from "../types/BlockId.sol";

/// @title Sealed headers
/// @notice Layout: docs/protocol.md, section 7.1. Readers expect 281 bytes, which `idOf` makes sure of.
library BlockHeader {
    uint256 internal constant HEADER_BYTES = 229;
    uint256 internal constant SEALED_BYTES = 281;
    uint8 private constant VERSION = 1;

    /// @notice All that a header says but its version.
    struct Fields {
        uint64 chain;
        address bridge;
        BlockId parent;
        uint64 height;
        uint256 target;
        uint32 stepCount;
        bytes32 traceRoot;
        bytes32 state;
        uint64 queueCount;
        bytes32 queueHash;
        bytes20 torrent;
    }

    /// @notice The 281 bytes of a header with its seal, and its id.
    function seal(Fields memory fields, address miner, bytes32 nonce)
        internal
        pure
        returns (bytes memory sealedHeader, BlockId id)
    {
        // In two parts, since the compiler's stack has no room for all of them at a time.
        sealedHeader = bytes.concat(
            abi.encodePacked(VERSION, fields.chain, fields.bridge, fields.parent, fields.height, fields.target),
            abi.encodePacked(
                fields.stepCount, fields.traceRoot, fields.state, fields.queueCount, fields.queueHash, fields.torrent
            ),
            abi.encodePacked(miner, nonce)
        );
        // Safe: reads the 281 bytes just made and writes into scratch space and above the free memory pointer only.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, keccak256(add(sealedHeader, 32), HEADER_BYTES))
            mstore(add(free, 32), shl(96, miner))
            mstore(add(free, 52), nonce)
            id := keccak256(free, 84)
        }
    }

    /// @notice The id of a sealed header: keccak(keccak(header) ‖ miner ‖ nonce), which is also its ERC-918 digest.
    function idOf(bytes calldata sealedHeader) internal pure returns (BlockId id) {
        if (sealedHeader.length != SEALED_BYTES) revert IBridge.BadHeaderLength(sealedHeader.length);
        // Safe: writes only above the free memory pointer, 281 bytes.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, sealedHeader.offset, SEALED_BYTES)
            // Miner and nonce follow the header: its hash goes right in front of them.
            mstore(add(free, 197), keccak256(free, HEADER_BYTES))
            id := keccak256(add(free, 197), 84)
        }
    }

    function heightOf(bytes calldata sealedHeader) internal pure returns (uint64) {
        return uint64(_word(sealedHeader, 61) >> 192);
    }

    function targetOf(bytes calldata sealedHeader) internal pure returns (uint256) {
        return _word(sealedHeader, 69);
    }

    function stepCountOf(bytes calldata sealedHeader) internal pure returns (uint256) {
        return _word(sealedHeader, 101) >> 224;
    }

    function traceRootOf(bytes calldata sealedHeader) internal pure returns (bytes32) {
        return bytes32(_word(sealedHeader, 105));
    }

    function stateOf(bytes calldata sealedHeader) internal pure returns (bytes32) {
        return bytes32(_word(sealedHeader, 137));
    }

    function queueCountOf(bytes calldata sealedHeader) internal pure returns (uint64) {
        return uint64(_word(sealedHeader, 169) >> 192);
    }

    function queueHashOf(bytes calldata sealedHeader) internal pure returns (bytes32) {
        return bytes32(_word(sealedHeader, 177));
    }

    function minerOf(bytes calldata sealedHeader) internal pure returns (address) {
        return address(uint160(_word(sealedHeader, 229) >> 96));
    }

    function _word(bytes calldata sealedHeader, uint256 offset) private pure returns (uint256 word) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(add(sealedHeader.offset, offset))
        }
    }
}
