// SPDX-License-Identifier: MIT
// The content of a block whose rows are in blobs: what is said of it in calldata, and what follows from that for the header.
pragma solidity 0.8.37;

import {IBlobs} from "../interfaces/IBlobs.sol";
import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "./BlockHeader.sol";
import {Blob} from "./Blob.sol";
import {Step} from "./Step.sol";
import {Sums, Totals} from "./Totals.sol";
import {Trace} from "./Trace.sol";
import {Asset, ENTERED, ISSUED, TTX, assetOf} from "../types/Asset.sol";
import {BlobHead} from "../types/BlobHead.sol";

/// @title Content in blobs
/// @notice Whether the rows are what the head says of them is for a proof to show: docs/protocol.md, section 5.3.
library BlobContent {
    using Sums for Totals;

    /// @notice Steps in a block.
    uint256 internal constant STEP_LIMIT = 3_500;
    /// @notice Requests in a block.
    uint256 internal constant REQUEST_LIMIT = 500;
    /// @dev A record of the head: step(2) ‖ kind(1) ‖ recipient(20) ‖ amount(16), and behind it, unless it is of TTX, asset(20).
    uint256 private constant REQUEST_BYTES = 39;
    uint256 private constant ASSET_BYTES = 20;
    /// @dev Entries by which a block may make the state larger, and what each entry of the queue adds to that.
    int256 private constant MOST_GROWTH = 2_048;
    int256 private constant QUEUE_GROWTH = 4;

    /// @notice Completes a header, which has the supply and the lanes of the parent so far, with what the head says.
    /// @param hashes of the blobs of this transaction
    function read(BlockHeader.Fields memory fields, BlobHead calldata head, bytes32[] memory hashes) internal pure {
        uint256 count = head.stepCount;
        if (count == 0 || count > STEP_LIMIT) revert IBlobs.BadStepCount(count);
        Totals memory totals;
        _readEntries(fields, totals, head.entries, count);
        _readRequests(totals, head.requests, count);
        int256 limit = MOST_GROWTH + QUEUE_GROWTH * int256(totals.consumed);
        int256 growth = int16(head.growth);
        if (growth > limit) revert IBlobs.TooMuchGrowth(growth, limit);
        fields.stepCount = uint16(count);
        fields.growth = head.growth;
        fields.state = head.state;
        fields.traceRoot = Blob.traceRootOf(hashes);
        totals.conclude(fields);
    }

    /// @dev The entries of the queue that the first steps consume: of forced transactions, with or without effect, the hash.
    function _readEntries(
        BlockHeader.Fields memory fields,
        Totals memory totals,
        bytes calldata entries,
        uint256 count
    ) private pure {
        uint256 index;
        // At most as many rounds as the lanes have entries for one block.
        for (uint256 offset = 0; offset < entries.length; ++index) {
            uint256 size = Step.sizeAt(entries, offset);
            if (size == 0 || Step.IN_HEAD.ofKind(Step.kindAt(entries, offset)) == 0) revert IBridge.MalformedStep(index, offset);
            if (index == count) revert IBlobs.BadStepCount(count);
            totals.consume(fields, entries, offset, size, index);
            offset += size;
        }
    }

    function _readRequests(Totals memory totals, bytes calldata requests, uint256 stepCount) private pure {
        uint256 most = requests.length / REQUEST_BYTES;
        uint256 limit = stepCount < REQUEST_LIMIT ? stepCount : REQUEST_LIMIT;
        if (most > limit) most = limit;
        if (most != 0) totals.requests = new bytes32[](1 << Trace.depthOf(most));
        // At most as many rounds as there may be requests.
        for (uint256 offset = 0; offset < requests.length;) {
            uint256 size = totals.requestCount == limit ? 0 : _readRequest(totals, requests, offset);
            if (size == 0) revert IBlobs.BadRequests(requests.length, limit);
            // Safe: an offset in calldata.
            unchecked {
                offset += size;
            }
        }
    }

    /// @dev The record that begins at `offset`, which is inside of `requests`.
    /// @return size how many bytes it has; 0 if it is none
    function _readRequest(Totals memory totals, bytes calldata requests, uint256 offset)
        private
        pure
        returns (uint256 size)
    {
        uint256 word;
        uint256 amount;
        bytes32 id;
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            let place := add(requests.offset, offset)
            word := calldataload(place)
            amount := shr(128, calldataload(add(place, 23)))
            id := calldataload(add(place, REQUEST_BYTES))
        }
        uint256 kind = uint8(word >> 232);
        if (kind == TTX.kindOf()) size = REQUEST_BYTES;
        else if (kind == ENTERED || kind == ISSUED) size = REQUEST_BYTES + ASSET_BYTES;
        // Safe: the offset is below the length.
        unchecked {
            if (size > requests.length - offset) return 0;
        }
        if (size == 0) return 0;
        Asset asset = kind == TTX.kindOf() ? TTX : assetOf(kind, bytes20(id));
        totals.ask(word >> 240, asset, address(uint160(word >> 72)), amount);
    }
}
