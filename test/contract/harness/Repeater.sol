// SPDX-License-Identifier: MIT
// An account that makes one call many times in a transaction, as cheaply as it can be done: that is what a flood costs.
pragma solidity 0.8.37;

contract Repeater {
    /// @notice Calls `target` `count` times with the same data, and fails as soon as that fails.
    function act(address target, uint256 count, bytes calldata data) external {
        // Safe: copies the data behind the free memory pointer, and nothing is allocated afterwards.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            for {} count { count := sub(count, 1) } {
                if iszero(call(gas(), target, 0, free, data.length, 0, 0)) { revert(0, 0) }
            }
        }
    }
}
