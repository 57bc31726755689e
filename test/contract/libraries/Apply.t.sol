// SPDX-License-Identifier: MIT
// Fuzz tests of the step function's outer shape: total on any bytes, and strict with what it does not need.
pragma solidity 0.8.37;

import {IBridge} from "../../../contracts/interfaces/IBridge.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Rules} from "../../../contracts/types/Rules.sol";
import {ApplyHarness} from "../harness/ApplyHarness.sol";
import {StepHarness} from "../harness/StepHarness.sol";

contract ApplyTest {
    ApplyHarness private immutable harness = new ApplyHarness();
    StepHarness private immutable shapes = new StepHarness();

    /// @dev Either there is an answer without any opening, or an opening is asked for; nothing else can come back.
    function testFuzzAnyBytesAreJudged(Rules memory rules, bytes32 pre, uint64 index, bytes calldata step) external view {
        _judge(rules, pre, index, step);
    }

    function testFuzzShapedBytesAreJudged(
        Rules memory rules, bytes32 pre, uint64 index, bytes32 seed, uint8 kind, uint8 flags, uint8 memo
    ) external view {
        memo %= 141;
        flags %= 80;
        bytes memory packed = abi.encodePacked(flags, memo, seed, seed, seed);
        uint256 length = 127 + (flags & 32 != 0 ? 21 : 0) + 20 * uint256(flags & 7) + memo;
        while (packed.length < length) {
            packed = bytes.concat(packed, bytes1(uint8(0x20 + packed.length % 64)));
        }
        assembly ("memory-safe") {
            mstore(packed, length)
        }
        if (flags & 32 != 0 && kind > 63) packed[107] = bytes1(uint8(2) + kind % 2);
        bytes memory credit = abi.encodePacked(uint128(bytes16(seed)), address(uint160(uint256(seed))));
        bytes memory step = abi.encodePacked(uint8(4), packed);
        if (kind % 4 == 0) step = abi.encodePacked(uint8(1), credit);
        if (kind % 4 == 1) step = abi.encodePacked(uint8(2), uint64(index), packed);
        if (kind % 4 == 2) step = abi.encodePacked(uint8(5), uint64(index), credit, bytes20(seed));
        require(shapes.sizeAt(step, 0) == step.length, "no shape");
        _judge(rules, pre, index, step);
    }

    function testFuzzVoidChangesNothing(Rules memory rules, bytes32 pre, uint64 index, uint64 fee, bytes32 entry)
        external
        view
    {
        bytes memory step = abi.encodePacked(uint8(3), fee, entry);
        (Reason reason, bytes32 post,,) = harness.applyStep(rules, pre, index, step, "");
        require(reason == Reason.None && post == pre, "void");
    }

    function testFuzzDepositOfNothingChangesNothing(Rules memory rules, bytes32 pre, uint64 index, address to)
        external
        view
    {
        bytes memory step = abi.encodePacked(uint8(1), uint128(0), to);
        (Reason reason, bytes32 post,,) = harness.applyStep(rules, pre, index, step, "");
        require(reason == Reason.None && post == pre, "deposit");
    }

    function testFuzzAnyTransactionBytesAreJudgedAsInAStep(Rules memory rules, bytes32 pre, bytes calldata packed)
        external
        view
    {
        (Reason reason, bytes32 post,) = harness.applyTransaction(rules, pre, packed, "");
        (Reason inStep, bytes32 afterStep,,) = harness.applyStep(rules, pre, 0, bytes.concat(bytes1(uint8(4)), packed), "");
        require(reason == inStep && post == afterStep, "differs");
    }

    function testFuzzUnneededWitnessIsRefused(Rules memory rules, bytes32 pre, bytes calldata step, bytes calldata witness)
        external
        view
    {
        if (witness.length == 0 || shapes.sizeAt(step, 0) == step.length) return;
        try harness.applyStep(rules, pre, 0, step, witness) {
            revert("accepted");
        } catch (bytes memory thrown) {
            require(keccak256(thrown) == keccak256(abi.encodeWithSelector(IBridge.BadWitness.selector, 0)), "error");
        }
    }

    function _judge(Rules memory rules, bytes32 pre, uint64 index, bytes memory step) private view {
        try harness.applyStep(rules, pre, index, step, "") returns (Reason reason, bytes32 post, uint256, int256) {
            require(post == pre, "a state changed without an opening");
            bool hasShape = shapes.sizeAt(step, 0) == step.length && step.length != 0;
            require((reason == Reason.Malformed) == !hasShape, "shape");
            require(reason < Reason.MissingInput || reason == Reason.BadAsset, "a state was judged without an opening");
        } catch (bytes memory thrown) {
            require(keccak256(thrown) == keccak256(abi.encodeWithSelector(IBridge.BadWitness.selector, 0)), "error");
        }
    }
}
