// SPDX-License-Identifier: MIT
// Makes the gateways of tokens, each at an address that follows from its token.
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IBridge} from "../interfaces/IBridge.sol";
import {IGatewayFactory} from "../interfaces/IGatewayFactory.sol";
import {Gateway} from "./Gateway.sol";

/// @title GatewayFactory
/// @notice What each function does, and for whom, is said in `IGatewayFactory`.
contract GatewayFactory is IGatewayFactory {
    /// @dev 45 of EIP-1167, and the token.
    uint256 private constant CLONE_BYTES = 65;

    /// @inheritdoc IGatewayFactory
    IBridge public immutable bridge;
    /// @inheritdoc IGatewayFactory
    address public immutable implementation;

    /// @dev The factory deploys its implementation: so its address says all that a gateway does.
    constructor(IBridge bridge_) {
        bridge = bridge_;
        implementation = address(new Gateway(bridge_));
    }

    /// @inheritdoc IGatewayFactory
    function create(address token) external returns (address gateway) {
        gateway = gatewayOf(token);
        if (gateway.code.length != 0) return gateway;
        if (!_isToken(token)) revert BadToken(token);
        emit GatewayCreated(token, gateway);
        Clones.cloneDeterministicWithImmutableArgs(implementation, abi.encodePacked(token), 0);
    }

    /// @inheritdoc IGatewayFactory
    function gatewayOf(address token) public view returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(implementation, abi.encodePacked(token), 0);
    }

    /// @dev Whether it may be one. What it really is, is the business of those who deposit it.
    function _isToken(address token) private view returns (bool) {
        if (token.code.length == 0 || token == address(bridge) || token == address(bridge.token())) return false;
        // What it says that it holds is where a gateway has the token: so it is one only if that one's gateway is there.
        return token.code.length != CLONE_BYTES || gatewayOf(address(bytes20(Clones.fetchCloneArgs(token)))) != token;
    }
}
