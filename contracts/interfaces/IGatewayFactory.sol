// SPDX-License-Identifier: MIT
// Where gateways come from: anybody may make that of any token, at an address that follows from the token.
pragma solidity 0.8.37;

import {IBridge} from "./IBridge.sol";

/// @title The factory of gateways
/// @notice Makes for each token one clone (EIP-1167, with the token behind its code) of one implementation, by CREATE2 (EIP-1014): so the
/// asset of a token is known before its gateway exists. Nobody has a say in it; gateways of other makers are as good on the bridge, and other assets.
interface IGatewayFactory {
    /// @notice The gateway of `token` was made.
    event GatewayCreated(address indexed token, address indexed gateway);

    /// @notice There is no gateway of what has no code, of wTTX, of the bridge, or of a gateway.
    error BadToken(address token);

    /// @notice Makes the gateway of a token, unless there is one.
    /// @return gateway `gatewayOf(token)`
    function create(address token) external returns (address gateway);

    /// @notice Where the gateway of a token is, or will be: the last 20 bytes of keccak(0xff ‖ factory ‖ 0(32) ‖ keccak(code)), in which
    /// code is `0x6100413d81600a3d39f3363d3d373d3d3d363d73 ‖ implementation ‖ 0x5af43d82803e903d91602b57fd5bf3 ‖ token`.
    function gatewayOf(address token) external view returns (address gateway);

    /// @notice The bridge of all its gateways.
    function bridge() external view returns (IBridge);

    /// @notice What its gateways do; itself the gateway of nothing. The first contract that the factory made.
    function implementation() external view returns (address);
}
