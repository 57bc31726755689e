// SPDX-License-Identifier: MIT
// The compact sparse Merkle tree of the state, read and changed through openings.
pragma solidity 0.8.37;

/// @notice A root that moves along a witness, and the entry that was opened last.
/// @param root of the tree as the touches so far left it
/// @param begin where the witness begins; this and the next three are positions in the calldata
/// @param next where its unread part begins
/// @param end where it ends
/// @param siblings where the siblings of the last opening begin
/// @param depth how many they are
/// @param key the key that was opened: 160 bits from the left, then zeros
/// @param leaf hash of the leaf that stands in the slot; zero if it is empty
/// @param leafKey its key
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
}

/// @title Openings, absence, insertion, replacement and deletion
/// @notice An opening shows what the tree holds under a key; no opening that is accepted shows anything else, at whatever depth.
/// @dev Rules: docs/protocol.md, section 3. Paths have at most 160 levels, so every loop here is bounded by that.
library Tree {
    uint256 internal constant MAX_DEPTH = 160;

    /// @notice The witness does not open the state, is cut short, or has a byte too many.
    /// @param position of the byte in the witness up to which all was well
    error BadWitness(uint256 position);
    /// @notice A value does not fit 128 bits: the state that was opened is no state of any valid chain.
    error BadState(bytes32 key, uint256 value);

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
        uint256 next = cursor.next;
        if (cursor.end - next < 2) revert BadWitness(next - cursor.begin);
        uint256 depth = uint256(_word(next)) >> 248;
        if (depth > MAX_DEPTH || cursor.end - next < 2 + 32 * depth) revert BadWitness(next - cursor.begin);
        cursor.siblings = next + 1;
        cursor.depth = depth;
        cursor.key = key;
        cursor.next = next + 1 + 32 * depth;
        uint256 tag = _tag(cursor);
        if (tag == 1) {
            bytes32 found;
            (cursor.leaf, found, value) = _leaf(cursor);
            cursor.leafKey = found;
            // The leaf must lie on the path of the key that is wanted, and hold something.
            if (uint256(found ^ key) >> (256 - depth) != 0 || value == 0) revert BadWitness(next - cursor.begin);
            if (found != key) value = 0;
        } else {
            if (tag != 0) revert BadWitness(next - cursor.begin);
            cursor.leaf = 0;
        }
        if (_fold(cursor.leaf, key, cursor.siblings, depth, 0) != cursor.root) revert BadWitness(next - cursor.begin);
    }

    /// @notice Gives the entry that was opened last a value above zero, whether it was present or not.
    function set(Cursor memory cursor, uint256 value) internal pure {
        bytes32 key = cursor.key;
        if (value > type(uint128).max) revert BadState(key, value);
        bytes32 node = hashLeaf(key, value);
        uint256 depth = cursor.depth;
        if (cursor.leaf != 0 && cursor.leafKey != key) {
            // Beside another leaf: both go down to the first bit in which their keys differ, which is at `depth` or below.
            bytes32 difference = cursor.leafKey ^ key;
            uint256 split = depth;
            while (uint256(difference << split) >> 255 == 0) split++;
            node = uint256(key << split) >> 255 == 0 ? _hashInner(node, cursor.leaf) : _hashInner(cursor.leaf, node);
            // Siblings behind the end of the calldata read as zero: empty.
            node = _fold(node, key, type(uint128).max, split, depth);
        }
        cursor.root = _fold(node, key, cursor.siblings, depth, 0);
    }

    /// @notice Deletes the entry that was opened last, which was present; reads the preimage of its sibling from the witness.
    function remove(Cursor memory cursor) internal pure {
        uint256 depth = cursor.depth;
        bytes32 node;
        if (depth != 0) {
            uint256 position = cursor.next - cursor.begin;
            bytes32 sibling = _word(cursor.siblings + 32 * (depth - 1));
            uint256 tag = _tag(cursor);
            bytes32 opened;
            if (tag == 1) {
                (opened,,) = _leaf(cursor);
                // A leaf that is left alone stands where the subtree without the entry begins.
                node = opened;
                depth--;
                while (depth != 0 && _word(cursor.siblings + 32 * (depth - 1)) == 0) depth--;
            } else {
                if (tag != 2 || cursor.end - cursor.next < 64) revert BadWitness(position);
                opened = _hashInner(_word(cursor.next), _word(cursor.next + 32));
                cursor.next += 64;
            }
            if (opened != sibling) revert BadWitness(position);
        }
        cursor.root = _fold(node, cursor.key, cursor.siblings, depth, 0);
    }

    /// @notice The root after all touches. The witness must have been used to its last byte.
    function finish(Cursor memory cursor) internal pure returns (bytes32) {
        if (cursor.next != cursor.end) revert BadWitness(cursor.next - cursor.begin);
        return cursor.root;
    }

    /// @notice Key of the output that is named by `infohash` and its owner.
    function outputKey(bytes20 infohash, address owner) internal pure returns (bytes32) {
        return bytes20(keccak256(abi.encodePacked(uint8(0), infohash, owner)));
    }

    /// @notice Key of the account of `owner`.
    function accountKey(address owner) internal pure returns (bytes32) {
        return bytes20(keccak256(abi.encodePacked(uint8(1), owner)));
    }

    /// @notice Hash of an entry.
    /// @param key 160 bits from the left
    /// @param value above zero and below 2^128
    function hashLeaf(bytes32 key, uint256 value) internal pure returns (bytes32 digest) {
        // Safe: writes only scratch space (0x00 to 0x3f); the tag is the zero byte before the key.
        assembly ("memory-safe") {
            mstore(0, shr(8, key))
            mstore(21, shl(128, value))
            digest := keccak256(0, 37)
        }
    }

    /// @dev Reads one byte of the witness. Callers have checked, or check here, that there is one.
    function _tag(Cursor memory cursor) private pure returns (uint256 tag) {
        uint256 next = cursor.next;
        if (next == cursor.end) revert BadWitness(next - cursor.begin);
        tag = uint256(_word(next)) >> 248;
        cursor.next = next + 1;
    }

    /// @dev Reads key and value of a leaf.
    function _leaf(Cursor memory cursor) private pure returns (bytes32 digest, bytes32 key, uint256 value) {
        uint256 next = cursor.next;
        if (cursor.end - next < 36) revert BadWitness(next - cursor.begin);
        key = bytes20(_word(next));
        value = uint256(_word(next + 20)) >> 128;
        digest = hashLeaf(key, value);
        cursor.next = next + 36;
    }

    /// @dev Hash of an inner node.
    function _hashInner(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }

    /// @dev Folds `node`, which stands at depth `from`, with the siblings of the levels above it up to depth `to`.
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

    /// @dev The word at a position of the calldata.
    function _word(uint256 position) private pure returns (bytes32 word) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            word := calldataload(position)
        }
    }
}
