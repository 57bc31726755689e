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

    /// @notice The 417 bytes of a header with its seal.
    function seal(Fields memory fields, address miner, bytes32 nonce) internal pure returns (bytes memory sealedHeader) {
        sealedHeader = new bytes(SEALED_BYTES);
        // From the front to the back: what is shorter than a word leaves zeros behind it, which the next one overwrites.
        _put(sealedHeader, 0, uint256(VERSION) << 248 | uint256(fields.chain) << 184 | uint256(uint160(fields.bridge)) << 24);
        _put(sealedHeader, 29, uint256(BlockId.unwrap(fields.parent)));
        _put(sealedHeader, 61, uint256(fields.height) << 192);
        _put(sealedHeader, 69, fields.target);
        _put(sealedHeader, 101, uint256(fields.stepCount) << 240 | uint256(fields.growth) << 224);
        _put(sealedHeader, 105, uint256(fields.traceRoot));
        _put(sealedHeader, 137, uint256(fields.state));
        _put(sealedHeader, 169, uint256(fields.supply) << 160 | uint256(fields.fee) << 64 | fields.queueFees);
        _put(sealedHeader, 201, uint256(fields.firstRequest) << 192 | uint256(fields.requestCount) << 160);
        _put(sealedHeader, 213, uint256(fields.requestsRoot));
        // Safe: three rounds.
        unchecked {
            for (uint256 i = 0; i < LANES; ++i) {
                LanePoint memory point = fields.lanes[i];
                _put(sealedHeader, 245 + 40 * i, uint256(point.count) << 192);
                _put(sealedHeader, 253 + 40 * i, uint256(point.hash));
            }
        }
        _put(sealedHeader, 365, uint256(uint160(miner)) << 96);
        _put(sealedHeader, 385, uint256(nonce));
    }

    function _put(bytes memory sealedHeader, uint256 offset, uint256 word) private pure {
        // Safe: within the 417 bytes that `seal` has made, of which the last word begins at 385.
        assembly ("memory-safe") {
            mstore(add(add(sealedHeader, 32), offset), word)
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

    /// @notice The same of one in memory, which has 417 bytes.
    function idIn(bytes memory sealedHeader) internal pure returns (BlockId id) {
        // Safe: as in `idOf`.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mcopy(free, add(sealedHeader, 32), SEALED_BYTES)
            mstore(add(free, 333), keccak256(free, HEADER_BYTES))
            id := keccak256(add(free, 333), 84)
        }
    }

    /// @notice Where a block, whose sealed header is in memory, leaves a lane.
    function laneIn(bytes memory sealedHeader, Lane lane) internal pure returns (uint256 count, bytes32 hash) {
        // Safe: reads within the 417 bytes, behind the length of the array.
        assembly ("memory-safe") {
            let place := add(add(sealedHeader, 277), mul(40, lane))
            count := shr(192, mload(place))
            hash := mload(add(place, 8))
        }
    }

    /// @notice Reverts unless these are as many bytes as a sealed header has.
    function checkLength(bytes calldata sealedHeader) internal pure {
        if (sealedHeader.length != SEALED_BYTES) revert IBridge.BadHeaderLength(sealedHeader.length);
    }

    function chainOf(bytes calldata sealedHeader) internal pure returns (uint64) {
        return uint64(_word(sealedHeader, 1) >> 192);
    }

    function bridgeOf(bytes calldata sealedHeader) internal pure returns (address) {
        return address(uint160(_word(sealedHeader, 9) >> 96));
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

    /// @notice Where the block leaves the lanes, written into `lanes`.
    function readLanes(bytes calldata sealedHeader, LanePoint[LANES] memory lanes) internal pure {
        // Safe: three rounds.
        unchecked {
            for (uint256 i = 0; i < LANES; ++i) {
                LanePoint memory point = lanes[i];
                point.count = uint64(_word(sealedHeader, 245 + 40 * i) >> 192);
                point.hash = bytes32(_word(sealedHeader, 253 + 40 * i));
            }
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

    function _word(bytes calldata sealedHeader, uint256 offset) private pure returns (uint256 word) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(add(sealedHeader.offset, offset))
        }
    }
}
