// SPDX-License-Identifier: MIT
// What the blobs of a block state about one of its steps.
pragma solidity 0.8.37;

/// @notice Nobody has judged it: a wrong block states what it likes (docs/protocol.md, section 5.2).
/// @param state after the step
/// @param end number of the element behind the last one of the step, below 2^16
/// @param requests of the block up to and including the step, below 2^16
/// @param growth entries that the state has more up to and including the step, modulo 2^16
struct BlobEntry {
    bytes32 state;
    uint256 end;
    uint256 requests;
    uint256 growth;
}
