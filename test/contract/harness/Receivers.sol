// SPDX-License-Identifier: MIT
// Accounts that make it hard to pay them: money waits until it is fetched, so they can only harm themselves.
pragma solidity 0.8.37;

import {IBridge} from "../../../contracts/interfaces/IBridge.sol";

/// @notice Fetches its money, and asks for it once more while it gets it.
contract Reentrant {
    uint256 public attempts;

    function fetch(IBridge bridge) external {
        bridge.withdraw(address(this));
    }

    receive() external payable {
        attempts++;
        try IBridge(msg.sender).withdraw(address(this)) {} catch {}
    }
}

/// @notice Takes no money, or burns all gas on the way, as it is told.
contract Stubborn {
    bool public burnsGas;
    bool public takes;

    function set(bool burnsGas_, bool takes_) external {
        burnsGas = burnsGas_;
        takes = takes_;
    }

    function fetch(IBridge bridge) external {
        bridge.withdraw(address(this));
    }

    function force(IBridge bridge, bytes[] calldata transactions) external payable {
        bridge.force{value: msg.value}(transactions);
    }

    function enter(IBridge bridge, uint256 amount, address to) external payable {
        bridge.enter{value: msg.value}(amount, to);
    }

    receive() external payable {
        if (burnsGas) {
            // Safe: takes all the gas there is and nothing else.
            assembly ("memory-safe") {
                invalid()
            }
        }
        require(takes, "no");
    }
}

/// @notice Forces once more, with what it gets back, while it gets it.
contract Repeated {
    bytes private _transaction;

    function force(IBridge bridge, bytes[] calldata transactions) external payable {
        _transaction = transactions[0];
        bridge.force{value: msg.value}(transactions);
    }

    receive() external payable {
        if (_transaction.length == 0) return;
        bytes[] memory transactions = new bytes[](1);
        transactions[0] = _transaction;
        delete _transaction;
        IBridge(msg.sender).force{value: msg.value}(transactions);
    }
}
