// SPDX-License-Identifier: MIT
// The queue of deposits and forced transactions that every branch has to carry, in lanes: one storage word for each entry.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "./BlockHeader.sol";
import {LanePrice} from "./LanePrice.sol";
import {Lane} from "../types/Lane.sol";

/// @title Queue
/// @notice docs/protocol.md, section 6. A word is the running hash up to an entry (27 bytes) and the entry's time (5 bytes).
library Queue {
    /// @notice Entries of a lane that one block must be ready to consume.
    uint256 internal constant SHARE = 128;
    /// @notice Seconds for which an entry may be passed over.
    uint256 internal constant GRACE_SECONDS = 1 hours;

    uint256 private constant TIME_MASK = (1 << 40) - 1;

    /// @notice One lane.
    /// @param length how many entries it ever got
    /// @param emptyAt when its bucket would be empty (`LanePrice`)
    /// @param words what that many entries left, so that word 0 is zero
    struct Entries {
        uint64 length;
        uint64 emptyAt;
        mapping(uint256 count => uint256 word) words;
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

    /// @notice The entry hash of a forced transaction.
    /// @param fee gwei
    function forcedHash(uint64 fee, bytes calldata transaction) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(2), fee, keccak256(transaction)));
    }

    /// @notice Adds an entry.
    /// @return index its number in its lane
    /// @return surchargeGas what it costs on top
    function append(Entries storage lane, bytes32 entryHash) internal returns (uint64 index, uint256 surchargeGas) {
        index = lane.length;
        uint256 level = LanePrice.levelAt(lane.emptyAt, block.timestamp);
        surchargeGas = LanePrice.surchargeGas(level);
        lane.length = index + 1;
        lane.emptyAt = uint64(block.timestamp + level + LanePrice.ENTRY_SECONDS);
        lane.words[index + 1] = uint256(next(hashOf(lane.words[index]), entryHash)) | block.timestamp;
    }

    /// @notice Reverts unless a block may consume the entries of a lane from `from` on up to `point` now, and `point` is on the lane.
    function check(Entries storage lane, Lane name, uint256 from, BlockHeader.LanePoint memory point) internal view {
        uint256 limit = lane.length;
        if (limit > from + SHARE) limit = from + SHARE;
        uint256 count = point.count;
        if (count > limit) revert IBridge.QueueOverrun(name, count, limit);
        // What the parent consumed was compared when it was published.
        if (count != from && hashOf(lane.words[count]) != point.hash) revert IBridge.QueueMismatch(name, count);
        if (count != limit && timeOf(lane.words[count + 1]) + GRACE_SECONDS <= block.timestamp) {
            revert IBridge.QueueIgnored(name, count);
        }
    }

    function hashOf(uint256 word) internal pure returns (bytes32) {
        return bytes32(word & ~TIME_MASK);
    }

    function timeOf(uint256 word) internal pure returns (uint40) {
        return uint40(word);
    }
}
