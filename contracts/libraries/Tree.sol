// SPDX-License-Identifier: MIT
// The compact sparse Merkle tree of the state, read and changed through openings.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {Asset} from "../types/Asset.sol";

/// @notice A root that moves along a witness, and the entry that was opened last.
/// @param root of the tree as the touches so far left it
/// @param begin where the witness begins; this and the next three are positions in the calldata
/// @param next where its unread part begins
/// @param end where it ends
/// @param siblings where the siblings of the last opening begin
/// @param depth how many they are
/// @param key the name that was opened, whole
/// @param leaf hash of the leaf that is in the slot; zero if it is empty
/// @param leafKey its name
/// @param growth entries created less entries deleted so far, modulo 2^256
struct Cursor {
    bytes32 root;
    uint256 begin;
    uint256 next;
    uint256 end;
    uint256 siblings;
    uint256 depth;
    bytes32 key;
    bytes32 leaf;
    bytes32 leafKey;
    uint256 growth;
}

/// @title Openings, absence, insertion, replacement and deletion
/// @notice An opening shows what the tree holds under a key; no opening that is accepted shows anything else, at whatever depth.
/// @dev Rules: docs/protocol.md, section 3. A key is the whole name of an entry; its first 160 bits are its place. Paths have at most
/// 160 levels, so every loop here is bounded by that.
library Tree {
    uint256 internal constant MAX_DEPTH = 160;

    /// @dev A position behind the end of any calldata, where all words read as zero: siblings that are empty.
    uint256 private constant EMPTY_SIBLINGS = 1 << 128;

    /// @notice Starts to read `witness`, whose first opening is against `root`.
    function start(bytes32 root, bytes calldata witness) internal pure returns (Cursor memory cursor) {
        cursor.root = root;
        uint256 begin;
        // Safe: only computes a position in the calldata.
        assembly ("memory-safe") {
            begin := witness.offset
        }
        cursor.begin = cursor.next = begin;
        cursor.end = begin + witness.length;
    }

    /// @notice The value under `key`, or 0 if the tree has none; checks the witness' next opening against the root.
    function open(Cursor memory cursor, bytes32 key) internal pure returns (uint256 value) {
        uint256 depth = _take(cursor, 1) >> 248;
        _check(depth <= MAX_DEPTH, cursor);
        cursor.key = key;
        cursor.depth = depth;
        cursor.siblings = cursor.next;
        _take(cursor, 32 * depth);
        uint256 tag = _take(cursor, 1) >> 248;
        _check(tag < 2, cursor);
        bytes32 leaf;
        if (tag == 1) {
            bytes32 found;
            (leaf, found, value) = _takeLeaf(cursor);
            // The leaf must lie on the path of the key that is wanted, and hold something.
            _check(uint256(found ^ key) >> (256 - depth) == 0 && value != 0, cursor);
            if (found != key) value = 0;
            cursor.leafKey = found;
        }
        cursor.leaf = leaf;
        _check(_fold(leaf, key, cursor.siblings, depth, 0) == cursor.root, cursor);
    }

    /// @notice Whether an entry of another name has the place of the one that was opened last, which can then not be created.
    function isTaken(Cursor memory cursor) internal pure returns (bool) {
        uint256 difference = uint256(cursor.leafKey ^ cursor.key);
        return cursor.leaf != 0 && difference != 0 && difference >> (256 - MAX_DEPTH) == 0;
    }

    /// @notice Gives the entry that was opened last a value, whether it was present or not. Its place must not be taken.
    /// @param value above zero and below 2^128: the caller makes sure of that
    function set(Cursor memory cursor, uint256 value) internal pure {
        bytes32 key = cursor.key;
        bytes32 node = hashLeaf(key, value);
        bytes32 difference = cursor.leafKey ^ key;
        uint256 depth = cursor.depth;
        if (cursor.leaf == 0 || difference != 0) {
            // Safe: a step touches 16 entries at most; below zero it wraps around.
            unchecked {
                ++cursor.growth;
            }
        }
        if (cursor.leaf != 0 && difference != 0) {
            // Beside another leaf: both go down to the first bit in which their keys differ, which is at `depth` or below.
            uint256 split = depth;
            // Safe: the keys differ in one of their first 160 bits.
            unchecked {
                while (uint256(difference << split) >> 255 == 0) split++;
            }
            node = uint256(key << split) >> 255 == 0 ? _hashInner(node, cursor.leaf) : _hashInner(cursor.leaf, node);
            node = _fold(node, key, EMPTY_SIBLINGS, split, depth);
        }
        cursor.root = _fold(node, key, cursor.siblings, depth, 0);
    }

    /// @notice Deletes the entry that was opened last, which was present; reads the preimage of its sibling from the witness.
    function remove(Cursor memory cursor) internal pure {
        uint256 depth = cursor.depth;
        bytes32 node;
        if (depth != 0) {
            bytes32 opened;
            bytes32 sibling = _sibling(cursor, depth);
            uint256 tag = _take(cursor, 1) >> 248;
            if (tag == 1) {
                (opened,,) = _takeLeaf(cursor);
                // A leaf that is left alone stands where the subtree without the entry begins.
                node = opened;
                // Safe: stops at 0.
                unchecked {
                    do depth--; while (depth != 0 && _sibling(cursor, depth) == 0);
                }
            } else {
                _check(tag == 2, cursor);
                bytes32 left = bytes32(_take(cursor, 32));
                opened = _hashInner(left, bytes32(_take(cursor, 32)));
            }
            _check(opened == sibling, cursor);
        }
        cursor.root = _fold(node, cursor.key, cursor.siblings, depth, 0);
        // Safe: as in `set`.
        unchecked {
            --cursor.growth;
        }
    }

    /// @notice The root after all touches. The witness must have been used to its last byte.
    function finish(Cursor memory cursor) internal pure returns (bytes32) {
        _check(cursor.next == cursor.end, cursor);
        return cursor.root;
    }

    /// @notice Key of the output that is named by `infohash`, its owner and, unless that is TTX, its asset: its first bit is 0, as that of
    /// no account is.
    function outputKey(bytes20 infohash, address owner, Asset asset) internal pure returns (bytes32 key) {
        // Safe: writes 73 bytes behind the free memory pointer.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0)
            mstore(add(free, 1), infohash)
            mstore(add(free, 21), shl(96, owner))
            mstore(add(free, 41), asset)
            key := shr(1, shl(1, keccak256(free, add(41, mul(21, gt(asset, 0))))))
        }
    }

    /// @notice Key of the account of `owner` for this asset: its first bit is 1.
    function accountKey(address owner, Asset asset) internal pure returns (bytes32 key) {
        // Safe: writes only scratch space (0x00 to 0x34).
        assembly ("memory-safe") {
            mstore8(0, 1)
            mstore(1, shl(96, owner))
            mstore(21, asset)
            key := or(shl(255, 1), keccak256(0, add(21, mul(21, gt(asset, 0)))))
        }
    }

    /// @notice Hash of an entry.
    /// @param value above zero and below 2^128
    function hashLeaf(bytes32 key, uint256 value) internal pure returns (bytes32 digest) {
        // Safe: writes 65 bytes behind the free memory pointer.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0)
            mstore(add(free, 1), key)
            mstore(add(free, 33), shl(128, value))
            digest := keccak256(free, 49)
        }
    }

    /// @dev Goes on by `size` bytes of the witness; gives the word that begins with them.
    function _take(Cursor memory cursor, uint256 size) private pure returns (uint256 word) {
        uint256 next = cursor.next;
        // Safe: next <= end, and both are positions in the calldata.
        unchecked {
            _check(cursor.end - next >= size, cursor);
            cursor.next = next + size;
        }
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(next)
        }
    }

    /// @dev Reads key and value of a leaf.
    function _takeLeaf(Cursor memory cursor) private pure returns (bytes32 digest, bytes32 key, uint256 value) {
        key = bytes32(_take(cursor, 32));
        value = _take(cursor, 16) >> 128;
        digest = hashLeaf(key, value);
    }

    /// @dev The sibling at `depth`, which is 1 to the depth of the last opening.
    function _sibling(Cursor memory cursor, uint256 depth) private pure returns (bytes32 sibling) {
        uint256 siblings = cursor.siblings;
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            sibling := calldataload(add(siblings, shl(5, sub(depth, 1))))
        }
    }

    /// @dev A function of its own, so that the error is in the code once.
    function _check(bool isRight, Cursor memory cursor) private pure {
        if (!isRight) revert IBridge.BadWitness(cursor.next - cursor.begin);
    }

    /// @dev Hash of an inner node.
    function _hashInner(bytes32 left, bytes32 right) private pure returns (bytes32 digest) {
        // Safe: writes 65 bytes behind the free memory pointer.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            mstore(add(free, 1), left)
            mstore(add(free, 33), right)
            digest := keccak256(free, 65)
        }
    }

    /// @dev Folds `node`, which is at depth `from`, with the siblings of the levels above it up to depth `to`.
    /// @param siblings position of the sibling at depth 1
    function _fold(bytes32 node, bytes32 key, uint256 siblings, uint256 from, uint256 to)
        private
        pure
        returns (bytes32)
    {
        // Safe: writes 65 bytes behind the free memory pointer. from >= to, both at most 160, and a position in the
        // calldata is at most 2^128, so nothing overflows.
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            let left := add(preimage, 1)
            mstore8(preimage, 1)
            for { let level := from } gt(level, to) {} {
                level := sub(level, 1)
                // Bit `level` of the key: 0 puts the node left, 1 right.
                let side := shl(5, and(shr(sub(255, level), key), 1))
                mstore(add(left, side), node)
                mstore(add(left, xor(side, 32)), calldataload(add(siblings, shl(5, level))))
                node := keccak256(preimage, 65)
            }
        }
        return node;
    }
}
