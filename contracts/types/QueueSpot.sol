// SPDX-License-Identifier: MIT
// One entry of a lane of the queue, as the running hash on both of its sides names it.
pragma solidity 0.8.37;

/// @notice The entry is the one whose hash leads from `before` to `beyond` (docs/protocol.md, section 6).
struct QueueSpot {
    bytes32 before;
    bytes32 beyond;
}
