// SPDX-License-Identifier: MIT
// The token that represents TTX on Ethereum: a plain ERC-20 with permit that only the bridge mints and burns.
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IWrappedTTX} from "./interfaces/IWrappedTTX.sol";

/// @title Wrapped TTX (wTTX)
/// @notice What each function does, and for whom, is said in `IWrappedTTX`.
contract WrappedTTX is ERC20Permit, IWrappedTTX {
    /// @inheritdoc IWrappedTTX
    address public immutable bridge;

    modifier onlyBridge() {
        if (msg.sender != bridge) revert NotBridge(msg.sender);
        _;
    }

    /// @dev The bridge deploys its token: so each knows the other forever, and nobody had to be trusted to introduce them.
    constructor() ERC20("Wrapped TorrentTX", "wTTX") ERC20Permit("Wrapped TorrentTX") {
        bridge = msg.sender;
    }

    /// @inheritdoc IWrappedTTX
    function mint(address to, uint256 amount) external onlyBridge {
        _mint(to, amount);
    }

    /// @inheritdoc IWrappedTTX
    function burn(address from, uint256 amount) external onlyBridge {
        _spendAllowance(from, bridge, amount);
        _burn(from, amount);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }
}
