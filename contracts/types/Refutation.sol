// SPDX-License-Identifier: MIT
// What is brought against a block: one of its steps, with all that it takes to replay it.
pragma solidity 0.8.37;

/// @notice Proof that a step of a block is wrong (docs/protocol.md, section 7.7; docs/disputes.md). No member has a byte that says nothing.
/// @param index number of the step in its block, from 0
/// @param hashes of the block's blobs, all of them; none if its rows were posted in calldata
/// @param step the packed step; of rows in blobs `content` (5.2), which begins with it
/// @param opening what shows that the step, the state that the block states after it, and the state before it are the block's. In
/// calldata `state ‖ siblings`, followed, unless it is step 0, by `keccak(step before) ‖ state before ‖ siblings`, each time exactly
/// ceil(log2(stepCount)) siblings from the leaf up; in blobs `openings` (5.2)
/// @param witness the openings that replaying the step needs (3.1)
/// @param forced empty, but to show that a forced transaction is valid whose step calls it void: the packed transaction
/// @param request empty, but to show that the head of a block in blobs has another request than the step asks for: the leaf at the number
/// of the request, and its siblings in the tree of requests, exactly ceil(log2(requestCount))
struct Refutation {
    uint256 index;
    bytes32[] hashes;
    bytes step;
    bytes opening;
    bytes witness;
    bytes forced;
    bytes32[] request;
}
