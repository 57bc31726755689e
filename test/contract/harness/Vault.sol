// SPDX-License-Identifier: MIT
// A contract that enters an asset of its own, and pays what leaves against proofs of the bridge.
pragma solidity 0.8.37;

import {IBridge} from "../../../contracts/interfaces/IBridge.sol";

/// @notice Units stand for nothing here: what is paid is only counted.
contract Vault {
    IBridge internal immutable BRIDGE;
    mapping(uint256 number => bool) internal isPaid;
    mapping(address recipient => uint256) public paid;

    error PaidBefore(uint256 number);

    constructor(IBridge bridge) {
        BRIDGE = bridge;
    }

    /// @notice What the bridge sends back.
    receive() external payable {}

    function enter(uint256 amount, address to) external payable {
        BRIDGE.enter{value: msg.value}(amount, to);
    }

    function leave(
        bytes calldata sealedHeader,
        uint256 number,
        uint32 step,
        address recipient,
        uint128 amount,
        bytes32[] calldata siblings
    ) external {
        if (isPaid[number]) revert PaidBefore(number);
        isPaid[number] = true;
        bytes32 leaf = keccak256(abi.encodePacked(uint8(0), step, uint8(2), address(this), recipient, amount));
        BRIDGE.requestOf(sealedHeader, number, leaf, siblings);
        paid[recipient] += amount;
    }
}
