// SPDX-License-Identifier: MIT
// What is brought against a block: one of its steps, with all that it takes to replay it.
pragma solidity 0.8.37;

/// @notice Proof that a step of a block is wrong (docs/disputes.md). The state before the step is that of the parent's
/// header for step 0, in which case the three `previous` members are not read, and else that of the leaf before it.
/// @param index number of the step in its block, from 0
/// @param step the packed step
/// @param state the state after it that the block states
/// @param siblings exactly ceil(log2(stepCount)) hashes, from the leaf up
/// @param previousStepHash Keccak-256 of step `index - 1`
/// @param previousState the state after that step
/// @param previousSiblings the siblings of its leaf
/// @param witness the openings that replaying the step needs (docs/protocol.md, section 3.1), and not a byte more
/// @param forced empty, but to show that a forced transaction is valid whose step calls it void: the packed transaction
struct Refutation {
    uint256 index;
    bytes step;
    bytes32 state;
    bytes32[] siblings;
    bytes32 previousStepHash;
    bytes32 previousState;
    bytes32[] previousSiblings;
    bytes witness;
    bytes forced;
}
