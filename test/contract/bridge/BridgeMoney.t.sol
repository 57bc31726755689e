// SPDX-License-Identifier: MIT
// Whatever happens on the bridge, in whatever order: no money comes from nothing, none gets lost, and all coins owed are there.
pragma solidity 0.8.37;

import {BridgeHandler} from "../harness/BridgeHandler.sol";

contract BridgeMoneyTest {
    BridgeHandler private handler;

    function setUp() public {
        handler = new BridgeHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// hardhat-config: default.invariant.runs = 16
    /// hardhat-config: default.invariant.depth = 300
    /// @notice Outputs on the TTX side + wTTX + deposits under way + requests of final blocks not yet paid = genesis.
    function invariant_moneyOnBothSidesIsWhatGenesisMade() external view {
        require(handler.total() == 1e27, "money from nothing, or lost");
    }

    /// @notice The traffic gets everywhere, or else the invariants would say nothing. With the sums checked on the way.
    function testTheTrafficReachesFinalityClaimsDepositsAndRaces() external {
        for (uint256 i = 0; i < 1_500; ++i) {
            uint256 a = uint256(keccak256(abi.encode("a", i)));
            uint256 b = uint256(keccak256(abi.encode("b", i)));
            uint256 kind = a % 16;
            if (kind < 4) handler.publish(a >> 8, b, a >> 7 & 1 == 0);
            else if (kind < 6) handler.pass(a >> 8, b);
            else if (kind < 8) handler.nominate(a >> 8, b);
            else if (kind < 10) handler.finalize(b);
            else if (kind < 12) handler.claim(a >> 8, b);
            else if (kind == 12) handler.deposit(a >> 8, b);
            else if (kind == 13) handler.force(b, a >> 7 & 1 == 0);
            else if (kind == 14) handler.withdrawBond(b);
            else if (a >> 7 & 1 == 0) handler.withdraw(b);
            else handler.refute(b);
            require(handler.total() == 1e27, "money from nothing, or lost");
        }
        require(handler.finals() > 20 && handler.claims() > 30 && handler.deposits() > 10, "no traffic");
        require(handler.inBlobs() > 50, "no blocks in blobs");
        require(handler.displaced() > 0 && handler.refutations() > 3, "no races");
        require(handler.lostFees() > 0 || handler.displaced() < 3, "no deposits in races");
    }

    /// hardhat-config: default.invariant.runs = 16
    /// hardhat-config: default.invariant.depth = 300
    /// @notice Bonds, fees and what was paid too much can all be withdrawn at the same time.
    function invariant_theBridgeHasAllTheCoinsThatItOwes() external view {
        require(address(handler.bridge()).balance >= handler.liabilities(), "coins are missing");
    }
}
