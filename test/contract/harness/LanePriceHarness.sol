// SPDX-License-Identifier: MIT
// Opens the surcharge of a lane to tests.
pragma solidity 0.8.37;

import {LanePrice} from "../../../contracts/libraries/LanePrice.sol";

contract LanePriceHarness {
    /// @notice The surcharge at each level.
    function surcharges(uint256[] calldata levels) external pure returns (uint256[] memory gas_) {
        gas_ = new uint256[](levels.length);
        for (uint256 i = 0; i < levels.length; i++) {
            gas_[i] = LanePrice.surchargeGas(levels[i]);
        }
    }

    /// @notice The level of each bucket at `time`.
    function levels(uint256[] calldata emptyAt, uint256 time) external pure returns (uint256[] memory levels_) {
        levels_ = new uint256[](emptyAt.length);
        for (uint256 i = 0; i < emptyAt.length; i++) {
            levels_[i] = LanePrice.levelAt(emptyAt[i], time);
        }
    }
}
