// SPDX-License-Identifier: MIT
// A token to try gateways with, on development chains only: anybody can make as much of it as they like.
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title ExampleToken
/// @notice Worth nothing, and deployed nowhere but in a devnet.
contract ExampleToken is ERC20 {
    constructor() ERC20("Example of a token", "EXAMPLE") {}

    /// @notice Six decimals, as many tokens that are used to pay have.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Makes units from nothing.
    /// @param to who gets them
    /// @param amount how many, in units of 10^-6
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
