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
            uint256 size = _requestSize(requests[offset:]);
            if (size == 0 || totals.requestCount == limit) revert IBlobs.BadRequests(requests.length, limit);
            bytes calldata record = requests[offset:offset + size];
            Asset asset = assetOf(uint8(record[2]), bytes20(record[REQUEST_BYTES:]));
            totals.ask(uint16(bytes2(record)), asset, address(bytes20(record[3:])), uint128(bytes16(record[23:])));
            offset += size;
        }
    }

    /// @dev Of the record with which `requests` begins; 0 if that is none.
    function _requestSize(bytes calldata requests) private pure returns (uint256 size) {
        if (requests.length < REQUEST_BYTES) return 0;
        uint256 kind = uint8(requests[2]);
        if (kind == TTX.kindOf()) return REQUEST_BYTES;
        size = REQUEST_BYTES + ASSET_BYTES;
        if ((kind != ENTERED && kind != ISSUED) || requests.length < size) size = 0;
    }
}
