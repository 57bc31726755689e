// SPDX-License-Identifier: MIT
// One row of a block whose rows are in blobs: where it is, and what a proof has to bring to show it.
pragma solidity 0.8.37;

import {IBlobs} from "../interfaces/IBlobs.sol";
import {IBridge} from "../interfaces/IBridge.sol";
import {BlobEntry} from "../types/BlobEntry.sol";
import {Blob} from "./Blob.sol";
import {Step} from "./Step.sol";

/// @title Rows in blobs
/// @notice docs/protocol.md, section 5.2. Of the 32 bytes of an element the lower 31 count; an element beyond the blobs reads as zero.
library BlobRow {
    /// @dev Bytes of an element that count.
    uint256 private constant CONTENT = 31;
    /// @dev Bytes of commitment and proof.
    uint256 private constant PROOF = 96;

    /// @notice The step of a row and what the blobs state before and after it, or a revert if the proof does not show exactly that.
    ///
    /// `content` is what counts of the step's elements, 31 bytes each, zeros for those beyond the blobs: the step is its first `size`
    /// bytes, in one piece. How many elements these are follows from the first 31 bytes, which say how long the step is; one if
    /// they have no shape.
    ///
    /// `openings` has, in this order and without a byte more:
    ///  - of the entry of the step before, unless it is step 0: its two elements;
    ///  - of the step's own entry, unless it is the last step: its two elements;
    ///  - the elements of the step.
    /// Elements beyond the blobs are left out. One of an entry is value(32) ‖ commitment(48) ‖ proof(48). One of the step is
    /// top(1) ‖ commitment(48) ‖ proof(48), top being the first byte of its value, of which the content has the rest.
    /// @param hashes of the blobs, as `Blob.traceRootOf` has accepted them
    /// @param stepCount the number of steps that the header states
    /// @return before of step 0: begins behind the entries, no state (which is that of the parent's header), no requests, no growth
    /// @return own of the last step: no state, requests and growth (which the header has), and the end that the step has
    /// @return size of the step, 0 if it has no shape
    function open(
        bytes32[] calldata hashes,
        uint256 stepCount,
        uint256 index,
        bytes calldata content,
        bytes calldata openings
    ) internal view returns (BlobEntry memory before, BlobEntry memory own, uint256 size) {
        if (index >= stepCount) revert IBridge.NoSuchStep(index, stepCount);
        uint256 used;
        if (index == 0) before.end = 2 * stepCount;
        else used = _openEntry(hashes, index - 1, openings, used, before);
        if (index + 1 < stepCount) used = _openEntry(hashes, index, openings, used, own);
        size = _sizeOf(content);
        uint256 end = before.end + elementsOf(size);
        used = _checkStep(hashes, before.end, end, content, openings, used);
        _check(used == openings.length, used, openings.length);
        if (index + 1 == stepCount) own.end = end;
    }

    /// @notice The elements that a step of this size takes; 1 of what has no shape.
    function elementsOf(uint256 size) internal pure returns (uint256) {
        return size == 0 ? 1 : (size + CONTENT - 1) / CONTENT;
    }

    /// @dev Entry `index` into `entry`. Returns how many bytes of the openings are used by then.
    function _openEntry(
        bytes32[] calldata hashes,
        uint256 index,
        bytes calldata openings,
        uint256 used,
        BlobEntry memory entry
    ) private view returns (uint256) {
        uint256 first;
        uint256 second;
        (first, used) = _openElement(hashes, 2 * index, openings, used);
        (second, used) = _openElement(hashes, 2 * index + 1, openings, used);
        // The first byte of each does not count: state(31), then state(1) ‖ end(2) ‖ requests(2) ‖ growth(2) and 24 bytes that say nothing.
        entry.state = bytes32((first << 8) | ((second >> 240) & 0xff));
        entry.end = (second >> 224) & 0xffff;
        entry.requests = (second >> 208) & 0xffff;
        entry.growth = (second >> 192) & 0xffff;
        return used;
    }

    /// @dev The value of an element of an entry, all 32 bytes.
    function _openElement(bytes32[] calldata hashes, uint256 element, bytes calldata openings, uint256 used)
        private
        view
        returns (uint256 value, uint256)
    {
        if (_isBeyond(hashes, element)) return (0, used);
        uint256 next = used + 32 + PROOF;
        _check(next <= openings.length, next, openings.length);
        value = uint256(bytes32(openings[used:used + 32]));
        Blob.check(hashes, element, value, openings[used + 32:next]);
        return (value, next);
    }

    /// @dev Checks that the elements from `begin` to before `end` have this content.
    function _checkStep(
        bytes32[] calldata hashes,
        uint256 begin,
        uint256 end,
        bytes calldata content,
        bytes calldata openings,
        uint256 used
    ) private view returns (uint256) {
        uint256 length = (end - begin) * CONTENT;
        _check(content.length == length, length, content.length);
        // As many rounds as the longest step has elements.
        for (uint256 element = begin; element < end; ++element) {
            uint256 start = (element - begin) * CONTENT;
            uint256 value = uint256(uint248(bytes31(content[start:start + CONTENT])));
            if (_isBeyond(hashes, element)) {
                if (value != 0) revert IBlobs.BeyondBlobs(element);
                continue;
            }
            uint256 next = used + 1 + PROOF;
            _check(next <= openings.length, next, openings.length);
            value |= uint256(uint8(openings[used])) << 248;
            Blob.check(hashes, element, value, openings[used + 1:next]);
            used = next;
        }
        return used;
    }

    /// @dev A function of its own, so that the error is in the code once.
    function _check(bool isRight, uint256 expected, uint256 length) private pure {
        if (!isRight) revert IBlobs.BadRowLength(expected, length);
    }

    function _isBeyond(bytes32[] calldata hashes, uint256 element) private pure returns (bool) {
        return element >= Blob.ELEMENTS * hashes.length;
    }

    /// @dev Of the step at the beginning of the content, however much of it there is: what is missing may not make a step shapeless.
    function _sizeOf(bytes calldata content) private pure returns (uint256) {
        bytes calldata long;
        // Safe: nothing but the size is read, and all that it depends on is in the first 31 bytes; `open` refuses content that does not
        // have them. No step is longer than 2^16 bytes.
        assembly ("memory-safe") {
            long.offset := content.offset
            long.length := 0x10000
        }
        return Step.sizeAt(long, 0);
    }
}
