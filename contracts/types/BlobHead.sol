// SPDX-License-Identifier: MIT
// What a publication says in calldata of a block whose rows are in blobs: all that the contract itself acts on.
pragma solidity 0.8.37;

/// @notice Whoever publishes says it; that the rows say the same is judged (docs/protocol.md, section 5.3).
/// @param stepCount 1 to 3,500
/// @param growth entries that the state has more after the block than before, modulo 2^16
/// @param state root after the last step
/// @param entries of the queue that the block consumes, as packed steps of kind 1, 5 and 3, one after another: of forced transactions the
/// hash, whether they take effect or not
/// @param requests `step(2) ‖ kind(1) ‖ recipient(20) ‖ amount(16)` of each, in their order, and behind it `asset(20)` where the kind
/// is not 0, that of TTX; at most 500
struct BlobHead {
    uint16 stepCount;
    uint16 growth;
    bytes32 state;
    bytes entries;
    bytes requests;
}
