// SPDX-License-Identifier: MIT
// The fee: the one percent of a request or a deposit that its miner earns.
pragma solidity 0.8.37;

/// @title Fee
/// @notice docs/protocol.md, sections 2.4 and 7.4. All amounts are base units.
library Fee {
    uint256 private constant PARTS = 100;

    /// @notice One percent of an amount, rounded down.
    function feeOf(uint256 amount) internal pure returns (uint256) {
        return amount / PARTS;
    }

    /// @notice What is left of an amount after the fee.
    function netOf(uint256 amount) internal pure returns (uint256) {
        // Safe: a hundredth is never more than the whole. Not by `feeOf`, since a call in a call costs gas for each claim.
        unchecked {
            return amount - amount / PARTS;
        }
    }
}
