// SPDX-License-Identifier: MIT
// What the header of a block depends on, beside its parent and its content.
pragma solidity 0.8.37;

import {BlockId} from "./BlockId.sol";

/// @notice What the bridge tells the reader of a publication.
/// @param parent its id
/// @param elapsed seconds since the parent was published
/// @param easiestTarget that the bridge accepts
/// @param target that the block states
/// @param miner to whom its fees and its bond go
/// @param nonce what was searched
struct Draft {
    BlockId parent;
    uint256 elapsed;
    uint256 easiestTarget;
    uint256 target;
    address miner;
    bytes32 nonce;
}
