// SPDX-License-Identifier: MIT
// What the steps of a block add up to, however they were posted: entries of the queue, requests, fees, supply.
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "./BlockHeader.sol";
import {Fee} from "./Fee.sol";
import {Queue} from "./Queue.sol";
import {Requests} from "./Requests.sol";
import {Step} from "./Step.sol";
import {Asset, TTX} from "../types/Asset.sol";

/// @notice What was read so far. Base units, but `queueFees`: gwei.
/// @param consumed entries of the queue, all lanes together
/// @param lane of the latest of them
/// @param credits of the deposits among them, after the fee
/// @param requested TTX that leaves its side, the fee included
/// @param fee of these requests and the deposits, what the miner earns
/// @param queueFees what came with the forced transactions and the entries of assets
/// @param requests leaves of the requests, of which there are `requestCount`
struct Totals {
    uint256 consumed;
    uint256 lane;
    uint256 credits;
    uint256 requested;
    uint256 fee;
    uint256 queueFees;
    uint256 requestCount;
    bytes32[] requests;
}

/// @title Sums over a block
/// @notice docs/protocol.md, section 7.4.
library Sums {
    using SafeCast for uint256;

    /// @notice Adds a step that consumes an entry of the queue to the totals, and its entry to its lane.
    /// @param size the length of the step as `Step.sizeAt` gives it
    /// @param index number of the step in its block
    function consume(
        Totals memory totals,
        BlockHeader.Fields memory fields,
        bytes calldata steps,
        uint256 offset,
        uint256 size,
        uint256 index
    ) internal pure {
        uint256 kind = Step.kindAt(steps, offset);
        uint256 lane = Step.LANE.ofKind(kind) - 1;
        if (totals.consumed != index || lane < totals.lane) revert IBridge.QueueStepTooLate(index);
        totals.consumed = index + 1;
        totals.lane = lane;
        BlockHeader.LanePoint memory point = fields.lanes[lane];
        ++point.count;
        point.hash = Queue.next(point.hash, Step.entryHashAt(steps, offset, size));
        if (Step.CREDITS.ofKind(kind) != 0) {
            uint256 gross = Step.depositGrossAt(steps, offset);
            totals.credits += Fee.netOf(gross);
            totals.fee += Fee.feeOf(gross);
        }
        if (Step.HAS_FEE.ofKind(kind) != 0) totals.queueFees += Step.queueFeeAt(steps, offset);
    }

    /// @notice Adds a request, for which `totals.requests` has room.
    /// @param step number of its step in the block
    function ask(Totals memory totals, uint256 step, Asset asset, address to, uint256 amount) internal pure {
        // The bridge owes nobody anything for the rest, whatever it is.
        if (asset.kindOf() == TTX.kindOf()) {
            totals.requested += amount;
            totals.fee += Fee.feeOf(amount);
        }
        totals.requests[totals.requestCount++] = Requests.leafOf(step, asset, to, amount);
    }

    /// @notice Completes a header, which has the supply of the parent so far, with what the totals say.
    function conclude(Totals memory totals, BlockHeader.Fields memory fields) internal pure {
        uint256 supply = fields.supply + totals.credits;
        if (totals.requested > supply) revert IBridge.SupplyExceeded(supply, totals.requested);
        fields.supply = (supply - totals.requested).toUint96();
        fields.fee = totals.fee.toUint96();
        fields.queueFees = totals.queueFees.toUint64();
        fields.requestCount = uint32(totals.requestCount);
        fields.requestsRoot = Requests.rootOf(totals.requests, totals.requestCount);
    }
}
