// SPDX-License-Identifier: MIT
// The id of a bridging block, as a type of its own: so no state, root or hash can be passed where a block is meant.
pragma solidity 0.8.37;

/// @notice keccak(keccak(header) ‖ miner ‖ nonce), which is also the block's ERC-918 digest. `bytes32` in the ABI, and zero where
/// there is no block.
/// @dev Without operators, which cost gas: they are functions, and the compiler calls them.
type BlockId is bytes32;
