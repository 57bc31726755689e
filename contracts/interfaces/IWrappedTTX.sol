// SPDX-License-Identifier: MIT
// The token that represents TTX on Ethereum: what only the bridge may do with it.
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title Wrapped TTX (wTTX)
/// @notice ERC-20 with permit (EIP-2612), 18 decimals. One wTTX is one TTX that left the TTX side.
/// There is no owner, no pause and no other way to make or destroy wTTX than the bridge.
interface IWrappedTTX is IERC20, IERC20Permit {
    /// @notice Only the bridge may call this.
    error NotBridge(address caller);

    /// @notice The bridge, forever.
    function bridge() external view returns (address);

    /// @notice Creates `amount` base units for `to`. Bridge only.
    function mint(address to, uint256 amount) external;

    /// @notice Destroys `amount` base units of `from`, within the allowance that `from` gave to the bridge. Bridge only.
    /// @dev Needs the allowance although the bridge is trusted, so that reading this one contract is enough to know that
    /// nobody's wTTX can be taken without their signature.
    function burn(address from, uint256 amount) external;
}
