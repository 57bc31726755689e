// SPDX-License-Identifier: MIT
// The queue of deposits and forced transactions that every branch has to carry: one storage word for each entry.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";

/// @title Queue
/// @notice docs/protocol.md, section 6. A word is the running hash up to an entry (27 bytes) and the entry's time (5 bytes).
library Queue {
    /// @notice Entries that one block must be ready to consume: a quarter of the steps of a block.
    uint256 internal constant SHARE = 125;
    /// @notice Seconds for which an entry may be passed over.
    uint256 internal constant GRACE_SECONDS = 1 hours;

    uint256 private constant TIME_MASK = (1 << 40) - 1;

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

    /// @notice Adds an entry. The first word of `queue` is zero and stands before entry 0, so word n is what n entries left.
    /// @return index its number
    function append(uint256[] storage queue, bytes32 entryHash) internal returns (uint256 index) {
        index = queue.length - 1;
        queue.push(uint256(next(hashOf(queue[index]), entryHash)) | block.timestamp);
    }

    /// @notice Reverts unless a block may consume the entries `from` to `count - 1` now, and `runningHash` is that of the queue.
    function check(uint256[] storage queue, uint256 from, uint256 count, bytes32 runningHash) internal view {
        uint256 limit = queue.length - 1;
        if (limit > from + SHARE) limit = from + SHARE;
        if (count > limit) revert IBridge.QueueOverrun(count, limit);
        // What the parent consumed was compared when it was published.
        if (count != from && hashOf(queue[count]) != runningHash) revert IBridge.QueueMismatch(count);
        if (count != limit && timeOf(queue[count + 1]) + GRACE_SECONDS <= block.timestamp) {
            revert IBridge.QueueIgnored(count);
        }
    }

    function hashOf(uint256 word) internal pure returns (bytes32) {
        return bytes32(word & ~TIME_MASK);
    }

    function timeOf(uint256 word) internal pure returns (uint40) {
        return uint40(word);
    }
}
