// SPDX-License-Identifier: MIT
// The judge: whether a proof shows that a block is wrong, by replaying one of its steps.
pragma solidity 0.8.37;

import {IBlobs} from "./interfaces/IBlobs.sol";
import {IBridge} from "./interfaces/IBridge.sol";
import {IJudge} from "./interfaces/IJudge.sol";
import {Apply} from "./libraries/Apply.sol";
import {Blob} from "./libraries/Blob.sol";
import {BlobRow} from "./libraries/BlobRow.sol";
import {BlockHeader} from "./libraries/BlockHeader.sol";
import {Queue} from "./libraries/Queue.sol";
import {Requests} from "./libraries/Requests.sol";
import {Step} from "./libraries/Step.sol";
import {Trace} from "./libraries/Trace.sol";
import {BlobEntry} from "./types/BlobEntry.sol";
import {Lane} from "./types/Lane.sol";
import {QueueSpot} from "./types/QueueSpot.sol";
import {Reason} from "./types/Reason.sol";
import {Refutation} from "./types/Refutation.sol";
import {Rules} from "./types/Rules.sol";

/// @title The judge
/// @notice What it is asked is said in `IJudge`.
/// @dev Apart from the bridge for its size alone. A lack of gas reverts here as it does there, and a revert is never a verdict.
contract Judge is IJudge {
    using BlockHeader for bytes;

    /// @dev What a block states before and after one of its steps.
    /// @param consumes whether it stands where an entry of the queue should be, of this `lane`
    /// @param queueIndex number of that entry in its lane
    /// @param growth that it states for the step, modulo 2^16; of rows in blobs only, as the next one
    /// @param size of the step in bytes
    /// @param requestsBefore requests of the block before the step, and `requests` with it
    /// @param isMisplaced whether the block states that it ends elsewhere
    struct Row {
        bytes32 pre;
        bytes32 post;
        bool consumes;
        Lane lane;
        uint256 queueIndex;
        uint256 growth;
        uint256 size;
        uint256 requestsBefore;
        uint256 requests;
        bool isMisplaced;
    }

    /// @inheritdoc IJudge
    function isWrong(
        Rules calldata rules,
        bytes calldata sealedHeader,
        bytes calldata parent,
        QueueSpot calldata spot,
        Refutation calldata proof
    ) external view returns (bool) {
        sealedHeader.checkLength();
        parent.checkLength();
        uint256 stepCount = sealedHeader.stepCountOf();
        if (proof.index >= stepCount) revert IBridge.NoSuchStep(proof.index, stepCount);
        Row memory row;
        (row.consumes, row.lane, row.queueIndex) = BlockHeader.placeOf(sealedHeader, parent, proof.index);
        if (proof.hashes.length == 0) {
            if (proof.request.length != 0) revert IBridge.NotNeeded(proof.index);
            _openTrace(row, sealedHeader, parent, proof);
            return _isWrongStep(rules, row, proof.step, proof);
        }
        _openBlobs(row, sealedHeader, parent, proof);
        bool showsRequest = proof.request.length != 0;
        bool isMisstated = showsRequest
            ? _isOtherRequest(row, sealedHeader, proof)
            : row.size == 0 || row.isMisplaced || _isOutOfQueue(row, spot, proof) || _isMiscounted(row, sealedHeader, proof);
        if (isMisstated || showsRequest) {
            // Nothing is replayed, nor is anything shown that does not differ.
            if (!isMisstated || proof.witness.length + proof.forced.length != 0) revert IBridge.NotNeeded(proof.index);
            return true;
        }
        return _isWrongStep(rules, row, proof.step[:row.size], proof);
    }

    /// @dev Replays a step on the state before it.
    function _isWrongStep(Rules calldata rules, Row memory row, bytes calldata step, Refutation calldata proof)
        private
        pure
        returns (bool)
    {
        if (proof.forced.length == 0) {
            (Reason reason, bytes32 post, uint256 growth) =
                Apply.applyStep(rules, row.pre, row.queueIndex, step, proof.witness);
            bool isOtherGrowth = proof.hashes.length != 0 && uint16(growth) != row.growth;
            return reason != Reason.None || post != row.post || isOtherGrowth;
        }
        // The hash in the step is the queue entry's: `publish` has compared it, or it was compared above.
        if (Step.kindAt(step, 0) != Step.VOID || keccak256(proof.forced) != bytes32(step[Step.HEAD.ofKind(Step.VOID) - 32:])) {
            revert IBridge.NotForced(proof.index);
        }
        (Reason verdict,,) = Apply.applyTransaction(rules, row.pre, proof.forced, proof.witness);
        return verdict == Reason.None;
    }

    /// @dev Checks that the step is the block's, with the state that it states after it.
    function _openTrace(Row memory row, bytes calldata sealedHeader, bytes calldata parent, Refutation calldata proof)
        private
        pure
    {
        uint256 index = proof.index;
        uint256 part = 1 + Trace.depthOf(sealedHeader.stepCountOf());
        bytes calldata opening = proof.opening;
        if (opening.length != 32 * (index == 0 ? part : 1 + 2 * part)) revert IBridge.BadProof(index, part - 1);
        bytes32 root = sealedHeader.traceRootOf();
        row.post = _openLeaf(root, index, Step.hashAt(proof.step, 0, proof.step.length), opening[:32 * part]);
        if (index == 0) row.pre = parent.stateOf();
        else row.pre = _openLeaf(root, index - 1, bytes32(opening[32 * part:]), opening[32 * (1 + part):]);
    }

    /// @dev The state of a leaf of the trace.
    /// @param opening state ‖ siblings
    function _openLeaf(bytes32 root, uint256 index, bytes32 stepHash, bytes calldata opening)
        private
        pure
        returns (bytes32 state)
    {
        state = bytes32(opening);
        bytes32[] calldata siblings;
        // Safe: only makes a reference to the whole words of the opening behind its first, which is there.
        assembly ("memory-safe") {
            siblings.offset := add(opening.offset, 32)
            siblings.length := sub(shr(5, opening.length), 1)
        }
        Trace.check(root, siblings.length, index, Trace.leafOf(stepHash, state), siblings);
    }

    /// @dev Checks that the row is the block's, and reads what the blobs state before and after the step; of the last step the header states it.
    function _openBlobs(Row memory row, bytes calldata sealedHeader, bytes calldata parent, Refutation calldata proof)
        private
        view
    {
        if (Blob.traceRootOf(proof.hashes) != sealedHeader.traceRootOf()) revert IBlobs.OtherBlobs();
        uint256 stepCount = sealedHeader.stepCountOf();
        BlobEntry memory before;
        BlobEntry memory own;
        (before, own, row.size) = _openRow(stepCount, proof);
        if (proof.index == 0) before.state = parent.stateOf();
        if (proof.index + 1 == stepCount) {
            own.state = sealedHeader.stateOf();
            own.requests = sealedHeader.requestCountOf();
            own.growth = sealedHeader.growthOf();
        }
        row.pre = before.state;
        row.post = own.state;
        (row.requestsBefore, row.requests) = (before.requests, own.requests);
        row.isMisplaced = own.end != before.end + BlobRow.elementsOf(row.size);
        // Safe: both are below 2^16.
        unchecked {
            row.growth = uint16(own.growth - before.growth);
        }
    }

    /// @dev Apart, so that tests can judge rows by the hundred thousand without a proof of each element.
    function _openRow(uint256 stepCount, Refutation calldata proof)
        internal
        view
        virtual
        returns (BlobEntry memory before, BlobEntry memory own, uint256 size)
    {
        return BlobRow.open(proof.hashes, stepCount, proof.index, proof.step, proof.opening);
    }

    /// @dev Whether the step, which has a shape, is not what the queue has at its place; behind its entries only plain transactions come.
    function _isOutOfQueue(Row memory row, QueueSpot calldata spot, Refutation calldata proof)
        private
        pure
        returns (bool)
    {
        uint256 lane = Step.LANE.ofKind(Step.kindAt(proof.step, 0));
        if (lane == 0 || !row.consumes) return (lane == 0) == row.consumes;
        if (uint256(row.lane) != lane - 1) return true;
        return Queue.next(spot.before, Step.entryHashAt(proof.step, 0, row.size)) != spot.beyond;
    }

    /// @dev Whether the block counts its requests otherwise up to this step.
    function _isMiscounted(Row memory row, bytes calldata sealedHeader, Refutation calldata proof)
        private
        pure
        returns (bool)
    {
        uint256 requests = row.requestsBefore + (Step.isRequestAt(proof.step, 0) ? 1 : 0);
        return row.requests != requests || requests > sealedHeader.requestCountOf();
    }

    /// @dev Whether the step is a request, and the leaf that is shown at its number another one. A number that the tree does not have is
    /// wrong in any case.
    function _isOtherRequest(Row memory row, bytes calldata sealedHeader, Refutation calldata proof)
        private
        pure
        returns (bool)
    {
        if (!Step.isRequestAt(proof.step, 0)) return false;
        bytes32 leaf = proof.request[0];
        uint256 depth = Trace.depthOf(sealedHeader.requestCountOf());
        Trace.check(sealedHeader.requestsRootOf(), depth, row.requestsBefore, leaf, proof.request[1:]);
        bytes32 own = Requests.leafOf(
            proof.index, Step.assetAt(proof.step, 0), Step.payeeAt(proof.step, 0), Step.tokensAt(proof.step, 0)
        );
        return leaf != own;
    }
}
