// SPDX-License-Identifier: MIT
// An example of a contract that asks what somebody has on the TTX side: a club for those who hold enough.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "../libraries/BlockHeader.sol";
import {BlockId} from "../types/BlockId.sol";

/// @title Members
/// @notice Anyone who had `least` TTX in the newest final block can join, by showing one Merkle path. Nothing is locked or moved.
/// @dev It counts money that moves on: what is paid away after a final block lets its next owner join after a later one, so one fortune
/// makes many members. A club that must not be fooled asks again and again, or locks what it counts.
contract Members {
    using BlockHeader for bytes;

    /// @notice The bridge whose final blocks are believed.
    IBridge public immutable bridge;
    /// @notice Base units that a member must have had.
    uint256 public immutable least;
    /// @notice Who has joined.
    mapping(address account => bool) public isMember;

    /// @notice An old block says nothing about today.
    error NotNewest(BlockId id);
    /// @notice The account had less than `least`.
    error TooPoor(uint256 balance, uint256 least);

    constructor(IBridge bridge_, uint256 least_) {
        bridge = bridge_;
        least = least_;
    }

    /// @notice Makes the caller a member.
    /// @param sealedHeader of the newest final block: header ‖ miner ‖ nonce
    /// @param opening of the caller's account in the state of that block
    function join(bytes calldata sealedHeader, bytes calldata opening) external {
        BlockId id = sealedHeader.idOf();
        if (BlockId.unwrap(id) != BlockId.unwrap(bridge.finalBlock())) revert NotNewest(id);
        uint256 balance = bridge.balanceAt(sealedHeader, msg.sender, 0, 0, opening);
        if (balance < least) revert TooPoor(balance, least);
        isMember[msg.sender] = true;
    }
}
