// SPDX-License-Identifier: MIT
// The race between the children of a block: who is live, which is the first, and which branch may be nominated.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockKey} from "../types/BlockId.sol";

/// @title Race
/// @notice The live (unrefuted) children of a block are a doubly linked list in the order of publication, so that the first
/// live child, and whether it is the only one, cost a constant number of reads however many siblings were published or
/// refuted. Nothing here depends on a clock that anybody could restart: all windows count from the first live child, and
/// a refutation can only move that to a later sibling. No two of the list were published in one second.
library Race {
    uint8 internal constant REFUTED = 1;
    uint8 internal constant FINAL = 2;
    uint8 internal constant RIVAL = 4;
    uint8 internal constant UNPAID = 8;

    /// @notice Siblings are accepted until the first live child is this old.
    uint256 internal constant SIBLING_SECONDS = 12 hours;
    /// @notice Blocks take part in a race if they were published at most this long after the first live child.
    uint256 internal constant BRANCH_SECONDS = 22 hours;
    /// @notice An only child is final this long after its publication.
    uint256 internal constant ALONE_SECONDS = 24 hours;
    /// @notice A race is decided this long after its first live child.
    uint256 internal constant RACE_SECONDS = 48 hours;
    /// @notice A nomination has to stand for this long.
    uint256 internal constant NOMINATION_SECONDS = 1 hours;
    /// @notice A parent is less than this above the final block, so no way to a block is longer.
    uint256 internal constant MAX_DEPTH = 128;

    /// @notice Adds a child behind its live siblings. The caller has written the rest of its record.
    function append(mapping(BlockKey => IBridge.BlockRecord) storage blocks, BlockKey parent, BlockKey child) internal {
        IBridge.BlockRecord storage record = blocks[parent];
        BlockKey first = record.firstChild;
        if (!first.exists()) {
            // `lastChild` stays zero: an only child costs one word.
            record.firstChild = child;
            return;
        }
        BlockKey last = lastChildOf(blocks, parent);
        blocks[last].nextSibling = child;
        blocks[child].previousSibling = last;
        record.lastChild = child;
    }

    /// @notice The latest live child of `parent`, or zero.
    function lastChildOf(mapping(BlockKey => IBridge.BlockRecord) storage blocks, BlockKey parent)
        internal
        view
        returns (BlockKey last)
    {
        IBridge.BlockRecord storage record = blocks[parent];
        last = record.lastChild;
        if (!last.exists()) last = record.firstChild;
    }

    /// @notice Takes a refuted child out of the list of its live siblings.
    function remove(mapping(BlockKey => IBridge.BlockRecord) storage blocks, BlockKey child) internal {
        IBridge.BlockRecord storage record = blocks[child];
        IBridge.BlockRecord storage parent = blocks[record.parent];
        BlockKey previous = record.previousSibling;
        BlockKey next = record.nextSibling;
        if (!previous.exists()) parent.firstChild = next;
        else blocks[previous].nextSibling = next;
        if (next.exists()) blocks[next].previousSibling = previous;
        // An only child may have no `lastChild`; the last of several has.
        else parent.lastChild = previous;
    }

    /// @notice The child of `parent` that leads to `block_`, or zero if `block_` is not eligible: a descendant of `parent` within
    /// 128 blocks, no block on the way (itself included) refuted, published within 22 hours of the first live child.
    function branchOf(mapping(BlockKey => IBridge.BlockRecord) storage blocks, BlockKey parent, BlockKey block_)
        internal
        view
        returns (BlockKey)
    {
        uint256 start = blocks[blocks[parent].firstChild].publishedAt;
        if (blocks[block_].publishedAt > start + BRANCH_SECONDS) return BlockKey.wrap(0);
        // At most 128 rounds of two reads.
        for (uint256 i = 0; i < MAX_DEPTH; ++i) {
            IBridge.BlockRecord storage record = blocks[block_];
            if (record.publishedAt == 0 || record.flags & REFUTED != 0) return BlockKey.wrap(0);
            BlockKey above = record.parent;
            if (above == parent) return block_;
            block_ = above;
        }
        return BlockKey.wrap(0);
    }

    /// @notice Whether block `a` beats block `b`: more cumulative work; then the earlier one; in one second the smaller key.
    function isAhead(mapping(BlockKey => IBridge.BlockRecord) storage blocks, BlockKey a, BlockKey b)
        internal
        view
        returns (bool)
    {
        IBridge.BlockRecord storage left = blocks[a];
        IBridge.BlockRecord storage right = blocks[b];
        if (left.work != right.work) return left.work > right.work;
        if (left.publishedAt != right.publishedAt) return left.publishedAt < right.publishedAt;
        return BlockKey.unwrap(a) < BlockKey.unwrap(b);
    }
}
