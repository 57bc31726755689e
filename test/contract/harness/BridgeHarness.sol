// SPDX-License-Identifier: MIT
// The bridge with two doors that the deployed one does not have: blocks without work, and refutation without proof.
pragma solidity 0.8.37;

import {Bridge} from "../../../contracts/Bridge.sol";
import {IBridge} from "../../../contracts/interfaces/IBridge.sol";
import {IJudge} from "../../../contracts/interfaces/IJudge.sol";
import {BlockId} from "../../../contracts/types/BlockId.sol";

contract BridgeHarness is Bridge {
    constructor(
        bytes32 state,
        uint256 easiestTarget_,
        uint128 minRequest_,
        uint128 minDeposit_,
        uint256 floorPrice_,
        IJudge judge_
    ) Bridge(state, easiestTarget_, minRequest_, minDeposit_, floorPrice_, judge_) {}

    /// @notice What `refute` does once it has proved something: the race can be tested without wrong steps.
    function refute(BlockId id) external {
        _refute(id, msg.sender);
    }

    function _isSolved(BlockId, uint256) internal pure override returns (bool) {
        return true;
    }
}
