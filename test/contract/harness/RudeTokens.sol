// SPDX-License-Identifier: MIT
// Tokens that mislead those who ask them, rather than the gateway that holds them.
pragma solidity 0.8.37;

import {IBridge} from "../../../contracts/interfaces/IBridge.sol";
import {PlainToken} from "./Tokens.sol";

/// @notice Enters units of its own whenever some of it moves, before whoever moves it does.
contract EnteringToken is PlainToken(18) {
    IBridge private _bridge;
    uint256 private _amount;

    receive() external payable {}

    /// @dev The price of each entry is taken from what was sent to it.
    function enterAlong(IBridge bridge, uint256 amount) external payable {
        (_bridge, _amount) = (bridge, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0)) _bridge.enter{value: 1e17}(_amount, from);
    }
}

/// @notice Answers as no token should: by an invalid instruction, by an endless loop, by a reason that moves cursors, or by megabytes.
contract RudeToken {
    function symbol() external pure returns (string memory) {
        assembly ("memory-safe") {
            invalid()
        }
    }

    function decimals() external pure returns (uint8) {
        while (true) {}
        return 0;
    }

    function token() external pure returns (address) {
        assembly {
            return(0, 10000000)
        }
    }

    function balanceOf(address) external pure returns (uint256) {
        return 2 ** 200;
    }

    function allowance(address, address) external pure returns (uint256) {
        return 0;
    }

    function approve(address, uint256) external pure returns (bool) {
        revert("\x1b[2Jdone\nttx: all is well");
    }
}

/// @notice Changes no allowance that is not zero, as USDT does.
contract CautiousToken is PlainToken(6) {
    function approve(address spender, uint256 value) public override returns (bool) {
        require(value == 0 || allowance(msg.sender, spender) == 0, "set it to zero first");
        return super.approve(spender, value);
    }
}

/// @notice Sets no allowance to zero, as BNB does.
contract GreedyToken is PlainToken(6) {
    function approve(address spender, uint256 value) public override returns (bool) {
        require(value != 0, "nothing is no allowance");
        return super.approve(spender, value);
    }
}
