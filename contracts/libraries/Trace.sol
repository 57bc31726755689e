// SPDX-License-Identifier: MIT
// The trace of a block: a Merkle tree over its steps and the states after them.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";

/// @title Trace
/// @notice docs/protocol.md, section 5.
library Trace {
    /// @notice keccak(0x00 ‖ stepHash ‖ state).
    function leafOf(bytes32 stepHash, bytes32 state) internal pure returns (bytes32 leaf) {
        // Safe: writes only into scratch space (0x00 to 0x3f) and hashes above the free memory pointer.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0)
            mstore(add(free, 1), stepHash)
            mstore(add(free, 33), state)
            leaf := keccak256(free, 65)
        }
    }

    /// @notice ceil(log2(stepCount)); 0 for none or one.
    function depthOf(uint256 stepCount) internal pure returns (uint256 depth) {
        // At most 9 rounds: a block has at most 500 steps in calldata, and at most 500 requests.
        while (1 << depth < stepCount) ++depth;
    }

    /// @notice The root over `2^depth` leaves. Overwrites them.
    /// @param leaves as many as a power of two; zero where there is no step
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32 root) {
        // Safe: `leaves` has `count` words, the pair at 2i is read before word i <= 2i is written, and the hash is made
        // above the free memory pointer. At most 511 hashes.
        assembly ("memory-safe") {
            let nodes := add(leaves, 32)
            let pair := mload(0x40)
            mstore8(pair, 1)
            // `size` bytes of parents come from twice as many of children; the last round has one parent.
            for { let size := shl(4, mload(leaves)) } gt(size, 31) { size := shr(1, size) } {
                for { let i := 0 } lt(i, size) { i := add(i, 32) } {
                    mstore(add(pair, 1), mload(add(nodes, shl(1, i))))
                    mstore(add(pair, 33), mload(add(nodes, add(32, shl(1, i)))))
                    mstore(add(nodes, i), keccak256(pair, 65))
                }
            }
            if mload(leaves) { root := mload(nodes) }
        }
    }

    /// @notice Reverts with `BadProof` unless `leaf` is at `index` below `root`, by exactly `depth` siblings.
    function check(bytes32 root, uint256 depth, uint256 index, bytes32 leaf, bytes32[] calldata siblings) internal pure {
        if (siblings.length != depth || fold(leaf, index, siblings) != root) revert IBridge.BadProof(index, depth);
    }

    /// @notice The root to which a leaf leads with its siblings, from the leaf up.
    function fold(bytes32 leaf, uint256 index, bytes32[] calldata siblings) internal pure returns (bytes32 root) {
        root = leaf;
        // Safe: hashes above the free memory pointer; reads the siblings within their bounds. The caller bounds their number.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            let left := add(free, 1)
            let right := add(free, 33)
            // 32 times the index: its bit 5 says whether the node is the right one of the pair.
            index := shl(5, index)
            let at := siblings.offset
            let end := add(at, shl(5, siblings.length))
            for {} lt(at, end) { at := add(at, 32) } {
                let side := and(index, 32)
                mstore(add(left, side), root)
                mstore(sub(right, side), calldataload(at))
                root := keccak256(free, 65)
                index := shr(1, index)
            }
        }
    }
}
