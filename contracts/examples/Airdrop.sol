// SPDX-License-Identifier: MIT
// An example of a contract that gives to whoever has something on the TTX side: a token, in proportion to an asset.
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "../libraries/BlockHeader.sol";
import {BlockId} from "../types/BlockId.sol";

/// @title Airdrop
/// @notice Gives `rate` units of a token for each unit of an asset that an address had after one final block, once to each address, as long as there are
/// some. Anybody may claim for anybody: it goes to the holder. There is no list to publish, and no tree to make: the bridge has both.
/// @dev The giver sends the tokens to this contract. What nobody claims stays: a real one says until when, and who gets the rest.
contract Airdrop {
    using BlockHeader for bytes;
    using SafeERC20 for IERC20;

    /// @notice The bridge whose final blocks are believed.
    IBridge public immutable bridge;
    /// @notice The final block after which balances count.
    BlockId public immutable snapshot;
    /// @notice What is given.
    IERC20 public immutable token;
    /// @notice Of which asset there have to be some: 0 for TTX, 2 for what a contract entered, 3 for what a transaction issued.
    uint8 public immutable kind;
    /// @notice Zero for TTX, that contract, or the infohash of that transaction.
    bytes20 public immutable asset;
    /// @notice Units of the token for each base unit of the asset.
    uint256 public immutable rate;
    /// @notice Who has got theirs.
    mapping(address account => bool) public hasClaimed;

    /// @notice Balances count after another block.
    error OtherBlock(BlockId id);
    /// @notice The account has got its tokens.
    error ClaimedAlready(address account);

    constructor(IBridge bridge_, IERC20 token_, uint8 kind_, bytes20 asset_, uint256 rate_) {
        bridge = bridge_;
        snapshot = bridge_.finalBlock();
        token = token_;
        kind = kind_;
        asset = asset_;
        rate = rate_;
    }

    /// @notice Sends an account its tokens.
    /// @param sealedHeader of block `snapshot`: header ‖ miner ‖ nonce
    /// @param opening of the account's entry of the asset in the state of that block
    function claim(address account, bytes calldata sealedHeader, bytes calldata opening) external {
        if (hasClaimed[account]) revert ClaimedAlready(account);
        BlockId id = sealedHeader.idOf();
        if (BlockId.unwrap(id) != BlockId.unwrap(snapshot)) revert OtherBlock(id);
        hasClaimed[account] = true;
        token.safeTransfer(account, rate * bridge.balanceAt(sealedHeader, account, kind, asset, opening));
    }
}
