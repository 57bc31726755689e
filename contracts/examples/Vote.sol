// SPDX-License-Identifier: MIT
// An example of a contract that weighs by what somebody has on the TTX side: one question, and everybody's voice as heavy as their TTX.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {BlockHeader} from "../libraries/BlockHeader.sol";
import {BlockId} from "../types/BlockId.sol";

/// @title Vote
/// @notice Holders of TTX choose among some answers, until a time. What counts is what they had after one final block, which was final before the
/// vote was made: nobody can buy a voice for the vote, and money that moves on is not counted twice. Nothing is locked or moved.
/// @dev Money that is in a request or was deposited and not ordered yet at that block is nobody's voice.
contract Vote {
    using BlockHeader for bytes;

    /// @notice The bridge whose final blocks are believed.
    IBridge public immutable bridge;
    /// @notice The final block after which balances count.
    BlockId public immutable snapshot;
    /// @notice How many answers there are; they are numbered from 0.
    uint256 public immutable answers;
    /// @notice Unix seconds; from then on nobody can vote.
    uint256 public immutable end;
    /// @notice Base units of TTX that stand behind an answer.
    mapping(uint256 answer => uint256) public votes;
    /// @notice Who has voted.
    mapping(address account => bool) public hasVoted;

    /// @notice Balances count after another block.
    error OtherBlock(BlockId id);
    /// @notice The vote has ended.
    error Ended(uint256 end);
    /// @notice The account has voted.
    error VotedAlready(address account);
    /// @notice There is no such answer.
    error NoSuchAnswer(uint256 answer);

    /// @param answers_ how many
    /// @param end_ unix seconds
    constructor(IBridge bridge_, uint256 answers_, uint256 end_) {
        bridge = bridge_;
        snapshot = bridge_.finalBlock();
        answers = answers_;
        end = end_;
    }

    /// @notice Puts all that the caller had behind an answer, once.
    /// @param sealedHeader of block `snapshot`: header ‖ miner ‖ nonce
    /// @param opening of the caller's account in the state of that block
    function vote(uint256 answer, bytes calldata sealedHeader, bytes calldata opening) external {
        if (block.timestamp >= end) revert Ended(end);
        if (answer >= answers) revert NoSuchAnswer(answer);
        if (hasVoted[msg.sender]) revert VotedAlready(msg.sender);
        BlockId id = sealedHeader.idOf();
        if (BlockId.unwrap(id) != BlockId.unwrap(snapshot)) revert OtherBlock(id);
        hasVoted[msg.sender] = true;
        votes[answer] += bridge.balanceAt(sealedHeader, msg.sender, 0, 0, opening);
    }
}
