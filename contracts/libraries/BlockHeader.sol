// SPDX-License-Identifier: MIT
// The header of a bridging block: reading a sealed one from calldata, writing a new one, and the id of both.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockId} from "../types/BlockId.sol";
import {LANES, Lane} from "../types/Lane.sol";

/// @title Sealed headers
/// @notice Layout: docs/protocol.md, section 7.1. Readers expect 417 bytes, which `idOf` makes sure of.
library BlockHeader {
    uint256 internal constant HEADER_BYTES = 365;
    uint256 internal constant SEALED_BYTES = 417;
    uint8 private constant VERSION = 2;

    /// @notice All that a header says but its version.
    struct Fields {
        uint64 chain;
        address bridge;
        BlockId parent;
        uint64 height;
        uint256 target;
        uint16 stepCount;
        uint16 growth;
        bytes32 traceRoot;
        bytes32 state;
        uint96 supply;
        uint96 fee;
        uint64 queueFees;
        uint64 firstRequest;
        uint32 requestCount;
        bytes32 requestsRoot;
        LanePoint[LANES] lanes;
    }

    /// @notice Where a block leaves a lane: how many entries of it were consumed so far, and their running hash.
    struct LanePoint {
        uint64 count;
        bytes32 hash;
    }

    /// @notice The 417 bytes of a header with its seal, and its id.
    function seal(Fields memory fields, address miner, bytes32 nonce)
        internal
        pure
        returns (bytes memory sealedHeader, BlockId id)
    {
        // In parts, since the compiler's stack has no room for all of them at a time.
        sealedHeader = bytes.concat(
            abi.encodePacked(VERSION, fields.chain, fields.bridge, fields.parent, fields.height, fields.target),
            abi.encodePacked(fields.stepCount, fields.growth, fields.traceRoot, fields.state),
            abi.encodePacked(fields.supply, fields.fee, fields.queueFees),
            abi.encodePacked(fields.firstRequest, fields.requestCount, fields.requestsRoot),
            _encodeLanes(fields.lanes),
            abi.encodePacked(miner, nonce)
        );
        // Safe: reads the 417 bytes just made and writes into scratch space and above the free memory pointer only.
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
        checkLength(sealedHeader);
        // Safe: writes only above the free memory pointer, 417 bytes.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, sealedHeader.offset, SEALED_BYTES)
            // Miner and nonce follow the header: its hash goes right in front of them.
            mstore(add(free, 333), keccak256(free, HEADER_BYTES))
            id := keccak256(add(free, 333), 84)
        }
    }

    /// @notice Reverts unless these are as many bytes as a sealed header has.
    function checkLength(bytes calldata sealedHeader) internal pure {
        if (sealedHeader.length != SEALED_BYTES) revert IBridge.BadHeaderLength(sealedHeader.length);
    }

    function heightOf(bytes calldata sealedHeader) internal pure returns (uint64) {
        return uint64(_word(sealedHeader, 61) >> 192);
    }

    function targetOf(bytes calldata sealedHeader) internal pure returns (uint256) {
        return _word(sealedHeader, 69);
    }

    function stepCountOf(bytes calldata sealedHeader) internal pure returns (uint256) {
        return _word(sealedHeader, 101) >> 240;
    }

    function growthOf(bytes calldata sealedHeader) internal pure returns (uint16) {
        return uint16(_word(sealedHeader, 103) >> 240);
    }

    function traceRootOf(bytes calldata sealedHeader) internal pure returns (bytes32) {
        return bytes32(_word(sealedHeader, 105));
    }

    function stateOf(bytes calldata sealedHeader) internal pure returns (bytes32) {
        return bytes32(_word(sealedHeader, 137));
    }

    function supplyOf(bytes calldata sealedHeader) internal pure returns (uint96) {
        return uint96(_word(sealedHeader, 169) >> 160);
    }

    function feeOf(bytes calldata sealedHeader) internal pure returns (uint96) {
        return uint96(_word(sealedHeader, 181) >> 160);
    }

    function queueFeesOf(bytes calldata sealedHeader) internal pure returns (uint64) {
        return uint64(_word(sealedHeader, 193) >> 192);
    }

    function firstRequestOf(bytes calldata sealedHeader) internal pure returns (uint64) {
        return uint64(_word(sealedHeader, 201) >> 192);
    }

    function requestCountOf(bytes calldata sealedHeader) internal pure returns (uint32) {
        return uint32(_word(sealedHeader, 209) >> 224);
    }

    function requestsRootOf(bytes calldata sealedHeader) internal pure returns (bytes32) {
        return bytes32(_word(sealedHeader, 213));
    }

    /// @notice How many entries of a lane were consumed with the block and below it.
    function laneCountOf(bytes calldata sealedHeader, Lane lane) internal pure returns (uint64) {
        return uint64(_word(sealedHeader, 245 + 40 * uint256(lane)) >> 192);
    }

    /// @notice Where the block leaves the lanes.
    function lanesOf(bytes calldata sealedHeader) internal pure returns (LanePoint[LANES] memory lanes) {
        for (uint256 i = 0; i < LANES; ++i) {
            lanes[i].count = laneCountOf(sealedHeader, Lane(i));
            lanes[i].hash = bytes32(_word(sealedHeader, 253 + 40 * i));
        }
    }

    /// @notice The entry of the lanes that step `index` of a block consumes, if it is one of those that consume any.
    /// @return consumes false for all that comes after them
    /// @return lane of the entry
    /// @return number of the entry in its lane, from 0
    function placeOf(bytes calldata sealedHeader, bytes calldata parent, uint256 index)
        internal
        pure
        returns (bool consumes, Lane lane, uint256 number)
    {
        for (uint256 i = 0; i < LANES; ++i) {
            lane = Lane(i);
            number = laneCountOf(parent, lane) + index;
            uint256 end = laneCountOf(sealedHeader, lane);
            if (number < end) return (true, lane, number);
            index = number - end;
        }
        return (false, lane, 0);
    }

    function minerOf(bytes calldata sealedHeader) internal pure returns (address) {
        return address(uint160(_word(sealedHeader, 365) >> 96));
    }

    function _encodeLanes(LanePoint[LANES] memory lanes) private pure returns (bytes memory) {
        return abi.encodePacked(
            lanes[0].count, lanes[0].hash, lanes[1].count, lanes[1].hash, lanes[2].count, lanes[2].hash
        );
    }

    function _word(bytes calldata sealedHeader, uint256 offset) private pure returns (uint256 word) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(add(sealedHeader.offset, offset))
        }
    }
}
