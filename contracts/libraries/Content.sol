// SPDX-License-Identifier: MIT
// The content of a block: shape and order of its steps, what follows from them for the header, and what they add up to.
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "./BlockHeader.sol";
import {Fee} from "./Fee.sol";
import {Queue} from "./Queue.sol";
import {Requests} from "./Requests.sol";
import {Step} from "./Step.sol";
import {Trace} from "./Trace.sol";
import {Lane} from "../types/Lane.sol";

/// @title Content
/// @notice Judges all of a block's steps but their truth: docs/protocol.md, sections 4 (shape), 5, 6 and 7.4.
library Content {
    using SafeCast for uint256;

    /// @notice Steps in a block.
    uint256 internal constant STEP_LIMIT = 500;
    /// @notice Bytes of packed steps and states in a block.
    uint256 internal constant BYTE_LIMIT = 122_880;

    /// @dev What was read so far. Base units, but `queueFees`: gwei.
    /// @param consumed entries of the queue, all lanes together
    /// @param lane of the latest of them
    /// @param credits of the deposits among them, after the fee
    /// @param requested what leaves the TTX side, the fee included
    /// @param fee of the requests and the deposits, what the miner earns
    /// @param queueFees what came with the forced transactions
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

    /// @notice Completes a header, which has the state, the supply and the lanes of the parent so far, with what follows from the steps.
    function read(BlockHeader.Fields memory fields, bytes calldata steps, bytes calldata states) internal pure {
        if (steps.length + states.length > BYTE_LIMIT) revert IBridge.TooManyBytes(steps.length + states.length);
        uint256 count = states.length / 32;
        if (count > STEP_LIMIT) revert IBridge.TooManySteps(count);
        bytes32[] memory leaves = new bytes32[](count == 0 ? 0 : 1 << Trace.depthOf(count));
        Totals memory totals;
        totals.requests = new bytes32[](leaves.length);
        uint256 index;
        // At most 500 rounds, as there has to be a state for each.
        for (uint256 offset = 0; offset < steps.length; ++index) {
            uint256 size = Step.sizeAt(steps, offset);
            if (size == 0) revert IBridge.MalformedStep(index, offset);
            if (index == count) revert IBridge.StatesMismatch(index + 1, states.length);
            _add(fields, totals, steps, offset, size, index);
            fields.state = bytes32(states[32 * index:32 * index + 32]);
            leaves[index] = Trace.leafOf(Step.hashAt(steps, offset, size), fields.state);
            offset += size;
        }
        if (32 * index != states.length) revert IBridge.StatesMismatch(index, states.length);
        fields.stepCount = uint32(count);
        fields.traceRoot = Trace.rootOf(leaves);
        _conclude(fields, totals);
    }

    /// @dev What the totals say in the header.
    function _conclude(BlockHeader.Fields memory fields, Totals memory totals) private pure {
        uint256 supply = fields.supply + totals.credits;
        if (totals.requested > supply) revert IBridge.SupplyExceeded(supply, totals.requested);
        fields.supply = (supply - totals.requested).toUint96();
        fields.fee = totals.fee.toUint96();
        fields.queueFees = totals.queueFees.toUint64();
        fields.requestCount = uint32(totals.requestCount);
        fields.requestsRoot = Requests.rootOf(totals.requests, totals.requestCount);
    }

    /// @dev Adds step `index` to the totals and to its lane.
    function _add(
        BlockHeader.Fields memory fields,
        Totals memory totals,
        bytes calldata steps,
        uint256 offset,
        uint256 size,
        uint256 index
    ) private pure {
        uint256 kind = Step.kindAt(steps, offset);
        if (kind != Step.TRANSACTION) {
            uint256 lane = uint256(kind == Step.DEPOSIT ? Lane.Deposits : Lane.Forced);
            if (totals.consumed != index || lane < totals.lane) revert IBridge.QueueStepTooLate(index);
            totals.consumed = index + 1;
            totals.lane = lane;
            BlockHeader.LanePoint memory point = fields.lanes[lane];
            ++point.count;
            point.hash = Queue.next(point.hash, Step.entryHashAt(steps, offset, size));
            if (kind == Step.DEPOSIT) {
                uint256 gross = Step.depositGrossAt(steps, offset);
                totals.credits += Fee.netOf(gross);
                totals.fee += Fee.feeOf(gross);
            } else {
                totals.queueFees += Step.forcedFeeAt(steps, offset);
            }
        }
        if (Step.isRequestAt(steps, offset)) {
            uint256 amount = Step.tokensAt(steps, offset);
            totals.requested += amount;
            totals.fee += Fee.feeOf(amount);
            totals.requests[totals.requestCount++] = Requests.leafOf(index, Step.payeeAt(steps, offset), amount);
        }
    }
}
