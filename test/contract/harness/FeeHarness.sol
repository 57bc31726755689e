// SPDX-License-Identifier: MIT
// Opens the fee to tests.
pragma solidity 0.8.37;

import {Fee} from "../../../contracts/libraries/Fee.sol";

contract FeeHarness {
    /// @notice The fee and the rest of each amount.
    function split(uint256[] calldata amounts) external pure returns (uint256[] memory fees, uint256[] memory nets) {
        fees = new uint256[](amounts.length);
        nets = new uint256[](amounts.length);
        for (uint256 i = 0; i < amounts.length; i++) {
            fees[i] = Fee.feeOf(amounts[i]);
            nets[i] = Fee.netOf(amounts[i]);
        }
    }
}
