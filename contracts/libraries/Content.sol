// SPDX-License-Identifier: MIT
// The content of a block in calldata: shape and order of its steps, and what follows from them for the header.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "./BlockHeader.sol";
import {Step} from "./Step.sol";
import {Sums, Totals} from "./Totals.sol";
import {Trace} from "./Trace.sol";
import {Asset} from "../types/Asset.sol";

/// @title Content
/// @notice Judges all of a block's steps but their truth: docs/protocol.md, sections 4 (shape), 5, 6 and 7.4.
library Content {
    using Sums for Totals;

    /// @notice Steps in a block.
    uint256 internal constant STEP_LIMIT = 500;
    /// @notice Bytes of packed steps and states in a block.
    uint256 internal constant BYTE_LIMIT = 122_880;

    /// @notice Completes a header, which has the state, the supply and the lanes of the parent so far, with what follows from the steps.
    function read(BlockHeader.Fields memory fields, bytes calldata steps, bytes calldata states) internal pure {
        // Nothing happens: state, supply and lanes are the parent's.
        if (steps.length + states.length == 0) return;
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
            if (Step.LANE.ofKind(Step.kindAt(steps, offset)) != 0) totals.consume(fields, steps, offset, size, index);
            if (Step.isRequestAt(steps, offset)) {
                Asset asset = Step.assetAt(steps, offset);
                totals.ask(index, asset, Step.payeeAt(steps, offset), Step.tokensAt(steps, offset));
            }
            fields.state = bytes32(states[32 * index:32 * index + 32]);
            leaves[index] = Trace.leafOf(Step.hashAt(steps, offset, size), fields.state);
            offset += size;
        }
        if (32 * index != states.length) revert IBridge.StatesMismatch(index, states.length);
        fields.stepCount = uint16(count);
        fields.traceRoot = Trace.rootOf(leaves);
        totals.conclude(fields);
    }
}
