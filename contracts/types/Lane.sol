// SPDX-License-Identifier: MIT
// The lanes of the queue: entries of different kinds that do not wait for each other.
pragma solidity 0.8.37;

/// @notice What waits on Ethereum for the next blocks, in the order in which a block consumes it (docs/protocol.md, section 6):
/// deposits of TTX, entries of other assets, forced transactions.
enum Lane {
    Deposits,
    Assets,
    Forced
}

/// @dev How many there are.
uint256 constant LANES = 3;
