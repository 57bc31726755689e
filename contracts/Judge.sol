// SPDX-License-Identifier: MIT
// The judge: whether a proof shows that a block is wrong, by replaying one of its steps.
pragma solidity 0.8.37;

import {IBridge} from "./interfaces/IBridge.sol";
import {IJudge} from "./interfaces/IJudge.sol";
import {Apply} from "./libraries/Apply.sol";
import {BlockHeader} from "./libraries/BlockHeader.sol";
import {Step} from "./libraries/Step.sol";
import {Trace} from "./libraries/Trace.sol";
import {Lane} from "./types/Lane.sol";
import {Reason} from "./types/Reason.sol";
import {Refutation} from "./types/Refutation.sol";
import {Rules} from "./types/Rules.sol";

/// @title The judge
/// @notice What it is asked is said in `IJudge`.
/// @dev Apart from the bridge for its size alone. A lack of gas reverts here as it does there, and a revert is never a verdict.
contract Judge is IJudge {
    using BlockHeader for bytes;

    /// @inheritdoc IJudge
    function isWrong(
        Rules calldata rules,
        bytes calldata sealedHeader,
        bytes calldata parent,
        Refutation calldata proof
    ) external pure returns (bool) {
        sealedHeader.checkLength();
        parent.checkLength();
        bytes32 pre = _stateBefore(sealedHeader, parent, proof);
        bytes calldata step = proof.step;
        if (proof.forced.length == 0) {
            (Reason reason, bytes32 post) =
                Apply.applyStep(rules, pre, parent.laneCountOf(Lane.Deposits) + proof.index, step, proof.witness);
            return reason != Reason.None || post != proof.state;
        }
        // The hash in the step is the queue entry's, since `publish` has compared it.
        if (Step.kindAt(step, 0) != Step.VOID || keccak256(proof.forced) != bytes32(step[9:])) {
            revert IBridge.NotForced(proof.index);
        }
        (Reason verdict,) = Apply.applyTransaction(rules, pre, proof.forced, proof.witness);
        return verdict == Reason.None;
    }

    /// @dev Checks that the step is the block's, with the state that it states after it. Returns the state before it.
    function _stateBefore(bytes calldata sealedHeader, bytes calldata parent, Refutation calldata proof)
        private
        pure
        returns (bytes32 pre)
    {
        uint256 index = proof.index;
        uint256 stepCount = sealedHeader.stepCountOf();
        if (index >= stepCount) revert IBridge.NoSuchStep(index, stepCount);
        bytes calldata step = proof.step;
        bytes32 root = sealedHeader.traceRootOf();
        uint256 depth = Trace.depthOf(stepCount);
        Trace.check(
            root, depth, index, Trace.leafOf(Step.hashAt(step, 0, step.length), proof.state), proof.siblings
        );
        if (index == 0) return parent.stateOf();
        pre = proof.previousState;
        Trace.check(root, depth, index - 1, Trace.leafOf(proof.previousStepHash, pre), proof.previousSiblings);
    }
}
