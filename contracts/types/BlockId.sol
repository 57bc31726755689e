// SPDX-License-Identifier: MIT
// How a block is named: by its id, and by the part of it that finds its record.
pragma solidity 0.8.37;

/// @notice The digest of a block's work (docs/protocol.md, section 7.1). Zero names none.
type BlockId is bytes32;

/// @notice The lower 16 bytes of an id. They find a block's record; whoever brings a header shows 8 more bytes of its id.
type BlockKey is bytes16;

using {keyOf, tagOf} for BlockId global;
using {isSame as ==, isOther as !=, exists} for BlockKey global;

/// @notice Where the record of the block is.
function keyOf(BlockId id) pure returns (BlockKey) {
    return BlockKey.wrap(bytes16(uint128(uint256(BlockId.unwrap(id)))));
}

/// @notice The 8 bytes before the key, which are in the record: two headers of which one was worked for can have one key (2^85 hashes),
/// and with the tag as well would take 2^116 where a block is worth 2^40 hashes: the square root of the 192 bits that are kept, and of its work.
function tagOf(BlockId id) pure returns (bytes8) {
    return bytes8(uint64(uint256(BlockId.unwrap(id)) >> 128));
}

/// @notice Whether it is the key of anything.
function exists(BlockKey key) pure returns (bool) {
    return BlockKey.unwrap(key) != 0;
}

function isSame(BlockKey a, BlockKey b) pure returns (bool) {
    return BlockKey.unwrap(a) == BlockKey.unwrap(b);
}

function isOther(BlockKey a, BlockKey b) pure returns (bool) {
    return BlockKey.unwrap(a) != BlockKey.unwrap(b);
}
