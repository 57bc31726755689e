// SPDX-License-Identifier: MIT
// The queue of deposits, entries of assets and forced transactions that every branch has to carry, in lanes: one storage word for each entry.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "./BlockHeader.sol";
import {LanePrice} from "./LanePrice.sol";
import {LANES, Lane} from "../types/Lane.sol";
import {QueueSpot} from "../types/QueueSpot.sol";

/// @title Queue
/// @notice docs/protocol.md, section 6. A word is the running hash up to an entry (27 bytes) and the entry's time (5 bytes).
library Queue {
    /// @notice Entries of a lane that one block must be ready to consume.
    uint256 internal constant SHARE = 128;
    /// @notice Seconds for which an entry may be passed over.
    uint256 internal constant GRACE_SECONDS = 1 hours;

    uint256 private constant TIME_MASK = (1 << 40) - 1;
    /// @dev Of each lane 40 bits of its length, and 40 of the time at which its bucket would be empty (`LanePrice`).
    uint256 private constant HEAD_BITS = 80;
    uint256 private constant HEAD_MASK = (1 << HEAD_BITS) - 1;

    /// @notice All lanes.
    /// @param heads one word for all, since every publication reads it
    /// @param words of a lane what that many entries left, so that word 0 is zero
    struct Lanes {
        uint256 heads;
        mapping(Lane lane => mapping(uint256 count => uint256 word)) words;
    }

    /// @notice The running hash with one more entry.
    function next(bytes32 runningHash, bytes32 entryHash) internal pure returns (bytes32 digest) {
        // Safe: writes only into scratch space.
        assembly ("memory-safe") {
            mstore(0, runningHash)
            mstore(32, entryHash)
            digest := shl(40, shr(40, keccak256(0, 64)))
        }
    }

    /// @notice The entry hash of a deposit.
    function depositHash(uint256 gross, address to) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), uint128(gross), to));
    }

    /// @notice The entry hash of an entry of an asset.
    /// @param fee gwei
    function assetHash(uint64 fee, uint256 amount, address to, address asset) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(5), fee, uint128(amount), to, asset));
    }

    /// @notice The entry hash of a forced transaction.
    /// @param fee gwei
    function forcedHash(uint64 fee, bytes calldata transaction) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(2), fee, keccak256(transaction)));
    }

    /// @notice Adds an entry.
    /// @return index its number in its lane
    /// @return surchargeGas what it costs on top
    function append(Lanes storage lanes, Lane lane, bytes32 entryHash)
        internal
        returns (uint256 index, uint256 surchargeGas)
    {
        uint256 heads = lanes.heads;
        uint256 level = levelOf(heads, lane);
        index = lengthOf(heads, lane);
        surchargeGas = LanePrice.surchargeGas(level);
        // Safe: neither reaches 2^40, since an entry costs more than 10,000 gas, and the time is that of thousands of years.
        uint256 head = (block.timestamp + level + LanePrice.ENTRY_SECONDS) << 40 | (index + 1);
        uint256 shift = HEAD_BITS * uint256(lane);
        lanes.heads = heads & ~(HEAD_MASK << shift) | head << shift;
        mapping(uint256 => uint256) storage words = lanes.words[lane];
        words[index + 1] = uint256(next(hashOf(words[index]), entryHash)) | block.timestamp;
    }

    /// @notice Reverts unless a block on this parent may leave the lanes now where its sealed header says.
    function check(Lanes storage lanes, bytes calldata parent, bytes memory sealedHeader) internal view {
        uint256 heads = lanes.heads;
        // Safe: three rounds.
        unchecked {
            for (uint256 i = 0; i < LANES; ++i) {
                _check(lanes, Lane(i), lengthOf(heads, Lane(i)), parent, sealedHeader);
            }
        }
    }

    function _check(Lanes storage lanes, Lane lane, uint256 limit, bytes calldata parent, bytes memory sealedHeader)
        private
        view
    {
        uint256 from = BlockHeader.laneCountOf(parent, lane);
        (uint256 count, bytes32 hash) = BlockHeader.laneIn(sealedHeader, lane);
        // Nothing new, and nothing waits.
        if (count == from && count == limit) return;
        if (limit > from + SHARE) limit = from + SHARE;
        if (count > limit) revert IBridge.QueueOverrun(lane, count, limit);
        mapping(uint256 => uint256) storage words = lanes.words[lane];
        // What the parent consumed was compared when it was published.
        if (count != from && hashOf(words[count]) != hash) revert IBridge.QueueMismatch(lane, count);
        if (count != limit && timeOf(words[count + 1]) + GRACE_SECONDS <= block.timestamp) {
            revert IBridge.QueueIgnored(lane, count);
        }
    }

    /// @notice How many entries a lane ever got.
    function lengthOf(uint256 heads, Lane lane) internal pure returns (uint256) {
        return heads >> (HEAD_BITS * uint256(lane)) & TIME_MASK;
    }

    /// @notice The level of its bucket now, in seconds.
    function levelOf(uint256 heads, Lane lane) internal view returns (uint256) {
        return LanePrice.levelAt(heads >> (HEAD_BITS * uint256(lane) + 40) & TIME_MASK, block.timestamp);
    }

    /// @notice The running hash before and behind an entry; zeros beyond the end of the lane.
    function spotOf(Lanes storage lanes, Lane lane, uint256 number) internal view returns (QueueSpot memory spot) {
        mapping(uint256 => uint256) storage words = lanes.words[lane];
        spot.before = hashOf(words[number]);
        spot.beyond = hashOf(words[number + 1]);
    }

    function hashOf(uint256 word) internal pure returns (bytes32) {
        return bytes32(word & ~TIME_MASK);
    }

    function timeOf(uint256 word) internal pure returns (uint40) {
        return uint40(word);
    }
}
